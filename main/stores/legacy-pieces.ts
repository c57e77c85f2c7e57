import { allocateBars, BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'

/** What one file has of one session. */
export interface LegacyPiece {
  /** File as the import names it; of several pieces with the same minute the one of the last file counts. */
  readonly file: string
  readonly importId: number
  readonly bars: BarColumns
  /** Legacy features by name, one value for every bar. */
  readonly features: ReadonlyMap<string, Float64Array>
}

export interface MergedPieces {
  readonly bars: BarColumns
  readonly features: ReadonlyMap<string, Float64Array>
}

/** The session that pieces of several files make together: every minute once, as the last file by name has it. */
export function mergePieces(pieces: readonly LegacyPiece[]): MergedPieces {
  if (pieces.length === 1) return pieces[0]
  const last = new Map<number, { piece: LegacyPiece; row: number }>()
  for (const piece of pieces.toSorted((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.importId - b.importId,
  )) {
    piece.bars.ts.forEach((ts, row) => last.set(ts, { piece, row }))
  }
  const order = [...last.keys()].sort((a, b) => a - b)
  const bars = allocateBars(order.length)
  const features = new Map(
    [...new Set(pieces.flatMap((piece) => [...piece.features.keys()]))].map((name) => [
      name,
      new Float64Array(order.length).fill(NaN),
    ]),
  )
  order.forEach((ts, i) => {
    const from = last.get(ts)
    if (from === undefined) return
    for (const column of BAR_COLUMNS) bars[column][i] = from.piece.bars[column][from.row]
    for (const [name, values] of features) values[i] = from.piece.features.get(name)?.[from.row] ?? NaN
  })
  return { bars, features }
}
