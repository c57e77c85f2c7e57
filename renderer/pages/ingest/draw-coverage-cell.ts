import type { CoverageState } from '#shared/contract/ingest.ts'
import { CELL } from './coverage-geometry.ts'

/** The theme's colours that the grid is drawn in. */
export interface CoverageColours {
  readonly panel: string
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly pass: string
  readonly fail: string
  readonly work: string
  readonly selected: string
}

/** Reads the colours as they are where `element` stands. */
export function coloursAt(element: HTMLElement): CoverageColours {
  const style = getComputedStyle(element)
  const role = (name: string): string => style.getPropertyValue(name).trim()
  return {
    panel: role('--sy-panel'),
    ink: role('--sy-ink'),
    quiet: role('--sy-ink-3'),
    line: role('--sy-line-strong'),
    pass: role('--sy-pass'),
    fail: role('--sy-fail'),
    work: role('--sy-new'),
    selected: role('--sy-selected'),
  }
}

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
  colours: CoverageColours,
): void {
  switch (state) {
    case 'complete':
      context.fillStyle = colours.pass
      context.fillRect(x, y, CELL, CELL)
      return
    case 'short': {
      box(context, x, y, colours.pass)
      const height = Math.max(2, Math.round((CELL - 2) * Math.min(0.9, share)))
      context.fillStyle = colours.pass
      context.fillRect(x + 1, y + CELL - 1 - height, CELL - 2, height)
      return
    }
    case 'absent':
      box(context, x, y, colours.line)
      context.fillStyle = colours.quiet
      context.fillRect(x + 3, y + 5, 6, 2)
      return
    case 'unconfirmed':
      hatch(context, x, y, colours.line)
      box(context, x, y, colours.quiet)
      glyph(context, x, y, '?', colours.ink)
      return
    case 'failed':
      context.fillStyle = colours.fail
      context.fillRect(x, y, CELL, CELL)
      cross(context, x, y)
      return
    case 'missing':
      box(context, x, y, colours.line)
      return
    case 'waiting':
      context.fillStyle = colours.quiet
      context.fillRect(x + 5, y + 5, 2, 2)
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

function box(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1
  context.strokeRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1)
}

function cross(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.strokeStyle = '#ffffff'
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(x + 3.5, y + 3.5)
  context.lineTo(x + 8.5, y + 8.5)
  context.moveTo(x + 8.5, y + 3.5)
  context.lineTo(x + 3.5, y + 8.5)
  context.stroke()
}

function hatch(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x + 1, y + 5)
  context.lineTo(x + 5, y + 1)
  context.moveTo(x + 7, y + 11)
  context.lineTo(x + 11, y + 7)
  context.stroke()
}

function glyph(context: CanvasRenderingContext2D, x: number, y: number, text: string, colour: string): void {
  context.fillStyle = colour
  context.font = "700 10px 'Inter Variable', system-ui, sans-serif"
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(text, x + CELL / 2, y + CELL / 2 + 0.5)
}
