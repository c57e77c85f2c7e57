import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pl, { type Expr, type LazyDataFrame } from 'nodejs-polars'
import { datasetFiles } from '../dataset.ts'
import type { Contender } from './contender.ts'

/** The same work in Polars, Parquet to Parquet, lazily as far as its planner goes. */
export const polars: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const { raw, sessions } = datasetFiles(datasetFolder)
    const curated = join(outputFolder, 'curated.parquet')
    const features = join(outputFolder, 'features.parquet')
    await phase('open', () => undefined)
    await phase('transform', () => write(curate(pl.scanParquet(raw), pl.scanParquet(sessions)), curated))
    await phase('features', () => write(computeFeatures(pl.scanParquet(curated), pl.scanParquet(sessions)), features))
    await phase('close', () => undefined)
  },
  outputs: ['curated.parquet', 'features.parquet'],
}

async function write(frame: LazyDataFrame, file: string): Promise<void> {
  const collected = await frame.collect()
  collected.writeParquet(file, { compression: 'zstd' })
}

const col = pl.col

function curate(raw: LazyDataFrame, sessions: LazyDataFrame): LazyDataFrame {
  const known = (name: string, isKnown: Expr): Expr =>
    pl.when(isKnown).then(col(name)).otherwise(pl.lit(null)).alias(name)
  return raw
    .sort({ by: ['symbol', 'ts', 'response', 'place'] })
    .unique({ subset: ['symbol', 'ts'], keep: 'last', maintainOrder: true })
    .sort({ by: ['ts'] })
    .joinAsof(sessions, { leftOn: 'ts', rightOn: 'open_ts', strategy: 'backward' })
    .filter(
      col('ts')
        .lt(col('close_ts'))
        .and(col('ts').modulo(60).eq(0))
        .and(col('open').gt(0).and(col('high').gt(0)).and(col('low').gt(0)).and(col('close').gt(0)))
        .and(
          col('high')
            .gtEq(col('open'))
            .and(col('high').gtEq(col('close'))),
        )
        .and(
          col('low')
            .ltEq(col('open'))
            .and(col('low').ltEq(col('close'))),
        ),
    )
    .select(
      ...['symbol', 'session', 'ts', 'open', 'high', 'low', 'close'].map((name) => col(name)),
      known('volume', col('volume').gtEq(0)),
      known('vwap', col('vwap').gt(0)),
      known('trade_count', col('trade_count').gtEq(0)),
    )
    .sort({ by: ['symbol', 'ts'] })
}

const inDay = (expr: Expr): Expr => expr.over('symbol', 'session')
const lagged = (name: string, rows: number): Expr => inDay(col(name).shift(rows))

/** The mean of the first `period` values of a series that begins in row `first`, then `previous + weight * (value - previous)`. */
function recursiveAverage(name: string, first: number, period: number, weight: number): Expr {
  const seedRow = first + period - 1
  const seeded = pl
    .when(col('i').eq(seedRow))
    .then(col(name).rollingMean({ windowSize: period, minPeriods: period }))
    .when(col('i').gt(seedRow))
    .then(col(name))
    .otherwise(pl.lit(null))
  return inDay(seeded.ewmMean({ alpha: weight, adjust: false, minPeriods: 1, bias: true, ignoreNulls: true }))
}

/** A quotient that is null where the divisor is 0. */
function ratio(numerator: Expr, divisor: Expr): Expr {
  return pl.when(divisor.neq(0)).then(numerator.div(divisor)).otherwise(pl.lit(null))
}

