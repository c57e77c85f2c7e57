import { SwitchyardError } from '#shared/errors.ts'
import { dateToEpochDay, epochDayToDate, isoUtc, isSessionDate, type SessionDate } from '#shared/time.ts'
import type { Session, TradingCalendar } from './calendar.ts'
import type { CalendarDefinition } from './definition.ts'
import { type DefinitionProblem, resolveLocalCalendar } from './local-hours.ts'
import { createZoneClock } from './zone-clock.ts'

const DAY_SECONDS = 86_400

/** A calendar definition whose entries contradict each other; `problems` names the places. */
export class CalendarDefinitionError extends SwitchyardError {
  readonly problems: readonly DefinitionProblem[]

  constructor(id: string, problems: readonly DefinitionProblem[]) {
    const lines = problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`)
    super('CONFIG_INVALID', `The definition of the calendar ${id} contradicts itself: ${lines.join('; ')}.`, {
      hint: 'Correct the named entries of the calendar definition.',
    })
    this.problems = problems
  }
}

/**
 * The trading calendar that a definition describes.
 *
 * Sessions are worked out the first time they are asked for and kept; asking again is a look-up. `sessionOfInstant` gives
 * the session that is open at the instant, which with hours that open the evening before is the one of the next date, and
 * otherwise the session of the local date.
 *
 * @param definition a parsed definition.
 * @param hash SHA-256 (hex) that identifies the definition.
 * @throws {CalendarDefinitionError} (CONFIG_INVALID) when entries of the definition contradict each other.
 */
export function createCalendar(definition: CalendarDefinition, hash: string): TradingCalendar {
  const { id, zone, firstDate, lastDate } = definition
  const local = resolveLocalCalendar(definition)
  if (local.problems.length > 0) throw new CalendarDefinitionError(id, local.problems)
  const { firstDay, lastDay } = local
  const clock = createZoneClock(zone)
  const known = new Map<number, Session | null>()

  const outsideHorizon = (what: string): SwitchyardError =>
    new SwitchyardError(
      'CALENDAR_HORIZON',
      `The calendar ${id} knows ${firstDate} to ${lastDate}; ${what} is outside.`,
      {
        hint: `Choose dates from ${firstDate} to ${lastDate}, or extend the definition of ${id} with what the exchange has published.`,
      },
    )

  const dayOf = (date: SessionDate): number => {
    if (!isSessionDate(date)) {
      throw new SwitchyardError('BAD_ARGUMENTS', `"${date}" is not a calendar date.`, {
        hint: 'Give dates in the form YYYY-MM-DD.',
      })
    }
    const day = dateToEpochDay(date)
    if (day < firstDay || day > lastDay) throw outsideHorizon(date)
    return day
  }

  const computeSession = (day: number): Session | null => {
    const hours = local.hours(day)
    if (hours === null) return null
    const toTs = (minute: number | null): number | null => (minute === null ? null : clock.toEpochSeconds(day, minute))
    return Object.freeze({
      date: epochDayToDate(day),
      openTs: clock.toEpochSeconds(day, hours.openMinute),
      closeTs: clock.toEpochSeconds(day, hours.closeMinute),
      breakStartTs: toTs(hours.breakStartMinute),
      breakEndTs: toTs(hours.breakEndMinute),
      earlyClose: hours.earlyClose,
    })
  }

  const sessionOn = (day: number): Session | null => {
    let session = known.get(day)
    if (session === undefined) {
      session = computeSession(day)
      known.set(day, session)
    }
    return session
  }

  /** The session that opens on the evening of `day` for the next date, if it is open at `ts`. */
  const eveningSession = (day: number, ts: number): Session | null => {
    const next = day + 1
    if (next < firstDay) return null
    if (next <= lastDay) {
      const session = sessionOn(next)
      return session !== null && ts >= session.openTs ? session : null
    }
    const regular = local.regularHours(next)
    // Whether that session takes place is not known, so neither is the answer.
    if (regular !== null && ts >= clock.toEpochSeconds(next, regular.openMinute)) throw outsideHorizon(isoUtc(ts))
    return null
  }

  const opensOnEveningBefore = [...definition.hours, ...definition.lateOpens, ...definition.specialLateOpens].some(
    (entry) => entry.openDay === 'previous',
  )

  return Object.freeze({
    id,
    zone,
    firstDate,
    lastDate,
    hash,
    session: (date: SessionDate): Session | null => sessionOn(dayOf(date)),
    sessionsBetween(from: SessionDate, to: SessionDate): readonly Session[] {
      const sessions: Session[] = []
      const fromDay = dayOf(from)
      const toDay = dayOf(to)
      for (let day = fromDay; day <= toDay; day++) {
        const session = sessionOn(day)
        if (session !== null) sessions.push(session)
      }
      return sessions
    },
    sessionOfInstant(ts: number): Session | null {
      if (!Number.isFinite(ts)) {
        throw new SwitchyardError('BAD_ARGUMENTS', `${ts} is not an instant.`, { hint: 'Give epoch seconds.' })
      }
      const day = Math.floor((ts + clock.offsetAt(ts)) / DAY_SECONDS)
      if (opensOnEveningBefore && day >= firstDay - 1 && day <= lastDay) {
        const session = eveningSession(day, ts)
        if (session !== null) return session
      }
      if (day < firstDay || day > lastDay) throw outsideHorizon(isoUtc(ts))
      return sessionOn(day)
    },
  })
}
