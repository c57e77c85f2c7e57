import type { OwnedClock } from '../clock.ts'
import type { ServiceState } from '../service-state.ts'

export type Message = readonly (string | number)[]

/** Bars that come by themselves for as long as they are wanted. */
export interface Subscription {
  /** When the next messages are due, milliseconds since the epoch, later than `nowMs`. */
  nextMs(nowMs: number): number
  /** What to send at `dueMs`; `isHeard` is false when nobody will get it. */
  messages(dueMs: number, isHeard: boolean): Promise<readonly Message[]>
}

/** The live subscriptions of one connection. While the services are down nothing comes, and what is missed stays missing. */
export class Subscriptions {
  readonly #clock: OwnedClock
  readonly #service: ServiceState
  readonly #send: (message: Message) => void
  readonly #onFailure: (reqId: number, thrown: unknown) => void
  readonly #active = new Map<number, { cancelTimer: () => void }>()
  #tail: Promise<void> = Promise.resolve()

  constructor(
    clock: OwnedClock,
    service: ServiceState,
    send: (message: Message) => void,
    onFailure: (reqId: number, thrown: unknown) => void,
  ) {
    this.#clock = clock
    this.#service = service
    this.#send = send
    this.#onFailure = onFailure
  }

  get reqIds(): readonly number[] {
    return [...this.#active.keys()]
  }

  has(reqId: number): boolean {
    return this.#active.has(reqId)
  }

  /** Begins a subscription under an id that has none. */
  start(reqId: number, subscription: Subscription): void {
    const entry = { cancelTimer: (): void => undefined }
    this.#active.set(reqId, entry)
    const isActive = (): boolean => this.#active.get(reqId) === entry
    const schedule = (): void => {
      const dueMs = subscription.nextMs(this.#clock.nowMs())
      entry.cancelTimer = this.#clock.setTimer(() => {
        schedule()
        this.#tail = this.#tail.then(async () => {
          const isHeard = this.#service.isServing
          try {
            const messages = await subscription.messages(dueMs, isHeard)
            if (isHeard && isActive()) for (const message of messages) this.#send(message)
          } catch (thrown) {
            if (isActive()) this.#onFailure(reqId, thrown)
          }
        })
      }, dueMs)
    }
    schedule()
  }

  /** Ends a subscription; false when there is none under the id. */
  stop(reqId: number): boolean {
    const entry = this.#active.get(reqId)
    if (entry === undefined) return false
    entry.cancelTimer()
    return this.#active.delete(reqId)
  }

  stopAll(): void {
    for (const reqId of this.reqIds) this.stop(reqId)
  }

  /** Ends all subscriptions and waits until nothing of them runs. */
  async close(): Promise<void> {
    this.stopAll()
    await this.#tail
  }
}
