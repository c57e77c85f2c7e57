import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { CURATION, qualityFiles } from '../quality/quality-files.ts'
import type { Contender } from './contender.ts'

/**
 * The same rules in DuckDB SQL, Parquet to Parquet. All rows are sorted once; after that neighbours are found by windows over the whole
 * table, which stream through it, where windows over the days would sort it again. What the rules mark is little, so runs, spikes and gaps
 * are worked out on small tables. Sessions have no break here and lie inside one UTC day.
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
const robustScale = (value: string): string =>
  `case when mad(${value}) > 0 then 1.4826 * mad(${value}) else 0.608 * quantile_disc(abs(${value}), 0.9) end`
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

/** Odd bars in a row for which `condition` holds, as runs. */
const runsOfRows = (rule: string, condition: string): string => `
  select '${rule}' as rule, day, min(ts) as ts, max(ts) as last_ts, count(*) as bars
  from (
    select day, ts, n - row_number() over (partition by day order by n) as run
    from odd where ${condition}
  ) group by day, run`

function tables({ raw, sessions, facts, scales }: ReturnType<typeof qualityFiles>): readonly [string, string][] {
  return [
    [
      'unordered',
      `select distinct response, ts // 86400 as utc_day
       from (
         select response, ts, lag(ts) over () as ts_before, lag(response) over () as response_before from read_parquet('${raw}')
       ) where response = response_before and ts < ts_before and ts // 86400 = ts_before // 86400`,
    ],
    [
      'facts',
      `select *, (close_ts - open_ts) // 60 as slots, row_number() over (order by symbol, session)::integer as day
       from read_parquet('${facts}') f join read_parquet('${sessions}') s using (session)`,
    ],
    [
      'received',
      `with ordered as (
         select f.day, r.response, r.place, r.ts, f.open_ts, f.close_ts, c.response is not null as adjusted,
                ${each([...PRICES, 'vwap'], (name) => `case when r.${name} > 0 then r.${name} * coalesce(c.price, 1) else r.${name} end as ${name}`)},
                case when r.volume > 0 then r.volume * coalesce(c.volume, 1) else r.volume end as volume, r.trade_count,
                coalesce(c.price, 1) as price_factor, coalesce(c.volume, 1) as volume_factor
         from read_parquet('${raw}') r join facts f on f.symbol = r.symbol and r.ts // 86400 = f.open_ts // 86400
         left join read_parquet('${scales}') c on c.response = r.response
         order by f.day, r.ts, r.response, r.place
       ),
       numbered as (
         select *, row_number() over () as n, case when lag(day) over () = day then lag(ts) over () end as ts_before,
                case when lead(day) over () = day then lead(ts) over () end as ts_after
         from ordered
       )
       select *,
              -- 0: a newer row has the minute; 1 to 4: left out by the rules in their order; 5: a sound bar.
              case when ts_after = ts then 0
                   when not (ts >= open_ts and ts < close_ts) then 1
                   when ts % 60 <> 0 then 2
                   when not (${each(PRICES, (name) => `${name} > 0 and ${name} < 'infinity'`, ' and ')}) then 3
                   when high < greatest(open, close) or low > least(open, close) then 4
                   else 5 end as class
       from numbered`,
    ],
    [
      'sound',
      `with numbered as (
         select day, ts, open_ts, ${each([...PRICES, 'volume', 'vwap', 'trade_count'], (name) => name)}, adjusted,
                row_number() over () as n, lag(day) over () is not distinct from day as goes_on,
                lead(day) over () is not distinct from day as goes_on_after,
                lag(ts) over () as ts_before, lag(close) over () as close_before, lead(close) over () as close_after,
                volume > 0 and lag(ts) over () = ts - 60
                  and ${each([...PRICES, 'volume', 'trade_count'], (name) => `lag(${name}) over () = ${name}`, ' and ')} as is_same
         from received where class = 5
       )
       select day, ts, (ts - open_ts) // 60 as slot, ${each(PRICES, (name) => name)}, adjusted, n, is_same,
              case when volume >= 0 and volume <= ${rules.volume_invalid.params.maximum} then volume end as volume,
              case when vwap > 0 and vwap < 'infinity' then vwap end as vwap,
              case when trade_count >= 0 and trade_count < 'infinity' then trade_count end as trade_count,
              case when goes_on then ts_before end as from_ts, case when goes_on then close_before end as from_close,
              case when goes_on_after then close_after end as next_close
       from numbered`,
    ],
    ['runs', allRuns()],
    [
      'days',
      `with bars as (
         select day, count(*) as bars, min(ts) as first_ts, max(ts) as last_ts, arg_min(open, ts) as first_open,
                arg_max(close, ts) as last_close, max(high) as high, min(low) as low, sum(volume) as volume,
                count_if(adjusted) as adjusted, bool_or(volume > 0) as has_volume
         from sound group by day
       )
       select bars.*, symbol, bars.bars / slots as share, flat, stale, zero, row_number() over past as number, lag(last_close) over past as previous_close,
              first_open / lag(last_close) over past - 1 as gap
       from bars join facts using (day) left join (
         select day, ${each(['flat', 'stale', 'zero'], (kind) => `max(bars) filter (kind = '${kind}') as ${kind}`)}
         from runs group by day
       ) using (day)
       window past as (partition by symbol order by day)`,
    ],
    [
      'normals',
      `select day, number, previous_close, first_ts, last_ts, first_open, last_close, gap, bars, adjusted,
              case when number > 5 then median(share) over past end as bar_share,
              case when number > 5 then median(coalesce(flat, 0)) over past end as flat,
              case when number > 5 then median(coalesce(stale, has_volume::int)) over past end as stale,
              case when number > 5 then median(coalesce(zero, 0)) over past end as zero,
              case when count(gap) over between_past >= 5 then 1.4826 * mad(gap) over between_past end as gap_scale,
              high, low, volume
       from days
       window past as (partition by symbol order by day rows between ${historySessions} preceding and 1 preceding),
              -- Gaps between those sessions: one fewer.
              between_past as (partition by symbol order by day rows between ${historySessions - 1} preceding and 1 preceding)`,
    ],
    [
      'candidates',
      `select * from sound
       where from_close is null or abs(close / from_close - 1) > ${SMALLEST_MOVE}
          or high > greatest(close, from_close) * (1 + ${SMALLEST_MOVE}) or low < least(close, from_close) * (1 - ${SMALLEST_MOVE})`,
    ],
    [
      'returns',
      `select d.symbol, d.number, s.slot // 30 as bucket, list(s.close / s.from_close - 1) as returns
       from sound s join days d using (day) where s.from_ts = s.ts - 60 group by all`,
    ],
    [
      'wanted',
      `select distinct d.symbol, c.day, d.number, c.slot // 30 as bucket
       from candidates c join days d using (day) where d.number > 5`,
    ],
    [
      'deviations',
      `select day, bucket, 1.4826 * mad(value) as scale from (${pastReturns('wanted')}) group by all having count(*) >= 30`,
    ],
    [
      'scales',
      // Where more than half of the returns are 0, a high percentile of their sizes stands in for the median of the deviations.
      `select * from deviations where scale > 0
       union all
       select day, bucket, 0.608 * quantile_disc(abs(value), 0.9)
       from (${pastReturns('(from wanted semi join (from deviations where scale = 0) flat using (day, bucket))')}) group by all`,
    ],
  ]
}

