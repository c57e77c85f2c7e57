import type { GridPicture } from './draw-grid.ts'
import type { CellRef, GridAxes, GridPosition } from './grid-cells.ts'
import type { GridColours } from './grid-colours.ts'
import type { LegendEntry } from './grid-legend.tsx'

/** One kind of cell in a layer: its word, what it means, and its form. Each has a form of its own beside its colour. */
export interface CellKind<Cell, Drawn = Cell> {
  readonly key: string
  readonly word: string
  readonly means: string
  readonly is: (cell: Cell) => boolean
  readonly draw: (context: CanvasRenderingContext2D, x: number, y: number, cell: Drawn, colours: GridColours) => void
}

interface KindsPicture<Cell extends CellRef> {
  readonly axes: GridAxes
  /** Undefined where there is no such session. */
  readonly cellAt: (position: GridPosition) => Cell | undefined
  /** The first one that fits a cell is its kind. */
  readonly kinds: readonly CellKind<Cell>[]
  /** `SYMBOL SESSION` of what is drawn as ever while all else is faint; undefined when nothing is faint. */
  readonly highlighted: ReadonlySet<string> | undefined
  readonly isShortened?: (position: GridPosition) => boolean
}

const FAINT = 0.25

/** A grid in which every cell is drawn by its kind. */
export function pictureOfKinds<Cell extends CellRef>(picture: KindsPicture<Cell>): GridPicture {
  const { axes, cellAt, kinds, highlighted, isShortened = () => false } = picture
  return {
    axes,
    drawCell(context, x, y, position, colours) {
      const cell = cellAt(position)
      const kind = cell === undefined ? undefined : kinds.find(({ is }) => is(cell))
      if (cell === undefined || kind === undefined) return
      const isFaint = highlighted !== undefined && !highlighted.has(`${cell.symbol} ${cell.sessionDate}`)
      context.globalAlpha = isFaint ? FAINT : 1
      kind.draw(context, x, y, cell, colours)
      context.globalAlpha = 1
    },
    isShortened,
  }
}

/**
 * The kinds as entries of a legend, each with how many of the cells it has.
 *
 * @param sample that each kind is drawn with.
 */
export function legendOfKinds<Cell, Drawn>(
  kinds: readonly CellKind<Cell, Drawn>[],
  cells: readonly Cell[],
  sample: Drawn,
): readonly LegendEntry[] {
  const counts = new Map<string, number>()
  for (const cell of cells) {
    const key = kinds.find(({ is }) => is(cell))?.key
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return kinds.map(({ key, word, means, draw }) => ({
    key,
    word,
    means,
    count: counts.get(key) ?? 0,
    draw: (context, colours) => draw(context, 0, 0, sample, colours),
  }))
}