function computeFeatures(curated: LazyDataFrame, sessions: LazyDataFrame): LazyDataFrame {
  const bars = curated
    .join(sessions, { on: 'session', how: 'left' })
    .sort({ by: ['symbol', 'ts'] })
    .withColumns(
      inDay(col('ts').cumCount()).cast(pl.Int64).minus(1).alias('i'),
      col('ts').minus(col('open_ts')).div(60).cast(pl.Int64).alias('minute'),
      pl
        .when(col('vwap').isNotNull())
        .then(col('vwap'))
        .otherwise(col('high').plus(col('low')).plus(col('close')).div(3))
        .alias('price'),
      col('close').minus(lagged('close', 1)).alias('change'),
    )

  const days = bars
    .groupBy(['symbol', 'session'])
    .agg(col('open').first().alias('first_open'), col('close').last().alias('last_close'))
    .sort({ by: ['symbol', 'session'] })
    .withColumns(
      col('last_close').shift(1).over('symbol').alias('previous_close'),
      col('session').minus(col('session').shift(1)).over('symbol').alias('distance'),
    )
    .select(
      col('symbol'),
      col('session'),
      pl
        .when(col('distance').eq(1))
        .then(col('first_open').div(col('previous_close')).log())
        .otherwise(pl.lit(null))
        .alias('overnight_gap'),
    )

  // Every session gets a row for every minute, so that twenty rows back are twenty sessions back.
  const past = (expr: Expr): Expr => expr.over('symbol', 'minute')
  const volumes = bars
    .select(col('symbol'), col('minute'))
    .unique({ maintainOrder: false, keep: 'first' })
    .join(sessions.select(col('session')), { how: 'cross' })
    .join(bars.select(col('symbol'), col('session'), col('minute'), col('volume')), {
      on: ['symbol', 'session', 'minute'],
      how: 'left',
    })
    .sort({ by: ['symbol', 'minute', 'session'] })
    .withColumns(past(col('volume').shift(1)).alias('before'))
    .withColumns(
      past(col('before').rollingMean({ windowSize: 20, minPeriods: 15 })).alias('past_mean'),
      past(col('before').rollingStd({ windowSize: 20, minPeriods: 15, ddof: 1 })).alias('past_deviation'),
    )
    .select(col('symbol'), col('session'), col('minute'), col('past_mean'), col('past_deviation'))

  return bars
    .withColumns(
      ...[1, 5, 15, 30, 60].map((lag) =>
        inDay(col('close').div(col('close').shift(lag)).log()).alias(`log_return_${lag}`),
      ),
      pl
        .maxHorizontal([
          col('high').minus(col('low')),
          col('high').minus(lagged('close', 1)).abs(),
          col('low').minus(lagged('close', 1)).abs(),
        ])
        .alias('widest'),
      pl
        .when(col('change').gt(0))
        .then(col('change'))
        .when(col('change').ltEq(0))
        .then(pl.lit(0))
        .otherwise(pl.lit(null))
        .alias('up'),
      pl
        .when(col('change').lt(0))
        .then(col('change').mul(-1))
        .when(col('change').gtEq(0))
        .then(pl.lit(0))
        .otherwise(pl.lit(null))
        .alias('down'),
      recursiveAverage('close', 0, 12, 2 / 13).alias('ema_12'),
      recursiveAverage('close', 0, 26, 2 / 27).alias('ema_26'),
      inDay(col('price').mul(col('volume')).cumSum()).alias('traded_value'),
      inDay(col('volume').cumSum()).alias('traded_volume'),
      inDay(col('volume').isNull().cast(pl.Int32).cumSum()).alias('unknown'),
    )
    .withColumns(
      col('ema_12').minus(col('ema_26')).alias('macd'),
      pl.when(col('i').gt(0)).then(col('widest')).otherwise(pl.lit(null)).alias('true_range'),
      pl
        .when(col('unknown').eq(0).and(col('traded_volume').gt(0)))
        .then(col('traded_value').div(col('traded_volume')))
        .otherwise(pl.lit(null))
        .alias('session_vwap'),
    )
    .withColumns(
      recursiveAverage('macd', 25, 9, 2 / 10).alias('macd_signal'),
      recursiveAverage('up', 1, 14, 1 / 14).alias('rise'),
      recursiveAverage('down', 1, 14, 1 / 14).alias('fall'),
      recursiveAverage('true_range', 1, 14, 1 / 14).alias('atr_14'),
      ...[15, 30, 60].map((returns) =>
        inDay(col('log_return_1').rollingStd({ windowSize: returns, minPeriods: returns, ddof: 1 })).alias(
          `realized_vol_${returns}`,
        ),
      ),
      inDay(col('close').rollingMean({ windowSize: 20, minPeriods: 20 })).alias('mean_20'),
      // The binding takes ddof 0 for "not given", so the population's deviation is worked out from the sample's.
      inDay(col('close').rollingStd({ windowSize: 20, minPeriods: 20, ddof: 1 }))
        .mul(Math.sqrt(19 / 20))
        .alias('deviation_20'),
    )
    .join(days, { on: ['symbol', 'session'], how: 'left' })
    .join(volumes, { on: ['symbol', 'session', 'minute'], how: 'left' })
    .select(
      ...['symbol', 'session', 'ts'].map((name) => col(name)),
      ...[1, 5, 15, 30, 60].map((lag) => col(`log_return_${lag}`)),
      ...[15, 30, 60].map((returns) => col(`realized_vol_${returns}`)),
      ...['ema_12', 'ema_26', 'macd', 'macd_signal'].map((name) => col(name)),
      col('macd').minus(col('macd_signal')).alias('macd_histogram'),
      ratio(col('rise').mul(100), col('rise').plus(col('fall'))).alias('rsi_14'),
      col('atr_14'),
      ratio(col('close').minus(col('mean_20')), col('deviation_20')).alias('bollinger_z_20'),
      col('session_vwap'),
      col('close').minus(col('session_vwap')).div(col('session_vwap')).alias('session_vwap_distance'),
      pl
        .when(col('session').gtEq(20))
        .then(ratio(col('volume').minus(col('past_mean')), col('past_deviation')))
        .otherwise(pl.lit(null))
        .alias('volume_z_20'),
      col('high').minus(col('low')).div(col('close')).alias('high_low_range'),
      col('minute').cast(pl.Float64).alias('minute_of_session'),
      col('close_ts').minus(col('ts')).minus(60).div(60).alias('minutes_to_close'),
      col('overnight_gap'),
    )
    .sort({ by: ['symbol', 'ts'] })
}
