import { useComputedColorScheme } from '@mantine/core'
import classes from './cell-swatch.module.css'
import type { GridColours } from './grid-colours.ts'
import { coloursAt } from './grid-colours.ts'
import { CELL } from './grid-geometry.ts'

interface CellSwatchProps {
  /** Draws the cell with its upper left corner at (0, 0). */
  readonly draw: (context: CanvasRenderingContext2D, colours: GridColours) => void
}

/** A cell as the grid draws it, for a legend. */
export function CellSwatch({ draw }: CellSwatchProps) {
  // Drawn anew with every theme.
  useComputedColorScheme()
  return (
    <canvas
      ref={(canvas) => {
        const context = canvas?.getContext('2d')
        if (canvas === null || context === null || context === undefined) return
        const ratio = window.devicePixelRatio
        canvas.width = CELL * ratio
        canvas.height = CELL * ratio
        context.setTransform(ratio, 0, 0, ratio, 0, 0)
        draw(context, coloursAt(canvas))
      }}
      className={classes.swatch}
      aria-hidden
    />
  )
}
