import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pl, { type Expr, type LazyDataFrame, type LazyGroupBy } from 'nodejs-polars'
import { CURATION, qualityFiles } from '../quality/quality-files.ts'
import type { Contender } from './contender.ts'

/**
 * The same rules in Polars, Parquet to Parquet. Everything is sorted once, by the number of the day and the minute; after that neighbours
 * are found by shifting whole columns, which is much faster than a window over the days. What the rules mark is little, so runs, spikes
 * and gaps are worked out on small tables. Plans are collected step by step: left to the planner, common parts are computed again, and
 * what is written in one go is run by another engine, in which the same joins take five times as long. Sessions have no break here and lie
 * inside one UTC day.
 */
export const polars: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    await phase('open', () => undefined)
    await phase('transform', async () => {
      const { curated, findings } = await curate(qualityFiles(datasetFolder))
      await write(curated, join(outputFolder, 'curated.parquet'))
      await write(findings, join(outputFolder, 'findings.parquet'))
    })
    await phase('close', () => undefined)
  },
  outputs: ['curated.parquet', 'findings.parquet'],
}

async function write(frame: LazyDataFrame, file: string): Promise<void> {
  await frame.sinkParquet(file, { compression: 'zstd' }).collect()
}

const { rules, filling, historySessions, instrument } = CURATION
const TICK = instrument.tickSize ?? 0.01
const SPIKE = rules.bad_tick.params
const SMALLEST_MOVE = SPIKE.minimumBp / 10_000
const SPLITS = [1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]
const PRICES = ['open', 'high', 'low', 'close']
const VALUES = [...PRICES, 'volume', 'vwap', 'trade_count']

const col = pl.col
const integer = (value: Expr): Expr => value.cast(pl.Int64)
/** The values of the row before, and of the one after. */
const before = (...names: string[]): Expr =>
  pl
    .cols([...names])
    .shift(1)
    .suffix('_before')
const after = (...names: string[]): Expr =>
  pl
    .cols([...names])
    .shift(-1)
    .suffix('_after')
const scaledMad = (value: Expr): Expr => value.sub(value.median()).abs().median().mul(1.4826)
/** Where more than half of the numbers are one and the same, a high percentile of the deviations stands in for their median. */
function robustScale(value: Expr): Expr {
  const deviations = value.sub(value.median()).abs()
  const scale = deviations.median().mul(1.4826)
  const tail = deviations.sort().gather(deviations.count().mul(0.9).ceil().sub(1).cast(pl.Int64)).first()
  return pl.when(scale.gt(0)).then(scale).otherwise(tail.mul(0.608))
}
/** Ascends with the day and, inside it, with time. */
const MINUTE = 'cast(day as bigint) * 100000000000 + ts'
const LARGEST = Number.MAX_VALUE
/** Both frames below each other, by the names of the first. */
const stacked = (frames: readonly LazyDataFrame[]): LazyDataFrame => pl.concat([...frames], { how: 'vertical' })
const each = (names: readonly string[], text: (name: string) => string, between = ', '): string =>
  names.map(text).join(between)

/** What can be said row by row is said in SQL: the binding needs the better part of a millisecond for every expression object. */
function sql(query: string, frames: Readonly<Record<string, LazyDataFrame>>): LazyDataFrame {
  return pl.SQLContext(frames).execute(query)
}

