/** Side of a cell, and from one cell to the next, in pixels. */
export const CELL = 12
export const PITCH = 14
/** Room for the months above and the symbols at the left, which stay in view. */
export const RULER_HEIGHT = 24
export const LABEL_WIDTH = 76

/** Size of a whole grid in pixels. */
export function gridSize(rows: number, columns: number): { readonly width: number; readonly height: number } {
  return { width: LABEL_WIDTH + columns * PITCH + 2, height: RULER_HEIGHT + rows * PITCH + 2 }
}

/** The row or column that begins `offset` pixels after the first; below 0 or too large when there is none. */
export function indexAt(offset: number): number {
  return Math.floor(offset / PITCH)
}

/** Where to scroll to so that the cell at `index` is in view; `from` is where it stands now. */
export function scrolledTo(index: number, from: number, room: number): number {
  const start = index * PITCH
  if (start < from) return start
  if (start + PITCH > from + room) return start + PITCH - room
  return from
}

/** A month of the ruler: the column it begins at. */
export interface MonthMark {
  readonly column: number
  /** `2024-12` */
  readonly month: string
}

/** The months of ascending session dates. */
export function monthMarks(sessions: readonly string[]): readonly MonthMark[] {
  const marks: MonthMark[] = []
  sessions.forEach((date, column) => {
    const month = date.slice(0, 7)
    if (marks.at(-1)?.month !== month) marks.push({ column, month })
  })
  return marks
}
