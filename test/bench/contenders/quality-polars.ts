import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import pl, { type DataFrame, type Expr, type LazyDataFrame } from 'nodejs-polars'
import { CURATION, qualityFiles } from '../quality/quality-dataset.ts'
import type { Contender } from './contender.ts'

/**
 * The same rules in Polars, Parquet to Parquet. Everything is sorted once, by the number of the day and the minute; after that neighbours
 * are found by shifting whole columns, which is much faster than a window over the days. What the rules mark is little, so runs, spikes
 * and gaps are worked out on small tables. Sessions have no break here and lie inside one UTC day.
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
const lit = pl.lit
const NULL = lit(null)
const when = (condition: Expr, value: Expr): Expr => pl.when(condition).then(value).otherwise(NULL)
const all = (conditions: readonly Expr[]): Expr => conditions.reduce((both, one) => both.and(one))
const any = (conditions: readonly Expr[]): Expr => conditions.reduce((either, one) => either.or(one))
const before = (name: string): Expr => col(name).shift(1)
const after = (name: string): Expr => col(name).shift(-1)
const columns = (...names: string[]): Expr[] => names.map((name) => col(name))
const greater = (a: Expr, b: Expr): Expr => pl.maxHorizontal([a, b])
const lesser = (a: Expr, b: Expr): Expr => pl.minHorizontal([a, b])
const integer = (value: Expr): Expr => value.cast(pl.Int64)
const minutes = (seconds: Expr): Expr => integer(seconds.div(60).floor())
/** The row before is of the same day. */
const goesOn = col('day').eq(before('day')).fillNull(lit(false))
const goesOnAfter = col('day').eq(after('day')).fillNull(lit(false))
const isTrue = (condition: Expr): Expr => condition.fillNull(lit(false))
const scaledMad = (value: Expr): Expr => value.sub(value.median()).abs().median().mul(1.4826)
/** Both frames below each other, by the names of the first. */
const stacked = (frames: readonly LazyDataFrame[]): LazyDataFrame => pl.concat([...frames], { how: 'vertical' })

