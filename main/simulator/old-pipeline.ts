import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { isInBreak, type TradingDay, tradingDaysOverlapping, visibleHours } from './contracts/trading-days.ts'
import type { Market } from './market.ts'
import { wallText } from './wire/tws-time.ts'

export interface OldPipelineOptions {
  readonly market: Market
  readonly symbols: readonly string[]
  /** First and last session date, both included. */
  readonly from: SessionDate
  readonly to: SessionDate
  /** Made when it is not there. */
  readonly dir: string
}

export interface OldPipelineOutput {
  /** Paths of the files, one for each symbol, in the order asked. */
  readonly files: readonly string[]
  /** Rows over all files, headers not counted. */
  readonly rows: number
}

const HEADER = 'datetime,open,high,low,close,volume\n'
const LOT_SIZE = 100

/**
 * Writes what a typical ad-hoc download script leaves behind, from the same market that the simulator serves: one
 * `SYMBOL.csv` with `datetime,open,high,low,close,volume`, regular hours only, and the habits that make such files hard to
 * compare with anything:
 *
 * - naive New York time (the exchange's zone), labelled with the bar's **end**;
 * - prices rounded to two decimals;
 * - minutes without trades filled forward from the session's first trade to its close (previous close, volume 0), as
 *   `resample().ffill()` does; sessions without any trade are absent;
 * - volume in lots of 100, rounded to whole lots.
 *
 * A file appears under its name when it is complete.
 *
 * @throws {SwitchyardError} UNKNOWN_SYMBOL for a symbol the market does not have, NO_SESSIONS when no file would have a row,
 * IO_ERROR when the folder cannot be written.
 */
export async function writeOldPipelineOutput(options: OldPipelineOptions): Promise<OldPipelineOutput> {
  const { market, symbols, dir } = options
  const files: string[] = []
  let rows = 0
  try {
    await mkdir(dir, { recursive: true })
    for (const symbol of symbols) {
      const days = regularDays(options, symbol)
      const path = join(dir, `${fileName(symbol)}.csv`)
      rows += await writeSymbol(market, symbol, days, path)
      files.push(path)
    }
  } catch (cause) {
    if (cause instanceof SwitchyardError) throw cause
    throw new SwitchyardError('IO_ERROR', `The old pipeline's files cannot be written to ${dir}.`, {
      hint: 'Check that the folder can be written and the disk has room.',
      cause,
    })
  }
  if (rows === 0) {
    throw new SwitchyardError('NO_SESSIONS', `There are no bars from ${options.from} to ${options.to}.`, {
      hint: 'Choose dates for which the market has bars.',
    })
  }
  return { files, rows }
}

function regularDays(options: OldPipelineOptions, symbol: string): TradingDay[] {
  const calendar = options.market.calendar(symbol)
  const sessions = calendar.sessionsBetween(options.from, options.to)
  if (sessions.length === 0) return []
  const regular = visibleHours({ beforeOpenSeconds: 0, afterCloseSeconds: 0 }, true)
  return tradingDaysOverlapping(calendar, regular, sessions[0].openTs, sessions[sessions.length - 1].closeTs)
}

/** Symbols are file names here; anything that could lead elsewhere is replaced. */
function fileName(symbol: string): string {
  return symbol.replaceAll(/[^A-Za-z0-9._-]/g, '_')
}

async function writeSymbol(market: Market, symbol: string, days: readonly TradingDay[], path: string): Promise<number> {
  const { zone } = market.calendar(symbol)
  const unfinished = `${path}.partial`
  const file = await open(unfinished, 'w')
  let rows = 0
  try {
    await file.write(HEADER)
    for (const day of days) {
      const bars = await market.minuteBars(symbol, day.startTs, day.endTs, true)
      const lines = sessionLines(bars, day, zone)
      rows += lines.length
      if (lines.length > 0) await file.write(`${lines.join('\n')}\n`)
    }
    await file.close()
    await rename(unfinished, path)
  } catch (error) {
    await file.close()
    await rm(unfinished, { force: true })
    throw error
  }
  return rows
}

/** One line for every minute from the first traded one to the close. */
function sessionLines(bars: BarColumns, day: TradingDay, zone: string): string[] {
  const lines: string[] = []
  if (bars.ts.length === 0) return lines
  let next = 0
  let previousClose = ''
  for (let ts = bars.ts[0]; ts < day.endTs; ts += BAR_SECONDS) {
    if (isInBreak(day.session, ts)) continue
    const label = naiveText(ts + BAR_SECONDS, zone)
    if (next < bars.ts.length && bars.ts[next] === ts) {
      previousClose = twoDecimals(bars.close[next])
      const prices = [bars.open[next], bars.high[next], bars.low[next]].map(twoDecimals).join(',')
      lines.push(`${label},${prices},${previousClose},${wholeLots(bars.volume[next])}`)
      next++
    } else {
      lines.push(`${label},${previousClose},${previousClose},${previousClose},${previousClose},0`)
    }
  }
  return lines
}

/** `YYYY-MM-DD HH:MM:SS` on the wall clock of `zone`. */
function naiveText(ts: number, zone: string): string {
  const text = wallText(ts, zone, ' ')
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
}

function twoDecimals(price: number): string {
  return (Math.round(price * 100) / 100).toFixed(2)
}

/** Lots, rounded; an unknown volume is written as 0, as a script that fills missing numbers would. */
function wholeLots(volume: number): number {
  return Number.isNaN(volume) ? 0 : Math.round(volume / LOT_SIZE)
}
