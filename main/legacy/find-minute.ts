import { FileRows, type SymbolTarget } from './file-rows.ts'
import { formatOf, type OldFile, readOldFile } from './read-old-file.ts'
import { ROW, type RowSink, SessionRows } from './session-rows.ts'
import { readTextLines, textDecoder } from './text-lines.ts'

/** A row of an old file. */
export interface FoundRow {
  /** Line, or row in a file without lines, from 1, the header included. */
  readonly line: number
  /** The line as it stands there; of a file without lines the normalised values. */
  readonly text: string
}

/** Longer lines are cut when they are shown. */
const MOST_TEXT = 1_000

/** Keeps the rows of one minute and lets the others go. */
class RowsOfMinute extends SessionRows {
  readonly #ts: number

  constructor(width: number, ts: number) {
    super(width, (doubles) => new Float64Array(doubles))
    this.#ts = ts
  }

  override add(row: Float64Array): void {
    if (row[ROW.ts] === this.#ts) super.add(row)
  }
}

/**
 * The rows of a file that are bars of a symbol at a minute, in the order of the file; read as an import reads it.
 *
 * @param ts epoch seconds of the bar's start.
 * @throws {SwitchyardError} LEGACY_FILE when the file cannot be read as described.
 */
export async function findMinute(
  file: OldFile,
  wanted: { readonly symbol: string; readonly ts: number },
  targetOf: (oldName: string) => SymbolTarget | undefined,
  signal?: AbortSignal,
): Promise<{ readonly sha256: string; readonly rows: readonly FoundRow[] }> {
  const { path, key, description } = file
  const kept: RowsOfMinute[] = []
  const open = new Map<string, RowsOfMinute>()
  const sink: RowSink = {
    generation: 0,
    rowsOf: (_importId, symbol, _date, width) => {
      // Rows of other symbols go to where no minute matches.
      const name = symbol === wanted.symbol ? `${width}` : ''
      let rows = open.get(name)
      if (rows === undefined) {
        rows = new RowsOfMinute(width, name === '' ? NaN : wanted.ts)
        open.set(name, rows)
        kept.push(rows)
      }
      return rows
    },
  }
  const isText = (description.format ?? formatOf(path)) === 'csv'
  const decode = isText ? textDecoder(description.encoding) : (raw: string) => raw
  const rows = new FileRows({
    path,
    key,
    description,
    importId: 0,
    gatherer: sink,
    targetOf,
    reject: () => undefined,
    decode,
  })
  const control = signal === undefined ? {} : { signal }
  const { sha256 } = await readOldFile(file, rows, control)
  const found: FoundRow[] = kept.flatMap((own) => {
    const columns = Array.from({ length: own.width }, (_, i) => own.column(i))
    return Array.from(own.column(ROW.line), (line, i) => ({
      line,
      text: columns
        .slice(ROW.open)
        .map((column) => column[i])
        .join(','),
    }))
  })
  found.sort((a, b) => a.line - b.line)
  if (!isText || found.length === 0) return { sha256, rows: found }
  const texts = new Map<number, string>()
  const last = found[found.length - 1].line
  const isWanted = new Set(found.map(({ line }) => line))
  let at = 0
  await readTextLines(
    path,
    description.encoding,
    (line, text, start, end) => {
      at = line
      if (isWanted.has(line)) texts.set(line, decode(text.slice(start, Math.min(end, start + MOST_TEXT))))
    },
    { ...control, until: () => at >= last },
  )
  return { sha256, rows: found.map(({ line, text }) => ({ line, text: texts.get(line) ?? text })) }
}
