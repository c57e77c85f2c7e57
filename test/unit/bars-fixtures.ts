import * as fc from 'fast-check'
import { allocateBars, BAR_COLUMNS, type BarColumns, type CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'

/** A bar of a test; what is left out follows from `close`: a bar that traded 100 shares in 5 trades at one price. */
export interface TestBar {
  /** Epoch seconds of the bar's start. */
  readonly ts: number
  readonly open?: number
  readonly high?: number
  readonly low?: number
  readonly close?: number
  readonly volume?: number
  readonly vwap?: number
  readonly tradeCount?: number
}

/** 2024-07-02, a Tuesday: 09:30 and 16:00 in New York, which is four hours behind UTC in July. */
export const OPEN_TS = 1_719_927_000
export const CLOSE_TS = 1_719_950_400

/** The regular session of 2024-07-02 in New York. */
export const SESSION: Session = {
  date: '2024-07-02',
  openTs: OPEN_TS,
  closeTs: CLOSE_TS,
  breakStartTs: null,
  breakEndTs: null,
  earlyClose: false,
}

/** Bars in columns, in the given order. */
export function barsOf(rows: readonly TestBar[]): BarColumns {
  const bars = allocateBars(rows.length)
  rows.forEach((row, i) => {
    const close = row.close ?? 10
    bars.ts[i] = row.ts
    bars.open[i] = row.open ?? close
    bars.high[i] = row.high ?? close
    bars.low[i] = row.low ?? close
    bars.close[i] = close
    bars.volume[i] = row.volume ?? 100
    bars.vwap[i] = row.vwap ?? close
    bars.tradeCount[i] = row.tradeCount ?? 5
  })
  return bars
}

/** Bars with flags, all 0. */
export function curatedOf(rows: readonly TestBar[]): CuratedColumns {
  return { ...barsOf(rows), flags: new Uint16Array(rows.length) }
}

/** The bars row by row, so that a difference is easy to read. */
export function rowsOf(bars: BarColumns): Record<(typeof BAR_COLUMNS)[number], number>[] {
  return Array.from(bars.ts, (_ts, i) => ({
    ts: bars.ts[i],
    open: bars.open[i],
    high: bars.high[i],
    low: bars.low[i],
    close: bars.close[i],
    volume: bars.volume[i],
    vwap: bars.vwap[i],
    tradeCount: bars.tradeCount[i],
  }))
}

/** A column of bars from a list. */
export function column(values: readonly number[]): Float64Array {
  return Float64Array.from(values)
}

/** Any double, the odd ones often: NaN, both zeros and infinities, denormals, the ends of the range. */
export const anyDouble: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.double() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      NaN,
      0,
      -0,
      Infinity,
      -Infinity,
      Number.MIN_VALUE,
      -Number.MIN_VALUE,
      2 ** -1022,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      -1,
      1,
    ),
  },
)

/** Whole epoch seconds, anywhere in the exactly representable range. */
export const anyTime: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -1, 1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1),
)
