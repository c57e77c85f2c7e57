import type { OverlayRow } from './overlay-rows.ts'

const SERIES = ['old', 'new', 'difference'] as const
/** Rows that a bucket may keep: smallest, largest and a gap of each series. */
const MOST_OF_BUCKET = 9

/**
 * Rows that draw like all of them in fewer pixels. Where there are more rows than pixels, they are put into buckets of equal length, and
 * each keeps, of old, new and their difference, the smallest and the largest value and a minute without one: every spike and every
 * gap that is as long as a pixel stays. Rows stay in their order and are not changed.
 *
 * @param rows in the order of time.
 * @param pixels that the rows have side by side; the result has no more rows than that, and at least one bucket's.
 */
export function minMaxRows(rows: readonly OverlayRow[], pixels: number): readonly OverlayRow[] {
  if (rows.length <= pixels) return rows
  const buckets = Math.max(1, Math.floor(pixels / MOST_OF_BUCKET))
  const kept: OverlayRow[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * rows.length) / buckets)
    const to = Math.floor(((bucket + 1) * rows.length) / buckets)
    for (const index of telling(rows, from, to)) kept.push(rows[index])
  }
  return kept
}

/** Indices of the rows between two that must be seen, in their order. */
function telling(rows: readonly OverlayRow[], from: number, to: number): readonly number[] {
  const indices = new Set<number>()
  for (const key of SERIES) {
    let [least, most, gap] = [-1, -1, -1]
    for (let i = from; i < to; i++) {
      const value = rows[i][key]
      if (value === null) {
        if (gap < 0) gap = i
        continue
      }
      if (least < 0 || value < (rows[least][key] ?? 0)) least = i
      if (most < 0 || value > (rows[most][key] ?? 0)) most = i
    }
    for (const index of [least, most, gap]) if (index >= 0) indices.add(index)
  }
  return [...indices].toSorted((a, b) => a - b)
}
