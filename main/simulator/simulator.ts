import type { Socket } from 'node:net'
import { type ClientConnection, type ConnectionHost, serveConnection } from './client-connection.ts'
import { ownTimers, type SimulatorClock, systemClock } from './clock.ts'
import { RevisedHistory } from './faults/revised-history.ts'
import { carryOutServerFault, type StruckServer } from './faults/server-faults.ts'
import { type ControlServer, startControlServer } from './control/control-server.ts'
import { Listener } from './listener.ts'
import type { Market } from './market.ts'
import { Pacing } from './pacing/pacing.ts'
import type { PacingOption } from './pacing/pacing-limits.ts'
import type { Violation } from './pacing/violation.ts'
import type { RequestRecord } from './request-record.ts'
import { FaultEngine, type InjectedFault } from './scenario/fault-engine.ts'
import type { FaultInput } from './scenario/fault-schema.ts'
import { parseFault, parseScenario } from './scenario/parse-scenario.ts'
import type { ScenarioInput, SymbolCondition } from './scenario/scenario-schema.ts'
import { ServiceState } from './service-state.ts'

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
  /** The simulator's time, milliseconds since the epoch; the machine's unless given. Timers are the machine's. */
  readonly nowMs?: () => number
  /** The simulator's time and timers, in place of `nowMs`. */
  readonly clock?: SimulatorClock
  /** Accounts of the login, `DU0000000` unless given. */
  readonly accounts?: readonly string[]
  /** Pacing limits in force; those of the scenario, or `off`, unless given. */
  readonly pacing?: PacingOption
  /** What goes wrong from the start; nothing unless given. */
  readonly scenario?: ScenarioInput
  /** Time between two updates of a bar that is kept up to date, 5,000 milliseconds unless given. */
  readonly updatePeriodMs?: number
  /** Port of 127.0.0.1 to be controlled on, 0 for any free one; it cannot be controlled from outside unless given. */
  readonly controlPort?: number
}

export interface Simulator {
  /** The port clients connect to; the fault `portChanged` changes it. */
  readonly port: number
  /** Port it is controlled on, null when there is none. */
  readonly controlPort: number | null
  /** Whether clients can connect. */
  readonly isListening: boolean
  /** Clients that are connected. */
  readonly connections: number
  /** Name of the scenario loaded last, null when there is none. */
  readonly scenario: string | null
  /** What clients have asked so far, oldest first; at most the last 10,000. */
  readonly requests: readonly RequestRecord[]
  /** Every breach of the pacing rules so far, those that a scenario only claimed included; at most the last 10,000. */
  readonly violations: readonly Violation[]
  /** The faults that have struck so far; at most the last 10,000. */
  readonly faultsInjected: readonly InjectedFault[]
  /**
   * Puts a scenario in the place of the one before: what of that has not struck yet never does, and connections and requests
   * are counted anew. What has struck already ends in its own time.
   *
   * @throws {SwitchyardError} BAD_ARGUMENTS that names each key that is wrong.
   */
  loadScenario(scenario: ScenarioInput): void
  /** Adds a fault: at once, or when its trigger says. Throws BAD_ARGUMENTS that names each key that is wrong. */
  inject(fault: FaultInput): void
  /** Sets how a symbol is answered; null answers it as usual. */
  setSymbolCondition(symbol: string, condition: SymbolCondition | null): void
  /** Drops all clients and stops listening; resolves when nothing runs any more. */
  stop(): Promise<void>
}

/** TWS serves at most this many clients at a time. */
const MAX_CLIENTS = 32

const MAX_RECORDS = 10_000

/** How often TWS repeats a bar in progress, about. */
const UPDATE_PERIOD_MS = 5000

