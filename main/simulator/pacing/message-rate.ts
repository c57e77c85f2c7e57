import type { PacingLimits } from './pacing-limits.ts'

/** What becomes of a message. */
export type MessageVerdict =
  | { readonly kind: 'admitted' }
  /** One message too many: `received` in the window, the connection's `strike`th window with too many. */
  | { readonly kind: 'strike'; readonly received: number; readonly strike: number }
  /** A further message of a window that is over its limit already. */
  | { readonly kind: 'dropped' }
  /** There is room for it at `atMs`, not earlier. */
  | { readonly kind: 'queued'; readonly atMs: number }

/**
 * The limit on messages of one connection. Over it TWS sends error 100 and does not carry the message out; it tells so once a
 * window, as public logs show for bursts of hundreds (`max=50 rec=651 (1)`), and closes the connection after the third. Or,
 * by a setting, it lets the messages wait.
 */
export class MessageRate {
  #admitted: number[] = []
  #received: number[] = []
  #strikes = 0
  #lastStrikeMs = -Infinity

  /** Counts a message that arrives now. Times must not go back. */
  admit(atMs: number, limits: PacingLimits): MessageVerdict {
    const { messages, messageWindowMs: windowMs } = limits
    const isRecent = (seenMs: number): boolean => atMs - seenMs < windowMs
    if (limits.messageOverflow === 'queue') {
      this.#admitted = this.#admitted.slice(-messages)
      const waits = this.#admitted.length < messages ? atMs : Math.max(atMs, this.#admitted[0] + windowMs)
      // Nothing overtakes what is waiting already.
      const dueMs = Math.max(waits, this.#admitted.at(-1) ?? atMs)
      this.#admitted.push(dueMs)
      return dueMs > atMs ? { kind: 'queued', atMs: dueMs } : { kind: 'admitted' }
    }
    this.#received = this.#received.filter(isRecent)
    this.#received.push(atMs)
    if (this.#received.length <= messages) return { kind: 'admitted' }
    if (isRecent(this.#lastStrikeMs)) return { kind: 'dropped' }
    this.#lastStrikeMs = atMs
    return { kind: 'strike', received: this.#received.length, strike: ++this.#strikes }
  }
}
