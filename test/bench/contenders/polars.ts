import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pl, { type Expr, type LazyDataFrame } from 'nodejs-polars'
import { datasetFiles } from '../dataset.ts'
import type { Contender } from './contender.ts'

/**
 * The same work in Polars, Parquet to Parquet. Lags and rolling windows run over the whole column and are cut off at the start
 * of each session by the row number, which is much faster than a window function over the sessions; only what carries a value
 * forward is computed session by session.
 */
export const polars: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const { raw, sessions } = datasetFiles(datasetFolder)
    const curated = join(outputFolder, 'curated.parquet')
    const features = join(outputFolder, 'features.parquet')
    await phase('open', () => undefined)
    await phase('transform', () => write(curate(pl.scanParquet(raw), pl.scanParquet(sessions)), curated))
    await phase('features', async () => {
      // Collected first: written in one go the plan is run by another engine, which needs longer for these windows.
      const computed = await computeFeatures(pl.scanParquet(curated), pl.scanParquet(sessions))
      await write(computed, features)
    })
    await phase('close', () => undefined)
  },
  outputs: ['curated.parquet', 'features.parquet'],
}

async function write(frame: LazyDataFrame, file: string): Promise<void> {
  await frame.sinkParquet(file, { compression: 'zstd' }).collect()
}

const col = pl.col
const NULL = pl.lit(null)
const when = (condition: Expr, value: Expr): Expr => pl.when(condition).then(value).otherwise(NULL)

function curate(raw: LazyDataFrame, sessions: LazyDataFrame): LazyDataFrame {
  const known = (name: string, isKnown: Expr): Expr => when(isKnown, col(name)).alias(name)
  const dayOf = (ts: string): Expr => col(ts).sub(col(ts).rem(86_400)).alias('day')
  const next = (name: string): Expr => col(name).shift(-1)
  const all = (conditions: readonly Expr[]): Expr => conditions.reduce((both, one) => both.and(one))
  return (
    raw
      // A session of this exchange lies inside one UTC day.
      .withColumns(dayOf('ts'))
      .join(sessions.withColumns(dayOf('open_ts')), { on: 'day', how: 'inner' })
      .filter(all([col('ts').gtEq(col('open_ts')), col('ts').lt(col('close_ts')), col('ts').rem(60).eq(0)]))
      // The last of a minute's rows is the newest.
      .sort({ by: ['symbol', 'ts', 'response', 'place'] })
      .filter(
        next('ts')
          .isNull()
          .or(col('ts').neq(next('ts')))
          .or(col('symbol').neq(next('symbol'))),
      )
      .filter(
        all([
          ...['open', 'high', 'low', 'close'].map((name) => col(name).gt(0)),
          ...['open', 'close'].map((name) =>
            col('high')
              .gtEq(col(name))
              .and(col('low').ltEq(col(name))),
          ),
        ]),
      )
      .select(
        ...['symbol', 'session', 'ts', 'open', 'high', 'low', 'close'].map((name) => col(name)),
        known('volume', col('volume').gtEq(0)),
        known('vwap', col('vwap').gt(0)),
        known('trade_count', col('trade_count').gtEq(0)),
      )
  )
}

/** `value` from row `row` of the session on, null before. */
const from = (row: number, value: Expr): Expr => when(col('i').gtEq(row), value)

/** The mean of the first `period` values of a series that begins in row `first`, then `previous + weight * (value - previous)`. */
function recursiveAverage(series: Expr, first: number, period: number, weight: number): Expr {
  const seedRow = first + period - 1
  const seeded = pl
    .when(col('i').gt(seedRow))
    .then(series)
    .when(col('i').eq(seedRow))
    .then(series.rollingMean({ windowSize: period, minPeriods: period }))
    .otherwise(NULL)
  const average = seeded.ewmMean({ alpha: weight, adjust: false, minPeriods: 1, bias: true, ignoreNulls: true })
  return average.over('first_row')
}

const rollingDeviation = (name: string, rows: number): Expr =>
  col(name).rollingStd({ windowSize: rows, minPeriods: rows, ddof: 1 })

const LAGS = [1, 5, 15, 30, 60]
const VOLATILITIES = [15, 30, 60]

