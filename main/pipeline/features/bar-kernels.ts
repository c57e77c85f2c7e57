import { BAR_SECONDS } from '#shared/bars.ts'
import type { Kernel } from './series-plan.ts'

/** The price columns of a bar. */
export type PriceColumn = 'open' | 'high' | 'low' | 'close' | 'vwap'

/** `price` when it is a positive finite number, else NaN: the one test of whether a price is known. */
function knownPrice(price: number): number {
  return price > 0 && price < Infinity ? price : NaN
}

/** A price column with every value that is not a positive finite number as null. */
export function priceKernel(column: PriceColumn): Kernel {
  return (frame, _inputs, out) => {
    const prices = frame.bars[column]
    for (let row = 0; row < frame.rows; row++) out[row] = knownPrice(prices[row])
  }
}

/** `ln(price[i] / price[i - lag])`; null in the first `lag` rows. */
export function logReturnKernel(lag: number): Kernel {
  return (frame, [prices], out) => {
    out.fill(NaN, 0, Math.min(lag, frame.rows))
    for (let row = lag; row < frame.rows; row++) out[row] = Math.log(prices[row] / prices[row - lag])
  }
}

/** `a[i] - b[i]`. */
export const differenceKernel: Kernel = (frame, [a, b], out) => {
  for (let row = 0; row < frame.rows; row++) out[row] = a[row] - b[row]
}

/** `(a[i] - b[i]) / b[i]`. */
export const relativeDifferenceKernel: Kernel = (frame, [a, b], out) => {
  for (let row = 0; row < frame.rows; row++) out[row] = (a[row] - b[row]) / b[row]
}

/** `(high[i] - low[i]) / close[i]` of the inputs high, low, close. */
export const relativeRangeKernel: Kernel = (frame, [high, low, close], out) => {
  for (let row = 0; row < frame.rows; row++) out[row] = (high[row] - low[row]) / close[row]
}

/**
 * Volume-weighted average price from the session's first bar to the row, of the inputs vwap, high, low, close. A bar's price is
 * its own vwap where known, else its typical price (high + low + close) / 3. Null until volume above 0 has been seen (0 / 0), and
 * from the first bar without a price or with a volume that is missing or negative: what was traded in it is not known.
 */
export const sessionVwapKernel: Kernel = (frame, [vwap, high, low, close], out) => {
  const { volume } = frame.bars
  let traded = 0
  let shares = 0
  for (let row = 0; row < frame.rows; row++) {
    const price = vwap[row] > 0 ? vwap[row] : (high[row] + low[row] + close[row]) / 3
    const size = volume[row] >= 0 && volume[row] < Infinity ? volume[row] : NaN
    traded += price * size
    shares += size
    out[row] = traded / shares
  }
}

/** Minutes from the session's open to the bar's start. */
export const minuteOfSessionKernel: Kernel = (frame, _inputs, out) => {
  const { ts } = frame.bars
  const { openTs } = frame.session
  for (let row = 0; row < frame.rows; row++) out[row] = (ts[row] - openTs) / 60
}

/** Minutes from the bar's end to the session's close. */
export const minutesToCloseKernel: Kernel = (frame, _inputs, out) => {
  const { ts } = frame.bars
  const { closeTs } = frame.session
  for (let row = 0; row < frame.rows; row++) out[row] = (closeTs - (ts[row] + BAR_SECONDS)) / 60
}

/** `ln(open of the session's first bar / last close of the previous session)` in every row. */
export const overnightGapKernel: Kernel = (frame, _inputs, out) => {
  if (frame.rows === 0) return
  out.fill(Math.log(knownPrice(frame.bars.open[0]) / knownPrice(frame.previousClose)), 0, frame.rows)
}
