import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { dateToEpochDay, epochDayToDate, type SessionDate } from '#shared/time.ts'
import { zoneClock } from '../wire/tws-time.ts'
import type { ExtendedHours } from './instrument.ts'

/** The minutes that count as one session: regular hours, or everything from the first to the last trade of the day. */
export interface TradingDay {
  readonly session: Session
  /** The day covers `startTs <= ts < endTs`, epoch seconds. */
  readonly startTs: number
  readonly endTs: number
}

const NO_EXTENDED_HOURS: ExtendedHours = { beforeOpenSeconds: 0, afterCloseSeconds: 0 }

/** The hours around a session that a request with this `useRth` sees. */
export function visibleHours(hours: ExtendedHours, useRth: boolean): ExtendedHours {
  return useRth ? NO_EXTENDED_HOURS : hours
}

function tradingDay(session: Session, hours: ExtendedHours): TradingDay {
  return {
    session,
    startTs: session.openTs - hours.beforeOpenSeconds,
    endTs: session.closeTs + hours.afterCloseSeconds,
  }
}

/** Exchange-local day number (days since 1970-01-01) of an instant. */
function localDay(calendar: TradingCalendar, ts: number): number {
  return Math.floor((ts + zoneClock(calendar.zone).offsetAt(ts)) / 86_400)
}

function daysBetween(calendar: TradingCalendar, hours: ExtendedHours, fromDay: number, toDay: number): TradingDay[] {
  const from = Math.max(fromDay, dateToEpochDay(calendar.firstDate))
  const to = Math.min(toDay, dateToEpochDay(calendar.lastDate))
  if (from > to) return []
  return calendar.sessionsBetween(epochDayToDate(from), epochDayToDate(to)).map((session) => tradingDay(session, hours))
}

/** The trading days that share at least an instant with `fromTs <= ts < toTs`, in order; none beyond the calendar's range. */
export function tradingDaysOverlapping(
  calendar: TradingCalendar,
  hours: ExtendedHours,
  fromTs: number,
  toTs: number,
): TradingDay[] {
  if (!(fromTs < toTs)) return []
  // A trading day can begin on the evening before its date and end after midnight.
  return daysBetween(calendar, hours, localDay(calendar, fromTs) - 1, localDay(calendar, toTs) + 1).filter(
    (day) => day.startTs < toTs && day.endTs > fromTs,
  )
}

/** The last `count` trading days that have begun before `endTs`, in order; fewer where the calendar begins. */
export function lastTradingDays(
  calendar: TradingCalendar,
  hours: ExtendedHours,
  count: number,
  endTs: number,
): TradingDay[] {
  const lastDay = Math.min(localDay(calendar, endTs) + 1, dateToEpochDay(calendar.lastDate))
  const firstDay = dateToEpochDay(calendar.firstDate)
  // Five sessions in seven days, and a few closures: two calendar days a session and three weeks are nearly always enough.
  for (let span = count * 2 + 21; ; span *= 2) {
    const days = daysBetween(calendar, hours, lastDay - span, lastDay).filter((day) => day.startTs < endTs)
    if (days.length >= count || lastDay - span <= firstDay) return days.slice(-count)
  }
}

/** The trading day of the session named `date`, or null when there is none or the calendar does not know. */
export function tradingDayOf(calendar: TradingCalendar, hours: ExtendedHours, date: SessionDate): TradingDay | null {
  if (date < calendar.firstDate || date > calendar.lastDate) return null
  const session = calendar.session(date)
  return session === null ? null : tradingDay(session, hours)
}

/** Whether `ts` falls into the pause that the session makes, if it makes one. */
export function isInBreak(session: Session, ts: number): boolean {
  return (
    session.breakStartTs !== null &&
    session.breakEndTs !== null &&
    ts >= session.breakStartTs &&
    ts < session.breakEndTs
  )
}
