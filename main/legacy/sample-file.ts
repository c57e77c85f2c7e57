import { stat } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { LegacyFormat } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { joinHeaders } from './columns.ts'
import type { TimeKind } from './file-rows.ts'
import { placeNames } from './read-csv.ts'
import { isGzip } from './file-pieces.ts'
import { firstCharacter } from './read-json.ts'
import { firstBytes } from './read-old-file.ts'
import { oldTables, openOldDatabase } from './read-sqlite.ts'
import { cellsOf, sniffText, type TextForm } from './sniff-text.ts'
import { type Encoding, LONGEST_LINE, readTextLines, textDecoder } from './text-lines.ts'

const MOST_ROWS = 20_000
/** Rows that are counted to find the largest table of a database; counting all of a large one takes long. */
const MOST_COUNTED = 100_000
/** JSON is parsed whole up to this size only. */
const MOST_JSON_BYTES = 200_000_000

/** The first rows of a file, every value as text. */
export interface FileSample {
  readonly format: LegacyFormat
  readonly names: readonly string[]
  readonly hasNames: boolean
  readonly rows: readonly (readonly string[])[]
  /** Of the first row. */
  readonly firstLine: number
  readonly text: (TextForm & { readonly encoding: Encoding }) | undefined
  /** What the columns of a typed file hold that are times by themselves. */
  readonly timeKinds: ReadonlyMap<number, Exclude<TimeKind, 'described'>>
  /** Where the symbol stands, when neither path nor column say it, and the first one. */
  readonly symbolIn: { readonly kind: 'key' | 'table'; readonly oldName: string; readonly table?: string } | undefined
  readonly table: string | undefined
  readonly doubts: readonly string[]
}

/**
 * Reads the first rows of a file of any known kind; the kind is told by its content, not by its name.
 *
 * @throws {SwitchyardError} LEGACY_FILE when it is none of them.
 */
export async function sampleFile(path: string): Promise<FileSample> {
  try {
    const info = await stat(path)
    if (!info.isFile()) throw unknown(path, 'it is no file')
    if (info.size === 0) throw unknown(path, 'it is empty')
    const head = await firstBytes(path, 4_096)
    if (head.subarray(0, 4).toString('latin1') === 'PAR1') return await sampleParquet(path)
    if (head.subarray(0, 15).toString('latin1') === 'SQLite format 3') return sampleSqlite(path)
    if (head.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
      throw unknown(path, 'it is a zip archive, or a workbook (.xlsx) that is to be saved as CSV')
    }
    const first = await firstCharacter(path)
    if (first === '[' || first === '{') return await sampleJson(path, first, info.size)
    return await sampleText(path, head)
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) throw thrown
    throw unknown(path, thrown instanceof Error ? thrown.message : String(thrown), thrown)
  }
}

function unknown(path: string, why: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('LEGACY_FILE', `${path} cannot be recognised: ${why}.`, {
    hint: 'Text with one bar a line, Parquet, JSON and SQLite can be read; docs/old-pipeline.md shows how they may look.',
    cause,
  })
}

