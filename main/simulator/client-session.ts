import type { Market } from './market.ts'
import type { OpenRequests } from './open-requests.ts'
import type { HistoricalRequest } from './history/historical-request.ts'
import type { TwsError } from './wire/tws-errors.ts'

/** What the message handlers need of a connection whose handshake is done. */
export interface ClientSession {
  readonly serverVersion: number
  readonly market: Market
  readonly accounts: readonly string[]
  readonly requests: OpenRequests
  /** Epoch seconds with a fraction. */
  nowTs(): number
  send(fields: readonly (string | number)[]): void
  /** Message 4; `reqId` -1 makes it a notice that belongs to no request. */
  sendError(reqId: number, error: TwsError): void
  /** Sends a prepared frame and waits until the client has taken what is buffered, or is gone. */
  sendFrame(frame: Buffer): Promise<void>
  /** Adds the parsed form of the message being handled to its record. */
  noteHistorical(request: HistoricalRequest): void
  log(line: string): void
}