async function curate({
  raw,
  sessions,
  facts: factsFile,
  scales: scalesFile,
}: ReturnType<typeof qualityFiles>): Promise<{ curated: LazyDataFrame; findings: LazyDataFrame }> {
  const collected = async (frame: LazyDataFrame): Promise<LazyDataFrame> => (await frame.collect()).lazy()
  const facts = await collected(
    sql(
      `select f.*, s.open_ts, s.close_ts, (s.close_ts - s.open_ts) // 60 as slots, s.open_ts - s.open_ts % 86400 as utc_day
       from facts f join sessions s on f.session = s.session order by f.symbol, f.session`,
      { facts: pl.scanParquet(factsFile), sessions: pl.scanParquet(sessions) },
    ).withRowIndex('day'),
  )
  const received = await collected(receivedRows(pl.scanParquet(raw), facts, pl.scanParquet(scalesFile)))
  const sound = await collected(soundBars(received))
  const runs = await collected(allRuns(sound))
  const days = await soundDays(sound, facts, runs)
  const spikes = await findSpikes(sound, days)
  const adjustedDays = sql('select day, adjusted > 0 as is_adjusted from days', { days })
  const odd = await collected(oddBars(sound).join(adjustedDays, { on: 'day', how: 'left', maintainOrder: 'left' }))
  const twins = await collected(twinRows(received))
  const longRuns = await collected(tooLongRuns(runs, days))
  const gaps = await collected(findGaps(received, facts))
  const doubtful = sql('select day, ts from spikes where in_doubt', { spikes })
  const filled = await collected(filledMinutes(gaps, sound.join(doubtful, { on: ['day', 'ts'], how: 'anti' })))

  const flagged = await collected(
    sql(
      `with flags as (
         select day, ts, 4 as flag from odd where volume_invalid
         union all select day, ts, 32 from odd where (volume_fractional and not is_adjusted) or vwap_outside_range or trade_count_zero
         union all select day, ts, 2 from twins where conflicting
         union all select day, ts, 32 from spikes where rule = 'bad_tick'
         union all select day, ts, 32 from run_minutes
       ),
       once as (select distinct day, ts, flag from flags)
       select day, ts, sum(flag) as flag from once group by day, ts`,
      {
        odd,
        twins,
        spikes,
        run_minutes: longRuns
          .select(col('day'), pl.intRanges(col('ts'), integer(col('last_ts').add(60)), 60).alias('ts'))
          .explode('ts'),
      },
    ),
  )
  const marked = await collected(
    sql(
      `select ${MINUTE} as minute, day, ts, ${VALUES.join(', ')},
              cast(coalesce(flag, 0) + case when adjusted then 128 else 0 end as int) as flags from bars`,
      { bars: sound.join(flagged, { on: ['day', 'ts'], how: 'left' }) },
    ),
  )
  const added = sql(
    `select ${MINUTE} as minute, day, ts, close as open, close as high, close as low, close, cast(0 as double) as volume,
            cast(null as double) as vwap, cast(0 as double) as trade_count, cast(8 as int) as flags from filled`,
    { filled },
  )
  const whole = await collected(stacked([marked, added]))
  const ordered = await collected(whole.sort({ by: 'minute' }))
  const names = facts.select('day', 'symbol', 'session')
  const curated = await collected(
    ordered
      .join(names, { on: 'day', how: 'left', maintainOrder: 'left' })
      .select('symbol', 'session', 'ts', ...VALUES, 'flags'),
  )
  const findings = sql(findingQueries().join(' union all '), {
    facts,
    days,
    days_with_facts: days.join(facts, { on: 'day', how: 'inner' }),
    all_days: facts.join(days, { on: 'day', how: 'left' }),
    odd,
    twin_runs: twinRuns(twins, sound),
    spikes,
    gaps,
    long_runs: longRuns,
    unordered: sql('select distinct day from received where unordered', { received }),
    revised: revisions(received),
    ...droppedRuns(received),
    ...Object.fromEntries(
      ODD_RULES.map((rule) => [
        rule,
        runsOfRows(
          sql(`select * from odd where ${rule}${UNLESS_ADJUSTED.has(rule) ? ' and not is_adjusted' : ''}`, { odd }),
        ),
      ]),
    ),
  }).join(names, { on: 'day', how: 'inner' })
  return { curated, findings }
}

/** Of values that were converted nothing is said about whole units. */
const UNLESS_ADJUSTED = new Set(['tick_size', 'volume_fractional'])
const ODD_RULES = ['volume_invalid', 'volume_fractional', 'vwap_outside_range', 'trade_count_zero', 'tick_size']
const DROPPING_RULES = ['out_of_session', 'not_on_minute', 'price_invalid', 'ohlc_inconsistent']

