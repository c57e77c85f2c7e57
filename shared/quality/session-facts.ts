/** What the request log proves about a session, as far as its curated bars depend on it. Goes into the record of a build. */
export interface SessionFacts {
  /**
   * settled: the broker has answered so that what it did not send it does not have. open: asked for, and not answered to the end.
   * unknown: nobody has asked.
   */
  readonly fetch: 'settled' | 'open' | 'unknown'
  /** Why a settled session has fewer bars than minutes, a `ShortReason`; null when it does not. */
  readonly reason: string | null
  /** The broker's own hours for the session; null when it has not been asked. Epoch seconds. */
  readonly brokerHours: { readonly openTs: number; readonly closeTs: number } | 'closed' | null
  /** The broker's daily bar for the session; null when it has not been asked. */
  readonly dailyBar: DailyBar | null
}

export interface DailyBar {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export const NO_FACTS: SessionFacts = { fetch: 'unknown', reason: null, brokerHours: null, dailyBar: null }
