import type { NullPolicy, WindowScope } from '#shared/features/definition.ts'
import {
  differenceKernel,
  directionalIndexKernel,
  downwardMovementKernel,
  logReturnKernel,
  minuteOfSessionKernel,
  minutesToCloseKernel,
  offsetKernel,
  onBalanceVolumeKernel,
  overnightGapKernel,
  priceKernel,
  rateOfChangeKernel,
  rawStochasticKernel,
  relativeDifferenceKernel,
  relativeRangeKernel,
  sessionVwapKernel,
  trueRangeKernel,
  upwardMovementKernel,
  volumeKernel,
} from './bar-kernels.ts'
import type { PriceColumn } from './bar-kernels.ts'
import {
  directionalIndicator,
  exponentialMovingAverage,
  relativeStrengthIndex,
  wilderAverage,
} from './recursive-averages.ts'
import {
  rollingMean,
  rollingPopulationDeviation,
  rollingPopulationZScore,
  rollingSampleDeviation,
  rollingWeightedMean,
  weightedScratch,
  windowScratch,
} from './rolling-dispersion.ts'
import { rollingHighest, rollingLowest } from './rolling-extremes.ts'
import type { SeriesId, SeriesPlan } from './series-plan.ts'

/** A parameter and the values it may take, both ends included; a whole number unless fractions are allowed. */
export interface FormulaParam {
  readonly min: number
  readonly max: number
  readonly fraction?: boolean
}

/** The parameters of a formula as plain numbers, by name. */
type FormulaParams<Name extends string = string> = Readonly<Record<Name, number>>

/** How a column can be computed. The definition names it by its key in {@link FORMULAS}. */
export interface Formula<Name extends string = string> {
  readonly params: Readonly<Record<Name, FormulaParam>>
  readonly window: WindowScope
  readonly nullPolicy: NullPolicy
  /** Leading null bars of a session and previous sessions needed: a fact of the formula that every definition must state. */
  warmup(params: FormulaParams<Name>): { readonly bars: number; readonly sessions: number }
  /** What is wrong with parameters that are each in range, or null. */
  conflict?(params: FormulaParams<Name>): string | null
  /** Adds the work to `plan` and returns the series that holds the column. */
  plan(params: FormulaParams<Name>, plan: SeriesPlan): SeriesId
}

/** Longest window in bars: a full day of minutes and more. */
const MAX_BARS = 1_500
const window = (min: number): FormulaParam => ({ min, max: MAX_BARS })

/** Keeps the parameter names of one formula checked against each other. */
function formula<const Name extends string = never>(described: Formula<Name>): Formula {
  return described
}

const inSession = (bars: number) => ({ bars, sessions: 0 })

function price(plan: SeriesPlan, column: PriceColumn): SeriesId {
  return plan.series(`price ${column}`, [], () => priceKernel(column))
}

function logReturn(plan: SeriesPlan, bars: number): SeriesId {
  return plan.series(`log return ${bars}`, [price(plan, 'close')], () => logReturnKernel(bars))
}

function average(plan: SeriesPlan, key: string, input: SeriesId, period: number): SeriesId {
  return plan.series(key, [input], () => (frame, [values], out) => {
    exponentialMovingAverage(values, frame.rows, period, out)
  })
}

function closeAverage(plan: SeriesPlan, period: number): SeriesId {
  return average(plan, `ema ${period}`, price(plan, 'close'), period)
}

function macd(plan: SeriesPlan, fast: number, slow: number): SeriesId {
  const inputs = [closeAverage(plan, fast), closeAverage(plan, slow)]
  return plan.series(`macd ${fast} ${slow}`, inputs, () => differenceKernel)
}

function macdSignal(plan: SeriesPlan, fast: number, slow: number, signal: number): SeriesId {
  return average(plan, `macd signal ${fast} ${slow} ${signal}`, macd(plan, fast, slow), signal)
}

function sessionVwap(plan: SeriesPlan): SeriesId {
  const inputs = [price(plan, 'vwap'), price(plan, 'high'), price(plan, 'low'), price(plan, 'close')]
  return plan.series('session vwap', inputs, () => sessionVwapKernel)
}

function volume(plan: SeriesPlan): SeriesId {
  return plan.series('volume', [], () => volumeKernel)
}

function trueRange(plan: SeriesPlan): SeriesId {
  const inputs = [price(plan, 'high'), price(plan, 'low'), price(plan, 'close')]
  return plan.series('true range', inputs, () => trueRangeKernel)
}