/** One query a rule, or more: rule, day, first and last minute, number of bars. */
function findingQueries(): readonly string[] {
  const { open_gap: gap, split_jump: split, daily_bar_mismatch: daily, low_coverage: coverage } = rules
  const slack = daily.params.ticks * TICK * 1.000001
  const smallestGap = gap.params.minimumBp / 10_000
  const of = (rule: string, ts: string, lastTs: string, bars: string, from: string): string =>
    `select '${rule}' as rule, day, cast(${ts} as bigint) as ts, cast(${lastTs} as bigint) as last_ts, cast(${bars} as bigint) as bars from ${from}`
  return [
    ...DROPPING_RULES.map((rule) => of(rule, 'ts', 'last_ts', 'bars', rule)),
    ...ODD_RULES.map((rule) => of(rule, 'ts', 'last_ts', 'bars', rule)),
    of('duplicate', 'ts', 'last_ts', 'bars', 'twin_runs where not conflicting'),
    of('duplicate_conflicting', 'ts', 'last_ts', 'bars', 'twin_runs where conflicting'),
    of('revised_prices', 'min(ts)', 'max(ts)', 'count(ts)', 'revised where prices group by day'),
    of('revised_quantities', 'min(ts)', 'max(ts)', 'count(ts)', 'revised where not prices group by day'),
    of('not_ascending', 'first_ts', 'last_ts', 'bars', 'days where day in (select day from unordered)'),
    of('adjusted_history', 'first_ts', 'last_ts', 'adjusted', 'days where adjusted > 0'),
    ...['flat_run', 'stale_price', 'zero_volume_run'].map((rule) =>
      of(rule, 'ts', 'last_ts', 'bars', `long_runs where rule = '${rule}'`),
    ),
    ...['bad_tick', 'price_move'].map((rule) => of(rule, 'ts', 'ts', '1', `spikes where rule = '${rule}'`)),
    of(
      'open_gap',
      'first_ts',
      'first_ts',
      '1',
      `days where abs(gap) > greatest(coalesce(gap_scale * ${gap.params.factor}, ${5 * smallestGap}), ${smallestGap})`,
    ),
    of(
      'split_jump',
      'first_ts',
      'first_ts',
      '1',
      `days where ${each(
        SPLITS.map(String),
        (ratio) =>
          `abs(greatest(previous_close / first_open, first_open / previous_close) / ${ratio} - 1) <= ${split.params.tolerance}`,
        ' or ',
      )}`,
    ),
    of(
      'daily_bar_mismatch',
      'open_ts',
      'last_ts',
      'bars',
      `days_with_facts
       where abs(high - daily_high) > ${slack} or abs(low - daily_low) > ${slack}
          or (daily_volume > 0 and abs(volume - daily_volume) > ${daily.params.volumeShare} * daily_volume * 1.000001)`,
    ),
    of(
      'schedule_difference',
      'open_ts',
      'close_ts',
      '0',
      'facts where broker_closed or broker_open <> open_ts or broker_close <> close_ts',
    ),
    of(
      'low_coverage',
      'open_ts',
      'close_ts - 60',
      'slots - coalesce(bars, 0)',
      `all_days where coalesce(bars, 0) < ${coverage.params.minimum} * slots and (bar_share is null or coalesce(bars, 0) <
         ${coverage.params.minimum} * bar_share * slots - 3 * sqrt(slots * bar_share * (1 - bar_share)))`,
    ),
    ...['minutes_not_traded', 'minutes_halted', 'minutes_not_fetched'].map((rule) =>
      of(
        rule,
        'min(open_ts + 60 * first)',
        'max(open_ts + 60 * (past - 1))',
        'sum(past - first)',
        `gaps where rule = '${rule}' group by day`,
      ),
    ),
  ]
}

/** Every row with its day, in the present basis, in the order of days and minutes, newest last. */
function receivedRows(raw: LazyDataFrame, facts: LazyDataFrame, scales: LazyDataFrame): LazyDataFrame {
  const rows = sql(
    `select response, place, ts, symbol, ${VALUES.join(', ')}, ts - ts % 86400 as utc_day,
            coalesce(response = response_before and ts < ts_before and ts - ts % 86400 = ts_before - ts_before % 86400, false)
              as unordered
     from raw`,
    { raw: raw.withColumns(before('ts', 'response')) },
  )
    .join(facts.select('day', 'symbol', 'open_ts', 'close_ts', 'utc_day'), {
      on: ['symbol', 'utc_day'],
      how: 'inner',
      maintainOrder: 'left',
    })
    .join(sql('select response, price as price_factor, volume as volume_factor from scales', { scales }), {
      on: 'response',
      how: 'left',
      maintainOrder: 'left',
    })
  const inOrder = sql(
    `select ${MINUTE} as minute, day, response, place, ts, open_ts, close_ts, unordered, trade_count,
            ${each([...PRICES, 'vwap'], (name) => `case when ${name} > 0 then ${name} * coalesce(price_factor, 1.0) else ${name} end as ${name}`)},
            case when volume > 0 then volume * coalesce(volume_factor, 1.0) else volume end as volume,
            price_factor is not null as adjusted, coalesce(price_factor, 1.0) as price_factor, coalesce(volume_factor, 1.0) as volume_factor
     from rows`,
    { rows },
  )
    // By one number; rows of a minute stay in the order received.
    .sort({ by: 'minute', maintainOrder: true })
    .withRowIndex('n')
    .withColumns(before('day', 'ts'), after('day', 'ts'))
  // Class 0: a newer row has the minute; 1 to 4: left out by the rules in their order; 5: a sound bar.
  return sql(
    `select n, day, response, ts, open_ts, close_ts, unordered, adjusted, price_factor, volume_factor, ${VALUES.join(', ')},
            case when day = day_before then ts_before end as previous_ts, case when day = day_after then ts_after end as next_ts,
            case when day = day_after and ts = ts_after then 0
                 when ts < open_ts or ts >= close_ts then 1
                 when ts % 60 <> 0 then 2
                 when not (${each(PRICES, (name) => `${name} > 0 and ${name} <= ${LARGEST}`, ' and ')}) then 3
                 when high < open or high < close or low > open or low > close then 4
                 else 5 end as class
     from rows`,
    { rows: inOrder },
  )
}

