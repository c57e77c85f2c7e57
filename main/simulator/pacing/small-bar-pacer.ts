import type { PacingLimits } from './pacing-limits.ts'
import type { PacingRule } from './violation.ts'

/** A request as the pacing of small bars sees it. */
export interface PacedRequest {
  /** Equal for requests that ask for exactly the same. */
  readonly identity: string
  /** Equal for requests for the same contract, exchange and tick type. */
  readonly series: string
  /** How often it counts: twice for BID_ASK, else once. */
  readonly weight: number
}

interface Seen extends PacedRequest {
  readonly atMs: number
}

/**
 * The three hard limits on requests for bars of 30 seconds or less and for head time stamps
 * (https://interactivebrokers.github.io/tws-api/historical_limitations.html). They are the login's: all clients of one TWS
 * share them. A refused request counts like any other, which is the strict reading of a documentation that does not say.
 */
export class SmallBarPacer {
  #seen: Seen[] = []

  /** Counts a request made now and names the rule it breaks, null when it breaks none. Times must not go back. */
  admit(request: PacedRequest, atMs: number, limits: PacingLimits): PacingRule | null {
    const longest = Math.max(limits.identicalWindowMs, limits.burstWindowMs, limits.windowMs)
    this.#seen = this.#seen.filter((seen) => atMs - seen.atMs < longest)
    const within = (windowMs: number): Seen[] => this.#seen.filter((seen) => atMs - seen.atMs < windowMs)
    const sameSeries = within(limits.burstWindowMs).filter((seen) => seen.series === request.series)
    const isRepeated = within(limits.identicalWindowMs).some((seen) => seen.identity === request.identity)
    const burst = weightOf(sameSeries) + request.weight
    const total = weightOf(within(limits.windowMs)) + request.weight
    this.#seen.push({ ...request, atMs })
    if (isRepeated) return 'identicalRequest'
    if (burst >= limits.burstRequests) return 'sameContractBurst'
    return total > limits.windowRequests ? 'tenMinuteWindow' : null
  }
}

function weightOf(requests: readonly PacedRequest[]): number {
  return requests.reduce((sum, { weight }) => sum + weight, 0)
}
