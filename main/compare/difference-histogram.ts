import type { Histogram } from '#shared/contract/contract.ts'

const MOST_BINS = 61
/** Smaller differences are as good as zero, and a narrower bin could not be told from its neighbours. */
const LEAST_WIDTH = 1e-300

/**
 * Histogram of signed differences in equal-width bins around zero.
 *
 * The bins are centred on multiples of a width of 1, 2 or 5 times a power of ten, chosen so that the 1st to 99th percentile
 * of the non-zero differences fits into at most 61 bins; the two outermost bins are open and take everything beyond.
 *
 * @param field name of the compared field.
 * @param differences the non-zero differences, new - old, in any order; all finite.
 * @param zeros number of compared minutes whose difference is exactly zero.
 */
export function differenceHistogram(field: string, differences: Float64Array, zeros: number): Histogram {
  const count = differences.length + zeros
  if (count === 0) return { field, count, zeros, min: null, max: null, mean: null, binWidth: 1, bins: [] }
  const sorted = differences.slice().sort()
  let mean = 0
  for (const value of sorted) mean += value / count
  const min = sorted.length === 0 ? 0 : zeros > 0 ? Math.min(0, sorted[0]) : sorted[0]
  const max = sorted.length === 0 ? 0 : zeros > 0 ? Math.max(0, sorted[sorted.length - 1]) : sorted[sorted.length - 1]
  const low = quantile(sorted, 0.01)
  const high = quantile(sorted, 0.99)
  const reach = Math.max(Math.abs(low), Math.abs(high))
  const binWidth = reach === 0 ? 1 : niceWidth(Math.max(reach / ((MOST_BINS - 1) / 2), LEAST_WIDTH))
  const first = Math.round(Math.min(low, 0) / binWidth)
  const last = Math.round(Math.max(high, 0) / binWidth)
  const bins = Array.from({ length: last - first + 1 }, (_, k) => ({
    from: finite((first + k - 0.5) * binWidth),
    to: finite((first + k + 0.5) * binWidth),
    count: 0,
  }))
  const put = (value: number, times: number): void => {
    const k = Math.min(last, Math.max(first, Math.round(value / binWidth))) - first
    bins[k].count += times
  }
  for (const value of sorted) put(value, 1)
  if (zeros > 0) put(0, zeros)
  return { field, count, zeros, min, max, mean, binWidth, bins }
}

function quantile(ascending: Float64Array, share: number): number {
  if (ascending.length === 0) return 0
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))]
}

/** The end of a bin, which at the end of the range of numbers would be infinite. */
function finite(value: number): number {
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value))
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `width`. */
function niceWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width))
  for (const step of [1, 2, 5]) if (step * power >= width * (1 - 1e-12)) return step * power
  return 10 * power
}
