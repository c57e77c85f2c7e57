import { readFile, stat } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createZoneClock } from '#shared/calendar/zone-clock.ts'
import type { BarColumns } from '#shared/bars.ts'
import { dateToEpochDay, isSessionDate, type SessionDate } from '#shared/time.ts'
import type { SwitchyardError } from '#shared/errors.ts'
import { barsFileError, MinuteRows, numberOf } from './minute-rows.ts'
import { listZipEntries, readZipEntry, ZipError } from './zip-entries.ts'

/** One zip of minute trade bars in the Lean layout: one instrument (or one root of futures) and one day. */
export interface LeanFile {
  readonly path: string
  readonly secType: 'equity' | 'future'
  /** `usa`, `cme`, ... */
  readonly venue: string
  /** Ticker in capitals. */
  readonly ticker: string
  readonly date: SessionDate
}

const FLAT_NAME = /^(equity|future)_([a-z0-9]+)_minute_([a-z0-9.-]+)_(\d{8})_trade\.zip$/
const TREE_PATH = /(?:^|\/)(equity|future)\/([a-z0-9]+)\/minute\/([a-z0-9.-]+)\/(\d{8})_trade\.zip$/

/**
 * What the place of a file says about it, or null when it is not a zip of minute trades: the flat names
 * (`equity_usa_minute_spy_20131004_trade.zip`) and Lean's own tree (`equity/usa/minute/spy/20131004_trade.zip`).
 *
 * @param path relative to the folder, with `/` between its parts.
 */
export function leanFileOf(path: string): Omit<LeanFile, 'path'> | null {
  const match = FLAT_NAME.exec(basename(path)) ?? TREE_PATH.exec(path)
  if (match === null) return null
  const date = `${match[4].slice(0, 4)}-${match[4].slice(4, 6)}-${match[4].slice(6)}`
  if (!isSessionDate(date)) return null
  return {
    secType: match[1] === 'equity' ? 'equity' : 'future',
    venue: match[2],
    ticker: match[3].toUpperCase(),
    date,
  }
}

/** Bounds on one day's zip: a busy day is some 15 kB, and 60 kB unpacked. */
const MAX_ZIP_BYTES = 16 << 20
const MAX_CSV_BYTES = 64 << 20

const FUTURE_ENTRY = /_minute_trade_(\d{6})(?:_(\d{8}))?\.csv$/

/** The last trade date that the name of a zip entry states: `yyyyMMdd`, else `yyyyMM`, null for an entry without one. */
function contractOf(entry: string): string | null {
  const match = FUTURE_ENTRY.exec(entry)
  return match === null ? null : (match[2] ?? match[1])
}

/** The contracts that one zip of a futures root holds, as last trade dates. Nothing is unpacked. */
export function contractsInZip(path: string): string[] {
  try {
    return listZipEntries(readFileSync(path)).flatMap((entry) => contractOf(entry.name) ?? [])
  } catch (cause) {
    throw zipFileError(path, cause)
  }
}

function zipFileError(path: string, cause: unknown): SwitchyardError {
  const problem = cause instanceof Error ? cause.message : String(cause)
  return barsFileError(path, null, cause instanceof ZipError ? `not a usable zip file: ${problem}` : problem)
}

/** Equity prices are written as ten-thousandths of a dollar. */
const EQUITY_PRICE_SCALE = 10_000

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/**
 * The bars of one zip, ascending. Rows are milliseconds since midnight in New York (the label is the bar's start), open, high,
 * low, close and volume; equity prices are times 10,000, those of futures plain. There are no averages or trade counts (NaN).
 *
 * @param contract for futures the contract wanted; a zip without it gives no bars.
 * @throws {SwitchyardError} BARS_FILE naming file and line.
 */
export async function readLeanDay(file: LeanFile, contract: string | null): Promise<BarColumns> {
  const rows = new MinuteRows(file.path)
  const text = await readEntry(file, contract)
  const scale = file.secType === 'equity' ? EQUITY_PRICE_SCALE : 1
  const clock = createZoneClock('America/New_York')
  const epochDay = dateToEpochDay(file.date)
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim()
    if (line === '') continue
    const fields = line.split(',')
    if (fields.length !== 6) throw barsFileError(file.path, i + 1, `${fields.length} columns instead of 6`)
    const values = fields.map(numberOf)
    const wrong = values.findIndex((value) => value === null || Number.isNaN(value))
    if (wrong >= 0) throw barsFileError(file.path, i + 1, `"${fields[wrong].slice(0, 40)}" is not a number`)
    const [ms, open, high, low, close, volume] = values as number[]
    if (!(ms >= 0 && ms < DAY_MS)) throw barsFileError(file.path, i + 1, `${ms} is not a time of day in milliseconds`)
    // By the hour, so that the wall clock is meant also on the days it changes.
    const hourTs = clock.toEpochSeconds(epochDay, Math.floor(ms / HOUR_MS) * 60)
    rows.add(
      {
        ts: hourTs + (ms % HOUR_MS) / 1000,
        open: open / scale,
        high: high / scale,
        low: low / scale,
        close: close / scale,
        volume,
        vwap: Number.NaN,
        tradeCount: Number.NaN,
      },
      i + 1,
    )
  }
  return rows.finish()
}

async function readEntry(file: LeanFile, contract: string | null): Promise<string> {
  try {
    const { size } = await stat(file.path)
    if (size > MAX_ZIP_BYTES) throw new ZipError(`${size} bytes are more than ${MAX_ZIP_BYTES}`)
    const zip = await readFile(file.path)
    const entries = listZipEntries(zip).filter(
      ({ name }) => name.endsWith('.csv') && (contract === null || contractOf(name) === contract),
    )
    if (contract !== null && entries.length === 0) return ''
    if (entries.length !== 1) throw new ZipError(`${entries.length} CSV files inside instead of one`)
    return readZipEntry(zip, entries[0], MAX_CSV_BYTES).toString('utf8')
  } catch (cause) {
    throw zipFileError(file.path, cause)
  }
}