/** The returns at the times of day that are asked for, in the sessions before. */
function pastReturns(wanted: string): string {
  return `
    select w.day, w.bucket, unnest(r.returns) as value
    from ${wanted} w join returns r
      on r.symbol = w.symbol and r.bucket = w.bucket and r.number between w.number - ${historySessions} and w.number - 1`
}

/** Runs of bars of consecutive minutes, each kind worked out on its own few bars. */
function allRuns(): string {
  const runs = (kind: string, condition: string, also: string, first: number): string => `
    select '${kind}' as kind, day, min(ts) - ${60 * first} as ts, max(ts) as last_ts, count(*) + ${first} as bars
    from (
      select day, ts, ${also} as same,
             ts // 60 - row_number() over (partition by day, ${also} order by ts) as run
      from sound where ${condition}
    ) group by day, same, run`
  return [
    runs('flat', 'high = low and open = close and high = close', 'close', 0),
    runs('stale', 'is_same', '0', 1),
    runs('zero', 'volume = 0', '0', 0),
  ].join(' union all ')
}

/** A row that may be a spike, with the close that its move is measured from and what is normal for it. */
const JUDGED = 'day, ts, n, open, high, low, close, from_close, next_close, normal'

/** The rows to look at, given the bad ticks found so far: a row after one is measured from the close before that. */
function movesGiven(badTicks: string): string {
  return `
    select ${JUDGED}, previous_close, origin_ts,
           -- The first bar is measured by its own open, and by the close before only where that is where it returns to.
           case when from_close is not null then from_close when ${isTakenBack('open')} then open
                when ${isTakenBack('previous_close')} then previous_close else open end as origin
    from judged j where not exists (from ${badTicks} b where b.day = j.day and b.n = j.n - 1)
    union all
    select ${each(JUDGED.split(', ').slice(0, -1), (name) => `s.${name}`)}, coalesce(c.scale, o.scale) as normal, null, b.origin_ts, b.origin
    from sound s join ${badTicks} b on b.day = s.day and b.n = s.n - 1
    left join scales c on c.day = s.day and c.bucket = s.slot // 30
    left join own_scales o on o.day = s.day`
}

