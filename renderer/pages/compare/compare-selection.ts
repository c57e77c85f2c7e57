import { useLocation, useSearch } from 'wouter'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { ViewContext } from '../../view-context.ts'

/** What of a run is looked at. It lives in the address, so that it can be passed on and comes back after a reload. */
export interface CompareSelection {
  /** Undefined when the run holds no sessions. */
  readonly symbol: string | undefined
  readonly sessionDate: string | undefined
  readonly field: string
  /** The marked minute, epoch seconds. */
  readonly atTs: number | undefined
}

/** The selection and the function that changes it. What the address leaves open is chosen: the session that differs most. */
export function useCompareSelection(
  run: ComparisonRunDetail,
  context: ViewContext,
): [CompareSelection, (change: Partial<CompareSelection>) => void] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const selection = selectionFrom(new URLSearchParams(search), run, context)
  const change = (values: Partial<CompareSelection>): void => {
    navigate(compareAddress(run.runId, { ...selection, ...values }), { replace: true })
  }
  return [selection, change]
}

/** `/compare/RUN?symbol=SPY&session=2013-10-07&field=close&at=1381152660` */
export function compareAddress(runId: string, { symbol, sessionDate, field, atTs }: CompareSelection): string {
  const search = new URLSearchParams()
  if (symbol !== undefined) search.set('symbol', symbol)
  if (sessionDate !== undefined) search.set('session', sessionDate)
  search.set('field', field)
  if (atTs !== undefined) search.set('at', String(atTs))
  return `/compare/${encodeURIComponent(runId)}?${search}`
}

function selectionFrom(search: URLSearchParams, run: ComparisonRunDetail, context: ViewContext): CompareSelection {
  const asked = run.perSession.find(
    (row) => row.symbol === search.get('symbol') && row.sessionDate === search.get('session'),
  )
  const session = asked ?? mostDifferent(run, search.get('symbol') ?? context.symbol)
  const at = Number(search.get('at') ?? Number.NaN)
  return {
    symbol: session?.symbol,
    sessionDate: session?.sessionDate,
    field: COMPARED_FIELDS.find((field) => field === search.get('field')) ?? mostDifferentField(run),
    atTs: asked !== undefined && Number.isSafeInteger(at) ? at : undefined,
  }
}

function mostDifferent(run: ComparisonRunDetail, symbol: string | undefined) {
  const wanted = run.perSession.filter((row) => row.symbol === symbol)
  const rows = wanted.length > 0 ? wanted : run.perSession
  const unlike = (row: (typeof rows)[number]): number => row.different + row.oldOnly + row.newOnly
  return rows.reduce<(typeof rows)[number] | undefined>(
    (worst, row) => (worst === undefined || unlike(row) > unlike(worst) ? row : worst),
    undefined,
  )
}

function mostDifferentField(run: ComparisonRunDetail): string {
  const different = (field: string): number => run.counts.fields[field]?.different ?? 0
  return COMPARED_FIELDS.reduce<string>(
    (worst, field) => (different(field) > different(worst) ? field : worst),
    'close',
  )
}
