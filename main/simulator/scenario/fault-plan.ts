import { type Fault, isConnectionFault, isReplyFault } from './fault-schema.ts'

/** Something that happens in the simulator and can set a fault off. */
export type Occasion =
  /** A connection was accepted. */
  | { readonly kind: 'connection' }
  /** A client named its id. */
  | { readonly kind: 'login'; readonly clientId: number }
  /** A historical request that is right came in. */
  | { readonly kind: 'request'; readonly connection: number; readonly symbol: string }

interface Entry {
  readonly fault: Fault
  readonly armedAtMs: number
  /** Occasions counted so far. */
  seen: number
  timesLeft: number
}

/** The faults that wait for a connection or a request. Those that strike by the clock alone are not its business. */
export class FaultPlan {
  #entries: Entry[] = []

  /** Adds a fault; its trigger counts from now on, or from `when.afterMs` later. */
  add(fault: Fault, nowMs: number): void {
    const { when = {}, times } = fault
    this.#entries.push({
      fault,
      armedAtMs: nowMs + (when.afterMs ?? 0),
      seen: 0,
      timesLeft: times ?? (when.every === undefined ? 1 : Infinity),
    })
  }

  clear(): void {
    this.#entries = []
  }

  /** The faults that this occasion sets off, in the order they were added. */
  take(occasion: Occasion, nowMs: number): Fault[] {
    const struck: Fault[] = []
    for (const entry of this.#entries) {
      if (nowMs < entry.armedAtMs || !concerns(entry.fault, occasion)) continue
      entry.seen++
      if (!isDue(entry)) continue
      entry.timesLeft--
      struck.push(entry.fault)
    }
    this.#entries = this.#entries.filter(({ timesLeft }) => timesLeft > 0)
    return struck
  }
}

/** Whether a fault waits for an occasion rather than for the clock. */
export function waitsForOccasion(fault: Fault): boolean {
  const { connection, request, every, symbol } = fault.when ?? {}
  return isConnectionFault(fault) || isReplyFault(fault) || (connection ?? request ?? every ?? symbol) !== undefined
}

/** Whether a fault's trigger counts connections; of all others it counts requests, and of a refused login logins. */
function countsConnections({ when = {}, ...fault }: Fault): boolean {
  const speaksOfRequests = (when.request ?? when.symbol) !== undefined
  if (isConnectionFault(fault)) return true
  return !isReplyFault(fault) && !speaksOfRequests && when.connection !== undefined
}

/** Whether the occasion is one that the fault's trigger counts. */
function concerns(fault: Fault, occasion: Occasion): boolean {
  const { when = {} } = fault
  if (fault.kind === 'clientIdInUse') {
    return occasion.kind === 'login' && (fault.clientId === undefined || fault.clientId === occasion.clientId)
  }
  if (countsConnections(fault)) return occasion.kind === 'connection'
  return (
    occasion.kind === 'request' &&
    (when.symbol === undefined || when.symbol === occasion.symbol) &&
    (when.connection === undefined || when.connection === occasion.connection)
  )
}

function isDue({ fault, seen }: Entry): boolean {
  const { connection, request, every } = fault.when ?? {}
  const nth = countsConnections(fault) ? connection : request
  // From the Nth on, so that with `times` a run of them can be struck.
  if (nth !== undefined) return seen >= nth
  return every === undefined || seen % every === 0
}