/** What a move from a price must exceed. */
const most = (from: string): string => `
  greatest(${SMALLEST_MOVE}, ${SPIKE.minimumTicks * TICK} / ${from},
           ${SPIKE.factor} * coalesce(normal, 'infinity') * sqrt(greatest(1, (ts - origin_ts) / 60)))`

const isTakenBack = (origin: string): string =>
  `(abs(close / ${origin} - 1) > ${most(origin)} and abs(next_close / ${origin} - 1) <= ${1 - SPIKE.reversal}::double * abs(close / ${origin} - 1))`

const LIMITS = `*, close / origin - 1 as move, ${most('origin')} as most`
const IS_BAD_TICK = isTakenBack('origin')

/** Which row is a bad tick decides what the next is measured from: repeated until it stays the same, which is soon. */
async function findBadTicks(connection: DuckDBConnection): Promise<void> {
  await create(
    connection,
    'own_scales',
    `select day, ${robustScale('close / from_close - 1')} as scale
     from sound semi join (
       from candidates c anti join scales s on s.day = c.day and s.bucket = c.slot // 30
     ) lacking using (day)
     where from_ts = ts - 60 group by all having count(*) >= 30`,
  )
  await create(
    connection,
    'judged',
    `select c.*, d.previous_close, coalesce(s.scale, o.scale) as normal, coalesce(c.from_ts, c.ts - 60) as origin_ts
     from candidates c join days d using (day)
     left join scales s on s.day = c.day and s.bucket = c.slot // 30
     left join own_scales o on o.day = c.day`,
  )
  await connection.run('create temp table bad_ticks (day integer, n bigint, origin double, origin_ts bigint)')
  for (let known = -1, found = 0; found !== known;) {
    known = found
    await create(
      connection,
      'found_ticks',
      `select day, n, origin, origin_ts from (select ${LIMITS} from (${movesGiven('bad_ticks')})) where ${IS_BAD_TICK}`,
    )
    const reader = await connection.runAndReadAll(
      `select (select count(*) from found_ticks anti join bad_ticks using (day, n, origin))
            + (select count(*) from bad_ticks anti join found_ticks using (day, n, origin))`,
    )
    found = Number(reader.getRows()[0][0]) === 0 ? known : known + 1
    await create(connection, 'bad_ticks', 'from found_ticks')
  }
}

const SLACK = rules.vwap_outside_range.params.ticks * TICK * 1.000001
const PARTS = rules.tick_size.params.parts
const isOffTick = (price: string): string =>
  `abs(${price} * ${PARTS / TICK} - round(${price} * ${PARTS / TICK})) > greatest(${1e-4 * PARTS}, ${price} * ${PARTS / TICK} * 1e-12)`
/** How far values may be apart of which one was converted: rounded, in either basis, and by a factor that is not exact. */
const apart: Readonly<Record<string, string>> = {
  volume: '0.5 * (lag(volume_factor) over minute + volume_factor) * 1.000001 + 0.01 * abs(volume)',
  trade_count: '0',
}
const differs = (name: string): string => `abs(lag(${name}) over minute - ${name}) >
  case when adjusted or lag(adjusted) over minute
       then ${apart[name] ?? `0.005 * (lag(price_factor) over minute + price_factor) * 1.000001 + 0.0002 * abs(${name})`} else 0 end`

/** Whether a price of a bar is far beyond its close and another price. */
function isOut(price: 'high' | 'low', further: 'greatest' | 'least', other: string): string {
  const edge = `${further}(close, ${other})`
  const sign = price === 'high' ? '' : '-'
  return `(${other} is not null and ${sign}(${price} / ${edge} - 1) > ${most(edge)})`
}

const isBackFrom = (price: string): string =>
  `abs(close / previous_close - 1) <= ${1 - SPIKE.reversal}::double * abs(${price} / previous_close - 1)`