async function curate({
  raw,
  sessions,
  facts: factsFile,
  scales: scalesFile,
}: ReturnType<typeof qualityFiles>): Promise<{ curated: LazyDataFrame; findings: LazyDataFrame }> {
  const facts = await pl
    .scanParquet(factsFile)
    .join(pl.scanParquet(sessions), { on: 'session', how: 'inner' })
    .sort({ by: ['symbol', 'session'] })
    .withColumns(minutes(col('close_ts').sub(col('open_ts'))).alias('slots'))
    .withRowIndex('day')
    .collect()
  const received = await receivedRows(pl.scanParquet(raw), facts.lazy(), pl.scanParquet(scalesFile))
  const sound = await soundBars(received.lazy())
  const runs = await allRuns(sound.lazy())
  const days = await soundDays(sound.lazy(), facts.lazy(), runs.lazy())
  const spikes = await findSpikes(sound, days)
  const odd = await oddBars(sound.lazy())
  const twins = await twinRows(received.lazy())
  const longRuns = await tooLongRuns(runs.lazy(), days.lazy())
  const gaps = await findGaps(received.lazy(), facts.lazy())
  const filled = await filledMinutes(gaps.lazy(), sound.lazy())

  const flag = (frame: LazyDataFrame, bit: number): LazyDataFrame =>
    frame.select(...columns('day', 'ts'), lit(bit).cast(pl.Int32).alias('flags'))
  const flagged = stacked([
    flag(odd.lazy().filter(col('volume_invalid')), 4),
    flag(odd.lazy().filter(any(columns('volume_fractional', 'vwap_outside_range', 'trade_count_zero'))), 32),
    flag(twins.lazy().filter(col('conflicting')), 2),
    flag(spikes.lazy().filter(col('rule').eq(lit('bad_tick'))), 32),
    flag(
      longRuns
        .lazy()
        .withColumns(pl.intRanges(col('ts'), integer(col('last_ts').add(60)), 60).alias('ts'))
        .explode('ts'),
      32,
    ),
  ])
    .unique()
    .groupBy(['day', 'ts'])
    .agg(col('flags').sum().cast(pl.Int32).alias('flags'))

  const curated = stacked([
    sound
      .lazy()
      .join(flagged, { on: ['day', 'ts'], how: 'left' })
      .select(
        ...columns('day', 'ts', ...VALUES),
        col('flags')
          .fillNull(lit(0))
          .add(pl.when(col('adjusted')).then(lit(128)).otherwise(lit(0)))
          .cast(pl.Int32)
          .alias('flags'),
      ),
    filled
      .lazy()
      .select(
        ...columns('day', 'ts'),
        ...PRICES.map((name) => col('close').alias(name)),
        lit(0).cast(pl.Float64).alias('volume'),
        NULL.cast(pl.Float64).alias('vwap'),
        lit(0).cast(pl.Float64).alias('trade_count'),
        lit(8).cast(pl.Int32).alias('flags'),
      ),
  ])
    .sort({ by: ['day', 'ts'] })
    .join(facts.lazy().select('day', 'symbol', 'session'), { on: 'day', how: 'left', maintainOrder: 'left' })
    .select(...columns('symbol', 'session', 'ts', ...VALUES, 'flags'))

  const findings = stacked([
    ...droppedRuns(received.lazy()),
    ...['volume_invalid', 'volume_fractional', 'vwap_outside_range', 'trade_count_zero'].map((rule) =>
      finding(rule, runsOfRows(odd.lazy().filter(col(rule)))),
    ),
    finding(
      'tick_size',
      runsOfRows(
        odd
          .lazy()
          .filter(col('tick_size'))
          .join(days.lazy().filter(col('adjusted').gt(0)), { on: 'day', how: 'anti' })
          .sort({ by: ['row'] }),
      ),
    ),
    finding('duplicate_conflicting', twins.lazy().filter(col('conflicting')), 'ts', 'ts', col('bars')),
    finding('duplicate', twins.lazy().filter(col('conflicting').not()), 'ts', 'ts', col('bars')),
    ...revisions(received.lazy()),
    finding(
      'not_ascending',
      days.lazy().join(received.lazy().filter(col('unordered')), { on: 'day', how: 'semi' }),
      'first_ts',
      'last_ts',
      col('bars'),
    ),
    finding('adjusted_history', days.lazy().filter(col('adjusted').gt(0)), 'first_ts', 'last_ts', col('adjusted')),
    ...[longRuns.lazy(), spikes.lazy(), gapFindings(gaps.lazy())].map((frame) =>
      frame.select(
        ...columns('rule', 'day'),
        ...['ts', 'last_ts', 'bars'].map((name) => integer(col(name)).alias(name)),
      ),
    ),
    ...sessionFindings(days.lazy(), facts.lazy()),
  ]).join(facts.lazy().select('day', 'symbol', 'session'), { on: 'day', how: 'inner' })
  return { curated, findings }
}

/** Findings of a rule from a frame with their first and last minute. */
function finding(rule: string, frame: LazyDataFrame, ts = 'ts', lastTs = 'last_ts', bars = col('bars')): LazyDataFrame {
  return frame.select(
    lit(rule).alias('rule'),
    col('day'),
    integer(col(ts)).alias('ts'),
    integer(col(lastTs)).alias('last_ts'),
    integer(bars).alias('bars'),
  )
}

