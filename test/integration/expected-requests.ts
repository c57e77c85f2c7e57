import type { Market, Simulator } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'

/** What was asked with message 20, as `SYMBOL duration end`, in the order asked; that of others than `whatToShow` is left out. */
function asked(of: Simulator, whatToShow: string, from: number): string[] {
  return of.requests.slice(from).flatMap(({ historical }) => {
    if (historical === null || historical.whatToShow !== whatToShow) return []
    // Daily bars are asked for as a check; a schedule, too, is asked for by days.
    if (whatToShow === 'TRADES' && historical.barSizeText === '1 day') return []
    return [`${historical.contract.symbol} ${historical.durationText} ${historical.endText}`]
  })
}

/** Requests for bars, from the message `from` on. */
export function barRequests(of: Simulator, from = 0): string[] {
  return asked(of, 'TRADES', from)
}

/** Requests for the broker's schedule. */
export function scheduleRequests(of: Simulator): string[] {
  return asked(of, 'SCHEDULE', 0)
}

/** A request for the sessions of these dates, as {@link barRequests} tells it. */
export function requestFor(symbol: string, dates: readonly string[]): string {
  const last = dates[dates.length - 1]
  const end = new Date((XNYS.session(last)?.closeTs ?? NaN) * 1000).toISOString()
  return `${symbol} ${dates.length} D ${end.slice(0, 10).replaceAll('-', '')}-${end.slice(11, 19)}`
}

/** How many minutes of the regular session have no bar, and whether none has one. */
export async function missingMinutes(market: Market, symbol: string, date: string): Promise<number> {
  const { openTs = NaN, closeTs = NaN } = XNYS.session(date) ?? {}
  const bars = await market.minuteBars(symbol, openTs, closeTs, true)
  return (closeTs - openTs) / 60 - bars.ts.length
}

/**
 * The requests with which the answers to a request for these dates are confirmed: sessions that came short and follow one another
 * together, each that is empty by itself until two answers for it alone agree.
 */
export async function confirmations(market: Market, symbol: string, dates: readonly string[]): Promise<string[]> {
  const runs: string[][] = []
  let isRunOpen = false
  for (const date of dates) {
    const { openTs = NaN, closeTs = NaN } = XNYS.session(date) ?? {}
    const missing = await missingMinutes(market, symbol, date)
    const isEmpty = missing === (closeTs - openTs) / 60
    if (missing > 0 && !isEmpty && isRunOpen) runs[runs.length - 1].push(date)
    else if (missing > 0) runs.push([date])
    if (isEmpty && dates.length > 1) runs.push([date])
    isRunOpen = missing > 0 && !isEmpty
  }
  return runs.map((run) => requestFor(symbol, run))
}
