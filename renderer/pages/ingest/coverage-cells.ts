import type { Coverage, CoverageState } from '#shared/contract/ingest.ts'

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

/** Rows and columns of a range in a coverage, both ends included. */
export interface CellBox {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** One cell with all that is known of it. */
export interface CoverageCell extends CellRef {
  readonly state: CoverageState
  readonly bars: number
  readonly expected: number
}

/** The cell at a row and a column; undefined where the symbol's calendar has no session. */
export function cellAt({ sessions, rows }: Coverage, row: number, column: number): CoverageCell | undefined {
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

/** Where a range lies in the coverage; undefined when part of it is not in there (any more). */
export function boxOf({ sessions, rows }: Coverage, { anchor, focus }: CellRange): CellBox | undefined {
  const row = (symbol: string): number => rows.findIndex((entry) => entry.symbol === symbol)
  const [r1, r2] = [row(anchor.symbol), row(focus.symbol)]
  const [c1, c2] = [sessions.indexOf(anchor.sessionDate), sessions.indexOf(focus.sessionDate)]
  if (Math.min(r1, r2, c1, c2) < 0) return undefined
  return { top: Math.min(r1, r2), bottom: Math.max(r1, r2), left: Math.min(c1, c2), right: Math.max(c1, c2) }
}

/** Whether a range is one cell. */
export function isOneCell({ anchor, focus }: CellRange): boolean {
  return anchor.symbol === focus.symbol && anchor.sessionDate === focus.sessionDate
}

/** How many sessions are in each state, in a box or in all of the coverage. */
export function countStates(coverage: Coverage, box?: CellBox): ReadonlyMap<CoverageState, number> {
  const { top, bottom, left, right } = box ?? {
    top: 0,
    bottom: coverage.rows.length - 1,
    left: 0,
    right: coverage.sessions.length - 1,
  }
  const counts = new Map<CoverageState, number>()
  for (let row = top; row <= bottom; row++) {
    const { states } = coverage.rows[row]
    for (let column = left; column <= right; column++) {
      const state = states[column]
      if (state !== null) counts.set(state, (counts.get(state) ?? 0) + 1)
    }
  }
  return counts
}

/** Every session of the coverage, symbol by symbol. */
export function allCells(coverage: Coverage): readonly CoverageCell[] {
  return coverage.rows.flatMap((_, row) =>
    coverage.sessions.flatMap((_date, column) => cellAt(coverage, row, column) ?? []),
  )
}
