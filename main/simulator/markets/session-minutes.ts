import { allocateBars, BAR_SECONDS, type BarColumns, sliceBars } from '#shared/bars.ts'
import { isInBreak, type TradingDay } from '../contracts/trading-days.ts'
import type { SessionAnchor } from './daily-path.ts'
import type { Random } from './random.ts'
import type { SyntheticProfile } from './synthetic-profile.ts'

/** Prices are counted in cents. */
const TICKS_PER_UNIT = 100

/** Minutes of a session of regular length, over which a profile's trades are spread. */
const REGULAR_MINUTES = 390

/** What goes wrong in one session of one instrument. Times are epoch seconds of minutes in regular hours. */
export interface SessionFaults {
  /** The bar at `ts` closes at `factor` times the price. It and the next bar exist even in a thin name. */
  readonly badTick: { readonly ts: number; readonly factor: number } | null
  /** Nobody trades from `ts` (included) to `resumeTs` (excluded). */
  readonly halt: { readonly ts: number; readonly resumeTs: number } | null
}

export const NO_FAULTS: SessionFaults = { badTick: null, halt: null }

/** One stretch of a trading day: minutes from `fromTs` to `toTs` whose log price goes from `fromLog` to `toLog`. */
interface Stretch {
  readonly fromTs: number
  readonly toTs: number
  readonly fromLog: number
  readonly toLog: number
  /** Standard deviation of the log return over the whole stretch. */
  readonly sigma: number
  /** Expected trades over the whole stretch. */
  readonly trades: number
  /** Relative variance of the price in minute `k` of `n`. */
  readonly varianceShape: (k: number, n: number) => number
  /** Relative number of trades in minute `k` of `n`. */
  readonly tradeShape: (k: number, n: number) => number
}

/** Open and close are wild, noon is calm: the U of intraday volatility and volume (Wood, McInish and Ord 1985). */
const regularVariance = (k: number, n: number): number => 1 + 4 * Math.exp(-k / 20) + 2 * Math.exp(-(n - 1 - k) / 20)
const regularTrades = (k: number, n: number): number =>
  1 +
  4.5 * Math.exp(-k / 18) +
  3 * Math.exp(-(n - 1 - k) / 14) +
  // The auctions print in the first and the last minute.
  (k === 0 ? 6 : 0) +
  (k === n - 1 ? 14 : 0)
const morningShape = (k: number, n: number): number => 0.15 + (k / n) ** 3
const eveningShape = (k: number, n: number): number => 0.1 + Math.exp(-(6 * k) / n)

/** Shares of a day's trades that happen before the open and after the close. */
const MORNING_TRADES = 0.012
const EVENING_TRADES = 0.008

/** Persistence and size of the changes of volatility within a session (log volatility is an AR(1)). */
const LOG_VOLATILITY_MEMORY = 0.96
const LOG_VOLATILITY_STEP = 0.12

/** How far high and low reach beyond open and close, in standard deviations of the minute. */
const RANGE_REACH = 0.45

/**
 * All 1-minute bars of one trading day, extended hours included, ascending; a minute without a trade is absent. Prices are
 * whole cents, low <= open, close, average <= high, a bar of one trade has one price.
 *
 * @param random the stream of this instrument and session; nothing else is drawn from.
 */
export function sessionMinutes(
  profile: SyntheticProfile,
  anchor: SessionAnchor,
  day: TradingDay,
  random: Random,
  faults: SessionFaults,
): BarColumns {
  const { openTs, closeTs } = day.session
  const regularMinutes = (closeTs - openTs) / BAR_SECONDS
  const dayTrades = profile.tradesPerDay * anchor.activity * (regularMinutes / REGULAR_MINUTES)
  const bars = allocateBars((day.endTs - day.startTs) / BAR_SECONDS)
  const stretches: Stretch[] = [
    {
      fromTs: day.startTs,
      toTs: openTs,
      fromLog: anchor.startLog,
      toLog: anchor.openLog,
      sigma: 0.25 * anchor.sigma,
      trades: dayTrades * MORNING_TRADES,
      varianceShape: morningShape,
      tradeShape: morningShape,
    },
    {
      fromTs: openTs,
      toTs: closeTs,
      fromLog: anchor.openLog,
      toLog: anchor.closeLog,
      sigma: anchor.sigma,
      trades: dayTrades,
      varianceShape: regularVariance,
      tradeShape: regularTrades,
    },
    {
      fromTs: closeTs,
      toTs: day.endTs,
      fromLog: anchor.closeLog,
      toLog: anchor.endLog,
      sigma: 0.15 * anchor.sigma,
      trades: dayTrades * EVENING_TRADES,
      varianceShape: eveningShape,
      tradeShape: eveningShape,
    },
  ]
  let used = 0
  for (const stretch of stretches) used = writeStretch(bars, used, stretch, profile, day, random, faults)
  return sliceBars(bars, 0, used)
}

