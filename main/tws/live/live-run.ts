import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { waitUntil } from '../clock.ts'
import { reportError } from '#shared/errors.ts'
import type { LiveResult } from '#shared/jobs/job-kinds.ts'
import { addDays, type SessionDate } from '#shared/time.ts'
import type { Contract } from '@stoqey/ib'
import { SETTLE_SECONDS } from '../ingest/plan-ingest.ts'
import { LiveSession, type LiveSessionOptions } from './live-session.ts'

export interface LiveRunOptions extends Omit<LiveSessionOptions, 'symbol' | 'contract' | 'session' | 'onBars'> {
  readonly symbols: readonly string[]
  readonly calendarOf: (symbol: string) => TradingCalendar
  /** Finds out the contract of a symbol. */
  readonly resolve: (symbol: string) => Promise<Contract>
  /** Fetches a session that was streamed from history; returns whether that changed anything. */
  readonly reconcile: (
    symbol: string,
    session: Session,
  ) => Promise<{ readonly revised: boolean; readonly failed?: string }>
  /** Date of the last session to follow; for ever when undefined. */
  readonly untilSession: SessionDate | undefined
  readonly onProgress: (result: LiveResult) => void
}

/** How far ahead the next session is looked for, days. */
const LOOK_AHEAD_DAYS = 30

/** Between two attempts to find out a contract. */
const RESOLVE_AGAIN_MS = 60_000

/**
 * Follows symbols through their sessions, one after the other: waits for the open, streams, and when the bars of the session are final
 * fetches them from history, which then counts. A symbol that cannot be had is reported, and the others go on.
 */
export async function followLive(options: LiveRunOptions): Promise<LiveResult> {
  const result: LiveResult = { sessions: 0, bars: 0, interruptions: 0, refilled: 0, revisedSessions: 0, failed: [] }
  const { board, symbols } = options
  board.clear()
  // What ends one symbol for want of a store or a connection ends all of them.
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const follow = async (symbol: string): Promise<void> => {
    try {
      await followSymbol(symbol, { ...options, signal }, result)
    } catch (thrown) {
      failure.abort(thrown)
    }
  }
  await Promise.all(symbols.map(follow))
  for (const symbol of symbols) {
    if (board.of(symbol).state !== 'failed') board.update(symbol, { state: 'closed', message: 'No longer followed.' })
  }
  options.signal.throwIfAborted()
  failure.signal.throwIfAborted()
  return result
}

async function followSymbol(symbol: string, options: LiveRunOptions, result: LiveResult): Promise<void> {
  const { board, clock, signal, onProgress, calendarOf, untilSession } = options
  const calendar = calendarOf(symbol)
  let after: SessionDate | undefined
  while (!signal.aborted) {
    const session = nextSession(calendar, clock.nowMs() / 1000, after)
    if (session === undefined || (untilSession !== undefined && session.date > untilSession)) {
      board.update(symbol, { state: 'closed', message: 'No further session is followed.' })
      return
    }
    after = session.date
    try {
      board.update(symbol, {
        state: 'waiting',
        message: `Waiting for the session of ${session.date}.`,
        sessionDate: session.date,
        bars: 0,
      })
      await waitUntil(clock, session.openTs * 1000, signal)
      signal.throwIfAborted()
      const contract = await contractInTime(symbol, session, options)
      const live = new LiveSession({
        ...options,
        symbol,
        contract,
        session,
        onBars: (bars) => {
          result.bars += bars
          onProgress(result)
        },
      })
      const { interruptions, refilled } = await live.run()
      result.interruptions += interruptions
      result.refilled += refilled
      board.update(symbol, {
        state: 'closed',
        message: 'The session is over; its bars are compared with history next.',
      })
      await waitUntil(clock, (session.closeTs + SETTLE_SECONDS) * 1000, signal)
      signal.throwIfAborted()
      const { revised, failed } = await options.reconcile(symbol, session)
      result.sessions++
      if (revised) result.revisedSessions++
      if (failed !== undefined) result.failed.push({ symbol, sessionDate: session.date, reason: failed })
      board.update(symbol, {
        state: 'closed',
        message:
          failed ?? (revised ? 'History differed from the stream and counts now.' : 'History confirmed the stream.'),
      })
      onProgress(result)
    } catch (thrown) {
      signal.throwIfAborted()
      if (!isAboutSymbol(thrown)) throw thrown
      const { message } = reportError(thrown)
      board.update(symbol, { state: 'failed', message })
      result.failed.push({ symbol, sessionDate: session.date, reason: message })
      onProgress(result)
    }
  }
}

/** The contract of a symbol; asked for again and again while its session is open, since TWS may be away just at the open. */
async function contractInTime(
  symbol: string,
  { closeTs }: Session,
  { resolve, board, clock, client, signal }: LiveRunOptions,
): Promise<Contract> {
  for (;;) {
    try {
      return await resolve(symbol)
    } catch (thrown) {
      signal.throwIfAborted()
      const { code, message } = reportError(thrown)
      const mayPass = isAboutSymbol(thrown) || (code === 'TWS_DISCONNECTED' && client.keepsTrying)
      const againMs = clock.nowMs() + RESOLVE_AGAIN_MS
      if (!mayPass || againMs >= closeTs * 1000) throw thrown
      board.update(symbol, { state: 'failed', message: `${message} It is tried again every minute.` })
      await waitUntil(clock, againMs, signal)
      signal.throwIfAborted()
    }
  }
}

/** Whether an error ends the following of one symbol only: a store that cannot be written, or a connection that nobody keeps up, ends all. */
function isAboutSymbol(thrown: unknown): boolean {
  const { code } = reportError(thrown)
  return code === 'TWS_REFUSED' || code === 'UNKNOWN_SYMBOL' || code === 'TWS_TIMEOUT'
}

/** The session that goes on or comes next, after the one dated `after`; undefined beyond the calendar. */
function nextSession(calendar: TradingCalendar, nowTs: number, after: SessionDate | undefined): Session | undefined {
  const today = new Date(nowTs * 1000).toISOString().slice(0, 10)
  const from = later(addDays(today, -1), calendar.firstDate)
  const to = earlier(addDays(today, LOOK_AHEAD_DAYS), calendar.lastDate)
  if (from > to) return undefined
  return calendar
    .sessionsBetween(from, to)
    .find((session) => session.closeTs > nowTs && (after === undefined || session.date > after))
}

const later = (a: SessionDate, b: SessionDate): SessionDate => (a > b ? a : b)
const earlier = (a: SessionDate, b: SessionDate): SessionDate => (a < b ? a : b)
