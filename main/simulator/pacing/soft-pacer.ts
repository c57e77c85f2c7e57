import type { PacingLimits } from './pacing-limits.ts'

/** What becomes of a request for bars of a minute or more. */
export type SoftVerdict = { readonly kind: 'delayed'; readonly delayMs: number } | { readonly kind: 'abuse' }

/**
 * The soft slow-down of requests for larger bars: the more of them in a short time, the later each is answered, and beyond a
 * limit the connection ends.
 */
export class SoftPacer {
  #seen: number[] = []

  /** Counts a request made now. Times must not go back. */
  admit(atMs: number, limits: PacingLimits): SoftVerdict {
    this.#seen = this.#seen.filter((seenMs) => atMs - seenMs < limits.softWindowMs)
    this.#seen.push(atMs)
    if (limits.abuseRequests !== null && this.#seen.length > limits.abuseRequests) return { kind: 'abuse' }
    return { kind: 'delayed', delayMs: Math.max(0, this.#seen.length - limits.softRequests) * limits.softDelayMs }
  }
}
