import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { CURATION, qualityFiles } from '../quality/quality-dataset.ts'
import type { Contender } from './contender.ts'

/**
 * The same rules in DuckDB SQL, Parquet to Parquet. Two windows run over all rows, one over the rows as received and one over the sound
 * bars; what they mark is little, so runs, spikes and gaps are worked out on small tables. Sessions have no break here and lie inside one
 * UTC day.
 */
export const duckdb: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    const database = await phase('open', () => DuckDBInstance.create(':memory:', { threads: '2' }))
    const connection = await database.connect()
    await phase('transform', async () => {
      for (const [name, query] of tables(qualityFiles(datasetFolder))) await create(connection, name, query)
      await findBadTicks(connection)
      for (const [name, query] of laterTables()) await create(connection, name, query)
      await copy(connection, curatedQuery(), join(outputFolder, 'curated.parquet'))
      await copy(connection, findingsQuery(), join(outputFolder, 'findings.parquet'))
    })
    await phase('close', () => {
      connection.closeSync()
      database.closeSync()
    })
  },
  outputs: ['curated.parquet', 'findings.parquet'],
}

const { rules, filling, historySessions, instrument } = CURATION
const TICK = instrument.tickSize ?? 0.01
const SPIKE = rules.bad_tick.params
const SMALLEST_MOVE = SPIKE.minimumBp / 10_000
const SPLITS = [1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]

function create(connection: DuckDBConnection, name: string, query: string): Promise<unknown> {
  return connection.run(`create or replace temp table ${name} as ${query}`)
}

function copy(connection: DuckDBConnection, query: string, file: string): Promise<unknown> {
  return connection.run(`copy (${query}) to '${file}' (format parquet, compression zstd)`)
}

const PRICES = ['open', 'high', 'low', 'close']
const each = (names: readonly string[], text: (name: string) => string, between = ', '): string =>
  names.map(text).join(between)

/** Rows of a table with marks for `condition`, and the number of the run of such rows that each belongs to. */
const runsOfRows = (rule: string, condition: string): string => `
  select '${rule}' as rule, symbol, session, min(ts) as ts, max(ts) as last_ts, count(*) as bars
  from (
    select symbol, session, ts, n - row_number() over (partition by symbol, session order by n) as run
    from odd where ${condition}
  ) group by symbol, session, run`

