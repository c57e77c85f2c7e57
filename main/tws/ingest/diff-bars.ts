import type { BarColumns } from '#shared/bars.ts'
import type { SessionRevision } from '#main/stores/raw-types.ts'
import type { MinuteRun } from './session-hours.ts'

/** Relative spread within which two ratios of volumes are the same, since lots are rounded. */
const RATIO_SPREAD = 0.02

/**
 * What `later` has otherwise than `earlier` in the minutes `fromTs <= ts < toTs`; undefined when nothing. Both may be in any order; of
 * a minute that stands more than once the last counts. `covers` is the part of the range that the later answer was asked for: minutes
 * that it lacks there are counted, and kept as they were.
 */
export function diffBars(
  earlier: BarColumns,
  later: BarColumns,
  { fromTs, toTs }: MinuteRun,
  covers: MinuteRun,
): Omit<SessionRevision, 'sessionDate' | 'cause'> | undefined {
  const before = rowsByMinute(earlier, fromTs, toTs)
  const after = rowsByMinute(later, fromTs, toTs)
  if (before.size === 0) return undefined
  let pricesChanged = 0
  let volumesChanged = 0
  let added = 0
  let largestPriceChange = 0
  const ratios: number[] = []
  const priceRatios: PriceRatio[] = []
  for (const [ts, row] of after) {
    const old = before.get(ts)
    if (old === undefined) {
      added++
      continue
    }
    const change = largestChange(earlier, old, later, row)
    priceRatios.push({ ratio: later.close[row] / earlier.close[old], rounding: 0.006 / Math.abs(later.close[row]) })
    if (change > 0) {
      pricesChanged++
      largestPriceChange = Math.max(largestPriceChange, change)
    } else if (QUANTITIES.some((name) => !Object.is(earlier[name][old], later[name][row]))) volumesChanged++
    if (earlier.volume[old] > 0 && later.volume[row] !== earlier.volume[old])
      ratios.push(later.volume[row] / earlier.volume[old])
  }
  let lacking = 0
  for (const ts of before.keys()) if (ts >= covers.fromTs && ts < covers.toTs && !after.has(ts)) lacking++
  if (pricesChanged + volumesChanged + added + lacking === 0) return undefined
  return {
    pricesChanged,
    volumesChanged,
    added,
    lacking,
    largestPriceChange,
    volumeRatio: commonRatio(ratios),
    priceRatio: commonPriceRatio(priceRatios),
  }
}

interface PriceRatio {
  readonly ratio: number
  /** How far from the true ratio it can be because the broker rounds prices to cents. */
  readonly rounding: number
}

/** Adjustments smaller than this are not told from revisions. */
const SMALLEST_ADJUSTMENT = 0.002

/** Minutes that two answers must share before a ratio says anything. */
const FEWEST_SHARED_MINUTES = 5

/**
 * The ratio of new to old prices where it is one for nearly all minutes and not 1: the broker has re-adjusted its history. Null where
 * there is none.
 */
function commonPriceRatio(ratios: readonly PriceRatio[]): number | null {
  const known = ratios.filter(({ ratio }) => Number.isFinite(ratio) && ratio > 0)
  if (known.length < FEWEST_SHARED_MINUTES) return null
  const sorted = known.map(({ ratio }) => ratio).toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  if (Math.abs(median - 1) < SMALLEST_ADJUSTMENT) return null
  const close = known.filter(({ ratio, rounding }) => Math.abs(ratio / median - 1) <= 1e-4 + rounding)
  return close.length >= 0.98 * ratios.length ? median : null
}

const PRICES = ['open', 'high', 'low', 'close'] as const
const QUANTITIES = ['volume', 'vwap', 'tradeCount'] as const

function rowsByMinute(bars: BarColumns, fromTs: number, toTs: number): ReadonlyMap<number, number> {
  const rows = new Map<number, number>()
  bars.ts.forEach((ts, row) => {
    if (ts >= fromTs && ts < toTs) rows.set(ts, row)
  })
  return rows
}

/** Largest relative difference of a price; infinite where one side has no number. */
function largestChange(earlier: BarColumns, old: number, later: BarColumns, row: number): number {
  let largest = 0
  for (const name of PRICES) {
    const from = earlier[name][old]
    const to = later[name][row]
    if (Object.is(from, to)) continue
    largest = Math.max(
      largest,
      Number.isFinite(from) && Number.isFinite(to) && from !== 0 ? Math.abs(to / from - 1) : Infinity,
    )
  }
  return largest
}

/** The ratio that holds for (nearly) every changed volume; null when there is none, or fewer than three volumes changed. */
function commonRatio(ratios: readonly number[]): number | null {
  const sorted = ratios.filter((ratio) => Number.isFinite(ratio)).toSorted((a, b) => a - b)
  if (sorted.length < 3) return null
  const median = sorted[Math.floor(sorted.length / 2)]
  const close = ratios.filter((ratio) => Math.abs(ratio / median - 1) <= RATIO_SPREAD)
  return close.length >= 0.9 * ratios.length ? Number(median.toPrecision(3)) : null
}
