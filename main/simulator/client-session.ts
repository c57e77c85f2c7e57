import type { SimulatorClock } from './clock.ts'
import type { ConnectionOutput } from './connection-output.ts'
import type { RevisedHistory } from './faults/revised-history.ts'
import type { HistoricalRequest } from './history/historical-request.ts'
import type { Subscriptions } from './live/subscriptions.ts'
import type { Market } from './market.ts'
import type { OpenRequests } from './open-requests.ts'
import type { Pacing } from './pacing/pacing.ts'
import type { FaultEngine } from './scenario/fault-engine.ts'
import type { ServiceState } from './service-state.ts'
import type { TwsError } from './wire/tws-errors.ts'

/** What all connections of a simulator share. */
export interface SharedParts {
  readonly market: Market
  readonly accounts: readonly string[]
  readonly clock: SimulatorClock
  readonly pacing: Pacing
  readonly service: ServiceState
  readonly faults: FaultEngine
  readonly revisions: RevisedHistory
  /** Time between two updates of a bar that is kept up to date, milliseconds. */
  readonly updatePeriodMs: number
  /** Requests that are open over all connections. */
  countOpenRequests(): number
}

/** What the message handlers need of a connection whose handshake is done. */
export interface ClientSession extends SharedParts {
  /** Number of the connection, from 1 in the order they were accepted. */
  readonly connection: number
  readonly serverVersion: number
  readonly requests: OpenRequests
  readonly live: Subscriptions
  readonly output: ConnectionOutput
  /** Null before the client has said who it is. */
  clientId(): number | null
  /** Epoch seconds with a fraction. */
  nowTs(): number
  send(fields: readonly (string | number)[]): void
  /** Message 4; `reqId` -1 makes it a notice that belongs to no request. */
  sendError(reqId: number, error: TwsError): void
  /** Drops the connection once what was sent is out. */
  disconnect(reason: string): void
  /** Adds the parsed form of the message being handled to its record. */
  noteHistorical(request: HistoricalRequest): void
  log(line: string): void
}
