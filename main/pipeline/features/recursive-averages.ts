/**
 * Averages that carry their last value forward: the exponential moving average and Wilder's smoothing. Each is seeded with the
 * plain mean of its first N inputs. A null input makes its row null, forgets what was carried, and the seed is taken anew from
 * the N inputs after it: a value never bridges a hole in the data.
 */

/**
 * Writes the exponential moving average of `values` to the first `rows` rows of `out`: the mean of the first `period` values,
 * then `previous + 2 / (period + 1) * (value - previous)`. Null before the seed.
 */
export function exponentialMovingAverage(values: Float64Array, rows: number, period: number, out: Float64Array): void {
  const alpha = 2 / (period + 1)
  let seen = 0
  let seed = 0
  let average = NaN
  for (let row = 0; row < rows; row++) {
    const value = values[row]
    if (value !== value) {
      seen = 0
      seed = 0
      out[row] = NaN
    } else if (seen >= period) {
      average += alpha * (value - average)
      out[row] = average
    } else {
      seen++
      seed += value
      average = seed / period
      out[row] = seen === period ? average : NaN
    }
  }
}

/**
 * Writes Wilder's relative strength index (0 to 100) of `close` to the first `rows` rows of `out`: `100 U / (U + D)` with U and
 * D the smoothed rises and falls from close to close. The first value is in row `period`. Null where neither has been above 0
 * since the seed began (0 / 0): a price that never moved has no relative strength.
 */
export function relativeStrengthIndex(close: Float64Array, rows: number, period: number, out: Float64Array): void {
  let previous = NaN
  let seen = 0
  let rise = 0
  let fall = 0
  for (let row = 0; row < rows; row++) {
    const change = close[row] - previous
    previous = close[row]
    if (change !== change) {
      seen = 0
      rise = 0
      fall = 0
      out[row] = NaN
      continue
    }
    const up = change > 0 ? change : 0
    const down = change < 0 ? -change : 0
    if (seen >= period) {
      rise = (rise * (period - 1) + up) / period
      fall = (fall * (period - 1) + down) / period
    } else {
      seen++
      rise += up
      fall += down
      if (seen < period) {
        out[row] = NaN
        continue
      }
      rise /= period
      fall /= period
    }
    out[row] = (100 * rise) / (rise + fall)
  }
}

/**
 * Writes Wilder's smoothing of `values` to the first `rows` rows of `out`: the mean of the first `period` values, then
 * `(previous * (period - 1) + value) / period`. Null before the seed.
 */
export function wilderAverage(values: Float64Array, rows: number, period: number, out: Float64Array): void {
  let seen = 0
  let average = 0
  for (let row = 0; row < rows; row++) {
    const value = values[row]
    if (value !== value) {
      seen = 0
      average = 0
      out[row] = NaN
    } else if (seen >= period) {
      average = (average * (period - 1) + value) / period
      out[row] = average
    } else {
      seen++
      average += value
      if (seen === period) average /= period
      out[row] = seen === period ? average : NaN
    }
  }
}

/**
 * Writes Wilder's directional indicator (0 to 100) to the first `rows` rows of `out`: `100 M / T` with M and T the smoothed
 * directional movement and true range. A row in which either is null restarts both, so that they always cover the same rows.
 * Null before the seed and while T is 0 (0 / 0): a price that never moved has no direction.
 */
export function directionalIndicator(
  movement: Float64Array,
  trueRange: Float64Array,
  rows: number,
  period: number,
  out: Float64Array,
): void {
  let seen = 0
  let moved = 0
  let ranged = 0
  for (let row = 0; row < rows; row++) {
    const move = movement[row]
    const range = trueRange[row]
    if (move !== move || range !== range) {
      seen = 0
      moved = 0
      ranged = 0
      out[row] = NaN
      continue
    }
    if (seen >= period) {
      moved = (moved * (period - 1) + move) / period
      ranged = (ranged * (period - 1) + range) / period
    } else {
      seen++
      moved += move
      ranged += range
      if (seen < period) {
        out[row] = NaN
        continue
      }
      moved /= period
      ranged /= period
    }
    out[row] = (100 * moved) / ranged
  }
}
