import type { Contract, ContractDetails } from '@stoqey/ib'
import type { BarColumns } from '#shared/bars.ts'
import type { Connection, ConnectionEntry, Traffic } from '#shared/contract/connection.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { meaningOf, severityOf } from '#shared/tws/message-codes.ts'
import { step } from './connection/connection-machine.ts'
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionStatus,
  initialStatus,
  isHistoryAway,
  maySend,
  nextDueMs,
  toConnection,
} from './connection/connection-status.ts'
import { connectFailure, foreignFailure } from './connection/connect-failure.ts'
import { formatEndDateTime } from './format-end-date-time.ts'
import type { LinkEvent, LinkRequest } from './link/link-protocol.ts'
import type { Link, OpenLink } from './link/worker-link.ts'
import { contractKeyOf, pacedBars } from './paced-bars.ts'
import { pacedOutcomeOf } from './paced-outcome.ts'
import type { PacedOutcome, PacedRequest } from './pacing/paced-request.ts'
import type { PacingLimits } from './pacing/pacing-limits.ts'
import { PacingScheduler } from './pacing/pacing-scheduler.ts'
import { type BrokerSession, parseSchedule } from './parse-schedule.ts'
import { PendingRequests } from './pending-requests.ts'
import { toBudget } from './to-budget.ts'
import { SAMPLE_MS, TrafficLog } from './traffic-log.ts'
import { mayBeOfBrokenService, TwsRequestError } from './tws-request-error.ts'
import type { AskOptions, BarsRequest, HistoricalBarsRequest, SubscriptionListener } from './tws-requests.ts'

export interface TwsClientOptions {
  readonly settings: ConnectionSettings
  readonly pacing: PacingLimits
  readonly requestTimeoutMs: number
  readonly openLink: OpenLink
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number
  /** Jitter, 0 to 1. */
  readonly random?: () => number
  readonly onChange?: (connection: Connection) => void
  readonly onEntry?: (entry: Omit<ConnectionEntry, 'id'>) => void
}

type Answer = Extract<LinkEvent, { kind: 'bars' | 'contractDetails' | 'headTimestamp' | 'schedule' }>

interface Waiting {
  readonly paced: PacedRequest
  readonly send: () => void
  readonly fail: (error: SwitchyardError) => void
}

/**
 * A connection to TWS or IB Gateway that is kept up, and the requests that go over it.
 *
 * A request waits here until pacing and the state of the connection let it out; nothing waits in the client library. One that was sent
 * ends by its answer, its time-out, its abort signal or the end of the connection, whichever comes first, and later answers are
 * ignored. While the connection is being restored requests wait; when nobody wants a connection they are refused.
 */
export class TwsClient {
  readonly #options: TwsClientOptions
  readonly #scheduler: PacingScheduler
  readonly #traffic = new TrafficLog()
  readonly #pending = new PendingRequests<Answer>()
  readonly #waiting = new Map<number, Waiting>()
  readonly #subscriptions = new Map<number, SubscriptionListener>()
  readonly #connecting = new Set<PromiseWithResolvers<void>>()
  #status: ConnectionStatus
  #shown: Connection
  #link: Link | undefined
  #closing: Promise<void> = Promise.resolve()
  #dueTimer: NodeJS.Timeout | undefined
  #sendTimer: NodeJS.Timeout | undefined
  #nextId = 1

  constructor(options: TwsClientOptions) {
    this.#options = options
    this.#scheduler = new PacingScheduler(options.pacing)
    this.#status = initialStatus(options.settings, options.nowMs())
    this.#shown = toConnection(this.#status, options.settings, options.nowMs())
  }

  /** The state as the operator sees it. */
  get connection(): Connection {
    return this.#shown
  }

  /** Whether a request made now would go out or wait, and not be refused. */
  get keepsTrying(): boolean {
    return this.#status.phase !== 'disconnected' && this.#status.phase !== 'stopped'
  }

