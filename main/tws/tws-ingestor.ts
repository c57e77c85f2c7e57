import type { BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { ContractConfig } from '#shared/config/workspace-config.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import type { BarSeries, Instrument, SessionOutcome, WritableRawStore } from '#main/stores/raw-store.ts'
import { type IngestPiece, singlePiece } from './plan-ingest.ts'
import { toContract, type TwsClient } from './tws-client.ts'
import { TwsRequestError } from './tws-request-error.ts'

export interface IngestOptions {
  readonly client: TwsClient
  readonly raw: WritableRawStore
  readonly series: BarSeries
  readonly pieces: readonly IngestPiece[]
  readonly contractOf: (symbol: string) => ContractConfig
  readonly maxConcurrentRequests: number
  readonly nowMs: () => number
  readonly signal: AbortSignal
  /** Asked before every piece: a paused run waits, a draining one begins none. */
  readonly control: {
    readonly state: 'run' | 'pause' | 'drain'
    waitWhilePaused(signal: AbortSignal): Promise<void>
  }
  /** Called with the number of requests under way whenever it changes. */
  readonly onUnderWay: (requests: number) => void
  /** Called after every answer. `done` and `total` count sessions; `total` never shrinks. */
  readonly onProgress: (done: number, total: number, detail: string) => void
}

type Missing = IngestResult['failed'][number]

/**
 * Fetches pieces and puts every response into raw as it came, before anything looks at it.
 *
 * A session counts as fetched when its bars came, or when it was asked for alone and the broker has none. A session that came
 * empty in an answer for several is asked for again by itself. A piece that is refused is reported and the others go on; a
 * lost connection, a cancelled run and a full disk end the run, and what is stored stays. A drained run ends with what it has
 * and counts the sessions that it leaves.
 */
export async function ingestPieces(
  options: IngestOptions,
): Promise<Omit<IngestResult, 'sessionsAlreadyStored' | 'sessionsNotFinished'>> {
  const { raw, series, nowMs, signal, control } = options
  const queue = [...options.pieces]
  const total = queue.reduce((sum, piece) => sum + piece.sessions.length, 0)
  const withoutData: Missing[] = []
  const failed: Missing[] = []
  let requests = 0
  let bars = 0
  let done = 0

  const { contracts, unresolved } = await resolveAll(options)
  for (const { piece, reason } of takeUnresolved(queue, unresolved)) {
    for (const session of piece.sessions) failed.push({ symbol: piece.symbol, sessionDate: session.date, reason })
    done += piece.sessions.length
  }

  const settle = (piece: IngestPiece, outcomes: readonly SessionOutcome[], words: string): void => {
    for (const [i, outcome] of outcomes.entries()) {
      if (!outcome.settled) {
        queue.unshift(singlePiece(piece.symbol, piece.sessions[i], series.useRth))
        continue
      }
      done++
      if (outcome.bars === 0)
        withoutData.push({ symbol: piece.symbol, sessionDate: outcome.sessionDate, reason: words })
    }
    options.onProgress(done, total, describe(piece))
  }

  const fetchPiece = async (piece: IngestPiece): Promise<void> => {
    const subject = describe(piece)
    const requestId = raw.beginRequest(
      {
        ...series,
        symbol: piece.symbol,
        endTs: piece.endTs,
        duration: piece.duration,
        sessions: piece.sessions.map((session) => session.date),
      },
      nowMs(),
    )
    requests++
    let received: BarColumns
    try {
      received = await options.client.historicalBars(
        {
          ...series,
          contract: contracts.get(piece.symbol) ?? {},
          subject,
          endTs: piece.endTs,
          duration: piece.duration,
        },
        signal,
      )
    } catch (thrown) {
      const { code, message } = reportError(thrown)
      const twsCode = thrown instanceof TwsRequestError ? thrown.twsCode : null
      if (thrown instanceof TwsRequestError && thrown.isNoData) {
        const outcomes = outcomesOf(piece.sessions, undefined)
        raw.finishRequest(requestId, 'no_data', outcomes, nowMs(), { code: twsCode, message: thrown.twsMessage })
        settle(piece, outcomes, thrown.twsMessage)
        return
      }
      raw.finishRequest(requestId, code === 'CANCELLED' ? 'cancelled' : 'failed', [], nowMs(), {
        code: twsCode,
        message,
      })
      if (code !== 'TWS_REFUSED' && code !== 'TWS_TIMEOUT' && code !== 'UNKNOWN_SYMBOL') throw thrown
      for (const session of piece.sessions)
        failed.push({ symbol: piece.symbol, sessionDate: session.date, reason: message })
      done += piece.sessions.length
      options.onProgress(done, total, subject)
      return
    }
    const outcomes = outcomesOf(piece.sessions, received)
    if (received.ts.length === 0) {
      const words = 'TWS answered without any bar.'
      raw.finishRequest(requestId, 'no_data', outcomes, nowMs(), { code: null, message: words })
      settle(piece, outcomes, words)
      return
    }
    raw.storeResponse(requestId, received, outcomes, nowMs())
    bars += received.ts.length
    settle(piece, outcomes, 'TWS answered without any bar of this session.')
  }

  const failure = new AbortController()
  const ended = AbortSignal.any([signal, failure.signal])
  let underWay = 0
  const lane = async (): Promise<void> => {
    while (queue.length > 0) {
      await control.waitWhilePaused(ended)
      const piece = control.state === 'drain' ? undefined : queue.shift()
      if (piece === undefined) return
      options.onUnderWay(++underWay)
      try {
        await fetchPiece(piece)
      } catch (thrown) {
        failure.abort(thrown)
        throw thrown
      } finally {
        options.onUnderWay(--underWay)
      }
    }
  }
  // Every lane comes to its end before the first failure is reported, so that nothing is written after this returns.
  const lanes = await Promise.allSettled(Array.from({ length: options.maxConcurrentRequests }, lane))
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
  const sessionsLeft = queue.reduce((sum, piece) => sum + piece.sessions.length, 0)
  return {
    requests,
    bars,
    sessionsFetched: total - failed.length - sessionsLeft,
    sessionsLeft,
    withoutData: sorted(withoutData),
    failed: sorted(failed),
  }
}

/** Resolves every symbol of the plan with TWS and remembers what it stands for. */
async function resolveAll(options: IngestOptions): Promise<{
  contracts: Map<string, ReturnType<typeof toContract>>
  unresolved: Map<string, string>
}> {
  const contracts = new Map<string, ReturnType<typeof toContract>>()
  const unresolved = new Map<string, string>()
  let lastError: unknown
  for (const symbol of new Set(options.pieces.map((piece) => piece.symbol))) {
    options.onProgress(0, options.pieces.length, `Resolving ${symbol}`)
    const asked = toContract(symbol, options.contractOf(symbol))
    try {
      const found = await options.client.contractDetails(asked, symbol, options.signal)
      if (found.length !== 1) {
        throw new TwsRequestError(
          200,
          found.length === 0
            ? 'no contract matches'
            : `${found.length} contracts match: ${found.map(({ contract }) => `${contract.conId} ${contract.primaryExch ?? contract.exchange ?? ''}`).join(', ')}`,
          symbol,
        )
      }
      const instrument = toInstrument(symbol, found[0])
      options.raw.saveInstrument(instrument, options.nowMs())
      contracts.set(symbol, { ...asked, conId: instrument.conId })
    } catch (thrown) {
      if (!(thrown instanceof TwsRequestError)) throw thrown
      unresolved.set(symbol, thrown.message)
      lastError = thrown
    }
  }
  if (contracts.size === 0 && lastError !== undefined) throw lastError
  return { contracts, unresolved }
}

function takeUnresolved(
  queue: IngestPiece[],
  unresolved: ReadonlyMap<string, string>,
): readonly { readonly piece: IngestPiece; readonly reason: string }[] {
  const taken: { piece: IngestPiece; reason: string }[] = []
  for (let i = queue.length - 1; i >= 0; i--) {
    const reason = unresolved.get(queue[i].symbol)
    if (reason !== undefined) taken.push({ piece: queue.splice(i, 1)[0], reason })
  }
  return taken
}

function toInstrument(symbol: string, details: Awaited<ReturnType<TwsClient['contractDetails']>>[number]): Instrument {
  const { contract } = details
  if (contract.conId === undefined) {
    throw new SwitchyardError('TWS_REFUSED', `TWS resolved ${symbol} without a contract id.`, {
      hint: 'Set contract.conId in switchyard.yaml.',
    })
  }
  return {
    symbol,
    conId: contract.conId,
    secType: contract.secType ?? '',
    exchange: contract.exchange ?? '',
    primaryExchange: contract.primaryExch ?? null,
    currency: contract.currency ?? '',
    localSymbol: contract.localSymbol ?? null,
    tradingClass: contract.tradingClass ?? null,
    longName: details.longName ?? null,
    minTick: details.minTick ?? null,
    timeZone: details.timeZoneId ?? null,
  }
}

/** How many of the received bars (none when undefined) lie in each session, and whether that settles it. */
function outcomesOf(sessions: readonly Session[], received: BarColumns | undefined): readonly SessionOutcome[] {
  return sessions.map((session) => {
    let bars = 0
    for (const ts of received?.ts ?? []) if (ts >= session.openTs && ts < session.closeTs) bars++
    return { sessionDate: session.date, bars, settled: bars > 0 || sessions.length === 1 }
  })
}

function describe(piece: IngestPiece): string {
  const first = piece.sessions[0].date
  const last = piece.sessions[piece.sessions.length - 1].date
  return first === last ? `${piece.symbol} ${first}` : `${piece.symbol} ${first} to ${last}`
}

function sorted(entries: Missing[]): Missing[] {
  return entries.sort((a, b) => (a.symbol + a.sessionDate < b.symbol + b.sessionDate ? -1 : 1))
}
