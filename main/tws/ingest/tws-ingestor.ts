import { setTimeout as delay } from 'node:timers/promises'
import type { BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { expectedMinutes } from '#shared/calendar/session-hours.ts'
import type { VerifyConfig } from '#shared/config/tws-config.ts'
import type { ContractConfig } from '#shared/config/workspace-config.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import type { SessionDate } from '#shared/time.ts'
import type { WritableRawStore } from '#main/stores/raw-store.ts'
import type { BarSeries, RequestPurpose, SessionOutcome, SessionRevision } from '#main/stores/raw-types.ts'
import type { Priority } from '../pacing/paced-request.ts'
import type { TwsClient } from '../tws-client.ts'
import { TwsRequestError } from '../tws-request-error.ts'
import { fetchDailyBars } from './daily-bars.ts'
import { diffBars } from './diff-bars.ts'
import type { ActivityBoard } from './ingest-activity.ts'
import { type IngestItem, IngestQueue } from './ingest-queue.ts'
import { judgeSession, rangeProblem } from './judge-answer.ts'
import { type IngestPiece, isFinal, pieceOf } from './plan-ingest.ts'
import { describePiece, REASON_WORDS } from './ingest-words.ts'
import { splitKnownAbsent } from './known-absent.ts'
import { type PreparedSymbol, SymbolPreparation } from './prepare-symbol.ts'
import { retryAfter } from './retry-policy.ts'
import { hoursOf, sessionMinutes } from './session-hours.ts'

/** How a run is told to hold or to end early. */
export interface IngestControl {
  readonly state: 'run' | 'pause' | 'drain'
  /** Resolves at once unless paused; then when it goes on, is drained or cancelled. */
  waitWhilePaused(signal: AbortSignal): Promise<void>
  /** Calls `listener` on every change until the returned function is called. */
  onChange(listener: (state: IngestControl['state']) => void): () => void
}

export interface IngestOptions {
  readonly client: TwsClient
  readonly raw: WritableRawStore
  readonly series: BarSeries
  readonly pieces: readonly IngestPiece[]
  readonly purpose: Extract<RequestPurpose, 'fetch' | 'refetch' | 'reconcile'>
  readonly priority: Priority
  readonly contractOf: (symbol: string) => ContractConfig
  readonly hoursGroupOf: (symbol: string) => string
  readonly isSession: (symbol: string, date: SessionDate) => boolean
  /** Sessions of earlier runs, ascending, whose daily bar was never asked for, for example because such a run was killed. */
  readonly withoutDailyBar?: (symbol: string) => readonly Session[]
  readonly maxConcurrentRequests: number
  readonly verify: VerifyConfig
  readonly activity: ActivityBoard
  readonly nowMs: () => number
  readonly signal: AbortSignal
  readonly control: IngestControl
  /** Called with the number of requests under way whenever it changes. */
  readonly onUnderWay: (requests: number) => void
  /** Called after every answer. `done` and `total` count sessions; `total` never shrinks. */
  readonly onProgress: (done: number, total: number, detail: string) => void
}

export type IngestOutcome = Omit<IngestResult, 'sessionsAlreadyStored' | 'sessionsNotFinished'>

/**
 * Fetches pieces and puts every answer into raw as it came, before anything looks at it.
 *
 * A session counts as fetched when every minute of it is there, or when two answers agree that the broker has no more; until then it is
 * asked for again. An answer whose bars lie in another range proves nothing. A request that fails for a reason that may pass is made
 * again; one that cannot be had is reported and the others go on. A cancelled run, a full disk and a connection that nobody keeps up
 * end the run, and what is stored stays.
 */
export function ingestPieces(options: IngestOptions): Promise<IngestOutcome> {
  return new IngestRun(options).run()
}

/** What this run was answered about a session: how often, how many minutes the last time, and which at all. */
interface AnswersOfSession {
  readonly count: number
  readonly minutes: number
  readonly all: ReadonlySet<number>
}

class IngestRun {
  readonly #options: IngestOptions
  readonly #queue: IngestQueue
  readonly #preparation: SymbolPreparation
  readonly #failure = new AbortController()
  readonly #signal: AbortSignal
  readonly #total: number
  /** How many answers came in this run, and how many minutes with the last of them, by symbol and session. */
  readonly #answers = new Map<string, AnswersOfSession>()
  readonly #failedSymbols = new Map<string, unknown>()
  readonly #result: {
    requests: number
    bars: number
    retries: number
    withoutData: IngestResult['withoutData']
    short: IngestResult['short']
    failed: IngestResult['failed']
  } = { requests: 0, bars: 0, retries: 0, withoutData: [], short: [], failed: [] }
  readonly #revised = new Set<string>()
  /** Sessions with bars that were settled in this run, by symbol. */
  readonly #checked = new Map<string, readonly Session[]>()
  #settled = 0
  #underWay = 0

  constructor(options: IngestOptions) {
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal])
    this.#total = options.pieces.reduce((sum, { sessions }) => sum + sessions.length, 0)
    this.#queue = new IngestQueue(
      options.pieces.map((piece) => ({ piece, purpose: options.purpose, attempt: 1, notBeforeMs: 0 })),
      options.nowMs,
    )
    this.#preparation = new SymbolPreparation({
      ...options,
      wanted: sessionsBySymbol(options.pieces),
      signal: this.#signal,
      persist: (call) => this.#persist(call),
    })
  }

  async run(): Promise<IngestOutcome> {
    const { maxConcurrentRequests, signal } = this.#options
    // Every lane comes to its end before the first failure is reported, so that nothing is written after this returns.
    const stopListening = this.#options.control.onChange(() => this.#queue.wake())
    const lanes = await Promise.allSettled(Array.from({ length: maxConcurrentRequests }, () => this.#lane()))
    stopListening()
    signal.throwIfAborted()
    for (const lane of lanes) if (lane.status === 'rejected') throw this.#failure.signal.reason ?? lane.reason
    this.#throwIfNothingResolved()
    if (this.#options.verify.dailyBars) await this.#fetchDailyBars()
    const { withoutData, short, failed, ...counts } = this.#result
    return {
      ...counts,
      sessionsFetched: this.#settled - failed.length,
      withoutData: sorted(withoutData),
      short: sorted(short),
      failed: sorted(failed),
      sessionsLeft: this.#queue.sessionsLeft,
      revisedSessions: this.#revised.size,
      scheduleDifferences: sorted([...this.#preparation.differences]),
    }
  }

  async #lane(): Promise<void> {
    const { control } = this.#options
    try {
      for (;;) {
        await control.waitWhilePaused(this.#signal)
        if (control.state === 'drain') return
        // A piece may be a while away: one that failed is tried again later.
        const item = await this.#queue.take(this.#signal, () => control.state === 'run')
        if (item === undefined) {
          if (this.#queue.isExhausted) return
          continue
        }
        try {
          await this.#work(item)
        } finally {
          this.#queue.done()
        }
      }
    } catch (thrown) {
      this.#failure.abort(thrown)
      throw thrown
    }
  }

  async #work(item: IngestItem): Promise<void> {
    const { symbol } = item.piece
    let prepared: PreparedSymbol
    try {
      this.#options.onProgress(this.#settled, this.#total, describePiece(item.piece))
      prepared = await this.#preparation.prepare(symbol)
    } catch (thrown) {
      if (!isAboutSymbol(thrown)) throw thrown
      if (this.#isDraining) this.#queue.again(item)
      else this.#failSymbol(symbol, item, thrown)
      return
    }
    // It was drained while the symbol was looked up: what is not begun is left.
    if (this.#isDraining) {
      this.#queue.again(item)
      return
    }
    const { absent, pieces } = splitKnownAbsent(item.piece, prepared, this.#options.series.useRth)
    this.#bookAbsent(item.piece, absent)
    const [first, ...others] = pieces.flatMap((piece) => this.#withoutUnfinished(item, piece))
    if (first === undefined) return
    for (const piece of others) this.#queue.again({ ...item, piece })
    await this.#fetch({ ...item, piece: first }, prepared)
  }

  /** Fails what the broker has open for longer than the calendar, and is not over yet. */
  #withoutUnfinished(item: IngestItem, piece: IngestPiece): readonly IngestPiece[] {
    const { series, nowMs } = this.#options
    const isOver = (session: Session): boolean => isFinal(session, { useRth: series.useRth, nowTs: nowMs() / 1000 })
    const over = piece.sessions.filter(isOver)
    if (over.length === piece.sessions.length) return [piece]
    const unfinished = pieceOf(
      piece.symbol,
      piece.sessions.filter((session) => !isOver(session)),
      series.useRth,
    )
    this.#fail({ ...item, piece: unfinished }, "By the broker's schedule the session is not over yet.")
    return over.length === 0 ? [] : [pieceOf(piece.symbol, over, series.useRth)]
  }

  async #fetch(item: IngestItem, prepared: PreparedSymbol): Promise<void> {
    const { client, raw, series, nowMs, activity, priority } = this.#options
    const { piece, purpose, attempt } = item
    const subject = describePiece(piece)
    const followed = activity.follow(piece, purpose, attempt)
    let requestId: number | undefined
    this.#options.onUnderWay(++this.#underWay)
    try {
      const received = await client.historicalBars(
        {
          ...series,
          symbol: piece.symbol,
          contract: prepared.contract,
          subject,
          endTs: piece.endTs,
          duration: piece.duration,
        },
        {
          priority,
          signal: this.#signal,
          onSent: () => {
            requestId = raw.beginRequest(
              {
                ...series,
                symbol: piece.symbol,
                endTs: piece.endTs,
                duration: piece.duration,
                sessions: piece.sessions.map(({ date }) => date),
                purpose,
                attempt,
              },
              nowMs(),
            )
            followed.sent(requestId)
            this.#result.requests++
          },
        },
      )
      if (requestId === undefined) throw new SwitchyardError('INTERNAL', `${subject} was answered and never sent.`)
      await this.#store(item, prepared, requestId, received)
    } catch (thrown) {
      await this.#onFailure(item, prepared, requestId, thrown)
    } finally {
      followed.ended()
      this.#options.onUnderWay(--this.#underWay)
    }
  }

  async #store(item: IngestItem, prepared: PreparedSymbol, requestId: number, received: BarColumns): Promise<void> {
    const { raw, series, nowMs, purpose } = this.#options
    const { piece } = item
    if (received.ts.length === 0) {
      await this.#onNoData(item, prepared, requestId, null, 'TWS answered without any bar.')
      return
    }
    const problem = rangeProblem(received.ts, piece.fromTs, piece.endTs)
    if (problem !== undefined) {
      raw.storeResponse(requestId, received, [], nowMs(), { rejectedBecause: `Not used: ${problem}.` })
      this.#again(
        item,
        new SwitchyardError('TWS_REFUSED', `TWS answered ${describePiece(piece)} with another range: ${problem}.`),
      )
      return
    }
    const earlier = raw.mergedBars(piece.symbol, series.barSize, series.whatToShow, piece.fromTs, piece.endTs)
    const outcomes: SessionOutcome[] = []
    const revisions: SessionRevision[] = []
    for (const session of piece.sessions) {
      const hours = hoursOf(session, prepared.schedule)
      const outcome = await this.#judge(item, prepared, session, earlier.ts, received.ts)
      outcomes.push(outcome)
      const changed = diffBars(
        earlier,
        received,
        { fromTs: hours.openTs, toTs: hours.closeTs },
        { fromTs: piece.fromTs, toTs: piece.endTs },
      )
      if (changed === undefined) continue
      // That minutes are lacking is news when it is believed, not while it is asked again.
      const news = outcome.settled ? changed : { ...changed, lacking: 0 }
      if (isNoNews(news, item.purpose)) continue
      revisions.push({
        ...news,
        sessionDate: session.date,
        cause: purpose === 'reconcile' ? 'reconciliation' : 'refetch',
      })
      this.#revised.add(`${piece.symbol} ${session.date}`)
    }
    raw.storeResponse(requestId, received, outcomes, nowMs(), { revisions })
    this.#result.bars += newMinutes(earlier.ts, received.ts)
    this.#settle(item, outcomes, REASON_WORDS['no-data'])
  }

  async #onNoData(
    item: IngestItem,
    prepared: PreparedSymbol,
    requestId: number,
    code: number | null,
    words: string,
  ): Promise<void> {
    const { raw, series, nowMs } = this.#options
    const { piece } = item
    const earlier = raw.mergedBars(piece.symbol, series.barSize, series.whatToShow, piece.fromTs, piece.endTs)
    const outcomes: SessionOutcome[] = []
    for (const session of piece.sessions) outcomes.push(await this.#judge(item, prepared, session, earlier.ts, []))
    raw.finishRequest(requestId, 'no_data', outcomes, nowMs(), { code, message: words })
    this.#settle(item, outcomes, words)
  }

  async #judge(
    { piece }: IngestItem,
    prepared: PreparedSymbol,
    session: Session,
    earlier: Iterable<number>,
    received: Iterable<number>,
  ): Promise<SessionOutcome> {
    const hours = hoursOf(session, prepared.schedule)
    const before = sessionMinutes(hours, earlier)
    const came = sessionMinutes(hours, received)
    const minutes = came.length === 0 ? before : sessionMinutes(hours, [...before, ...came])
    const key = `${piece.symbol} ${session.date}`
    const last = this.#answers.get(key) ?? { count: 0, minutes: 0, all: new Set() }
    // An answer to several sessions that stops early says nothing of those behind it.
    const isAbout = came.length > 0 || piece.sessions.length === 1
    const answers = last.count + (isAbout ? 1 : 0)
    const all = new Set([...last.all, ...came])
    this.#answers.set(key, { count: answers, minutes: came.length, all })
    const verdict = judgeSession({
      hours,
      minutes,
      answered: all.size,
      answers,
      isNew: all.size > last.all.size,
      isLess: came.length < last.minutes,
      wasAlone: piece.sessions.length === 1,
      confirmations: this.#options.verify.confirmations,
      headTs: minutes.length === 0 ? await this.#headIfKnown(piece.symbol, prepared) : undefined,
    })
    return {
      sessionDate: session.date,
      bars: came.length,
      settled: verdict.kind !== 'confirm',
      expected: expectedMinutes(hours),
      known: minutes.length,
      reason: verdict.kind === 'settled' ? verdict.reason : undefined,
    }
  }

  /** A session without a bar is worth the question since when there are any. */
  #headIfKnown(symbol: string, prepared: PreparedSymbol): Promise<number | undefined> {
    return prepared.headTs === undefined
      ? this.#preparation.head(symbol, prepared.contract)
      : Promise.resolve(prepared.headTs)
  }

  async #onFailure(
    item: IngestItem,
    prepared: PreparedSymbol,
    requestId: number | undefined,
    thrown: unknown,
  ): Promise<void> {
    const { raw, client, nowMs, verify } = this.#options
    const { code, message } = reportError(thrown)
    const twsCode = thrown instanceof TwsRequestError ? thrown.twsCode : null
    const decision =
      code === 'CANCELLED' ? ({ kind: 'stop' } as const) : retryAfter(thrown, item.attempt, verify, client)
    if (decision.kind === 'noData' && requestId !== undefined) {
      await this.#onNoData(item, prepared, requestId, twsCode, decision.words)
      return
    }
    if (requestId !== undefined && raw.isOpen(requestId)) {
      raw.finishRequest(requestId, code === 'CANCELLED' ? 'cancelled' : 'failed', [], nowMs(), {
        code: twsCode,
        message,
      })
    }
    if (decision.kind === 'stop') throw thrown
    if (decision.kind === 'again') this.#again(item, thrown, decision)
    else if (decision.kind === 'failSymbol') this.#failSymbol(item.piece.symbol, item, thrown)
    else this.#fail(item, message)
  }

  /** Puts a piece in again, in halves when it timed out twice: a large answer may be what takes too long. */
  #again(item: IngestItem, thrown: unknown, decision?: { readonly counts: boolean; readonly delayMs: number }): void {
    const { verify, nowMs } = this.#options
    if (decision === undefined && item.attempt > verify.retries) {
      this.#fail(item, reportError(thrown).message)
      return
    }
    const { counts, delayMs } = decision ?? { counts: true, delayMs: verify.retryDelayMs }
    const { sessions, symbol } = item.piece
    this.#result.retries++
    const next = { purpose: item.purpose, attempt: item.attempt + (counts ? 1 : 0), notBeforeMs: nowMs() + delayMs }
    const timedOut = thrown instanceof SwitchyardError && thrown.code === 'TWS_TIMEOUT'
    if (timedOut && item.attempt >= 2 && sessions.length > 1) {
      const half = Math.ceil(sessions.length / 2)
      for (const part of [sessions.slice(half), sessions.slice(0, half)]) {
        this.#queue.again({ ...next, piece: pieceOf(symbol, part, this.#options.series.useRth) })
      }
    } else this.#queue.again({ ...next, piece: item.piece })
  }

  #fail({ piece }: IngestItem, reason: string): void {
    for (const { date } of piece.sessions) this.#result.failed.push({ symbol: piece.symbol, sessionDate: date, reason })
    this.#count(piece.sessions.length, piece)
  }

  #failSymbol(symbol: string, item: IngestItem, thrown: unknown): void {
    const { message } = reportError(thrown)
    this.#failedSymbols.set(symbol, thrown)
    this.#fail(item, message)
    for (const other of this.#queue.takeAllOf(symbol)) this.#fail(other, message)
  }

  /** Books what is settled and asks again for the rest: runs of short sessions together, each of which nothing came alone. */
  #settle(item: IngestItem, outcomes: readonly SessionOutcome[], emptyWords: string): void {
    const { piece } = item
    const { useRth } = this.#options.series
    const again: Session[][] = []
    let run: Session[] = []
    outcomes.forEach((outcome, i) => {
      const session = piece.sessions[i]
      if (outcome.settled || outcome.bars === 0) {
        if (run.length > 0) again.push(run)
        run = []
      }
      if (!outcome.settled) {
        if (outcome.bars === 0) again.push([session])
        else run.push(session)
        return
      }
      this.#note(piece.symbol, outcome, emptyWords)
    })
    this.#count(outcomes.filter(({ settled }) => settled).length, piece)
    this.#noteChecked(piece, outcomes)
    if (run.length > 0) again.push(run)
    for (const sessions of again.toReversed()) {
      this.#result.retries++
      this.#queue.again({
        piece: pieceOf(piece.symbol, sessions, useRth),
        purpose: 'confirm',
        attempt: 1,
        notBeforeMs: 0,
      })
    }
  }

  /** Remembers the sessions that have bars: their daily bars are worth asking for. */
  #noteChecked({ symbol, sessions }: IngestPiece, outcomes: readonly SessionOutcome[]): void {
    const withBars = sessions.filter((_session, i) => outcomes[i].settled && (outcomes[i].known ?? 0) > 0)
    if (withBars.length === 0) return
    this.#checked.set(symbol, [...(this.#checked.get(symbol) ?? []), ...withBars])
  }

  #note(symbol: string, { sessionDate, known = 0, expected = 0, reason }: SessionOutcome, emptyWords: string): void {
    if (reason === undefined) return
    const words = reason === 'no-data' ? emptyWords : REASON_WORDS[reason]
    if (known === 0) this.#result.withoutData.push({ symbol, sessionDate, reason: words })
    else this.#result.short.push({ symbol, sessionDate, cause: reason, reason: words, bars: known, expected })
  }

  #count(sessions: number, piece: IngestPiece): void {
    this.#settled += sessions
    this.#options.onProgress(this.#settled, this.#total, describePiece(piece))
  }

  /** Books the days that the broker is known not to have. */
  #bookAbsent(piece: IngestPiece, absent: readonly SessionOutcome[]): void {
    const { raw, series, nowMs } = this.#options
    for (const reason of ['not-listed', 'closed'] as const) {
      const outcomes = absent.filter((outcome) => outcome.reason === reason)
      if (outcomes.length === 0) continue
      const requestId = raw.beginRequest(
        {
          ...series,
          symbol: piece.symbol,
          endTs: piece.endTs,
          duration: piece.duration,
          sessions: outcomes.map(({ sessionDate }) => sessionDate),
          kind: reason === 'closed' ? 'schedule' : 'head-timestamp',
        },
        nowMs(),
      )
      raw.finishRequest(requestId, 'no_data', outcomes, nowMs(), { code: null, message: REASON_WORDS[reason] })
      for (const outcome of outcomes) this.#note(piece.symbol, outcome, REASON_WORDS[reason])
      this.#count(outcomes.length, piece)
    }
  }

  get #isDraining(): boolean {
    return this.#options.control.state === 'drain'
  }

  /** Makes a call again as long as its failure may pass and the run is not drained. */
  async #persist<T>(call: () => Promise<T>): Promise<T> {
    const { client, verify } = this.#options
    for (let attempt = 1; ;) {
      try {
        return await call()
      } catch (thrown) {
        const decision =
          reportError(thrown).code === 'CANCELLED'
            ? ({ kind: 'stop' } as const)
            : retryAfter(thrown, attempt, verify, client)
        if (decision.kind !== 'again' || this.#isDraining) throw thrown
        await this.#wait(decision.delayMs)
        if (this.#isDraining) throw thrown
        if (decision.counts) attempt++
        this.#result.retries++
      }
    }
  }

  /** Resolves after that time, at once when the run is drained. */
  async #wait(ms: number): Promise<void> {
    if (ms <= 0) return
    const drained = new AbortController()
    const stopListening = this.#options.control.onChange((state) => {
      if (state === 'drain') drained.abort()
    })
    try {
      await delay(ms, undefined, { signal: AbortSignal.any([this.#signal, drained.signal]) })
    } catch (thrown) {
      if (!drained.signal.aborted || this.#signal.aborted) throw thrown
    } finally {
      stopListening()
    }
  }

  /** Asks for the broker's own daily bars of what was fetched. They are a check and no need: a failure is in the log of requests. */
  async #fetchDailyBars(): Promise<void> {
    const { pieces, withoutDailyBar = () => [] } = this.#options
    for (const symbol of new Set(pieces.map((piece) => piece.symbol))) {
      if (this.#isDraining) return
      const sessions = inOrder([...(this.#checked.get(symbol) ?? []), ...withoutDailyBar(symbol)])
      if (sessions.length === 0 || this.#failedSymbols.has(symbol)) continue
      try {
        const { contract } = await this.#preparation.prepare(symbol)
        await fetchDailyBars(this.#options, symbol, contract, sessions, this.#signal)
      } catch (thrown) {
        if (!isAboutSymbol(thrown)) throw thrown
      }
    }
  }

  #throwIfNothingResolved(): void {
    const symbols = new Set(this.#options.pieces.map(({ symbol }) => symbol))
    const unresolved = [...this.#failedSymbols.values()]
    if (this.#result.requests === 0 && symbols.size > 0 && unresolved.length === symbols.size) throw unresolved[0]
  }
}

function inOrder(sessions: readonly Session[]): readonly Session[] {
  const byDate = new Map(sessions.map((session) => [session.date, session]))
  return [...byDate.values()].sort((a, b) => a.openTs - b.openTs)
}

/** How many distinct minutes of an answer were not there before. */
function newMinutes(earlier: Iterable<number>, received: Iterable<number>): number {
  const known = new Set(earlier)
  const before = known.size
  for (const ts of received) known.add(ts)
  return known.size - before
}

/** Whether an error ends the work on one symbol and not the run. */
function isAboutSymbol(thrown: unknown): boolean {
  const { code } = reportError(thrown)
  return code === 'UNKNOWN_SYMBOL' || code === 'TWS_REFUSED' || code === 'TWS_TIMEOUT'
}

/** More minutes are no revision where the answer before was suspected of being cut short. */
function isNoNews(
  { pricesChanged, volumesChanged, added, lacking }: Omit<SessionRevision, 'sessionDate' | 'cause'>,
  purpose: RequestPurpose,
): boolean {
  if (pricesChanged + volumesChanged + lacking > 0) return false
  return added === 0 || purpose === 'confirm' || purpose === 'fetch'
}

function sessionsBySymbol(pieces: readonly IngestPiece[]): ReadonlyMap<string, readonly Session[]> {
  const bySymbol = new Map<string, Session[]>()
  for (const { symbol, sessions } of pieces) bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), ...sessions])
  for (const sessions of bySymbol.values()) sessions.sort((a, b) => a.openTs - b.openTs)
  return bySymbol
}

/** In order of symbol and session. */
function sorted<T extends { readonly symbol: string; readonly sessionDate: string }>(entries: T[]): T[] {
  return entries.sort((a, b) => (a.symbol + a.sessionDate < b.symbol + b.sessionDate ? -1 : 1))
}
