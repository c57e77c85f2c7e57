import type { CellBox, GridAxes } from './grid-cells.ts'

/** Symbols by sessions as jobs take them, both dates included. */
export interface SessionRange {
  readonly symbols: string[]
  readonly from: string
  readonly to: string
}

/** What lies in a box of the grid. */
export function rangeIn({ symbols, sessions }: GridAxes, { top, bottom, left, right }: CellBox): SessionRange {
  return { symbols: symbols.slice(top, bottom + 1), from: sessions[left], to: sessions[right] }
}

/** One session. */
export function rangeOf(symbol: string, sessionDate: string): SessionRange {
  return { symbols: [symbol], from: sessionDate, to: sessionDate }
}
