import type { WindowLimit } from './pacing-limits.ts'

/** Something that happened, and how much it weighs. */
interface Entry<T> {
  readonly atMs: number
  readonly weight: number
  readonly what: T
}

/**
 * What happened within the last `windowMs` milliseconds. An entry leaves the window exactly that long after it happened. Holds no
 * more than the window does, whatever is asked of it; times must not go back, and one that does counts as the latest before it.
 */
export class SlidingWindow<T = undefined> {
  readonly limit: WindowLimit
  /** Oldest first; those before `#first` have left. */
  #entries: Entry<T>[] = []
  #first = 0
  #used = 0

  constructor(limit: WindowLimit) {
    this.limit = limit
  }

  /** Notes something without asking whether it fits. */
  add(nowMs: number, weight: number, what: T): void {
    this.#leave(nowMs)
    const atMs = Math.max(nowMs, this.#entries.at(-1)?.atMs ?? nowMs)
    this.#entries.push({ atMs, weight, what })
    this.#used += weight
  }

  /** Weight within the window; more than the limit when more was added. */
  used(nowMs: number): number {
    this.#leave(nowMs)
    return this.#used
  }

  /** Earliest time, `nowMs` or later, at which `weight` more fits; never (Infinity) when it is more than the limit. */
  fitsAtMs(nowMs: number, weight: number): number {
    this.#leave(nowMs)
    let over = this.#used + weight - this.limit.weight
    if (over <= 0) return nowMs
    for (let i = this.#first; i < this.#entries.length; i++) {
      over -= this.#entries[i].weight
      if (over <= 0) return this.#entries[i].atMs + this.limit.windowMs
    }
    return Infinity
  }

  /** The entries within the window, newest first. Nothing may be added meanwhile. */
  *newestFirst(nowMs: number): Generator<Entry<T>> {
    this.#leave(nowMs)
    for (let i = this.#entries.length - 1; i >= this.#first; i--) yield this.#entries[i]
  }

  #leave(nowMs: number): void {
    while (this.#first < this.#entries.length && this.#entries[this.#first].atMs + this.limit.windowMs <= nowMs) {
      this.#used -= this.#entries[this.#first++].weight
    }
    // Moving the rest costs as much as has left since the last time.
    if (this.#first > 16 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }
}
