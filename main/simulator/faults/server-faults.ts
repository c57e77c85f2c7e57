import type { SimulatorClock } from '../clock.ts'
import type { ServiceState } from '../service-state.ts'
import type { FaultTarget } from '../scenario/fault-engine.ts'
import type { ServerFault } from '../scenario/fault-schema.ts'
import type { TwsError } from '../wire/tws-errors.ts'
import {
  CONNECTIVITY_LOST,
  CONNECTIVITY_RESTORED,
  farmBroken,
  farmInactive,
  farmOk,
  portChanged,
  SERVER_BROKEN,
} from '../wire/service-notices.ts'
import type { RevisedHistory } from './revised-history.ts'

/** A connection as the faults of the server see it. */
export interface StruckConnection {
  /** From 1, in the order they were accepted. */
  readonly number: number
  /** Sends a notice that belongs to no request; nothing before the login. */
  notify(notice: TwsError): void
  freeze(): void
  thaw(): void
  /** Drops the connection without a word. */
  drop(): void
  /** Forgets what was asked for and not answered, live bars included. */
  forgetRequests(): void
  /** Ends the live subscriptions with error 10225. */
  bustSubscriptions(): void
}

/** What a fault of the server works on. */
export interface StruckServer {
  readonly clock: SimulatorClock
  readonly service: ServiceState
  readonly revisions: RevisedHistory
  connections(): readonly StruckConnection[]
  /** Nobody can connect from now on; who is connected stays. */
  stopListening(): void
  /** Opens the port again. */
  listenAgain(): void
  /** Opens a port that nothing listens on and closes the old one; resolves with the new port. */
  moveToNewPort(): Promise<number>
  log(line: string): void
}

/** Carries out a fault of the server, what follows later included. */
export function carryOutServerFault(server: StruckServer, fault: ServerFault, target: FaultTarget): void {
  const { clock, service } = server
  const later = (ms: number, run: () => void): void => void clock.setTimer(run, clock.nowMs() + ms)
  const notifyAll = (notice: TwsError): void => {
    for (const connection of server.connections()) connection.notify(notice)
  }
  const struck = server.connections().filter(({ number }) => target.connection === null || number === target.connection)
  server.log(`fault: ${fault.kind}`)

  switch (fault.kind) {
    case 'stopListening':
      server.stopListening()
      later(fault.forMs, () => server.listenAgain())
      return
    case 'freeze':
      for (const connection of struck) {
        connection.freeze()
        if (fault.forMs !== undefined) later(fault.forMs, () => connection.thaw())
      }
      return
    case 'disconnect':
      for (const connection of struck) connection.drop()
      return
    case 'connectivityLost':
      service.isConnected = false
      notifyAll(CONNECTIVITY_LOST)
      later(fault.forMs, () => restoreConnectivity(server, fault.restored))
      return
    case 'serverBroken':
      notifyAll(SERVER_BROKEN)
      return
    case 'portChanged':
      void changePort(server)
      return
    case 'farmDown':
      if (fault.farm === 'history') service.historyOutage = fault.requests
      service.brokenFarms.add(fault.farm)
      notifyAll(farmBroken(fault.farm))
      later(fault.forMs, () => {
        service.brokenFarms.delete(fault.farm)
        if (fault.farm === 'history') service.historyOutage = null
        notifyAll(farmOk(fault.farm))
      })
      return
    case 'farmInactive':
      notifyAll(farmInactive(fault.farm))
      return
    case 'restart':
      notifyAll(CONNECTIVITY_LOST)
      server.stopListening()
      for (const connection of server.connections()) connection.drop()
      later(fault.downMs, () => server.listenAgain())
      return
    case 'lots':
      service.volumeInLots = fault.on
      return
    case 'revisedHistory':
      server.revisions.begin(fault.share)
      return
    case 'bustEvent':
      for (const connection of struck) connection.bustSubscriptions()
      return
    default:
      fault satisfies never
  }
}

/** After 1101 nothing that was asked for before is answered any more; after 1102 it goes on. */
function restoreConnectivity(server: StruckServer, code: 1101 | 1102): void {
  for (const connection of server.connections()) {
    if (code === 1101) connection.forgetRequests()
    connection.notify(CONNECTIVITY_RESTORED[code])
  }
  server.service.isConnected = true
}

async function changePort(server: StruckServer): Promise<void> {
  const port = await server.moveToNewPort()
  for (const connection of server.connections()) {
    connection.notify(portChanged(port))
    connection.drop()
  }
}
