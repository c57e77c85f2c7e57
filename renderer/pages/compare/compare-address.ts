import { useCallback, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { isSessionDate } from '#shared/time.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { isOneCell } from '../../grid/grid-cells.ts'

/** The parts of a run's page. */
export const PARTS = ['causes', 'session', 'fields', 'rows', 'tolerances', 'runs'] as const
export type Part = (typeof PARTS)[number]

/** What the grid counts: differences that a gate counts as unexplained, or one of the two kinds of them. */
export const GRID_LAYERS = ['unexplained', 'waiting', 'open'] as const
export type GridLayer = (typeof GRID_LAYERS)[number]

export const ROW_CLASSES = ['different', 'old_only', 'new_only', 'within_tolerance', 'not_settled'] as const
export type RowClass = (typeof ROW_CLASSES)[number]

export const ROW_STATES = ['open', 'waiting', 'explained'] as const
export type RowState = (typeof ROW_STATES)[number]

/** Which rows are listed, in which order, and which of them is chosen. What is undefined does not narrow. */
export interface RowFilter {
  readonly symbols: readonly string[] | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly class: RowClass | undefined
  readonly field: string | undefined
  readonly least: number | undefined
  readonly cause: string | undefined
  readonly state: RowState | undefined
  readonly order: 'largest' | 'time'
  readonly row: { readonly symbol: string; readonly sessionDate: string; readonly ts: number } | undefined
}

/** What of a run is looked at. It lives in the address, so that it can be passed on and comes back after a reload. */
export interface CompareView {
  readonly part: Part
  readonly layer: GridLayer
  readonly selection: CellRange | undefined
  /** Key of the chosen cause. */
  readonly cause: string | undefined
  readonly field: string
  /** The marked minute, epoch seconds; only with a selection of one session. */
  readonly atTs: number | undefined
  /** The minutes that the overlay shows, epoch seconds, the end excluded; undefined for the whole session. */
  readonly zoom: readonly [fromTs: number, toTs: number] | undefined
  readonly rows: RowFilter
  /** Tolerances that are tried out, such as `close=2ticks,volume=1%`. */
  readonly tolerances: string | undefined
}

/** Whether a change is one that "back" undoes, or part of the one before. */
export type AddressStep = 'push' | 'replace'
export type ChangeView = (change: Partial<CompareView>, step?: AddressStep) => void

export const EVERY_ROW: RowFilter = {
  symbols: undefined,
  from: undefined,
  to: undefined,
  class: undefined,
  field: undefined,
  least: undefined,
  cause: undefined,
  state: undefined,
  order: 'largest',
  row: undefined,
}

/** What is looked at, and the function that changes it. What the address leaves open is the field that differs most. */
export function useCompareView(run: ComparisonRunDetail): [CompareView, ChangeView] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const view = useMemo(() => viewFrom(new URLSearchParams(search), mostDifferentField(run)), [search, run])
  const change = useCallback<ChangeView>(
    (values, step = 'push') =>
      navigate(compareAddress(run.runId, { ...view, ...values }), { replace: step === 'replace' }),
    [navigate, run.runId, view],
  )
  return [view, change]
}

/** `/compare/RUN?part=session&symbol=SPY&session=2013-10-07&field=close&at=1381152660` */
export function compareAddress(runId: string, view: CompareView): string {
  const { part, layer, selection, cause, field, atTs, zoom, rows, tolerances } = view
  const search = new URLSearchParams()
  const put = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) search.set(key, String(value))
  }
  if (part !== 'causes') put('part', part)
  if (layer !== 'unexplained') put('layer', layer)
  if (selection !== undefined) {
    put('symbol', selection.anchor.symbol)
    put('session', selection.anchor.sessionDate)
    if (isOneCell(selection)) put('at', atTs)
    else {
      put('to-symbol', selection.focus.symbol)
      put('to-session', selection.focus.sessionDate)
    }
  }
  put('cause', cause)
  put('field', field)
  put('zoom', zoom?.join('-'))
  put('row-symbols', rows.symbols?.join(','))
  put('row-from', rows.from)
  put('row-to', rows.to)
  put('row-class', rows.class)
  put('row-field', rows.field)
  put('row-least', rows.least)
  put('row-cause', rows.cause)
  put('row-state', rows.state)
  if (rows.order !== 'largest') put('row-order', rows.order)
  put('row', rows.row === undefined ? undefined : rowText(rows.row))
  put('tolerances', tolerances)
  return `/compare/${encodeURIComponent(runId)}?${search}`
}

