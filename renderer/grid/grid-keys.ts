import type { GridAxes, GridPosition } from './grid-cells.ts'

/** Rows that Page Up and Page Down move by. */
const PAGE = 10

/** Where a key moves to from a place in the grid; undefined when it is no key that moves. */
export function movedBy(key: string, { row, column }: GridPosition, axes: GridAxes): GridPosition | undefined {
  const lastRow = axes.symbols.length - 1
  const lastColumn = axes.sessions.length - 1
  switch (key) {
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column }
    case 'ArrowDown':
      return { row: Math.min(lastRow, row + 1), column }
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) }
    case 'ArrowRight':
      return { row, column: Math.min(lastColumn, column + 1) }
    case 'PageUp':
      return { row: Math.max(0, row - PAGE), column }
    case 'PageDown':
      return { row: Math.min(lastRow, row + PAGE), column }
    case 'Home':
      return { row, column: 0 }
    case 'End':
      return { row, column: lastColumn }
    default:
      return undefined
  }
}
