import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ComparisonReport, ErrorProfileReport, WhatIf } from '#shared/contract/comparison.ts'
import type { FeatureComparison } from '#shared/jobs/feature-comparison.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import { inProcess } from './command-in-process.ts'
import { market, openOf } from './main-job-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, operatorErrorOf, resultOf } from './workspace-fixtures.ts'

const SYMBOLS = ['SPY', 'DJCO']
/** Three sessions of 390 minutes, and the one after them. */
const DATES = ['2024-06-24', '2024-06-25', '2024-06-26']
const NEXT = '2024-06-27'
const SET = 'features_price_1m_v1'
/** The bar flag of a minute without trades. */
const FILLED = 8

const FEATURES = {
  columns: { rsi_14: 'RSI 14', macd: null },
  tolerances: { ema_12: { abs: 0.001 } },
}

let workspace: string
let engine: Engine
let client: EngineClient
let run: JobResult<'compare'>
let compared: FeatureComparison

/** A minute as both sides have it; the old values are those that are written to the file, null for an empty one. */
interface Minute {
  readonly symbol: string
  readonly date: string
  readonly ts: number
  readonly isFilled: boolean
  readonly isLast: boolean
  readonly fresh: Readonly<Record<'rsi_14' | 'log_return_1' | 'ema_12', number>>
  readonly old: Readonly<Record<'rsi_14' | 'log_return_1' | 'ema_12', number | null>>
}

const minutes: Minute[] = []

/**
 * What an old pipeline might have: RSI under another name and the same; returns in basis points; an average that is a little off
 * and has values from the first bar on.
 */
function readMinutes(): void {
  const { curated, features } = engine.stores
  const set = features.set(SET) as RegisteredFeatureSet
  const place = (name: string): number => set.columns.indexOf(name)
  for (const symbol of SYMBOLS) {
    for (const { sessionDate: date, ts, columns } of features.blocks(set, symbol, DATES[0], DATES[2])) {
      const bars = curated.block(symbol, date)?.bars
      if (bars === undefined) throw new Error(`${symbol} ${date} is not curated`)
      const flags = new Map(Array.from(bars.ts, (at, i) => [at, bars.flags[i]]))
      ts.forEach((at, i) => {
        const [rsi, ret, ema] = ['rsi_14', 'log_return_1', 'ema_12'].map((name) => columns[place(name)][i])
        const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)
        minutes.push({
          symbol,
          date,
          ts: at,
          isFilled: ((flags.get(at) ?? 0) & FILLED) !== 0,
          isLast: i === ts.length - 1,
          fresh: { rsi_14: rsi, log_return_1: ret, ema_12: ema },
          old: {
            rsi_14: orNull(rsi),
            log_return_1: orNull(ret * 10_000),
            ema_12: Number.isNaN(ema) ? 100 : ema + 0.0005,
          },
        })
      })
    }
  }
}

/** The old files: without the last minute of every session, with filled minutes, and for SPY with a session more. */
function writeOldFiles(): void {
  mkdirSync(join(workspace, 'old'))
  const text = (value: number | null): string => (value === null ? '' : String(value))
  for (const symbol of SYMBOLS) {
    const lines = ['time,open,high,low,close,volume,RSI 14,log_return_1,ema_12,macd,notes']
    for (const { symbol: of, ts, isLast, old } of minutes) {
      if (of !== symbol || isLast) continue
      lines.push(`${ts},1,1,1,1,100,${text(old.rsi_14)},${text(old.log_return_1)},${text(old.ema_12)},7,8`)
    }
    if (symbol === 'SPY') {
      for (let n = 0; n < 5; n++) lines.push(`${openOf(NEXT) + 60 * n},1,1,1,1,100,50,0,100,7,8`)
    }
    writeFileSync(join(workspace, 'old', `${symbol}.csv`), `${lines.join('\n')}\n`)
  }
}

