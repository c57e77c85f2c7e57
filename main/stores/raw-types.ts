import type { SessionDate } from '#shared/time.ts'

/** An instrument as TWS resolved it. `symbol` is its name in the workspace. */
export interface Instrument {
  readonly symbol: string
  readonly conId: number
  readonly secType: string
  readonly exchange: string
  readonly primaryExchange: string | null
  readonly currency: string
  readonly localSymbol: string | null
  readonly tradingClass: string | null
  readonly longName: string | null
  readonly minTick: number | null
  readonly timeZone: string | null
}

/** What a series of bars is: the same three fields identify it in a request and in the log. */
export interface BarSeries {
  readonly barSize: string
  readonly whatToShow: string
  readonly useRth: boolean
}

export interface HistoricalRequest extends BarSeries {
  readonly symbol: string
  /** End of the requested window, epoch seconds. */
  readonly endTs: number
  /** As sent, for example `5 D`. */
  readonly duration: string
  readonly sessions: readonly SessionDate[]
  readonly kind?: RequestKind
  readonly purpose?: RequestPurpose
  /** 1 for the first try, and when left out. */
  readonly attempt?: number
}

export type RequestKind = 'historical' | 'live' | 'schedule' | 'head-timestamp'

/**
 * Why bars are asked for: fetch, nobody has asked yet; confirm, the answer before was short; refetch, the operator wants them again;
 * reconcile, they were streamed; refill, an interruption left a gap; poll, the latest ones; live, a stream; daily, daily bars to check
 * them against.
 */
export type RequestPurpose = 'fetch' | 'confirm' | 'refetch' | 'reconcile' | 'refill' | 'poll' | 'live' | 'daily'

/** What a request brought for one of its sessions. */
export interface SessionOutcome {
  readonly sessionDate: SessionDate
  readonly bars: number
  /** Whether the answer is believed, so that the session is not asked for again. */
  readonly settled: boolean
  /** Minutes that the session should have. */
  readonly expected?: number
  /** Distinct minutes that are there with this answer and all earlier ones. */
  readonly known?: number
  /** Why some are not there, where that is known. */
  readonly reason?: ShortReason | undefined
}

/**
 * Why a session has fewer bars than minutes. no-data: the broker says or shows that it has none. no-trades: single minutes are missing,
 * as where nobody traded. halted: a run of minutes is missing in a session that otherwise has nearly all. not-listed: before the broker's
 * first bar. closed: not in the broker's schedule. no-permission: the account may not see it. unstable: answers differed to the last.
 */
export type ShortReason = 'no-data' | 'no-trades' | 'halted' | 'not-listed' | 'closed' | 'no-permission' | 'unstable'

/** What a response changes of a session that earlier responses held. */
export interface SessionRevision {
  readonly sessionDate: SessionDate
  readonly cause: 'refetch' | 'reconciliation'
  readonly pricesChanged: number
  readonly volumesChanged: number
  readonly added: number
  readonly lacking: number
  readonly largestPriceChange: number
  readonly volumeRatio: number | null
  /** The ratio of (nearly) all new prices to the old ones where it is not 1; null where there is none. */
  readonly priceRatio: number | null
}

export interface ResponseNotes {
  /** Why the response is kept and not used. */
  readonly rejectedBecause?: string
  readonly revisions?: readonly SessionRevision[]
}

export type RequestOutcome = 'complete' | 'no_data' | 'failed' | 'cancelled' | 'abandoned'

/** A settled session: it was fetched, with this many bars; `message` holds TWS's words where there were none. */
export interface FetchedSession {
  readonly sessionDate: SessionDate
  readonly bars: number
  readonly message: string | null
  readonly expected: number | null
  readonly reason: ShortReason | null
}

/** Position of a response on the time line, without its bars. Times are epoch seconds of bar starts. */
export interface ResponseSpan {
  readonly id: number
  readonly firstTs: number
  readonly lastTs: number
}

export interface RawSummary {
  readonly symbols: number
  readonly responses: number
  readonly bars: number
  readonly firstTs: number | null
  readonly lastTs: number | null
  readonly updatedAtMs: number | null
}

/** A revision that changed all prices of a session by one ratio. */
export interface Readjustment {
  readonly responseId: number
  readonly sessionDate: SessionDate
  readonly atMs: number
  readonly priceRatio: number
  readonly volumeRatio: number | null
}

/** A response with the request that it answers. */
export interface OriginRow {
  readonly responseId: number
  readonly requestId: number
  readonly receivedAtMs: number
  readonly kind: string
  readonly purpose: string
  readonly attempt: number
  readonly barSize: string
  readonly whatToShow: string
  readonly useRth: number
  readonly endTs: number
  readonly duration: string
  readonly sentAtMs: number
  readonly finishedAtMs: number | null
  readonly outcome: string | null
  readonly code: number | null
  readonly message: string | null
}
