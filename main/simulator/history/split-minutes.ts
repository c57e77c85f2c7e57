import { allocateBars, BAR_SECONDS, type BarColumns, sliceBars } from '#shared/bars.ts'
import { minutePath } from './minute-path.ts'

/**
 * Makes bars of `seconds` (a divisor of 60 below it) out of minutes, as far as they are known at `nowTs`.
 *
 * Prices follow the path through the minute, so that open, high, low and close of the minute's bars together are the
 * minute's. Its trades come evenly over it, the first at its start, and each brings an equal part of its volume in whole
 * units: counts and volumes add up to the minute's exactly. A small bar without a trade has volume and count 0. The average
 * lies halfway between high and low.
 *
 * @param nowTs epoch seconds, may have a fraction.
 * @param minTick prices are multiples of it.
 */
export function splitMinutes(minutes: BarColumns, seconds: number, nowTs: number, minTick: number): BarColumns {
  const parts = BAR_SECONDS / seconds
  const bars = allocateBars(minutes.ts.length * parts)
  let used = 0
  for (let i = 0; i < minutes.ts.length; i++) {
    for (let part = 0; part < parts; part++) {
      const startTs = minutes.ts[i] + part * seconds
      if (startTs >= nowTs) return sliceBars(bars, 0, used)
      writePart(
        bars,
        used++,
        minutes,
        i,
        part * seconds,
        Math.min((part + 1) * seconds, nowTs - minutes.ts[i]),
        minTick,
      )
    }
  }
  return bars
}

/** Writes the bar of minute `i` that lasts from one second of it (included) to another. */
function writePart(
  bars: BarColumns,
  at: number,
  minutes: BarColumns,
  i: number,
  fromSecond: number,
  toSecond: number,
  minTick: number,
): void {
  const path = minutePath(minutes.open[i], minutes.high[i], minutes.low[i], minutes.close[i], minTick)
  const { high, low } = path.extremes(fromSecond / BAR_SECONDS, toSecond / BAR_SECONDS)
  bars.ts[at] = minutes.ts[i] + fromSecond
  bars.open[at] = path.priceAt(fromSecond / BAR_SECONDS)
  bars.high[at] = high
  bars.low[at] = low
  bars.close[at] = path.priceAt(toSecond / BAR_SECONDS)
  const trades = (second: number): number => Math.ceil((minutes.tradeCount[i] * second) / BAR_SECONDS)
  bars.tradeCount[at] = trades(toSecond) - trades(fromSecond)
  bars.volume[at] = volumeUntil(minutes, i, toSecond) - volumeUntil(minutes, i, fromSecond)
  const isKnown = !Number.isNaN(minutes.vwap[i])
  bars.vwap[at] = isKnown ? Math.min(high, Math.max(low, Math.round(((high + low) / 2) * 1000) / 1000)) : Number.NaN
}

/** Volume of minute `i` before its `second`th second. */
function volumeUntil(minutes: BarColumns, i: number, second: number): number {
  const volume = minutes.volume[i]
  const count = minutes.tradeCount[i]
  if (second >= BAR_SECONDS) return volume
  const share = count > 0 ? Math.ceil((count * second) / BAR_SECONDS) / count : second / BAR_SECONDS
  return Math.floor(volume * share)
}