/**
 * Starts a TWS simulator: a TCP server that speaks the TWS API (text protocol, server versions 100 to 193) and answers from
 * `market`. It serves any number of clients up to 32, each under its own client id.
 *
 * Answered: startApi, what stock clients ask about account, orders and positions at their start, contract details, head time
 * stamp, historical bars of trades and quotes, kept up to date or not, SCHEDULE, real-time bars, current time, and the
 * cancellation of all of it. Other messages are logged and ignored.
 *
 * @throws {SwitchyardError} IO_ERROR when it cannot listen there, BAD_ARGUMENTS for a scenario that is none.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { market, host = '127.0.0.1', port = 0, accounts = ['DU0000000'] } = options
  const clock = ownTimers(options.clock ?? systemClock(options.nowMs))
  const log = options.log ?? ((): void => undefined)
  const records: RequestRecord[] = []
  const clientIds = new Set<number>()
  const connections = new Set<ClientConnection>()
  const service = new ServiceState()
  const revisions = new RevisedHistory()
  const pacing = new Pacing(options.pacing ?? 'off', () => clock.nowMs())
  const faults = new FaultEngine(clock, (fault, target) => carryOutServerFault(struckServer, fault, target))
  let scenarioName: string | null = null
  let accepted = 0

  const connectionHost: ConnectionHost = {
    market,
    accounts,
    clock,
    pacing,
    service,
    faults,
    revisions,
    updatePeriodMs: options.updatePeriodMs ?? UPDATE_PERIOD_MS,
    countOpenRequests: () => [...connections].reduce((sum, connection) => sum + connection.countOpenRequests(), 0),
    log,
    record: (record) => {
      records.push(record)
      if (records.length > MAX_RECORDS) records.splice(0, records.length - MAX_RECORDS)
    },
    claimClientId: (clientId) => !clientIds.has(clientId) && clientIds.add(clientId).has(clientId),
    releaseClientId: (clientId) => void clientIds.delete(clientId),
  }

  const onSocket = (socket: Socket): void => {
    const number = ++accepted
    const kinds = faults.onConnection(number).map(({ kind }) => kind)
    if (connections.size >= MAX_CLIENTS || kinds.includes('refuse')) {
      socket.destroy()
      return
    }
    const connection = serveConnection(socket, number, connectionHost, kinds.includes('stallHandshake'))
    connections.add(connection)
    void connection.closed.then(() => connections.delete(connection))
  }

  const listener = new Listener(host, onSocket, log)
  const struckServer: StruckServer = {
    clock,
    service,
    revisions,
    connections: () => [...connections],
    stopListening: () => listener.close(),
    listenAgain: () => listener.reopen(),
    moveToNewPort: async () => {
      await listener.open(0)
      return listener.port
    },
    log,
  }

  const loadScenario = (content: ScenarioInput): void => {
    const scenario = parseScenario(content)
    scenarioName = scenario.name
    service.conditions.clear()
    for (const [symbol, condition] of Object.entries(scenario.symbols)) service.conditions.set(symbol, condition)
    revisions.reset(scenario.seed)
    if (scenario.pacing !== undefined) pacing.change(scenario.pacing as PacingOption)
    faults.load(scenario)
  }

  let control: ControlServer | null = null
  const stop = async (): Promise<void> => {
    faults.clear()
    clock.cancelTimers()
    const closing = [...connections].map((connection) => connection.close())
    await Promise.all([control?.close(), listener.stop(), ...closing])
  }

  const simulator: Simulator = {
    get port() {
      return listener.port
    },
    get controlPort() {
      return control?.port ?? null
    },
    get isListening() {
      return listener.isOpen
    },
    get connections() {
      return connections.size
    },
    get scenario() {
      return scenarioName
    },
    requests: records,
    violations: pacing.violations,
    faultsInjected: faults.struck,
    loadScenario,
    inject: (fault) => faults.inject(parseFault(fault)),
    setSymbolCondition: (symbol, condition) => {
      if (condition === null) service.conditions.delete(symbol)
      else service.conditions.set(symbol, condition)
    },
    stop,
  }

  try {
    await listener.open(port)
    if (options.scenario !== undefined) {
      // What the caller says of pacing counts more than what the scenario brings along.
      loadScenario({ ...options.scenario, ...(options.pacing === undefined ? {} : { pacing: options.pacing }) })
    }
    if (options.controlPort !== undefined) control = await startControlServer(simulator, options.controlPort)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return simulator
}
