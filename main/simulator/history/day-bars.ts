import { allocateBars, BAR_COLUMNS, BAR_SECONDS, type BarColumns } from '#shared/bars.ts'
import type { Instrument } from '../contracts/instrument.ts'
import type { TradingDay } from '../contracts/trading-days.ts'
import type { Market } from '../market.ts'
import { zoneClock } from '../wire/tws-time.ts'
import { aggregateBars } from './aggregate-bars.ts'
import { barsOfKind, type DataKind, isOfTrades } from './data-kind.ts'
import { knownMinutes } from './finished-minutes.ts'
import { splitMinutes } from './split-minutes.ts'

/** One series of bars of an instrument. */
export interface Series {
  readonly market: Market
  readonly instrument: Instrument
  /** Length of a bar; null for a bar that lasts a trading day. */
  readonly seconds: number | null
  readonly kind: DataKind
  readonly useRth: boolean
  /** Whether volumes are told in lots of 100 shares. */
  readonly inLots: boolean
}

/** Shares of a US stock in a round lot. */
const LOT = 100

/**
 * The bars of one trading day with what happened in `fromTs <= time < toTs` and before `nowTs`; a bar in progress is as far
 * as it has come. A bar of a whole day holds the whole day. Epoch seconds; `nowTs` may have a fraction.
 *
 * @param revise changes the day's minutes before bars are made of them.
 */
export async function dayBars(
  series: Series,
  day: TradingDay,
  range: { readonly fromTs: number; readonly toTs: number },
  nowTs: number,
  revise: (minutes: BarColumns) => BarColumns = (minutes) => minutes,
): Promise<BarColumns> {
  const { market, instrument, seconds, kind, useRth, inLots } = series
  const isSmall = seconds !== null && seconds < BAR_SECONDS
  // A small bar comes out of a minute that may have begun before the range.
  const minutesFrom = isSmall ? Math.floor(range.fromTs / BAR_SECONDS) * BAR_SECONDS : range.fromTs
  const minutes = revise(
    await market.minuteBars(
      instrument.symbol,
      seconds === null ? day.startTs : Math.max(day.startTs, minutesFrom),
      seconds === null ? day.endTs : Math.min(day.endTs, range.toTs),
      useRth,
    ),
  )
  const trades = isSmall
    ? splitMinutes(minutes, seconds, Math.min(nowTs, range.toTs), instrument.minTick)
    : aggregateBars(
        knownMinutes(minutes, nowTs, instrument.minTick),
        seconds,
        day,
        zoneClock(market.calendar(instrument.symbol).zone).offsetAt(day.session.openTs),
      )
  const bars = barsOfKind(trades, kind, instrument.minTick)
  return inLots && instrument.secType === 'STK' && isOfTrades(kind) ? withLots(bars) : bars
}

function withLots(bars: BarColumns): BarColumns {
  const lots = allocateBars(bars.ts.length)
  for (const name of BAR_COLUMNS) lots[name].set(bars[name])
  for (let i = 0; i < lots.volume.length; i++) lots.volume[i] = bars.volume[i] / LOT
  return lots
}
