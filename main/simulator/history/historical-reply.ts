import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BarColumns } from '#shared/bars.ts'
import type { Instrument } from '../contracts/instrument.ts'
import { visibleHours } from '../contracts/trading-days.ts'
import type { Market } from '../market.ts'
import { fieldsText, frameOf, MAX_SERVER_FRAME_BYTES } from '../wire/frames.ts'
import { priceText, quantityText } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { historicalServiceError, noDataError, type TwsError } from '../wire/tws-errors.ts'
import { compactDate, zonedText, zoneClock } from '../wire/tws-time.ts'
import { aggregateBars } from './aggregate-bars.ts'
import { subtractDuration } from './duration.ts'
import { knownMinutes } from './finished-minutes.ts'
import type { CheckedRequest, HistoricalRequest } from './historical-request.ts'
import { requestRange } from './request-range.ts'

/** Where an answer is to be made from and for. */
export interface ReplyContext {
  readonly market: Market
  readonly instrument: Instrument
  readonly serverVersion: number
  /** Epoch seconds; nothing later is told. */
  readonly nowTs: number
  readonly signal: AbortSignal
}

export type Reply =
  | { readonly kind: 'frame'; readonly frame: Buffer }
  | { readonly kind: 'error'; readonly error: TwsError }

/**
 * Message 17, the bars of a historical request, as one frame ready to be sent.
 *
 * A bar belongs to the answer when it starts inside the range. Intraday bars hold what happened before the end of the range,
 * a day bar the whole trading day. Made one trading day at a time with the event loop free in between. An answer larger than
 * clients accept is refused as TWS refuses a range that is too long. Throws the reason of `signal` when it is aborted.
 */
export async function barsReply(
  context: ReplyContext,
  request: HistoricalRequest,
  checked: CheckedRequest,
): Promise<Reply> {
  const { market, instrument, serverVersion, nowTs, signal } = context
  const calendar = market.calendar(instrument.symbol)
  const hours = visibleHours(instrument.hours, request.useRth)
  const endTs = checked.end.kind === 'now' ? Math.floor(nowTs) : checked.end.ts
  const range = requestRange(calendar, hours, Math.min(endTs, Math.ceil(nowTs)), checked.duration)
  const { seconds } = checked.barSize

  const parts: Buffer[] = []
  let bytes = 0
  let count = 0
  for (const day of range.days) {
    signal.throwIfAborted()
    const minutes = await market.minuteBars(
      instrument.symbol,
      seconds === null ? day.startTs : Math.max(day.startTs, range.fromTs),
      seconds === null ? day.endTs : Math.min(day.endTs, range.toTs),
      request.useRth,
    )
    const known = knownMinutes(minutes, nowTs, instrument.minTick)
    const bars = aggregateBars(known, seconds, day, zoneClock(calendar.zone).offsetAt(day.session.openTs))
    const timeOf = (ts: number): string => {
      if (seconds === null) return compactDate(day.session.date)
      return request.formatDate === 2 ? String(ts) : zonedText(ts, calendar.zone, serverVersion)
    }
    const rows = barRows(bars, range.fromTs, timeOf, serverVersion)
    if (rows.count > 0) {
      const part = Buffer.from(rows.text, 'utf8')
      parts.push(part)
      bytes += part.length
      count += rows.count
      if (bytes > MAX_SERVER_FRAME_BYTES) {
        return { kind: 'error', error: historicalServiceError('Time length exceed max.') }
      }
    }
    await nextTurn()
  }
  signal.throwIfAborted()
  if (count === 0) {
    return { kind: 'error', error: noDataError(`${instrument.contractSymbol}@${instrument.exchange} Trades`) }
  }
  const head: (string | number)[] = serverVersion < ServerVersion.SyntRealtimeBars ? [17, 3] : [17]
  head.push(
    request.reqId,
    zonedText(subtractDuration(endTs, checked.duration, calendar.zone), calendar.zone, serverVersion),
    zonedText(endTs, calendar.zone, serverVersion),
    count,
  )
  return { kind: 'frame', frame: frameOf([Buffer.from(fieldsText(head), 'utf8'), ...parts]) }
}

/** The bars that start at or after `fromTs` as fields: time, open, high, low, close, volume, average, (gaps,) count. */
function barRows(
  bars: BarColumns,
  fromTs: number,
  timeOf: (ts: number) => string,
  serverVersion: number,
): { readonly text: string; readonly count: number } {
  const gaps = serverVersion < ServerVersion.SyntRealtimeBars ? 'false\0' : ''
  let text = ''
  let count = 0
  for (let i = 0; i < bars.ts.length; i++) {
    if (bars.ts[i] < fromTs) continue
    count++
    text +=
      `${timeOf(bars.ts[i])}\0${priceText(bars.open[i])}\0${priceText(bars.high[i])}\0${priceText(bars.low[i])}\0` +
      `${priceText(bars.close[i])}\0${quantityText(bars.volume[i])}\0${quantityText(bars.vwap[i])}\0${gaps}` +
      `${quantityText(bars.tradeCount[i])}\0`
  }
  return { text, count }
}
