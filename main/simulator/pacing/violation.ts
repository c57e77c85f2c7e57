/** What a client did that TWS forbids. */
export type PacingRule =
  /** The same small-bar request again within 15 s. */
  | 'identicalRequest'
  /** Six or more small-bar requests for one contract, exchange and tick type within 2 s. */
  | 'sameContractBurst'
  /** More than 60 small-bar requests in 10 minutes. */
  | 'tenMinuteWindow'
  /** More than 50 historical requests open at a time. */
  | 'openRequests'
  /** More than 50 messages in a second. */
  | 'messageRate'
  /** So many requests for larger bars that TWS ends the connection. */
  | 'abuse'

export interface Violation {
  /** Milliseconds since the epoch on the simulator's clock. */
  readonly atMs: number
  readonly rule: PacingRule
  /** Null before the client has said who it is. */
  readonly clientId: number | null
  /** Null for a rule about messages, not requests. */
  readonly reqId: number | null
  /** True when a scenario claimed a violation that was none. */
  readonly injected: boolean
}
