import type { HistoricalRequest } from './history/historical-request.ts'

/** The client messages that the simulator knows, by message id. */
export const CLIENT_MESSAGES = {
  5: 'openOrders',
  6: 'accountUpdates',
  7: 'executions',
  8: 'nextValidId',
  9: 'contractDetails',
  15: 'autoOpenOrders',
  16: 'allOpenOrders',
  17: 'managedAccounts',
  20: 'historicalData',
  25: 'cancelHistoricalData',
  49: 'currentTime',
  50: 'realTimeBars',
  51: 'cancelRealTimeBars',
  59: 'marketDataType',
  61: 'positions',
  62: 'accountSummary',
  63: 'cancelAccountSummary',
  64: 'cancelPositions',
  71: 'startApi',
  74: 'positionsMulti',
  75: 'cancelPositionsMulti',
  76: 'accountUpdatesMulti',
  77: 'cancelAccountUpdatesMulti',
  87: 'headTimestamp',
  90: 'cancelHeadTimestamp',
  99: 'completedOrders',
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
