import type { EngineEvent } from '#shared/contract/contract.ts'

/** Hands events to whoever listens at the moment. A listener that throws does not keep the others from hearing. */
export class EventBus {
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  readonly #onListenerError: (thrown: unknown) => void

  constructor(onListenerError: (thrown: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  publish(event: EngineEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (thrown) {
        this.#onListenerError(thrown)
      }
    }
  }

  /** Listens until the returned function is called. */
  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Events as they happen from this call on, until `signal` aborts or the consumer stops.
   *
   * A consumer that does not keep up does not make the queue grow without end: of a job, a layer or the connection only the
   * newest state waits.
   */
  stream(signal: AbortSignal): AsyncGenerator<EngineEvent, void> {
    const waiting = new Map<string, EngineEvent>()
    let wake = Promise.withResolvers<void>()
    const unsubscribe = this.subscribe((event) => {
      const key = keyOf(event)
      waiting.delete(key)
      waiting.set(key, event)
      wake.resolve()
    })
    // Also ends the subscription of a stream that nobody ever reads from.
    const stop = (): void => {
      unsubscribe()
      wake.resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
    return (async function* (): AsyncGenerator<EngineEvent, void> {
      try {
        while (!signal.aborted) {
          for (const [key, event] of waiting) {
            waiting.delete(key)
            yield event
          }
          await wake.promise
          wake = Promise.withResolvers<void>()
        }
      } finally {
        stop()
        signal.removeEventListener('abort', stop)
      }
    })()
  }
}

function keyOf(event: EngineEvent): string {
  if (event.kind === 'job') return `job ${event.job.id}`
  return event.kind === 'layer' ? `layer ${event.layer}` : event.kind
}
