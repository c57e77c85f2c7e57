import type { RequestPurpose } from '#main/stores/raw-types.ts'
import type { IngestPiece } from './plan-ingest.ts'

export interface IngestItem {
  readonly piece: IngestPiece
  readonly purpose: RequestPurpose
  /** 1 for the first try. */
  readonly attempt: number
  /** Not before this moment, milliseconds; 0 for at once. */
  readonly notBeforeMs: number
}

/**
 * Pieces that are still to be asked for. Workers take them until there are none and none can come back: a piece that is being worked on
 * may be put in again, as a whole or in parts.
 */
export class IngestQueue {
  readonly #nowMs: () => number
  #items: IngestItem[]
  #working = 0
  #changed = Promise.withResolvers<void>()

  constructor(items: readonly IngestItem[], nowMs: () => number) {
    this.#items = [...items]
    this.#nowMs = nowMs
  }

  /** Whether nothing is left and nothing can come back. */
  get isExhausted(): boolean {
    return this.#items.length === 0 && this.#working === 0
  }

  /** Sessions that nobody works on yet. */
  get sessionsLeft(): number {
    return this.#items.reduce((sum, { piece }) => sum + piece.sessions.length, 0)
  }

  /**
   * The next piece, as soon as there is one; undefined when there will be none, or when `mayTake` says that none is to be taken any
   * more (`wake` makes it look again). Rejects when `signal` aborts.
   */
  async take(signal: AbortSignal, mayTake: () => boolean = () => true): Promise<IngestItem | undefined> {
    for (;;) {
      signal.throwIfAborted()
      if (!mayTake()) return undefined
      const nowMs = this.#nowMs()
      const at = this.#items.findIndex(({ notBeforeMs }) => notBeforeMs <= nowMs)
      if (at >= 0) {
        this.#working++
        return this.#items.splice(at, 1)[0]
      }
      if (this.isExhausted) return undefined
      const dueMs = Math.min(...this.#items.map(({ notBeforeMs }) => notBeforeMs))
      await this.#waitForChange(Number.isFinite(dueMs) ? Math.max(1, dueMs - nowMs) : undefined, signal)
    }
  }

  /** The work on a taken piece is over; what was to be put in again was put in before. */
  done(): void {
    this.#working--
    this.wake()
  }

  /** Puts a piece in, before those that have not been asked for yet, so that a session is finished before others are begun. */
  again(item: IngestItem): void {
    this.#items.unshift(item)
    this.wake()
  }

  /** Takes out every piece of a symbol and returns their sessions. */
  takeAllOf(symbol: string): readonly IngestItem[] {
    const taken = this.#items.filter(({ piece }) => piece.symbol === symbol)
    this.#items = this.#items.filter(({ piece }) => piece.symbol !== symbol)
    this.wake()
    return taken
  }

  /** Wakes everyone who waits, so that they look again. */
  wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  async #waitForChange(ms: number | undefined, signal: AbortSignal): Promise<void> {
    const { promise: woken, resolve } = Promise.withResolvers<void>()
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
    const onAbort = (): void => resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([this.#changed.promise, woken])
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
  }
}