function tables({ raw, sessions, facts, scales }: ReturnType<typeof qualityFiles>): readonly [string, string][] {
  return [
    [
      'received',
      `with scaled as (
         select r.symbol, r.response, r.place, r.ts, s.session, s.open_ts, s.close_ts, c.response is not null as adjusted,
                ${each([...PRICES, 'vwap'], (name) => `r.${name} * coalesce(c.price, 1) as ${name}`)},
                r.volume * coalesce(c.volume, 1) as volume, r.trade_count,
                coalesce(r.ts < r.ts_before and r.response = r.response_before and r.ts // 86400 = r.ts_before // 86400, false)
                  as unordered
         from (select *, lag(ts) over () as ts_before, lag(response) over () as response_before from read_parquet('${raw}')) r
         join read_parquet('${sessions}') s on r.ts // 86400 = s.open_ts // 86400
         left join read_parquet('${scales}') c on c.response = r.response
       )
       select *, row_number() over day as n, lag(ts) over day as ts_before, lead(ts) over day as ts_after,
              -- 0: a newer row has the minute; 1 to 4: left out by the rules in their order; 5: a sound bar.
              case when lead(ts) over day = ts then 0
                   when not (ts >= open_ts and ts < close_ts) then 1
                   when ts % 60 <> 0 then 2
                   when not (${each(PRICES, (name) => `${name} > 0 and ${name} < 'infinity'`, ' and ')}) then 3
                   when high < greatest(open, close) or low > least(open, close) then 4
                   else 5 end as class
       from scaled
       window day as (partition by symbol, session order by ts, response, place)`,
    ],
    [
      'sound',
      `select symbol, session, ts, (ts - open_ts) // 60 as slot, ${each(PRICES, (name) => name)}, adjusted,
              case when volume >= 0 and volume <= ${rules.volume_invalid.params.maximum} then volume end as volume,
              case when vwap > 0 and vwap < 'infinity' then vwap end as vwap,
              case when trade_count >= 0 and trade_count < 'infinity' then trade_count end as trade_count,
              row_number() over day as n, lag(ts) over day as from_ts, lag(close) over day as from_close,
              lead(close) over day as next_close,
              volume > 0 and lag(ts) over day = ts - 60 and lag(close) over day = close and lag(open) over day = open
                and lag(high) over day = high and lag(low) over day = low and lag(volume) over day = volume
                and lag(trade_count) over day = trade_count as is_same
       from received where class = 5
       window day as (partition by symbol, session order by ts)`,
    ],
    ['runs', allRuns()],
    [
      'days',
      `with bars as (
         select symbol, session, count(*) as bars, min(ts) as first_ts, max(ts) as last_ts, arg_min(open, ts) as first_open,
                arg_max(close, ts) as last_close, max(high) as high, min(low) as low, sum(volume) as volume,
                count_if(adjusted) as adjusted, bool_or(volume > 0) as has_volume
         from sound group by symbol, session
       )
       select *, row_number() over past as number, lag(last_close) over past as previous_close,
              first_open / lag(last_close) over past - 1 as gap
       from bars left join (
         select symbol, session, ${each(['flat', 'stale', 'zero'], (kind) => `max(bars) filter (kind = '${kind}') as ${kind}`)}
         from runs group by symbol, session
       ) using (symbol, session)
       window past as (partition by symbol order by session)`,
    ],
    [
      'normals',
      `select symbol, session, number, previous_close, first_ts, last_ts, first_open, last_close, gap, bars, adjusted,
              case when number > 5 then median(coalesce(flat, 0)) over past end as flat,
              case when number > 5 then median(coalesce(stale, has_volume::int)) over past end as stale,
              case when number > 5 then median(coalesce(zero, 0)) over past end as zero,
              case when count(gap) over past >= 5 then 1.4826 * mad(gap) over past end as gap_scale,
              high, low, volume
       from days
       window past as (partition by symbol order by session rows between ${historySessions} preceding and 1 preceding)`,
    ],
    [
      'facts',
      `select f.*, s.open_ts, s.close_ts, (s.close_ts - s.open_ts) // 60 as slots
               from read_parquet('${facts}') f join read_parquet('${sessions}') s using (session)`,
    ],
    [
      'candidates',
      `select * from sound
       where from_close is null or abs(close / from_close - 1) > ${SMALLEST_MOVE}
          or high > greatest(close, from_close) * (1 + ${SMALLEST_MOVE}) or low < least(close, from_close) * (1 - ${SMALLEST_MOVE})`,
    ],
    [
      'scales',
      `with returns as (
         select s.symbol, d.number, s.slot // 30 as bucket, list(s.close / s.from_close - 1) as returns
         from sound s join days d using (symbol, session) where s.from_ts = s.ts - 60 group by all
       ),
       wanted as (
         select distinct c.symbol, c.session, d.number, c.slot // 30 as bucket
         from candidates c join days d using (symbol, session) where d.number > 5
       )
       select w.symbol, w.session, w.bucket, 1.4826 * mad(value) as scale
       from (
         select w.symbol, w.session, w.bucket, unnest(r.returns) as value
         from wanted w join returns r
           on r.symbol = w.symbol and r.bucket = w.bucket and r.number between w.number - ${historySessions} and w.number - 1
       ) w group by all having count(*) >= 30`,
    ],
  ]
}

/** Runs of bars of consecutive minutes, each kind worked out on its own few bars. */
function allRuns(): string {
  const runs = (kind: string, condition: string, also: string, first: number): string => `
    select '${kind}' as kind, symbol, session, min(ts) - ${60 * first} as ts, max(ts) as last_ts, count(*) + ${first} as bars
    from (
      select symbol, session, ts, ${also} as same,
             ts // 60 - row_number() over (partition by symbol, session, ${also} order by ts) as run
      from sound where ${condition}
    ) group by symbol, session, same, run`
  return [
    runs('flat', 'high = low and open = close and high = close', 'close', 0),
    runs('stale', 'is_same', '0', 1),
    runs('zero', 'volume = 0', '0', 0),
  ].join(' union all ')
}

/** A row that may be a spike, with the close that its move is measured from and what is normal for it. */
const JUDGED = 'symbol, session, ts, n, open, high, low, close, next_close, normal'

