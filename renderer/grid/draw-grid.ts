import type { CellBox, GridAxes, GridPosition } from './grid-cells.ts'
import type { GridColours } from './grid-colours.ts'
import { CELL, LABEL_WIDTH, monthMarks, PITCH, RULER_HEIGHT } from './grid-geometry.ts'

/** What a grid shows: its rows and columns, and what each cell looks like. */
export interface GridPicture {
  readonly axes: GridAxes
  /** Draws one cell with its upper left corner at (x, y); nothing where the symbol has no such session. */
  readonly drawCell: (
    context: CanvasRenderingContext2D,
    x: number,
    y: number,
    position: GridPosition,
    colours: GridColours,
  ) => void
  /** Whether the session closes early. */
  readonly isShortened: (position: GridPosition) => boolean
}

/** The part of the grid that is in view, in pixels. */
export interface GridView {
  readonly width: number
  readonly height: number
  readonly scrollLeft: number
  readonly scrollTop: number
}

export interface GridMarks {
  readonly selection: CellBox | undefined
  /** What is under the pointer. */
  readonly hover: GridPosition | undefined
}

const FONT = "11px 'Inter Variable', system-ui, sans-serif"

/**
 * Draws what is in view of the grid, and nothing else: the cells, the symbols at the left, the months above, and what is selected
 * and pointed at. Takes the same time for any number of symbols and sessions.
 */
export function drawGrid(
  context: CanvasRenderingContext2D,
  { axes, drawCell, isShortened }: GridPicture,
  view: GridView,
  marks: GridMarks,
  colours: GridColours,
): void {
  const { width, height, scrollLeft, scrollTop } = view
  const { sessions, symbols } = axes
  const firstRow = Math.max(0, Math.floor(scrollTop / PITCH))
  const lastRow = Math.min(symbols.length - 1, Math.floor((scrollTop + height - RULER_HEIGHT) / PITCH))
  const firstColumn = Math.max(0, Math.floor(scrollLeft / PITCH))
  const lastColumn = Math.min(sessions.length - 1, Math.floor((scrollLeft + width - LABEL_WIDTH) / PITCH))
  const xOf = (column: number): number => LABEL_WIDTH + column * PITCH - scrollLeft
  const yOf = (row: number): number => RULER_HEIGHT + row * PITCH - scrollTop
  const months = monthMarks(sessions)

  context.clearRect(0, 0, width, height)
  if (marks.selection !== undefined) {
    const { left, right, top, bottom } = marks.selection
    context.fillStyle = colours.selected
    context.fillRect(xOf(left) - 1, yOf(top) - 1, (right - left + 1) * PITCH, (bottom - top + 1) * PITCH)
  }
  context.fillStyle = colours.line
  for (const { column } of months) {
    if (column > firstColumn && column <= lastColumn + 1) context.fillRect(xOf(column) - 1.5, 0, 1, height)
  }
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const position = { row, column }
      drawCell(context, xOf(column), yOf(row), position, colours)
      if (isShortened(position)) notch(context, xOf(column), yOf(row), colours.panel)
    }
  }
  frame(context, marks, xOf, yOf, colours)
  drawSymbols(context, symbols, { firstRow, lastRow }, height, yOf, colours)
  drawMonths(context, months, sessions.length, width, xOf, colours)
}

/** A session that ends early lacks a corner. */
function notch(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(x + CELL - 5, y)
  context.lineTo(x + CELL, y)
  context.lineTo(x + CELL, y + 5)
  context.fill()
}

function frame(
  context: CanvasRenderingContext2D,
  { selection, hover }: GridMarks,
  xOf: (column: number) => number,
  yOf: (row: number) => number,
  colours: GridColours,
): void {
  if (hover !== undefined) {
    context.strokeStyle = colours.quiet
    context.lineWidth = 1
    context.strokeRect(xOf(hover.column) - 0.5, yOf(hover.row) - 0.5, CELL + 1, CELL + 1)
  }
  if (selection === undefined) return
  const { left, right, top, bottom } = selection
  context.strokeStyle = colours.ink
  context.lineWidth = 2
  context.strokeRect(xOf(left) - 1, yOf(top) - 1, (right - left) * PITCH + CELL + 2, (bottom - top) * PITCH + CELL + 2)
}

function drawSymbols(
  context: CanvasRenderingContext2D,
  symbols: readonly string[],
  { firstRow, lastRow }: { readonly firstRow: number; readonly lastRow: number },
  height: number,
  yOf: (row: number) => number,
  colours: GridColours,
): void {
  context.fillStyle = colours.panel
  context.fillRect(0, 0, LABEL_WIDTH - 2, height)
  context.fillStyle = colours.ink
  context.font = FONT
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  for (let row = firstRow; row <= lastRow; row++) {
    context.fillText(symbols[row], 12, yOf(row) + CELL / 2 + 0.5, LABEL_WIDTH - 18)
  }
}

/** The month that is cut off at the left keeps its name in view; a month too narrow for its name has none. */
function drawMonths(
  context: CanvasRenderingContext2D,
  months: ReturnType<typeof monthMarks>,
  columns: number,
  width: number,
  xOf: (column: number) => number,
  colours: GridColours,
): void {
  context.fillStyle = colours.panel
  context.fillRect(0, 0, width, RULER_HEIGHT - 2)
  context.font = FONT
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  months.forEach(({ column, month }, index) => {
    const end = xOf(months.at(index + 1)?.column ?? columns)
    const start = Math.max(xOf(column), LABEL_WIDTH)
    const isLast = index === months.length - 1
    if (end <= LABEL_WIDTH || start >= width || (!isLast && end - start < context.measureText(month).width + 4)) return
    context.fillStyle = colours.quiet
    context.fillText(month, start, RULER_HEIGHT / 2 - 1)
  })
  context.fillStyle = colours.panel
  context.fillRect(0, 0, LABEL_WIDTH - 2, RULER_HEIGHT - 2)
}
