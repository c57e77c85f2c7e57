import type { Overlay } from '#shared/contract/contract.ts'
import { BAR_SECONDS } from '#shared/bars.ts'

/** One minute of a session, whether or not a side has a bar there. */
export interface OverlayRow {
  readonly ts: number
  readonly old: number | null
  readonly new: number | null
  /** new - old; null unless both sides have a value. */
  readonly difference: number | null
}

/**
 * Every minute of the session in order, and minutes outside its hours that a side has. A minute that neither side has is in
 * it with nulls, so that it is drawn as a gap.
 */
export function overlayRows(overlay: Overlay): readonly OverlayRow[] {
  const index = new Map(overlay.ts.map((ts, i) => [ts, i]))
  const minutes = new Set(overlay.ts)
  for (let ts = overlay.openTs; ts < overlay.closeTs; ts += BAR_SECONDS) minutes.add(ts)
  return [...minutes]
    .toSorted((a, b) => a - b)
    .map((ts) => {
      const i = index.get(ts)
      const oldValue = i === undefined ? null : overlay.old[i]
      const newValue = i === undefined ? null : overlay.new[i]
      const difference = oldValue === null || newValue === null ? null : newValue - oldValue
      return { ts, old: oldValue, new: newValue, difference }
    })
}

/** Whether `side` has a value at `index` and none beside it, so that a line alone would not show it. */
export function isLonely(rows: readonly OverlayRow[], side: 'old' | 'new', index: number): boolean {
  if (isMissing(rows[index], side)) return false
  return isMissing(rows[index - 1], side) && isMissing(rows[index + 1], side)
}

function isMissing(row: OverlayRow | undefined, side: 'old' | 'new'): boolean {
  return row === undefined || row[side] === null
}

/** First and last minute drawn, epoch seconds: the session's hours, widened by minutes outside them. */
export function overlaySpan(overlay: Overlay, rows: readonly OverlayRow[]): [fromTs: number, toTs: number] {
  return [Math.min(overlay.openTs, rows[0]?.ts ?? overlay.openTs), Math.max(overlay.closeTs, rows.at(-1)?.ts ?? 0)]
}

/** Largest absolute difference, at least `least`: the reach of an axis that has zero in its middle. */
export function differenceReach(rows: readonly OverlayRow[], least: number): number {
  return rows.reduce((reach, row) => Math.max(reach, Math.abs(row.difference ?? 0)), least)
}
