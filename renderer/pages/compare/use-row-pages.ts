import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { CompareRow } from '#shared/contract/causes.ts'
import { orpc } from '../../engine-client.ts'
import type { RowFilter } from './compare-address.ts'

/** Rows that are fetched at once. */
const PAGE = 200

export type RowsInput = Parameters<typeof orpc.compare.rows.call>[0]

/** The rows that a filter lets through, as the engine is asked for them. */
export function rowsInput(runId: string, filter: RowFilter): RowsInput {
  const { symbols, from, to, field, least, cause, state, order } = filter
  return {
    runId,
    ...(symbols === undefined ? {} : { symbols: [...symbols] }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(filter.class === undefined ? {} : { classes: [filter.class] }),
    ...(field === undefined ? {} : { field }),
    ...(least === undefined ? {} : { leastDifference: least }),
    ...(cause === undefined ? {} : { causeKey: cause }),
    ...(state === undefined ? {} : { state }),
    order,
  }
}

/** The first page of a filter's rows, which says how many there are, and the pages that are in view. */
export function useRowPages(runId: string, filter: RowFilter) {
  const input = rowsInput(runId, filter)
  const [view, setView] = useState({ from: 0, to: PAGE })
  const page = (index: number) =>
    orpc.compare.rows.queryOptions({ input: { ...input, offset: index * PAGE, limit: PAGE } })
  const first = useQuery({ ...page(0), placeholderData: keepPreviousData })
  const total = first.data?.total ?? 0
  const pages: number[] = []
  const last = Math.min(view.to, total) - 1
  for (let index = Math.floor(view.from / PAGE); index <= Math.floor(last / PAGE); index++) {
    if (index > 0) pages.push(index)
  }
  const others = useQueries({ queries: pages.map((index) => page(index)) })
  const rowAt = (index: number): CompareRow | undefined => {
    const at = Math.floor(index / PAGE)
    return (at === 0 ? first.data : others[pages.indexOf(at)]?.data)?.rows[index % PAGE]
  }
  const onView = useCallback((from: number, to: number): void => setView({ from, to }), [setView])
  const failed = others.find(({ error }) => error !== null)
  return { first, total, rowAt, onView, failed }
}
