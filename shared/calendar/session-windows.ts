import { addDays, type SessionDate, zonedToEpochSeconds } from '#shared/time.ts'
import type { Session, TradingCalendar } from './calendar.ts'

/** A session with the stretch of time that it owns: bars with `fromTs <= ts < toTs` are its business. Epoch seconds. */
export interface OwnedSession {
  readonly session: Session
  readonly fromTs: number
  readonly toTs: number
}

/** No exchange rests for longer. */
const LONGEST_REST_DAYS = 30

/**
 * The sessions between two dates (both included) with the time each owns: from where the previous session's time ends to the
 * end of its own local day, or to the opening of the next session where that opens on the evening of the same day. So the
 * windows of all sessions cover the time line without overlap, each holds its session, and a bar on a holiday belongs to the
 * session that follows.
 *
 * @throws {SwitchyardError} CALENDAR_HORIZON when the range leaves the calendar's.
 */
export function ownedSessions(calendar: TradingCalendar, from: SessionDate, to: SessionDate): readonly OwnedSession[] {
  const sessions = calendar.sessionsBetween(from, to)
  if (sessions.length === 0) return []
  const [first] = sessions
  // Before the first session that the calendar knows, the day before counts as one.
  const before = nearestSession(calendar, first.date, -1)?.date ?? addDays(first.date, -1)
  let fromTs = windowEnd(calendar, before, first)
  return sessions.map((session, i) => {
    const next = i + 1 < sessions.length ? sessions[i + 1] : nearestSession(calendar, session.date, 1)
    const owned = { session, fromTs, toTs: windowEnd(calendar, session.date, next) }
    fromTs = owned.toTs
    return owned
  })
}

/**
 * Those of `dates` in a range (both ends included) that the calendar knows not to be sessions: what was stored under them was
 * made for an earlier calendar. Dates beyond its horizon are left alone.
 */
export function datesGone(
  calendar: TradingCalendar,
  dates: readonly SessionDate[],
  { from, to }: { readonly from: SessionDate; readonly to: SessionDate },
): readonly SessionDate[] {
  return dates.filter(
    (date) =>
      date >= from &&
      date <= to &&
      date >= calendar.firstDate &&
      date <= calendar.lastDate &&
      calendar.session(date) === null,
  )
}

/** The next session after `date` (before it when `direction` is -1); null when the calendar knows none. */
function nearestSession(calendar: TradingCalendar, date: SessionDate, direction: 1 | -1): Session | null {
  for (let days = 1; days <= LONGEST_REST_DAYS; days++) {
    const other = addDays(date, direction * days)
    if (other < calendar.firstDate || other > calendar.lastDate) return null
    const session = calendar.session(other)
    if (session !== null) return session
  }
  return null
}

/** Where the time of the session named `date` ends and that of `next` begins. */
function windowEnd(calendar: TradingCalendar, date: SessionDate, next: Session | null): number {
  const endOfDay = zonedToEpochSeconds(calendar.zone, addDays(date, 1), '00:00:00')
  return next === null ? endOfDay : Math.min(endOfDay, next.openTs)
}
