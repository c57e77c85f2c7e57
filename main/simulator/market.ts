import type { BarColumns } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { SessionDate } from '#shared/time.ts'
import type { Instrument } from './contracts/instrument.ts'

/**
 * Something that is wrong with the data on purpose, so that what a pipeline finds can be held against what is there.
 * Times are epoch seconds (UTC), prices in the instrument's currency.
 */
export type MarketFault =
  | {
      /** The bar at `ts` closes at `price` although the market was at `expectedPrice`; the next bar is back. */
      readonly kind: 'badTick'
      readonly symbol: string
      readonly sessionDate: SessionDate
      readonly ts: number
      readonly price: number
      readonly expectedPrice: number
    }
  | {
      /** No bars from `ts` (included) to `resumeTs` (excluded), and a price gap across the halt. */
      readonly kind: 'halt'
      readonly symbol: string
      readonly sessionDate: SessionDate
      readonly ts: number
      readonly resumeTs: number
    }

/**
 * What the simulator knows of the world: instruments, their calendars, and finished 1-minute trade bars. A market has no
 * clock; hiding what has not happened yet is the server's business.
 *
 * `symbol` is an instrument's `symbol` here, unique within the market. Unknown symbols throw UNKNOWN_SYMBOL.
 */
export interface Market {
  /** At least one. */
  instruments(): readonly Instrument[]
  calendar(symbol: string): TradingCalendar
  /** Epoch seconds of the first regular-hours minute there is, null when there is none. */
  headTs(symbol: string): Promise<number | null>
  /**
   * Bars with `fromTs <= ts < toTs`, strictly ascending, minutes without trades absent: those of regular hours, or of the
   * whole trading day when `useRth` is false. `vwap` and `tradeCount` are NaN where the source has none.
   */
  minuteBars(symbol: string, fromTs: number, toTs: number, useRth: boolean): Promise<BarColumns>
  /** Faults put into the data on purpose; empty for real data. */
  readonly faults: readonly MarketFault[]
}

/** The IANA zone of the market's exchanges, where the simulated TWS stands: that of its first instrument. */
export function marketZone(market: Market): string {
  return market.calendar(market.instruments()[0].symbol).zone
}