async function computeFeatures(curated: LazyDataFrame, sessions: LazyDataFrame): Promise<LazyDataFrame> {
  const numbered = curated.withRowIndex('row')
  const previous = (name: string): Expr => col(name).shift(1)
  const days = numbered
    .groupBy(['symbol', 'session'], true)
    .agg(
      col('row').first().alias('first_row'),
      col('open').first().alias('first_open'),
      col('close').last().alias('last_close'),
    )
    .withColumns(
      col('session').sub(col('session').first().over('symbol')).gtEq(20).alias('has_history'),
      when(
        col('symbol')
          .eq(previous('symbol'))
          .and(col('session').sub(previous('session')).eq(1)),
        col('first_open').div(previous('last_close')).log(),
      ).alias('overnight_gap'),
    )
    .join(sessions.select('session', 'open_ts', 'close_ts'), { on: 'session', how: 'inner' })
  const lagged = (name: string, rows: number): Expr => from(rows, col(name).shift(rows))
  // Collected here, because it is used twice: left to the planner to share, this version of Polars panics.
  const collected = await numbered
    .join(days, { on: ['symbol', 'session'], how: 'left' })
    .withColumns(
      col('row').sub(col('first_row')).cast(pl.Int32).alias('i'),
      col('ts').sub(col('open_ts')).div(60).alias('minute_of_session'),
    )
    .collect()
  const bars = collected.lazy()

  // The volumes of the same minute in the 20 sessions before, however many of them have it.
  const past = bars
    .filter(col('volume').isNotNull())
    .sort({ by: ['symbol', 'minute_of_session', 'session'], maintainOrder: true })
    .groupByRolling({ indexColumn: 'session', by: ['symbol', 'minute_of_session'], period: '20i', closed: 'left' })
    .agg(
      col('volume').mean().alias('past_mean'),
      col('volume').std().alias('past_deviation'),
      col('volume').count().alias('past_count'),
    )

  return (
    await bars
      .join(past, { on: ['symbol', 'session', 'minute_of_session'], how: 'left' })
      .withColumns(
        ...LAGS.map((lag) => from(lag, col('close').div(col('close').shift(lag)).log()).alias(`log_return_${lag}`)),
        col('close').sub(lagged('close', 1)).alias('change'),
        from(
          1,
          pl.maxHorizontal([
            col('high').sub(col('low')),
            col('high').sub(col('close').shift(1)).abs(),
            col('low').sub(col('close').shift(1)).abs(),
          ]),
        ).alias('true_range'),
        // A rolling sum keeps the rounding of what has left it: of prices that would be the level of every symbol before.
        col('close').sub(col('first_open')).alias('offset'),
        // An unknown volume makes NaN of every running sum after it.
        pl
          .when(col('vwap').isNotNull())
          .then(col('vwap'))
          .otherwise(col('high').add(col('low')).add(col('close')).div(3))
          .mul(col('volume'))
          .fillNull(pl.lit(NaN))
          .alias('traded'),
        col('volume').fillNull(pl.lit(NaN)).alias('shares'),
      )
      .withColumns(
        ...VOLATILITIES.map((n) => from(n, rollingDeviation('log_return_1', n)).alias(`realized_vol_${n}`)),
        recursiveAverage(col('close'), 0, 12, 2 / 13).alias('ema_12'),
        recursiveAverage(col('close'), 0, 26, 2 / 27).alias('ema_26'),
        recursiveAverage(col('change').clip(0, Infinity), 1, 14, 1 / 14).alias('rise'),
        recursiveAverage(col('change').mul(-1).clip(0, Infinity), 1, 14, 1 / 14).alias('fall'),
        recursiveAverage(col('true_range'), 1, 14, 1 / 14).alias('atr_14'),
        col('traded')
          .cumSum()
          .over('first_row')
          .div(col('shares').cumSum().over('first_row'))
          .fillNan(NULL)
          .alias('session_vwap'),
        from(19, col('offset').sub(col('offset').rollingMean({ windowSize: 20, minPeriods: 20 }))).alias(
          'from_mean_20',
        ),
        // The binding takes ddof 0 for "not given", so the population's deviation is worked out from the sample's.
        rollingDeviation('offset', 20)
          .over('first_row')
          .mul(Math.sqrt(19 / 20))
          .alias('deviation_20'),
      )
      .withColumns(from(25, col('ema_12').sub(col('ema_26'))).alias('macd'))
      .withColumns(recursiveAverage(col('macd'), 25, 9, 2 / 10).alias('macd_signal'))
      .select(
        ...['symbol', 'session', 'ts'].map((name) => col(name)),
        ...LAGS.map((lag) => col(`log_return_${lag}`)),
        ...VOLATILITIES.map((n) => col(`realized_vol_${n}`)),
        ...['ema_12', 'ema_26', 'macd', 'macd_signal'].map((name) => col(name)),
        col('macd').sub(col('macd_signal')).alias('macd_histogram'),
        col('rise')
          .mul(100)
          .div(col('rise').add(col('fall')))
          .fillNan(NULL)
          .alias('rsi_14'),
        col('atr_14'),
        when(col('deviation_20').gt(0), col('from_mean_20').div(col('deviation_20'))).alias('bollinger_z_20'),
        col('session_vwap'),
        col('close').sub(col('session_vwap')).div(col('session_vwap')).alias('session_vwap_distance'),
        when(
          col('has_history').and(col('past_count').gtEq(15)).and(col('past_deviation').gt(0)),
          col('volume').sub(col('past_mean')).div(col('past_deviation')),
        ).alias('volume_z_20'),
        col('high').sub(col('low')).div(col('close')).alias('high_low_range'),
        col('minute_of_session'),
        col('close_ts').sub(col('ts')).sub(60).div(60).alias('minutes_to_close'),
        col('overnight_gap'),
      )
      .collect()
  ).lazy()
}
