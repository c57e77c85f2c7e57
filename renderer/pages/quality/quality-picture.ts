import type { QualityGrid } from '#shared/contract/quality.ts'
import { pictureOfKinds } from '../../grid/cell-kinds.ts'
import type { GridPicture } from '../../grid/draw-grid.ts'
import type { Layer } from './quality-address.ts'
import { axesOf, cellAt } from './quality-cells.ts'
import { LAYER_KINDS } from './quality-layers.ts'

/**
 * How the grid looks in a layer.
 *
 * @param highlighted `SYMBOL SESSION` of what is drawn as ever in the layer of findings while all else is faint.
 */
export function pictureOf(grid: QualityGrid, layer: Layer, highlighted: ReadonlySet<string> | undefined): GridPicture {
  return pictureOfKinds({
    axes: axesOf(grid),
    cellAt: (position) => cellAt(grid, position),
    kinds: LAYER_KINDS[layer],
    highlighted: layer === 'findings' ? highlighted : undefined,
    isShortened: ({ column }) => grid.earlyClose[column] ?? false,
  })
}
