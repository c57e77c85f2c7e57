import { mergeResponses, type ResponseScale } from '#shared/raw-response.ts'
import type { DailyBar } from '#shared/quality/session-facts.ts'
import { epochDayToDate, type SessionDate } from '#shared/time.ts'
import type { JobServices } from '../job-services.ts'

const DAY_SECONDS = 86_400

/**
 * The broker's daily bars of a symbol, by session date, as far as they were fetched. TWS stamps a daily bar with its date at 00:00 UTC.
 * `scaleOf` tells what the bars of a response are multiplied by.
 */
export function dailyBarsOf(
  symbol: string,
  { stores, config }: JobServices,
  scaleOf: (responseId: number) => ResponseScale,
): ReadonlyMap<SessionDate, DailyBar> {
  const { whatToShow } = config.canonical
  const ids = stores.raw.responseSpans(symbol, '1 day', whatToShow).map(({ id }) => id)
  const { bars } = mergeResponses(
    stores.raw.responses(ids).map((response) => ({ ...response, scale: scaleOf(response.id) })),
  )
  const byDate = new Map<SessionDate, DailyBar>()
  bars.ts.forEach((ts, row) => {
    const { open, high, low, close, volume } = bars
    const daily = { open: open[row], high: high[row], low: low[row], close: close[row], volume: volume[row] }
    // What is no number says nothing.
    if (Object.values(daily).every(Number.isFinite)) byDate.set(epochDayToDate(Math.floor(ts / DAY_SECONDS)), daily)
  })
  return byDate
}

/** The sessions of a symbol that have a daily bar. */
export function datesWithDailyBar(symbol: string, services: JobServices): ReadonlySet<SessionDate> {
  return new Set(dailyBarsOf(symbol, services, () => ({ price: 1, volume: 1 })).keys())
}