/** The sound bars with their neighbours. */
function soundBars(received: LazyDataFrame): LazyDataFrame {
  const same = [...PRICES, 'volume', 'trade_count']
  return sql(
    `select day, ts, ${PRICES.join(', ')}, adjusted, (ts - open_ts) // 60 as slot,
            case when volume >= 0 and volume <= ${rules.volume_invalid.params.maximum} then volume end as volume,
            case when vwap > 0 and vwap <= ${LARGEST} then vwap end as vwap,
            case when trade_count >= 0 and trade_count <= ${LARGEST} then trade_count end as trade_count,
            case when day = day_before then ts_before end as from_ts, case when day = day_before then close_before end as from_close,
            case when day = day_after then close_after end as next_close,
            coalesce(day = day_before and ts - ts_before = 60 and volume > 0
                     and ${each(same, (name) => `${name} = ${name}_before`, ' and ')}, false) as is_same
     from rows`,
    {
      rows: sql('select * from received where class = 5', { received }).withColumns(
        before('day', 'ts', ...same),
        after('day', 'close'),
      ),
    },
  ).withRowIndex('row')
}

/** Runs in a frame of marked rows: a new one begins where `isNew`, which may look at the row before, does not say false. */
function pieces(marked: LazyDataFrame, isNew: string, looksAt: readonly string[]): LazyDataFrame {
  const cut = sql(`select *, cast(coalesce(${isNew}, true) as int) as is_new from marked`, {
    marked: marked.withColumns(before(...looksAt)),
  })
  return cut.withColumns(col('is_new').cumSum().alias('run'))
}

const lengths = (runs: LazyDataFrame, condition = 'true'): LazyDataFrame =>
  sql(
    `select first(day) as day, min(ts) as ts, max(ts) as last_ts, count(ts) as bars from runs where ${condition} group by run`,
    { runs },
  )

/** Sound bars in a row, as runs. */
const runsOfRows = (marked: LazyDataFrame): LazyDataFrame =>
  lengths(pieces(marked, 'day <> day_before or row - row_before <> 1', ['day', 'row']))

function droppedRuns(received: LazyDataFrame): Record<string, LazyDataFrame> {
  const left = sql('select n, day, ts, class from received where class < 5', { received })
  return Object.fromEntries(
    DROPPING_RULES.map((rule, i) => {
      // Rows that an earlier rule has left out do not break a run.
      const upTo = sql(`select * from left_out where class <= ${i + 1}`, { left_out: left })
      return [rule, lengths(pieces(upTo, 'day <> day_before or n - n_before <> 1', ['day', 'n']), `class = ${i + 1}`)]
    }),
  )
}

/** Runs of bars of consecutive minutes, each kind worked out on its own few bars. */
function allRuns(sound: LazyDataFrame): LazyDataFrame {
  const runs = (kind: string, condition: string, isNew: string, first: number): LazyDataFrame =>
    sql(
      `select '${kind}' as kind, day, cast(ts - ${60 * first} as bigint) as ts, last_ts, cast(bars + ${first} as bigint) as bars from runs`,
      {
        runs: lengths(
          pieces(
            sql(`select day, ts, close from sound where ${condition}`, { sound }),
            `day <> day_before or ts - ts_before <> 60 or ${isNew}`,
            ['day', 'ts', 'close'],
          ),
        ),
      },
    )
  return stacked([
    runs('flat', 'high = low and open = close and high = close', 'close <> close_before', 0),
    runs('stale', 'is_same', 'false', 1),
    runs('zero', 'volume = 0', 'false', 0),
  ])
}

