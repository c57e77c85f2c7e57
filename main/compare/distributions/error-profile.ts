import type { ErrorSummary } from '#shared/jobs/error-summary.ts'
import { LogSketch, type SketchData } from './log-sketch.ts'

/** Moments of pairs (old, new) and their differences, in the form in which they are stored. */
export interface ProfileData {
  readonly sketch: SketchData
  /** Count, means of old and new, sums of squares and products about the means. */
  readonly pairs: readonly [n: number, meanOld: number, meanNew: number, m2Old: number, m2New: number, cOldNew: number]
  /** Sums of differences, of their sizes and of their squares. */
  readonly sums: readonly [signed: number, absolute: number, squared: number]
}

/**
 * The distribution of the differences new - old of one field over some minutes, with bias, MAE, RMSE and the correlation of the two
 * sides. Profiles of disjoint minutes merge into the profile of all of them.
 *
 * Moments: a block is centred on its own means (two passes), blocks are joined by the formula of Chan, Golub and LeVeque (1983,
 * "Algorithms for computing the sample variance"); sums are compensated (Neumaier 1974).
 */
export class ErrorProfile {
  readonly #sketch: LogSketch
  #n = 0
  #meanOld = 0
  #meanNew = 0
  #m2Old = 0
  #m2New = 0
  #cOldNew = 0
  readonly #signed = new CompensatedSum()
  readonly #absolute = new CompensatedSum()
  readonly #squared = new CompensatedSum()

  constructor(sketch = new LogSketch()) {
    this.#sketch = sketch
  }

  static from({ sketch, pairs, sums }: ProfileData): ErrorProfile {
    const profile = new ErrorProfile(LogSketch.from(sketch))
    ;[profile.#n, profile.#meanOld, profile.#meanNew, profile.#m2Old, profile.#m2New, profile.#cOldNew] = pairs
    profile.#signed.add(sums[0])
    profile.#absolute.add(sums[1])
    profile.#squared.add(sums[2])
    return profile
  }

  toData(): ProfileData {
    return {
      sketch: this.#sketch.toData(),
      pairs: [this.#n, this.#meanOld, this.#meanNew, this.#m2Old, this.#m2New, this.#cOldNew],
      sums: [this.#signed.value, this.#absolute.value, this.#squared.value],
    }
  }

  get count(): number {
    return this.#n
  }

  get sketch(): LogSketch {
    return this.#sketch
  }

  /** Adds one minute; a pair without a finite difference is left out. */
  add(old: number, fresh: number): void {
    const difference = fresh - old
    if (!(Math.abs(difference) < Infinity)) return
    this.#sketch.add(difference)
    if (difference !== 0) {
      this.#signed.add(difference)
      this.#absolute.add(Math.abs(difference))
      this.#squared.add(difference * difference)
    }
    const n = ++this.#n
    const fromOld = old - this.#meanOld
    const fromNew = fresh - this.#meanNew
    this.#meanOld += fromOld / n
    this.#meanNew += fromNew / n
    const fromNewMean = fresh - this.#meanNew
    this.#m2Old += fromOld * (old - this.#meanOld)
    this.#m2New += fromNew * fromNewMean
    this.#cOldNew += fromOld * fromNewMean
  }

  /** Adds the minutes `0 <= i < count` of two columns. */
  addColumns(old: Float64Array, fresh: Float64Array, count: number): void {
    const sketch = this.#sketch
    let n = 0
    let zeros = 0
    let sumOld = 0
    let sumNew = 0
    let signed = 0
    let absolute = 0
    let squared = 0
    for (let i = 0; i < count; i++) {
      const a = old[i]
      const b = fresh[i]
      const difference = b - a
      if (difference === 0) zeros++
      else {
        const size = Math.abs(difference)
        if (!(size < Infinity)) continue
        sketch.add(difference)
        signed += difference
        absolute += size
        squared += difference * difference
      }
      n++
      sumOld += a
      sumNew += b
    }
    if (n === 0) return
    sketch.addZeros(zeros)
    if (zeros < n) {
      this.#signed.add(signed)
      this.#absolute.add(absolute)
      this.#squared.add(squared)
    }
    const meanOld = sumOld / n
    const meanNew = sumNew / n
    let m2Old = 0
    let m2New = 0
    let cOldNew = 0
    if (n === count) {
      for (let i = 0; i < count; i++) {
        const a = old[i] - meanOld
        const b = fresh[i] - meanNew
        m2Old += a * a
        m2New += b * b
        cOldNew += a * b
      }
    } else {
      for (let i = 0; i < count; i++) {
        if (!(Math.abs(fresh[i] - old[i]) < Infinity)) continue
        const a = old[i] - meanOld
        const b = fresh[i] - meanNew
        m2Old += a * a
        m2New += b * b
        cOldNew += a * b
      }
    }
    this.#join(n, meanOld, meanNew, m2Old, m2New, cOldNew)
  }

  merge(other: ErrorProfile): void {
    this.#sketch.merge(other.#sketch)
    this.#signed.add(other.#signed.value)
    this.#absolute.add(other.#absolute.value)
    this.#squared.add(other.#squared.value)
    this.#join(other.#n, other.#meanOld, other.#meanNew, other.#m2Old, other.#m2New, other.#cOldNew)
  }

  #join(n: number, meanOld: number, meanNew: number, m2Old: number, m2New: number, cOldNew: number): void {
    if (n === 0) return
    const own = this.#n
    const all = own + n
    const fromOld = meanOld - this.#meanOld
    const fromNew = meanNew - this.#meanNew
    const weight = (own / all) * n
    this.#m2Old += m2Old + fromOld * fromOld * weight
    this.#m2New += m2New + fromNew * fromNew * weight
    this.#cOldNew += cOldNew + fromOld * fromNew * weight
    this.#meanOld += (fromOld * n) / all
    this.#meanNew += (fromNew * n) / all
    this.#n = all
  }

  summary(): ErrorSummary {
    const n = this.#n
    const sketch = this.#sketch
    const perMinute = (sum: number): number | null => (n === 0 ? null : finite(sum / n))
    const meanSquare = perMinute(this.#squared.value)
    const spread = Math.sqrt(this.#m2Old) * Math.sqrt(this.#m2New)
    const correlation = spread > 0 ? finite(this.#cOldNew / spread) : null
    const of = (q: number): number | null => finite(sketch.quantile(q))
    const size = (q: number): number | null => finite(sketch.sizeQuantile(q))
    return {
      count: n,
      zeros: sketch.zeros,
      bias: perMinute(this.#signed.value),
      mae: perMinute(this.#absolute.value),
      rmse: meanSquare === null ? null : Math.sqrt(meanSquare),
      correlation: correlation === null ? null : Math.min(1, Math.max(-1, correlation)),
      signed: {
        min: finite(sketch.min),
        p01: of(0.01),
        p50: of(0.5),
        p90: of(0.9),
        p99: of(0.99),
        max: finite(sketch.max),
      },
      absolute: { p50: size(0.5), p90: size(0.9), p99: size(0.99), max: size(1) },
      relativeError: sketch.relativeError,
    }
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Neumaier's sum: the error does not grow with the number of summands. */
class CompensatedSum {
  #sum = 0
  #lost = 0

  add(value: number): void {
    const sum = this.#sum + value
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum
    this.#sum = sum
  }

  get value(): number {
    const value = this.#sum + this.#lost
    return value === value ? value : this.#sum
  }
}