function writeStretch(
  bars: BarColumns,
  used: number,
  stretch: Stretch,
  profile: SyntheticProfile,
  day: TradingDay,
  random: Random,
  faults: SessionFaults,
): number {
  const { badTick, halt } = faults
  const n = (stretch.toTs - stretch.fromTs) / BAR_SECONDS
  const { logs, sigmas } = bridge(stretch, n, random, halt)
  let tradeShapeSum = 0
  for (let k = 0; k < n; k++) tradeShapeSum += stretch.tradeShape(k, n)
  for (let k = 0; k < n; k++) {
    const ts = stretch.fromTs + k * BAR_SECONDS
    const bustle =
      Math.exp(0.28 * random.normal() - 0.04) * (0.8 + (0.25 * Math.abs(logs[k + 1] - logs[k])) / sigmas[k])
    const expected = (stretch.trades * stretch.tradeShape(k, n) * bustle) / tradeShapeSum
    const drawn = random.poisson(ts === halt?.resumeTs ? expected * 5 : expected)
    // A bad tick needs trades to stand in, and a bar that takes it back.
    const isAroundBadTick = badTick !== null && (ts === badTick.ts || ts === badTick.ts + BAR_SECONDS)
    const trades = isAroundBadTick ? Math.max(2, drawn) : drawn
    const isHalted = halt !== null && ts >= halt.ts && ts < halt.resumeTs
    if (trades === 0 || isHalted || isInBreak(day.session, ts)) continue
    const closeFactor = ts === badTick?.ts ? badTick.factor : 1
    writeMinute(bars, used++, ts, logs[k], logs[k + 1], sigmas[k], trades, closeFactor, profile, random)
  }
  return used
}

/**
 * Log prices at the `n` + 1 minute boundaries of a stretch (a Brownian bridge in a clock that runs as fast as the minutes
 * are volatile, so that the ends are exactly as given) and the standard deviation of each minute. A halt moves the price
 * while nobody trades; the rest of the session works the move off.
 */
function bridge(
  stretch: Stretch,
  n: number,
  random: Random,
  halt: SessionFaults['halt'],
): { readonly logs: Float64Array; readonly sigmas: Float64Array } {
  const sigmas = new Float64Array(n)
  let logVolatility = 0
  let total = 0
  for (let k = 0; k < n; k++) {
    logVolatility = LOG_VOLATILITY_MEMORY * logVolatility + LOG_VOLATILITY_STEP * random.normal()
    sigmas[k] = Math.sqrt(stretch.varianceShape(k, n)) * Math.exp(logVolatility)
    total += sigmas[k] ** 2
  }
  const scale = stretch.sigma / Math.sqrt(total)
  const walk = new Float64Array(n + 1)
  const clock = new Float64Array(n + 1)
  for (let k = 0; k < n; k++) {
    sigmas[k] *= scale
    walk[k + 1] = walk[k] + sigmas[k] * random.normal()
    clock[k + 1] = clock[k] + sigmas[k] ** 2
  }
  const resumeAt = halt === null ? -1 : (halt.resumeTs - stretch.fromTs) / BAR_SECONDS
  const jump = resumeAt > 0 && resumeAt < n ? HALT_JUMP * stretch.sigma * (random.uniform() < 0.5 ? -1 : 1) : 0
  const logs = new Float64Array(n + 1)
  for (let k = 0; k <= n; k++) {
    const share = clock[k] / clock[n]
    logs[k] = stretch.fromLog + walk[k] + share * (stretch.toLog - stretch.fromLog - walk[n])
    if (jump !== 0 && k >= resumeAt) {
      logs[k] += (jump * (clock[n] - clock[k])) / (clock[n] - clock[resumeAt])
    }
  }
  return { logs, sigmas }
}

/** Size of the price move across a halt, in standard deviations of the session. */
const HALT_JUMP = 1.2

function writeMinute(
  bars: BarColumns,
  at: number,
  ts: number,
  fromLog: number,
  toLog: number,
  sigma: number,
  trades: number,
  closeFactor: number,
  profile: SyntheticProfile,
  random: Random,
): void {
  const price = Math.exp(toLog) * TICKS_PER_UNIT
  // The first trade of a minute is at the price the last one ended with, give or take the spread.
  const halfSpread = Math.max(0.5, price * 0.00004)
  let open = Math.max(1, Math.round(Math.exp(fromLog) * TICKS_PER_UNIT + halfSpread * (random.uniform() * 2 - 1)))
  let close = Math.max(1, Math.round(price))
  let high = Math.max(open, close) + Math.round(Math.abs(random.normal()) * sigma * price * RANGE_REACH)
  let low = Math.max(1, Math.min(open, close) - Math.round(Math.abs(random.normal()) * sigma * price * RANGE_REACH))
  const place = Math.min(1, Math.max(0, 0.5 + 0.16 * random.normal()))
  const sizes = Math.exp(0.3 * random.normal() - 0.045)
  if (trades === 1) {
    open = close
    high = close
    low = close
  } else if (trades === 2) {
    high = Math.max(open, close)
    low = Math.min(open, close)
  }
  // The average is of honest trades: one bad print among thousands does not move it.
  const average = low + (high - low) * place
  close = Math.max(1, Math.round(close * closeFactor))
  high = Math.max(high, close)
  low = Math.min(low, close)
  bars.ts[at] = ts
  bars.open[at] = open / TICKS_PER_UNIT
  bars.high[at] = high / TICKS_PER_UNIT
  bars.low[at] = low / TICKS_PER_UNIT
  bars.close[at] = close / TICKS_PER_UNIT
  bars.volume[at] = Math.max(trades, Math.round(trades * profile.sharesPerTrade * sizes))
  bars.vwap[at] = Math.round(average * 10) / 1000
  bars.tradeCount[at] = trades
}
