/**
 * A sketch of the distribution of any number of values, for quantiles and histograms.
 *
 * Up to {@link EXACT_LIMIT} values that are not zero it keeps them all and answers exactly. Beyond that it counts them in
 * log-linear bins (as HdrHistogram does; DDSketch's guarantee): every power of two is cut into 2^bits bins of equal width, for
 * each sign, beside a bin for zero. A value that is read back is the middle of its bin, off by at most a share of 2^-(bits+1) of itself;
 * below 2.2e-308 numbers are denormal and only the absolute error is small. Minimum and maximum are exact.
 *
 * What a sketch holds depends on the values alone, not on their order or on which sketches were merged: merging is exactly
 * associative and commutative.
 */

/** Number of values beside zero up to which a sketch is exact. */
export const EXACT_LIMIT = 256

const word = new Float64Array(1)
const halves = new Uint32Array(word.buffer)
/** Place of the half with sign, exponent and the first 20 bits of the mantissa. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0

export interface SketchData {
  readonly bits: number
  readonly zeros: number
  /** Null without values beside zero. */
  readonly min: number | null
  readonly max: number | null
  /** All values beside zero, ascending; null when they were too many. */
  readonly exact: readonly number[] | null
  /** Bin and count in turn, ascending by bin; empty while the sketch is exact. */
  readonly negative: readonly number[]
  readonly positive: readonly number[]
}

/** A bin of a histogram: values v with `from <= v < to` above zero, `from < v <= to` below; `from = to = 0` is zero itself. */
export interface HistogramBin {
  readonly from: number
  readonly to: number
  readonly count: number
}

export class LogSketch {
  readonly #bits: number
  readonly #shift: number
  #zeros = 0
  #kept = 0
  #min = Infinity
  #max = -Infinity
  /** Undefined once the values are in bins. */
  #exact: Float64Array | undefined = new Float64Array(0)
  readonly #negative = new Bins()
  readonly #positive = new Bins()

  /** @param bits 1 to 12; 6 keeps quantiles within 0.8 %. */
  constructor(bits = 6) {
    this.#bits = bits
    this.#shift = 20 - bits
  }

