import { useMemo } from 'react'
import type { Coverage } from '#shared/contract/ingest.ts'
import { formatCount } from '../../format/numbers.ts'
import type { GridPicture } from '../../grid/draw-grid.ts'
import type { CellRange, GridPosition } from '../../grid/grid-cells.ts'
import { SessionGrid } from '../../grid/session-grid.tsx'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import { axesOf, cellAt } from './coverage-cells.ts'
import { drawCoverageCell } from './draw-coverage-cell.ts'

interface CoverageGridProps {
  readonly coverage: Coverage
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined) => void
  /** Height in pixels from which on it scrolls. */
  readonly maxHeight: number
}

/** How far each session is fetched. */
export function CoverageGrid({ coverage, selection, onSelect, maxHeight }: CoverageGridProps) {
  const picture = useMemo(() => pictureOf(coverage), [coverage])
  return (
    <SessionGrid
      label="Coverage grid"
      picture={picture}
      selection={selection}
      onSelect={onSelect}
      maxHeight={maxHeight}
      readingOf={(position) => readingOf(coverage, position)}
    />
  )
}

function pictureOf(coverage: Coverage): GridPicture {
  const longest = coverage.rows.map(({ expected }) =>
    expected.reduce<number>((most, minutes) => Math.max(most, minutes ?? 0), 0),
  )
  return {
    axes: axesOf(coverage),
    drawCell(context, x, y, { row, column }, colours) {
      const { states, bars, expected } = coverage.rows[row]
      const state = states[column]
      if (state === null) return
      const minutes = expected[column] ?? 0
      const share = minutes === 0 ? 1 : (bars[column] ?? 0) / minutes
      drawCoverageCell(context, x, y, state, share, colours)
    },
    isShortened({ row, column }) {
      const minutes = coverage.rows[row].expected[column] ?? 0
      return minutes > 0 && minutes < longest[row]
    },
  }
}

function readingOf(coverage: Coverage, position: GridPosition): string {
  const cell = cellAt(coverage, position)
  if (cell === undefined) return 'no session in its calendar'
  return `${COVERAGE_WORDS[cell.state].word.toLowerCase()}, ${formatCount(cell.bars)} of ${formatCount(cell.expected)} bars`
}
