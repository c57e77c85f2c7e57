import type { CoverageState } from '#shared/contract/ingest.ts'
import { box, cross, dash, dot, filledTo, full, glyph, hatch } from '../../grid/cell-shapes.ts'
import type { GridColours } from '../../grid/grid-colours.ts'

/**
 * Draws a cell with its upper left corner at (x, y). Every state has a form of its own beside its colour: complete is full, short is
 * filled as far as bars came, no data is a dash, unconfirmed a question mark, failed a cross on red, missing an empty box, not over a
 * dot, running a triangle in a box.
 *
 * @param share of the expected bars that came, 0 to 1.
 */
export function drawCoverageCell(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  state: CoverageState,
  share: number,
  colours: GridColours,
): void {
  switch (state) {
    case 'complete':
      full(context, x, y, colours.pass)
      return
    case 'short':
      filledTo(context, x, y, share, colours.pass)
      return
    case 'absent':
      box(context, x, y, colours.line)
      dash(context, x, y, colours.quiet)
      return
    case 'unconfirmed':
      hatch(context, x, y, colours.line)
      box(context, x, y, colours.quiet)
      glyph(context, x, y, '?', colours.ink)
      return
    case 'failed':
      full(context, x, y, colours.fail)
      cross(context, x, y)
      return
    case 'missing':
      box(context, x, y, colours.line)
      return
    case 'waiting':
      dot(context, x, y, colours.quiet)
      return
    case 'running':
      box(context, x, y, colours.work)
      context.fillStyle = colours.work
      context.beginPath()
      context.moveTo(x + 4, y + 3)
      context.lineTo(x + 9, y + 6)
      context.lineTo(x + 4, y + 9)
      context.fill()
  }
}
