/** What the MAD of a normal distribution must be multiplied by to give its standard deviation: 1 / Phi^-1(3/4). */
const NORMAL_FACTOR = 1.4826

/** The same for the mean absolute deviation: sqrt(pi / 2). */
const MEAN_FACTOR = 1.2533

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
 * numbers are one and the same, as returns of a price that mostly stands still, the scaled mean absolute deviation stands in for it
 * (Iglewicz and Hoaglin 1993, "How to detect and handle outliers"). Overwrites the numbers; NaN of none.
 */
export function robustScaleInPlace(values: Float64Array): number {
  const median = medianInPlace(values)
  for (let i = 0; i < values.length; i++) values[i] = Math.abs(values[i] - median)
  const scale = NORMAL_FACTOR * medianInPlace(values)
  if (scale !== 0) return scale
  let sum = 0
  for (const deviation of values) sum += deviation
  return (MEAN_FACTOR * sum) / values.length
}
