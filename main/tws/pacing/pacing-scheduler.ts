import { AdaptivePace, type SlowReason } from './adaptive-pace.ts'
import { HardLimits } from './hard-limits.ts'
import { HardLimitQueue, type HardReason } from './hard-limit-queue.ts'
import { followsHardLimits, type PacedOutcome, type PacedRequest, type Priority } from './paced-request.ts'
import type { PacingLimits } from './pacing-limits.ts'
import { SlidingWindow } from './sliding-window.ts'
import { type Place, TurnCounter, TurnQueue } from './turn-queue.ts'

/** Why nothing may be sent before a certain time. */
export type WaitReason = HardReason | 'message-rate' | 'pacing-violation' | 'pace'

/**
 * What to do now.
 *
 * - `send`: send this request at once; it counts as sent at the time given to `next`.
 * - `wait`: ask again at this time, or when a request was offered or settled before.
 * - `full`: ask again when a request was settled (or offered).
 * - `idle`: nothing waits; ask again when a request was offered.
 */
export type PacingDecision =
  | { readonly kind: 'send'; readonly request: PacedRequest }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly because: WaitReason }
  | { readonly kind: 'full' }
  | { readonly kind: 'idle' }

interface Share {
  readonly used: number
  readonly limit: number
}

/** How much of the limits is in use. */
export interface PacingBudget {
  /** Messages of the last second (and margin). */
  readonly messages: Share
  /** Requests under the hard limits in the last ten minutes (and margin), BID_ASK twice. */
  readonly smallBars: Share
  readonly openRequests: Share
  /** Pace of bars of 1 min and larger; 1 is full. */
  readonly pace: number
  /** Undefined at full pace outside a pause. */
  readonly slowedBecause: SlowReason | undefined
  /** When the pause after a pacing violation ends; undefined outside one. */
  readonly pausedUntilMs: number | undefined
  readonly waiting: Readonly<Record<Priority, number>>
}

/** The waiting requests of one priority, by the limits that they share. */
interface Line {
  readonly bars: TurnQueue<PacedRequest>
  readonly hard: HardLimitQueue
  readonly other: TurnQueue<PacedRequest>
  size: number
}

interface Candidate {
  readonly place: Place<PacedRequest>
  /** When its symbol was queued; the lowest goes first. */
  readonly turn: number
  readonly take: () => void
}

interface Waiting {
  readonly priority: Priority
  readonly remove: () => void
}

/** What one call of `next` learns while it looks for a request. */
interface Look {
  readonly nowMs: number
  readonly barsMayGo: boolean
  hardMayGo: boolean
  wait: (PacingDecision & { readonly kind: 'wait' }) | undefined
}

const PRIORITIES: readonly Priority[] = ['live', 'backfill']

/**
 * Decides which request may go to TWS and when, so that no documented limit is exceeded. It has no clock and no timer: whoever
 * sends passes the time, in milliseconds of a clock that never goes back (the origin does not matter), and asks again when told.
 *
 * Live goes before backfill. Within a priority symbols take turns, in each of three lines by themselves: bars under the adaptive
 * pace, requests under the hard limits, and others; so none of them holds up what another line may send. A request that only a
 * limit for its own contract or identity holds back lets others pass; one that waits for a budget of all keeps its turn.
 */
export class PacingScheduler {
  readonly #limits: PacingLimits
  readonly #messages: SlidingWindow
  readonly #hardLimits: HardLimits
  readonly #pace: AdaptivePace
  readonly #lines: Readonly<Record<Priority, Line>>
  readonly #waiting = new Map<number, Waiting>()
  readonly #open = new Map<number, { readonly request: PacedRequest; readonly sentAtMs: number }>()
  #openBars = 0
  #barsSentAtMs = -Infinity

