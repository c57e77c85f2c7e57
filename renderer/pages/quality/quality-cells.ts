import type { QualityGrid, StaleCause } from '#shared/contract/quality.ts'
import type { Severity } from '#shared/quality/rule-catalogue.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import type { CellRef, GridAxes, GridPosition } from '../../grid/grid-cells.ts'
import { positionsIn, wholeGrid } from '../../grid/grid-cells.ts'
import { SEVERITY_WORDS, STALE_WORDS } from '../../wording/quality-words.ts'

/** One cell with all that the grid knows of it. */
export interface QualityCell extends CellRef {
  /** Undefined where it was never built. */
  readonly coverage: number | undefined
  readonly worst: 'none' | Severity
  readonly openFindings: number
  readonly acknowledged: number
  readonly filled: number
  readonly stale: StaleCause | undefined
  readonly isQuarantined: boolean
  readonly isBelowThreshold: boolean
}

export function axesOf({ sessions, rows }: QualityGrid): GridAxes {
  return { sessions, symbols: rows.map(({ symbol }) => symbol) }
}

/** The cell at a row and a column; undefined where there is neither a block nor anything to build one from. */
export function cellAt({ sessions, rows }: QualityGrid, { row, column }: GridPosition): QualityCell | undefined {
  const entry = rows.at(row)
  if (entry === undefined) return undefined
  const coverage = entry.coverage[column] ?? undefined
  const stale = entry.stale[column] ?? undefined
  if (coverage === undefined && stale === undefined) return undefined
  return {
    symbol: entry.symbol,
    sessionDate: sessions[column],
    coverage,
    worst: entry.worst[column] ?? 'none',
    openFindings: entry.openFindings[column] ?? 0,
    acknowledged: entry.acknowledged[column] ?? 0,
    filled: entry.filled[column] ?? 0,
    stale,
    isQuarantined: entry.quarantined[column] ?? false,
    isBelowThreshold: entry.belowThreshold[column] ?? false,
  }
}

/** Every session of the grid that has a cell, symbol by symbol. */
export function allCells(grid: QualityGrid): readonly QualityCell[] {
  return positionsIn(wholeGrid(axesOf(grid))).flatMap((position) => cellAt(grid, position) ?? [])
}

/** All that is known of a cell, in words. */
export function cellWords(cell: QualityCell): string {
  return [
    cell.coverage === undefined ? 'not built' : `coverage ${formatShare(cell.coverage, 1)} %`,
    cell.isBelowThreshold && 'misses a threshold',
    cell.isQuarantined && 'quarantined',
    findingWords(cell),
    cell.filled > 0 && `${formatQuantity(cell.filled, 'minute')} filled`,
    cell.stale !== undefined && cell.coverage !== undefined && `stale: ${STALE_WORDS[cell.stale].word.toLowerCase()}`,
  ]
    .filter((part) => part !== false)
    .join(', ')
}

function findingWords({ coverage, worst, openFindings, acknowledged }: QualityCell): string | false {
  if (coverage === undefined) return false
  const noted = acknowledged > 0 ? `, ${formatCount(acknowledged)} acknowledged` : ''
  if (worst === 'none' || openFindings === 0) return `no open finding${noted}`
  return `${formatQuantity(openFindings, 'open finding')}, worst ${SEVERITY_WORDS[worst].word.toLowerCase()}${noted}`
}