  static from(data: SketchData): LogSketch {
    const sketch = new LogSketch(data.bits)
    sketch.#zeros = data.zeros
    sketch.#min = data.min ?? Infinity
    sketch.#max = data.max ?? -Infinity
    sketch.#exact = data.exact === null ? undefined : Float64Array.from(data.exact)
    sketch.#kept = data.exact?.length ?? 0
    for (const [bins, pairs] of [
      [sketch.#negative, data.negative],
      [sketch.#positive, data.positive],
    ] as const) {
      for (let i = 0; i < pairs.length; i += 2) {
        bins.add(pairs[i], pairs[i + 1])
        sketch.#kept += pairs[i + 1]
      }
    }
    return sketch
  }

  toData(): SketchData {
    return {
      bits: this.#bits,
      zeros: this.#zeros,
      min: this.#kept === 0 ? null : this.#min,
      max: this.#kept === 0 ? null : this.#max,
      exact: this.#exact === undefined ? null : [...this.#sorted()],
      negative: this.#negative.pairs(),
      positive: this.#positive.pairs(),
    }
  }

  get count(): number {
    return this.#zeros + this.#kept
  }

  get zeros(): number {
    return this.#zeros
  }

  /** Relative error of a quantile; 0 while the sketch is exact. */
  get relativeError(): number {
    return this.#exact === undefined ? 2 ** -(this.#bits + 1) : 0
  }

  /** NaN without values. */
  get min(): number {
    if (this.count === 0) return NaN
    return this.#zeros > 0 ? Math.min(0, this.#min) : this.#min
  }

  get max(): number {
    if (this.count === 0) return NaN
    return this.#zeros > 0 ? Math.max(0, this.#max) : this.#max
  }

  addZeros(times: number): void {
    this.#zeros += times
  }

  /** Adds one finite value. */
  add(value: number): void {
    if (value === 0) {
      this.#zeros++
      return
    }
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    const kept = this.#kept++
    const exact = this.#exact
    if (exact === undefined) {
      word[0] = value
      const high = halves[HIGH]
      if (value > 0) this.#positive.increment(high >>> this.#shift)
      else this.#negative.increment((high & 0x7fffffff) >>> this.#shift)
      return
    }
    if (kept === EXACT_LIMIT) {
      this.#moveToBins(kept)
      this.#count(value, 1)
      return
    }
    if (kept === exact.length) {
      const larger = new Float64Array(Math.max(8, 2 * kept))
      larger.set(exact)
      this.#exact = larger
      larger[kept] = value
    } else exact[kept] = value
  }

  /** Adds everything that `other` has; both must have the same bits. */
  merge(other: LogSketch): void {
    this.#zeros += other.#zeros
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
    const kept = this.#kept + other.#kept
    if (other.#exact !== undefined && this.#exact !== undefined && kept <= EXACT_LIMIT) {
      const both = new Float64Array(kept)
      both.set(this.#exact.subarray(0, this.#kept))
      both.set(other.#exact.subarray(0, other.#kept), this.#kept)
      this.#exact = both
      this.#kept = kept
      return
    }
    if (this.#exact !== undefined) this.#moveToBins(this.#kept)
    if (other.#exact === undefined) {
      this.#negative.merge(other.#negative)
      this.#positive.merge(other.#positive)
    } else {
      for (let i = 0; i < other.#kept; i++) this.#count(other.#exact[i], 1)
    }
    this.#kept = kept
  }

  /**
   * The smallest value that at least a share `q` of all values do not exceed (0 <= q <= 1); NaN without values. 0 gives the
   * minimum, 1 the maximum.
   */
  quantile(q: number): number {
    return valueAt(this.weighted(), this.#rank(q), this.min, this.max)
  }

  /** The same of the sizes of the values, without their signs. */
  sizeQuantile(q: number): number {
    const most = Math.max(Math.abs(this.min), Math.abs(this.max))
    const { values, weights } = this.weighted()
    const order = Array.from(values, (_value, i) => i).sort((a, b) => Math.abs(values[a]) - Math.abs(values[b]))
    const sizes = {
      values: Float64Array.from(order, (i) => Math.abs(values[i])),
      weights: Float64Array.from(order, (i) => weights[i]),
    }
    return valueAt(sizes, this.#rank(q), sizes.values[0], most)
  }

  #rank(q: number): number {
    return Math.max(1, Math.ceil(q * this.count - 1e-9))
  }

  /** As {@link weighted} of a sketch that is not exact: what two sketches have in the same bin has the same value in both. */
  binned(): WeightedValues {
    const copy = LogSketch.from(this.toData())
    if (copy.#exact !== undefined) copy.#moveToBins(copy.#kept)
    copy.#min = -Infinity
    copy.#max = Infinity
    return copy.weighted()
  }

  /** Values ascending, each with how often it is there; the middle of its bin where the sketch is not exact. */
  weighted(): WeightedValues {
    const values: number[] = []
    const weights: number[] = []
    const put = (value: number, weight: number): void => {
      values.push(Math.min(this.#max, Math.max(this.#min, value)))
      weights.push(weight)
    }
    const zeros = (): void => {
      if (this.#zeros === 0) return
      values.push(0)
      weights.push(this.#zeros)
    }
    if (this.#exact !== undefined) {
      const sorted = this.#sorted()
      let i = 0
      for (; i < sorted.length && sorted[i] < 0; i++) put(sorted[i], 1)
      zeros()
      for (; i < sorted.length; i++) put(sorted[i], 1)
    } else {
      const below = this.#negative.pairs()
      for (let i = below.length - 2; i >= 0; i -= 2) put(-this.#middle(below[i]), below[i + 1])
      zeros()
      const above = this.#positive.pairs()
      for (let i = 0; i < above.length; i += 2) put(this.#middle(above[i]), above[i + 1])
    }
    return { values: Float64Array.from(values), weights: Float64Array.from(weights) }
  }

  /**
   * Histogram with bins from one power of two to the next, those that hold something, ascending; counts are exact. A difference
   * of a cent is far from an edge, whatever its rounding; those of 0.25, 0.5, 1 and so on are edges, and there rounding decides.
   */
  histogram(): readonly HistogramBin[] {
    const below = new Map<number, number>()
    const above = new Map<number, number>()
    const put = (bins: Map<number, number>, exponent: number, count: number): void =>
      void bins.set(exponent, (bins.get(exponent) ?? 0) + count)
    if (this.#exact !== undefined) {
      for (const value of this.#exact.subarray(0, this.#kept)) {
        word[0] = Math.abs(value)
        put(value < 0 ? below : above, halves[HIGH] >>> 20, 1)
      }
    }
    for (const [bins, fine] of [
      [below, this.#negative.pairs()],
      [above, this.#positive.pairs()],
    ] as const) {
      for (let i = 0; i < fine.length; i += 2) put(bins, fine[i] >>> this.#bits, fine[i + 1])
    }
    const ascending = (bins: Map<number, number>): [number, number][] => [...bins].sort(([a], [b]) => a - b)
    return [
      ...ascending(below)
        .reverse()
        .map(([exponent, count]) => ({ from: -edge(exponent + 1), to: -edge(exponent), count })),
      ...(this.#zeros === 0 ? [] : [{ from: 0, to: 0, count: this.#zeros }]),
      ...ascending(above).map(([exponent, count]) => ({ from: edge(exponent), to: edge(exponent + 1), count })),
    ]
  }

  #sorted(): Float64Array {
    return (this.#exact ?? new Float64Array(0)).slice(0, this.#kept).sort()
  }

  #moveToBins(kept: number): void {
    const exact = this.#exact ?? new Float64Array(0)
    this.#exact = undefined
    for (let i = 0; i < kept; i++) this.#count(exact[i], 1)
  }

  #count(value: number, times: number): void {
    word[0] = value
    const bin = (halves[HIGH] & 0x7fffffff) >>> this.#shift
    if (value > 0) this.#positive.add(bin, times)
    else this.#negative.add(bin, times)
  }

  #middle(bin: number): number {
    const from = this.#lower(bin)
    const to = this.#lower(bin + 1)
    return to === Infinity ? from : from + (to - from) / 2
  }

  #lower(bin: number): number {
    halves[HIGH] = (bin << this.#shift) >>> 0
    halves[1 - HIGH] = 0
    return word[0]
  }
}

/** Values ascending, each with how often it is there. */
export interface WeightedValues {
  readonly values: Float64Array
  readonly weights: Float64Array
}

function valueAt({ values, weights }: WeightedValues, rank: number, min: number, max: number): number {
  if (values.length === 0) return NaN
  let passed = 0
  let i = 0
  for (; i < values.length - 1; i++) {
    passed += weights[i]
    if (passed >= rank) break
  }
  const isLast = i === values.length - 1
  const total = passed + (isLast ? weights[i] : 0)
  if (isLast && rank >= total) return max
  if (rank <= 1) return min
  return Math.min(max, Math.max(min, values[i]))
}

/** Lower edge of the numbers with this biased exponent; denormals reach down to zero. */
function edge(exponent: number): number {
  if (exponent === 0) return 0
  return exponent > 2046 ? Number.MAX_VALUE : 2 ** (exponent - 1023)
}

const ROOM = 16

/** Counts by bin number, dense between the lowest and the highest bin seen. */
class Bins {
  #offset = 0
  #counts = new Float64Array(0)

  increment(bin: number): void {
    const at = bin - this.#offset
    if (at >= 0 && at < this.#counts.length) this.#counts[at]++
    else this.add(bin, 1)
  }

  add(bin: number, times: number): void {
    this.#cover(bin, bin)
    this.#counts[bin - this.#offset] += times
  }

  merge(other: Bins): void {
    if (other.#counts.length === 0) return
    this.#cover(other.#offset, other.#offset + other.#counts.length - 1)
    const shift = other.#offset - this.#offset
    for (let i = 0; i < other.#counts.length; i++) this.#counts[shift + i] += other.#counts[i]
  }

  pairs(): number[] {
    const pairs: number[] = []
    for (let i = 0; i < this.#counts.length; i++) if (this.#counts[i] > 0) pairs.push(this.#offset + i, this.#counts[i])
    return pairs
  }

  #cover(from: number, to: number): void {
    const { length } = this.#counts
    if (length > 0 && from >= this.#offset && to < this.#offset + length) return
    const end = this.#offset + length
    // Room for some neighbours, so that a slow spread does not copy every time.
    const first = length > 0 && from >= this.#offset ? this.#offset : Math.max(0, from - ROOM)
    const last = length > 0 && to < end ? end - 1 : to + ROOM
    const larger = new Float64Array(last - first + 1)
    if (length > 0) larger.set(this.#counts, this.#offset - first)
    this.#offset = first
    this.#counts = larger
  }
}
