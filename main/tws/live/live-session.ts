import type { Contract } from '@stoqey/ib'
import { BAR_SECONDS, type BarColumns, barsBetween } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { type Clock, waitUntil } from '../clock.ts'
import type { LiveConfig } from '#shared/config/tws-config.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { WritableRawStore } from '#main/stores/raw-store.ts'
import type { BarSeries } from '#main/stores/raw-types.ts'
import { delayBeforeAttempt } from '../connection/reconnect-delay.ts'
import type { TwsClient } from '../tws-client.ts'
import { TwsRequestError } from '../tws-request-error.ts'
import type { LiveBoard } from './live-board.ts'
import { LiveSeries } from './live-series.ts'

export interface LiveSessionOptions {
  readonly client: TwsClient
  readonly raw: WritableRawStore
  readonly series: BarSeries
  readonly config: LiveConfig
  readonly clock: Clock
  readonly board: LiveBoard
  readonly symbol: string
  readonly contract: Contract
  readonly session: Session
  readonly signal: AbortSignal
  /** Called when bars were stored. */
  readonly onBars: (bars: number) => void
}

export interface LiveSessionResult {
  readonly bars: number
  readonly interruptions: number
  /** Bars that came with the history after an interruption. */
  readonly refilled: number
}

/** What is asked for beyond the last final bar, so that the answer overlaps with what is there. */
const OVERLAP_SECONDS = 120
/** TWS takes no shorter and no longer durations in seconds. */
const SHORTEST_SECONDS = 300
const LONGEST_SECONDS = 86_400

/** Between two requests for minutes that the stream left out. */
const REFILL_PAUSE_MS = 120_000

const RESUBSCRIBE = { initialDelayMs: 1_000, maxDelayMs: 30_000 }

/**
 * Follows the bars of one symbol through one session and puts every final bar into raw. After any interruption it goes on from the last
 * final bar: what came in between is fetched. Ends when the last bar of the session is final; rejects when the symbol cannot be had.
 */
export class LiveSession {
  readonly #options: LiveSessionOptions
  readonly #series: LiveSeries
  readonly #closeMs: number
  #requestId: number | undefined
  #bars = 0
  #interruptions = 0
  #refilled = 0
  #refilledAtMs = -Infinity
  #failures = 0

  constructor(options: LiveSessionOptions) {
    this.#options = options
    const { raw, series, symbol, session } = options
    const known = raw.mergedBars(symbol, series.barSize, series.whatToShow, session.openTs, session.closeTs)
    this.#bars = known.ts.length
    this.#series = new LiveSeries(options.config.finalAfterMs, known.ts.at(-1))
    this.#closeMs = session.closeTs * 1000 + options.config.finalAfterMs
  }