/** The rows to look at, given the bad ticks found so far: a row after one is measured from the close before that. */
function movesGiven(badTicks: string): string {
  return `
    select ${JUDGED}, coalesce(from_close, previous_close) as origin, coalesce(from_ts, ts - 60) as origin_ts
    from judged j where not exists (from ${badTicks} b where b.symbol = j.symbol and b.session = j.session and b.n = j.n - 1)
    union all
    select ${each(JUDGED.split(', ').slice(0, -1), (name) => `s.${name}`)}, coalesce(c.scale, o.scale) as normal, b.origin, b.origin_ts
    from sound s join ${badTicks} b on b.symbol = s.symbol and b.session = s.session and b.n = s.n - 1
    left join scales c on c.symbol = s.symbol and c.session = s.session and c.bucket = s.slot // 30
    left join own_scales o on o.symbol = s.symbol and o.session = s.session`
}

const LIMITS = `
  *, close / origin - 1 as move,
  greatest(${SMALLEST_MOVE}, ${SPIKE.factor} * coalesce(normal, 'infinity') * sqrt(greatest(1, (ts - origin_ts) / 60))) as most`

const IS_BAD_TICK = `abs(move) > most and abs(next_close / origin - 1) <= ${1 - SPIKE.reversal}::double * abs(move)`

/** Which row is a bad tick decides what the next is measured from: repeated until it stays the same, which is soon. */
async function findBadTicks(connection: DuckDBConnection): Promise<void> {
  await create(
    connection,
    'own_scales',
    `select symbol, session, 1.4826 * mad(close / from_close - 1) as scale
     from sound semi join (
       from candidates c anti join scales s on s.symbol = c.symbol and s.session = c.session and s.bucket = c.slot // 30
     ) lacking using (symbol, session)
     where from_ts = ts - 60 group by all having count(*) >= 30`,
  )
  await create(
    connection,
    'judged',
    `select c.*, d.previous_close, coalesce(s.scale, o.scale) as normal
     from candidates c join days d using (symbol, session)
     left join scales s on s.symbol = c.symbol and s.session = c.session and s.bucket = c.slot // 30
     left join own_scales o on o.symbol = c.symbol and o.session = c.session`,
  )
  await connection.run(
    'create temp table bad_ticks (symbol varchar, session integer, n bigint, origin double, origin_ts bigint)',
  )
  for (let known = -1, found = 0; found !== known;) {
    known = found
    await create(
      connection,
      'found_ticks',
      `select symbol, session, n, origin, origin_ts from (select ${LIMITS} from (${movesGiven('bad_ticks')})) where ${IS_BAD_TICK}`,
    )
    const reader = await connection.runAndReadAll(
      `select (select count(*) from found_ticks anti join bad_ticks using (symbol, session, n, origin))
            + (select count(*) from bad_ticks anti join found_ticks using (symbol, session, n, origin))`,
    )
    found = Number(reader.getRows()[0][0]) === 0 ? known : known + 1
    await create(connection, 'bad_ticks', 'from found_ticks')
  }
}

const SLACK = rules.vwap_outside_range.params.ticks * TICK
const isOffTick = (price: string): string =>
  `abs(${price} * ${1 / TICK} - round(${price} * ${1 / TICK})) > greatest(1e-4, ${price} * ${1 / TICK} * 1e-12)`
const isNearly = (a: string, b: string): string => `abs(${a} - ${b}) <= greatest(0.00501, 0.01 * abs(${b}))`
const differs = (name: string): string => `${name} <> lag(${name}) over minute
  and not ((adjusted or lag(adjusted) over minute) and ${isNearly(`lag(${name}) over minute`, name)})`

