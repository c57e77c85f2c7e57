import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { createRandom, type Random } from './random.ts'
import type { SessionFaults } from './session-minutes.ts'
import { isLiquid, type SyntheticProfile } from './synthetic-profile.ts'

/** A fault and where it is put. */
export interface PlannedFault {
  readonly symbol: string
  readonly session: Session
  readonly faults: SessionFaults
}

const HALT_MINUTES = 15

/**
 * Plans exactly one bad tick and one halt for the whole market, in liquid names where there are any (a missing minute says
 * nothing in a thin one) and in different names where there are two. The bad tick lies in the first half of its session, the
 * halt in the second, so that they do not touch even when both fall on the same one.
 */
export function planFaults(
  seed: number,
  profiles: readonly SyntheticProfile[],
  sessions: readonly Session[],
): { readonly badTick: PlannedFault; readonly halt: PlannedFault } {
  const random = createRandom(seed, 'faults')
  const liquid = profiles.filter(isLiquid)
  const candidates = liquid.length > 0 ? liquid : profiles
  const first = random.between(0, candidates.length - 1)
  const second =
    candidates.length === 1 ? first : (first + random.between(1, candidates.length - 1)) % candidates.length
  return {
    badTick: planBadTick(random, candidates[first].symbol, pick(random, sessions)),
    halt: planHalt(random, candidates[second].symbol, pick(random, sessions)),
  }
}

function pick(random: Random, sessions: readonly Session[]): Session {
  return sessions[random.between(0, sessions.length - 1)]
}

/** Start of a minute between two shares (0 to 1) of the session. */
function minuteBetween(random: Random, session: Session, lowShare: number, highShare: number): number {
  const minutes = (session.closeTs - session.openTs) / BAR_SECONDS
  return session.openTs + BAR_SECONDS * random.between(Math.floor(minutes * lowShare), Math.floor(minutes * highShare))
}

function planBadTick(random: Random, symbol: string, session: Session): PlannedFault {
  const size = 0.06 + 0.06 * random.uniform()
  const factor = random.uniform() < 0.5 ? 1 - size : 1 + size
  const ts = minuteBetween(random, session, 0.1, 0.4)
  return { symbol, session, faults: { badTick: { ts, factor }, halt: null } }
}

function planHalt(random: Random, symbol: string, session: Session): PlannedFault {
  const minutes = (session.closeTs - session.openTs) / BAR_SECONDS
  const ts = minuteBetween(random, session, 0.55, 0.75)
  const length = Math.max(1, Math.min(HALT_MINUTES, Math.floor(minutes * 0.1)))
  return { symbol, session, faults: { badTick: null, halt: { ts, resumeTs: ts + length * BAR_SECONDS } } }
}
