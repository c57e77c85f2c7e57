import type { Coverage, CoverageState } from '#shared/contract/ingest.ts'
import type { CellBox, CellRef, GridAxes, GridPosition } from '../../grid/grid-cells.ts'
import { positionsIn, wholeGrid } from '../../grid/grid-cells.ts'

/** One cell with all that is known of it. */
export interface CoverageCell extends CellRef {
  readonly state: CoverageState
  readonly bars: number
  readonly expected: number
}

export function axesOf({ sessions, rows }: Coverage): GridAxes {
  return { sessions, symbols: rows.map(({ symbol }) => symbol) }
}

/** The cell at a row and a column; undefined where the symbol's calendar has no session. */
export function cellAt({ sessions, rows }: Coverage, { row, column }: GridPosition): CoverageCell | undefined {
  const entry = rows.at(row)
  const state = entry?.states[column]
  if (entry === undefined || state === undefined || state === null) return undefined
  return {
    symbol: entry.symbol,
    sessionDate: sessions[column],
    state,
    bars: entry.bars[column] ?? 0,
    expected: entry.expected[column] ?? 0,
  }
}

/** How many sessions are in each state, in a box or in all of the coverage. */
export function countStates(coverage: Coverage, box?: CellBox): ReadonlyMap<CoverageState, number> {
  const counts = new Map<CoverageState, number>()
  for (const { row, column } of positionsIn(box ?? wholeGrid(axesOf(coverage)))) {
    const state = coverage.rows[row].states[column]
    if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return counts
}

/** Every session of the coverage, symbol by symbol. */
export function allCells(coverage: Coverage): readonly CoverageCell[] {
  return positionsIn(wholeGrid(axesOf(coverage))).flatMap((position) => cellAt(coverage, position) ?? [])
}
