import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BarColumns } from '#shared/bars.ts'
import type { SessionDate } from '#shared/time.ts'
import type { Instrument } from '../contracts/instrument.ts'
import { visibleHours } from '../contracts/trading-days.ts'
import type { Market } from '../market.ts'
import { fieldsText, frameOf, MAX_SERVER_FRAME_BYTES } from '../wire/frames.ts'
import { priceText, quantityText } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { historicalServiceError, noDataError, type TwsError } from '../wire/tws-errors.ts'
import { compactDate, zonedText } from '../wire/tws-time.ts'
import { SERIES_NAMES } from './data-kind.ts'
import { dayBars } from './day-bars.ts'
import { subtractDuration } from './duration.ts'
import type { CheckedBars, HistoricalRequest } from './historical-request.ts'
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

/** What can be wrong with the bars of an answer on purpose. */
export interface BarsDistortion {
  readonly inLots: boolean
  /** The bars are those of a range so many days later than asked for. */
  readonly shiftDays: number
  /** Changes the minutes of a session. */
  readonly revise: (date: SessionDate, minutes: BarColumns) => BarColumns
}

/** An answer with bars before it is put into a message: what stands before the number of bars, and each bar's fields. */
export interface BarsAnswer {
  readonly head: readonly (string | number)[]
  readonly rows: readonly string[]
}

export type BarsReply =
  | { readonly kind: 'bars'; readonly answer: BarsAnswer }
  | { readonly kind: 'error'; readonly error: TwsError }

/**
 * The bars of a historical request.
 *
 * A bar belongs to the answer when it starts inside the range. Intraday bars hold what happened before the end of the range,
 * a day bar the whole trading day. Made one trading day at a time with the event loop free in between. An answer larger than
 * clients accept is refused as TWS refuses a range that is too long. Throws the reason of `signal` when it is aborted.
 */
export async function barsReply(
  context: ReplyContext,
  request: HistoricalRequest,
  checked: CheckedBars,
  distortion: BarsDistortion,
): Promise<BarsReply> {
  const { market, instrument, serverVersion, nowTs, signal } = context
  const calendar = market.calendar(instrument.symbol)
  const hours = visibleHours(instrument.hours, request.useRth)
  const endTs = checked.end.kind === 'now' ? Math.floor(nowTs) : checked.end.ts
  const barsEndTs = Math.min(endTs + distortion.shiftDays * 86_400, Math.ceil(nowTs))
  const range = requestRange(calendar, hours, barsEndTs, checked.duration)
  const { seconds } = checked.barSize
  const series = {
    market,
    instrument,
    seconds,
    kind: checked.data,
    useRth: request.useRth,
    inLots: distortion.inLots,
  }

  const rows: string[] = []
  let bytes = 0
  for (const day of range.days) {
    signal.throwIfAborted()
    const bars = await dayBars(series, day, range, nowTs, (minutes) => distortion.revise(day.session.date, minutes))
    const timeOf = (ts: number): string => {
      if (seconds === null) return compactDate(day.session.date)
      return barTimeText(ts, request.formatDate, calendar.zone, serverVersion)
    }
    for (let i = 0; i < bars.ts.length; i++) {
      if (bars.ts[i] < range.fromTs) continue
      const row = barRow(bars, i, timeOf(bars.ts[i]), serverVersion)
      rows.push(row)
      bytes += row.length
    }
    if (bytes > MAX_SERVER_FRAME_BYTES) {
      return { kind: 'error', error: historicalServiceError('Time length exceed max.') }
    }
    await nextTurn()
  }
  signal.throwIfAborted()
  if (rows.length === 0) {
    const name = `${instrument.contractSymbol}@${instrument.exchange} ${SERIES_NAMES[checked.data]}`
    return { kind: 'error', error: noDataError(name) }
  }
  const head: (string | number)[] = serverVersion < ServerVersion.SyntRealtimeBars ? [17, 3] : [17]
  head.push(
    request.reqId,
    zonedText(subtractDuration(endTs, checked.duration, calendar.zone), calendar.zone, serverVersion),
    zonedText(endTs, calendar.zone, serverVersion),
  )
  return { kind: 'bars', answer: { head, rows } }
}

/** Message 17 with these bars, length prefix included. */
export function barsFrame({ head, rows }: BarsAnswer): Buffer {
  return frameOf([Buffer.from(fieldsText([...head, rows.length]), 'utf8'), Buffer.from(rows.join(''), 'utf8')])
}

/** The start of an intraday bar as text: epoch seconds for `formatDate` 2, else on the exchange's clock. */
export function barTimeText(ts: number, formatDate: number, zone: string, serverVersion: number): string {
  return formatDate === 2 ? String(ts) : zonedText(ts, zone, serverVersion)
}

/** The fields of a bar: time, open, high, low, close, volume, average, (gaps,) count. */
function barRow(bars: BarColumns, i: number, time: string, serverVersion: number): string {
  const gaps = serverVersion < ServerVersion.SyntRealtimeBars ? 'false\0' : ''
  return (
    `${time}\0${priceText(bars.open[i])}\0${priceText(bars.high[i])}\0${priceText(bars.low[i])}\0` +
    `${priceText(bars.close[i])}\0${quantityText(bars.volume[i])}\0${quantityText(bars.vwap[i])}\0${gaps}` +
    `${quantityText(bars.tradeCount[i])}\0`
  )
}