/** Opens the workspace anew with other features in its comparison. */
async function reopenWith(features: object): Promise<void> {
  await engine.close()
  const file = join(workspace, 'switchyard.yaml')
  const config = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...config, comparison: { features } }))
  ;({ engine, client } = openEngine(workspace))
}

const comparedNow = (): Promise<JobResult<'compare'>> => resultOf<'compare'>(client, client.compare.start({}))
const built = async (from: string, to: string): Promise<void> => {
  await resultOf<'ingest'>(client, client.ingest.start({ from, to }))
  await resultOf<'transform'>(client, client.transform.start({}))
}

beforeAll(async () => {
  const simulator = await openSimulator({ market })
  workspace = newWorkspace({
    symbols: SYMBOLS,
    port: simulator.port,
    more: {
      comparison: { features: FEATURES },
      oldPipeline: {
        name: 'csv-scripts',
        bars: { files: 'old/{symbol}.csv', columns: { time: 'time' }, timeFormat: 'epoch', features: 'rest' },
      },
    },
  })
  ;({ engine, client } = openEngine(workspace))
  await built(DATES[0], DATES[2])
  await resultOf<'features'>(client, client.features.build({}))
  readMinutes()
  writeOldFiles()
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  run = await comparedNow()
  if (run.features === null) throw new Error('no features were compared')
  compared = run.features
})

/** Minutes that both sides have: the last of a session is not in the old file, and a filled one is no observation. */
const common = (): Minute[] => minutes.filter(({ isFilled, isLast }) => !isFilled && !isLast)
const countOf = (isCounted: (minute: Minute) => boolean): number => common().filter(isCounted).length

