import { DuckDBInstance } from '@duckdb/node-api'
import { allocateBars, BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import type { LegacyBarsConfig } from '#shared/config/workspace-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isoUtc, type SessionDate } from '#shared/time.ts'
import type { RejectedRow } from '#main/stores/legacy-store.ts'
import { LocalClock } from './local-clock.ts'
import type { ScannedFile } from './scan-file.ts'

export interface OldBars {
  /** Sessions ascending, bars strictly ascending inside each. */
  readonly sessions: readonly { readonly sessionDate: SessionDate; readonly bars: BarColumns }[]
  readonly rows: number
  /** Ascending by line. Every line of the file is either a row of a session or here. */
  readonly rejects: readonly RejectedRow[]
}

interface Row {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly line: number
}

/**
 * Reads one CSV file of the old pipeline as its description says and normalises it: UTC epoch seconds of bar starts, prices
 * divided by the scale, volume in shares. What cannot be read, has no place in the calendar, or is superseded by a later row
 * of the same minute is kept as a reject with its line number.
 *
 * Times are on the clock of the described zone, unless they carry their own offset (`%z`) or are epoch seconds.
 *
 * @throws {SwitchyardError} LEGACY_FILE when a described column is missing or the file is no CSV of that form.
 */
export async function readOldBars(
  path: string,
  scanned: ScannedFile,
  description: LegacyBarsConfig,
  calendar: TradingCalendar,
): Promise<OldBars> {
  const rows: Row[] = []
  const clock = new LocalClock(description.zone)
  const shift = description.label === 'end' ? BAR_SECONDS : 0
  const unit = description.volumeUnit === 'lots' ? description.lotSize : 1
  const namesInstant = isInstantFormat(description.timeFormat)

  if (scanned.mixesLineEnds) {
    throw new SwitchyardError('LEGACY_FILE', `${path} has lines that end with CR LF and lines that end with LF.`, {
      hint: 'Give all lines the same end, for example with dos2unix.',
    })
  }
  const { accepted, refused } = await readWithDuckDb(path, scanned.header, description)
  requireEveryLine(path, scanned, accepted.time.length + refused.length)
  const rejects = [...refused]
  const lineOf = lineNumbers(scanned.blankLines, refused)
  accepted.time.forEach((time, i) => {
    const line = lineOf(i)
    const reject = (reason: string): void => {
      rejects.push({ line, reason, text: describeRow(accepted, i) })
    }
    if (Number.isNaN(time)) return reject('the time is missing')
    if (!Number.isInteger(time)) return reject('the time is not a whole second')
    if (Math.abs(time) > LATEST_TS) return reject('the time is not in seconds since 1970')
    const label = namesInstant ? time : clock.toEpochSeconds(time)
    if (label === null) {
      return reject(`the time does not name one instant in ${description.zone}: a clock change skips or repeats it`)
    }
    const row: Row = {
      ts: label - shift,
      open: accepted.open[i] / description.priceScale,
      high: accepted.high[i] / description.priceScale,
      low: accepted.low[i] / description.priceScale,
      close: accepted.close[i] / description.priceScale,
      volume: accepted.volume[i] * unit,
      line,
    }
    const infinite = NUMBERS.find((field) => Math.abs(row[field]) === Infinity)
    if (infinite !== undefined) return reject(`${infinite} is infinite`)
    rows.push(row)
  })

  rows.sort((a, b) => a.ts - b.ts || a.line - b.line)
  const bySession = new Map<SessionDate, Row[]>()
  let kept = 0
  rows.forEach((row, i) => {
    if (i + 1 < rows.length && rows[i + 1].ts === row.ts) {
      const reason = `line ${rows[i + 1].line} has the same minute, ${isoUtc(row.ts)}, and comes later`
      rejects.push({ line: row.line, reason, text: describeOhlcv(row) })
      return
    }
    const session = sessionAt(calendar, row.ts)
    if (typeof session === 'string') {
      rejects.push({ line: row.line, reason: session, text: describeOhlcv(row) })
      return
    }
    kept++
    const own = bySession.get(session.date)
    if (own === undefined) bySession.set(session.date, [row])
    else own.push(row)
  })
  const sessions = [...bySession].map(([sessionDate, own]) => ({ sessionDate, bars: toColumns(own) }))
  return { sessions, rows: kept, rejects: rejects.sort((a, b) => a.line - b.line) }
}

/** The session that a bar belongs to, or why there is none. */
function sessionAt(calendar: TradingCalendar, ts: number): Session | string {
  try {
    return calendar.sessionOfInstant(ts) ?? `${isoUtc(ts)} is in no session of ${calendar.id}`
  } catch (thrown) {
    if (thrown instanceof SwitchyardError && thrown.code === 'CALENDAR_HORIZON') return thrown.message
    throw thrown
  }
}

/** Whether a time in this format is an instant by itself, so that no zone is needed to understand it. */
function isInstantFormat(timeFormat: string): boolean {
  return timeFormat === 'epoch' || timeFormat.replaceAll('%%', '').includes('%z')
}

/** An unclosed quotation mark swallows lines without a word; then the numbers do not add up. */
function requireEveryLine(path: string, scanned: ScannedFile, rows: number): void {
  const found = rows + scanned.blankLines.length + 1
  if (found === scanned.lines) return
  throw new SwitchyardError(
    'LEGACY_FILE',
    `${path} has ${scanned.lines} lines, but only ${found} of them can be told apart: a quotation mark is not closed, or a quoted value spans lines.`,
    { hint: 'Put every row on a line of its own and remove stray quotation marks. Nothing was imported.' },
  )
}

interface Columns {
  readonly time: number[]
  readonly open: number[]
  readonly high: number[]
  readonly low: number[]
  readonly close: number[]
  readonly volume: number[]
}

const NUMBERS = ['open', 'high', 'low', 'close', 'volume'] as const
const FIELDS = ['time', ...NUMBERS] as const

/** The last second that has a date. */
const LATEST_TS = 8_640_000_000_000
/** What is kept of a line that was refused. */
const MOST_TEXT = 500

/** DuckDB parses the text; rows that it refuses come back with their line numbers. */
async function readWithDuckDb(
  path: string,
  header: string,
  description: LegacyBarsConfig,
): Promise<{ accepted: Columns; refused: RejectedRow[] }> {
  const names = header.split(description.delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  for (const field of FIELDS) {
    const wanted = description.columns[field]
    if (names.filter((name) => name === wanted).length !== 1) {
      throw new SwitchyardError(
        'LEGACY_FILE',
        `${path} must have exactly one column "${wanted}"; its columns are ${names.join(', ')}.`,
        {
          hint: `Set oldPipeline.bars.columns.${field} in switchyard.yaml to the name that the file uses, and check the delimiter.`,
        },
      )
    }
  }
  // Columns go by position: those that are not needed may have any name, also none or the same one twice.
  const columnOf = (field: (typeof FIELDS)[number]): string => `column${names.indexOf(description.columns[field])}`
  const isEpoch = description.timeFormat === 'epoch'
  const types = new Map([[columnOf('time'), isEpoch ? 'DOUBLE' : 'TIMESTAMP']])
  for (const field of NUMBERS) types.set(columnOf(field), 'DOUBLE')
  const selected = FIELDS.map((field) => (field === 'time' && !isEpoch ? `epoch(${columnOf(field)})` : columnOf(field)))
  const options = [
    'auto_detect = false',
    'header = true',
    `delim = ${literal(description.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `columns = {${names.map((_name, i) => `column${i}: '${types.get(`column${i}`) ?? 'VARCHAR'}'`).join(', ')}}`,
    ...(isEpoch ? [] : [`timestampformat = ${literal(description.timeFormat)}`]),
    'store_rejects = true',
    'rejects_limit = 0',
    // Line numbers are worked out from the order of rows.
    'parallel = false',
  ]
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    const result = await connection.stream(
      `select ${selected.join(', ')} from read_csv(${literal(path)}, ${options.join(', ')})`,
    )
    const accepted: Columns = { time: [], open: [], high: [], low: [], close: [], volume: [] }
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      for (const [c, field] of FIELDS.entries()) {
        const vector = chunk.getColumnVector(c)
        for (let r = 0; r < chunk.rowCount; r++) accepted[field].push((vector.getItem(r) as number | null) ?? NaN)
      }
    }
    const errors = await connection.runAndReadAll(
      `select line, min(csv_line), string_agg(error_message, '; ' order by column_idx) from reject_errors group by line order by line`,
    )
    const refused = errors.getRows().map(([line, text, reason]) => ({
      line: Number(line),
      text: String(text).trim().slice(0, MOST_TEXT),
      reason: String(reason)
        .replaceAll('\n', ' ')
        .replaceAll(/"column(\d+)"/g, (_match, i: string) => `"${names[Number(i)]}"`),
    }))
    return { accepted, refused }
  } catch (thrown) {
    if (thrown instanceof SwitchyardError) throw thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new SwitchyardError('LEGACY_FILE', `${path} cannot be read as CSV: ${message}`, {
      hint: 'Compare the file with oldPipeline.bars in switchyard.yaml.',
      cause: thrown,
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Line number of the n-th accepted row (n from 0): the header, empty lines and refused lines do not count. */
function lineNumbers(blankLines: readonly number[], refused: readonly RejectedRow[]): (n: number) => number {
  const skipped = [1, ...blankLines, ...refused.map(({ line }) => line)].sort((a, b) => a - b)
  let passed = 0
  let line = 0
  let next = 0
  return (n) => {
    // Rows are asked for in ascending order.
    for (; next <= n; next++) {
      line++
      while (passed < skipped.length && skipped[passed] === line) {
        passed++
        line++
      }
    }
    return line
  }
}

function toColumns(rows: readonly Row[]): BarColumns {
  const bars = allocateBars(rows.length)
  rows.forEach((row, i) => {
    bars.ts[i] = row.ts
    bars.open[i] = row.open
    bars.high[i] = row.high
    bars.low[i] = row.low
    bars.close[i] = row.close
    bars.volume[i] = row.volume
    bars.vwap[i] = NaN
    bars.tradeCount[i] = NaN
  })
  return bars
}

function describeRow(columns: Columns, i: number): string {
  return FIELDS.map((field) => columns[field][i]).join(',')
}

function describeOhlcv(row: Row): string {
  return [row.open, row.high, row.low, row.close, row.volume].join(',')
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
