import { canonicalJson } from '#shared/canonical-json.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { sha256 } from '#shared/sha256.ts'
import { dateToEpochDay, epochDayToDate, isoUtc, type SessionDate } from '#shared/time.ts'
import type { Session, TradingCalendar } from './calendar.ts'
import { createZoneClock, type ZoneClock } from './zone-clock.ts'

/** What an operator decided about one date: other hours (epoch seconds, whole minutes), or no session at all. */
export interface SessionOverride {
  readonly date: SessionDate
  readonly hours: { readonly openTs: number; readonly closeTs: number } | 'closed'
}

const DAY_SECONDS = 86_400

/**
 * The calendar with an operator's decisions on top: on each date the session has the given hours, also where the calendar has
 * none, or there is none. Zone and horizon stay. The hash covers the decisions, in any order; without decisions the calendar itself is
 * given.
 *
 * A break is kept when there is trading on both sides of it; otherwise the given hours are traded throughout. A session that ends before the calendar's is an early close; one of which the
 * calendar has an early close is one as well, unless it ends later. An added session is none.
 *
 * @throws {SwitchyardError} CALENDAR_HORIZON for a date outside the calendar; BAD_ARGUMENTS when a date is given twice, hours are not
 *   whole minutes, end before they begin, reach over the date (from the midnight that begins the day before to the one that ends
 *   it), or overlap with a neighbouring session.
 */
export function withSessionOverrides(
  calendar: TradingCalendar,
  overrides: readonly SessionOverride[],
): TradingCalendar {
  if (overrides.length === 0) return calendar
  const clock = createZoneClock(calendar.zone)
  const sessions = new Map<SessionDate, Session | null>()
  for (const override of overrides) {
    const { date } = override
    if (sessions.has(date)) throw refused(calendar, date, 'it is given twice')
    sessions.set(date, overridden(calendar, clock, override))
  }

  const sessionOn = (date: SessionDate): Session | null => {
    const session = sessions.get(date)
    return session === undefined ? calendar.session(date) : session
  }
  const firstDay = dateToEpochDay(calendar.firstDate)
  const lastDay = dateToEpochDay(calendar.lastDate)
  const sessionOnDay = (day: number): Session | null =>
    day < firstDay || day > lastDay ? null : sessionOn(epochDayToDate(day))

  for (const [date, session] of sessions) {
    const day = dateToEpochDay(date)
    const before = sessionOnDay(day - 1)
    const after = sessionOnDay(day + 1)
    if (session === null) continue
    if (before !== null && session.openTs < before.closeTs) {
      throw refused(calendar, date, `it opens before the session of ${before.date} closes at ${isoUtc(before.closeTs)}`)
    }
    if (after !== null && session.closeTs > after.openTs) {
      throw refused(calendar, date, `it closes after the session of ${after.date} opens at ${isoUtc(after.openTs)}`)
    }
  }

  const decisions = overrides.toSorted((a, b) => (a.date < b.date ? -1 : 1))
  return Object.freeze({
    id: calendar.id,
    zone: calendar.zone,
    firstDate: calendar.firstDate,
    lastDate: calendar.lastDate,
    hash: sha256(canonicalJson({ calendar: calendar.hash, overrides: decisions })),
    session: sessionOn,
    sessionsBetween(from: SessionDate, to: SessionDate): readonly Session[] {
      const untouched = calendar.sessionsBetween(from, to).filter(({ date }) => !sessions.has(date))
      const decided = [...sessions].flatMap(([date, session]) =>
        session !== null && date >= from && date <= to ? [session] : [],
      )
      return [...untouched, ...decided].sort((a, b) => a.openTs - b.openTs)
    },
    sessionOfInstant(ts: number): Session | null {
      if (!Number.isFinite(ts)) return calendar.sessionOfInstant(ts)
      const day = Math.floor((ts + clock.offsetAt(ts)) / DAY_SECONDS)
      const next = sessionOnDay(day + 1)
      if (next !== null && ts >= next.openTs) return next
      // Whether a session of the day after the last one is open is known to nobody, and the calendar says so.
      if (day >= lastDay) calendar.sessionOfInstant(ts)
      return sessionOn(epochDayToDate(day))
    },
  })
}

function overridden(calendar: TradingCalendar, clock: ZoneClock, { date, hours }: SessionOverride): Session | null {
  const regular = calendar.session(date)
  if (hours === 'closed') return null
  const { openTs, closeTs } = hours
  if (openTs % 60 !== 0 || closeTs % 60 !== 0) throw refused(calendar, date, 'its hours are not whole minutes')
  if (openTs >= closeTs) throw refused(calendar, date, `it closes at ${isoUtc(closeTs)}, not after it opens`)
  const day = dateToEpochDay(date)
  if (openTs < clock.toEpochSeconds(day - 1, 0) || closeTs > clock.toEpochSeconds(day + 1, 0)) {
    throw refused(calendar, date, `${isoUtc(openTs)} to ${isoUtc(closeTs)} is not on that date in ${calendar.zone}`)
  }
  const keepsBreak =
    regular !== null &&
    regular.breakStartTs !== null &&
    regular.breakEndTs !== null &&
    openTs < regular.breakStartTs &&
    regular.breakEndTs < closeTs
  return Object.freeze({
    date,
    openTs,
    closeTs,
    breakStartTs: keepsBreak ? regular.breakStartTs : null,
    breakEndTs: keepsBreak ? regular.breakEndTs : null,
    earlyClose: regular !== null && (closeTs < regular.closeTs || (regular.earlyClose && closeTs === regular.closeTs)),
  })
}

function refused({ id }: TradingCalendar, date: SessionDate, why: string): SwitchyardError {
  return new SwitchyardError('BAD_ARGUMENTS', `The session of ${date} in ${id} cannot be set: ${why}.`, {
    hint: 'Give opening and close as they were on that date, or say that it is closed.',
  })
}
