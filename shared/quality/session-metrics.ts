/** Counts of one session: `received = kept + dropped`, `missing = expected - kept - filled - fromSecondSource`. */
export interface SessionMetrics {
  /** Minutes of the session. */
  readonly expected: number
  /** Raw minutes in the window, each counted once. */
  readonly received: number
  /** Minutes of the session without a curated bar. */
  readonly missing: number
  readonly dropped: number
  /** Bars with any flag but those that say where they come from. */
  readonly flagged: number
  readonly filled: number
  readonly fromSecondSource: number
  /** Minutes without a received bar, by cause. */
  readonly notTraded: number
  readonly halted: number
  readonly notFetched: number
  /** Bars that are bad ticks or large moves. */
  readonly outliers: number
  /** Received bars in the block without a volume, an average price, a trade count. */
  readonly nullVolume: number
  readonly nullVwap: number
  readonly nullTradeCount: number
  /** Bars that were converted to the present adjustment. */
  readonly adjusted: number
  /** Share of the expected minutes that have a received bar, 0 to 1. */
  readonly coverage: number
  readonly quarantined: boolean
  /** Whether a rule wants the session to be asked for again. */
  readonly refetch: boolean
}
