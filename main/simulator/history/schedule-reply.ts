import { visibleHours } from '../contracts/trading-days.ts'
import { encodeFrame } from '../wire/frames.ts'
import { noDataError, type TwsError } from '../wire/tws-errors.ts'
import { compactDate, twsZoneName, wallText } from '../wire/tws-time.ts'
import type { CheckedSchedule, HistoricalRequest } from './historical-request.ts'
import type { ReplyContext } from './historical-reply.ts'
import { requestRange } from './request-range.ts'

export type ScheduleReply =
  | { readonly kind: 'frame'; readonly frame: Buffer }
  | { readonly kind: 'error'; readonly error: TwsError }

/**
 * Message 106, the sessions of a range (`whatToShow=SCHEDULE`): start, end and zone of the whole, then start, end and date of
 * each session that begins inside the range, on the exchange's clock as `yyyyMMdd-HH:mm:ss`.
 */
export function scheduleReply(
  context: ReplyContext,
  request: HistoricalRequest,
  checked: CheckedSchedule,
): ScheduleReply {
  const { market, instrument, nowTs } = context
  const calendar = market.calendar(instrument.symbol)
  const endTs = checked.end.kind === 'now' ? Math.floor(nowTs) : checked.end.ts
  const range = requestRange(calendar, visibleHours(instrument.hours, request.useRth), endTs, checked.duration)
  const days = range.days.filter((day) => day.startTs >= range.fromTs)
  if (days.length === 0) {
    return { kind: 'error', error: noDataError(`${instrument.contractSymbol}@${instrument.exchange} Schedule`) }
  }
  const text = (ts: number): string => wallText(ts, calendar.zone, '-')
  const fields: (string | number)[] = [106, request.reqId, text(days[0].startTs), text(days[days.length - 1].endTs)]
  fields.push(twsZoneName(calendar.zone), days.length)
  for (const day of days) fields.push(text(day.startTs), text(day.endTs), compactDate(day.session.date))
  return { kind: 'frame', frame: encodeFrame(fields) }
}
