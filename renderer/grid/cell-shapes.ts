import { CELL } from './grid-geometry.ts'

/** The forms that cells are made of. Each is drawn into the cell whose upper left corner is at (x, y). */

/** The whole cell. */
export function full(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.fillStyle = colour
  context.fillRect(x, y, CELL, CELL)
}

/** The outline of the cell. */
export function box(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1
  context.strokeRect(x + 0.5, y + 0.5, CELL - 1, CELL - 1)
}

/** A cell filled from below as far as `share` of it, 0 to 1: never so little that it reads as empty, never as full. */
export function filledTo(context: CanvasRenderingContext2D, x: number, y: number, share: number, colour: string): void {
  box(context, x, y, colour)
  const height = Math.max(2, Math.round((CELL - 2) * Math.min(0.9, share)))
  context.fillStyle = colour
  context.fillRect(x + 1, y + CELL - 1 - height, CELL - 2, height)
}

/** A cross on what is drawn already. */
export function cross(context: CanvasRenderingContext2D, x: number, y: number, colour = '#ffffff'): void {
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.beginPath()
  context.moveTo(x + 3.5, y + 3.5)
  context.lineTo(x + 8.5, y + 8.5)
  context.moveTo(x + 8.5, y + 3.5)
  context.lineTo(x + 3.5, y + 8.5)
  context.stroke()
}

/** Two slanted lines in opposite corners. */
export function hatch(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x + 1, y + 5)
  context.lineTo(x + 5, y + 1)
  context.moveTo(x + 7, y + 11)
  context.lineTo(x + 11, y + 7)
  context.stroke()
}

/** A small square in the middle. */
export function dot(context: CanvasRenderingContext2D, x: number, y: number, colour: string, side: 2 | 4 = 2): void {
  context.fillStyle = colour
  context.fillRect(x + (CELL - side) / 2, y + (CELL - side) / 2, side, side)
}

/** A short line across the middle. */
export function dash(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.fillStyle = colour
  context.fillRect(x + 3, y + 5, 6, 2)
}

/** One character in the middle. */
export function glyph(context: CanvasRenderingContext2D, x: number, y: number, text: string, colour: string): void {
  context.fillStyle = colour
  context.font = "700 10px 'Inter Variable', system-ui, sans-serif"
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(text, x + CELL / 2, y + CELL / 2 + 0.5)
}

/** A signature in an outline. */
export function signed(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  outline: string,
  signature: string,
): void {
  box(context, x, y, outline)
  context.strokeStyle = signature
  context.lineWidth = 1.2
  context.beginPath()
  context.moveTo(x + 2.5, y + 8)
  context.quadraticCurveTo(x + 4.5, y + 2, x + 5.5, y + 6.5)
  context.quadraticCurveTo(x + 6.5, y + 9, x + 9.5, y + 5)
  context.stroke()
}
