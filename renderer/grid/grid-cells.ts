/** One session of one symbol. */
export interface CellRef {
  readonly symbol: string
  readonly sessionDate: string
}

/** What is selected: from where the selection began to where it ends; one cell when both are the same. */
export interface CellRange {
  readonly anchor: CellRef
  readonly focus: CellRef
}

/** The rows and the columns of a grid. */
export interface GridAxes {
  readonly symbols: readonly string[]
  readonly sessions: readonly string[]
}

/** A place in a grid, counted from 0. */
export interface GridPosition {
  readonly row: number
  readonly column: number
}

/** Rows and columns of a range in a grid, both ends included. */
export interface CellBox {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** A selection of one cell. */
export function oneCell({ symbol, sessionDate }: CellRef): CellRange {
  const cell = { symbol, sessionDate }
  return { anchor: cell, focus: cell }
}

export function isSameCell(a: CellRef | undefined, b: CellRef | undefined): boolean {
  return a?.symbol === b?.symbol && a?.sessionDate === b?.sessionDate
}

/** Whether a range is one cell. */
export function isOneCell({ anchor, focus }: CellRange): boolean {
  return isSameCell(anchor, focus)
}

/** Where a cell lies in the grid; undefined when it is not in there (any more). */
export function positionOf({ symbols, sessions }: GridAxes, cell: CellRef): GridPosition | undefined {
  const row = symbols.indexOf(cell.symbol)
  const column = sessions.indexOf(cell.sessionDate)
  return row < 0 || column < 0 ? undefined : { row, column }
}

/** Where a range lies in the grid; undefined when part of it is not in there (any more). */
export function boxOf(axes: GridAxes, { anchor, focus }: CellRange): CellBox | undefined {
  const [a, b] = [positionOf(axes, anchor), positionOf(axes, focus)]
  if (a === undefined || b === undefined) return undefined
  return {
    top: Math.min(a.row, b.row),
    bottom: Math.max(a.row, b.row),
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  }
}

/** The box of a whole grid. */
export function wholeGrid({ symbols, sessions }: GridAxes): CellBox {
  return { top: 0, bottom: symbols.length - 1, left: 0, right: sessions.length - 1 }
}

/** Every place of a box, row by row. */
export function positionsIn({ top, bottom, left, right }: CellBox): readonly GridPosition[] {
  const positions: GridPosition[] = []
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) positions.push({ row, column })
  }
  return positions
}
