import { tradingDaysOverlapping, visibleHours } from '../contracts/trading-days.ts'
import { dayBars, type Series } from '../history/day-bars.ts'
import { priceText, quantityText } from '../wire/message-fields.ts'
import type { Subscription } from './subscriptions.ts'

/** The only length of real-time bars there is, seconds. */
export const REAL_TIME_BAR_SECONDS = 5

const PERIOD_MS = REAL_TIME_BAR_SECONDS * 1000

/** Message 50 for every five seconds that have passed and belong to a minute with trades. */
export function realTimeBars(reqId: number, series: () => Series): Subscription {
  return {
    nextMs: (nowMs) => (Math.floor(nowMs / PERIOD_MS) + 1) * PERIOD_MS,
    messages: async (dueMs, isHeard) => {
      if (!isHeard) return []
      const { market, instrument, useRth } = series()
      const toTs = dueMs / 1000
      const range = { fromTs: toTs - REAL_TIME_BAR_SECONDS, toTs }
      const hours = visibleHours(instrument.hours, useRth)
      const days = tradingDaysOverlapping(market.calendar(instrument.symbol), hours, range.fromTs, toTs)
      if (days.length === 0) return []
      const bars = await dayBars(series(), days[0], range, toTs)
      // The minute's earlier bars stand before.
      const i = bars.ts.indexOf(range.fromTs)
      if (i < 0) return []
      const prices = [bars.open[i], bars.high[i], bars.low[i], bars.close[i]].map(priceText)
      const quantities = [bars.volume[i], bars.vwap[i], bars.tradeCount[i]].map(quantityText)
      return [[50, 3, reqId, range.fromTs, ...prices, ...quantities]]
    },
  }
}