describe('a run', () => {
  test('compares the columns that are named or have the name of a feature', () => {
    expect(compared).toMatchObject({ set: SET, sessionsOutOfDate: 0, sessionsNotBuilt: 0, sessions: 7 })
    expect(compared.features).toEqual([
      { name: 'log_return_1', oldColumn: 'log_return_1', tolerance: { abs: 1e-9, rel: 1e-6, ticks: 0, bp: 0 } },
      { name: 'ema_12', oldColumn: 'ema_12', tolerance: { abs: 0.001, rel: 0, ticks: 0, bp: 0 } },
      { name: 'rsi_14', oldColumn: 'RSI 14', tolerance: { abs: 1e-9, rel: 1e-6, ticks: 0, bp: 0 } },
    ])
  })

  test('counts what is equal, scaled, within tolerance and null on one side', () => {
    const both = common().length
    // Of every session 390 minutes less the last; the thin name has filled minutes.
    expect(countOf(({ symbol }) => symbol === 'SPY')).toBe(3 * 389)
    const filled = minutes.filter(({ isFilled }) => isFilled)
    expect(filled.length).toBeGreaterThan(10)
    const shared = {
      common: both,
      // Filled minutes are not on the new side; five minutes of a session that it does not have.
      oldOnly: filled.filter(({ isLast }) => !isLast).length + 5,
      newOnly: minutes.filter(({ isFilled, isLast }) => isLast && !isFilled).length,
    }
    const { byFeature } = compared.counts
    expect(byFeature['rsi_14']).toEqual({
      ...shared,
      equal: both,
      withinTolerance: 0,
      different: 0,
      nullVersusValue: 0,
    })
    const scaled = countOf(({ fresh }) => fresh.log_return_1 !== 0 && !Number.isNaN(fresh.log_return_1))
    // A difference of a 10,000th is within the default tolerance where the return is smaller than 1e-13.
    expect(byFeature['log_return_1']).toEqual({
      ...shared,
      equal: both - scaled,
      withinTolerance: 0,
      different: scaled,
      nullVersusValue: 0,
    })
    // The window of the average fills over eleven bars of each of six sessions.
    expect(byFeature['ema_12']).toEqual({
      ...shared,
      equal: 0,
      withinTolerance: both - 66,
      different: 0,
      nullVersusValue: 66,
    })
    expect(compared.counts.minutes).toMatchObject({
      ...shared,
      equal: 0,
      nullVersusValue: 66,
      different: countOf(({ fresh }) => Number.isNaN(fresh.ema_12) || Math.abs(fresh.log_return_1) > 0),
    })
  })

  test('keeps the errors of a slow pass, in every dimension', async () => {
    const errors = compared.errors
    expect(errors['rsi_14']).toMatchObject({ bias: 0, mae: 0, rmse: 0, absolute: { max: 0 } })
    expect(errors['rsi_14'].correlation).toBeCloseTo(1, 12)
    expect(errors['rsi_14'].count).toBe(countOf(({ fresh }) => !Number.isNaN(fresh.rsi_14)))
    const differences = common().flatMap(({ fresh, old }) =>
      old.log_return_1 === null ? [] : [fresh.log_return_1 - old.log_return_1],
    )
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(errors['log_return_1'].count).toBe(differences.length)
    expect(errors['log_return_1'].bias).toBeCloseTo(mean(differences), 10)
    expect(errors['log_return_1'].mae).toBeCloseTo(mean(differences.map(Math.abs)), 10)
    expect(errors['log_return_1'].rmse).toBeCloseTo(Math.sqrt(mean(differences.map((d) => d * d))), 10)
    expect(errors['log_return_1'].correlation).toBeCloseTo(1, 12)
    expect(errors['ema_12'].bias).toBeCloseTo(-0.0005, 10)
    const largest = compared.largest.filter(({ field }) => field === 'log_return_1')
    expect(Math.abs(largest[0].newValue - largest[0].oldValue)).toBe(Math.max(...differences.map(Math.abs)))

    const profiles = (dimension: 'all' | 'symbol' | 'day' | 'minute'): Promise<ErrorProfileReport[]> =>
      client.compare.featureProfiles({ runId: run.runId, feature: 'ema_12', dimension })
    for (const dimension of ['all', 'symbol', 'day', 'minute'] as const) {
      const found = await profiles(dimension)
      expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(common().length - 66)
      for (const { count, histogram } of found) expect(histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(count)
    }
    expect((await profiles('symbol')).map(({ key }) => key).sort()).toEqual([...SYMBOLS].sort())
    expect((await profiles('day')).map(({ key }) => key).sort()).toEqual(DATES)
    // The first minute in which the average of twelve bars has a value.
    const withValues = (await profiles('minute')).filter(({ count }) => count > 0)
    expect(Math.min(...withValues.map(({ key }) => Number(key)))).toBe(11)
  })

  test('has the counts of its bars apart, the same as without features', async () => {
    expect(Object.keys(run.counts.fields)).toEqual(['open', 'high', 'low', 'close', 'volume'])
    await reopenWith({ columns: { log_return_1: null, ema_12: null, macd: null } })
    const without = await comparedNow()
    expect(without.features).toBeNull()
    expect(without.counts).toEqual(run.counts)
    expect(without.errors).toEqual(run.errors)
    expect((await client.compare.report({ runId: without.runId })).features).toBeNull()
    await reopenWith(FEATURES)
  })

  test('tells features by session, and has the same hashes for the same inputs', async () => {
    const again = await comparedNow()
    expect(again.features).toEqual(compared)
    expect(compared.oldHash).toMatch(/^[0-9a-f]{64}$/)
    const { features } = await client.compare.run({ runId: run.runId })
    expect(features?.perSession.map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`)).toEqual([
      ...DATES.map((date) => `DJCO ${date}`),
      ...[...DATES, NEXT].map((date) => `SPY ${date}`),
    ])
    expect(features?.perSession.find(({ symbol, sessionDate }) => symbol === 'SPY' && sessionDate === NEXT)).toEqual({
      symbol: 'SPY',
      sessionDate: NEXT,
      state: 'current',
      common: 0,
      oldOnly: 5,
      newOnly: 0,
      equal: 0,
      withinTolerance: 0,
      different: 0,
      nullVersusValue: 0,
      notSettled: 0,
    })
    expect(await operatorErrorOf(client.compare.featureProfiles({ runId: run.runId, feature: 'macd' }))).toMatchObject({
      code: 'BAD_ARGUMENTS',
      hint: 'Its features are log_return_1, ema_12, rsi_14.',
    })
  })

  test('of a sample has the features of the minutes of the bars', async () => {
    const sampled = await resultOf<'compare'>(client, client.compare.start({ sample: 0.2 }))
    const { minutes: counts } = sampled.features?.counts ?? { minutes: undefined }
    expect(counts?.common).toBe(sampled.counts.common)
    expect(counts?.common).toBeLessThan(common().length / 3)
  })
})

test('unknown names are refused before anything is stored', async () => {
  const before = await client.compare.runs()
  await reopenWith({ columns: { rsi_41: 'RSI 14' } })
  expect(await operatorErrorOf(client.compare.start({}))).toMatchObject({
    code: 'CONFIG_INVALID',
    message: `comparison.features.columns: ${SET} has no feature rsi_41.`,
  })
  await reopenWith({ columns: { rsi_14: 'RSI' } })
  await expect(comparedNow()).rejects.toThrow(
    'comparison.features.columns: rsi_14 is to be compared with RSI, which the old pipeline does not have.',
  )
  await reopenWith(FEATURES)
  expect(await client.compare.runs()).toEqual(before)
})

describe('counted again', () => {
  test('with its own tolerances a run is the same', async () => {
    const { features } = await client.compare.whatIf({ runId: run.runId })
    expect(features).toEqual({ before: compared.counts, after: compared.counts })
  })

  test('with others it is what a run with those is', async () => {
    const tolerances = { ema_12: { abs: 0.0001 }, log_return_1: { rel: 0.9999 } }
    const { features, after } = await client.compare.whatIf({ runId: run.runId, features: tolerances })
    expect(after).toEqual(run.counts)
    expect(features?.after.byFeature['ema_12']).toMatchObject({ withinTolerance: 0, different: common().length - 66 })
    await reopenWith({ ...FEATURES, tolerances })
    expect((await comparedNow()).features?.counts).toEqual(features?.after)
    await reopenWith(FEATURES)
    expect(
      await operatorErrorOf(client.compare.whatIf({ runId: run.runId, features: { macd: { abs: 1 } } })),
    ).toMatchObject({ code: 'BAD_ARGUMENTS' })
  })
})

test('rows that are not equal are exported with their values', async () => {
  const exported = await resultOf<'export'>(
    client,
    client.export.start({ layers: ['comparison'], formats: ['parquet', 'csv'], runId: run.runId }),
  )
  const stored = [...engine.stores.comparisons.features.rows(run.runId)]
  const rows = stored.reduce((sum, { ts }) => sum + ts.length, 0)
  // All but the five minutes of a session that the new side does not have.
  const { minutes: counts } = compared.counts
  expect(rows).toBe(counts.withinTolerance + counts.different + counts.oldOnly + counts.newOnly - 5)
  expect(exported.rows['comparison_features']).toBe(rows)
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const query = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS()
  const parquet = `read_parquet('${exported.folder}/comparison_features/**/*.parquet', hive_partitioning = true)`
  const csv = `read_csv('${exported.folder}/comparison_features-csv/*.csv')`
  for (const table of [parquet, csv]) {
    const [found] = await query(
      `select count(*)::int as rows, count(*) filter (class = 'different')::int as different,
              count(*) filter (class = 'different' and old_ema_12 = 100 and new_ema_12 is null)::int as empty,
              max(abs(new_log_return_1 * 10000 - old_log_return_1)) as apart from ${table}`,
    )
    expect(found).toMatchObject({ rows, different: counts.different, empty: 66 })
    expect(found['apart']).toBeLessThan(1e-9)
  }
  const values = await query(
    `select ts::double as ts, new_rsi_14 as value from ${parquet} where symbol = 'SPY' order by ts`,
  )
  const expected = stored
    .filter(({ symbol }) => symbol === 'SPY')
    .flatMap(({ ts, newValues }) =>
      Array.from(ts, (at, i) => ({ ts: at, value: newValues[2 * ts.length + i] })).map(({ ts: time, value }) => ({
        ts: time,
        value: Number.isNaN(value) ? null : value,
      })),
    )
  expect(values).toEqual(expected)
})

describe('the command line', () => {
  const cli = (...args: string[]): ReturnType<typeof inProcess> => inProcess(...args, '--workspace', workspace)

  beforeAll(() => engine.close())

  test('shows counts by feature', async () => {
    const { code, stdout } = await cli('compare', 'report', run.runId)
    expect(code).toBe(3)
    expect(stdout).toContain(`features of ${SET}, 7 sessions`)
    expect(stdout).toMatch(/rsi_14 +RSI 14/)
    const report = JSON.parse((await cli('compare', 'report', run.runId, '--json')).stdout) as ComparisonReport
    expect(report.features).toMatchObject(compared)
    expect(Object.keys(report.featureHistograms)).toEqual(['log_return_1', 'ema_12', 'rsi_14'])
    expect(report.featureHistograms['rsi_14']).toEqual([{ from: 0, to: 0, count: compared.errors['rsi_14'].count }])
  })

  test('writes them into the HTML report', async () => {
    const file = join(workspace, 'report.html')
    await cli('compare', 'report', run.runId, '--html', file)
    const html = readFileSync(file, 'utf8')
    expect(statSync(file).size).toBeLessThan(2_000_000)
    expect(html).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|https?:/i)
    for (const shown of ['<h2>Features</h2>', 'RSI 14', 'one side has a value and the other has none', NEXT]) {
      expect(html).toContain(shown)
    }
    // Five of the bars, three of features.
    expect(html.match(/<svg/g)).toHaveLength(8)
  })

  test('counts features again', async () => {
    const again = ['compare', '--run', run.runId, '--what-if']
    const found = JSON.parse((await cli(...again, 'close=1,features.log_return_1=100%', '--json')).stdout) as WhatIf
    expect(found.features?.after.byFeature['log_return_1'].different).toBe(0)
    expect((await cli(...again, 'features.log_return_1=100%')).stdout).toContain('features.log_return_1')
    expect((await cli(...again, 'log_return_1=1')).stderr).toContain('--what-if cannot read "log_return_1=1".')
    expect((await cli(...again, 'features.macd=1')).stderr).toContain('macd is not a feature that the run')
  })

  test('compares and says what it found', async () => {
    const { code, stdout } = await cli('compare', '--symbols', 'SPY')
    expect(code).toBe(3)
    expect(stdout).toContain(`features of ${SET}, 4 sessions`)
    ;({ engine, client } = openEngine(workspace))
  })
})

test('features that do not follow from the curated bars of today are compared, and said to be out of date', async () => {
  // A session more before the first changes what every later one is computed from; the one after the last is not built.
  await built('2024-06-21', '2024-06-21')
  await built(NEXT, NEXT)
  const stale = await comparedNow()
  expect(stale.features).toMatchObject({ sessionsOutOfDate: 6, sessionsNotBuilt: 1, sessions: 7 })
  expect(stale.features?.counts).toEqual(compared.counts)
  expect((await client.jobs.get({ id: stale.runId })).progress.title).toContain(
    'Features of 6 sessions are out of date. Features of 1 session are not built.',
  )
  const { features } = await client.compare.run({ runId: stale.runId })
  expect(features?.perSession.map(({ state }) => state)).toEqual([
    ...Array.from({ length: 6 }, () => 'out-of-date'),
    'not-built',
  ])
  expect((await client.compare.reportHtml({ runId: stale.runId })).html).toContain('are out of date')

  await resultOf<'features'>(client, client.features.build({}))
  const after = await comparedNow()
  expect(after.features).toMatchObject({ sessionsOutOfDate: 0, sessionsNotBuilt: 0 })
  expect(after.features?.counts.minutes.common).toBe(compared.counts.minutes.common + 5)
  expect(after.features?.newHash).not.toBe(compared.newHash)
})
