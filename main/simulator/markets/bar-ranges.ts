import { allocateBars, BAR_COLUMNS, type BarColumns, sliceBars } from '#shared/bars.ts'

/** The bars with `fromTs <= ts < toTs` of ascending bars, as views on the same memory. */
export function barsBetween(bars: BarColumns, fromTs: number, toTs: number): BarColumns {
  return sliceBars(bars, firstAtOrAfter(bars.ts, fromTs), firstAtOrAfter(bars.ts, toTs))
}

/** One set of bars after the other. */
export function joinBars(parts: readonly BarColumns[]): BarColumns {
  if (parts.length === 1) return parts[0]
  let length = 0
  for (const part of parts) length += part.ts.length
  const joined = allocateBars(length)
  let at = 0
  for (const part of parts) {
    for (const name of BAR_COLUMNS) joined[name].set(part[name], at)
    at += part.ts.length
  }
  return joined
}

function firstAtOrAfter(sorted: Float64Array, ts: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] < ts) low = middle + 1
    else high = middle
  }
  return low
}
