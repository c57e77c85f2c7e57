import { followsHardLimits, type PacedRequest } from './paced-request.ts'
import type { PacingLimits } from './pacing-limits.ts'
import { SlidingWindow } from './sliding-window.ts'

/**
 * The limits of small bars and head time stamps, kept against the requests of the last ten minutes. There are at most 60 of those,
 * so looking through them is cheap and needs no index.
 *
 * BID_ASK weighs two in the limit for a contract as well: the documentation says that it "is counted twice" and does not say
 * where.
 */
export class HardLimits {
  readonly #limits: PacingLimits
  readonly #sent: SlidingWindow<PacedRequest>

  constructor(limits: PacingLimits) {
    this.#limits = limits
    this.#sent = new SlidingWindow(limits.smallBars)
  }

  /** Notes that a request went out; those that no hard limit holds for do not matter. */
  note(nowMs: number, request: PacedRequest): void {
    if (followsHardLimits(request)) this.#sent.add(nowMs, request.weight, request)
  }

  /** Weight of the last ten minutes. */
  used(nowMs: number): number {
    return this.#sent.used(nowMs)
  }

  /** Weight that is left of the ten minutes. */
  left(nowMs: number): number {
    return this.#limits.smallBars.weight - this.#sent.used(nowMs)
  }

  /** Earliest time at which so much weight fits into ten minutes. */
  budgetAtMs(nowMs: number, weight: number): number {
    return this.#sent.fitsAtMs(nowMs, weight)
  }

  /** Earliest time at which the limit for its contract lets a request go. */
  contractAtMs(nowMs: number, { contractKey, weight }: PacedRequest): number {
    const { windowMs, weight: limit } = this.#limits.contract
    let used = 0
    for (const { atMs, what } of this.#sent.newestFirst(nowMs)) {
      if (atMs + windowMs <= nowMs) break
      if (what.contractKey !== contractKey) continue
      used += what.weight
      if (used + weight > limit) return atMs + windowMs
    }
    return nowMs
  }

  /** Earliest time at which a request is no repetition. */
  identicalAtMs(nowMs: number, { identity }: PacedRequest): number {
    for (const { atMs, what } of this.#sent.newestFirst(nowMs)) {
      if (atMs + this.#limits.identicalMs <= nowMs) break
      if (what.identity === identity) return atMs + this.#limits.identicalMs
    }
    return nowMs
  }
}
