import type { Session } from '#shared/calendar/calendar.ts'
import { expectedMinutes } from '#shared/calendar/session-hours.ts'
import type { StoredSchedule } from '#main/stores/fetch-log.ts'
import type { SessionOutcome } from '#main/stores/raw-types.ts'
import { type IngestPiece, pieceOf } from './plan-ingest.ts'
import type { PreparedSymbol } from './prepare-symbol.ts'
import { hoursOf } from './session-hours.ts'

/** A piece without what need not be asked for. */
export interface SplitPiece {
  /** Sessions that the broker is known not to have, with the reason. */
  readonly absent: readonly SessionOutcome[]
  /** The rest, cut apart where such a session lay between. */
  readonly pieces: readonly IngestPiece[]
}

/**
 * Takes out of a piece what lies before the broker's first bar and what its schedule does not have, and gives the rest the broker's
 * hours. A pure function.
 */
export function splitKnownAbsent(
  piece: IngestPiece,
  { schedule, headTs }: Pick<PreparedSymbol, 'schedule' | 'headTs'>,
  useRth: boolean,
): SplitPiece {
  const runs: Session[][] = []
  let run: Session[] | undefined
  const absent: SessionOutcome[] = []
  for (const session of piece.sessions) {
    const isListed = headTs === undefined || session.closeTs > headTs
    const covered = covers(schedule, session) ? schedule : undefined
    const isOpen = covered === undefined || covered.sessions.has(session.date)
    if (isListed && isOpen) {
      if (run === undefined) runs.push((run = []))
      run.push({ ...session, ...hoursOf(session, covered) })
      continue
    }
    run = undefined
    const reason = isListed ? 'closed' : 'not-listed'
    const expected = isListed ? 0 : expectedMinutes(session)
    absent.push({ sessionDate: session.date, bars: 0, known: 0, settled: true, reason, expected })
  }
  return { absent, pieces: runs.map((sessions) => pieceOf(piece.symbol, sessions, useRth)) }
}

/** Whether a schedule says anything of the day of a session. */
function covers(schedule: StoredSchedule | undefined, { date }: Session): schedule is StoredSchedule {
  return schedule !== undefined && date >= schedule.from && date <= schedule.to
}