/** Every row with its day, in the present basis, in the order of days and minutes, newest last. */
async function receivedRows(raw: LazyDataFrame, facts: LazyDataFrame, scales: LazyDataFrame): Promise<DataFrame> {
  const utcDay = (ts: string): Expr => col(ts).sub(col(ts).rem(86_400)).alias('utc_day')
  const factor = (name: string, by: string): Expr =>
    col(name)
      .mul(col(by).fillNull(lit(1)))
      .alias(name)
  const price = (name: string): Expr => col(name).gt(0).and(col(name).lt(Infinity))
  return raw
    .withColumns(
      utcDay('ts'),
      isTrue(all([col('ts').lt(before('ts')), col('response').eq(before('response'))])).alias('unordered'),
    )
    .withColumns(isTrue(all([col('unordered'), col('utc_day').eq(before('utc_day'))])).alias('unordered'))
    .join(facts.select(...columns('day', 'symbol', 'open_ts', 'close_ts'), utcDay('open_ts')), {
      on: ['symbol', 'utc_day'],
      how: 'inner',
    })
    .join(scales.rename({ price: 'price_factor', volume: 'volume_factor' }), { on: 'response', how: 'left' })
    .select(
      ...columns('day', 'response', 'place', 'ts', 'open_ts', 'close_ts', 'unordered', 'trade_count'),
      ...[...PRICES, 'vwap'].map((name) => factor(name, 'price_factor')),
      factor('volume', 'volume_factor'),
      col('price_factor').isNotNull().alias('adjusted'),
    )
    .sort({ by: ['day', 'ts', 'response', 'place'] })
    .withRowIndex('n')
    .withColumns(
      when(goesOn, before('ts')).alias('ts_before'),
      when(goesOnAfter, after('ts')).alias('ts_after'),
      // 0: a newer row has the minute; 1 to 4: left out by the rules in their order; 5: a sound bar.
      pl
        .when(isTrue(goesOnAfter.and(col('ts').eq(after('ts')))))
        .then(lit(0))
        .when(
          col('ts')
            .lt(col('open_ts'))
            .or(col('ts').gtEq(col('close_ts'))),
        )
        .then(lit(1))
        .when(col('ts').rem(60).neq(0))
        .then(lit(2))
        .when(all(PRICES.map(price)).not())
        .then(lit(3))
        .when(
          any(
            ['open', 'close'].map((name) =>
              col('high')
                .lt(col(name))
                .or(col('low').gt(col(name))),
            ),
          ),
        )
        .then(lit(4))
        .otherwise(lit(5))
        .cast(pl.Int8)
        .alias('class'),
    )
    .collect()
}

/** The sound bars with their neighbours. */
async function soundBars(received: LazyDataFrame): Promise<DataFrame> {
  const known = (name: string, isKnown: Expr): Expr => when(isKnown, col(name)).alias(name)
  const isSame = all([
    goesOn,
    col('volume').gt(0),
    col('ts').sub(before('ts')).eq(60),
    ...[...PRICES, 'volume', 'trade_count'].map((name) => col(name).eq(before(name))),
  ])
  return received
    .filter(col('class').eq(5))
    .select(
      ...columns('day', 'ts', ...VALUES, 'adjusted'),
      minutes(col('ts').sub(col('open_ts'))).alias('slot'),
      when(goesOn, before('ts')).alias('from_ts'),
      when(goesOn, before('close')).alias('from_close'),
      when(goesOnAfter, after('close')).alias('next_close'),
      isTrue(isSame).alias('is_same'),
    )
    .withColumns(
      known('volume', col('volume').gtEq(0).and(col('volume').ltEq(rules.volume_invalid.params.maximum))),
      known('vwap', col('vwap').gt(0).and(col('vwap').lt(Infinity))),
      known('trade_count', col('trade_count').gtEq(0).and(col('trade_count').lt(Infinity))),
    )
    .withRowIndex('row')
    .collect()
}

/** The rows of a frame in pieces: a new one begins where `isNew` holds. */
function pieces(frame: LazyDataFrame, isNew: Expr): LazyDataFrame {
  return frame.withColumns(isNew.fillNull(lit(true)).cast(pl.Int32).cumSum().alias('run'))
}

const lengths = (frame: LazyDataFrame, ...also: Expr[]): LazyDataFrame =>
  frame
    .groupBy('run')
    .agg(
      col('day').first().alias('day'),
      col('ts').min().alias('ts'),
      col('ts').max().alias('last_ts'),
      col('ts').count().alias('bars'),
      ...also,
    )

/** Rows in a row, as runs. */
function runsOfRows(marked: LazyDataFrame): LazyDataFrame {
  return lengths(pieces(marked, goesOn.not().or(col('row').sub(before('row')).neq(1))))
}