function laterTables(): readonly [string, string][] {
  return [
    [
      'spikes',
      `with moves as (select ${LIMITS} from (${movesGiven('bad_ticks')})),
       kinds as (
         select *, coalesce(${IS_BAD_TICK}, false) as is_bad,
                case when n = 1 or close > origin then close else origin end as top,
                case when n = 1 or close < origin then close else origin end as bottom
         from moves
       )
       select 'bad_tick' as rule, symbol, session, ts from kinds where is_bad
       union all
       select 'price_move', symbol, session, ts from kinds where not is_bad and n > 1 and abs(move) > most
       union all
       select 'bad_tick', symbol, session, ts from kinds
       where not is_bad and high > top * ${1 + SMALLEST_MOVE} and not (n = 1 and high = open) and high / top - 1 > most
       union all
       select 'bad_tick', symbol, session, ts from kinds
       where not is_bad and low < bottom * ${1 - SMALLEST_MOVE} and not (n = 1 and low = open) and low / bottom - 1 < -most`,
    ],
    [
      'odd',
      `select * from (
         select symbol, session, ts, n, volume is null as volume_invalid, coalesce(volume <> floor(volume), false) as volume_fractional,
                coalesce(volume > 0 and (vwap < low - ${SLACK} or vwap > high + ${SLACK}), false) as vwap_outside_range,
                ${each(PRICES, isOffTick, ' or ')} as tick_size, coalesce(trade_count = 0 and volume > 0, false) as trade_count_zero
         from sound
       ) where volume_invalid or volume_fractional or vwap_outside_range or tick_size or trade_count_zero`,
    ],
    [
      'twins',
      `select symbol, session, ts, count(*) as bars,
              ${each([...PRICES, 'volume', 'vwap', 'trade_count'], (name) => `min(${name}) <> max(${name})`, ' or ')} as conflicting
       from (
         select *, max(response) over (partition by symbol, ts) as newest from received where ts = ts_before or ts = ts_after
       ) where response = newest group by all having count(*) > 1`,
    ],
    [
      'revised',
      `select symbol, session, ts, bool_or(prices) as prices
       from (
         select symbol, session, ts, response <> lag(response) over minute as is_next,
                ${each(PRICES, differs, ' or ')} as prices, ${each(['volume', 'vwap', 'trade_count'], differs, ' or ')} as quantities
         from received where ts = ts_before or ts = ts_after
         window minute as (partition by symbol, ts order by response, place)
       ) where is_next and (prices or quantities) group by all`,
    ],
    [
      'long_runs',
      `select case kind when 'flat' then 'flat_run' when 'stale' then 'stale_price' else 'zero_volume_run' end as rule, r.* exclude (kind)
       from runs r join normals using (symbol, session)
       where ${each(
         Object.entries({
           flat: rules.flat_run.params,
           stale: rules.stale_price.params,
           zero: rules.zero_volume_run.params,
         }).map(
           ([kind, { factor, minimumBars }]) => `kind = '${kind}' and r.bars >= case
             when ${kind} is null then ceil(${factor} * ${minimumBars})
             else greatest(${minimumBars}, floor(${factor} * ${kind}) + 1) end`,
         ),
         (text) => `(${text})`,
         ' or ',
       )}`,
    ],
    [
      'gaps',
      `with seats as (
         select symbol, session, ts_before is null as is_first, (close_ts - open_ts) // 60 as slots,
                case when ts < open_ts then -1 when ts >= close_ts then slots else (ts - open_ts) // 60 end as seat,
                case when ts_after is null or ts_after >= close_ts then slots when ts_after < open_ts then -1
                     else (ts_after - open_ts) // 60 end as next_seat
         from received
       ),
       holes as (
         select symbol, session, seat + 1 as first, next_seat as past from seats where next_seat > seat + 1
         union all
         select symbol, session, 0, seat from seats where is_first and seat > 0
         union all
         select symbol, session, 0, slots from facts where not exists (
           from received r where r.symbol = facts.symbol and r.session = facts.session)
       ),
       open_holes as (
         select h.symbol, h.session, f.open_ts, f.slots, f.slots - sum(past - first) over (partition by symbol, session) as present,
                answered <> 'settled' or coalesce(reason in ('unstable', 'no-permission'), false) as is_open, broker_closed,
                greatest(first, coalesce((broker_open - open_ts) // 60, 0)) as first,
                least(past, coalesce((broker_close - open_ts) // 60, slots)) as past
         from holes h join facts f using (symbol, session)
       )
       select symbol, session, open_ts, first, past,
              case when is_open then 'minutes_not_fetched'
                   when past - first >= 5 and present >= 0.95 * (slots - (past - first)) then 'minutes_halted'
                   else 'minutes_not_traded' end as rule
       from open_holes where past > first and not broker_closed`,
    ],
    [
      'filled',
      `select symbol, session, unnest(range(g.open_ts + 60 * g.first, g.open_ts + 60 * g.past, 60)) as ts, s.close
       from gaps g join sound s using (symbol, session)
       where g.rule = 'minutes_not_traded' and g.past - g.first <= ${filling.maxMinutes} and g.first > 0 and s.slot = g.first - 1`,
    ],
    [
      'flagged',
      `select symbol, session, ts, bit_or(flag)::usmallint as flags from (
         select symbol, session, ts, 4 as flag from odd where volume_invalid
         union all
         select symbol, session, ts, 32 from odd where volume_fractional or vwap_outside_range or trade_count_zero
         union all
         select symbol, session, ts, 2 from twins where conflicting
         union all
         select symbol, session, ts, 32 from spikes where rule = 'bad_tick'
         union all
         select symbol, session, unnest(range(ts, last_ts + 60, 60)), 32 from long_runs
       ) group by all`,
    ],
  ]
}

