import type { CompareRow } from '#shared/contract/causes.ts'

/** One minute that both sides have a value of. */
export interface ScatterPoint {
  readonly symbol: string
  readonly sessionDate: string
  readonly ts: number
  readonly old: number
  readonly fresh: number
}

/** The rows in which both sides have a value of the field. */
export function scatterPoints(rows: readonly CompareRow[], field: string): readonly ScatterPoint[] {
  return rows.flatMap(({ symbol, sessionDate, ts, old, fresh }) => {
    const [before, after] = [old[field] ?? null, fresh[field] ?? null]
    return before === null || after === null ? [] : [{ symbol, sessionDate, ts, old: before, fresh: after }]
  })
}

/** Where pages begin so that they do not overlap and are evenly spread over all rows; all of the rows when they are no more. */
export function spreadOffsets(total: number, page: number, mostPages: number): readonly number[] {
  const pages = Math.max(1, Math.min(mostPages, Math.ceil(total / page)))
  if (total <= pages * page) return Array.from({ length: pages }, (_, index) => index * page)
  return Array.from({ length: pages }, (_, index) => Math.round((index * (total - page)) / (pages - 1)))
}

/** Counts of anything reach over powers of ten, and a constant ratio is a line beside the diagonal there. */
export function isLogarithmic(field: string): boolean {
  return field === 'volume' || field === 'tradeCount'
}

/** Lowest and highest value of either side, so that both axes are alike; undefined without points. */
export function scatterDomain(
  points: readonly Pick<ScatterPoint, 'old' | 'fresh'>[],
  isLog: boolean,
): readonly [low: number, high: number] | undefined {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { old, fresh } of points) {
    for (const value of [old, fresh]) {
      if (isLog && value <= 0) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  if (low > high) return undefined
  if (isLog) return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high * 1.0001))]
  const room = Math.max((high - low) * 0.04, Math.abs(high) * 1e-4, 1e-9)
  return [low - room, high + room]
}
