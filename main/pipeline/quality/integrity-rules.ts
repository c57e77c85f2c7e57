import { BAR_SECONDS } from '#shared/bars.ts'
import { isOpenAt } from '#shared/calendar/session-hours.ts'
import { describeOhlc, reportRuns, type RuleCheck } from './rule-block.ts'

/** Rules that decide whether a bar can be one of the session at all. They get every bar of the window, as merged. */

export const outOfSession: RuleCheck<'out_of_session'> = ({ bars, session }, _params, report) => {
  const { ts } = bars
  const rows = ts.length
  for (let row = 0; row < rows; row++) {
    if (isOpenAt(session, ts[row])) continue
    const from = row
    while (row + 1 < rows && !isOpenAt(session, ts[row + 1])) row++
    const count = row - from + 1
    report({
      rows: [from, row],
      message:
        count === 1
          ? 'A bar outside the session was left out.'
          : `${count} bars in a row outside the session were left out.`,
    })
  }
}

export const notOnMinute: RuleCheck<'not_on_minute'> = ({ bars: { ts } }, _params, report) =>
  reportRuns(
    ts.length,
    // A remainder of doubles is a library call for every bar.
    (row) => Math.floor(ts[row] / BAR_SECONDS) * BAR_SECONDS !== ts[row],
    report,
    (row) => `The bar starts ${ts[row] - Math.floor(ts[row] / BAR_SECONDS) * BAR_SECONDS} s after the minute.`,
  )

export const priceInvalid: RuleCheck<'price_invalid'> = ({ bars }, _params, report) => {
  const { open, high, low, close } = bars
  reportRuns(
    open.length,
    (row) => !(isPrice(open[row]) && isPrice(high[row]) && isPrice(low[row]) && isPrice(close[row])),
    report,
    (row) => `A price is not a positive number: ${describeOhlc(bars, row)}.`,
  )
}

/** Reports rows whose prices are out of order; what is done about them, the transform decides. */
export const ohlcInconsistent: RuleCheck<'ohlc_inconsistent'> = ({ bars }, _params, report) => {
  const { open, high, low, close } = bars
  reportRuns(
    open.length,
    (row) => high[row] < open[row] || high[row] < close[row] || low[row] > open[row] || low[row] > close[row],
    report,
    (row) => `High and low do not enclose open and close: ${describeOhlc(bars, row)}.`,
  )
}

export const volumeInvalid: RuleCheck<'volume_invalid'> = ({ bars: { volume } }, { maximum }, report) =>
  reportRuns(
    volume.length,
    (row) => !(volume[row] >= 0 && volume[row] <= maximum),
    report,
    (row) => `The volume is ${volume[row]} and is stored as unknown.`,
  )

export function isPrice(value: number): boolean {
  return value > 0 && value < Infinity
}

/** Whether a number of trades is known. */
export function isCount(value: number): boolean {
  return value >= 0 && value < Infinity
}
