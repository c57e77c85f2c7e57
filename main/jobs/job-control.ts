import type { ControlState } from '#shared/jobs/job.ts'

/** What the operator wants of a running job, as the job sees it. */
export interface JobControl {
  /** `pause` and `drain` come only to kinds that support them. */
  readonly state: ControlState
  /**
   * Resolves when the job may go on: at once when it runs or drains, else when it is resumed or drained. Ask before every
   * piece of new work, then look at `state`: a draining job begins none.
   *
   * Rejects with the signal's reason when that is aborted, also when it is already.
   */
  waitWhilePaused(signal: AbortSignal): Promise<void>
  /** Calls `listener` with every new state until the returned function is called. */
  onChange(listener: (state: ControlState) => void): () => void
}

/** The other end of a job's control: what the operator asks arrives here. */
export class OperatorControl implements JobControl {
  #state: ControlState
  readonly #listeners = new Set<(state: ControlState) => void>()
  readonly #onListenerError: (thrown: unknown) => void

  /** @param onListenerError gets what a listener throws; the others are called all the same. */
  constructor(state: ControlState, onListenerError: (thrown: unknown) => void) {
    this.#state = state
    this.#onListenerError = onListenerError
  }

  get state(): ControlState {
    return this.#state
  }

  /** Changes what is wanted and tells the job; does nothing when it is so already. */
  set(state: ControlState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) {
      try {
        listener(state)
      } catch (thrown) {
        this.#onListenerError(thrown)
      }
    }
  }

  onChange(listener: (state: ControlState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async waitWhilePaused(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    // It may be paused again before the one who waits has its turn.
    while (this.#state === 'pause') await this.#nextChange(signal)
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.onChange(() => {
        signal.removeEventListener('abort', onAbort)
        stop()
        resolve()
      })
      const onAbort = (): void => {
        stop()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
}