  async run(): Promise<LiveSessionResult> {
    const { config, signal, clock } = this.#options
    while (!signal.aborted && clock.nowMs() < this.#closeMs) {
      try {
        if (config.mode === 'poll') await this.#poll()
        else await this.#stream()
        this.#failures = 0
      } catch (thrown) {
        await this.#onInterruption(thrown)
      }
    }
    signal.throwIfAborted()
    return { bars: this.#bars, interruptions: this.#interruptions, refilled: this.#refilled }
  }

  /** Subscribes and takes what comes; resolves when the session is over, rejects when the stream ended. */
  async #stream(): Promise<void> {
    const { client, symbol, contract, series, signal, clock, config } = this.#options
    const ended = Promise.withResolvers<void>()
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    let heardMs = clock.nowMs()
    let looked = new AbortController()
    this.#show('refilling', 'Subscribing to live bars.')
    const unsubscribe = client.subscribeBars(
      { ...series, symbol, contract, subject: `live bars of ${symbol}`, duration: this.#durationUpToNow() },
      {
        onBars: (bars) => {
          heardMs = clock.nowMs()
          this.#failures = 0
          attempt(() => this.#take(this.#series.onBars(bars, heardMs), true))
          this.#show('streaming', 'Bars come as they are made.')
        },
        onUpdate: (bar) => {
          heardMs = clock.nowMs()
          attempt(() => {
            const before = this.#series.lastFinalTs
            this.#take(this.#series.onUpdate(bar, heardMs), false)
            this.#refillGap(before)
          })
        },
        onEnd: (error) => ended.reject(error),
      },
    )
    const attempt = (work: () => void): void => {
      try {
        work()
        // There may be another bar whose minute ends.
        looked.abort()
      } catch (thrown) {
        ended.reject(thrown)
      }
    }
    const watch = async (): Promise<void> => {
      while (!either.aborted && clock.nowMs() < this.#closeMs) {
        looked = new AbortController()
        const dueMs = Math.min(this.#series.dueMs ?? Infinity, heardMs + config.silentAfterMs, this.#closeMs)
        await waitUntil(clock, dueMs, AbortSignal.any([either, looked.signal]))
        this.#take(this.#series.tick(clock.nowMs()), false)
        if (clock.nowMs() >= heardMs + config.silentAfterMs && clock.nowMs() < this.#closeMs) {
          throw new SwitchyardError(
            'TWS_TIMEOUT',
            `No live bar of ${symbol} came for ${Math.round(config.silentAfterMs / 1000)} s.`,
            { hint: 'The subscription is made anew.' },
          )
        }
      }
    }
    try {
      await Promise.race([watch(), ended.promise])
    } finally {
      over.abort()
      unsubscribe()
      this.#endRequest()
    }
  }

  /** Asks for the latest bars once, then waits for the next time. */
  async #poll(): Promise<void> {
    const { clock, config, signal } = this.#options
    const startMs = clock.nowMs()
    await this.#fetchUpToNow()
    this.#show('polling', `Bars are asked for every ${config.pollEverySeconds} s.`)
    await waitUntil(clock, Math.min(startMs + config.pollEverySeconds * 1000, this.#closeMs), signal)
    if (clock.nowMs() >= this.#closeMs && !signal.aborted) await this.#fetchUpToNow()
    this.#endRequest()
  }

  async #fetchUpToNow(): Promise<void> {
    const { client, symbol, contract, series, signal, clock, session } = this.#options
    const endTs = Math.min(Math.floor(clock.nowMs() / 1000), session.closeTs)
    if (endTs <= session.openTs) return
    try {
      const bars = await client.historicalBars(
        {
          ...series,
          symbol,
          contract,
          subject: `the latest bars of ${symbol}`,
          endTs,
          duration: this.#durationUpToNow(),
        },
        { priority: 'live', signal },
      )
      this.#take(this.#series.onBars(bars, clock.nowMs()), false)
    } catch (thrown) {
      // Nobody has traded yet.
      if (!(thrown instanceof TwsRequestError) || thrown.refusal !== 'no-data') throw thrown
    }
  }

  /** Minutes that the stream went past are asked for: nobody may have traded, or their bars were lost. */
  #refillGap(before: number | undefined): void {
    const { clock, session } = this.#options
    const last = this.#series.lastFinalTs
    const from = before ?? session.openTs - BAR_SECONDS
    if (last === undefined || last - from <= BAR_SECONDS || clock.nowMs() < this.#refilledAtMs + REFILL_PAUSE_MS) return
    this.#refilledAtMs = clock.nowMs()
    void this.#refill(from + BAR_SECONDS, last).catch((thrown: unknown) => {
      // The reconciliation at the end of the session fetches what could not be had now.
      this.#show('streaming', `Minutes that were left out could not be fetched: ${reportError(thrown).message}`)
    })
  }

  async #refill(fromTs: number, toTs: number): Promise<void> {
    const { client, raw, symbol, contract, series, signal, clock, session } = this.#options
    const seconds = clampSeconds(toTs - fromTs + OVERLAP_SECONDS)
    const bars = await client.historicalBars(
      { ...series, symbol, contract, subject: `missed bars of ${symbol}`, endTs: toTs, duration: `${seconds} S` },
      { priority: 'live', signal },
    )
    const missed = barsBetween(bars, fromTs, toTs)
    if (missed.ts.length === 0) return
    const requestId = raw.beginRequest(
      { ...series, symbol, endTs: toTs, duration: `${seconds} S`, sessions: [session.date], purpose: 'refill' },
      clock.nowMs(),
    )
    raw.storeResponse(requestId, missed, [], clock.nowMs())
    this.#refilled += missed.ts.length
    this.#bars += missed.ts.length
    this.#options.onBars(missed.ts.length)
    this.#options.board.update(symbol, { bars: this.#bars, refilled: this.#refilled })
  }

  #take(final: BarColumns, afterInterruption: boolean): void {
    const { raw, series, symbol, session, clock, board, onBars } = this.#options
    const bars = barsBetween(final, session.openTs, session.closeTs)
    const count = bars.ts.length
    if (count === 0) return
    this.#requestId ??= raw.beginRequest(
      {
        ...series,
        symbol,
        endTs: session.closeTs,
        duration: 'live',
        sessions: [session.date],
        kind: 'live',
        purpose: 'live',
      },
      clock.nowMs(),
    )
    this.#bars += count
    raw.appendBars(this.#requestId, bars, clock.nowMs(), { sessionDate: session.date, known: this.#bars })
    if (afterInterruption && this.#interruptions > 0) this.#refilled += count
    board.update(symbol, {
      bars: this.#bars,
      refilled: this.#refilled,
      ...(this.#series.lastFinalTs === undefined ? {} : { lastFinalTs: this.#series.lastFinalTs }),
    })
    onBars(count)
  }

  async #onInterruption(thrown: unknown): Promise<void> {
    const { clock, signal, client, symbol } = this.#options
    signal.throwIfAborted()
    const { code, message } = reportError(thrown)
    const isFinal =
      code !== 'TWS_DISCONNECTED' && code !== 'TWS_TIMEOUT' && code !== 'TWS_REFUSED'
        ? true
        : thrown instanceof TwsRequestError && (thrown.refusal === 'no-permission' || thrown.refusal === 'invalid')
    if (isFinal || !client.keepsTrying) throw thrown
    this.#series.interrupt()
    this.#interruptions++
    this.#failures++
    this.#options.board.update(symbol, { interruptions: this.#interruptions })
    this.#show('waiting', message)
    await waitUntil(clock, clock.nowMs() + delayBeforeAttempt(this.#failures, RESUBSCRIBE, 0.5), signal)
  }

  /** From the last final bar, or the open, up to now, with an overlap. */
  #durationUpToNow(): string {
    const { clock, session } = this.#options
    const fromTs = this.#series.lastFinalTs ?? session.openTs
    return `${clampSeconds(Math.ceil(clock.nowMs() / 1000) - fromTs + OVERLAP_SECONDS)} S`
  }

  #endRequest(): void {
    if (this.#requestId === undefined) return
    this.#options.raw.endStream(this.#requestId, this.#options.clock.nowMs())
    this.#requestId = undefined
  }

  #show(state: 'waiting' | 'streaming' | 'polling' | 'refilling', message: string): void {
    const { board, symbol, session } = this.#options
    board.update(symbol, { state, message, sessionDate: session.date, bars: this.#bars })
  }
}

function clampSeconds(seconds: number): number {
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, seconds))
}
