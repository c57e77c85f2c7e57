import type { SessionInput } from '#main/pipeline/features/compute-features.ts'

/**
 * The columns of features_price_1m_v1 written straight from their mathematics: every value on its own, from plain arrays, with
 * nothing carried from row to row. Slow, and shares no code with the pipeline.
 */

export type Value = number | null
export type SeriesOf = readonly Value[]

export const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => from + k)
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
export const mean = (values: readonly number[]): number => sum(values) / values.length
/** Differences from the mean; the second pass takes out what rounding the mean left in the first. */
const deviations = (values: readonly number[]): number[] => {
  const center = mean(values)
  const rough = values.map((value) => value - center)
  const rest = mean(rough)
  return rough.map((value) => value - rest)
}
export const sumOfSquares = (values: readonly number[]): number => sum(deviations(values).map((value) => value ** 2))
export const allEqual = (values: readonly number[]): boolean => values.every((value) => value === values[0])
export const knownPrice = (price: number): Value => (Number.isFinite(price) && price > 0 ? price : null)
export const knownVolume = (volume: number): Value => (Number.isFinite(volume) && volume >= 0 ? volume : null)

/** The values of rows `from` to `to`, or null when a row is outside the session or null. */
export function window(series: SeriesOf, from: number, to: number): number[] | null {
  const found: number[] = []
  for (const row of range(from, to)) {
    const value = series[row]
    if (value === undefined || value === null) return null
    found.push(value)
  }
  return found
}

/** The values up to row `to` after the last null at or before it. */
export function runUpTo(series: SeriesOf, to: number): number[] {
  let from = to
  while (from >= 0 && series[from] !== null) from--
  return range(from + 1, to).map((row) => series[row] ?? NaN)
}

export const eachRow = (rows: number, value: (row: number) => Value): Value[] => range(0, rows - 1).map(value)

function logReturn(close: SeriesOf, lag: number): Value[] {
  return eachRow(close.length, (i) => {
    const [now, then] = [close[i], close[i - lag] ?? null]
    return now === null || then === null ? null : Math.log(now / then)
  })
}

function realizedVolatility(close: SeriesOf, returns: number): Value[] {
  const r = logReturn(close, 1)
  return eachRow(close.length, (i) => {
    const values = window(r, i - returns + 1, i)
    if (values === null) return null
    return allEqual(values) ? 0 : Math.sqrt(sumOfSquares(values) / (returns - 1))
  })
}

/** Weighted sum over the whole run: seed weight (1 - a)^k, then a (1 - a)^(k - j) for each later value. */
export function ema(series: SeriesOf, period: number): Value[] {
  const a = 2 / (period + 1)
  return eachRow(series.length, (i) => {
    const run = runUpTo(series, i)
    if (run.length < period) return null
    const later = run.slice(period)
    return (
      mean(run.slice(0, period)) * (1 - a) ** later.length +
      sum(later.map((value, j) => a * value * (1 - a) ** (later.length - 1 - j)))
    )
  })
}

/** Wilder's smoothing of the run that ends in a row, as a weighted sum. */
export function wilder(run: readonly number[], period: number): Value {
  if (run.length < period) return null
  const keep = (period - 1) / period
  const later = run.slice(period)
  return (
    mean(run.slice(0, period)) * keep ** later.length +
    sum(later.map((value, j) => (value / period) * keep ** (later.length - 1 - j)))
  )
}

function minus(a: SeriesOf, b: SeriesOf): Value[] {
  return a.map((value, i) => {
    const other = b[i]
    return value === null || other === null ? null : value - other
  })
}

function rsi(close: SeriesOf, period: number): Value[] {
  const change = minus(close, [null, ...close.slice(0, -1)])
  return eachRow(close.length, (i) => {
    const run = runUpTo(change, i)
    const rise = wilder(
      run.map((value) => Math.max(value, 0)),
      period,
    )
    const fall = wilder(
      run.map((value) => Math.max(-value, 0)),
      period,
    )
    if (rise === null || fall === null || run.every((value) => value === 0)) return null
    return fall === 0 ? 100 : 100 - 100 / (1 + rise / fall)
  })
}

export function atr(high: SeriesOf, low: SeriesOf, close: SeriesOf, period: number): Value[] {
  const trueRange = eachRow(close.length, (i) => {
    const [h, l, c] = [high[i], low[i], close[i - 1] ?? null]
    return h === null || l === null || c === null ? null : Math.max(h - l, Math.abs(h - c), Math.abs(l - c))
  })
  return eachRow(close.length, (i) => wilder(runUpTo(trueRange, i), period))
}