/** The days with sound bars and what is normal for each by the ones before. */
async function soundDays(sound: LazyDataFrame, facts: LazyDataFrame, runs: LazyDataFrame): Promise<LazyDataFrame> {
  const kinds = ['flat', 'stale', 'zero']
  const days = await sql(
    `with bars as (
       select day, count(ts) as bars, min(ts) as first_ts, max(ts) as last_ts, first(open) as first_open, last(close) as last_close,
              max(high) as high, min(low) as low, sum(volume) as volume, max(volume) as most, sum(cast(adjusted as bigint)) as adjusted
       from sound group by day
     ),
     longest as (
       select day, ${each(kinds, (kind) => `max(case when kind = '${kind}' then bars end) as ${kind}`)} from runs group by day
     )
     select b.*, f.symbol, cast(f.slots as double) as slots, cast(coalesce(flat, 0) as double) as flat, cast(coalesce(zero, 0) as double) as zero,
            cast(coalesce(stale, case when most > 0 then 1 else 0 end) as double) as stale
     from bars b join facts f on b.day = f.day left join longest l on b.day = l.day order by b.day`,
    { sound, facts, runs },
  )
    .withColumns(
      integer(col('day').cumCount().over('symbol')).alias('number'),
      col('last_close').shift(1).over('symbol').alias('previous_close'),
    )
    .withColumns(
      col('first_open').div(col('previous_close')).sub(1).alias('gap'),
      col('bars').div(col('slots')).alias('share'),
    )
    .collect()
  // What is known of a symbol before one of its days.
  const past = days
    .lazy()
    .groupByRolling({ indexColumn: 'number', by: 'symbol', period: `${historySessions}i`, closed: 'left' })
    .agg(
      col('day').count().alias('profiles'),
      pl.cols(kinds).median().prefix('normal_'),
      col('share').median().alias('bar_share'),
    )
  // Gaps between those sessions: one fewer.
  const pastGaps = days
    .lazy()
    .groupByRolling({ indexColumn: 'number', by: 'symbol', period: `${historySessions - 1}i`, closed: 'left' })
    .agg(col('gap').count().alias('gaps'), robustScale(col('gap')).alias('gap_scale'))
  const known = await sql(
    `select d.*, case when gaps >= 5 then gap_scale end as gap_scale, case when profiles >= 5 then bar_share end as bar_share,
            ${each(kinds, (kind) => `case when profiles >= 5 then normal_${kind} end as normal_${kind}`)}
     from days d left join past p on d.symbol = p.symbol and d.number = p.number
     left join past_gaps g on d.symbol = g.symbol and d.number = g.number`,
    { days: days.lazy(), past, past_gaps: pastGaps },
  ).collect()
  return known.lazy()
}

function tooLongRuns(runs: LazyDataFrame, days: LazyDataFrame): LazyDataFrame {
  const kinds = {
    flat: ['flat_run', rules.flat_run.params],
    stale: ['stale_price', rules.stale_price.params],
    zero: ['zero_volume_run', rules.zero_volume_run.params],
  } as const
  const queries = Object.entries(kinds).map(
    ([kind, [rule, { factor, minimumBars }]]) => `
      select '${rule}' as rule, r.day, r.ts, r.last_ts, r.bars from runs r join days d on r.day = d.day
      where r.kind = '${kind}' and r.bars >= case when d.normal_${kind} is null then ${Math.ceil(factor * minimumBars)}
                                                  else greatest(floor(${factor} * d.normal_${kind}) + 1, ${minimumBars}) end`,
  )
  return sql(queries.join(' union all '), { runs, days })
}

