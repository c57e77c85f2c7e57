/** What the MAD of a normal distribution must be multiplied by to give its standard deviation: 1 / Phi^-1(3/4). */
const NORMAL_FACTOR = 1.4826

/** The same for the 90th percentile of the absolute deviations: 1 / Phi^-1(0.95). */
const TAIL_FACTOR = 0.608
const TAIL_SHARE = 0.9

/** Median of the numbers, which are sorted in place; NaN of none. */
export function medianInPlace(values: Float64Array): number {
  const count = values.length
  if (count === 0) return NaN
  values.sort()
  const middle = count >>> 1
  return count % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
}

/**
 * Scaled median absolute deviation from the median, which is the standard deviation where the numbers are normally distributed and is
 * not moved by a few that are not (Hampel 1974, "The influence curve and its role in robust estimation"). Where more than half of the
 * numbers are one and the same, as returns of a price that mostly stands still, the 90th percentile of the deviations (nearest rank),
 * scaled likewise, stands in for their median: up to a tenth of the numbers may be wild. Overwrites the numbers; NaN of none.
 */
export function robustScaleInPlace(values: Float64Array): number {
  const median = medianInPlace(values)
  for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i] - median)
  const scale = NORMAL_FACTOR * medianInPlace(values)
  return scale === 0 ? TAIL_FACTOR * values[Math.ceil(TAIL_SHARE * values.length) - 1] : scale
}
