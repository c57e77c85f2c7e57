import { BAR_COLUMNS, BAR_SECONDS, allocateBars, type BarColumns, sliceBars } from '#shared/bars.ts'
import { minutePath } from './minute-path.ts'

/**
 * `minutes` as they are known at `nowTs`: later ones are gone, and the minute in progress is as far as it has come.
 *
 * A market knows only finished minutes, so the unfinished one follows the path through its prices; volume and trade count grow
 * evenly. It therefore has values that differ from the finished bar's, as the last bar of a TWS answer has.
 *
 * @param nowTs epoch seconds, may have a fraction.
 * @param minTick prices are multiples of it.
 */
export function knownMinutes(minutes: BarColumns, nowTs: number, minTick: number): BarColumns {
  let count = minutes.ts.length
  while (count > 0 && minutes.ts[count - 1] >= nowTs) count--
  const known = sliceBars(minutes, 0, count)
  if (count === 0 || minutes.ts[count - 1] + BAR_SECONDS <= nowTs) return known
  const bars = allocateBars(count)
  for (const name of BAR_COLUMNS) bars[name].set(known[name])
  cutLastMinute(bars, (nowTs - bars.ts[count - 1]) / BAR_SECONDS, minTick)
  return bars
}

/** Leaves of the last bar what has happened in the first `share` (0 to 1) of its minute. */
function cutLastMinute(bars: BarColumns, share: number, minTick: number): void {
  const last = bars.ts.length - 1
  const path = minutePath(bars.open[last], bars.high[last], bars.low[last], bars.close[last], minTick)
  const { high, low } = path.extremes(0, share)
  bars.high[last] = high
  bars.low[last] = low
  bars.close[last] = path.priceAt(share)
  bars.volume[last] = Math.floor(bars.volume[last] * share)
  bars.tradeCount[last] = Math.min(bars.tradeCount[last], Math.max(1, Math.floor(bars.tradeCount[last] * share)))
  bars.vwap[last] = Math.min(high, Math.max(low, bars.vwap[last]))
}
