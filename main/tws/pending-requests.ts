import { SwitchyardError } from '#shared/errors.ts'

/** A request that was sent and waits for its answer. */
export interface Pending<A> {
  readonly id: number
  /** What it asks for, in words for messages. */
  readonly subject: string
  /** How long the answer may take, milliseconds. */
  readonly timeoutMs: number
  /** Takes the answer; called at most once, and never after `fail`. */
  readonly answer: (answer: A) => void
  /** Takes the reason why there is none. */
  readonly fail: (error: SwitchyardError) => void
  /** Called when the time is over, before `fail`: tells TWS that nobody waits any more. */
  readonly giveUp: () => void
}

interface Entry<A> {
  readonly pending: Pending<A>
  timer: NodeJS.Timeout | undefined
}

/**
 * The requests of one connection by id: each is settled exactly once, by its answer, its deadline or the end of the connection.
 * What comes for other ids is late or foreign and is ignored.
 */
export class PendingRequests<A> {
  readonly #entries = new Map<number, Entry<A>>()
  #isHeld = false

  get size(): number {
    return this.#entries.size
  }

  /** Starts to wait; the clock runs from here unless clocks are held. */
  add(pending: Pending<A>): void {
    const entry: Entry<A> = { pending, timer: undefined }
    this.#entries.set(pending.id, entry)
    if (!this.#isHeld) this.#startClock(entry)
  }

  /** Hands over an answer; false when nobody waits for it. */
  answer(id: number, answer: A): boolean {
    const pending = this.#take(id)
    pending?.answer(answer)
    return pending !== undefined
  }

  /** Ends one request with an error; false when nobody waits for it. */
  fail(id: number, error: (subject: string) => SwitchyardError): boolean {
    const pending = this.#take(id)
    pending?.fail(error(pending.subject))
    return pending !== undefined
  }

  /** Stops to wait without a word; false when nobody waits. */
  forget(id: number): boolean {
    return this.#take(id) !== undefined
  }

  /** Ends everything that waits, because the connection is gone. */
  failAll(error: SwitchyardError): void {
    this.#isHeld = false
    // Whoever hears of it may send the next request at once, which is none of these.
    const ids = [...this.#entries.keys()]
    for (const id of ids) this.#take(id)?.fail(error)
  }

  /** Stops the clocks while no answer can come. */
  hold(): void {
    this.#isHeld = true
    for (const entry of this.#entries.values()) clearTimeout(entry.timer)
  }

  /** Starts them anew, with the whole time. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const entry of this.#entries.values()) this.#startClock(entry)
  }

  #startClock(entry: Entry<A>): void {
    const { id, subject, timeoutMs, giveUp } = entry.pending
    entry.timer = setTimeout(() => {
      giveUp()
      this.fail(
        id,
        () =>
          new SwitchyardError(
            'TWS_TIMEOUT',
            `TWS did not answer the request for ${subject} within ${timeoutMs / 1000} s.`,
            {
              hint: 'Check that TWS is logged in and its data farms are connected. The run can be started again; it goes on where it stopped.',
            },
          ),
      )
    }, timeoutMs)
  }

  #take(id: number): Pending<A> | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    clearTimeout(entry.timer)
    this.#entries.delete(id)
    return entry.pending
  }
}
