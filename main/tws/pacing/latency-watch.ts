/** Answers that are judged together. */
const WINDOW = 15
/** How many windows the baseline looks back: 300 answers. */
const BASELINE_WINDOWS = 20
/** Latency that is no more than this above the baseline is never slow, so that a fast TWS is not slowed down for jitter. */
const JITTER_MS = 1_000

/**
 * Whether answers have become slow. The latencies of 15 answers in a row have a median, which a few outliers do not move; the
 * baseline is the lowest such median of the last 300 answers. A median above `slowFactor` times the baseline, and more than a
 * second above it, is slow. The baseline forgets, so that a TWS that has become slower for good is not held against its best
 * hour for ever.
 */
export class LatencyWatch {
  readonly #slowFactor: number
  #latencies: number[] = []
  readonly #medians: number[] = []
  #slowAboveMs = Infinity

  constructor(slowFactor: number) {
    this.#slowFactor = slowFactor
  }

  /** Latency above which an answer is slow, milliseconds; Infinity until there is a baseline. */
  get slowAboveMs(): number {
    return this.#slowAboveMs
  }

  /** Takes in one latency. `isGood` is about this answer, `hasBecomeSlow` about the 15 that it completes. */
  add(latencyMs: number): { readonly isGood: boolean; readonly hasBecomeSlow: boolean } {
    const isGood = latencyMs <= this.#slowAboveMs
    this.#latencies.push(latencyMs)
    if (this.#latencies.length < WINDOW) return { isGood, hasBecomeSlow: false }
    const median = this.#latencies.toSorted((a, b) => a - b)[(WINDOW - 1) / 2]
    const hasBecomeSlow = median > this.#slowAboveMs
    this.#latencies = []
    this.#medians.push(median)
    if (this.#medians.length > BASELINE_WINDOWS) this.#medians.shift()
    const baseline = Math.min(...this.#medians)
    this.#slowAboveMs = Math.max(baseline * this.#slowFactor, baseline + JITTER_MS)
    return { isGood, hasBecomeSlow }
  }
}