  /** Whether the broker's service for history is reported as gone, so that a request that fails fails for that. */
  get isHistoryAway(): boolean {
    return isHistoryAway(this.#status)
  }

  /** The budgets now and over the last hour. */
  traffic(): Traffic {
    const nowMs = this.#options.nowMs()
    return {
      budget: toBudget(this.#scheduler.budget(pacingNowMs()), this.#status),
      sampleMs: SAMPLE_MS,
      samples: [...this.#traffic.samples(nowMs)],
    }
  }

  /**
   * Makes one attempt to connect, or joins the one that is under way, and waits for it; returns at once when TWS is there. From the
   * first success on a lost connection is restored by itself.
   *
   * @param signal ends the waiting, not the attempt, for which others may wait too.
   * @throws {SwitchyardError} TWS_UNREACHABLE when nothing listens, TWS_TIMEOUT when the handshake is not finished in time,
   *   TWS_REFUSED when it turns the client away or is no TWS, CANCELLED.
   */
  connect(signal?: AbortSignal): Promise<void> {
    return this.#connect(false, signal)
  }

  /** Keeps trying until TWS is there, and waits for that. Rejects with CANCELLED, or when it is given up after the configured time. */
  awaitReady(signal?: AbortSignal): Promise<void> {
    return this.#connect(true, signal)
  }

  /** Closes the connection and waits until the socket is gone. Requests that wait are rejected. */
  async disconnect(): Promise<void> {
    this.#apply({ kind: 'disconnect' })
    await this.#closing
  }

  /** As `disconnect`, for good. */
  async stop(): Promise<void> {
    this.#apply({ kind: 'stop' })
    await this.#closing
  }

  /**
   * Resolves a contract to what TWS knows under it.
   *
   * @throws {SwitchyardError} UNKNOWN_SYMBOL when TWS knows none; the errors of every request besides.
   */
  contractDetails(contract: Contract, symbol: string, options: AskOptions): Promise<readonly ContractDetails[]> {
    return this.#ask(
      { subject: symbol, paced: { symbol, kind: 'other', identity: '', contractKey: '', weight: 1 }, ...options },
      (id) => ({ kind: 'contractDetails', id, contract }),
      (answer) => (answer.kind === 'contractDetails' ? answer.found : undefined),
    )
  }

  /** First instant for which the broker has such bars, epoch seconds. */
  headTimestamp(request: Omit<BarsRequest, 'duration' | 'barSize'>, options: AskOptions): Promise<number> {
    const { symbol, contract, subject, whatToShow, useRth } = request
    const contractKey = contractKeyOf(contract, whatToShow)
    return this.#ask(
      {
        subject,
        paced: { symbol, kind: 'head-timestamp', identity: `head ${contractKey} ${useRth}`, contractKey, weight: 1 },
        ...options,
      },
      (id) => ({ kind: 'headTimestamp', id, contract, whatToShow, useRth }),
      (answer) => {
        if (answer.kind !== 'headTimestamp') return undefined
        // Stays open at TWS until it is taken back.
        this.#post({ kind: 'cancelHeadTimestamp', id: answer.id })
        const ts = Number(answer.text)
        if (!/^\d{1,12}$/.test(answer.text)) {
          throw new SwitchyardError('TWS_REFUSED', `TWS gave "${answer.text}" as the head time stamp of ${subject}.`, {
            hint: 'Switchyard asks for epoch seconds; check the API settings of TWS.',
          })
        }
        return ts
      },
    )
  }

  /** The broker's own sessions up to `endTs`; undefined when TWS is too old for it or its answer cannot be read. */
  schedule(
    request: Omit<HistoricalBarsRequest, 'barSize' | 'whatToShow'>,
    options: AskOptions,
  ): Promise<readonly BrokerSession[] | undefined> {
    const { symbol, contract, subject, useRth, duration } = request
    const endDateTime = formatEndDateTime(request.endTs)
    return this.#ask(
      { subject, paced: { symbol, kind: 'bars', identity: '', contractKey: '', weight: 1 }, ...options },
      (id) => ({ kind: 'schedule', id, contract, endDateTime, duration, useRth }),
      (answer) =>
        answer.kind === 'schedule' ? { sessions: parseSchedule(answer.timeZone, answer.sessions) } : undefined,
    ).then(({ sessions }) => sessions)
  }

  /** Whether this TWS can be asked for its schedule. Only known while connected. */
  get hasSchedule(): boolean {
    return (this.#status.serverVersion ?? 0) >= SCHEDULE_VERSION
  }

  /** Asks for historical bars; resolves with the bars exactly as received once the whole answer is there. */
  historicalBars(request: HistoricalBarsRequest, options: AskOptions): Promise<BarColumns> {
    return this.#ask(
      { subject: request.subject, paced: pacedBars(request, String(request.endTs)), ...options },
      (id) => ({
        kind: 'historicalBars',
        id,
        contract: request.contract,
        endDateTime: formatEndDateTime(request.endTs),
        duration: request.duration,
        barSize: request.barSize,
        whatToShow: request.whatToShow,
        useRth: request.useRth,
        keepUpToDate: false,
      }),
      (answer) => (answer.kind === 'bars' ? answer.bars : undefined),
    )
  }