function droppedRuns(received: LazyDataFrame): readonly LazyDataFrame[] {
  return ['out_of_session', 'not_on_minute', 'price_invalid', 'ohlc_inconsistent'].map((rule, i) => {
    // Rows that an earlier rule has left out do not break a run.
    const upTo = received.filter(col('class').ltEq(i + 1))
    const numbered = pieces(upTo, goesOn.not().or(col('n').sub(before('n')).neq(1)))
    return finding(rule, lengths(numbered.filter(col('class').eq(i + 1))))
  })
}

/** Runs of bars of consecutive minutes, each kind worked out on its own few bars. */
async function allRuns(sound: LazyDataFrame): Promise<DataFrame> {
  const isApart = goesOn.not().or(col('ts').sub(before('ts')).neq(60))
  const runs = (kind: string, condition: Expr, isNew: Expr, first: number): LazyDataFrame =>
    lengths(pieces(sound.filter(condition), isNew)).select(
      lit(kind).alias('kind'),
      col('day'),
      integer(col('ts').sub(60 * first)).alias('ts'),
      col('last_ts'),
      integer(col('bars').add(first)).alias('bars'),
    )
  return stacked([
    runs(
      'flat',
      all([col('high').eq(col('low')), col('open').eq(col('close')), col('high').eq(col('close'))]),
      isApart.or(col('close').neq(before('close'))),
      0,
    ),
    runs('stale', col('is_same'), isApart, 1),
    runs('zero', col('volume').eq(0), isApart, 0),
  ]).collect()
}

/** The days with sound bars and what is normal for each by the ones before. */
async function soundDays(sound: LazyDataFrame, facts: LazyDataFrame, runs: LazyDataFrame): Promise<DataFrame> {
  const kinds = ['flat', 'stale', 'zero']
  const longest = runs.groupBy('day').agg(
    ...kinds.map((kind) =>
      when(col('kind').eq(lit(kind)), col('bars'))
        .max()
        .alias(kind),
    ),
  )
  const days = await sound
    .groupBy('day', true)
    .agg(
      col('ts').count().alias('bars'),
      col('ts').first().alias('first_ts'),
      col('ts').last().alias('last_ts'),
      col('open').first().alias('first_open'),
      col('close').last().alias('last_close'),
      col('high').max().alias('high'),
      col('low').min().alias('low'),
      col('volume').sum().alias('volume'),
      col('volume').max().gt(0).cast(pl.Int64).alias('has_volume'),
      col('adjusted').cast(pl.Int64).sum().alias('adjusted'),
    )
    .join(facts.select('day', 'symbol', 'session'), { on: 'day', how: 'left' })
    .join(longest, { on: 'day', how: 'left' })
    .sort({ by: ['day'] })
    .withColumns(
      integer(col('day').cumCount().over('symbol')).alias('number'),
      before('last_close').over('symbol').alias('previous_close'),
      col('flat').fillNull(lit(0)),
      col('stale').fillNull(col('has_volume')).fillNull(lit(0)),
      col('zero').fillNull(lit(0)),
    )
    .withColumns(col('first_open').div(col('previous_close')).sub(1).alias('gap'))
    .collect()
  // What is known of a symbol before one of its days.
  const past = days
    .lazy()
    .groupByRolling({ indexColumn: 'number', by: 'symbol', period: `${historySessions}i`, closed: 'left' })
    .agg(
      col('day').count().alias('profiles'),
      ...kinds.map((kind) => col(kind).median().alias(`normal_${kind}`)),
      col('gap').count().alias('gaps'),
      scaledMad(col('gap')).alias('gap_scale'),
    )
  return days
    .lazy()
    .join(past, { on: ['symbol', 'number'], how: 'left' })
    .withColumns(
      ...kinds.map((kind) => when(col('profiles').gtEq(5), col(`normal_${kind}`)).alias(`normal_${kind}`)),
      when(col('gaps').gtEq(5), col('gap_scale')).alias('gap_scale'),
    )
    .collect()
}