  constructor(limits: PacingLimits) {
    this.#limits = limits
    this.#messages = new SlidingWindow(limits.messages)
    this.#hardLimits = new HardLimits(limits)
    this.#pace = new AdaptivePace(limits.pace)
    const turns = new TurnCounter()
    const line = (): Line => ({
      bars: new TurnQueue(turns),
      hard: new HardLimitQueue(this.#hardLimits, turns),
      other: new TurnQueue(turns),
      size: 0,
    })
    this.#lines = { live: line(), backfill: line() }
  }

  /**
   * Queues a request until `next` returns it.
   *
   * @throws {Error} when one with its id waits or is open.
   */
  offer(request: PacedRequest): void {
    const { id, priority } = request
    if (this.#waiting.has(id) || this.#open.has(id)) throw new Error(`Request ${id} waits or is open already.`)
    const line = this.#lines[priority]
    line.size++
    if (followsHardLimits(request)) {
      const place = line.hard.add(request)
      this.#waiting.set(id, { priority, remove: () => line.hard.remove(place) })
    } else {
      const queue = request.kind === 'bars' ? line.bars : line.other
      const place = queue.add([request.symbol], request)
      this.#waiting.set(id, { priority, remove: () => queue.remove(place) })
    }
  }

  /** Takes a request back. False when it does not wait: it was sent, or never offered. */
  withdraw(id: number): boolean {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return false
    waiting.remove()
    this.#waiting.delete(id)
    this.#lines[waiting.priority].size--
    return true
  }

  /** What to do now. Every `send` is to be carried out before the next call, since it counts as done. */
  next(nowMs: number): PacingDecision {
    if (this.#waiting.size === 0) return { kind: 'idle' }
    if (this.#open.size >= this.#limits.maxOpenRequests) return { kind: 'full' }
    const messageAtMs = this.#messages.fitsAtMs(nowMs, 1)
    if (messageAtMs > nowMs) return { kind: 'wait', untilMs: messageAtMs, because: 'message-rate' }

    const look: Look = { nowMs, barsMayGo: this.#barsMayGo(), hardMayGo: true, wait: undefined }
    for (const priority of PRIORITIES) {
      const line = this.#lines[priority]
      const candidates = [this.#nextOther(line), this.#nextBars(line, look), this.#nextHard(line, look)]
      const chosen = earliest(candidates)
      if (chosen === undefined) continue
      chosen.take()
      line.size--
      return { kind: 'send', request: this.#send(chosen.place.item, nowMs) }
    }
    return look.wait ?? { kind: 'full' }
  }

  /** An open request has come to its end. Unknown ids are ignored: those of a lost connection may still be reported. */
  settled(id: number, nowMs: number, outcome: PacedOutcome): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    const { request, sentAtMs } = open
    if (request.kind === 'bars') this.#openBars--
    if (outcome.kind === 'violation') this.#pace.violated(sentAtMs, nowMs)
    else if (request.kind !== 'bars') {
      // Answers of other kinds take other times, but they too show that TWS has recovered.
      if (outcome.kind === 'answered' && followsHardLimits(request)) this.#pace.recover()
    } else if (outcome.kind === 'answered') this.#pace.answered(sentAtMs, nowMs)
    else if (outcome.kind === 'failed') this.#pace.failed(sentAtMs, nowMs)
  }

  /**
   * Counts a message that is no paced request and has gone out: a cancellation, a heart beat, a subscription. It is counted even
   * beyond the limit; the gap between the default of 45 and the 50 that TWS allows is there for these.
   */
  countMessage(nowMs: number): void {
    this.#messages.add(nowMs, 1, undefined)
  }

  /** The open requests are gone with the connection. What was sent still counts, since TWS may count it too; waiting ones wait. */
  connectionLost(): void {
    this.#open.clear()
    this.#openBars = 0
  }

  /** How much of the limits is in use at this time. */
  budget(nowMs: number): PacingBudget {
    const { messages, smallBars, maxOpenRequests } = this.#limits
    const isPaused = this.#pace.pausedUntilMs > nowMs
    return {
      messages: { used: this.#messages.used(nowMs), limit: messages.weight },
      smallBars: { used: this.#hardLimits.used(nowMs), limit: smallBars.weight },
      openRequests: { used: this.#open.size, limit: maxOpenRequests },
      pace: this.#pace.pace,
      slowedBecause: isPaused ? 'pacing-violation' : this.#pace.reason,
      pausedUntilMs: isPaused ? this.#pace.pausedUntilMs : undefined,
      waiting: { live: this.#lines.live.size, backfill: this.#lines.backfill.size },
    }
  }

  /** Whether the adaptive pace lets more bars be open; its spacing is another matter, since that has a time. */
  #barsMayGo(): boolean {
    return this.#openBars < this.#pace.openLimit(this.#limits.maxOpenRequests)
  }

  #nextOther({ other }: Line): Candidate | undefined {
    return other.isEmpty ? undefined : firstOf(other)
  }

  #nextBars({ bars }: Line, look: Look): Candidate | undefined {
    if (bars.isEmpty || !look.barsMayGo) return undefined
    const { pausedUntilMs, spacingMs } = this.#pace
    const spacedAtMs = this.#barsSentAtMs + spacingMs
    if (pausedUntilMs > look.nowMs) waitAtMost(look, pausedUntilMs, 'pacing-violation')
    else if (spacedAtMs > look.nowMs) waitAtMost(look, spacedAtMs, 'pace')
    else return firstOf(bars)
    return undefined
  }

  #nextHard({ hard }: Line, look: Look): Candidate | undefined {
    if (hard.isEmpty || !look.hardMayGo) return undefined
    const { pausedUntilMs } = this.#pace
    if (pausedUntilMs > look.nowMs) {
      waitAtMost(look, pausedUntilMs, 'pacing-violation')
      return undefined
    }
    const choice = hard.choose(look.nowMs)
    if (choice.kind === 'go') {
      return { place: choice.place, turn: hard.turnOf(choice.place), take: () => hard.serve(choice) }
    }
    waitAtMost(look, choice.untilMs, choice.because)
    // What live waits for is not used up by backfill.
    look.hardMayGo = !choice.claimsBudget
    return undefined
  }

  #send(request: PacedRequest, nowMs: number): PacedRequest {
    this.#waiting.delete(request.id)
    this.#open.set(request.id, { request, sentAtMs: nowMs })
    this.#messages.add(nowMs, 1, undefined)
    this.#hardLimits.note(nowMs, request)
    if (request.kind === 'bars') {
      this.#openBars++
      this.#barsSentAtMs = nowMs
    }
    return request
  }
}

function firstOf(queue: TurnQueue<PacedRequest>): Candidate | undefined {
  const place = queue.find(() => true)
  return place && { place, turn: queue.turnOf(place), take: () => queue.serve(place) }
}

function earliest(candidates: readonly (Candidate | undefined)[]): Candidate | undefined {
  let first: Candidate | undefined
  for (const candidate of candidates) {
    if (candidate !== undefined && (first === undefined || candidate.turn < first.turn)) first = candidate
  }
  return first
}

function waitAtMost(look: Look, untilMs: number, because: WaitReason): void {
  if (look.wait === undefined || untilMs < look.wait.untilMs) look.wait = { kind: 'wait', untilMs, because }
}
