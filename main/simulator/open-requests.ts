/** The stages of answering a request. Both must end soon after the signal is aborted and do nothing visible from then on. */
export interface RequestWork {
  /** Resolves when the answer may be made; requests wait beside each other. */
  readonly ready?: ((signal: AbortSignal) => Promise<void>) | undefined
  /** Makes and sends the answer; one request at a time. */
  readonly answer: (signal: AbortSignal) => Promise<void>
  /** Gets whatever was thrown while the request was open. */
  readonly onFailure: (thrown: unknown) => void
}

/**
 * The requests of one connection that are not answered yet. Answers are made one at a time in the order in which requests are
 * ready, so that a client that asks for much holds one answer in memory; anything that has been asked for can be taken back
 * until it is answered.
 */
export class OpenRequests {
  readonly #working = new Map<number, AbortController>()
  readonly #standing = new Set<number>()
  readonly #running = new Set<Promise<void>>()
  #answered = Promise.withResolvers<void>()
  #tail: Promise<void> = Promise.resolve()
  #closed = false

  /** Number of requests that are open, those that stay open after their answer included. */
  get count(): number {
    return this.#working.size + this.#standing.size
  }

  /** Whether work is open under the id. */
  has(reqId: number): boolean {
    return this.#working.has(reqId)
  }

  /** Opens a request; false when its id is open already. */
  open(reqId: number, work: RequestWork): boolean {
    if (this.#closed || this.#working.has(reqId)) return false
    const controller = new AbortController()
    const { signal } = controller
    this.#working.set(reqId, controller)
    const fail = (thrown: unknown): void => {
      if (!signal.aborted) work.onFailure(thrown)
      this.#forget(reqId, controller)
    }
    const enqueue = (): void => {
      this.#tail = this.#tail.then(async () => {
        try {
          if (!signal.aborted) await work.answer(signal)
          this.#forget(reqId, controller)
          this.#tellAnswered()
        } catch (thrown) {
          fail(thrown)
        }
      })
    }
    if (work.ready === undefined) enqueue()
    else this.#track(work.ready(signal).then(enqueue, fail))
    return true
  }

  /** Resolves when the next answer has been sent, whichever it is. */
  nextAnswer(): Promise<void> {
    return this.#answered.promise
  }

  /** Takes back a request that is not answered; false when there is none under the id. */
  cancel(reqId: number): boolean {
    const controller = this.#working.get(reqId)
    if (controller === undefined) return false
    this.#working.delete(reqId)
    controller.abort()
    return true
  }

  /** Remembers a request that stays open after its answer until the client takes it back. */
  keepOpen(reqId: number): void {
    this.#standing.add(reqId)
  }

  /** Closes a request that was kept open; false when there is none under the id. */
  closeStanding(reqId: number): boolean {
    return this.#standing.delete(reqId)
  }

  /** Forgets everything: nothing of it is answered. */
  forget(): void {
    for (const controller of this.#working.values()) controller.abort()
    this.#working.clear()
    this.#standing.clear()
  }

  /** Takes everything back and waits until nothing runs. */
  async close(): Promise<void> {
    this.#closed = true
    this.forget()
    this.#tellAnswered()
    await Promise.all(this.#running)
    await this.#tail
  }

  #forget(reqId: number, controller: AbortController): void {
    if (this.#working.get(reqId) === controller) this.#working.delete(reqId)
  }

  #tellAnswered(): void {
    this.#answered.resolve()
    this.#answered = Promise.withResolvers<void>()
  }

  #track(running: Promise<void>): void {
    this.#running.add(running)
    void running.then(() => this.#running.delete(running))
  }
}