/** Moves far beyond the normal at that time of day: bad ticks, and moves that stay. */
async function findSpikes(sound: LazyDataFrame, days: LazyDataFrame): Promise<LazyDataFrame> {
  const numbered = sound.join(days.select('day', 'symbol', 'number', 'previous_close'), {
    on: 'day',
    how: 'left',
    maintainOrder: 'left',
  })
  const candidates = (
    await sql(
      `select *, slot // 30 as bucket from bars
       where from_close is null or abs(close / from_close - 1) > ${SMALLEST_MOVE}
          or high > greatest(close, from_close) * ${1 + SMALLEST_MOVE} or low < least(close, from_close) * ${1 - SMALLEST_MOVE}`,
      { bars: numbered },
    ).collect()
  ).lazy()
  // The returns of a time of day by session, put together for the days and times that are asked for: a window over the sessions would work
  // out all of them.
  const returns = sql(
    `select symbol, slot // 30 as bucket, number, close / from_close - 1 as returned from bars where ts - from_ts = 60`,
    { bars: numbered },
  )
    .groupBy(['symbol', 'bucket', 'number'])
    .agg(col('returned'))
  const times = await sql('select distinct symbol, bucket, number from candidates where number > 5', { candidates })
    .withRowIndex('key')
    .collect()
  const wanted = times
    .lazy()
    .withColumns(pl.intRanges(integer(col('number').sub(historySessions)), col('number'), 1).alias('past'))
    .explode('past')
  const pastReturns = (keys: LazyDataFrame): LazyGroupBy =>
    keys
      .join(returns, { leftOn: ['symbol', 'bucket', 'past'], rightOn: ['symbol', 'bucket', 'number'], how: 'inner' })
      .select('key', 'symbol', 'bucket', 'number', 'returned')
      .explode('returned')
      .groupBy('key')
  const keys = pl.cols('symbol', 'bucket', 'number').first()
  const deviations = (
    await pastReturns(wanted)
      .agg(keys, col('returned').count().alias('returns'), scaledMad(col('returned')).alias('scale'))
      .filter(col('returns').gtEq(30))
      .collect()
  ).lazy()
  const flat = wanted.join(deviations.filter(col('scale').eq(0)), { on: 'key', how: 'semi' })
  const scales = (
    await stacked([
      deviations.filter(col('scale').gt(0)).select('symbol', 'bucket', 'number', 'scale'),
      pastReturns(flat)
        .agg(keys, robustScale(col('returned')).alias('scale'))
        .select('symbol', 'bucket', 'number', 'scale'),
    ]).collect()
  ).lazy()
  // Of a symbol without a history the session itself tells what is normal.
  const lacking = candidates
    .join(scales, { on: ['symbol', 'bucket', 'number'], how: 'anti' })
    .select('day')
    .unique()
  const own = (
    await sql('select day, close / from_close - 1 as returned from bars where ts - from_ts = 60', {
      bars: sound.join(lacking, { on: 'day', how: 'semi' }),
    })
      .groupBy('day')
      .agg(col('returned').count().alias('returns'), robustScale(col('returned')).alias('own_scale'))
      .filter(col('returns').gtEq(30))
      .collect()
  ).lazy()

  const most = (from: string): string => `
    case when normal is null then cast('inf' as double)
         else greatest(${SPIKE.factor} * normal * sqrt(greatest((ts - origin_ts) / 60, 1)), ${SPIKE.minimumTicks * TICK} / ${from},
                       ${SMALLEST_MOVE}) end`
  const isTakenBack = (from: string): string =>
    `coalesce(abs(close / ${from} - 1) > ${most(from)} and abs(next_close / ${from} - 1) <= ${1 - SPIKE.reversal} * abs(close / ${from} - 1), false)`
  const judged = (bars: LazyDataFrame, origin: string, originTs: string): LazyDataFrame =>
    sql(
      `with judged as (
         select *, from_close is null as is_first, coalesce(scale, own_scale) as normal, cast(${originTs} as bigint) as since from bars
       ),
       known as (
         select day, row, ts, open, high, low, close, next_close, previous_close, is_first, normal, since as origin_ts,
                ${origin} as known_origin from judged
       ),
       origins as (
         -- The first bar is measured by its own open, and by the close before only where that is where it returns to.
         select *, case when known_origin is not null then known_origin when ${isTakenBack('open')} then open
                        when ${isTakenBack('previous_close')} then previous_close else open end as origin
         from known
       )
       select *, close / origin - 1 as move, ${most('origin')} as most, ${isTakenBack('origin')} as is_bad from origins`,
      {
        bars: bars
          .join(scales, { on: ['symbol', 'bucket', 'number'], how: 'left' })
          .join(own, { on: 'day', how: 'left' }),
      },
    )
  const usual = (await judged(candidates, 'from_close', 'coalesce(from_ts, ts - 60)').collect()).lazy()
  // Which row is a bad tick decides what the next is measured from: repeated until it stays the same, which is soon.
  let moves = await usual.collect()
  for (let known = ''; ;) {
    const bad = moves.filter(col('is_bad')).select('row', 'origin', 'origin_ts').sort('row')
    const found = JSON.stringify([bad.getColumn('row').toArray(), bad.getColumn('origin').toArray()])
    if (found === known) break
    known = found
    const next = bad.lazy().withColumns(col('row').add(1).cast(pl.UInt32))
    const following = sql('select *, slot // 30 as bucket from bars', {
      // A row after the last one of its day has no close that it could be measured from.
      bars: numbered.filter(col('from_close').isNotNull()).join(next, { on: 'row', how: 'inner' }),
    })
    moves = await stacked([
      usual.join(next, { on: 'row', how: 'anti' }),
      usual.join(next, { on: 'row', how: 'semi' }).filter(col('is_first')),
      judged(following, 'origin', 'origin_ts'),
    ]).collect()
  }
  const isOut = (price: 'high' | 'low', further: 'greatest' | 'least', other: string): string => {
    const edge = `${further}(close, ${other})`
    return `(${other} is not null and ${price === 'high' ? '' : '-'}(${price} / ${edge} - 1) > ${most(edge)})`
  }
  const isBackFrom = (price: string): string =>
    `abs(close / previous_close - 1) <= ${1 - SPIKE.reversal} * abs(${price} / previous_close - 1)`
  const spikes = sql(
    `select 'bad_tick' as rule, day, ts, true as in_doubt from moves where is_bad
     union all select 'price_move' as rule, day, ts, false as in_doubt from moves where not is_bad and not is_first and abs(move) > most
     union all select 'bad_tick' as rule, day, ts, false as in_doubt from moves
       where not is_bad and (${isOut('high', 'greatest', 'origin')} or ${isOut('low', 'least', 'origin')}
         or (is_first and ${isBackFrom('high')} and ${isOut('high', 'greatest', 'previous_close')})
         or (is_first and ${isBackFrom('low')} and ${isOut('low', 'least', 'previous_close')}))`,
    { moves: moves.lazy() },
  )
  return (await spikes.collect()).lazy()
}

