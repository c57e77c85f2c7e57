import { BAR_COLUMNS, BAR_SECONDS, allocateBars, type BarColumns, sliceBars } from '#shared/bars.ts'

/**
 * `minutes` as they are known at `nowTs`: later ones are gone, and the minute in progress is as far as it has come.
 *
 * A market knows only finished minutes, so the unfinished one is played out in the order that bar simulations commonly
 * assume: from the open to the nearer extreme of its direction first (low before high when it rises), then to the other, then
 * to the close, a third of the minute each. Volume and trade count grow evenly. It therefore has values that differ from the
 * finished bar's, as the last bar of a TWS answer has.
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
  const open = bars.open[last]
  const rises = bars.close[last] >= open
  const path = rises
    ? [open, bars.low[last], bars.high[last], bars.close[last]]
    : [open, bars.high[last], bars.low[last], bars.close[last]]
  const leg = Math.min(2, Math.floor(share * 3))
  const within = share * 3 - leg
  const price = roundToTick(path[leg] + (path[leg + 1] - path[leg]) * within, minTick)
  const seen = [...path.slice(0, leg + 1), price]
  bars.high[last] = Math.max(...seen)
  bars.low[last] = Math.min(...seen)
  bars.close[last] = price
  bars.volume[last] = Math.floor(bars.volume[last] * share)
  bars.tradeCount[last] = Math.min(bars.tradeCount[last], Math.max(1, Math.floor(bars.tradeCount[last] * share)))
  bars.vwap[last] = Math.min(bars.high[last], Math.max(bars.low[last], bars.vwap[last]))
}

function roundToTick(price: number, minTick: number): number {
  const ticksPerUnit = Math.round(1 / minTick)
  return Math.round(price * ticksPerUnit) / ticksPerUnit
}