function bollingerZ(close: SeriesOf, period: number): Value[] {
  return eachRow(close.length, (i) => {
    const values = window(close, i - period + 1, i)
    if (values === null || allEqual(values)) return null
    return deviations(values)[period - 1] / Math.sqrt(sumOfSquares(values) / period)
  })
}

function sessionVwap(price: SeriesOf, volume: SeriesOf): Value[] {
  return eachRow(price.length, (i) => {
    const prices = window(price, 0, i)
    const volumes = window(volume, 0, i)
    if (prices === null || volumes === null || sum(volumes) === 0) return null
    return sum(prices.map((value, j) => value * volumes[j])) / sum(volumes)
  })
}

function minuteOf({ session }: SessionInput, ts: number): number {
  return Math.round((ts - session.openTs) / 60)
}

function volumeZ(current: SessionInput, history: readonly SessionInput[], sessions: number, least: number): Value[] {
  const before = history.slice(-sessions)
  return Array.from(current.bars.ts, (ts, i) => {
    const own = knownVolume(current.bars.volume[i])
    if (own === null || before.length < sessions) return null
    const observed = before.flatMap((input) => {
      const row = input.bars.ts.findIndex((other) => minuteOf(input, other) === minuteOf(current, ts))
      const volume = row < 0 ? null : knownVolume(input.bars.volume[row])
      return volume === null ? [] : [volume]
    })
    if (observed.length < least || allEqual(observed)) return null
    return (own - mean(observed)) / Math.sqrt(sumOfSquares(observed) / (observed.length - 1))
  })
}

/** Every column of features_price_1m_v1 for `current`, by name; null is null. */
export function byFormula(current: SessionInput, history: readonly SessionInput[]): Map<string, Value[]> {
  const { session, bars } = current
  const known = (values: Float64Array): Value[] => Array.from(values, knownPrice)
  const [open, high, low, close] = [known(bars.open), known(bars.high), known(bars.low), known(bars.close)]
  const volume = Array.from(bars.volume, knownVolume)
  const rows = close.length
  const barPrice = eachRow(rows, (i) => {
    const [h, l, c] = [high[i], low[i], close[i]]
    return knownPrice(bars.vwap[i]) ?? (h === null || l === null || c === null ? null : (h + l + c) / 3)
  })
  const fast = ema(close, 12)
  const slow = ema(close, 26)
  const macd = minus(fast, slow)
  const signal = ema(macd, 9)
  const vwap = sessionVwap(barPrice, volume)
  const previous = history.at(-1)?.bars.close.at(-1) ?? NaN
  const gapFrom = knownPrice(previous)

  return new Map<string, Value[]>([
    ...[1, 5, 15, 30, 60].map((lag): [string, Value[]] => [`log_return_${lag}`, logReturn(close, lag)]),
    ...[15, 30, 60].map((length): [string, Value[]] => [`realized_vol_${length}`, realizedVolatility(close, length)]),
    ['ema_12', fast],
    ['ema_26', slow],
    ['macd', macd],
    ['macd_signal', signal],
    ['macd_histogram', minus(macd, signal)],
    ['rsi_14', rsi(close, 14)],
    ['atr_14', atr(high, low, close, 14)],
    ['bollinger_z_20', bollingerZ(close, 20)],
    ['session_vwap', vwap],
    [
      'session_vwap_distance',
      eachRow(rows, (i) => {
        const [c, v] = [close[i], vwap[i]]
        return c === null || v === null ? null : c / v - 1
      }),
    ],
    ['volume_z_20', volumeZ(current, history, 20, 15)],
    [
      'high_low_range',
      eachRow(rows, (i) => {
        const [h, l, c] = [high[i], low[i], close[i]]
        return h === null || l === null || c === null ? null : (h - l) / c
      }),
    ],
    ['minute_of_session', Array.from(bars.ts, (ts) => (ts - session.openTs) / 60)],
    ['minutes_to_close', Array.from(bars.ts, (ts) => (session.closeTs - ts) / 60 - 1)],
    [
      'overnight_gap',
      eachRow(rows, () => {
        const first = open[0]
        return first === null || gapFrom === null ? null : Math.log(first / gapFrom)
      }),
    ],
  ])
}