  /**
   * Subscribes to bars as they are made. The listener hears `onBars` once, then updates, until `onEnd` or until the returned function is
   * called; it is not told again after that.
   */
  subscribeBars(request: BarsRequest, listener: SubscriptionListener): () => void {
    const stop = new AbortController()
    let subscribedId: number | undefined
    const end = (error: SwitchyardError): void => {
      if (subscribedId !== undefined) this.#subscriptions.delete(subscribedId)
      if (stop.signal.aborted) return
      stop.abort()
      listener.onEnd(error)
    }
    this.#ask(
      {
        subject: request.subject,
        paced: pacedBars(request, 'now'),
        priority: 'live',
        signal: stop.signal,
      },
      (id) => {
        subscribedId = id
        this.#subscriptions.set(id, { ...listener, onUpdate: (bar) => listener.onUpdate(bar), onEnd: end })
        return {
          kind: 'historicalBars',
          id,
          contract: request.contract,
          endDateTime: '',
          duration: request.duration,
          barSize: request.barSize,
          whatToShow: request.whatToShow,
          useRth: request.useRth,
          keepUpToDate: true,
        }
      },
      (answer) => (answer.kind === 'bars' ? answer.bars : undefined),
    ).then(
      (bars) => {
        if (!stop.signal.aborted) listener.onBars(bars)
      },
      (thrown: unknown) => end(thrown as SwitchyardError),
    )
    return () => {
      if (stop.signal.aborted) return
      stop.abort()
      if (subscribedId !== undefined && this.#subscriptions.delete(subscribedId)) {
        this.#post({ kind: 'cancelHistorical', id: subscribedId })
      }
    }
  }

  #connect(persistent: boolean, signal: AbortSignal | undefined): Promise<void> {
    if (this.#status.phase === 'ready') return Promise.resolve()
    if (this.#status.phase === 'stopped') return Promise.reject(this.#notConnected())
    if (signal?.aborted === true) return Promise.reject(waitingCancelled())
    const waiter = Promise.withResolvers<void>()
    const onAbort = (): void => waiter.reject(waitingCancelled())
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#connecting.add(waiter)
    this.#apply({ kind: 'connect', persistent })
    return waiter.promise.finally(() => {
      this.#connecting.delete(waiter)
      signal?.removeEventListener('abort', onAbort)
    })
  }

  #ask<T>(
    ask: AskOptions & { readonly subject: string; readonly paced: Omit<PacedRequest, 'id' | 'priority'> },
    toRequest: (id: number) => LinkRequest,
    read: (answer: Answer) => T | undefined,
  ): Promise<T> {
    if (!this.keepsTrying) return Promise.reject(this.#notConnected())
    const { signal, subject } = ask
    const cancelled = (): SwitchyardError =>
      new SwitchyardError('CANCELLED', `The request for ${subject} was cancelled.`)
    if (signal?.aborted === true) return Promise.reject(cancelled())
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      const cleanUp = (): void => signal?.removeEventListener('abort', onAbort)
      const settle = (outcome: PacedOutcome['kind'], finish: () => void): void => {
        cleanUp()
        this.#scheduler.settled(id, pacingNowMs(), { kind: outcome })
        finish()
        this.#pump()
      }
      const fail = (error: SwitchyardError): void => {
        cleanUp()
        reject(error)
      }
      const takeBack = (): void => {
        const { kind } = toRequestOnce()
        if (kind === 'headTimestamp') this.#post({ kind: 'cancelHeadTimestamp', id })
        else if (kind !== 'contractDetails') this.#post({ kind: 'cancelHistorical', id })
      }
      let request: LinkRequest | undefined
      const toRequestOnce = (): LinkRequest => (request ??= toRequest(id))
      const onAbort = (): void => {
        if (this.#waiting.delete(id)) {
          this.#scheduler.withdraw(id)
          fail(cancelled())
        } else if (this.#pending.forget(id)) {
          takeBack()
          settle('failed', () => reject(cancelled()))
        }
      }
      const send = (): void => {
        try {
          ask.onSent?.()
        } catch (thrown) {
          // Nobody may ask for what cannot be written down.
          settle('failed', () => reject(thrown))
          return
        }
        this.#pending.add({
          id,
          subject,
          timeoutMs: this.#options.requestTimeoutMs,
          answer: (answer) => {
            try {
              const value = read(answer)
              if (value === undefined) throw unexpectedAnswer(subject)
              settle('answered', () => resolve(value))
              if (answer.kind === 'bars') this.#apply({ kind: 'historyAnswered' })
            } catch (thrown) {
              settle('failed', () => reject(thrown))
            }
          },
          fail: (error) => {
            settle(pacedOutcomeOf(error), () => reject(error))
            if (mayBeOfBrokenService(error)) this.#apply({ kind: 'historyFailed' })
          },
          giveUp: takeBack,
        })
        this.#link?.post(toRequestOnce())
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const paced: PacedRequest = { ...ask.paced, id, priority: ask.priority }
      this.#waiting.set(id, { paced, send, fail })
      this.#scheduler.offer(paced)
      this.#pump()
    })
  }

  /** Sends what may be sent, and comes back when more may. */
  #pump(): void {
    clearTimeout(this.#sendTimer)
    this.#sendTimer = undefined
    while (maySend(this.#status, this.#options.settings, this.#options.nowMs())) {
      const nowMs = pacingNowMs()
      const next = this.#scheduler.next(nowMs)
      if (next.kind === 'send') {
        const waiting = this.#waiting.get(next.request.id)
        this.#waiting.delete(next.request.id)
        waiting?.send()
        continue
      }
      if (next.kind === 'wait') {
        this.#sendTimer = setTimeout(() => this.#pump(), Math.max(1, Math.ceil(next.untilMs - nowMs)))
      }
      break
    }
    this.#traffic.note(toBudget(this.#scheduler.budget(pacingNowMs()), this.#status), this.#options.nowMs())
  }

  /** Sends a message that is no request: it counts, and does not wait. */
  #post(command: Parameters<Link['post']>[0]): void {
    if (this.#link === undefined) return
    this.#scheduler.countMessage(pacingNowMs())
    this.#link.post(command)
  }

  /** Hands an event to the state machine and does what it says. */
  #apply(event: ConnectionEvent): void {
    const { settings, nowMs, random = Math.random } = this.#options
    const before = this.#status
    const { status, effects } = step(before, event, settings, nowMs(), random())
    this.#status = status
    for (const effect of effects) this.#do(effect)
    this.#settleConnecting(before, this.#status)
    this.#show()
    this.#scheduleTick()
    this.#pump()
  }

  #do(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case 'open':
        this.#open(effect)
        return
      case 'close':
        this.#hangUp(effect.generation)
        return
      case 'probe':
        this.#post({ kind: 'currentTime' })
        return
      case 'failOpen':
        this.#scheduler.connectionLost()
        this.#pending.failAll(effect.error)
        for (const subscription of this.#subscriptions.values()) subscription.onEnd(effect.error)
        return
      case 'failWaiting':
        for (const [id, { fail }] of this.#waiting) {
          this.#waiting.delete(id)
          this.#scheduler.withdraw(id)
          fail(effect.error)
        }
        for (const waiter of this.#connecting) waiter.reject(effect.error)
        return
      case 'holdClocks':
        this.#pending.hold()
        return
      case 'releaseClocks':
        this.#pending.release()
        return
    }
  }

  #open({ generation, host, port, clientId }: Extract<ConnectionEffect, { kind: 'open' }>): void {
    const place = `${host}:${port}`
    const link = this.#options.openLink({
      onEvent: (event) => this.#onLinkEvent(event, generation, place),
      onDead: (cause) =>
        this.#apply({ kind: 'broken', generation, error: foreignFailure(place, cause.message, cause) }),
    })
    this.#link = link
    this.#scheduler.countMessage(pacingNowMs())
    link.post({ kind: 'connect', host, port, clientId })
  }

  #hangUp(generation: number): void {
    const link = this.#link
    this.#link = undefined
    if (link === undefined) return
    this.#closing = link.close().then(() => this.#apply({ kind: 'closed', generation }))
  }

  #onLinkEvent(event: LinkEvent, generation: number, place: string): void {
    if (generation !== this.#status.generation) return
    switch (event.kind) {
      case 'opened':
        this.#apply({ kind: 'opened', generation })
        return
      case 'version':
        this.#apply({ kind: 'version', generation, serverVersion: event.serverVersion })
        return
      case 'accounts':
        this.#apply({ kind: 'accounts', generation, accounts: event.accounts })
        return
      case 'started':
        this.#apply({ kind: 'started', generation })
        return
      case 'heard':
        this.#apply({ kind: 'heard', generation })
        return
      case 'notice':
        this.#onNotice(event, generation)
        return
      case 'socketError':
        this.#apply({ kind: 'broken', generation, error: connectFailure(place, this.#status.phase, event.message) })
        return
      case 'ended':
        this.#apply({ kind: 'broken', generation, error: connectFailure(place, this.#status.phase, undefined) })
        return
      case 'foreign':
        this.#apply({ kind: 'broken', generation, error: foreignFailure(place, event.reason) })
        return
      case 'refused':
        this.#onRefused(event)
        return
      case 'barUpdate':
        this.#subscriptions.get(event.id)?.onUpdate(event.bar)
        return
      case 'unreadableBars':
        this.#pending.fail(event.id, (subject) => unreadable(subject, event.reason))
        return
      default:
        this.#pending.answer(event.id, event)
    }
  }

  #onNotice({ code, text }: { readonly code: number; readonly text: string }, generation: number): void {
    const severity = severityOf(code)
    const meaning = meaningOf(code, text)
    this.#note({ kind: 'notice', severity, code, text, ...(meaning === undefined ? {} : { meaning }) })
    this.#apply({ kind: 'notice', generation, code, text })
  }

  #onRefused({ id, code, text }: Extract<LinkEvent, { kind: 'refused' }>): void {
    const meaning = meaningOf(code, text)
    let subject: string | undefined
    const error = (about: string): TwsRequestError => {
      subject = about
      return new TwsRequestError(code, text, about)
    }
    const subscription = this.#subscriptions.get(id)
    if (code >= 2100 && code <= 2199) {
      // A warning: the request is served.
      this.#note({ kind: 'notice', severity: 'warn', code, text, ...(meaning === undefined ? {} : { meaning }) })
      return
    }
    const wasPending = this.#pending.fail(id, error)
    if (!wasPending) subscription?.onEnd(error('live bars'))
    // The echo of our own cancel, or a word about a request that has ended.
    if (subject === undefined) return
    this.#note({
      kind: 'request',
      severity: 'warn',
      code,
      text,
      subject,
      ...(meaning === undefined ? {} : { meaning }),
    })
    if (new TwsRequestError(code, text, subject).refusal === 'competing-session')
      this.#apply({ kind: 'competingSession' })
  }

  #settleConnecting(before: ConnectionStatus, after: ConnectionStatus): void {
    if (before.phase !== 'ready' && after.phase === 'ready') for (const waiter of this.#connecting) waiter.resolve()
  }

  #show(): void {
    const { settings, nowMs, onChange } = this.#options
    const before = this.#shown
    const after = toConnection(this.#status, settings, nowMs())
    if (JSON.stringify(before) === JSON.stringify(after)) return
    this.#shown = after
    const wasNeverUsed = before.state === 'disconnected' && after.state === 'stopped'
    if (before.state !== after.state && !wasNeverUsed) {
      const severity = stateSeverity(before.state, after.state)
      this.#note({ kind: 'state', severity, text: after.message, meaning: after.consequence })
    }
    onChange?.(after)
  }

  #note(entry: Omit<ConnectionEntry, 'id' | 'atMs'>): void {
    this.#options.onEntry?.({ atMs: this.#options.nowMs(), ...entry })
  }

  #scheduleTick(): void {
    clearTimeout(this.#dueTimer)
    const nowMs = this.#options.nowMs()
    const dueMs = nextDueMs(this.#status, this.#options.settings, nowMs)
    this.#dueTimer =
      dueMs === undefined
        ? undefined
        : setTimeout(() => this.#apply({ kind: 'tick' }), Math.max(1, Math.ceil(dueMs - nowMs)))
  }

  #notConnected(): SwitchyardError {
    return new SwitchyardError('TWS_DISCONNECTED', 'There is no connection to TWS.', {
      hint: 'Start TWS or IB Gateway, then start the run again; it goes on where it stopped.',
    })
  }
}

