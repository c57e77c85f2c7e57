import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { datasetFiles } from '../dataset.ts'
import type { Contender } from './contender.ts'

/**
 * The same work in DuckDB SQL, Parquet to Parquet. Recursive averages are written as weighted running sums inside the session,
 * which is exact up to rounding.
 */
export const duckdb: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const { raw, sessions } = datasetFiles(datasetFolder)
    const curated = join(outputFolder, 'curated.parquet')
    const features = join(outputFolder, 'features.parquet')
    const database = await phase('open', () => DuckDBInstance.create(':memory:', { threads: '2' }))
    const connection = await database.connect()
    await phase('transform', () => copy(connection, curatedQuery(raw, sessions), curated))
    await phase('features', () => copy(connection, featuresQuery(curated, sessions), features))
    await phase('close', () => {
      connection.closeSync()
      database.closeSync()
    })
  },
  outputs: ['curated.parquet', 'features.parquet'],
}

function copy(connection: DuckDBConnection, query: string, file: string): Promise<unknown> {
  return connection.run(`copy (${query}) to '${file}' (format parquet, compression zstd)`)
}

function curatedQuery(raw: string, sessions: string): string {
  // A session of this exchange lies inside one UTC day, so a plain join on the day finds it; an as-of join takes twice as long.
  return `
    with newest as (
      select * from read_parquet('${raw}')
      qualify row_number() over (partition by symbol, ts order by response desc, place desc) = 1
    )
    select n.symbol, s.session, n.ts, n.open, n.high, n.low, n.close,
           case when n.volume >= 0 then n.volume end as volume,
           case when n.vwap > 0 then n.vwap end as vwap,
           case when n.trade_count >= 0 then n.trade_count end as trade_count
    from newest n join read_parquet('${sessions}') s on n.ts // 86400 = s.open_ts // 86400
    where n.ts >= s.open_ts and n.ts < s.close_ts and n.ts % 60 = 0
      and n.open > 0 and n.high > 0 and n.low > 0 and n.close > 0
      and n.high >= greatest(n.open, n.close) and n.low <= least(n.open, n.close)
    order by n.symbol, n.ts`
}

const LAGS = [1, 5, 15, 30, 60]
const VOLATILITIES = [15, 30, 60]

/**
 * `average` in row i of a series that begins in row `first`: the mean of the first `period` values, then
 * `previous + weight * (value - previous)`. With q = 1 - weight and s the row of the seed that is q^(i-s) times the running sum
 * of value / period up to s and of weight * value * q^(s-k) in the rows k after it. Null before s.
 */
function recursiveAverage(value: string, first: number, period: number, weight: number): string {
  const seedRow = first + period - 1
  const q = `${1 - weight}::double`
  const term = `case when i < ${first} then 0 when i <= ${seedRow} then ${value} / ${period}
                     else ${value} * ${weight}::double * pow(${q}, ${seedRow} - i) end`
  return `case when i >= ${seedRow} then pow(${q}, i - ${seedRow}) * sum(${term}) over (day rows unbounded preceding) end`
}

function featuresQuery(curated: string, sessions: string): string {
  const day = 'window day as (partition by symbol, session order by ts)'
  const last = (rows: number): string => `(day rows ${rows - 1} preceding)`
  const soFar = '(day rows unbounded preceding)'
  return `
    with curated as (select * exclude (trade_count) from read_parquet('${curated}')),
    ends as (
      select symbol, session, arg_min(open, ts) as first_open, arg_max(close, ts) as last_close
      from curated group by symbol, session
    ),
    days as (
      select e.symbol, e.session, s.open_ts, s.close_ts, ln(e.first_open / p.last_close) as overnight_gap,
             e.session - min(e.session) over (partition by e.symbol) >= 20 as has_history
      from ends e left join ends p on e.symbol = p.symbol and p.session = e.session - 1
      join read_parquet('${sessions}') s on s.session = e.session
    ),
    bars as (
      select *, case when has_history and count(volume) over past >= 15
                     then (volume - avg(volume) over past) / nullif(stddev_samp(volume) over past, 0) end as volume_z_20
      from curated join days using (symbol, session)
      window past as (partition by symbol, ts - open_ts order by session range between 20 preceding and 1 preceding)
    ),
    lagged as (
      select *, row_number() over day - 1 as i,
             ${LAGS.map((lag) => `lag(close, ${lag}) over day as close_${lag}`).join(', ')}
      from bars ${day}
    ),
    terms as (
      select *, ln(close / close_1) as log_return_1,
             greatest(close - close_1, 0) as up, greatest(close_1 - close, 0) as down,
             greatest(high - low, abs(high - close_1), abs(low - close_1)) as true_range,
             coalesce(vwap, (high + low + close) / 3) * volume as traded
      from lagged
    ),
    averages as (
      select *,
             ${VOLATILITIES.map((n) => `stddev_samp(log_return_1) over ${last(n)} as deviation_${n}`).join(', ')},
             avg(close) over ${last(20)} as mean_20, stddev_pop(close) over ${last(20)} as deviation_20,
             ${recursiveAverage('close', 0, 12, 2 / 13)} as ema_12,
             ${recursiveAverage('close', 0, 26, 2 / 27)} as ema_26,
             ${recursiveAverage('up', 1, 14, 1 / 14)} as rise,
             ${recursiveAverage('down', 1, 14, 1 / 14)} as fall,
             ${recursiveAverage('true_range', 1, 14, 1 / 14)} as atr_14,
             case when count(volume) over ${soFar} = i + 1
                  then sum(traded) over ${soFar} / nullif(sum(volume) over ${soFar}, 0) end as session_vwap
      from terms ${day}
    ),
    signals as (
      select *, ema_12 - ema_26 as macd, ${recursiveAverage('(ema_12 - ema_26)', 25, 9, 2 / 10)} as macd_signal
      from averages ${day}
    )
    select symbol, session, ts, log_return_1,
           ${LAGS.slice(1)
             .map((lag) => `ln(close / close_${lag}) as log_return_${lag}`)
             .join(', ')},
           ${VOLATILITIES.map((n) => `case when i >= ${n} then deviation_${n} end as realized_vol_${n}`).join(', ')},
           ema_12, ema_26, macd, macd_signal, macd - macd_signal as macd_histogram,
           100 * rise / nullif(rise + fall, 0) as rsi_14, atr_14,
           case when i >= 19 then (close - mean_20) / nullif(deviation_20, 0) end as bollinger_z_20,
           session_vwap, (close - session_vwap) / session_vwap as session_vwap_distance, volume_z_20,
           (high - low) / close as high_low_range,
           (ts - open_ts) / 60 as minute_of_session, (close_ts - ts - 60) / 60 as minutes_to_close, overnight_gap
    from signals
    order by symbol, ts`
}
