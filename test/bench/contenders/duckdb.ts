import { join } from 'node:path'
import { mkdirSync } from 'node:fs'
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
  return `
    with newest as (
      select * from read_parquet('${raw}')
      qualify row_number() over (partition by symbol, ts order by response desc, place desc) = 1
    )
    select n.symbol, s.session, n.ts, n.open, n.high, n.low, n.close,
           case when n.volume >= 0 then n.volume end as volume,
           case when n.vwap > 0 then n.vwap end as vwap,
           case when n.trade_count >= 0 then n.trade_count end as trade_count
    from newest n asof join read_parquet('${sessions}') s on n.ts >= s.open_ts
    where n.ts < s.close_ts and n.ts % 60 = 0
      and n.open > 0 and n.high > 0 and n.low > 0 and n.close > 0
      and n.high >= greatest(n.open, n.close) and n.low <= least(n.open, n.close)
    order by n.symbol, n.ts`
}

const LAGS = [1, 5, 15, 30, 60]
const VOLATILITIES = [15, 30, 60]

/**
 * `average` in row i of a series that begins in row `first`: the mean of the first `period` values, then
 * `previous + weight * (value - previous)`. With q = 1 - weight that is `q^i (q^-p seed + weight * sum of value_k q^-k)`, p being
 * the row of the seed and k the rows after it.
 */
function recursiveAverage(value: string, first: number, period: number, weight: string): string {
  const seedRow = first + period - 1
  const q = `(1 - ${weight})`
  return `case when i >= ${seedRow} then pow(${q}, i - ${seedRow}) * (
    sum(case when i between ${first} and ${seedRow} then ${value} end) over day / ${period}
    + ${weight} * coalesce(sum(case when i > ${seedRow} then ${value} * pow(${q}, ${seedRow} - i) end) over day, 0)) end`
}

function featuresQuery(curated: string, sessions: string): string {
  const day = 'day as (partition by symbol, session order by ts)'
  const back = (rows: number): string =>
    `(partition by symbol, session order by ts rows between ${rows - 1} preceding and current row)`
  return `
    with bars as (
      select b.*, s.open_ts, s.close_ts, row_number() over day - 1 as i,
             coalesce(b.vwap, (b.high + b.low + b.close) / 3) as price
      from read_parquet('${curated}') b join read_parquet('${sessions}') s using (session)
      window ${day}
    ),
    days as (
      select symbol, session, ln(first_open / lag(last_close) over previous) as overnight_gap,
             session - lag(session) over previous as distance
      from (select symbol, session, arg_min(open, ts) as first_open, arg_max(close, ts) as last_close
            from bars group by symbol, session)
      window previous as (partition by symbol order by session)
    ),
    base as (
      select *, ${LAGS.map((lag) => `ln(close / lag(close, ${lag}) over day) as log_return_${lag}`).join(', ')},
             close - lag(close) over day as change,
             greatest(high - low, abs(high - lag(close) over day), abs(low - lag(close) over day)) as true_range,
             ${recursiveAverage('close', 0, 12, '(2.0::double / 13)')} as ema_12,
             ${recursiveAverage('close', 0, 26, '(2.0::double / 27)')} as ema_26,
             case when count(volume) over day = i + 1
                  then sum(price * volume) over day / nullif(sum(volume) over day, 0) end as session_vwap,
             avg(volume) over past as past_mean, stddev_samp(volume) over past as past_deviation,
             count(volume) over past as past_count
      from bars
      window ${day},
        past as (partition by symbol, ts - open_ts order by session range between 20 preceding and 1 preceding)
    ),
    averages as (
      select *, ema_12 - ema_26 as macd,
             ${recursiveAverage('greatest(change, 0)', 1, 14, '(1.0::double / 14)')} as rise,
             ${recursiveAverage('greatest(-change, 0)', 1, 14, '(1.0::double / 14)')} as fall,
             ${recursiveAverage('true_range', 1, 14, '(1.0::double / 14)')} as atr_14
      from base window ${day}
    ),
    signals as (
      select *, ${recursiveAverage('macd', 25, 9, '(2.0::double / 10)')} as macd_signal from averages window ${day}
    )
    select symbol, session, ts, ${LAGS.map((lag) => `log_return_${lag}`).join(', ')},
           ${VOLATILITIES.map(
             (returns) =>
               `case when i >= ${returns} then stddev_samp(log_return_1) over ${back(returns)} end as realized_vol_${returns}`,
           ).join(', ')},
           ema_12, ema_26, macd, macd_signal, macd - macd_signal as macd_histogram,
           100 * rise / nullif(rise + fall, 0) as rsi_14, atr_14,
           case when i >= 19 then (close - avg(close) over ${back(20)}) / nullif(stddev_pop(close) over ${back(20)}, 0) end
             as bollinger_z_20,
           session_vwap, (close - session_vwap) / session_vwap as session_vwap_distance,
           case when session >= 20 and past_count >= 15 then (volume - past_mean) / nullif(past_deviation, 0) end as volume_z_20,
           (high - low) / close as high_low_range,
           (ts - open_ts) / 60 as minute_of_session, (close_ts - ts - 60) / 60 as minutes_to_close,
           case when distance = 1 then overnight_gap end as overnight_gap
    from signals join days using (symbol, session)
    order by symbol, ts`
}