async function sampleText(path: string, head: Buffer): Promise<FileSample> {
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  const control = head.filter((byte) => byte < 9 || (byte > 13 && byte < 32)).length
  if (!isWide && !isGzip(head) && control > 0.05 * head.length) throw unknown(path, 'it holds binary data')
  const raw: string[] = []
  const read = await readTextLines(
    path,
    'utf-8',
    (_line, text, start, end, isTooLong) => {
      if (raw.length < MOST_ROWS) raw.push(isTooLong || end - start > LONGEST_LINE ? '' : text.slice(start, end))
    },
    { until: () => raw.length >= MOST_ROWS },
  )
  const encoding: Encoding = read.encoding === 'utf-16' ? 'utf-16' : raw.every(isUtf8) ? 'utf-8' : 'latin-1'
  const lines = raw.map(textDecoder(encoding))
  if (isGzip(head) && /^\s*[[{]/.test(lines[0] ?? '')) throw unknown(path, 'it is JSON that was compressed; unpack it')
  const form = sniffText(lines)
  if (form === null) throw unknown(path, 'no line of it looks like a bar')
  const header = lines
    .slice(form.skipRows, form.skipRows + form.headerRows)
    .map((line) => cellsOf(line, form.delimiter))
  const body = lines.slice(form.skipRows + form.headerRows)
  const split = body.filter((line) => line !== '').map((line) => cellsOf(line, form.delimiter))
  const width = header[0]?.length ?? split[0].length
  const rows = split.filter((row) => row.length === width)
  const doubts: string[] = []
  if (rows.length < split.length)
    doubts.push(`${split.length - rows.length} of the first lines have another number of values`)
  if (form.headerRows > 1) doubts.push(`${form.headerRows} header rows were taken together as one`)
  if (form.skipRows > 0) doubts.push(`${form.skipRows} lines before the header were passed over`)
  return {
    format: 'csv',
    names: header.length === 0 ? placeNames(width) : joinHeaders(header),
    hasNames: header.length > 0,
    rows,
    firstLine: form.skipRows + form.headerRows + 1,
    text: { ...form, encoding },
    timeKinds: new Map(),
    symbolIn: undefined,
    table: undefined,
    doubts,
  }
}

function isUtf8(raw: string): boolean {
  if (!/[\u0080-\u00ff]/.test(raw)) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(raw, 'latin1'))
    return true
  } catch {
    return false
  }
}

const TYPED = {
  hasNames: true,
  firstLine: 1,
  text: undefined,
  timeKinds: new Map(),
  symbolIn: undefined,
  table: undefined,
} as const

async function sampleParquet(path: string): Promise<FileSample> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
  const connection = await instance.connect()
  try {
    const from = `from read_parquet('${path.replaceAll("'", "''")}')`
    const columns = (await connection.runAndReadAll(`describe select * ${from}`)).getRows().map(([name, type]) => ({
      name: String(name),
      type: String(type),
    }))
    const timeKinds = new Map<number, 'wall-seconds' | 'instant-seconds'>()
    const selected = columns.map(({ name, type }, i) => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      if (!type.startsWith('TIMESTAMP')) return `${quoted}::varchar`
      const isInstant = type.includes('TIME ZONE')
      timeKinds.set(i, isInstant ? 'instant-seconds' : 'wall-seconds')
      return `epoch(${quoted}::${isInstant ? 'timestamptz' : 'timestamp'})::varchar`
    })
    const read = await connection.runAndReadAll(`select ${selected.join(', ')} ${from} limit ${MOST_ROWS}`)
    const rows = read.getRows().map((row) => row.map((value) => (value === null ? '' : String(value))))
    return { ...TYPED, format: 'parquet', names: columns.map(({ name }) => name), rows, timeKinds, doubts: [] }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function sampleSqlite(path: string): FileSample {
  const { database, close } = openOldDatabase(path)
  try {
    const tables = oldTables(database)
    if (tables.length === 0) throw unknown(path, 'the database has no table')
    const columnsOf = (table: string): string[] =>
      database
        .prepare(`select * from "${table.replaceAll('"', '""')}"`)
        .columns()
        .map(({ name }) => name)
    // Tables with the same columns, more than one, are one a symbol; of others the one with the most rows is meant.
    const forms = new Map<string, string[]>()
    for (const table of tables) {
      const form = columnsOf(table).join('\n')
      forms.set(form, [...(forms.get(form) ?? []), table])
    }
    const alike = [...forms.values()].sort((a, b) => b.length - a.length)[0]
    const countOf = (table: string): number =>
      database
        .prepare(`select count(*) from (select 1 from "${table.replaceAll('"', '""')}" limit ${MOST_COUNTED})`)
        .pluck()
        .get() as number
    const table = alike.length > 1 ? alike[0] : tables.reduce((a, b) => (countOf(b) > countOf(a) ? b : a))
    const rows = database
      .prepare(`select * from "${table.replaceAll('"', '""')}" limit ${MOST_ROWS}`)
      .raw()
      .all() as unknown[][]
    const prefix = commonPart(alike, (text) => text)
    const suffix = reversed(commonPart(alike, reversed))
    const rest = tables.filter((name) => name !== table && !(alike.length > 1 && alike.includes(name)))
    return {
      ...TYPED,
      format: 'sqlite',
      names: columnsOf(table),
      rows: rows.map((row) => row.map((value) => (value === null ? '' : String(value as string | number)))),
      symbolIn:
        alike.length > 1
          ? {
              kind: 'table',
              oldName: table.slice(prefix.length, table.length - suffix.length),
              table: `${prefix}{symbol}${suffix}`,
            }
          : undefined,
      table,
      doubts: rest.length === 0 ? [] : [`tables that were not looked at: ${rest.slice(0, 20).join(', ')}`],
    }
  } finally {
    close()
  }
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('')
}

