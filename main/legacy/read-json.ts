import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { FileRows, Value } from './file-rows.ts'
import { placeNames } from './read-csv.ts'
import type { ReadFile } from './read-old-file.ts'
import { LONGEST_LINE, type ReadControl, readTextLines } from './text-lines.ts'

/** Rows that are looked at to learn the names of columns: JSON may leave out what is missing. */
const ROWS_FOR_NAMES = 1_000

/**
 * Reads JSON rows: an array of them, an object of arrays by symbol, or one row a line. A row is an object, or an array with its
 * columns by place. Memory does not grow with the file.
 *
 * @throws {SwitchyardError} LEGACY_FILE when the file is cut off or is no JSON of one of these forms.
 */
export async function readJson(
  path: string,
  description: LegacyBarsConfig,
  rows: FileRows,
  control: ReadControl,
): Promise<ReadFile> {
  const binder = new JsonRows(rows)
  const first = await firstCharacter(path)
  if (description.symbol === 'key' || first === '[') {
    const read = await readNested(path, description.symbol === 'key', rows, binder, control)
    binder.flush()
    return { ...read, blank: 0, doubts: [] }
  }
  let blank = 0
  const { mostRows } = control
  const read = await readTextLines(
    path,
    'utf-8',
    (line, text, start, end, isTooLong) => {
      if (start === end) blank++
      else if (isTooLong) binder.refuse(line, `the line is longer than ${LONGEST_LINE} characters`, text)
      else binder.text(line, text.slice(start, end))
    },
    mostRows === undefined ? control : { ...control, until: () => binder.count >= mostRows },
  )
  binder.flush()
  return { sha256: read.sha256, bytes: read.bytes, blank, doubts: [] }
}

/** Hands rows on when it knows which columns they have. */
class JsonRows {
  /** Rows that came, refused ones included. */
  count = 0
  readonly #rows: FileRows
  #waiting: { line: number; row: Record<string, Value> | Value[]; text: string }[] = []
  #refused: (() => void)[] = []
  #names: readonly string[] | undefined

  constructor(rows: FileRows) {
    this.#rows = rows
  }

  /** Rows that follow may have other columns. */
  restart(): void {
    this.flush()
    this.#names = undefined
  }

  refuse(line: number, reason: string, text: string): void {
    this.count++
    // What has no columns yet cannot be refused before they are known.
    if (this.#names === undefined) this.#refused.push(() => this.#rows.refuseRow(line, reason, text))
    else this.#rows.refuseRow(line, reason, text)
  }

  text(line: number, raw: string): void {
    let row: unknown
    try {
      row = JSON.parse(Buffer.from(raw, 'latin1').toString('utf8'))
    } catch {
      return this.refuse(line, 'it is no valid JSON', raw)
    }
    if (typeof row !== 'object' || row === null) return this.refuse(line, 'it is neither an object nor an array', raw)
    this.count++
    const known = row as Record<string, Value> | Value[]
    if (this.#names !== undefined) return this.#hand(line, known, raw)
    this.#waiting.push({ line, row: known, text: raw })
    if (this.#waiting.length >= ROWS_FOR_NAMES) this.flush()
  }

  flush(): void {
    if (this.#names !== undefined || this.#waiting.length + this.#refused.length === 0) return
    const keys = new Set<string>()
    for (const { row } of this.#waiting) {
      for (const key of Array.isArray(row) ? placeNames(row.length) : Object.keys(row)) keys.add(key)
    }
    this.#names = [...keys]
    this.#rows.bind(this.#names)
    for (const refuse of this.#refused.splice(0)) refuse()
    for (const { line, row, text } of this.#waiting.splice(0)) this.#hand(line, row, text)
  }

  #hand(line: number, row: Record<string, Value> | Value[], text: string): void {
    const values = Array.isArray(row) ? row : (this.#names ?? []).map((name) => row[name])
    const flat = values.map((value) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value))
    this.#rows.valueRow(line, flat, 'described', () => text)
  }
}

async function readNested(
  path: string,
  isByKey: boolean,
  rows: FileRows,
  binder: JsonRows,
  control: ReadControl,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const { size } = await stat(path)
  const rowDepth = isByKey ? 2 : 1
  let bytes = 0
  let depth = 0
  let inString = false
  let isEscaped = false
  let rest = ''
  /** Where the value under way begins in `rest` and what follows; -1 when there is none. */
  let valueStart = -1
  let keyStart = -1
  let row = 0
  let place = 0
  const broken = (what: string): SwitchyardError =>
    new SwitchyardError('LEGACY_FILE', `${path} cannot be read as JSON: ${what}.`, {
      hint: isByKey
        ? 'It must be one object with an array of rows for every symbol. Nothing of it was imported.'
        : 'It must be an array of rows (pandas: orient="records"), or one row a line. Nothing of it was imported.',
    })
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    control.signal?.throwIfAborted()
    hash.update(piece)
    let added = piece.toString('latin1')
    if (bytes === 0 && added.startsWith('\u00ef\u00bb\u00bf')) added = added.slice(3)
    bytes += piece.length
    const text = rest + added
    for (let at = rest.length; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (inString) {
        if (isEscaped) isEscaped = false
        else if (code === 92) isEscaped = true
        else if (code === 34) {
          inString = false
          if (keyStart >= 0) {
            binder.restart()
            const key = JSON.parse(Buffer.from(text.slice(keyStart, at + 1), 'latin1').toString('utf8')) as string
            rows.setSymbol(key)
            keyStart = -1
          }
        }
        continue
      }
      switch (code) {
        case 34: // a quotation mark
          inString = true
          if (isByKey && depth === 1) keyStart = at
          else if (depth <= rowDepth && valueStart < 0) throw broken('it holds values that are no rows')
          break
        case 91: // [
        case 123: // {
          if (depth === rowDepth) valueStart = at
          else if (depth < rowDepth && (code === 91) !== (depth === rowDepth - 1)) {
            throw broken(isByKey ? 'a symbol has no array of rows' : 'it is no array')
          }
          depth++
          break
        case 93: // ]
        case 125: // }
          depth--
          if (depth < 0) throw broken('a bracket closes that was not opened')
          if (depth === rowDepth && valueStart >= 0) {
            row++
            binder.text(row, text.slice(valueStart, at + 1))
            valueStart = -1
          }
          break
        default:
          if (depth <= rowDepth && valueStart < 0 && !isFiller(code)) throw broken('it holds values that are no rows')
      }
    }
    place = valueStart >= 0 ? valueStart : keyStart >= 0 ? keyStart : text.length
    rest = text.slice(place)
    if (valueStart >= 0) valueStart = 0
    if (keyStart >= 0) keyStart = 0
    if (rest.length > LONGEST_LINE) throw broken(`row ${row + 1} is longer than ${LONGEST_LINE} characters`)
    control.progress?.(Math.min(1, bytes / Math.max(1, size)))
    if (control.mostRows !== undefined && row >= control.mostRows) return { sha256: '', bytes }
  }
  if (depth !== 0 || inString) throw broken('it is cut off')
  return { sha256: hash.digest('hex'), bytes }
}

/** Blanks, commas and colons. */
function isFiller(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 44 || code === 58
}

/** The first character that is no blank, byte order mark aside. */
export async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const piece of createReadStream(path, { end: 65_535, encoding: 'utf8' }) as AsyncIterable<string>) {
    const found = /[^\s\uFEFF]/u.exec(piece)
    if (found !== null) return found[0]
  }
  return undefined
}
