import type { QualityGrid } from '#shared/contract/quality.ts'
import type { GridPicture } from '../../grid/draw-grid.ts'
import type { Layer } from './quality-address.ts'
import { axesOf, cellAt } from './quality-cells.ts'
import { LAYER_KINDS } from './quality-layers.ts'

const FAINT = 0.25

/**
 * How the grid looks in a layer.
 *
 * @param highlighted `SYMBOL SESSION` of what is drawn as ever in the layer of findings while all else is faint.
 */
export function pictureOf(grid: QualityGrid, layer: Layer, highlighted: ReadonlySet<string> | undefined): GridPicture {
  const kinds = LAYER_KINDS[layer]
  return {
    axes: axesOf(grid),
    drawCell(context, x, y, position, colours) {
      const cell = cellAt(grid, position)
      const kind = cell === undefined ? undefined : kinds.find(({ is }) => is(cell))
      if (cell === undefined || kind === undefined) return
      const isFaint =
        layer === 'findings' && highlighted !== undefined && !highlighted.has(`${cell.symbol} ${cell.sessionDate}`)
      context.globalAlpha = isFaint ? FAINT : 1
      kind.draw(context, x, y, cell, colours)
      context.globalAlpha = 1
    },
    isShortened: ({ column }) => grid.earlyClose[column] ?? false,
  }
}
