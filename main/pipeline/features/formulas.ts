import type { NullPolicy, WindowScope } from '#shared/features/definition.ts'
import {
  differenceKernel,
  logReturnKernel,
  minuteOfSessionKernel,
  minutesToCloseKernel,
  overnightGapKernel,
  priceKernel,
  relativeDifferenceKernel,
  relativeRangeKernel,
  sessionVwapKernel,
} from './bar-kernels.ts'
import type { PriceColumn } from './bar-kernels.ts'
import { averageTrueRange, exponentialMovingAverage, relativeStrengthIndex } from './recursive-averages.ts'
import { rollingPopulationZScore, rollingSampleDeviation, windowScratch } from './rolling-dispersion.ts'
import type { SeriesId, SeriesPlan } from './series-plan.ts'

/** A whole-number parameter and the values it may take, both ends included. */
interface WholeNumberParam {
  readonly min: number
  readonly max: number
}

/** The parameters of a formula as plain numbers, by name. */
type FormulaParams<Name extends string = string> = Readonly<Record<Name, number>>

/** How a column can be computed. The definition names it by its key in {@link FORMULAS}. */
export interface Formula<Name extends string = string> {
  readonly params: Readonly<Record<Name, WholeNumberParam>>
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
const window = (min: number): WholeNumberParam => ({ min, max: MAX_BARS })

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
    plan: ({ period }, plan) => {
      const inputs = [price(plan, 'high'), price(plan, 'low'), price(plan, 'close')]
      return plan.series(`atr ${period}`, inputs, () => (frame, [high, low, close], out) => {
        averageTrueRange(high, low, close, frame.rows, period, out)
      })
    },
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
}
