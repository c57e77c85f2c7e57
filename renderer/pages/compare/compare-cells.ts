import type { CompareGrid } from '#shared/contract/causes.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import type { CellRef, GridAxes, GridPosition } from '../../grid/grid-cells.ts'
import { positionsIn, wholeGrid } from '../../grid/grid-cells.ts'
import type { ViewContext } from '../../view-context.ts'
import type { GridLayer } from './compare-address.ts'

/** What a run counted in one session of one symbol. */
export interface CompareCell extends CellRef {
  /** Values and minutes that were compared: what a share is of. */
  readonly compared: number
  /** Differences, of which the others are part. */
  readonly total: number
  readonly explained: number
  readonly waiting: number
  readonly open: number
}

/** The part of a grid that the global context lets through. */
export interface GridPart {
  readonly grid: CompareGrid
  readonly axes: GridAxes
  /** Rows and columns of the axes in the grid. */
  readonly rows: readonly number[]
  readonly columns: readonly number[]
}

export function gridPart(grid: CompareGrid, { symbol, from, to }: ViewContext): GridPart {
  const rows = [...grid.symbols.keys()].filter((row) => symbol === undefined || grid.symbols[row] === symbol)
  const columns = [...grid.sessionDates.keys()].filter((column) => {
    const date = grid.sessionDates[column]
    return (from === undefined || date >= from) && (to === undefined || date <= to)
  })
  return {
    grid,
    axes: { symbols: rows.map((row) => grid.symbols[row]), sessions: columns.map((c) => grid.sessionDates[c]) },
    rows,
    columns,
  }
}

/** The cell at a row and a column; undefined where nothing was compared. */
export function cellAt({ grid, rows, columns }: GridPart, { row, column }: GridPosition): CompareCell | undefined {
  const [at, on] = [rows.at(row), columns.at(column)]
  if (at === undefined || on === undefined) return undefined
  const index = at * grid.sessionDates.length + on
  const [compared, total, explained, waiting] = [
    grid.compared[index],
    grid.total[index],
    grid.explained[index],
    grid.waiting[index],
  ]
  if (compared < 0) return undefined
  return {
    symbol: grid.symbols[at],
    sessionDate: grid.sessionDates[on],
    compared,
    total,
    explained,
    waiting,
    open: total - explained - waiting,
  }
}

/** Every session of the part that was compared, symbol by symbol. */
export function allCells(part: GridPart): readonly CompareCell[] {
  return positionsIn(wholeGrid(part.axes)).flatMap((position) => cellAt(part, position) ?? [])
}

/** What a layer counts in a cell. */
export function countOf(layer: GridLayer, { waiting, open }: CompareCell): number {
  return layer === 'waiting' ? waiting : layer === 'open' ? open : waiting + open
}

/** The sums of several cells. */
export function sumOf(cells: readonly CompareCell[]): Omit<CompareCell, keyof CellRef> {
  const sum = (key: 'compared' | 'total' | 'explained' | 'waiting' | 'open'): number =>
    cells.reduce((all, cell) => all + cell[key], 0)
  return {
    compared: sum('compared'),
    total: sum('total'),
    explained: sum('explained'),
    waiting: sum('waiting'),
    open: sum('open'),
  }
}

/** All that is known of a cell, in words. */
export function cellWords({ compared, total, explained, waiting, open }: CompareCell): string {
  if (total === 0) return `no difference in ${formatQuantity(compared, 'value')}`
  return [
    `${formatShare(waiting + open, compared)} % unexplained`,
    open > 0 && `${formatCount(open)} open`,
    waiting > 0 && `${formatCount(waiting)} waiting for a decision`,
    explained > 0 && `${formatCount(explained)} explained`,
    `of ${formatQuantity(compared, 'value')}`,
  ]
    .filter((part) => part !== false)
    .join(', ')
}
