import type { StaleCause } from '#shared/contract/quality.ts'
import { STALE_CAUSES } from '#shared/contract/quality.ts'
import type { CellKind } from '../../grid/cell-kinds.ts'
import { box, cross, dot, filledTo, full, glyph, hatch, signed } from '../../grid/cell-shapes.ts'
import type { GridColours } from '../../grid/grid-colours.ts'
import { CELL } from '../../grid/grid-geometry.ts'
import { STALE_WORDS } from '../../wording/quality-words.ts'
import type { Layer } from './quality-address.ts'
import type { QualityCell } from './quality-cells.ts'

/** What a cell is drawn by. */
type Drawn = Pick<QualityCell, 'coverage' | 'filled'>

type QualityKind = CellKind<QualityCell, Drawn>

const isBuilt = ({ coverage }: QualityCell): boolean => coverage !== undefined

const NOT_BUILT: QualityKind = {
  key: 'not-built',
  word: 'Not built',
  means: 'It has raw responses and was never curated.',
  is: (cell) => !isBuilt(cell),
  draw: (context, x, y, _cell, colours) => box(context, x, y, colours.line),
}

const COVERAGE: readonly QualityKind[] = [
  {
    key: 'quarantined',
    word: 'Quarantined',
    means: 'A rule holds the whole session back; nothing is made from it.',
    is: ({ isQuarantined }) => isQuarantined,
    draw(context, x, y, _cell, colours) {
      box(context, x, y, colours.fail)
      cross(context, x, y, colours.fail)
    },
  },
  {
    key: 'below',
    word: 'Misses a threshold',
    means:
      'Coverage, fills, outliers or unknown values miss what the configuration asks for. Filled as far as it is covered.',
    is: ({ isBelowThreshold }) => isBelowThreshold,
    draw: (context, x, y, { coverage = 0 }, colours) => filledTo(context, x, y, coverage, colours.fail),
  },
  {
    key: 'complete',
    word: 'Complete',
    means: 'Every minute was received and kept.',
    is: ({ coverage }) => coverage === 1,
    draw: (context, x, y, _cell, colours) => full(context, x, y, colours.pass),
  },
  {
    key: 'part',
    word: 'Within thresholds',
    means: 'Some minutes are missing, fewer than the configuration allows.',
    is: isBuilt,
    draw: (context, x, y, { coverage = 0 }, colours) => filledTo(context, x, y, coverage, colours.pass),
  },
  NOT_BUILT,
]

const FINDINGS: readonly QualityKind[] = [
  {
    key: 'error',
    word: 'Error',
    means: 'The worst open finding is an error.',
    is: ({ worst }) => worst === 'error',
    draw(context, x, y, _cell, colours) {
      full(context, x, y, colours.fail)
      cross(context, x, y)
    },
  },
  {
    key: 'warn',
    word: 'Warning',
    means: 'The worst open finding is a warning.',
    is: ({ worst }) => worst === 'warn',
    draw(context, x, y, _cell, colours) {
      full(context, x, y, colours.quiet)
      glyph(context, x, y, '!', colours.panel)
    },
  },
  {
    key: 'info',
    word: 'Info',
    means: 'Open findings are for information only.',
    is: ({ worst }) => worst === 'info',
    draw(context, x, y, _cell, colours) {
      box(context, x, y, colours.line)
      dot(context, x, y, colours.quiet, 4)
    },
  },
  {
    key: 'acknowledged',
    word: 'Acknowledged',
    means: 'Somebody looked at every finding and let it stand. They stay counted.',
    is: (cell) => isBuilt(cell) && cell.acknowledged > 0,
    draw: (context, x, y, _cell, colours) => signed(context, x, y, colours.quiet, colours.ink),
  },
  {
    key: 'none',
    word: 'No finding',
    means: 'No rule found anything.',
    is: isBuilt,
    draw: (context, x, y, _cell, colours) => dot(context, x, y, colours.pass, 4),
  },
  NOT_BUILT,
]

/** Minutes from which on a cell of the fills reads as full. */
const MANY_FILLS = 60

const FILLS: readonly QualityKind[] = [
  {
    key: 'filled',
    word: 'Filled minutes',
    means: `Minutes without a trade that carry the close before them. Hatched as far as they are many; full from ${MANY_FILLS} on.`,
    is: ({ filled }) => filled > 0,
    draw: hatchedTo,
  },
  {
    key: 'none',
    word: 'None filled',
    means: 'Every bar was received.',
    is: isBuilt,
    draw: (context, x, y, _cell, colours) => dot(context, x, y, colours.pass, 4),
  },
  NOT_BUILT,
]

const STALENESS: readonly QualityKind[] = [
  ...STALE_CAUSES.map((cause: StaleCause): QualityKind => ({
    key: cause,
    word: STALE_WORDS[cause].word,
    means: STALE_WORDS[cause].means,
    is: ({ stale }) => stale === cause,
    draw(context, x, y, _cell, colours) {
      if (cause !== 'new') hatch(context, x, y, colours.line)
      box(context, x, y, colours.quiet)
      glyph(context, x, y, STALE_WORDS[cause].letter, colours.ink)
    },
  })),
  {
    key: 'current',
    word: 'Up to date',
    means: 'Building it now would give the same bars.',
    is: () => true,
    draw: (context, x, y, _cell, colours) => full(context, x, y, colours.pass),
  },
]

/** The kinds of cells of each layer; the first one that fits a cell is its kind. */
export const LAYER_KINDS: Readonly<Record<Layer, readonly QualityKind[]>> = {
  coverage: COVERAGE,
  findings: FINDINGS,
  fills: FILLS,
  staleness: STALENESS,
}

/** Hatched from below as far as its filled minutes are many. */
function hatchedTo(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  { filled }: Drawn,
  colours: GridColours,
): void {
  const height = Math.max(3, Math.round(CELL * Math.sqrt(Math.min(1, filled / MANY_FILLS))))
  context.save()
  context.beginPath()
  context.rect(x, y + CELL - height, CELL, height)
  context.clip()
  context.strokeStyle = colours.ink
  context.lineWidth = 1
  context.beginPath()
  for (let offset = -CELL; offset <= CELL; offset += 4) {
    context.moveTo(x + offset, y + CELL)
    context.lineTo(x + offset + CELL, y)
  }
  context.stroke()
  context.restore()
  box(context, x, y, colours.quiet)
}
