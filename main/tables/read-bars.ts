import type { BarColumns } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isNumber } from './column-types.ts'
import type { DiffDatabase } from './diff-database.ts'
import { openTable, type OpenTable, type TableColumn } from './open-table.ts'
import { tableFileError } from './table-file-error.ts'

/** Bars of a file, in its order. */
export interface FileBars {
  /** The time of every bar as the file has it; a number where it counts from 1970. */
  readonly times: readonly (string | number)[]
  readonly bars: BarColumns
}

/** How columns of bars are usually called, small or capital. */
const SPELLINGS = {
  time: ['time', 'timestamp', 'ts', 'date', 'datetime', 'date_time'],
  open: ['open', 'o'],
  high: ['high', 'h'],
  low: ['low', 'l'],
  close: ['close', 'c'],
  volume: ['volume', 'vol', 'v'],
  vwap: ['vwap', 'wap', 'average'],
} as const

type Role = keyof typeof SPELLINGS

const REQUIRED: readonly Role[] = ['time', 'open', 'high', 'low', 'close', 'volume']

/**
 * Reads a CSV or Parquet file of bars: time, open, high, low, close, volume and, where there is one, vwap, in the spellings usual
 * for them. Times are dates, time stamps with or without a zone (without one they count as UTC), or seconds, milliseconds,
 * microseconds or nanoseconds since 1970. A cell without a value is NaN.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS when there is no such file, or a column is missing or there twice; TABLE_FILE when the
 *   file cannot be read, has no bars, a time or number that is none, or a bar that is not later than the one before it.
 */
export async function readBars(
  database: DiffDatabase,
  path: string,
  onProgress: (title: string) => void,
): Promise<FileBars> {
  // Rows in the order of the file: whether they ascend has to be seen.
  await database.run('set preserve_insertion_order = true', path)
  const table = await openTable(database, path, 'bars', onProgress)
  const missing = REQUIRED.filter((role) => columnFor(table, role) === undefined)
  if (missing.length > 0) {
    throw new SwitchyardError('BAD_ARGUMENTS', `${path} has no column for ${missing.join(', ')}.`, {
      hint: `It has ${table.columns.map(({ name }) => name).join(', ')}. Looked for ${missing.map((role) => SPELLINGS[role].join(' or ')).join('; ')}.`,
    })
  }
  if (table.rows === 0) throw tableFileError(path, 'it has no bars.', 'Give a file with at least one row.')
  const example = async ({ odd, sql }: TableColumn): Promise<string> => {
    if (odd !== null) return odd.example
    const [first] = await database.rows(`select ${sql} from ${table.relation} where ${sql} is not null limit 1`, path)
    return String(first?.[0])
  }
  const number = async (role: Role): Promise<string> => {
    const column = columnFor(table, role)
    if (column === undefined) return 'cast(null as double)'
    const sql = numberOf(column)
    if (sql !== null) return sql
    throw tableFileError(
      path,
      `the column ${column.name} must hold numbers, but has "${await example(column)}".`,
      'Leave unknown values empty.',
    )
  }
  const time = columnFor(table, 'time')
  const seconds = time === undefined ? null : secondsOf(time)
  if (time === undefined || seconds === null) {
    throw tableFileError(
      path,
      `the column ${time?.name} must hold times, but has "${time === undefined ? '' : await example(time)}".`,
      'Write them all as 2026-07-01, 2026-07-01 09:30 or 2026-07-01T13:30:00Z, or as a number since 1970.',
    )
  }
  const selected = [cell(time), seconds]
  for (const role of ['open', 'high', 'low', 'close', 'volume', 'vwap'] as const) selected.push(await number(role))
  const rows = await database.rows(`select ${selected.join(', ')} from ${table.relation}`, path)
  const column = (at: number): Float64Array => Float64Array.from(rows, (row) => Number(row[at] ?? NaN))
  const times = rows.map(([text]) => (text !== null && isNumber(time.type.kind) ? Number(text) : String(text ?? '')))
  const ts = column(1)
  checkAscending(path, times, ts)
  return {
    times,
    bars: {
      ts,
      open: column(2),
      high: column(3),
      low: column(4),
      close: column(5),
      volume: column(6),
      vwap: column(7),
      tradeCount: new Float64Array(ts.length).fill(NaN),
    },
  }
}

function columnFor({ path, columns }: OpenTable, role: Role): TableColumn | undefined {
  const spellings: readonly string[] = SPELLINGS[role]
  const found = columns.filter(({ name }) => spellings.includes(name.trim().toLowerCase()))
  if (found.length > 1) {
    throw new SwitchyardError(
      'BAD_ARGUMENTS',
      `${path} has more than one column for ${role}: ${found.map(({ name }) => name).join(', ')}.`,
      { hint: 'Keep the one that is meant, or rename the others.' },
    )
  }
  return found[0]
}

/** A cell as text, null without a value. */
function cell({ sql }: TableColumn): string {
  return `nullif(cast(${sql} as varchar), '')`
}

/** Null when the column holds something other than numbers. */
function numberOf(column: TableColumn): string | null {
  const { type } = column
  if (type.kind !== 'empty' && !isNumber(type.kind)) return null
  // The text of a decimal is read to the nearest double; that of a 32-bit float is not its value.
  return !type.isCsv && type.kind === 'double' ? `cast(${column.sql} as double)` : `cast(${cell(column)} as double)`
}

/** Seconds since 1970; null when the column holds something other than times. */
function secondsOf(column: TableColumn): string | null {
  const { kind } = column.type
  if (kind === 'date' || kind === 'timestamp') return `epoch(cast(${cell(column)} as timestamp))`
  if (kind === 'timestamp with zone') return `epoch(cast(${cell(column)} as timestamptz))`
  if (!isNumber(kind)) return null
  // Seconds reach 1e11 in the year 5138; what is above counts thousandths, millionths or billionths.
  const value = numberOf(column)
  return `case when ${value} > 1e17 then ${value} / 1e9 when ${value} > 1e14 then ${value} / 1e6
    when ${value} > 1e11 then ${value} / 1e3 else ${value} end`
}

function checkAscending(path: string, times: readonly (string | number)[], ts: Float64Array): void {
  for (let row = 0; row < ts.length; row++) {
    if (Number.isNaN(ts[row])) throw tableFileError(path, `row ${row + 1} has no time.`, 'Give every bar its time.')
    if (row > 0 && ts[row] <= ts[row - 1]) {
      throw tableFileError(
        path,
        `row ${row + 1} (${times[row]}) is not later than the row before it (${times[row - 1]}).`,
        'Sort the rows by time, oldest first, one row a time and one symbol a file.',
      )
    }
  }
}
