import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { epochDayToDate } from '#shared/time.ts'
import { compactDate, wallText, zoneClock } from '../wire/tws-time.ts'
import type { ExtendedHours } from './instrument.ts'
import { tradingDayOf } from './trading-days.ts'

/** TWS tells the hours of the current day and the five that follow. */
const DAYS_TOLD = 6

/**
 * The hours of the coming days as contract details state them, in the exchange's zone:
 * `20240703:0930-20240703:1300;20240704:CLOSED;...`. Days beyond the calendar are left out.
 */
export function hoursText(calendar: TradingCalendar, hours: ExtendedHours, nowTs: number): string {
  const today = Math.floor((nowTs + zoneClock(calendar.zone).offsetAt(nowTs)) / 86_400)
  const days: string[] = []
  for (let day = today; day < today + DAYS_TOLD; day++) {
    const date = epochDayToDate(day)
    if (date < calendar.firstDate || date > calendar.lastDate) continue
    const trading = tradingDayOf(calendar, hours, date)
    days.push(
      trading === null
        ? `${compactDate(date)}:CLOSED`
        : `${minuteText(trading.startTs, calendar.zone)}-${minuteText(trading.endTs, calendar.zone)}`,
    )
  }
  return days.join(';')
}

/** `yyyyMMdd:HHmm` */
function minuteText(ts: number, zone: string): string {
  const text = wallText(ts, zone, ':')
  return `${text.slice(0, 11)}${text.slice(12, 14)}`
}
