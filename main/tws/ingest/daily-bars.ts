import type { Contract } from '@stoqey/ib'
import type { Session } from '#shared/calendar/calendar.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import { addDays, type SessionDate } from '#shared/time.ts'
import type { WritableRawStore } from '#main/stores/raw-store.ts'
import type { BarSeries } from '#main/stores/raw-types.ts'
import type { Priority } from '../pacing/paced-request.ts'
import type { TwsClient } from '../tws-client.ts'
import { TwsRequestError } from '../tws-request-error.ts'

export interface DailyBarsOptions {
  readonly client: TwsClient
  readonly raw: WritableRawStore
  /** The series of the minute bars that the daily bars are to check. */
  readonly series: BarSeries
  readonly isSession: (symbol: string, date: SessionDate) => boolean
  readonly priority: Priority
  readonly nowMs: () => number
}

/** TWS takes no more than 365 days of a range in days. */
const MOST_DAILY_BARS = 365
const SESSIONS_PER_YEAR = 252

/**
 * Asks for the broker's own daily bars from the first to the last of `sessions` (ascending, at least one) and stores the answer with
 * its request. An answer about other days is kept and not used.
 *
 * @throws {SwitchyardError} when the request fails; that is in the log of requests then.
 */
export async function fetchDailyBars(
  { client, raw, series, isSession, priority, nowMs }: DailyBarsOptions,
  symbol: string,
  contract: Contract,
  sessions: readonly Session[],
  signal: AbortSignal,
): Promise<void> {
  const [first, last] = [sessions[0], sessions[sessions.length - 1]]
  // TWS counts the sessions up to the last one, those that are not asked about included.
  let days = 0
  for (let { date } = first; date <= last.date; date = addDays(date, 1)) if (isSession(symbol, date)) days++
  const duration = days <= MOST_DAILY_BARS ? `${days} D` : `${Math.ceil(days / SESSIONS_PER_YEAR)} Y`
  const request = { ...series, barSize: '1 day', useRth: true, symbol, endTs: last.closeTs, duration }
  const subject = `the daily bars of ${symbol}`
  let requestId: number | undefined
  try {
    const received = await client.historicalBars(
      { ...request, contract, subject },
      {
        priority,
        signal,
        onSent: () => {
          requestId = raw.beginRequest({ ...request, sessions: [], purpose: 'daily' }, nowMs())
        },
      },
    )
    if (requestId === undefined) throw new SwitchyardError('INTERNAL', `${subject} were answered and never sent.`)
    if (received.ts.length === 0) {
      raw.finishRequest(requestId, 'no_data', [], nowMs(), { code: null, message: 'TWS answered without any bar.' })
      return
    }
    const problem = dailyProblem(received.ts, first, last)
    raw.storeResponse(requestId, received, [], nowMs(), problem === undefined ? {} : { rejectedBecause: problem })
  } catch (thrown) {
    if (requestId !== undefined && raw.isOpen(requestId)) {
      const twsCode = thrown instanceof TwsRequestError ? thrown.twsCode : null
      raw.finishRequest(requestId, 'failed', [], nowMs(), { code: twsCode, message: reportError(thrown).message })
    }
    throw thrown
  }
}

/** Why daily bars cannot be those of the sessions from `first` to `last`; their times are dates at 00:00 UTC. */
function dailyProblem(ts: Iterable<number>, first: Session, last: Session): string | undefined {
  let inside = 0
  for (const at of ts) {
    const date = new Date(at * 1000).toISOString().slice(0, 10)
    if (date >= first.date && date <= last.date) inside++
  }
  return inside > 0 ? undefined : `Not used: no daily bar lies between ${first.date} and ${last.date}.`
}
