import { LatencyWatch } from './latency-watch.ts'
import type { PaceLimits } from './pacing-limits.ts'

/** Why the pace is below full. */
export type SlowReason = 'pacing-violation' | 'latency'

/** At the lowest pace one request is open at a time and they go out twenty times less often. */
const LOWEST_PACE = 0.05
const AFTER_VIOLATION = 0.5
const AFTER_SLOW_ANSWERS = 0.75
/** From half to full pace in a hundred good answers, were it not for the next. */
const GAIN_PER_ANSWER = 0.005
/** Within a tenth of the pace that was too much last time it takes twenty times as many. */
const CAUTIOUS_GAIN_PER_ANSWER = 0.00025
const CAUTION = 0.1

/**
 * How fast to ask where TWS has no stated limit but slows down, and in the end hangs up, by its own measure. Additive increase and
 * multiplicative decrease, as TCP does against the same lack of knowledge (RFC 5681, section 3.1).
 *
 * - A pacing violation halves the pace and pauses everything historical. The pause doubles from one violation to the next until
 *   the pace is full again. Violations of requests that were sent before the pause belong to the same event and change nothing, as
 *   TCP halves once for all losses of a window (RFC 6582).
 * - Answers that have become slow (see {@link LatencyWatch}) take a quarter of the pace away.
 * - Every good answer gives a little back, and less so near the pace that was too much the last time, as CUBIC does (RFC 9438): who
 *   comes back there at once is slowed down there again and again.
 */
export class AdaptivePace {
  readonly #limits: PaceLimits
  readonly #latency: LatencyWatch
  #pace = 1
  #reason: SlowReason | undefined
  /** The pace at which it last went down; 0 since it was full again. */
  #tooMuch = 0
  #slowedAtMs = -Infinity
  #pausedUntilMs = -Infinity
  #nextBackOffMs: number

  constructor(limits: PaceLimits) {
    this.#limits = limits
    this.#latency = new LatencyWatch(limits.slowFactor)
    this.#nextBackOffMs = limits.backOffMs
  }

  /** 1 is full; multiplies how many may be open and divides how often one may be sent. */
  get pace(): number {
    return this.#pace
  }

  get reason(): SlowReason | undefined {
    return this.#reason
  }

  /** When the pause ends; in the past, or -Infinity, when there is none. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs
  }

  /** Shortest time between two requests at this pace, milliseconds. */
  get spacingMs(): number {
    return this.#limits.spacingMs / this.#pace
  }

  /** How many of `most` requests may be open at this pace; at least one. */
  openLimit(most: number): number {
    return Math.max(1, Math.floor(most * this.#pace))
  }

  /** TWS refused a request for pacing. */
  violated(sentAtMs: number, nowMs: number): void {
    if (sentAtMs < this.#pausedUntilMs) return
    this.#pausedUntilMs = nowMs + this.#nextBackOffMs
    this.#nextBackOffMs = Math.min(this.#nextBackOffMs * 2, this.#limits.backOffCeilingMs)
    this.#slowDown(AFTER_VIOLATION, 'pacing-violation', nowMs)
  }

  /** A request whose latency counts was answered. One that was sent before the pace went down says nothing of the new pace. */
  answered(sentAtMs: number, nowMs: number): void {
    if (sentAtMs < this.#slowedAtMs) return
    const { isGood, hasBecomeSlow } = this.#latency.add(nowMs - sentAtMs)
    if (hasBecomeSlow) this.#slowDown(AFTER_SLOW_ANSWERS, 'latency', nowMs)
    else if (isGood) this.recover()
  }

  /** A request failed, not for pacing. An error that comes quickly says nothing of the load; a time-out is a slow answer. */
  failed(sentAtMs: number, nowMs: number): void {
    if (nowMs - sentAtMs > this.#latency.slowAboveMs) this.answered(sentAtMs, nowMs)
  }

  /** Gives a little of the pace back. */
  recover(): void {
    const isNear = Math.abs(this.#pace - this.#tooMuch) <= CAUTION * this.#tooMuch
    this.#pace = Math.min(1, this.#pace + (isNear ? CAUTIOUS_GAIN_PER_ANSWER : GAIN_PER_ANSWER))
    if (this.#pace < 1) return
    this.#tooMuch = 0
    this.#reason = undefined
    this.#nextBackOffMs = this.#limits.backOffMs
  }

  #slowDown(factor: number, reason: SlowReason, nowMs: number): void {
    this.#slowedAtMs = nowMs
    this.#tooMuch = this.#pace
    this.#pace = Math.max(LOWEST_PACE, this.#pace * factor)
    this.#reason = reason
  }
}
