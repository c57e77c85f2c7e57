import { join } from 'node:path'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { addDays } from '#shared/time.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Holidays and early closes of US equities and some futures, kept beside the project. */
export const LEAN_HOURS = join(ROOT, '../shared/data/calendars/lean-market-hours-subset.json')

/** Built-in calendar `id`. */
export function builtIn(id: string): TradingCalendar {
  return loadCalendar(id, [join(ROOT, 'data/calendars')])
}

export function isWeekday(date: string): boolean {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return weekday >= 1 && weekday <= 5
}

/** Monday to Friday of a year on which the calendar has no session, as `MM-DD MM-DD ...`. */
export function closuresOf(calendar: TradingCalendar, year: number): string {
  const dates: string[] = []
  for (let date = `${year}-01-01`; date.startsWith(String(year)); date = addDays(date, 1)) {
    if (isWeekday(date) && calendar.session(date) === null) dates.push(date.slice(5))
  }
  return dates.join(' ')
}

/**
 * The wall clock of `zone` at `ts`, `YYYY-MM-DD HH:MM`, by the runtime's own time zone database, not by the code under test.
 */
export function wallClock(ts: number, zone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  return format.format(new Date(ts * 1000))
}

/** Early closes of a year as `MM-DD HH:MM, ...` on the clock of the exchange. */
export function earlyClosesOf(calendar: TradingCalendar, year: number): string {
  return calendar
    .sessionsBetween(`${year}-01-01`, `${year}-12-31`)
    .filter(({ earlyClose }) => earlyClose)
    .map(({ closeTs }) => wallClock(closeTs, calendar.zone).slice(5))
    .join(', ')
}

/** `open-breakStart|breakEnd-close` in UTC, each without its date where that is the session's own; null when closed. */
export function utcTimes(calendar: TradingCalendar, date: string): string | null {
  const session = calendar.session(date)
  if (session === null) return null
  const time = (ts: number): string => wallClock(ts, 'UTC').replace(`${date} `, '')
  const pause =
    session.breakStartTs === null || session.breakEndTs === null
      ? ''
      : `${time(session.breakStartTs)}|${time(session.breakEndTs)}-`
  return `${time(session.openTs)}-${pause}${time(session.closeTs)}${session.earlyClose ? ' early' : ''}`
}

/** Epoch seconds. */
export function instant(iso: string): number {
  return Date.parse(iso) / 1000
}