async function tooLongRuns(runs: LazyDataFrame, days: LazyDataFrame): Promise<DataFrame> {
  const kinds = [
    ['flat', 'flat_run', rules.flat_run.params],
    ['stale', 'stale_price', rules.stale_price.params],
    ['zero', 'zero_volume_run', rules.zero_volume_run.params],
  ] as const
  return stacked(
    kinds.map(([kind, rule, { factor, minimumBars }]) =>
      runs
        .filter(col('kind').eq(lit(kind)).and(col('bars').gtEq(minimumBars)))
        .join(days.select(col('day'), col(`normal_${kind}`).alias('normal')), { on: 'day', how: 'inner' })
        .filter(
          col('bars').gtEq(
            pl
              .when(col('normal').isNull())
              .then(lit(Math.ceil(factor * minimumBars)))
              .otherwise(greater(col('normal').mul(factor).floor().add(1), lit(minimumBars))),
          ),
        )
        .select(lit(rule).alias('rule'), ...columns('day', 'ts', 'last_ts', 'bars')),
    ),
  ).collect()
}

/** Moves far beyond the normal at that time of day: bad ticks, and moves that stay. */
async function findSpikes(sound: DataFrame, days: DataFrame): Promise<DataFrame> {
  const numbered = sound
    .lazy()
    .join(days.lazy().select('day', 'symbol', 'number', 'previous_close'), {
      on: 'day',
      how: 'left',
      maintainOrder: 'left',
    })
    .withColumns(integer(col('slot').div(30).floor()).alias('bucket'))
  const candidates = await numbered
    .filter(
      any([
        col('from_close').isNull(),
        col('close').div(col('from_close')).sub(1).abs().gt(SMALLEST_MOVE),
        col('high').gt(greater(col('close'), col('from_close')).mul(1 + SMALLEST_MOVE)),
        col('low').lt(lesser(col('close'), col('from_close')).mul(1 - SMALLEST_MOVE)),
      ]),
    )
    .collect()
  const isNextMinute = col('ts').sub(col('from_ts')).eq(60)
  const returned = col('close').div(col('from_close')).sub(1)
  const scales = await numbered
    .filter(isNextMinute)
    .select(...columns('symbol', 'bucket', 'number'), returned.alias('returned'))
    .groupByDynamic({
      indexColumn: 'number',
      by: ['symbol', 'bucket'],
      every: '1i',
      period: `${historySessions}i`,
      offset: `-${historySessions}i`,
      startBy: 'window',
    })
    .agg(col('returned').count().alias('returns'), scaledMad(col('returned')).alias('scale'))
    .filter(col('returns').gtEq(30))
    .select(...columns('symbol', 'bucket', 'scale'), integer(col('number').add(historySessions)).alias('number'))
    .filter(col('number').gt(5))
    .collect()
  // Of a symbol without a history the session itself tells what is normal.
  const lacking = candidates.lazy().join(scales.lazy(), { on: ['symbol', 'bucket', 'number'], how: 'anti' })
  const own = await sound
    .lazy()
    .join(lacking.select('day').unique(), { on: 'day', how: 'semi' })
    .filter(isNextMinute)
    .groupBy('day')
    .agg(col('ts').count().alias('returns'), scaledMad(returned).alias('own_scale'))
    .filter(col('returns').gtEq(30))
    .select('day', 'own_scale')
    .collect()

  const judged = (frame: LazyDataFrame): LazyDataFrame =>
    frame
      .join(scales.lazy(), { on: ['symbol', 'bucket', 'number'], how: 'left' })
      .join(own.lazy(), { on: 'day', how: 'left' })
      .withColumns(
        col('scale').fillNull(col('own_scale')).fillNull(lit(Infinity)).alias('normal'),
        col('from_close').isNull().alias('is_first'),
      )
  const measured = (frame: LazyDataFrame): LazyDataFrame =>
    frame
      .select(
        ...columns('day', 'row', 'ts', 'open', 'high', 'low', 'close', 'next_close', 'normal', 'is_first'),
        ...columns('origin', 'origin_ts'),
      )
      .withColumns(
        col('close').div(col('origin')).sub(1).alias('move'),
        greater(
          col('normal')
            .mul(SPIKE.factor)
            .mul(greater(col('ts').sub(col('origin_ts')).div(60), lit(1)).pow(0.5)),
          lit(SMALLEST_MOVE),
        ).alias('most'),
      )
      .withColumns(
        isTrue(
          all([
            col('move').abs().gt(col('most')),
            col('next_close')
              .div(col('origin'))
              .sub(1)
              .abs()
              .ltEq(
                col('move')
                  .abs()
                  .mul(1 - SPIKE.reversal),
              ),
          ]),
        ).alias('is_bad'),
      )
  const usual = (
    await judged(candidates.lazy())
      .withColumns(
        col('from_close').fillNull(col('previous_close')).alias('origin'),
        integer(col('from_ts').fillNull(col('ts').sub(60))).alias('origin_ts'),
      )
      .collect()
  ).lazy()
  // Which row is a bad tick decides what the next is measured from: repeated until it stays the same, which is soon.
  let moves = await measured(usual).collect()
  for (let known = ''; ;) {
    const bad = moves
      .filter(col('is_bad'))
      .select(...columns('day', 'row', 'origin', 'origin_ts'))
      .sort('row')
    const found = JSON.stringify([bad.getColumn('row').toArray(), bad.getColumn('origin').toArray()])
    if (found === known) break
    known = found
    const next = bad.lazy().withColumns(col('row').add(1).cast(pl.UInt32).alias('row'))
    const following = judged(numbered.join(next, { on: ['day', 'row'], how: 'inner' }))
    moves = await stacked([
      measured(usual.join(next, { on: ['day', 'row'], how: 'anti' })),
      measured(following),
    ]).collect()
  }

  const kinds = moves.lazy().withColumns(
    pl
      .when(isTrue(col('is_first').or(col('close').gt(col('origin')))))
      .then(col('close'))
      .otherwise(col('origin'))
      .alias('top'),
    pl
      .when(isTrue(col('is_first').or(col('close').lt(col('origin')))))
      .then(col('close'))
      .otherwise(col('origin'))
      .alias('bottom'),
  )
  const kind = (rule: string, conditions: readonly Expr[]): LazyDataFrame =>
    kinds
      .filter(all(conditions))
      .select(
        lit(rule).alias('rule'),
        ...columns('day', 'ts'),
        col('ts').alias('last_ts'),
        integer(lit(1)).alias('bars'),
      )
  const isGood = col('is_bad').not()
  const isOpen = (name: string): Expr => col('is_first').and(col(name).eq(col('open')))
  return stacked([
    kind('bad_tick', [col('is_bad')]),
    kind('price_move', [isGood, col('is_first').not(), col('move').abs().gt(col('most'))]),
    kind('bad_tick', [
      isGood,
      isOpen('high').not(),
      col('high').gt(col('top').mul(1 + SMALLEST_MOVE)),
      col('high').div(col('top')).sub(1).gt(col('most')),
    ]),
    kind('bad_tick', [
      isGood,
      isOpen('low').not(),
      col('low').lt(col('bottom').mul(1 - SMALLEST_MOVE)),
      col('low').div(col('bottom')).sub(1).lt(col('most').mul(-1)),
    ]),
  ]).collect()
}

