import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { barsBetween, type BarColumns } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { epochDayToDate, type SessionDate } from '#shared/time.ts'
import { futureInstrument, type Instrument, stockInstrument, withUniqueConIds } from '../contracts/instrument.ts'
import { isInBreak, type TradingDay, tradingDaysOverlapping, visibleHours } from '../contracts/trading-days.ts'
import type { Market } from '../market.ts'
import { zoneClock } from '../wire/tws-time.ts'
import { joinBars } from './bar-ranges.ts'
import { readCsvBars } from './csv-bars.ts'
import { contractsInZip, type LeanFile, leanFileOf, readLeanDay } from './lean-files.ts'
import { barsFileError, MAX_ROWS } from './minute-rows.ts'
import { createRecentCache } from './recent-cache.ts'

export interface BarsFolderOptions {
  readonly dir: string
  /** The calendar of everything in the folder. Regular hours are those of its sessions. */
  readonly calendar: TradingCalendar
}

/** Where the bars of one instrument lie. */
type Source =
  | { readonly kind: 'lean'; readonly files: Map<SessionDate, LeanFile>; readonly contract: string | null }
  | { readonly kind: 'csv'; readonly path: string }

/** A folder with more files than this is not one of minute bars, or needs to be split. */
const MAX_FILES = 500_000

const CSV_NAME = /^([A-Za-z0-9][A-Za-z0-9._-]{0,31})\.csv$/

/**
 * A market of real minute bars from a folder. Names are read at once, bars when they are asked for; what was used last is kept.
 *
 * - Lean's minute trades, as flat files (`equity_usa_minute_spy_20131004_trade.zip`) or in Lean's tree
 *   (`equity/usa/minute/spy/20131004_trade.zip`): one instrument for each ticker, one for each contract of a future.
 * - `SYMBOL.csv` at the top of the folder, with a header, see {@link readCsvBars}.
 *
 * Other files are left alone. Bars outside the trading day (04:00 to 20:00 in New York for stocks) are not served. Lean's
 * files have neither averages nor trade counts, so those are NaN, and clients are told -1, as TWS tells them for data without
 * trades.
 *
 * @throws {SwitchyardError} BARS_FILE when the folder cannot be read, holds no bars, or has one symbol twice; later, from the
 * market's methods, when a file is broken, naming file and line.
 */
export function barsFolderMarket(options: BarsFolderOptions): Market {
  const { calendar } = options
  const sources = indexFolder(options.dir)
  const instruments = withUniqueConIds([...sources.values()].map((entry) => entry.instrument))
  const cache = createRecentCache<BarColumns>(MAX_ROWS)

  const entryOf = (symbol: string): IndexEntry => {
    const entry = sources.get(symbol)
    if (entry !== undefined) return entry
    throw new SwitchyardError('UNKNOWN_SYMBOL', `${options.dir} has no bars of ${symbol}.`, {
      hint: `It has ${listed([...sources.keys()])}.`,
    })
  }

  const cached = async (key: string, read: () => Promise<BarColumns>): Promise<BarColumns> => {
    const known = cache.get(key)
    if (known !== undefined) return known
    const bars = await read()
    cache.set(key, bars, bars.ts.length)
    return bars
  }

  /** The parts of the source that may hold bars of `fromTs <= ts < toTs`, ascending. */
  const partsOf = async (source: Source, fromTs: number, toTs: number): Promise<BarColumns[]> => {
    if (source.kind === 'csv') {
      return [barsBetween(await cached(source.path, () => readCsvBars(source.path)), fromTs, toTs)]
    }
    const { contract } = source
    const parts: BarColumns[] = []
    for (const date of localDates(fromTs, toTs)) {
      const file = source.files.get(date)
      if (file === undefined) continue
      const bars = await cached(`${file.path} ${contract ?? ''}`, () => readLeanDay(file, contract))
      parts.push(barsBetween(bars, fromTs, toTs))
    }
    return parts
  }

  const dayBars = async (source: Source, day: TradingDay, fromTs: number, toTs: number): Promise<BarColumns[]> => {
    const { session } = day
    const start = Math.max(fromTs, day.startTs)
    const end = Math.min(toTs, day.endTs)
    if (session.breakStartTs === null || session.breakEndTs === null) return partsOf(source, start, end)
    const before = await partsOf(source, start, Math.min(end, session.breakStartTs))
    const after = await partsOf(source, Math.max(start, session.breakEndTs), end)
    return [...before, ...after]
  }

  const minuteBars = async (symbol: string, fromTs: number, toTs: number, useRth: boolean): Promise<BarColumns> => {
    const { instrument, source } = entryOf(symbol)
    const parts: BarColumns[] = []
    for (const day of tradingDaysOverlapping(calendar, visibleHours(instrument.hours, useRth), fromTs, toTs)) {
      parts.push(...(await dayBars(source, day, fromTs, toTs)))
    }
    return joinBars(parts)
  }

  return {
    instruments: () => instruments,
    calendar: (symbol) => {
      entryOf(symbol)
      return calendar
    },
    headTs: async (symbol) => {
      const { source } = entryOf(symbol)
      if (source.kind === 'csv') {
        const { ts } = await cached(source.path, () => readCsvBars(source.path))
        return ts.find((at) => isRegular(calendar, at)) ?? null
      }
      for (const date of [...source.files.keys()].sort()) {
        if (date < calendar.firstDate || date > calendar.lastDate) continue
        const session = calendar.session(date)
        if (session === null) continue
        const bars = await minuteBars(symbol, session.openTs, session.closeTs, true)
        if (bars.ts.length > 0) return bars.ts[0]
      }
      return null
    },
    minuteBars,
    faults: [],
  }
}

