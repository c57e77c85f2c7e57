/**
 * Which rules a request follows.
 *
 * - `bars`: bars of 1 min or larger, and whatever else is asked for by a historical data request (a schedule): the adaptive pace.
 * - `small-bars`: bars of 30 s or smaller, and `head-timestamp`: the hard limits.
 * - `other`: contract details and the like: message rate and open requests only.
 */
export type PacedKind = 'bars' | 'small-bars' | 'head-timestamp' | 'other'

/** Live requests go before backfill. */
export type Priority = 'live' | 'backfill'

/** What the scheduler needs to know of a request. */
export interface PacedRequest {
  /** Unique among the requests that wait or are open. */
  readonly id: number
  /** Symbols of one priority take turns. */
  readonly symbol: string
  readonly kind: PacedKind
  readonly priority: Priority
  /** Everything that makes two requests identical to TWS; matters for `small-bars` and `head-timestamp`. */
  readonly identity: string
  /** Contract, exchange and tick type; matters for `small-bars` and `head-timestamp`. */
  readonly contractKey: string
  /** How often TWS counts it: BID_ASK twice. */
  readonly weight: 1 | 2
}

/**
 * How a request ended: with its answer, refused for pacing, in another way (refused, timed out, cancelled), or unanswered because
 * the connection is gone.
 */
export interface PacedOutcome {
  readonly kind: 'answered' | 'violation' | 'failed' | 'lost'
}

/** Whether the hard limits of small bars hold for a request. */
export function followsHardLimits({ kind }: Pick<PacedRequest, 'kind'>): boolean {
  return kind === 'small-bars' || kind === 'head-timestamp'
}