function laterTables(): readonly [string, string][] {
  return [
    [
      'spikes',
      `with kinds as (
         select *, coalesce(${IS_BAD_TICK}, false) as is_bad from (select ${LIMITS} from (${movesGiven('bad_ticks')}))
       )
       select 'bad_tick' as rule, day, ts, n, true as in_doubt from kinds where is_bad
       union all
       select 'price_move', day, ts, n, false from kinds where not is_bad and from_close is not null and abs(move) > most
       union all
       select 'bad_tick', day, ts, n, false from kinds
       where not is_bad and (${isOut('high', 'greatest', 'origin')} or ${isOut('low', 'least', 'origin')}
         -- A wrong first print stands in the open: it is out from the close before as well, to which the bar closes back.
         or (from_close is null and ${isBackFrom('high')} and ${isOut('high', 'greatest', 'previous_close')})
         or (from_close is null and ${isBackFrom('low')} and ${isOut('low', 'least', 'previous_close')}))`,
    ],
    [
      'odd',
      `select * from (
         select day, ts, n, volume is null as volume_invalid, coalesce(volume <> floor(volume), false) as volume_fractional,
                coalesce(volume > 0 and (vwap < low - ${SLACK} or vwap > high + ${SLACK}), false) as vwap_outside_range,
                ${each(PRICES, isOffTick, ' or ')} as tick_size, coalesce(trade_count = 0 and volume > 0, false) as trade_count_zero
         from sound
       ) where volume_invalid or volume_fractional or vwap_outside_range or tick_size or trade_count_zero`,
    ],
    [
      'twins',
      `select day, ts, count(*) as bars,
              ${each([...PRICES, 'volume', 'vwap', 'trade_count'], (name) => `min(${name}) <> max(${name})`, ' or ')} as conflicting
       from (
         select *, max(response) over (partition by day, ts) as newest from received where ts = ts_before or ts = ts_after
       ) where response = newest group by all having count(*) > 1`,
    ],
    [
      'revised',
      `select day, ts, bool_or(prices) as prices
       from (
         select day, ts, response <> lag(response) over minute as is_next,
                ${each(PRICES, differs, ' or ')} as prices, ${each(['volume', 'vwap', 'trade_count'], differs, ' or ')} as quantities
         from received where ts = ts_before or ts = ts_after
         window minute as (partition by day, ts order by response, place)
       ) where is_next and (prices or quantities) group by all`,
    ],
    [
      'long_runs',
      `select case kind when 'flat' then 'flat_run' when 'stale' then 'stale_price' else 'zero_volume_run' end as rule, r.* exclude (kind)
       from runs r join normals using (day)
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
         select day, ts_before is null as is_first, (close_ts - open_ts) // 60 as slots,
                case when ts < open_ts then -1 when ts >= close_ts then slots else (ts - open_ts) // 60 end as seat,
                case when ts_after is null or ts_after >= close_ts then slots when ts_after < open_ts then -1
                     else (ts_after - open_ts) // 60 end as next_seat
         from received
       ),
       holes as (
         select day, seat + 1 as first, next_seat as past from seats where next_seat > seat + 1
         union all
         select day, 0, seat from seats where is_first and seat > 0
         union all
         select day, 0, slots from facts where not exists (
           from received r where r.day = facts.day)
       ),
       open_holes as (
         select h.day, f.open_ts, f.slots, f.slots - sum(past - first) over (partition by day) as present,
                answered <> 'settled' or coalesce(reason in ('unstable', 'no-permission'), false) as is_open, broker_closed,
                greatest(first, coalesce((broker_open - open_ts) // 60, 0)) as first,
                least(past, coalesce((broker_close - open_ts) // 60, slots)) as past
         from holes h join facts f using (day)
       )
       select day, open_ts, first, past,
              case when is_open then 'minutes_not_fetched'
                   when past - first >= 5 and present >= greatest(10, 0.95 * (slots - (past - first))) then 'minutes_halted'
                   else 'minutes_not_traded' end as rule
       from open_holes where past > first and not broker_closed`,
    ],
    [
      'filled',
      `select day, unnest(range(g.open_ts + 60 * g.first, g.open_ts + 60 * g.past, 60)) as ts, s.close
       from gaps g join sound s using (day)
       where g.rule = 'minutes_not_traded' and g.past - g.first <= ${filling.maxMinutes} and g.first > 0 and s.slot = g.first - 1
         and not exists (from spikes p where p.in_doubt and p.day = s.day and p.ts = s.ts)`,
    ],
    [
      'flagged',
      `select day, ts, bit_or(flag)::usmallint as flags from (
         select day, ts, 4 as flag from odd where volume_invalid
         union all
         select day, ts, 32 from odd where (volume_fractional and day in (select day from days where adjusted = 0)) or vwap_outside_range or trade_count_zero
         union all
         select day, ts, 2 from twins where conflicting
         union all
         select day, ts, 32 from spikes where rule = 'bad_tick'
         union all
         select day, unnest(range(ts, last_ts + 60, 60)), 32 from long_runs
       ) group by all`,
    ],
  ]
}