function curatedQuery(): string {
  return `
    select s.symbol, s.session, s.ts, open, high, low, close, volume, vwap, trade_count,
           coalesce(f.flags, 0) | case when adjusted then 128 else 0 end as flags
    from sound s left join flagged f on f.symbol = s.symbol and f.ts = s.ts
    union all
    select symbol, session, ts, close, close, close, close, 0, null, 0, 8 from filled
    order by symbol, ts`
}

function findingsQuery(): string {
  const dropped = ['out_of_session', 'not_on_minute', 'price_invalid', 'ohlc_inconsistent'].map(
    (rule, i) => `
      select '${rule}' as rule, symbol, session, min(ts) as ts, max(ts) as last_ts, count(*) as bars
      from (
        -- Rows that an earlier rule has left out do not break a run.
        select symbol, session, ts, class, n - row_number() over (partition by symbol, session order by n) as run
        from received where class <= ${i + 1}
      ) where class = ${i + 1} group by symbol, session, run`,
  )
  const values = ['volume_invalid', 'volume_fractional', 'vwap_outside_range', 'trade_count_zero'].map((rule) =>
    runsOfRows(rule, rule),
  )
  const daySlack = rules.daily_bar_mismatch.params.ticks * TICK * 1.000001
  return [
    ...dropped,
    ...values,
    `select t.* from (${runsOfRows('tick_size', 'tick_size')}) t join days d using (symbol, session) where d.adjusted = 0`,
    `select case when conflicting then 'duplicate_conflicting' else 'duplicate' end, symbol, session, ts, ts, bars from twins`,
    `select case when prices then 'revised_prices' else 'revised_quantities' end, symbol, session, min(ts), max(ts), count(*)
     from revised group by symbol, session, prices`,
    `select 'not_ascending', symbol, session, first_ts, last_ts, bars
     from days semi join (from received where unordered) r using (symbol, session)`,
    `select 'adjusted_history', symbol, session, first_ts, last_ts, adjusted from days where adjusted > 0`,
    `select rule, symbol, session, ts, last_ts, bars from long_runs`,
    `select rule, symbol, session, ts, ts, 1 from spikes`,
    `select 'open_gap', symbol, session, first_ts, first_ts, 1 from normals
     where abs(gap) > greatest(${rules.open_gap.params.minimumBp / 10_000}, coalesce(${rules.open_gap.params.factor} * gap_scale,
                               ${(5 * rules.open_gap.params.minimumBp) / 10_000}))`,
    `select 'split_jump', symbol, session, first_ts, first_ts, 1
     from (select *, greatest(previous_close / first_open, first_open / previous_close) as size from normals)
     where ${each(SPLITS.map(String), (ratio) => `abs(size / ${ratio} - 1) <= ${rules.split_jump.params.tolerance}`, ' or ')}`,
    `select 'daily_bar_mismatch', symbol, session, open_ts, last_ts, bars from normals join facts using (symbol, session)
     where abs(high - daily_high) > ${daySlack} or abs(low - daily_low) > ${daySlack}
        or (daily_volume > 0 and abs(coalesce(volume, 0) / daily_volume - 1) > ${rules.daily_bar_mismatch.params.volumeShare})`,
    `select 'schedule_difference', symbol, session, open_ts, close_ts, 0 from facts
     where broker_closed or broker_open <> open_ts or broker_close <> close_ts`,
    `select 'low_coverage', symbol, session, open_ts, close_ts - 60, slots - coalesce(bars, 0)
     from facts left join days using (symbol, session)
     where coalesce(bars, 0) / slots < ${rules.low_coverage.params.minimum}`,
    `select rule, symbol, session, min(open_ts + 60 * first), max(open_ts + 60 * (past - 1)), sum(past - first)
     from gaps group by rule, symbol, session`,
  ].join(' union all ')
}
