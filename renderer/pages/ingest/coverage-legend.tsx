import { Tooltip, useComputedColorScheme } from '@mantine/core'
import type { CoverageState } from '#shared/contract/ingest.ts'
import { COVERAGE_STATES } from '#shared/contract/ingest.ts'
import { formatCount } from '../../format/numbers.ts'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import { CELL } from './coverage-geometry.ts'
import classes from './coverage-legend.module.css'
import { coloursAt, drawCoverageCell } from './draw-coverage-cell.ts'

/** What each cell of the grid means, with how many there are. */
export function CoverageLegend({ counts }: { readonly counts: ReadonlyMap<CoverageState, number> }) {
  return (
    <ul className={classes.legend} aria-label="States of sessions">
      {COVERAGE_STATES.map((state) => (
        <Tooltip key={state} label={COVERAGE_WORDS[state].means} multiline maw={280}>
          <li className={classes.entry} data-none={(counts.get(state) ?? 0) === 0 || undefined}>
            <Swatch state={state} />
            {COVERAGE_WORDS[state].word} <b className={classes.count}>{formatCount(counts.get(state) ?? 0)}</b>
          </li>
        </Tooltip>
      ))}
    </ul>
  )
}

/** The cell of a state as the grid draws it. */
export function Swatch({ state }: { readonly state: CoverageState }) {
  // Drawn anew with every theme.
  useComputedColorScheme()
  return (
    <canvas
      ref={(canvas) => {
        if (canvas !== null) drawSwatch(canvas, state)
      }}
      className={classes.swatch}
      aria-hidden
    />
  )
}

function drawSwatch(canvas: HTMLCanvasElement, state: CoverageState): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const ratio = window.devicePixelRatio
  canvas.width = CELL * ratio
  canvas.height = CELL * ratio
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  drawCoverageCell(context, 0, 0, state, 0.5, coloursAt(canvas))
}