function isRegular(calendar: TradingCalendar, ts: number): boolean {
  const [day] = tradingDaysOverlapping(calendar, visibleHours(NO_HOURS, true), ts, ts + 1)
  return day !== undefined && !isInBreak(day.session, ts)
}

const NO_HOURS = { beforeOpenSeconds: 0, afterCloseSeconds: 0 }

/** The dates in New York, by which Lean names its files, from one instant to another. */
function localDates(fromTs: number, toTs: number): SessionDate[] {
  const clock = zoneClock('America/New_York')
  const dayOf = (ts: number): number => Math.floor((ts + clock.offsetAt(ts)) / 86_400)
  const dates: SessionDate[] = []
  for (let day = dayOf(fromTs); fromTs < toTs && day <= dayOf(toTs - 1); day++) dates.push(epochDayToDate(day))
  return dates
}

interface IndexEntry {
  readonly instrument: Instrument
  readonly source: Source
}

function indexFolder(dir: string): Map<string, IndexEntry> {
  const index = new Map<string, IndexEntry>()
  const futures: LeanFile[] = []
  for (const path of listFiles(dir)) {
    const csv = CSV_NAME.exec(path)
    const lean = csv === null ? leanFileOf(path) : null
    if (csv !== null) addCsv(index, csv[1], join(dir, path))
    else if (lean !== null && lean.secType === 'future') futures.push({ ...lean, path: join(dir, path) })
    else if (lean !== null) addLean(index, stockInstrument(lean.ticker), { ...lean, path: join(dir, path) }, null)
  }
  for (const file of futures) {
    for (const contract of contractsInZip(file.path)) {
      addLean(index, futureInstrument(file.ticker, file.venue.toUpperCase(), contract), file, contract)
    }
  }
  if (index.size === 0) {
    throw new SwitchyardError('BARS_FILE', `${dir} holds no minute bars.`, {
      hint: 'Name a folder with Lean minute trade zips (equity_usa_minute_spy_20131004_trade.zip) or SYMBOL.csv files.',
    })
  }
  return index
}

/** Files below `dir`, relative with `/`, sorted. */
function listFiles(dir: string): string[] {
  let names: string[]
  try {
    names = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
  } catch (cause) {
    throw new SwitchyardError('BARS_FILE', `The folder ${dir} cannot be read.`, {
      hint: 'Name an existing folder of minute bars.',
      cause,
    })
  }
  if (names.length > MAX_FILES) throw barsFileError(dir, null, `${names.length} files are more than ${MAX_FILES}`)
  return names.map((name) => name.split(sep).join('/')).sort()
}

function addCsv(index: Map<string, IndexEntry>, symbol: string, path: string): void {
  if (index.has(symbol)) throw barsFileError(path, null, `the folder has ${symbol} twice`)
  index.set(symbol, { instrument: stockInstrument(symbol), source: { kind: 'csv', path } })
}

function addLean(
  index: Map<string, IndexEntry>,
  instrument: Instrument,
  file: LeanFile,
  contract: string | null,
): void {
  const { symbol } = instrument
  let entry = index.get(symbol)
  if (entry === undefined) {
    entry = { instrument, source: { kind: 'lean', files: new Map(), contract } }
    index.set(symbol, entry)
  }
  if (entry.source.kind === 'csv' || entry.source.files.has(file.date)) {
    throw barsFileError(file.path, null, `the folder has ${symbol} of ${file.date} twice`)
  }
  entry.source.files.set(file.date, file)
}

function listed(names: readonly string[]): string {
  return names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`
}
