import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { IngestPlan } from '#shared/contract/ingest.ts'
import type { SessionDate } from '#shared/time.ts'

/** One request to make: a run of sessions of one symbol with no other session between them. */
export interface IngestPiece {
  readonly symbol: string
  readonly sessions: readonly Session[]
  /** Start of the window, epoch seconds: open of the first session, or of its extended hours. */
  readonly fromTs: number
  /** End of the window, epoch seconds: close of the last session, or of its extended hours. */
  readonly endTs: number
  /** Duration as TWS takes it; TWS counts trading days. */
  readonly duration: string
  /** Upper bound of the bars in the answer. */
  readonly expectedBars: number
}

export interface PlanInput {
  /** Wanted sessions by symbol, ascending, none left out within the wanted range. */
  readonly wanted: readonly { readonly symbol: string; readonly sessions: readonly Session[] }[]
  /** Sessions that need not be asked for again, by symbol. */
  readonly fetched: (symbol: string, date: SessionDate) => boolean
  /** Sessions that the broker is known not to have, for the preview; a run finds them out again and records them. */
  readonly knownAbsent?: (symbol: string, session: Session) => boolean
  readonly useRth: boolean
  readonly maxBarsPerRequest: number
  /** Now, epoch seconds. A session is asked for only when it has been over for a while, so that its bars are final. */
  readonly nowTs: number
}

/** How long after the close a session's bars are taken as final. */
export const SETTLE_SECONDS = 120

/** US extended hours begin five and a half hours before the regular open and end four hours after the regular close. */
const EXTENDED_BEFORE_OPEN_SECONDS = 5.5 * 3600
const EXTENDED_AFTER_CLOSE_SECONDS = 4 * 3600
/** Minutes from 04:00 to 20:00. */
const EXTENDED_MINUTES = 960

/**
 * What is missing, cut into requests of bounded size. Symbols take turns, so that none waits for all pieces of another; the pieces of
 * one are in order of time. A pure function.
 */
export function planIngest(input: PlanInput): readonly IngestPiece[] {
  const bySymbol = input.wanted.map(({ symbol, sessions }) => piecesOf(symbol, sessions, input))
  const longest = Math.max(0, ...bySymbol.map((pieces) => pieces.length))
  const inTurns: IngestPiece[] = []
  for (let turn = 0; turn < longest; turn++) {
    for (const pieces of bySymbol) if (turn < pieces.length) inTurns.push(pieces[turn])
  }
  return inTurns
}

function piecesOf(symbol: string, sessions: readonly Session[], input: PlanInput): readonly IngestPiece[] {
  const pieces: IngestPiece[] = []
  let run: Session[] = []
  let bars = 0
  const flush = (): void => {
    if (run.length > 0) pieces.push(pieceOf(symbol, run, input.useRth))
    run = []
    bars = 0
  }
  for (const session of sessions) {
    if (!isFinal(session, input) || input.fetched(symbol, session.date)) {
      flush()
      continue
    }
    const size = expectedBars(session, input.useRth)
    if (bars + size > input.maxBarsPerRequest) flush()
    run.push(session)
    bars += size
  }
  flush()
  return pieces
}

/** The figures that an operator wants to see before a run. */
export function previewPlan(input: PlanInput, from: SessionDate, to: SessionDate): IngestPlan {
  const { knownAbsent = () => false } = input
  const isAbsent = (symbol: string, session: Session): boolean =>
    !input.fetched(symbol, session.date) && isFinal(session, input) && knownAbsent(symbol, session)
  const wanted = input.wanted.map(({ symbol, sessions }) => ({
    symbol,
    sessions: sessions.filter((session) => !isAbsent(symbol, session)),
  }))
  const sessionsKnownAbsent = input.wanted.reduce(
    (sum, { sessions }, i) => sum + sessions.length - wanted[i].sessions.length,
    0,
  )
  const pieces = planIngest({ ...input, wanted })
  const symbols = input.wanted.map(({ symbol, sessions }) => {
    const own = pieces.filter((piece) => piece.symbol === symbol)
    return {
      symbol,
      sessionsAlreadyStored: sessions.filter((session) => input.fetched(symbol, session.date)).length,
      sessionsToFetch: own.reduce((sum, piece) => sum + piece.sessions.length, 0),
      requests: own.length,
    }
  })
  return {
    from,
    to,
    sessions: input.wanted.reduce((sum, { sessions }) => sum + sessions.length, 0),
    sessionsAlreadyStored: symbols.reduce((sum, { sessionsAlreadyStored }) => sum + sessionsAlreadyStored, 0),
    sessionsToFetch: symbols.reduce((sum, { sessionsToFetch }) => sum + sessionsToFetch, 0),
    sessionsNotFinished: countUnfinished(input),
    sessionsKnownAbsent,
    requests: pieces.length,
    expectedBars: pieces.reduce((sum, piece) => sum + piece.expectedBars, 0),
    symbols,
  }
}

/** How many wanted sessions are neither stored nor final yet. */
export function countUnfinished(input: PlanInput): number {
  return input.wanted.reduce(
    (sum, { symbol, sessions }) =>
      sum + sessions.filter((session) => !isFinal(session, input) && !input.fetched(symbol, session.date)).length,
    0,
  )
}

/** Whether the bars of a session are final, so that it can be asked for. */
export function isFinal(session: Session, input: Pick<PlanInput, 'useRth' | 'nowTs'>): boolean {
  return endOf(session, input.useRth) + SETTLE_SECONDS <= input.nowTs
}

/** A piece of these sessions, which follow one another. */
export function pieceOf(symbol: string, sessions: readonly Session[], useRth: boolean): IngestPiece {
  const first = sessions[0]
  return {
    symbol,
    sessions,
    fromTs: useRth ? first.openTs : first.openTs - EXTENDED_BEFORE_OPEN_SECONDS,
    endTs: endOf(sessions[sessions.length - 1], useRth),
    duration: `${sessions.length} D`,
    expectedBars: sessions.reduce((sum, session) => sum + expectedBars(session, useRth), 0),
  }
}

function endOf(session: Session, useRth: boolean): number {
  return useRth ? session.closeTs : session.closeTs + EXTENDED_AFTER_CLOSE_SECONDS
}

function expectedBars(session: Session, useRth: boolean): number {
  return useRth ? Math.round((session.closeTs - session.openTs) / BAR_SECONDS) : EXTENDED_MINUTES
}
