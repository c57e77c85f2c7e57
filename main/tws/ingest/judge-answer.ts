import { BAR_SECONDS } from '#shared/bars.ts'
import { expectedMinutes, type SessionHours } from '#shared/calendar/session-hours.ts'
import { isHalt } from '#shared/quality/halt.ts'
import type { ShortReason } from '#main/stores/raw-types.ts'
import { missingRuns } from './session-hours.ts'

/** How far before the asked range bars may lie: TWS counts days in its own way and may begin earlier. Seconds. */
const EARLIER_SECONDS = 10 * 86_400

/**
 * Why bars cannot be the answer to a request for `fromTs` to `toTs` (epoch seconds); undefined when they can. Such an answer is kept
 * and not used: it proves nothing, and its bars may be of anything.
 */
export function rangeProblem(ts: Iterable<number>, fromTs: number, toTs: number): string | undefined {
  let first = Infinity
  let last = -Infinity
  let inside = 0
  for (const at of ts) {
    if (at < first) first = at
    if (at > last) last = at
    if (at >= fromTs && at < toTs) inside++
  }
  // Whether the end of a range is included is not documented: one bar that begins there is no fault.
  if (last > toTs) return `its last bar begins at ${iso(last)}, after the end of the range at ${iso(toTs)}`
  if (inside === 0) return `none of its bars lies between ${iso(fromTs)} and ${iso(toTs)}`
  if (first < fromTs - EARLIER_SECONDS)
    return `its first bar begins at ${iso(first)}, long before the range at ${iso(fromTs)}`
  return undefined
}

function iso(ts: number): string {
  return Number.isFinite(ts) ? new Date(ts * 1000).toISOString().replace('.000Z', 'Z') : 'no time'
}

/** What is believed of a session after an answer. */
export type SessionVerdict =
  /** Every minute is there. */
  | { readonly kind: 'complete' }
  /** Ask again before it is believed. */
  | { readonly kind: 'confirm' }
  /** The broker has no more. */
  | { readonly kind: 'settled'; readonly reason: ShortReason }

export interface SessionEvidence {
  readonly hours: SessionHours
  /** Distinct minutes of the session over all answers, those of earlier runs included, ascending. */
  readonly minutes: readonly number[]
  /** How many distinct minutes the answers of this run had. */
  readonly answered: number
  /** Answers so far, this one included, that had bars of this session or were for it alone. */
  readonly answers: number
  /** Whether this answer brought a minute that no earlier one had. */
  readonly isNew: boolean
  /** Whether this answer lacks minutes that the one before it had. */
  readonly isLess: boolean
  /** Whether the latest request asked for this session alone. */
  readonly wasAlone: boolean
  /** How often a short session is asked for again at most. */
  readonly confirmations: number
  /** Epoch seconds; undefined while it is not known. */
  readonly headTs: number | undefined
}

/**
 * Decides whether an answer is believed. A session of which this run got all minutes is complete. Any other is asked for again, alone
 * if nothing of it came, until two answers in a row agree or it was asked for often enough: an answer cut short looks like one that has
 * no more. Minutes that only an earlier run got make it complete as well, once the answers of this one agree that they have no more.
 */
export function judgeSession(evidence: SessionEvidence): SessionVerdict {
  const { hours, minutes, answered, answers, isNew, isLess, wasAlone, confirmations, headTs } = evidence
  const expected = expectedMinutes(hours)
  const isWhole = minutes.length >= expected
  if (isWhole && answered >= expected) return { kind: 'complete' }
  if (minutes.length === 0 && headTs !== undefined && hours.closeTs <= headTs)
    return { kind: 'settled', reason: 'not-listed' }
  const mayAskAgain = answers <= confirmations
  const agreed = answers > 1 && !isNew && !isLess
  const isAlone = minutes.length > 0 || wasAlone
  if (!isAlone || (mayAskAgain && !agreed)) return { kind: 'confirm' }
  if (isWhole) return { kind: 'complete' }
  if (agreed) return { kind: 'settled', reason: shortReason(hours, minutes) }
  return { kind: 'settled', reason: (isNew || isLess) && answers > 1 ? 'unstable' : shortReason(hours, minutes) }
}

/** Why minutes are missing, judged by where they are. */
export function shortReason(hours: SessionHours, minutes: readonly number[]): ShortReason {
  if (minutes.length === 0) return 'no-data'
  const runs = missingRuns(hours, minutes).map(({ fromTs, toTs }) => (toTs - fromTs) / BAR_SECONDS)
  const longest = Math.max(0, ...runs)
  return isHalt(longest, minutes.length, expectedMinutes(hours)) ? 'halted' : 'no-trades'
}
