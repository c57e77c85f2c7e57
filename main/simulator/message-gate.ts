import type { SimulatorClock } from './clock.ts'
import { MessageRate } from './pacing/message-rate.ts'
import type { Pacing } from './pacing/pacing.ts'

export interface MessageGateExits {
  /** A message that may be carried out. */
  readonly carryOut: (body: Buffer) => void
  /** A window with too many messages: `strike` of them so far, `isLast` when the connection is to be closed. */
  readonly strike: (max: number, received: number, strike: number, isLast: boolean) => void
  /** The first message that has to wait. */
  readonly overflow: () => void
}

/** Lets the messages of one connection through as fast as the message rate allows. */
export class MessageGate {
  readonly #rate = new MessageRate()
  readonly #waiting: Buffer[] = []
  readonly #pacing: Pacing
  readonly #clock: SimulatorClock
  readonly #exits: MessageGateExits

  constructor(pacing: Pacing, clock: SimulatorClock, exits: MessageGateExits) {
    this.#pacing = pacing
    this.#clock = clock
    this.#exits = exits
  }

  push(body: Buffer): void {
    const { limits } = this.#pacing
    if (limits === null) {
      this.#exits.carryOut(body)
      return
    }
    const verdict = this.#rate.admit(this.#clock.nowMs(), limits)
    switch (verdict.kind) {
      case 'admitted':
        this.#exits.carryOut(body)
        return
      case 'queued':
        if (this.#waiting.length === 0) this.#exits.overflow()
        this.#waiting.push(body)
        this.#clock.setTimer(() => this.#release(), verdict.atMs)
        return
      case 'strike':
        this.#exits.strike(limits.messages, verdict.received, verdict.strike, verdict.strike >= limits.messageStrikes)
        return
      case 'dropped':
        return
      default:
        verdict satisfies never
    }
  }

  #release(): void {
    const body = this.#waiting.shift()
    if (body !== undefined) this.#exits.carryOut(body)
  }
}
