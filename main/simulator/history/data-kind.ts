import { allocateBars, type BarColumns } from '#shared/bars.ts'

/** What this server can show as bars. */
export type DataKind = 'TRADES' | 'ADJUSTED_LAST' | 'MIDPOINT' | 'BID' | 'ASK' | 'BID_ASK'

/** What TWS calls the series of each kind when it has none, as in `SPY@SMART Trades`. */
export const SERIES_NAMES: Readonly<Record<DataKind, string>> = {
  TRADES: 'Trades',
  ADJUSTED_LAST: 'Trades',
  MIDPOINT: 'Midpoint',
  BID: 'Bid',
  ASK: 'Ask',
  BID_ASK: 'Bid_Ask',
}

export function isDataKind(whatToShow: string): whatToShow is DataKind {
  return Object.hasOwn(SERIES_NAMES, whatToShow)
}

/** Whether a kind is of trades, and so has volume, average and count. */
export function isOfTrades(kind: DataKind): boolean {
  return kind === 'TRADES' || kind === 'ADJUSTED_LAST'
}

/**
 * Bars of `kind` out of bars of trades. A market has trades alone, so its quotes are made up around them: the bid a tick
 * below each trade, the ask a tick above, the midpoint the trade itself. BID_ASK has the average bid as open, the highest ask
 * as high, the lowest bid as low, the average ask as close, as TWS has it. Quotes have no volume, average or count: NaN, which
 * is sent as -1. Nothing here splits or pays dividends, so ADJUSTED_LAST is the same as TRADES.
 */
export function barsOfKind(trades: BarColumns, kind: DataKind, minTick: number): BarColumns {
  if (isOfTrades(kind)) return trades
  const ticksPerUnit = Math.round(1 / minTick)
  const quote = (price: number, ticks: number): number =>
    Math.round((price + ticks * minTick) * ticksPerUnit) / ticksPerUnit
  const ticks = kind === 'BID' ? -1 : kind === 'ASK' ? 1 : 0
  const bars = allocateBars(trades.ts.length)
  bars.ts.set(trades.ts)
  for (let i = 0; i < trades.ts.length; i++) {
    const average = (trades.open[i] + trades.close[i]) / 2
    bars.open[i] = kind === 'BID_ASK' ? quote(average, -1) : quote(trades.open[i], ticks)
    bars.high[i] = quote(trades.high[i], kind === 'BID_ASK' ? 1 : ticks)
    bars.low[i] = quote(trades.low[i], kind === 'BID_ASK' ? -1 : ticks)
    bars.close[i] = kind === 'BID_ASK' ? quote(average, 1) : quote(trades.close[i], ticks)
  }
  bars.volume.fill(Number.NaN)
  bars.vwap.fill(Number.NaN)
  bars.tradeCount.fill(Number.NaN)
  return bars
}