/** What a search says; what it says wrongly counts as not said. */
export function viewFrom(search: URLSearchParams, usualField: string): CompareView {
  const selection = selectionFrom(search)
  const at = Number(search.get('at') ?? Number.NaN)
  return {
    part: oneOf(PARTS, search.get('part')) ?? 'causes',
    layer: oneOf(GRID_LAYERS, search.get('layer')) ?? 'unexplained',
    selection,
    cause: search.get('cause') ?? undefined,
    field: oneOf(COMPARED_FIELDS, search.get('field')) ?? usualField,
    atTs: selection !== undefined && isOneCell(selection) && Number.isSafeInteger(at) ? at : undefined,
    zoom: zoomFrom(search.get('zoom')),
    rows: rowsFrom(search),
    tolerances: search.get('tolerances') ?? undefined,
  }
}

function rowsFrom(search: URLSearchParams): RowFilter {
  const symbols = search.get('row-symbols')?.split(',') ?? []
  const least = Number(search.get('row-least') ?? Number.NaN)
  return {
    symbols: symbols.some((symbol) => symbol !== '') ? symbols.filter((symbol) => symbol !== '') : undefined,
    from: dateFrom(search.get('row-from')),
    to: dateFrom(search.get('row-to')),
    class: oneOf(ROW_CLASSES, search.get('row-class')),
    field: oneOf(COMPARED_FIELDS, search.get('row-field')),
    least: least >= 0 && Number.isFinite(least) ? least : undefined,
    cause: search.get('row-cause') ?? undefined,
    state: oneOf(ROW_STATES, search.get('row-state')),
    order: search.get('row-order') === 'time' ? 'time' : 'largest',
    row: rowFrom(search.get('row')),
  }
}

/** `SPY 2013-10-07 1381152660` */
const rowText = ({ symbol, sessionDate, ts }: NonNullable<RowFilter['row']>): string => `${symbol} ${sessionDate} ${ts}`

function rowFrom(text: string | null): RowFilter['row'] {
  const [, symbol, date, ts] = /^(.+) (\S+) (\d+)$/.exec(text ?? '') ?? []
  const sessionDate = dateFrom(date ?? null)
  if (sessionDate === undefined || !Number.isSafeInteger(Number(ts))) return undefined
  return { symbol, sessionDate, ts: Number(ts) }
}

function zoomFrom(text: string | null): CompareView['zoom'] {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text ?? '') ?? []
  if (from === undefined || Number(from) >= Number(to) || !Number.isSafeInteger(Number(to))) return undefined
  return [Number(from), Number(to)]
}

function selectionFrom(search: URLSearchParams): CellRange | undefined {
  const [symbol, sessionDate] = [search.get('symbol'), dateFrom(search.get('session'))]
  if (symbol === null || sessionDate === undefined) return undefined
  const anchor = { symbol, sessionDate }
  const [toSymbol, toSession] = [search.get('to-symbol'), dateFrom(search.get('to-session'))]
  const hasEnd = toSymbol !== null && toSession !== undefined
  return { anchor, focus: hasEnd ? { symbol: toSymbol, sessionDate: toSession } : anchor }
}

function dateFrom(text: string | null): string | undefined {
  return text !== null && isSessionDate(text) ? text : undefined
}

function oneOf<Value extends string>(values: readonly Value[], text: string | null): Value | undefined {
  return values.find((value) => value === text)
}

/** The field in which most minutes are different; close when none is. */
export function mostDifferentField({ counts }: Pick<ComparisonRunDetail, 'counts'>): string {
  const different = (field: string): number => counts.fields[field]?.different ?? 0
  return COMPARED_FIELDS.reduce<string>(
    (worst, field) => (different(field) > different(worst) ? field : worst),
    'close',
  )
}