/** Bars whose values are odd by themselves. */
async function oddBars(sound: LazyDataFrame): Promise<DataFrame> {
  const slack = rules.vwap_outside_range.params.ticks * TICK
  const isOff = (name: string): Expr => {
    const steps = col(name).mul(1 / TICK)
    return steps
      .sub(steps.round({ decimals: 0 }))
      .abs()
      .gt(greater(steps.mul(1e-12), lit(1e-4)))
  }
  const marks = {
    volume_invalid: col('volume').isNull(),
    volume_fractional: col('volume').floor().neq(col('volume')),
    vwap_outside_range: all([
      col('volume').gt(0),
      any([col('vwap').lt(col('low').sub(slack)), col('vwap').gt(col('high').add(slack))]),
    ]),
    tick_size: any(PRICES.map(isOff)),
    trade_count_zero: col('trade_count').eq(0).and(col('volume').gt(0)),
  }
  return sound
    .select(
      ...columns('row', 'day', 'ts'),
      ...Object.entries(marks).map(([name, condition]) => isTrue(condition).alias(name)),
    )
    .filter(any(Object.keys(marks).map((name) => col(name))))
    .collect()
}

const isTwin = isTrue(any([col('ts').eq(col('ts_before')), col('ts').eq(col('ts_after'))]))

