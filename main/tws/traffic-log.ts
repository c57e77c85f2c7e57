import type { PacingBudget, TrafficSample } from '#shared/contract/connection.ts'

export const SAMPLE_MS = 10_000
/** An hour. */
const MAX_SAMPLES = 360

/** The use of the budgets over the last hour, in stretches of ten seconds; of each the highest use is kept. */
export class TrafficLog {
  readonly #samples: TrafficSample[] = []

  /** Takes a look at the budget; call it whenever something was sent or answered. */
  note({ messages, smallBarRequests, openRequests, pace }: PacingBudget, nowMs: number): void {
    const atMs = Math.floor(nowMs / SAMPLE_MS) * SAMPLE_MS
    const last = this.#samples.at(-1)
    const isSame = last !== undefined && last.atMs === atMs
    const before = isSame ? last : { messagesPerSecond: 0, smallBarRequests: 0, openRequests: 0, pace: 1 }
    const sample: TrafficSample = {
      atMs,
      messagesPerSecond: Math.max(before.messagesPerSecond, messages.used),
      smallBarRequests: Math.max(before.smallBarRequests, smallBarRequests.used),
      openRequests: Math.max(before.openRequests, openRequests.used),
      pace: Math.min(before.pace, pace),
    }
    if (isSame) this.#samples[this.#samples.length - 1] = sample
    else this.#samples.push(sample)
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
  }

  /** Those of the last hour, oldest first. */
  samples(nowMs: number): readonly TrafficSample[] {
    const fromMs = nowMs - MAX_SAMPLES * SAMPLE_MS
    return this.#samples.filter(({ atMs }) => atMs >= fromMs)
  }
}
