import { allocateBars, BAR_COLUMNS, BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionDate } from '#shared/time.ts'
import { createRandom, type Random } from '#main/simulator/markets/random.ts'

/** One response as TWS would have sent it: a run of sessions of one symbol, bars in the order received. */
export interface SyntheticResponse {
  readonly symbol: string
  readonly sessions: readonly { readonly date: SessionDate; readonly bars: number }[]
  readonly bars: BarColumns
}

/** What is wrong with some of the bars. Each kind has a rule of the curation that must find it. */
export const FAULTS = [
  'before the open',
  'high below close',
  'price not positive',
  'minute twice, equal',
  'minute twice, different',
  'between two minutes',
  'volume unknown',
  'average price unknown',
  'session sent again',
] as const
export type Fault = (typeof FAULTS)[number]

interface Bar {
  readonly ts: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number
  readonly tradeCount: number
}

/** Sessions in one response: what one request of `5 D` brings. */
const SESSIONS_PER_RESPONSE = 5
/** Share of the sessions that get one fault. */
const FAULTY_SESSIONS = 0.15
/** Share of the minutes in which nothing trades, in the symbols that are thin. */
const MISSING_MINUTES = 0.02

/**
 * The responses of one symbol, oldest sessions first and sessions that were sent again at the end, with a count of the faults
 * in them. Nothing but `seed` and `symbol` decides what they hold.
 *
 * Prices are a random walk in whole cents with an overnight step, volumes follow the U shape of a day with a level that
 * changes from day to day.
 *
 * @param thin leaves out some minutes, so that windows of bars and windows of minutes are not the same.
 */
export function syntheticResponses(
  seed: number,
  symbol: string,
  sessions: readonly Session[],
  thin: boolean,
): { readonly responses: readonly SyntheticResponse[]; readonly faults: ReadonlyMap<Fault, number> } {
  const random = createRandom(seed, 'bench', symbol)
  const faults = new Map<Fault, number>()
  const responses: SyntheticResponse[] = []
  const again: SyntheticResponse[] = []
  const walk = { price: 20 + 380 * random.uniform() }
  const sharesPerMinute = 2_000 * 50 ** random.uniform()

  let rows: Bar[] = []
  let dates: { date: SessionDate; bars: number }[] = []
  for (const [at, session] of sessions.entries()) {
    const bars = tradedMinutes(random, session, walk, sharesPerMinute, thin ? MISSING_MINUTES : 0)
    if (random.uniform() < FAULTY_SESSIONS) {
      const fault = FAULTS[random.between(0, FAULTS.length - 1)]
      faults.set(fault, (faults.get(fault) ?? 0) + 1)
      if (fault === 'session sent again') {
        const revised = bars.map((bar) => (random.uniform() < 0.1 ? { ...bar, volume: bar.volume + 100 } : bar))
        again.push(toResponse(symbol, revised, [{ date: session.date, bars: revised.length }]))
      } else spoil(bars, fault, session, random)
    }
    rows.push(...bars)
    dates.push({ date: session.date, bars: bars.length })
    if (dates.length === SESSIONS_PER_RESPONSE || at === sessions.length - 1) {
      responses.push(toResponse(symbol, rows, dates))
      rows = []
      dates = []
    }
  }
  return { responses: [...responses, ...again], faults }
}

function tradedMinutes(
  random: Random,
  session: Session,
  walk: { price: number },
  sharesPerMinute: number,
  missing: number,
): Bar[] {
  const minutes = (session.closeTs - session.openTs) / BAR_SECONDS
  const busyness = Math.exp(0.3 * random.normal())
  walk.price *= Math.exp(0.008 * random.normal())
  const bars: Bar[] = []
  for (let minute = 0; minute < minutes; minute++) {
    const open = cents(walk.price)
    // Pulled back to 100, so that no number of years makes a price that a cent cannot resolve.
    walk.price *= Math.exp(0.0008 * random.normal() - 1e-6 * Math.log(walk.price / 100))
    const close = cents(walk.price)
    const high = cents(Math.max(open, close) * (1 + 0.0004 * Math.abs(random.normal())))
    const low = cents(Math.min(open, close) * (1 - 0.0004 * Math.abs(random.normal())))
    const fromNoon = (2 * minute) / minutes - 1
    const shape = 0.5 + 1.5 * fromNoon * fromNoon
    const volume = Math.max(1, Math.round(sharesPerMinute * busyness * shape * Math.exp(0.4 * random.normal())))
    const vwap = Math.round((low + (high - low) * random.uniform()) * 10_000) / 10_000
    const tradeCount = Math.max(1, Math.round(volume / (80 + 60 * random.uniform())))
    if (random.uniform() < missing) continue
    bars.push({ ts: session.openTs + minute * BAR_SECONDS, open, high, low, close, volume, vwap, tradeCount })
  }
  return bars
}

function spoil(bars: Bar[], fault: Exclude<Fault, 'session sent again'>, session: Session, random: Random): void {
  const at = random.between(5, bars.length - 5)
  const bar = bars[at]
  switch (fault) {
    case 'before the open':
      bars.unshift(...[3, 2, 1].map((minutes) => ({ ...bars[0], ts: session.openTs - minutes * BAR_SECONDS })))
      break
    case 'high below close':
      bars[at] = { ...bar, high: cents(Math.max(bar.open, bar.close) - 0.01) }
      break
    case 'price not positive':
      bars[at] = { ...bar, low: random.uniform() < 0.5 ? 0 : -1 }
      break
    case 'minute twice, equal':
      bars.splice(at, 0, { ...bar })
      break
    case 'minute twice, different':
      bars.splice(at, 0, { ...bar, volume: bar.volume + 1 })
      break
    case 'between two minutes':
      bars.splice(at + 1, 0, { ...bar, ts: bar.ts + BAR_SECONDS / 2 })
      break
    case 'volume unknown':
      bars[at] = { ...bar, volume: -1 }
      break
    case 'average price unknown':
      bars[at] = { ...bar, vwap: -1, tradeCount: -1 }
      break
  }
}

function cents(price: number): number {
  return Math.round(price * 100) / 100
}

function toResponse(symbol: string, rows: readonly Bar[], sessions: SyntheticResponse['sessions']): SyntheticResponse {
  const bars = allocateBars(rows.length)
  for (const name of BAR_COLUMNS) rows.forEach((row, i) => (bars[name][i] = row[name]))
  return { symbol, sessions, bars }
}