/** Minutes that the newest response with them has more than once. */
async function twinRows(received: LazyDataFrame): Promise<DataFrame> {
  return received
    .filter(isTwin)
    .filter(col('response').eq(col('response').max().over('day', 'ts')))
    .groupBy(['day', 'ts'])
    .agg(
      col('response').count().alias('bars'),
      any(VALUES.map((name) => col(name).min().neq(col(name).max()))).alias('conflicting'),
    )
    .filter(col('bars').gt(1))
    .collect()
}

/** Minutes that a later response has otherwise than the one before it. */
function revisions(received: LazyDataFrame): readonly LazyDataFrame[] {
  const isNearly = (name: string): Expr =>
    before(name)
      .sub(col(name))
      .abs()
      .ltEq(greater(col(name).abs().mul(0.01), lit(0.00501)))
  const differs = (name: string): Expr =>
    col(name)
      .neq(before(name))
      .and(
        any([col('adjusted'), before('adjusted')])
          .and(isNearly(name))
          .not(),
      )
  const minutesRevised = received
    .filter(isTwin)
    .withColumns(
      all([goesOn, col('ts').eq(before('ts')), col('response').neq(before('response'))]).alias('is_next'),
      any(PRICES.map(differs)).alias('prices'),
      any(['volume', 'vwap', 'trade_count'].map(differs)).alias('quantities'),
    )
    .filter(all([col('is_next'), any(columns('prices', 'quantities'))]))
    .groupBy(['day', 'ts'])
    .agg(col('prices').max().alias('prices'))
  return (
    [
      ['revised_prices', col('prices')],
      ['revised_quantities', col('prices').not()],
    ] as const
  ).map(([rule, condition]) =>
    finding(
      rule,
      minutesRevised
        .filter(condition)
        .groupBy('day')
        .agg(col('ts').min().alias('first'), col('ts').max().alias('last_ts'), col('prices').count().alias('bars')),
      'first',
    ),
  )
}

/** Minutes without a bar in the hours of the broker, as runs with their cause. */
async function findGaps(received: LazyDataFrame, facts: LazyDataFrame): Promise<DataFrame> {
  const slots = minutes(col('close_ts').sub(col('open_ts')))
  const seat = (ts: string): Expr =>
    pl
      .when(
        col(ts)
          .isNull()
          .or(col(ts).gtEq(col('close_ts'))),
      )
      .then(slots)
      .when(col(ts).lt(col('open_ts')))
      .then(lit(-1))
      .otherwise(minutes(col(ts).sub(col('open_ts'))))
  const seats = received.select(
    col('day'),
    col('ts_before').isNull().alias('is_first'),
    seat('ts').add(1).alias('first'),
    seat('ts_after').alias('past'),
  )
  const hole = (frame: LazyDataFrame): LazyDataFrame =>
    frame.select(col('day'), integer(col('first')).alias('first'), integer(col('past')).alias('past'))
  const holes = stacked([
    hole(seats.filter(col('past').gt(col('first')))),
    hole(
      seats
        .filter(col('is_first').and(col('first').gt(1)))
        .select(col('day'), lit(0).alias('first'), col('first').sub(1).alias('past')),
    ),
    hole(
      facts
        .join(received.select('day').unique(), { on: 'day', how: 'anti' })
        .select(col('day'), lit(0).alias('first'), col('slots').alias('past')),
    ),
  ])
  const length = col('past').sub(col('first'))
  return holes
    .withColumns(length.sum().over('day').alias('absent'))
    .join(facts, { on: 'day', how: 'inner' })
    .filter(col('broker_closed').not())
    .withColumns(
      greater(col('first'), minutes(col('broker_open').sub(col('open_ts'))).fillNull(lit(0))).alias('first'),
      lesser(col('past'), minutes(col('broker_close').sub(col('open_ts'))).fillNull(col('slots'))).alias('past'),
    )
    .filter(length.gt(0))
    .select(
      ...columns('day', 'open_ts', 'first', 'past'),
      pl
        .when(
          any([
            col('answered').neq(lit('settled')),
            isTrue(any(['unstable', 'no-permission'].map((reason) => col('reason').eq(lit(reason))))),
          ]),
        )
        .then(lit('minutes_not_fetched'))
        .when(all([length.gtEq(5), col('slots').sub(col('absent')).gtEq(col('slots').sub(length).mul(0.95))]))
        .then(lit('minutes_halted'))
        .otherwise(lit('minutes_not_traded'))
        .alias('rule'),
    )
    .collect()
}

