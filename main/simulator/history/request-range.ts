import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { ExtendedHours } from '../contracts/instrument.ts'
import { lastTradingDays, type TradingDay, tradingDaysOverlapping } from '../contracts/trading-days.ts'
import { type Duration, subtractDuration } from './duration.ts'

/** What a historical request is about, worked out on the instrument's calendar. */
export interface RequestRange {
  /** A bar belongs to the answer when `fromTs <= start < toTs`, epoch seconds. */
  readonly fromTs: number
  readonly toTs: number
  /** Trading days that have a part in the range, in order. */
  readonly days: readonly TradingDay[]
}

/**
 * The range that ends at `endTs` and reaches back by `duration`: `N D` to the beginning of the last N trading days that have
 * begun by then (so that one day asked for on a Sunday is Friday), the other units by the wall calendar of the exchange.
 */
export function requestRange(
  calendar: TradingCalendar,
  hours: ExtendedHours,
  endTs: number,
  duration: Duration,
): RequestRange {
  if (duration.unit === 'D') {
    const days = lastTradingDays(calendar, hours, duration.count, endTs)
    return { fromTs: days.length === 0 ? endTs : days[0].startTs, toTs: endTs, days }
  }
  const fromTs = subtractDuration(endTs, duration, calendar.zone)
  return { fromTs, toTs: endTs, days: tradingDaysOverlapping(calendar, hours, fromTs, endTs) }
}
