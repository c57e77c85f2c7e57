import { SwitchyardError } from '#shared/errors.ts'
import { addDays, isSessionDate, type SessionDate } from '#shared/time.ts'
import type { Session, TradingCalendar } from './calendar.ts'

/** Sessions of a range as far as a calendar knows them. */
export interface KnownSessions {
  readonly sessions: readonly Session[]
  /** What of the range is not known, a sentence for the user; null when the calendar knows all of it. */
  readonly warning: string | null
}

/**
 * The sessions with `from <= date <= to` on dates that the calendar answers for. Unlike `sessionsBetween` it accepts a range
 * that leaves them: it gives what is known, never a guess, and a warning says where knowledge ends.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS when `from` or `to` is not a date.
 */
export function knownSessions(calendar: TradingCalendar, from: SessionDate, to: SessionDate): KnownSessions {
  for (const date of [from, to]) {
    if (!isSessionDate(date)) {
      throw new SwitchyardError('BAD_ARGUMENTS', `"${date}" is not a calendar date.`, {
        hint: 'Give dates in the form YYYY-MM-DD.',
      })
    }
  }
  const { id, firstDate, lastDate } = calendar
  const unknown: string[] = []
  if (from <= to && from < firstDate) unknown.push(`before ${firstDate}`)
  if (from <= to && to > lastDate) unknown.push(`from ${addDays(lastDate, 1)} on`)
  const knownFrom = from < firstDate ? firstDate : from
  const knownTo = to > lastDate ? lastDate : to
  return {
    sessions: knownFrom > knownTo ? [] : calendar.sessionsBetween(knownFrom, knownTo),
    warning:
      unknown.length === 0
        ? null
        : `The calendar ${id} knows nothing ${unknown.join(' and ')}; sessions there are left out, not guessed.`,
  }
}

/**
 * A sentence for the user when the calendar's last date is less than a year away from `today`, or passed; null otherwise.
 *
 * @param today the current date in the calendar's zone.
 */
export function horizonWarning(calendar: TradingCalendar, today: SessionDate): string | null {
  const { id, lastDate } = calendar
  const year = Number(today.slice(0, 4)) + 1
  if (lastDate >= `${year}${today.slice(4)}`) return null
  const ends = lastDate < today ? 'ended on' : 'ends on'
  return `The calendar ${id} ${ends} ${lastDate}, and nothing is known after that. Update Switchyard, or extend the definition with what the exchange has published.`
}
