/**
 * The requests of one connection that are not answered yet. Work is done one request at a time in the order asked, so that a
 * client that asks for much holds one answer in memory; anything that has been asked for can be taken back until it is
 * answered.
 */
export class OpenRequests {
  readonly #working = new Map<number, AbortController>()
  readonly #standing = new Set<number>()
  #tail: Promise<void> = Promise.resolve()
  #closed = false

  /**
   * Queues `work` under `reqId`; false when that id is open already. `work` must end soon after its signal is aborted and
   * must not send anything from then on. A rejection with the signal's reason is the expected end of aborted work; any other
   * goes to `onFailure`.
   */
  enqueue(reqId: number, work: (signal: AbortSignal) => Promise<void>, onFailure: (thrown: unknown) => void): boolean {
    if (this.#closed || this.#working.has(reqId)) return false
    const controller = new AbortController()
    const { signal } = controller
    this.#working.set(reqId, controller)
    this.#tail = this.#tail.then(async () => {
      try {
        if (!signal.aborted) await work(signal)
      } catch (thrown) {
        if (!signal.aborted) onFailure(thrown)
      } finally {
        if (this.#working.get(reqId) === controller) this.#working.delete(reqId)
      }
    })
    return true
  }

  /** Takes back queued or running work; false when there is none under the id. */
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

  /** Takes everything back and waits until nothing runs. */
  async close(): Promise<void> {
    this.#closed = true
    for (const controller of this.#working.values()) controller.abort()
    this.#working.clear()
    this.#standing.clear()
    await this.#tail
  }
}
