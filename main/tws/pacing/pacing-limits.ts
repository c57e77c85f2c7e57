import type { PacingConfig } from '#shared/config/pacing-config.ts'

/** At most so much weight in any window of this length. */
export interface WindowLimit {
  readonly weight: number
  /** Milliseconds, margin included. What happened exactly this long ago counts no more. */
  readonly windowMs: number
}

/** The limits that a scheduler keeps. */
export interface PacingLimits {
  /** Every message, whatever it is. */
  readonly messages: WindowLimit
  /** Requests without an answer. */
  readonly maxOpenRequests: number
  /** An identical request under the hard limits is not sent again within this time, in milliseconds. */
  readonly identicalMs: number
  /** Requests under the hard limits for the same contract, exchange and tick type. */
  readonly contract: WindowLimit
  /** All requests under the hard limits. */
  readonly smallBars: WindowLimit
  readonly pace: PaceLimits
}

/** What bounds the pace of requests that no hard limit holds for. */
export interface PaceLimits {
  /** Shortest time between two of them at full pace, milliseconds. */
  readonly spacingMs: number
  /** Answers that take this many times longer than they did at best are slow. */
  readonly slowFactor: number
  /** Pause after the first pacing violation, and the longest pause, milliseconds. */
  readonly backOffMs: number
  readonly backOffCeilingMs: number
}

/**
 * The documented limits of TWS, with what the workspace configures and the margin added to every window.
 *
 * Source: TWS API documentation, "Historical Data Limitations" (identical requests within 15 s; six or more for the same
 * contract, exchange and tick type within 2 s; more than 60 within ten minutes; BID_ASK is counted twice) and "Pacing
 * Limitations" (messages per second).
 */
export function pacingLimits(config: PacingConfig): PacingLimits {
  const { marginMs } = config
  return {
    messages: { weight: config.messagesPerSecond, windowMs: 1_000 + marginMs },
    maxOpenRequests: config.maxOpenRequests,
    identicalMs: 15_000 + marginMs,
    contract: { weight: 5, windowMs: 2_000 + marginMs },
    smallBars: { weight: config.smallBarRequestsPer10Min, windowMs: 600_000 + marginMs },
    pace: {
      spacingMs: config.barsSpacingMs,
      slowFactor: config.slowFactor,
      backOffMs: config.backOffMs,
      backOffCeilingMs: config.backOffCeilingMs,
    },
  }
}
