import type { CoverageState } from '#shared/contract/ingest.ts'
import { COVERAGE_STATES } from '#shared/contract/ingest.ts'
import { CellSwatch } from '../../grid/cell-swatch.tsx'
import { GridLegend } from '../../grid/grid-legend.tsx'
import type { LegendEntry } from '../../grid/grid-legend.tsx'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import { drawCoverageCell } from './draw-coverage-cell.ts'

/** What each cell of the coverage means, with how many there are. */
export function CoverageLegend({ counts }: { readonly counts: ReadonlyMap<CoverageState, number> }) {
  const entries = COVERAGE_STATES.map((state): LegendEntry => {
    const { word, means } = COVERAGE_WORDS[state]
    return { key: state, word, means, count: counts.get(state) ?? 0, draw: swatchOf(state) }
  })
  return <GridLegend label="States of sessions" entries={entries} />
}

/** The cell of a state as the grid draws it. */
export function Swatch({ state }: { readonly state: CoverageState }) {
  return <CellSwatch draw={swatchOf(state)} />
}

const swatchOf =
  (state: CoverageState): LegendEntry['draw'] =>
  (context, colours) =>
    drawCoverageCell(context, 0, 0, state, 0.5, colours)
