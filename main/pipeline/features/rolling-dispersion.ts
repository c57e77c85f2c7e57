/**
 * Mean and standard deviation over a moving window in constant time a row, without a running sum that drifts.
 *
 * Rows are taken in blocks of one window's length. Every window that ends in a block contains the block's first row, the
 * anchor: the window is a run of rows before the anchor followed by a run of rows from it. Sums over the first run are made
 * once a block, backwards from the anchor, sums over the second grow as the block is walked, and a window's sum is one of each
 * (the scheme of van Herk 1992 and Gil & Werman 1993 for running maxima, applied to sums). Nothing is ever subtracted from a
 * sum, so a row depends on its own window only, and a null reaches exactly the windows that hold it.
 *
 * Sums are of differences from the anchor's value. The anchor lies in the window, hence its distance from the window's mean is
 * at most sqrt(length - 1) standard deviations (Samuelson 1968) and `Σd² - (Σd)²/n` cancels at most a factor of the length,
 * whatever the level of the series. A constant window gives exactly 0.
 */

/** Working memory for one window length. */
interface WindowScratch {
  readonly sum: Float64Array
  readonly squares: Float64Array
}

/** Working memory for windows of `length` rows. */
export function windowScratch(length: number): WindowScratch {
  return { sum: new Float64Array(length), squares: new Float64Array(length) }
}

/** Working memory of a weighted mean. */
interface WeightedScratch {
  readonly weighted: Float64Array
  readonly weight: Float64Array
}

/** Working memory for weighted means over windows of `length` rows. */
export function weightedScratch(length: number): WeightedScratch {
  return { weighted: new Float64Array(length), weight: new Float64Array(length) }
}

/** Fills `scratch` so that entry k holds the sums over the rows `anchor - length + 1 + k` to `anchor - 1`. */
function sumBeforeAnchor(values: Float64Array, anchor: number, length: number, scratch: WindowScratch): void {
  const origin = values[anchor]
  let sum = 0
  let squares = 0
  scratch.sum[length - 1] = 0
  scratch.squares[length - 1] = 0
  for (let k = length - 2, row = anchor - 1; k >= 0; k--, row--) {
    const difference = values[row] - origin
    sum += difference
    squares += difference * difference
    scratch.sum[k] = sum
    scratch.squares[k] = squares
  }
}

/**
 * Writes the mean of `values[i - length + 1 .. i]` to `out[i]` for the first `rows` rows; null in the first `length - 1` rows
 * and where the window holds a null. The mean of a constant window is exactly its value. `length` is at least 1.
 */
export function rollingMean(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: WindowScratch,
  out: Float64Array,
): void {
  out.fill(NaN, 0, Math.min(length - 1, rows))
  for (let anchor = length - 1; anchor < rows; anchor += length) {
    sumBeforeAnchor(values, anchor, length, scratch)
    const origin = values[anchor]
    const end = Math.min(anchor + length, rows)
    let sumFrom = 0
    for (let row = anchor, k = 0; row < end; row++, k++) {
      sumFrom += values[row] - origin
      out[row] = origin + (scratch.sum[k] + sumFrom) / length
    }
  }
}

/**
 * Writes the sample standard deviation (divisor `length - 1`) of `values[i - length + 1 .. i]` to `out[i]` for the first `rows`
 * rows; null in the first `length - 1` rows and where the window holds a null. `length` is at least 2.
 */
export function rollingSampleDeviation(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: WindowScratch,
  out: Float64Array,
): void {
  rollingDeviation(values, rows, length, length - 1, scratch, out)
}

/** As {@link rollingSampleDeviation}, but the population standard deviation (divisor `length`). */
export function rollingPopulationDeviation(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: WindowScratch,
  out: Float64Array,
): void {
  rollingDeviation(values, rows, length, length, scratch, out)
}

function rollingDeviation(
  values: Float64Array,
  rows: number,
  length: number,
  divisor: number,
  scratch: WindowScratch,
  out: Float64Array,
): void {
  out.fill(NaN, 0, Math.min(length - 1, rows))
  for (let anchor = length - 1; anchor < rows; anchor += length) {
    sumBeforeAnchor(values, anchor, length, scratch)
    const origin = values[anchor]
    const end = Math.min(anchor + length, rows)
    let sumFrom = 0
    let squaresFrom = 0
    for (let row = anchor, k = 0; row < end; row++, k++) {
      const difference = values[row] - origin
      sumFrom += difference
      squaresFrom += difference * difference
      const sum = scratch.sum[k] + sumFrom
      const variance = (scratch.squares[k] + squaresFrom - (sum * sum) / length) / divisor
      out[row] = Math.sqrt(Math.max(0, variance))
    }
  }
}

/**
 * Writes `(values[i] - mean) / sigma` over `values[i - length + 1 .. i]` to `out[i]` for the first `rows` rows, sigma being the
 * population standard deviation (divisor `length`); null in the first `length - 1` rows, where the window holds a null, and
 * where it is constant. `length` is at least 2.
 */
export function rollingPopulationZScore(
  values: Float64Array,
  rows: number,
  length: number,
  scratch: WindowScratch,
  out: Float64Array,
): void {
  out.fill(NaN, 0, Math.min(length - 1, rows))
  for (let anchor = length - 1; anchor < rows; anchor += length) {
    sumBeforeAnchor(values, anchor, length, scratch)
    const origin = values[anchor]
    const end = Math.min(anchor + length, rows)
    let sumFrom = 0
    let squaresFrom = 0
    for (let row = anchor, k = 0; row < end; row++, k++) {
      const difference = values[row] - origin
      sumFrom += difference
      squaresFrom += difference * difference
      const mean = (scratch.sum[k] + sumFrom) / length
      const variance = (scratch.squares[k] + squaresFrom) / length - mean * mean
      out[row] = variance > 0 ? (difference - mean) / Math.sqrt(variance) : NaN
    }
  }
}

/**
 * Writes the mean of `values[i - length + 1 .. i]` weighted by `weights` (0 or more) of the same rows to `out[i]` for the first
 * `rows` rows; null in the first `length - 1` rows, where the window holds a null of either, and where its weights sum to 0.
 * `length` is at least 1.
 */
export function rollingWeightedMean(
  values: Float64Array,
  weights: Float64Array,
  rows: number,
  length: number,
  scratch: WeightedScratch,
  out: Float64Array,
): void {
  out.fill(NaN, 0, Math.min(length - 1, rows))
  for (let anchor = length - 1; anchor < rows; anchor += length) {
    const origin = values[anchor]
    let weighted = 0
    let weight = 0
    scratch.weighted[length - 1] = 0
    scratch.weight[length - 1] = 0
    for (let k = length - 2, row = anchor - 1; k >= 0; k--, row--) {
      weighted += (values[row] - origin) * weights[row]
      weight += weights[row]
      scratch.weighted[k] = weighted
      scratch.weight[k] = weight
    }
    const end = Math.min(anchor + length, rows)
    weighted = 0
    weight = 0
    for (let row = anchor, k = 0; row < end; row++, k++) {
      weighted += (values[row] - origin) * weights[row]
      weight += weights[row]
      out[row] = origin + (scratch.weighted[k] + weighted) / (scratch.weight[k] + weight)
    }
  }
}