const gapFindings = (gaps: LazyDataFrame): LazyDataFrame =>
  gaps
    .groupBy(['rule', 'day'])
    .agg(
      col('open_ts').add(col('first').mul(60)).min().alias('ts'),
      col('open_ts').add(col('past').sub(1).mul(60)).max().alias('last_ts'),
      col('past').sub(col('first')).sum().alias('bars'),
    )

async function filledMinutes(gaps: LazyDataFrame, sound: LazyDataFrame): Promise<DataFrame> {
  const at = (slot: Expr): Expr => integer(col('open_ts').add(slot.mul(60)))
  return gaps
    .filter(
      all([
        col('rule').eq(lit('minutes_not_traded')),
        col('first').gt(0),
        col('past').sub(col('first')).ltEq(filling.maxMinutes),
      ]),
    )
    .withColumns(at(col('first').sub(1)).alias('ts_before'))
    .join(sound.select(col('day'), col('ts').alias('ts_before'), col('close')), {
      on: ['day', 'ts_before'],
      how: 'inner',
    })
    .select(col('day'), col('close'), pl.intRanges(at(col('first')), at(col('past')), 60).alias('ts'))
    .explode('ts')
    .collect()
}

/** Rules about a session as a whole. */
function sessionFindings(days: LazyDataFrame, facts: LazyDataFrame): readonly LazyDataFrame[] {
  const { open_gap: gap, split_jump: split, daily_bar_mismatch: daily, low_coverage: coverage } = rules
  const slack = daily.params.ticks * TICK * 1.000001
  const ratio = col('previous_close').div(col('first_open'))
  const size = pl.when(ratio.lt(1)).then(lit(1).div(ratio)).otherwise(ratio)
  const smallestGap = gap.params.minimumBp / 10_000
  const one = lit(1)
  const known = days.select(...columns('day', 'bars', 'last_ts', 'high', 'low', 'volume'))
  return [
    finding(
      'open_gap',
      days.filter(
        col('gap')
          .abs()
          .gt(
            greater(
              col('gap_scale')
                .mul(gap.params.factor)
                .fillNull(lit(5 * smallestGap)),
              lit(smallestGap),
            ),
          ),
      ),
      'first_ts',
      'first_ts',
      one,
    ),
    finding(
      'split_jump',
      days.filter(any(SPLITS.map((known) => size.div(known).sub(1).abs().ltEq(split.params.tolerance)))),
      'first_ts',
      'first_ts',
      one,
    ),
    finding(
      'daily_bar_mismatch',
      known.join(facts, { on: 'day', how: 'inner' }).filter(
        isTrue(
          any([
            col('high').sub(col('daily_high')).abs().gt(slack),
            col('low').sub(col('daily_low')).abs().gt(slack),
            col('daily_volume')
              .gt(0)
              .and(col('volume').div(col('daily_volume')).sub(1).abs().gt(daily.params.volumeShare)),
          ]),
        ),
      ),
      'open_ts',
    ),
    finding(
      'schedule_difference',
      facts.filter(
        isTrue(
          any([col('broker_closed'), col('broker_open').neq(col('open_ts')), col('broker_close').neq(col('close_ts'))]),
        ),
      ),
      'open_ts',
      'close_ts',
      lit(0),
    ),
    finding(
      'low_coverage',
      facts
        .join(known, { on: 'day', how: 'left' })
        .withColumns(col('bars').fillNull(lit(0)).alias('bars'), col('close_ts').sub(60).alias('last'))
        .filter(col('bars').div(col('slots')).lt(coverage.params.minimum)),
      'open_ts',
      'last',
      col('slots').sub(col('bars')),
    ),
  ]
}
