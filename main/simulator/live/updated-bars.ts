import type { BarColumns } from '#shared/bars.ts'
import { tradingDaysOverlapping, visibleHours } from '../contracts/trading-days.ts'
import { dayBars, type Series } from '../history/day-bars.ts'
import { barTimeText } from '../history/historical-reply.ts'
import { priceText, quantityText } from '../wire/message-fields.ts'
import type { Message, Subscription } from './subscriptions.ts'

/** What a request for bars that are kept up to date wants. */
export interface UpdatedBarsOrder {
  readonly reqId: number
  readonly formatDate: number
  readonly serverVersion: number
  /** When the bars before were told, milliseconds since the epoch. */
  readonly startMs: number
  /** Time between two updates, milliseconds. */
  readonly periodMs: number
  /** The series as it is when an update is made. */
  readonly series: () => Series & { readonly seconds: number }
}

/** The longest bars that are kept up to date, seconds. */
const HOUR = 3600

/**
 * Message 90 for the bar in progress again and again, and once more for each bar that has ended since the update before, so
 * that the last one told of a bar has its final values.
 */
export function updatedBars(order: UpdatedBarsOrder): Subscription {
  let toldMs = order.startMs
  return {
    nextMs: (nowMs) => nowMs + order.periodMs,
    messages: async (dueMs, isHeard) => {
      const fromTs = toldMs / 1000
      toldMs = dueMs
      return isHeard ? barsSince(order, fromTs, dueMs / 1000) : []
    },
  }
}

/** The bars that have not ended by `fromTs` as they are known at `nowTs`, epoch seconds. */
async function barsSince(order: UpdatedBarsOrder, fromTs: number, nowTs: number): Promise<Message[]> {
  const series = order.series()
  const { market, instrument, seconds } = series
  const calendar = market.calendar(instrument.symbol)
  // A bar in progress began at most an hour ago, and on the exchange's clock.
  const range = { fromTs: Math.floor(fromTs / HOUR) * HOUR - HOUR, toTs: Math.ceil(nowTs) }
  const messages: Message[] = []
  const hours = visibleHours(instrument.hours, series.useRth)
  for (const day of tradingDaysOverlapping(calendar, hours, range.fromTs, range.toTs)) {
    const bars = await dayBars(series, day, range, nowTs)
    for (let i = 0; i < bars.ts.length; i++) {
      if (bars.ts[i] + seconds > fromTs) messages.push(updateMessage(order, bars, i, calendar.zone))
    }
  }
  return messages
}

/** Message 90: count, time, open, close, high, low, average, volume; not the order of message 17. */
function updateMessage(order: UpdatedBarsOrder, bars: BarColumns, i: number, zone: string): Message {
  return [
    90,
    order.reqId,
    quantityText(bars.tradeCount[i]),
    barTimeText(bars.ts[i], order.formatDate, zone, order.serverVersion),
    priceText(bars.open[i]),
    priceText(bars.close[i]),
    priceText(bars.high[i]),
    priceText(bars.low[i]),
    quantityText(bars.vwap[i]),
    quantityText(bars.volume[i]),
  ]
}