/** Bars whose values are odd by themselves. */
function oddBars(sound: LazyDataFrame): LazyDataFrame {
  const slack = rules.vwap_outside_range.params.ticks * TICK * 1.000001
  const { parts } = rules.tick_size.params
  const isOff = (price: string): string => {
    const steps = `${price} * ${parts / TICK}`
    return `abs(${steps} - round(${steps})) > greatest(${steps} * 0.000000000001, ${0.0001 * parts})`
  }
  return sql(
    `select * from (
       select row, day, ts, volume is null as volume_invalid, coalesce(floor(volume) <> volume, false) as volume_fractional,
              coalesce(volume > 0 and (vwap < low - ${slack} or vwap > high + ${slack}), false) as vwap_outside_range,
              ${each(PRICES, isOff, ' or ')} as tick_size, coalesce(trade_count = 0 and volume > 0, false) as trade_count_zero
       from sound
     ) marked where ${ODD_RULES.join(' or ')}`,
    { sound },
  )
}

const TWINS = 'ts = previous_ts or ts = next_ts'

/** Minutes that the newest response with them has more than once. */
function twinRows(received: LazyDataFrame): LazyDataFrame {
  const twins = sql(`select * from received where ${TWINS}`, { received })
  const newest = sql('select day, ts, max(response) as response from twins group by day, ts', { twins })
  return sql(
    `select day, ts, count(response) as bars, ${each(VALUES, (name) => `min(${name}) <> max(${name})`, ' or ')} as conflicting
     from twins group by day, ts having count(response) > 1`,
    { twins: twins.join(newest, { on: ['day', 'ts', 'response'], how: 'semi' }) },
  )
}