function wilder(plan: SeriesPlan, key: string, input: SeriesId, period: number): SeriesId {
  return plan.series(
    key,
    [input],
    () =>
      (frame, [values], out) =>
        wilderAverage(values, frame.rows, period, out),
  )
}

function averageTrueRange(plan: SeriesPlan, period: number): SeriesId {
  return wilder(plan, `atr ${period}`, trueRange(plan), period)
}

function simpleAverage(plan: SeriesPlan, key: string, input: SeriesId, period: number): SeriesId {
  return plan.series(key, [input], () => {
    const scratch = windowScratch(period)
    return (frame, [values], out) => rollingMean(values, frame.rows, period, scratch, out)
  })
}

function stochasticK(plan: SeriesPlan, period: number, smooth: number): SeriesId {
  const highest = plan.series(`highest high ${period}`, [price(plan, 'high')], () => {
    const scratch = new Float64Array(period)
    return (frame, [values], out) => rollingHighest(values, frame.rows, period, scratch, out)
  })
  const lowest = plan.series(`lowest low ${period}`, [price(plan, 'low')], () => {
    const scratch = new Float64Array(period)
    return (frame, [values], out) => rollingLowest(values, frame.rows, period, scratch, out)
  })
  const inputs = [price(plan, 'close'), highest, lowest]
  const raw = plan.series(`raw stochastic ${period}`, inputs, () => rawStochasticKernel)
  return simpleAverage(plan, `stochastic k ${period} ${smooth}`, raw, smooth)
}

function directional(plan: SeriesPlan, side: 'plus' | 'minus', period: number): SeriesId {
  const kernel = side === 'plus' ? upwardMovementKernel : downwardMovementKernel
  const movement = plan.series(`${side} movement`, [price(plan, 'high'), price(plan, 'low')], () => kernel)
  return plan.series(`${side} di ${period}`, [movement, trueRange(plan)], () => (frame, [moved, ranged], out) => {
    directionalIndicator(moved, ranged, frame.rows, period, out)
  })
}

/** The Keltner channel's band `factor` average true ranges above its middle. */
function keltnerBand(plan: SeriesPlan, period: number, atrPeriod: number, factor: number): SeriesId {
  const inputs = [closeAverage(plan, period), averageTrueRange(plan, atrPeriod)]
  return plan.series(`keltner ${period} ${atrPeriod} ${factor}`, inputs, () => offsetKernel(factor))
}

const KELTNER_PARAMS = { period: window(1), atrPeriod: window(1), multiplier: { min: 0.1, max: 100, fraction: true } }

function fastBelowSlow({ fast, slow }: { readonly fast: number; readonly slow: number }): string | null {
  return fast < slow ? null : `fast (${fast}) must be below slow (${slow})`
}