/** What all names begin with, up to the last sign that is neither letter nor digit: what stands between it and the end differs. */
function commonPart(names: readonly string[], turn: (text: string) => string): string {
  const turned = names.map(turn)
  let length = 0
  while (turned.every((name) => length < name.length && name[length] === turned[0][length])) length++
  const common = turned[0].slice(0, length)
  return /^.*[^A-Za-z0-9]/.exec(common)?.[0] ?? ''
}

async function sampleJson(path: string, first: string, size: number): Promise<FileSample> {
  const parsed: unknown[] = []
  const doubts: string[] = []
  let symbolIn: FileSample['symbolIn']
  const lines: string[] = []
  if (first === '{') {
    await readTextLines(
      path,
      'utf-8',
      (_line, text, start, end) => lines.length < MOST_ROWS && lines.push(text.slice(start, end)),
      {
        until: () => lines.length >= MOST_ROWS,
      },
    )
  }
  const asLines = lines
    .filter((line) => line.trim() !== '')
    .map((line) => tryJson(Buffer.from(line, 'latin1').toString('utf8')))
  const isByLine =
    first === '{' && asLines.length > 0 && asLines.filter(isRow).length > 0.5 * asLines.length && !hasArrays(asLines[0])
  if (isByLine) parsed.push(...asLines.filter(isRow))
  else {
    if (size > MOST_JSON_BYTES) throw unknown(path, 'it is one JSON value of more than 200 MB; describe it by hand')
    const whole = tryJson((await firstBytes(path, size)).toString('utf8').replace(/^\uFEFF/, ''))
    if (Array.isArray(whole)) parsed.push(...whole.slice(0, MOST_ROWS).filter(isRow))
    else if (hasArrays(whole)) {
      const [key, rows] = Object.entries(whole).find(([, value]) => Array.isArray(value)) as [string, unknown[]]
      symbolIn = { kind: 'key', oldName: key }
      parsed.push(...rows.slice(0, MOST_ROWS).filter(isRow))
    }
  }
  if (parsed.length === 0)
    throw unknown(path, 'it is JSON, but no array of rows, no object of such arrays, and no row a line')
  const byPlace = Array.isArray(parsed[0])
  const names = byPlace
    ? placeNames((parsed[0] as unknown[]).length)
    : [...new Set(parsed.flatMap((row) => Object.keys(row as object)))]
  const rows = parsed.map((row) =>
    names.map((name, i) => {
      const value = Array.isArray(row) ? (row as unknown[])[i] : (row as Record<string, unknown>)[name]
      return value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
    }),
  )
  return { ...TYPED, format: 'json', names, hasNames: !byPlace, rows, symbolIn, doubts }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRow(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function hasArrays(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).some((one) => Array.isArray(one))
  )
}
