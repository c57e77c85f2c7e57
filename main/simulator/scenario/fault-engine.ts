import { ownTimers, type OwnedClock, type SimulatorClock } from '../clock.ts'
import { FaultPlan, waitsForOccasion } from './fault-plan.ts'
import {
  type ConnectionFault,
  type Fault,
  type FaultKind,
  isConnectionFault,
  isReplyFault,
  type ReplyFault,
  type ServerFault,
} from './fault-schema.ts'
import type { Scenario } from './scenario-schema.ts'

/** A fault that struck. */
export interface InjectedFault {
  readonly kind: FaultKind
  /** Milliseconds since the epoch on the simulator's clock. */
  readonly atMs: number
  /** Number of the connection from 1, null for a fault of the whole simulator. */
  readonly connection: number | null
  readonly reqId: number | null
  readonly symbol: string | null
}

/** What a fault strikes; nulls for the whole simulator. */
export type FaultTarget = Pick<InjectedFault, 'connection' | 'reqId' | 'symbol'>

export const EVERYTHING: FaultTarget = { connection: null, reqId: null, symbol: null }

/** At most this many struck faults are kept, the oldest first to go. */
const MAX_RECORDS = 10_000

/**
 * Decides when faults strike and records them. Faults of the server are handed to `carryOut`; those of a connection or an
 * answer are given back to whoever is about to serve it.
 */
export class FaultEngine {
  readonly struck: InjectedFault[] = []
  readonly #plan = new FaultPlan()
  readonly #clock: OwnedClock
  readonly #carryOut: (fault: ServerFault, target: FaultTarget) => void
  #seed = 1

  constructor(clock: SimulatorClock, carryOut: (fault: ServerFault, target: FaultTarget) => void) {
    this.#clock = ownTimers(clock)
    this.#carryOut = carryOut
  }

  /** Seed of the scenario loaded last. */
  get seed(): number {
    return this.#seed
  }

  /** Takes back what has not struck yet and waits for the faults of `scenario` instead. */
  load(scenario: Scenario): void {
    this.clear()
    this.#seed = scenario.seed
    for (const fault of scenario.faults) this.inject(fault)
  }

  /** Adds one fault; one of the server without a trigger strikes now. */
  inject(fault: Fault): void {
    const nowMs = this.#clock.nowMs()
    if (waitsForOccasion(fault)) this.#plan.add(fault, nowMs)
    else if (fault.when?.afterMs === undefined) this.#strikeServer(fault, EVERYTHING)
    else this.#clock.setTimer(() => this.#strikeServer(fault, EVERYTHING), nowMs + fault.when.afterMs)
  }

  /** Takes back what has not struck yet. */
  clear(): void {
    this.#plan.clear()
    this.#clock.cancelTimers()
  }

  /** The faults that strike a connection that was just accepted. */
  onConnection(connection: number): ConnectionFault[] {
    const target = { ...EVERYTHING, connection }
    return this.#strike(this.#plan.take({ kind: 'connection' }, this.#clock.nowMs()), target).filter(isConnectionFault)
  }

  /** Whether the login of this client is to be refused as if its id were in use. */
  onLogin(connection: number, clientId: number): boolean {
    const faults = this.#plan.take({ kind: 'login', clientId }, this.#clock.nowMs())
    return this.#strike(faults, { ...EVERYTHING, connection }).length > 0
  }

  /** The faults that strike the answer to a historical request. */
  onRequest(target: { readonly connection: number; readonly reqId: number; readonly symbol: string }): ReplyFault[] {
    const faults = this.#plan.take({ kind: 'request', ...target }, this.#clock.nowMs())
    return this.#strike(faults, target).filter(isReplyFault)
  }

  /** Adds a fault that struck to the record. */
  note(kind: FaultKind, target: FaultTarget): void {
    this.struck.push({ kind, atMs: this.#clock.nowMs(), ...target })
    if (this.struck.length > MAX_RECORDS) this.struck.splice(0, this.struck.length - MAX_RECORDS)
  }

  #strike(faults: readonly Fault[], target: FaultTarget): Fault[] {
    for (const fault of faults) {
      if (isConnectionFault(fault) || isReplyFault(fault)) this.note(fault.kind, target)
      else this.#strikeServer(fault, target)
    }
    return [...faults]
  }

  #strikeServer(fault: Fault, target: FaultTarget): void {
    if (isConnectionFault(fault) || isReplyFault(fault)) return
    // What revised history changes is recorded when it does.
    if (fault.kind !== 'revisedHistory') this.note(fault.kind, target)
    this.#carryOut(fault, target)
  }
}
