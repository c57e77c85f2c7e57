import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { SwitchyardError } from '#shared/errors.ts'
import { serveConnection, type ClientConnection, type ConnectionHost } from './client-connection.ts'
import type { Market } from './market.ts'
import type { RequestRecord } from './request-record.ts'

export { barsFolderMarket } from './markets/bars-folder-market.ts'
export { syntheticMarket } from './markets/synthetic-market.ts'
export type { Market, MarketFault } from './market.ts'

export interface SimulatorOptions {
  readonly market: Market
  /** Address to listen on, 127.0.0.1 unless given. */
  readonly host?: string
  /** TCP port, 0 (any free one) unless given. */
  readonly port?: number
  /** Gets a line for everything worth knowing; nothing is written anywhere otherwise. */
  readonly log?: (line: string) => void
  /** The simulator's clock, milliseconds since the epoch; the system's unless given. */
  readonly nowMs?: () => number
  /** Accounts of the login, `DU0000000` unless given. */
  readonly accounts?: readonly string[]
}

export interface Simulator {
  readonly port: number
  /** What clients have asked so far, oldest first; at most the last 10,000. */
  readonly requests: readonly RequestRecord[]
  /** Drops all clients and stops listening; resolves when nothing runs any more. */
  stop(): Promise<void>
}

/** TWS serves at most this many clients at a time. */
const MAX_CLIENTS = 32

const MAX_RECORDS = 10_000

/**
 * Starts a TWS simulator: a TCP server that speaks the TWS API (text protocol, server versions 100 to 193) and answers from
 * `market`. It serves any number of clients up to 32, each under its own client id.
 *
 * Answered: startApi, managed accounts, next order id, contract details, head time stamp, historical TRADES bars and
 * SCHEDULE, their cancellation, current time. Other messages are logged and ignored.
 *
 * @throws {SwitchyardError} IO_ERROR when it cannot listen there.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { market, host = '127.0.0.1', port = 0, accounts = ['DU0000000'] } = options
  const records: RequestRecord[] = []
  const clientIds = new Set<number>()
  const connections = new Set<ClientConnection>()
  const connectionHost: ConnectionHost = {
    market,
    accounts,
    nowMs: options.nowMs ?? Date.now,
    log: options.log ?? ((): void => undefined),
    record: (record) => {
      records.push(record)
      if (records.length > MAX_RECORDS) records.splice(0, records.length - MAX_RECORDS)
    },
    claimClientId: (clientId) => !clientIds.has(clientId) && clientIds.add(clientId).has(clientId),
    releaseClientId: (clientId) => void clientIds.delete(clientId),
  }

  let served = 0
  const server = createServer((socket) => {
    const connection = serveConnection(socket, `client ${++served}`, connectionHost)
    connections.add(connection)
    void connection.closed.then(() => connections.delete(connection))
  })
  server.maxConnections = MAX_CLIENTS
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new SwitchyardError('IO_ERROR', `The simulator cannot listen on ${host}:${port}.`, {
      hint: 'Choose another port, or 0 for any free one.',
      cause,
    })
  }

  server.on('error', (error) => connectionHost.log(`server: ${error.message}`))

  return {
    port: (server.address() as AddressInfo).port,
    requests: records,
    stop: async () => {
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.all([...connections].map((connection) => connection.close()))
      await stopped
    },
  }
}
