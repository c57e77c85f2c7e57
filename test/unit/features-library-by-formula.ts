import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import {
  allEqual,
  atr,
  eachRow,
  ema,
  knownPrice,
  knownVolume,
  mean,
  range,
  runUpTo,
  sum,
  sumOfSquares,
  wilder,
  window,
} from './features-by-formula.ts'
import type { SeriesOf, Value } from './features-by-formula.ts'

/** Formulas beyond features_price_1m_v1 written straight from their mathematics, as the columns in features-by-formula.ts are. */

function movingMean(series: SeriesOf, period: number): Value[] {
  return eachRow(series.length, (i) => {
    const values = window(series, i - period + 1, i)
    return values === null ? null : mean(values)
  })
}

function vwma(close: SeriesOf, volume: SeriesOf, period: number): Value[] {
  return eachRow(close.length, (i) => {
    const prices = window(close, i - period + 1, i)
    const volumes = window(volume, i - period + 1, i)
    if (prices === null || volumes === null || sum(volumes) === 0) return null
    return sum(prices.map((price, j) => price * volumes[j])) / sum(volumes)
  })
}

function stochasticK(high: SeriesOf, low: SeriesOf, close: SeriesOf, period: number): Value[] {
  return eachRow(close.length, (i) => {
    const highs = window(high, i - period + 1, i)
    const lows = window(low, i - period + 1, i)
    const c = close[i]
    if (highs === null || lows === null || c === null) return null
    const [top, bottom] = [Math.max(...highs), Math.min(...lows)]
    return top === bottom ? null : ((c - bottom) / (top - bottom)) * 100
  })
}

/** Up and down movement and true range of every row, null together. */
function movements(high: SeriesOf, low: SeriesOf, close: SeriesOf): Record<'up' | 'down' | 'range', Value[]> {
  const rows = range(0, close.length - 1).map((i) => {
    const [h, l] = [high[i], low[i]]
    const [h1, l1, c1] = [high[i - 1] ?? null, low[i - 1] ?? null, close[i - 1] ?? null]
    if (h === null || l === null || h1 === null || l1 === null || c1 === null) return null
    const [rise, fall] = [h - h1, l1 - l]
    return {
      up: rise > fall ? Math.max(rise, 0) : 0,
      down: fall > rise ? Math.max(fall, 0) : 0,
      range: Math.max(h - l, Math.abs(h - c1), Math.abs(l - c1)),
    }
  })
  return {
    up: rows.map((row) => row?.up ?? null),
    down: rows.map((row) => row?.down ?? null),
    range: rows.map((row) => row?.range ?? null),
  }
}

function directional(movement: SeriesOf, trueRange: SeriesOf, period: number): Value[] {
  return eachRow(movement.length, (i) => {
    const moved = wilder(runUpTo(movement, i), period)
    const ranged = wilder(runUpTo(trueRange, i), period)
    return moved === null || ranged === null || ranged === 0 ? null : (100 * moved) / ranged
  })
}

/** The columns tested, by the formula and the parameters that make them. */
export const LIBRARY = [
  { name: 'sma', formula: 'sma', params: { period: 20 }, warmup: 19, nullPolicy: 'window' },
  { name: 'vwma', formula: 'vwma', params: { period: 10 }, warmup: 9, nullPolicy: 'window' },
  { name: 'roc', formula: 'roc', params: { bars: 12 }, warmup: 12, nullPolicy: 'window' },
  { name: 'rolling_std', formula: 'rolling_std', params: { period: 20 }, warmup: 19, nullPolicy: 'window' },
  { name: 'obv', formula: 'obv', params: {}, warmup: 0, nullPolicy: 'rest_of_session' },
  { name: 'stoch_k', formula: 'stoch_k', params: { period: 14, smooth: 3 }, warmup: 15, nullPolicy: 'window' },
  {
    name: 'stoch_d',
    formula: 'stoch_d',
    params: { period: 14, smooth: 3, signal: 3 },
    warmup: 17,
    nullPolicy: 'window',
  },
  { name: 'plus_di', formula: 'plus_di', params: { period: 14 }, warmup: 14, nullPolicy: 'restart' },
  { name: 'minus_di', formula: 'minus_di', params: { period: 14 }, warmup: 14, nullPolicy: 'restart' },
  { name: 'adx', formula: 'adx', params: { period: 14 }, warmup: 27, nullPolicy: 'restart' },
  {
    name: 'keltner_upper',
    formula: 'keltner_upper',
    params: { period: 20, atrPeriod: 10, multiplier: 1.5 },
    warmup: 19,
    nullPolicy: 'restart',
  },
  { name: 'keltner_middle', formula: 'keltner_middle', params: { period: 20 }, warmup: 19, nullPolicy: 'restart' },
  {
    name: 'keltner_lower',
    formula: 'keltner_lower',
    params: { period: 20, atrPeriod: 10, multiplier: 1.5 },
    warmup: 19,
    nullPolicy: 'restart',
  },
] as const

/** Every column of {@link LIBRARY} for one session, in that order; null is null. */
export function libraryByFormula({ bars }: SessionInput): Value[][] {
  const known = (values: Float64Array): Value[] => Array.from(values, knownPrice)
  const [high, low, close] = [known(bars.high), known(bars.low), known(bars.close)]
  const volume = Array.from(bars.volume, knownVolume)
  const rows = close.length
  const k = movingMean(stochasticK(high, low, close, 14), 3)
  const { up, down, range: trueRange } = movements(high, low, close)
  const plus = directional(up, trueRange, 14)
  const minus = directional(down, trueRange, 14)
  const dx = eachRow(rows, (i) => {
    const [p, m] = [plus[i], minus[i]]
    if (p === null || m === null) return null
    return p === 0 && m === 0 ? 0 : (100 * Math.abs(p - m)) / (p + m)
  })
  const middle = ema(close, 20)
  const ranges = atr(high, low, close, 10)
  const band = (factor: number): Value[] =>
    eachRow(rows, (i) => {
      const [m, r] = [middle[i], ranges[i]]
      return m === null || r === null ? null : m + factor * r
    })
  return [
    movingMean(close, 20),
    vwma(close, volume, 10),
    eachRow(rows, (i) => {
      const [now, then] = [close[i], close[i - 12] ?? null]
      return now === null || then === null ? null : (now / then - 1) * 100
    }),
    eachRow(rows, (i) => {
      const values = window(close, i - 19, i)
      if (values === null) return null
      return allEqual(values) ? 0 : Math.sqrt(sumOfSquares(values) / 20)
    }),
    eachRow(rows, (i) => {
      const prices = window(close, 0, i)
      const volumes = window(volume, 0, i)
      if (prices === null || volumes === null) return null
      const signed = range(1, i).map((j) => {
        if (prices[j] === prices[j - 1]) return 0
        return prices[j] > prices[j - 1] ? volumes[j] : -volumes[j]
      })
      return sum(signed)
    }),
    k,
    movingMean(k, 3),
    plus,
    minus,
    eachRow(rows, (i) => wilder(runUpTo(dx, i), 14)),
    band(1.5),
    middle,
    band(-1.5),
  ]
}
