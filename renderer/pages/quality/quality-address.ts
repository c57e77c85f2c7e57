import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import { isSessionDate } from '#shared/time.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { isOneCell } from '../../grid/grid-cells.ts'

export const LAYERS = ['coverage', 'findings', 'fills', 'staleness'] as const
export type Layer = (typeof LAYERS)[number]

/** What of the page is looked at. It lives in the address, so that it can be passed on and comes back after a reload. */
export interface QualityView {
  readonly layer: Layer
  readonly selection: CellRange | undefined
  /** The minute whose origin is shown, epoch seconds; only with a selection of one session. */
  readonly atTs: number | undefined
  /** The rule whose findings are shown; undefined for all. */
  readonly rule: string | undefined
}

/** Whether a change is one that "back" undoes, or part of the one before. */
export type AddressStep = 'push' | 'replace'

export type ChangeView = (change: Partial<QualityView>, step?: AddressStep) => void

/** What is looked at, and the function that changes it. */
export function useQualityView(): [QualityView, ChangeView] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const view = useMemo(() => viewFrom(new URLSearchParams(search)), [search])
  const change = useCallback<ChangeView>(
    (values, step = 'push') => navigate(qualityAddress({ ...view, ...values }), { replace: step === 'replace' }),
    [navigate, view],
  )
  return [view, change]
}

/** `/quality?layer=findings&symbol=SPY&session=2024-11-27&at=1732718100&rule=bad_tick`; a range has `to-symbol` and `to-session`, too. */
export function qualityAddress({ layer, selection, atTs, rule }: QualityView): string {
  const search = new URLSearchParams()
  if (layer !== 'coverage') search.set('layer', layer)
  if (selection !== undefined) {
    search.set('symbol', selection.anchor.symbol)
    search.set('session', selection.anchor.sessionDate)
    if (!isOneCell(selection)) {
      search.set('to-symbol', selection.focus.symbol)
      search.set('to-session', selection.focus.sessionDate)
    } else if (atTs !== undefined) search.set('at', String(atTs))
  }
  if (rule !== undefined) search.set('rule', rule)
  return search.size === 0 ? '/quality' : `/quality?${search}`
}

function viewFrom(search: URLSearchParams): QualityView {
  const selection = selectionFrom(search)
  const at = Number(search.get('at') ?? Number.NaN)
  return {
    layer: LAYERS.find((layer) => layer === search.get('layer')) ?? 'coverage',
    selection,
    atTs: selection !== undefined && isOneCell(selection) && Number.isSafeInteger(at) ? at : undefined,
    rule: search.get('rule') ?? undefined,
  }
}

function selectionFrom(search: URLSearchParams): CellRange | undefined {
  const [symbol, sessionDate] = [search.get('symbol'), search.get('session')]
  if (symbol === null || sessionDate === null || !isSessionDate(sessionDate)) return undefined
  const anchor = { symbol, sessionDate }
  const [toSymbol, toSession] = [search.get('to-symbol'), search.get('to-session')]
  const hasEnd = toSymbol !== null && toSession !== null && isSessionDate(toSession)
  return { anchor, focus: hasEnd ? { symbol: toSymbol, sessionDate: toSession } : anchor }
}
