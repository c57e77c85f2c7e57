import type { ComparisonRunDetail } from '#shared/contract/contract.ts'

export type Likeness = 'equal' | 'within' | 'different'

/**
 * How a value of the old side stands to that of the new one by the usual tolerance of a run: `|new - old| <= abs + ticks * tick size +
 * (rel + bp / 10000) * |old|`. For looking at; overrides for a symbol or a part of the session are left out.
 */
export function likeness(
  run: Pick<ComparisonRunDetail, 'tolerances' | 'tickSizes'>,
  symbol: string,
  field: string,
  old: number | null,
  fresh: number | null,
): Likeness {
  if (old === fresh) return 'equal'
  if (old === null || fresh === null) return 'different'
  const tolerance = run.tolerances[field]
  if (tolerance === undefined) return 'different'
  const { abs, ticks, rel, bp } = tolerance
  const room = abs + ticks * (run.tickSizes[symbol] ?? 0) + (rel + bp / 10_000) * Math.abs(old)
  // Two decimal prices and their difference are each off by the rounding of a double.
  const noise = 4 * Number.EPSILON * Math.max(Math.abs(old), Math.abs(fresh))
  return Math.abs(fresh - old) <= room + noise ? 'within' : 'different'
}
