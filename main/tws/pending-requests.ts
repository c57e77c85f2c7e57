import { SwitchyardError } from '#shared/errors.ts'

/** A request that waits for its answer. */
export interface Pending<T> {
  readonly id: number
  /** What it asks for, in words for messages. */
  readonly subject: string
  /** Settles the request; later answers to the same id are ignored. */
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export interface PendingOptions {
  readonly subject: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Tells TWS that nobody waits any more; called on time-out and abort, not after an answer. */
  readonly cancel?: ((id: number) => void) | undefined
}

interface Entry<H> {
  readonly reject: (error: unknown) => void
  readonly handlers: H
}

/**
 * The requests of one connection by id: each is settled exactly once, by its answer, its deadline, its abort signal or the
 * end of the connection. `H` is what takes in the parts of an answer.
 */
export class PendingRequests<H> {
  readonly #entries = new Map<number, Entry<H>>()
  #nextId = 1

  get size(): number {
    return this.#entries.size
  }

  /** Registers a request under a new id, starts its clock and sends it. `send` may throw; the request is then rejected. */
  open<T>(options: PendingOptions, handle: (pending: Pending<T>) => H, send: (id: number) => void): Promise<T> {
    const { signal, subject, timeoutMs } = options
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        if (!this.#entries.delete(id)) return
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const giveUp = (error: unknown): void =>
        settle(() => {
          options.cancel?.(id)
          reject(error)
        })
      const onAbort = (): void => giveUp(new SwitchyardError('CANCELLED', `The request for ${subject} was cancelled.`))
      const timer = setTimeout(() => {
        giveUp(
          new SwitchyardError(
            'TWS_TIMEOUT',
            `TWS did not answer the request for ${subject} within ${timeoutMs / 1000} s.`,
            {
              hint: 'Check that TWS is logged in and its data farms are connected, then start the run again; it goes on where it stopped.',
            },
          ),
        )
      }, timeoutMs)
      const pending: Pending<T> = {
        id,
        subject,
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      }
      this.#entries.set(id, { reject: pending.reject, handlers: handle(pending) })
      if (signal?.aborted === true) {
        pending.reject(new SwitchyardError('CANCELLED', `The request for ${subject} was cancelled.`))
        return
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        send(id)
      } catch (thrown) {
        pending.reject(thrown)
      }
    })
  }

  /** What takes in the answer to this id while it waits; undefined for late or foreign answers, which are to be ignored. */
  handlers(id: number): H | undefined {
    return this.#entries.get(id)?.handlers
  }

  /** Rejects everything that waits, because the connection is gone. */
  rejectAll(error: unknown): void {
    for (const { reject } of this.#entries.values()) reject(error)
  }
}
