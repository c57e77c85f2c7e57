import type { HistoricalRequest } from './history/historical-request.ts'

/** The client messages that the simulator knows, by message id. */
export const CLIENT_MESSAGES = {
  8: 'nextValidId',
  9: 'contractDetails',
  17: 'managedAccounts',
  20: 'historicalData',
  25: 'cancelHistoricalData',
  49: 'currentTime',
  71: 'startApi',
  87: 'headTimestamp',
  90: 'cancelHeadTimestamp',
} as const satisfies Record<number, string>

export type ClientMessage = (typeof CLIENT_MESSAGES)[keyof typeof CLIENT_MESSAGES] | 'unknown'

/** One message of a client. */
export interface RequestRecord {
  /** Milliseconds since the epoch on the simulator's clock. */
  readonly atMs: number
  /** Null before the client has said who it is. */
  readonly clientId: number | null
  readonly message: ClientMessage
  /** All fields as received, the message id first. */
  readonly fields: readonly string[]
  /** A historical request taken apart; null for other messages and for one that could not be read. */
  readonly historical: HistoricalRequest | null
}
