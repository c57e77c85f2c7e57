import { allocateBars, type BarColumns, sliceBars } from '#shared/bars.ts'
import type { TradingDay } from '../contracts/trading-days.ts'

/**
 * Makes bars of `seconds` from the minutes of one trading day; `null` makes one bar of the day.
 *
 * Bars stand on the exchange's clock and do not begin before the day does, as TWS aligns them: hour bars of a session that
 * opens at 09:30 begin at 09:30, 10:00, 11:00 and so on. A bar without a minute is absent; one with some begins where it would
 * with all of them. Open and close are the first minute's and the last's, volume and count the sums, the average price is
 * weighted by volume. The average or count is NaN where a minute's is.
 *
 * @param minutes minutes of the day, ascending.
 * @param zoneOffset offset of the exchange's zone from UTC on that day, in seconds.
 */
export function aggregateBars(
  minutes: BarColumns,
  seconds: number | null,
  day: TradingDay,
  zoneOffset: number,
): BarColumns {
  if (seconds === 60) return minutes
  const count = minutes.ts.length
  const bars = allocateBars(count)
  let used = 0
  for (let from = 0; from < count;) {
    const startTs = seconds === null ? day.startTs : barStart(minutes.ts[from], seconds, day, zoneOffset)
    let to = from + 1
    while (to < count && (seconds === null || barStart(minutes.ts[to], seconds, day, zoneOffset) === startTs)) to++
    writeBar(bars, used++, startTs, minutes, from, to)
    from = to
  }
  return sliceBars(bars, 0, used)
}

function barStart(ts: number, seconds: number, day: TradingDay, zoneOffset: number): number {
  return Math.max(day.startTs, Math.floor((ts + zoneOffset) / seconds) * seconds - zoneOffset)
}

/** TWS gives averages to a tenth of a cent. */
const AVERAGE_STEPS = 1000

function writeBar(bars: BarColumns, at: number, startTs: number, minutes: BarColumns, from: number, to: number): void {
  let high = -Infinity
  let low = Infinity
  let volume = 0
  let turnover = 0
  let plainSum = 0
  let trades = 0
  for (let i = from; i < to; i++) {
    high = Math.max(high, minutes.high[i])
    low = Math.min(low, minutes.low[i])
    volume += minutes.volume[i]
    turnover += minutes.vwap[i] * minutes.volume[i]
    plainSum += minutes.vwap[i]
    trades += minutes.tradeCount[i]
  }
  const average = volume > 0 ? turnover / volume : plainSum / (to - from)
  bars.ts[at] = startTs
  bars.open[at] = minutes.open[from]
  bars.high[at] = high
  bars.low[at] = low
  bars.close[at] = minutes.close[to - 1]
  bars.volume[at] = volume
  bars.vwap[at] = Math.min(high, Math.max(low, Math.round(average * AVERAGE_STEPS) / AVERAGE_STEPS))
  bars.tradeCount[at] = trades
}
