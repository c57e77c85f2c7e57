import { addDays, type SessionDate, zonedToEpochSeconds } from '#shared/time.ts'
import type { Session, TradingCalendar } from './calendar.ts'

/** A session with the stretch of time that it owns: bars with `fromTs <= ts < toTs` are its business. Epoch seconds. */
export interface OwnedSession {
  readonly session: Session
  readonly fromTs: number
  readonly toTs: number
}

/**
 * The sessions between two dates (both included) with the time each owns: from the end of the previous session's local day
 * to the end of its own, so that the windows of all sessions cover the time line without overlap and a bar on a holiday
 * belongs to the session that follows.
 *
 * @throws {SwitchyardError} CALENDAR_HORIZON when the range leaves the calendar's.
 */
export function ownedSessions(calendar: TradingCalendar, from: SessionDate, to: SessionDate): readonly OwnedSession[] {
  const sessions = calendar.sessionsBetween(from, to)
  if (sessions.length === 0) return []
  let fromTs = endOfDay(calendar, previousDate(calendar, sessions[0].date))
  return sessions.map((session) => {
    const owned = { session, fromTs, toTs: endOfDay(calendar, session.date) }
    fromTs = owned.toTs
    return owned
  })
}

/** Date of the session before `date`; the day before `date` when the calendar knows none. No exchange rests for 30 days. */
function previousDate(calendar: TradingCalendar, date: SessionDate): SessionDate {
  for (let back = 1; back <= 30; back++) {
    const earlier = addDays(date, -back)
    if (earlier < calendar.firstDate) break
    if (calendar.session(earlier) !== null) return earlier
  }
  return addDays(date, -1)
}

function endOfDay(calendar: TradingCalendar, date: SessionDate): number {
  return zonedToEpochSeconds(calendar.zone, addDays(date, 1), '00:00:00')
}
