import { createReadStream } from 'node:fs'
import type { BarColumns } from '#shared/bars.ts'
import { barsFileError, MinuteRows, numberOf } from './minute-rows.ts'

/** Longest line taken from a file. */
const MAX_LINE_CHARS = 4096

const ISO_WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** Names a column may have; the first that the header holds is taken. */
const COLUMN_NAMES = {
  ts: ['ts', 'time', 'datetime'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume'],
  vwap: ['wap', 'vwap'],
  tradeCount: ['count', 'trade_count'],
} as const

type Column = keyof typeof COLUMN_NAMES

const OPTIONAL: ReadonlySet<Column> = new Set(['vwap', 'tradeCount'])

/**
 * The bars of a CSV file with a header, ascending: `ts`, `time` or `datetime` (epoch seconds, or ISO 8601 with an offset from
 * UTC; the bar's start), `open`, `high`, `low`, `close`, `volume`, and if known `wap` and `count`. Other columns are
 * ignored, an empty volume, average or count is unknown (NaN). The file is read in pieces.
 *
 * @throws {SwitchyardError} BARS_FILE naming file and line.
 */
export async function readCsvBars(path: string): Promise<BarColumns> {
  const rows = new MinuteRows(path)
  let places: Record<Column, number> | null = null
  let lineNumber = 0

  const onLine = (line: string): void => {
    lineNumber++
    const text = line.trim()
    if (text === '') return
    const fields = text.split(',').map(unquoted)
    if (places === null) places = columnPlaces(path, fields)
    else addRow(rows, path, lineNumber, fields, places)
  }

  let rest = ''
  for await (const piece of createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_CHARS) throw barsFileError(path, lineNumber + lines.length + 1, 'the line does not end')
    for (const line of lines) onLine(line)
  }
  onLine(rest)
  if (places === null) throw barsFileError(path, null, 'the file is empty, it has no header')
  return rows.finish()
}

function unquoted(field: string): string {
  const text = field.trim()
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

function columnPlaces(path: string, header: readonly string[]): Record<Column, number> {
  // A file written on Windows may begin with a byte order mark.
  const names = header.map((name) => name.replace(/^\uFEFF/, '').toLowerCase())
  const place = (column: Column): number => {
    for (const name of COLUMN_NAMES[column]) {
      const index = names.indexOf(name)
      if (index >= 0) return index
    }
    if (OPTIONAL.has(column)) return -1
    throw barsFileError(path, 1, `the header has no column ${COLUMN_NAMES[column].join(' or ')}`)
  }
  return {
    ts: place('ts'),
    open: place('open'),
    high: place('high'),
    low: place('low'),
    close: place('close'),
    volume: place('volume'),
    vwap: place('vwap'),
    tradeCount: place('tradeCount'),
  }
}

function addRow(
  rows: MinuteRows,
  path: string,
  line: number,
  fields: readonly string[],
  places: Readonly<Record<Column, number>>,
): void {
  const field = (column: Column): string => {
    if (places[column] < 0) return ''
    if (places[column] >= fields.length) throw barsFileError(path, line, `the column ${column} is missing`)
    return fields[places[column]]
  }
  const value = (column: Column): number => {
    const parsed = numberOf(field(column))
    if (parsed === null) throw barsFileError(path, line, `"${field(column).slice(0, 40)}" is not a number`)
    return parsed
  }
  rows.add(
    {
      ts: timeOf(field('ts'), path, line),
      open: value('open'),
      high: value('high'),
      low: value('low'),
      close: value('close'),
      volume: value('volume'),
      vwap: value('vwap'),
      tradeCount: value('tradeCount'),
    },
    line,
  )
}

function timeOf(text: string, path: string, line: number): number {
  if (ISO_WITH_OFFSET.test(text)) return Date.parse(text.replace(' ', 'T')) / 1000
  const seconds = numberOf(text)
  if (seconds !== null && !Number.isNaN(seconds)) return seconds
  throw barsFileError(path, line, `"${text.slice(0, 40)}" is neither epoch seconds nor a time with an offset from UTC`)
}
