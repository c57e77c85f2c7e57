/** What the MAD of a normal distribution must be multiplied by to give its standard deviation: 1 / Phi^-1(3/4). */
const NORMAL_FACTOR = 1.4826

/** The same for the 90th percentile of the absolute deviations: 1 / Phi^-1(0.95). */
const TAIL_FACTOR = 0.608
const TAIL_SHARE = 0.9

/** Median of the numbers, whose order changes; NaN of none. */
export function medianInPlace(values: Float64Array): number {
  const count = values.length
  if (count === 0) return NaN
  const middle = count >>> 1
  selectInPlace(values, middle)
  if (count % 2 === 1) return values[middle]
  // All before the middle are at most as large; the largest of them is the other one.
  let below = values[0]
  for (let i = 1; i < middle; i++) if (values[i] > below) below = values[i]
  return (below + values[middle]) / 2
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
  if (scale !== 0) return scale
  const place = Math.ceil(TAIL_SHARE * values.length) - 1
  selectInPlace(values, place)
  return TAIL_FACTOR * values[place]
}

/**
 * Brings the number that sorting would bring to `place` there, with none larger before and none smaller after it (Hoare 1961,
 * "Algorithm 65: Find"). Takes a fraction of the time of sorting, because it orders one side only and, parting as Lomuto does, has no
 * branch that depends on the numbers, which no processor could foresee.
 */
function selectInPlace(values: Float64Array, place: number): void {
  let left = 0
  let right = values.length - 1
  while (left < right) {
    const pivot = middleOf(values[left], values[(left + right) >>> 1], values[right])
    let below = left
    for (let i = left; i <= right; i++) {
      const value = values[i]
      values[i] = values[below]
      values[below] = value
      below += Number(value < pivot)
    }
    if (place < below) {
      right = below - 1
      continue
    }
    let above = below
    for (let i = below; i <= right; i++) {
      const value = values[i]
      values[i] = values[above]
      values[above] = value
      above += Number(!(value > pivot))
    }
    if (place < above) return
    left = above
  }
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
