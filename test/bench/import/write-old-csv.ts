import { closeSync, openSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { zoneOffsetSeconds } from '#shared/time.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'

export const XNYS = loadCalendar('XNYS', [fileURLToPath(new URL('../../../data/calendars', import.meta.url))])

export interface OldCsv {
  readonly symbols: readonly string[]
  /** Rows are written session by session; of each session all minutes of a symbol, or all symbols of a minute, together. */
  readonly order: 'symbol' | 'minute'
  /** Session to begin with. */
  readonly firstDate: string
  /** Whether the file has gone far enough after whole sessions. */
  readonly isEnough: (rows: number, bytes: number) => boolean
}

const PIECE_CHARACTERS = 1 << 20

/**
 * Writes what an old script would have left: `symbol,datetime,open,high,low,close,volume` in New York's time, one row a minute,
 * a random walk in cents. Always the same for the same input.
 */
export function writeOldCsv(
  path: string,
  { symbols, order, firstDate, isEnough }: OldCsv,
): { rows: number; bytes: number; sessions: number } {
  const random = randomNumbers(20_240_703)
  const prices = symbols.map((_symbol, s) => 50 + 40 * s)
  const file = openSync(path, 'w')
  let text = 'symbol,datetime,open,high,low,close,volume\n'
  let rows = 0
  let bytes = 0
  let sessions = 0
  const flush = (): void => {
    bytes += writeSync(file, text)
    text = ''
  }
  const bar = (s: number, time: string): void => {
    const open = prices[s]
    const close = Math.max(1, open * (1 + (random() - 0.5) * 0.002))
    const high = Math.max(open, close) + random() * 0.05
    const low = Math.max(0.01, Math.min(open, close) - random() * 0.05)
    prices[s] = close
    const volume = Math.floor(100 + random() * 20_000)
    text += `${symbols[s]},${time},${open.toFixed(2)},${high.toFixed(2)},${low.toFixed(2)},${close.toFixed(2)},${volume}\n`
    rows++
    if (text.length > PIECE_CHARACTERS) flush()
  }
  for (const session of XNYS.sessionsBetween(firstDate, XNYS.lastDate)) {
    if (isEnough(rows, bytes + text.length)) break
    sessions++
    const times = timesOf(session)
    if (order === 'minute') for (const time of times) for (const s of symbols.keys()) bar(s, time)
    else for (const s of symbols.keys()) for (const time of times) bar(s, time)
  }
  flush()
  closeSync(file)
  return { rows, bytes, sessions }
}

function timesOf({ openTs, closeTs }: Session): readonly string[] {
  const offset = zoneOffsetSeconds(XNYS.zone, openTs)
  return Array.from({ length: (closeTs - openTs) / BAR_SECONDS }, (_, minute) =>
    new Date((openTs + offset + BAR_SECONDS * minute) * 1000).toISOString().slice(0, 19).replace('T', ' '),
  )
}

/** xorshift32: fast, and the same every time. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4_294_967_296
  }
}