function curatedQuery(): string {
  return `
    select symbol, session, b.* exclude (day)
    from (
      select s.day, s.ts, open, high, low, close, volume, vwap, trade_count,
             coalesce(f.flags, 0) | case when adjusted then 128 else 0 end as flags
      from sound s left join flagged f on f.day = s.day and f.ts = s.ts
      union all
      select day, ts, close, close, close, close, 0, null, 0, 8 from filled
    ) b join facts using (day)
    order by day, ts`
}

function findingsQuery(): string {
  const dropped = ['out_of_session', 'not_on_minute', 'price_invalid', 'ohlc_inconsistent'].map(
    (rule, i) => `
      select '${rule}' as rule, day, min(ts) as ts, max(ts) as last_ts, count(*) as bars
      from (
        -- Rows that an earlier rule has left out do not break a run.
        select day, ts, class, n - row_number() over (partition by day order by n) as run
        from received where class <= ${i + 1}
      ) where class = ${i + 1} group by day, run`,
  )
  const values = ['volume_invalid', 'vwap_outside_range', 'trade_count_zero'].map((rule) => runsOfRows(rule, rule))
  const daySlack = rules.daily_bar_mismatch.params.ticks * TICK * 1.000001
  const findings = [
    ...dropped,
    ...values,
    ...['tick_size', 'volume_fractional'].map(
      (rule) => `select t.* from (${runsOfRows(rule, rule)}) t join days d using (day) where d.adjusted = 0`,
    ),
    `select case when conflicting then 'duplicate_conflicting' else 'duplicate' end, day, min(ts), max(ts), sum(bars)
     from (
       select *, ts // 60 - row_number() over (partition by day, conflicting, is_there order by ts) as run
       from (select t.*, conflicting and exists (from sound s where s.day = t.day and s.ts = t.ts) as is_there from twins t)
     ) group by day, conflicting, is_there, run`,
    `select case when prices then 'revised_prices' else 'revised_quantities' end, day, min(ts), max(ts), count(*)
     from revised group by day, prices`,
    `select 'not_ascending', day, first_ts, last_ts, bars
     from days where day in (
       select day from received r join unordered u on u.response = r.response and u.utc_day = r.ts // 86400
     )`,
    `select 'adjusted_history', day, first_ts, last_ts, adjusted from days where adjusted > 0`,
    `select rule, day, ts, last_ts, bars from long_runs`,
    `select rule, day, ts, ts, 1 from spikes`,
    `select 'open_gap', day, first_ts, first_ts, 1 from normals
     where abs(gap) > greatest(${rules.open_gap.params.minimumBp / 10_000}, coalesce(${rules.open_gap.params.factor} * gap_scale,
                               ${(5 * rules.open_gap.params.minimumBp) / 10_000}))`,
    `select 'split_jump', day, first_ts, first_ts, 1
     from (select *, greatest(previous_close / first_open, first_open / previous_close) as size from normals)
     where ${each(SPLITS.map(String), (ratio) => `abs(size / ${ratio} - 1) <= ${rules.split_jump.params.tolerance}`, ' or ')}`,
    `select 'daily_bar_mismatch', day, open_ts, last_ts, bars from normals join facts using (day)
     where abs(high - daily_high) > ${daySlack} or abs(low - daily_low) > ${daySlack}
        or (daily_volume > 0 and abs(coalesce(volume, 0) - daily_volume) > ${rules.daily_bar_mismatch.params.volumeShare} * daily_volume * 1.000001)`,
    `select 'schedule_difference', day, open_ts, close_ts, 0 from facts
     where broker_closed or broker_open <> open_ts or broker_close <> close_ts`,
    `select 'low_coverage', day, open_ts, close_ts - 60, slots - coalesce(bars, 0)
     from (
       select f.*, bars, least(1, coalesce(bar_share, 1)) as share from facts f left join normals using (day)
     )
     where coalesce(bars, 0) < least(${rules.low_coverage.params.minimum} * slots,
             ${rules.low_coverage.params.minimum} * share * slots - 3 * sqrt(slots * share * (1 - share)))`,
    `select rule, day, min(open_ts + 60 * first), max(open_ts + 60 * (past - 1)), sum(past - first)
     from gaps group by rule, day`,
  ]
  return `select symbol, session, f.* exclude (day) from (${findings.join(' union all ')}) f join facts using (day)`
}
