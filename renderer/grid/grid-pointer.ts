import type { PointerEvent } from 'react'
import type { GridAxes, GridPosition } from './grid-cells.ts'
import { indexAt, LABEL_WIDTH, RULER_HEIGHT } from './grid-geometry.ts'

/** The cell that the pointer is on; with `nearest` the one that is nearest to it, for a drag that leaves the grid. */
export function positionUnder(
  event: PointerEvent<HTMLDivElement>,
  { symbols, sessions }: GridAxes,
  reach: 'exact' | 'nearest',
): GridPosition | undefined {
  const view = event.currentTarget
  const bounds = view.getBoundingClientRect()
  const x = event.clientX - bounds.left
  const y = event.clientY - bounds.top
  const isOutside = x < LABEL_WIDTH || y < RULER_HEIGHT || x >= view.clientWidth || y >= view.clientHeight
  if (reach === 'exact' && isOutside) return undefined
  const row = indexAt(y - RULER_HEIGHT + view.scrollTop)
  const column = indexAt(x - LABEL_WIDTH + view.scrollLeft)
  if (reach === 'nearest') {
    return {
      row: Math.min(symbols.length - 1, Math.max(0, row)),
      column: Math.min(sessions.length - 1, Math.max(0, column)),
    }
  }
  return row < symbols.length && column < sessions.length ? { row, column } : undefined
}