/** Every formula a definition can name. A published set keeps its numbers only while the formulas it names keep theirs. */
export const FORMULAS: Readonly<Record<string, Formula>> = {
  log_return: formula({
    params: { bars: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ bars }) => inSession(bars),
    plan: ({ bars }, plan) => logReturn(plan, bars),
  }),

  realized_volatility: formula({
    params: { returns: window(2) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ returns }) => inSession(returns),
    plan: ({ returns }, plan) =>
      plan.series(`realized volatility ${returns}`, [logReturn(plan, 1)], () => {
        const scratch = windowScratch(returns)
        return (frame, [values], out) => rollingSampleDeviation(values, frame.rows, returns, scratch, out)
      }),
  }),

  ema: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) => closeAverage(plan, period),
  }),

  macd: formula({
    params: { fast: window(1), slow: window(2) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ slow }) => inSession(slow - 1),
    conflict: fastBelowSlow,
    plan: ({ fast, slow }, plan) => macd(plan, fast, slow),
  }),

  macd_signal: formula({
    params: { fast: window(1), slow: window(2), signal: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ slow, signal }) => inSession(slow + signal - 2),
    conflict: fastBelowSlow,
    plan: ({ fast, slow, signal }, plan) => macdSignal(plan, fast, slow, signal),
  }),

  macd_histogram: formula({
    params: { fast: window(1), slow: window(2), signal: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ slow, signal }) => inSession(slow + signal - 2),
    conflict: fastBelowSlow,
    plan: ({ fast, slow, signal }, plan) => {
      const inputs = [macd(plan, fast, slow), macdSignal(plan, fast, slow, signal)]
      return plan.series(`macd histogram ${fast} ${slow} ${signal}`, inputs, () => differenceKernel)
    },
  }),

  rsi: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period),
    plan: ({ period }, plan) =>
      plan.series(`rsi ${period}`, [price(plan, 'close')], () => (frame, [close], out) => {
        relativeStrengthIndex(close, frame.rows, period, out)
      }),
  }),

  atr: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period),
    plan: ({ period }, plan) => averageTrueRange(plan, period),
  }),

  bollinger_z: formula({
    params: { period: window(2) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) =>
      plan.series(`bollinger z ${period}`, [price(plan, 'close')], () => {
        const scratch = windowScratch(period)
        return (frame, [close], out) => rollingPopulationZScore(close, frame.rows, period, scratch, out)
      }),
  }),

  session_vwap: formula({
    params: {},
    window: 'session',
    nullPolicy: 'rest_of_session',
    warmup: () => inSession(0),
    plan: (_params, plan) => sessionVwap(plan),
  }),

  session_vwap_distance: formula({
    params: {},
    window: 'session',
    nullPolicy: 'rest_of_session',
    warmup: () => inSession(0),
    plan: (_params, plan) => {
      const inputs = [price(plan, 'close'), sessionVwap(plan)]
      return plan.series('session vwap distance', inputs, () => relativeDifferenceKernel)
    },
  }),

  volume_z_same_minute: formula({
    params: { sessions: { min: 2, max: 250 }, minObservations: { min: 2, max: 250 } },
    window: 'sessions',
    nullPolicy: 'observations',
    warmup: ({ sessions }) => ({ bars: 0, sessions }),
    conflict: ({ sessions, minObservations }) =>
      minObservations <= sessions
        ? null
        : `minObservations (${minObservations}) must not be above sessions (${sessions})`,
    plan: ({ sessions, minObservations }, plan) =>
      plan.series(`volume z ${sessions} ${minObservations}`, [], () => {
        const at = plan.minuteVolumes(sessions)
        return (frame, _inputs, out) => {
          frame.minuteVolumes[at].zScores(frame.session, frame.bars, frame.rows, minObservations, out)
        }
      }),
  }),

  high_low_range: formula({
    params: {},
    window: 'session',
    nullPolicy: 'window',
    warmup: () => inSession(0),
    plan: (_params, plan) => {
      const inputs = [price(plan, 'high'), price(plan, 'low'), price(plan, 'close')]
      return plan.series('high low range', inputs, () => relativeRangeKernel)
    },
  }),

  minute_of_session: formula({
    params: {},
    window: 'session',
    nullPolicy: 'never',
    warmup: () => inSession(0),
    plan: (_params, plan) => plan.series('minute of session', [], () => minuteOfSessionKernel),
  }),

  minutes_to_close: formula({
    params: {},
    window: 'session',
    nullPolicy: 'never',
    warmup: () => inSession(0),
    plan: (_params, plan) => plan.series('minutes to close', [], () => minutesToCloseKernel),
  }),

  overnight_gap: formula({
    params: {},
    window: 'sessions',
    nullPolicy: 'whole_session',
    warmup: () => ({ bars: 0, sessions: 1 }),
    plan: (_params, plan) => plan.series('overnight gap', [], () => overnightGapKernel),
  }),

  /** Simple moving average: the mean of close[j] over j = i-period+1..i. Murphy (1999), Technical Analysis of the Financial Markets. */
  sma: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) => simpleAverage(plan, `sma ${period}`, price(plan, 'close'), period),
  }),

  /**
   * Volume-weighted moving average: sum(close[j] * volume[j]) / sum(volume[j]) over j = i-period+1..i; null while that volume is 0.
   * Arms (1989), The Arms Index.
   */
  vwma: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) =>
      plan.series(`vwma ${period}`, [price(plan, 'close'), volume(plan)], () => {
        const scratch = weightedScratch(period)
        return (frame, [close, shares], out) => rollingWeightedMean(close, shares, frame.rows, period, scratch, out)
      }),
  }),

  /** Rate of change in percent: 100 * (close[i] - close[i-bars]) / close[i-bars]. Murphy (1999), as above. */
  roc: formula({
    params: { bars: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ bars }) => inSession(bars),
    plan: ({ bars }, plan) => plan.series(`roc ${bars}`, [price(plan, 'close')], () => rateOfChangeKernel(bars)),
  }),

  /**
   * Rolling population standard deviation: sqrt(sum((close[j] - m)^2) / period) over j = i-period+1..i, m being the mean of close
   * over the same rows; 0 when they are equal. The sigma of Bollinger (2001), Bollinger on Bollinger Bands.
   */
  rolling_std: formula({
    params: { period: window(2) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) =>
      plan.series(`rolling std ${period}`, [price(plan, 'close')], () => {
        const scratch = windowScratch(period)
        return (frame, [close], out) => rollingPopulationDeviation(close, frame.rows, period, scratch, out)
      }),
  }),

  /**
   * On-balance volume: sum(sign(close[j] - close[j-1]) * volume[j]) over j = 1..i; 0 in the first bar. Granville (1963), Granville's
   * New Key to Stock Market Profits.
   */
  obv: formula({
    params: {},
    window: 'session',
    nullPolicy: 'rest_of_session',
    warmup: () => inSession(0),
    plan: (_params, plan) => plan.series('obv', [price(plan, 'close'), volume(plan)], () => onBalanceVolumeKernel),
  }),

  /**
   * Stochastic %K: the mean over the last `smooth` rows of 100 * (close - L) / (H - L), with H the highest high and L the lowest
   * low of `period` rows; null where H = L in one of them. `smooth` 1 is the fast, 3 the slow stochastic. Lane (1984), Lane's
   * Stochastics, Technical Analysis of Stocks & Commodities 2(3).
   */
  stoch_k: formula({
    params: { period: window(1), smooth: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period, smooth }) => inSession(period + smooth - 2),
    plan: ({ period, smooth }, plan) => stochasticK(plan, period, smooth),
  }),

  /** Stochastic %D: the mean of the last `signal` values of stoch_k. Lane (1984), as above. */
  stoch_d: formula({
    params: { period: window(1), smooth: window(1), signal: window(1) },
    window: 'session',
    nullPolicy: 'window',
    warmup: ({ period, smooth, signal }) => inSession(period + smooth + signal - 3),
    plan: ({ period, smooth, signal }, plan) => {
      const k = stochasticK(plan, period, smooth)
      return simpleAverage(plan, `stochastic d ${period} ${smooth} ${signal}`, k, signal)
    },
  }),

  /**
   * +DI: 100 * M[i] / T[i], M and T being Wilder's averages of the movement up u[j] and the true range t[j] (see atr). u[j] is
   * high[j] - high[j-1] where that is above both 0 and low[j-1] - low[j], else 0. Null while T = 0. Wilder (1978), New Concepts in
   * Technical Trading Systems.
   */
  plus_di: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period),
    plan: ({ period }, plan) => directional(plan, 'plus', period),
  }),

  /** -DI: as plus_di of the movement down, low[j-1] - low[j] where above both 0 and high[j] - high[j-1], else 0. Wilder (1978). */
  minus_di: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period),
    plan: ({ period }, plan) => directional(plan, 'minus', period),
  }),

  /**
   * ADX: a[i] = ((period - 1) * a[i-1] + d[i]) / period, with d = 100 * |+DI - -DI| / (+DI + -DI), 0 where both are 0; the first
   * value is the mean of the first `period` d. Wilder (1978), as above.
   */
  adx: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(2 * period - 1),
    plan: ({ period }, plan) => {
      const inputs = [directional(plan, 'plus', period), directional(plan, 'minus', period)]
      const index = plan.series(`dx ${period}`, inputs, () => directionalIndexKernel)
      return wilder(plan, `adx ${period}`, index, period)
    },
  }),

  /** Upper Keltner channel: ema(period) + multiplier * atr(atrPeriod). Keltner (1960) as revised by Raschke & Connors (1995), Street Smarts. */
  keltner_upper: formula({
    params: KELTNER_PARAMS,
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period, atrPeriod }) => inSession(Math.max(period - 1, atrPeriod)),
    plan: ({ period, atrPeriod, multiplier }, plan) => keltnerBand(plan, period, atrPeriod, multiplier),
  }),

  /** Middle of the Keltner channel: ema(period). */
  keltner_middle: formula({
    params: { period: window(1) },
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period }) => inSession(period - 1),
    plan: ({ period }, plan) => closeAverage(plan, period),
  }),

  /** Lower Keltner channel: ema(period) - multiplier * atr(atrPeriod). */
  keltner_lower: formula({
    params: KELTNER_PARAMS,
    window: 'session',
    nullPolicy: 'restart',
    warmup: ({ period, atrPeriod }) => inSession(Math.max(period - 1, atrPeriod)),
    plan: ({ period, atrPeriod, multiplier }, plan) => keltnerBand(plan, period, atrPeriod, -multiplier),
  }),
}