/** Such minutes in a row; of differing ones, those whose bar was left out are a run of their own. */
function twinRuns(twins: LazyDataFrame, sound: LazyDataFrame): LazyDataFrame {
  const marked = twins
    .join(sound.select('day', 'ts', 'row'), { on: ['day', 'ts'], how: 'left' })
    .sort({ by: ['conflicting', 'day', 'ts'] })
  const kinds = sql(
    'select day, ts, bars as times, conflicting, conflicting and row is not null as is_there from marked',
    { marked },
  )
  const runs = pieces(
    kinds,
    'day <> day_before or ts - ts_before <> 60 or conflicting <> conflicting_before or is_there <> is_there_before',
    ['day', 'ts', 'conflicting', 'is_there'],
  )
  return sql(
    'select first(day) as day, min(ts) as ts, max(ts) as last_ts, sum(times) as bars, first(conflicting) as conflicting from runs group by run',
    { runs },
  )
}

/** Minutes that a later response has otherwise than the one before it. */
function revisions(received: LazyDataFrame): LazyDataFrame {
  // Values of which one was converted: rounded, in either basis, and by a factor that is not exact.
  const apart: Readonly<Record<string, string>> = {
    volume: '0.5 * (volume_factor_before + volume_factor) * 1.000001 + 0.01 * abs(volume)',
    trade_count: '0.0',
  }
  const differs = (name: string): string =>
    `(abs(${name}_before - ${name}) > case when adjusted or adjusted_before
        then ${apart[name] ?? `0.005 * (price_factor_before + price_factor) * 1.000001 + 0.0002 * abs(${name})`} else 0.0 end)`
  const twins = sql(`select * from received where ${TWINS}`, { received })
  return sql(
    `with pairs as (
       select day, ts, ${each(PRICES, differs, ' or ')} as prices, ${each(['volume', 'vwap', 'trade_count'], differs, ' or ')} as quantities
       from twins where day = day_before and ts = ts_before and response <> response_before
     )
     select day, ts, max(case when prices then 1 else 0 end) = 1 as prices from pairs where prices or quantities group by day, ts`,
    {
      twins: twins.withColumns(before('day', 'ts', 'response', 'adjusted', 'price_factor', 'volume_factor', ...VALUES)),
    },
  )
}

/** Minutes without a bar in the hours of the broker, as runs with their cause. */
function findGaps(received: LazyDataFrame, facts: LazyDataFrame): LazyDataFrame {
  const holes = sql(
    `with seats as (
       select day, previous_ts is null as is_first,
              case when ts < open_ts then 0 when ts >= close_ts then (close_ts - open_ts) // 60 + 1 else (ts - open_ts) // 60 + 1 end as first,
              case when next_ts is null or next_ts >= close_ts then (close_ts - open_ts) // 60 when next_ts < open_ts then -1
                   else (next_ts - open_ts) // 60 end as past
       from received
     )
     select day, cast(first as bigint) as first, cast(past as bigint) as past from seats where past > first
     union all select day, cast(0 as bigint), cast(first - 1 as bigint) from seats where is_first and first > 1
     union all select day, cast(0 as bigint), cast(slots as bigint) from facts where day not in (select day from received)`,
    { received, facts },
  ).withColumns(col('past').sub(col('first')).sum().over('day').alias('absent'))
  return sql(
    `with open_holes as (
       select day, open_ts, slots, answered, reason, absent, greatest(first, coalesce((broker_open - open_ts) // 60, 0)) as first,
              least(past, coalesce((broker_close - open_ts) // 60, slots)) as past
       from holes where not broker_closed
     )
     select day, open_ts, first, past,
            case when answered <> 'settled' or coalesce(reason, '') in ('unstable', 'no-permission') then 'minutes_not_fetched'
                 when past - first >= 5 and slots - absent >= greatest(10, 0.95 * (slots - (past - first))) then 'minutes_halted'
                 else 'minutes_not_traded' end as rule
     from open_holes where past > first`,
    { holes: holes.join(facts, { on: 'day', how: 'inner' }) },
  )
}

function filledMinutes(gaps: LazyDataFrame, sound: LazyDataFrame): LazyDataFrame {
  const short = sql(
    `select day, cast(open_ts + 60 * (first - 1) as bigint) as ts, cast(open_ts + 60 * first as bigint) as from_ts,
            cast(open_ts + 60 * past as bigint) as to_ts
     from gaps where rule = 'minutes_not_traded' and first > 0 and past - first <= ${filling.maxMinutes}`,
    { gaps },
  )
  return short
    .join(sound.select('day', 'ts', 'close'), { on: ['day', 'ts'], how: 'inner' })
    .select(col('day'), col('close'), pl.intRanges(col('from_ts'), col('to_ts'), 60).alias('ts'))
    .explode('ts')
}