/** The scheduler's clock: it never goes back, whatever is done to the system's. */
function pacingNowMs(): number {
  return performance.now()
}

/** The first server version that answers `whatToShow=SCHEDULE`. */
const SCHEDULE_VERSION = 165

function unexpectedAnswer(subject: string): SwitchyardError {
  return new SwitchyardError('TWS_REFUSED', `TWS answered the request for ${subject} with something else.`, {
    hint: 'The run can be started again; it goes on where it stopped.',
  })
}

function unreadable(subject: string, reason: string): SwitchyardError {
  return new SwitchyardError('TWS_REFUSED', `The answer of TWS for ${subject} cannot be read: ${reason}.`, {
    hint: 'Nothing of this answer was stored; it is asked for again.',
  })
}

function waitingCancelled(): SwitchyardError {
  return new SwitchyardError('CANCELLED', 'Waiting for TWS was cancelled.')
}

/** A connection that was lost or could not be made matters most; one that was closed on purpose does not. */
function stateSeverity(before: Connection['state'], after: Connection['state']): 'info' | 'warn' | 'error' {
  if (after === 'reconnecting') return 'error'
  if (after === 'disconnected') return before === 'ready' || before === 'degraded' ? 'info' : 'error'
  return after === 'degraded' ? 'warn' : 'info'
}
