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

/** `volume` when it is a finite number from 0 on, else NaN: the one test of whether a volume is known. */
function knownVolume(volume: number): number {
  return volume >= 0 && volume < Infinity ? volume : NaN
}

/** The volume with every value that is missing, not finite or negative as null. */
export const volumeKernel: Kernel = (frame, _inputs, out) => {
  const { volume } = frame.bars
  for (let row = 0; row < frame.rows; row++) out[row] = knownVolume(volume[row])
}

/** `ln(price[i] / price[i - lag])`; null in the first `lag` rows. */
export function logReturnKernel(lag: number): Kernel {
  return (frame, [prices], out) => {
    out.fill(NaN, 0, Math.min(lag, frame.rows))
    for (let row = lag; row < frame.rows; row++) out[row] = Math.log(prices[row] / prices[row - lag])
  }
}

/** `100 (price[i] - price[i - lag]) / price[i - lag]`; null in the first `lag` rows. */
export function rateOfChangeKernel(lag: number): Kernel {
  return (frame, [prices], out) => {
    out.fill(NaN, 0, Math.min(lag, frame.rows))
    for (let row = lag; row < frame.rows; row++)
      out[row] = (100 * (prices[row] - prices[row - lag])) / prices[row - lag]
  }
}

/** `a[i] + factor * b[i]`. */
export function offsetKernel(factor: number): Kernel {
  return (frame, [a, b], out) => {
    for (let row = 0; row < frame.rows; row++) out[row] = a[row] + factor * b[row]
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
 * The true range `max(high - low, |high - previous close|, |low - previous close|)` of the inputs high, low, close. The session's
 * first bar has no previous close in the session and so no true range.
 */
export const trueRangeKernel: Kernel = (frame, [high, low, close], out) => {
  let previous = NaN
  for (let row = 0; row < frame.rows; row++) {
    out[row] = Math.max(high[row] - low[row], Math.abs(high[row] - previous), Math.abs(low[row] - previous))
    previous = close[row]
  }
}

/**
 * Wilder's directional movement up, of the inputs high, low: how far the high rose, where that is more than the low fell and more
 * than 0; else 0. Null in the session's first bar.
 */
export const upwardMovementKernel: Kernel = (frame, [high, low], out) => {
  for (let row = 0; row < frame.rows; row++) {
    const rise = row === 0 ? NaN : high[row] - high[row - 1]
    const fall = row === 0 ? NaN : low[row - 1] - low[row]
    out[row] = movement(rise, fall)
  }
}

/** Wilder's directional movement down: as up, with how far the low fell where that is more than the high rose. */
export const downwardMovementKernel: Kernel = (frame, [high, low], out) => {
  for (let row = 0; row < frame.rows; row++) {
    const rise = row === 0 ? NaN : high[row] - high[row - 1]
    const fall = row === 0 ? NaN : low[row - 1] - low[row]
    out[row] = movement(fall, rise)
  }
}

/** `own` where it is more than `other` and more than 0, else 0; NaN when either is not known. */
function movement(own: number, other: number): number {
  if (own !== own || other !== other) return NaN
  return own > other && own > 0 ? own : 0
}

/** Wilder's directional index `100 |p - m| / (p + m)` of the inputs +DI, -DI; 0 where both are 0: it moved, but in no direction. */
export const directionalIndexKernel: Kernel = (frame, [plus, minus], out) => {
  for (let row = 0; row < frame.rows; row++) {
    const sum = plus[row] + minus[row]
    out[row] = sum === 0 ? 0 : (100 * Math.abs(plus[row] - minus[row])) / sum
  }
}

/**
 * Lane's raw %K `100 (close - lowest) / (highest - lowest)` of the inputs close, highest high, lowest low; null where the window
 * has no range (0 / 0).
 */
export const rawStochasticKernel: Kernel = (frame, [close, highest, lowest], out) => {
  for (let row = 0; row < frame.rows; row++) {
    out[row] = (100 * (close[row] - lowest[row])) / (highest[row] - lowest[row])
  }
}

/**
 * On-balance volume from the session's first bar to the row, of the inputs close, volume: the volume of bars that closed above
 * the bar before less that of bars that closed below it; 0 in the first bar. Null from the first bar without a close or a volume:
 * what it would have added is not known.
 */
export const onBalanceVolumeKernel: Kernel = (frame, [close, volume], out) => {
  let balance = 0
  for (let row = 0; row < frame.rows; row++) {
    const change = close[row] - close[Math.max(0, row - 1)]
    balance += Math.sign(change) * volume[row]
    out[row] = balance
  }
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
    const size = knownVolume(volume[row])
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
