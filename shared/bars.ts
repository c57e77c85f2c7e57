import { firstPlace } from './binary-search.ts'

/**
 * Columnar bars, the one in-memory shape that raw, curated and legacy bars share between the stores, the pipeline and the
 * comparison.
 *
 * All columns have the same length. `ts` holds epoch seconds (UTC) of the bar's START as exact integers in a double; prices
 * are in the instrument's quote currency; `volume` is in units of the instrument (shares, contracts). A value that does not
 * exist is `NaN`: it is the stored form of null.
 */
export interface BarColumns {
  readonly ts: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  /** Volume-weighted average price of the bar, NaN where unknown. */
  readonly vwap: Float64Array
  /** Number of trades in the bar, NaN where unknown. */
  readonly tradeCount: Float64Array
}

/** Curated bars: columnar bars of one session plus a bit set per bar, see {@link BarFlag}. */
export interface CuratedColumns extends BarColumns {
  readonly flags: Uint16Array
}

/** Why a curated bar deserves a second look. Bits of {@link CuratedColumns.flags}; 0 means nothing to say. */
export const BarFlag = {
  /** high or low did not enclose open and close as received; the bar was widened to enclose them. */
  OhlcRepaired: 1,
  /** the same minute came more than once with different values; the newest response was kept. */
  ConflictingDuplicate: 2,
  /** volume was missing or negative as received and is stored as null. */
  VolumeUnknown: 4,
  /** nobody traded in the minute, by the broker's answers: all prices are the close before, volume is 0, vwap null. */
  Filled: 8,
  /** the broker has no bar for the minute; it was taken from the second source. */
  SecondSource: 16,
  /** a quality rule doubts the bar; the findings say which. */
  Suspect: 32,
  /** the session is quarantined: nothing is to be made from it. */
  Quarantined: 64,
  /** prices were converted because the broker has re-adjusted its history since. */
  Adjusted: 128,
} as const

/** Bars that are no observation of the market: they are left out of returns and volume statistics. */
export const NOT_OBSERVED = BarFlag.Filled | BarFlag.Quarantined

/** The names of the columns of {@link BarColumns} in storage order. */
export const BAR_COLUMNS = ['ts', 'open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'] as const

/** Number of seconds a 1-minute bar lasts; its values are known at `ts + BAR_SECONDS`, never earlier. */
export const BAR_SECONDS = 60

/** Bars with room for `length` rows, all zero. */
export function allocateBars(length: number): BarColumns {
  const column = (): Float64Array => new Float64Array(length)
  return {
    ts: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    vwap: column(),
    tradeCount: column(),
  }
}

/** Rows `from` (included) to `to` (excluded) of `bars`, as views on the same memory. */
export function sliceBars(bars: BarColumns, from: number, to: number): BarColumns {
  return {
    ts: bars.ts.subarray(from, to),
    open: bars.open.subarray(from, to),
    high: bars.high.subarray(from, to),
    low: bars.low.subarray(from, to),
    close: bars.close.subarray(from, to),
    volume: bars.volume.subarray(from, to),
    vwap: bars.vwap.subarray(from, to),
    tradeCount: bars.tradeCount.subarray(from, to),
  }
}

/** The bars that are observations of the market; the same object where all are. */
export function observedBars(bars: CuratedColumns): CuratedColumns {
  const { flags } = bars
  let isAll = true
  for (let row = 0; row < flags.length && isAll; row++) isAll = (flags[row] & NOT_OBSERVED) === 0
  if (isAll) return bars
  const isObserved = (_value: number, row: number): boolean => (flags[row] & NOT_OBSERVED) === 0
  return {
    ts: bars.ts.filter(isObserved),
    open: bars.open.filter(isObserved),
    high: bars.high.filter(isObserved),
    low: bars.low.filter(isObserved),
    close: bars.close.filter(isObserved),
    volume: bars.volume.filter(isObserved),
    vwap: bars.vwap.filter(isObserved),
    tradeCount: bars.tradeCount.filter(isObserved),
    flags: flags.filter(isObserved),
  }
}

/** The bars with `fromTs <= ts < toTs` of bars that ascend in time, as views on the same memory. */
export function barsBetween(bars: BarColumns, fromTs: number, toTs: number): BarColumns {
  const { ts } = bars
  const firstFrom = (at: number): number => firstPlace(ts.length, (row) => ts[row] >= at)
  return sliceBars(bars, firstFrom(fromTs), firstFrom(toTs))
}
