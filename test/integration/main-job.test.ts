import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { allocateBars, type BarColumns } from '#shared/bars.ts'
import { COMPARED_FIELDS } from '#shared/config/workspace-config.ts'
import type { Histogram } from '#shared/contract/contract.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Market, type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { at, barsOf, XNYS } from './simulator-fixtures.ts'
import {
  finished,
  hashesOf,
  newWorkspace,
  OLD_PIPELINE,
  openEngine,
  openSimulator,
  operatorErrorOf,
  plain,
  resultOf,
  sha256,
} from './workspace-fixtures.ts'

const SYMBOLS = ['SPY', 'AAPL', 'DJCO']
const FROM = '2024-06-24'
const TO = '2024-07-05'
/** Sessions of XNYS in that range; Thursday the 4th is a holiday and the 3rd closes at 13:00. */
const SESSIONS = [
  '2024-06-24',
  '2024-06-25',
  '2024-06-26',
  '2024-06-27',
  '2024-06-28',
  '2024-07-01',
  '2024-07-02',
  '2024-07-03',
  '2024-07-05',
]
/** New York is four hours behind UTC throughout. */
const openOf = (date: string): number => at(`${date}T13:30:00Z`)
const closeOf = (date: string): number => at(`${date}T${date === '2024-07-03' ? '17' : '20'}:00:00Z`)
const minutesOf = (date: string): number => (closeOf(date) - openOf(date)) / 60

/** A market with bars from 2024-06-20 to 2024-07-09, in which one thin name did not trade on one day. */
function marketWithHole(): Market {
  const market = syntheticMarket({ seed: 7, calendar: XNYS, symbols: SYMBOLS, from: '2024-06-20', to: '2024-07-09' })
  const holeFrom = at('2024-07-02T00:00:00Z')
  return {
    ...market,
    minuteBars: async (symbol, fromTs, toTs, useRth) => {
      const bars = await market.minuteBars(symbol, fromTs, toTs, useRth)
      if (symbol !== 'DJCO') return bars
      const rows = [...bars.ts.keys()].filter((i) => bars.ts[i] < holeFrom || bars.ts[i] >= holeFrom + 86_400)
      const kept = allocateBars(rows.length)
      for (const [name, column] of Object.entries(kept) as [keyof BarColumns, Float64Array][]) {
        rows.forEach((row, i) => (column[i] = bars[name][row]))
      }
      return kept
    },
  }
}

const market = marketWithHole()
const regularBars = (symbol: string, date: string): Promise<BarColumns> =>
  market.minuteBars(symbol, openOf(date), closeOf(date), true)

let simulator: Simulator
let workspace: string
let engine: Engine
let client: EngineClient
let ingest: Job
let transform: Job
let compare: JobResult<'compare'>
let exported: JobResult<'export'>

/** Historical requests as `SYMBOL duration end`, in the order asked. */
function historicalRequests(of: Simulator): string[] {
  return of.requests.flatMap(({ historical }) =>
    historical === null ? [] : [`${historical.contract.symbol} ${historical.durationText} ${historical.endText}`],
  )
}

beforeAll(async () => {
  simulator = await openSimulator({ market })
  workspace = newWorkspace({ symbols: SYMBOLS, port: simulator.port, more: { oldPipeline: OLD_PIPELINE } })
  ;({ engine, client } = openEngine(workspace))
  ingest = await finished(client, client.ingest.start({ from: FROM, to: TO }))
  transform = await finished(client, client.transform.start({}))
  await resultOf<'features'>(client, client.features.build({}))
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, from: FROM, to: TO, dir: join(workspace, 'old') })
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  compare = await resultOf<'compare'>(client, client.compare.start({}))
  exported = await resultOf<'export'>(client, client.export.start({ formats: ['parquet', 'csv'] }))
})

describe('ingest', () => {
  test('asks for runs of sessions that fit into one answer, and once more for one that came back empty', () => {
    // Five full sessions have 1950 minutes; a sixth would make more than the 2000 bars that a request may bring.
    const expected = SYMBOLS.flatMap((symbol) => [`${symbol} 5 D 20240628-20:00:00`, `${symbol} 4 D 20240705-20:00:00`])
    expect(historicalRequests(simulator).slice().sort()).toEqual([...expected, 'DJCO 1 D 20240702-20:00:00'].sort())
    expect(simulator.requests.filter(({ message }) => message === 'contractDetails')).toHaveLength(3)
  })

  test('names the session without data and settles it', () => {
    expect(ingest.state).toBe('succeeded')
    expect(ingest.hasFindings).toBe(true)
    const result = ingest.result as JobResult<'ingest'>
    expect(result.withoutData).toEqual([
      { symbol: 'DJCO', sessionDate: '2024-07-02', reason: expect.stringMatching(/no data/) },
    ])
    expect(result).toMatchObject({ requests: 7, sessionsFetched: 27, sessionsAlreadyStored: 0, failed: [] })
  })

  test('keeps every bar that the market has', async () => {
    const counts = await Promise.all(
      SYMBOLS.flatMap((symbol) => SESSIONS.map(async (date) => (await regularBars(symbol, date)).ts.length)),
    )
    expect((ingest.result as JobResult<'ingest'>).bars).toBe(counts.reduce((sum, count) => sum + count, 0))
  })
})

describe('curated bars', () => {
  test.each(SYMBOLS)('of %s are those of the market, session by session', async (symbol) => {
    const dates = engine.stores.curated.sessions(symbol).map(({ session }) => session.date)
    // Also the one without data: an empty block says that it was asked for.
    expect(dates).toEqual(SESSIONS)
    for (const date of dates) {
      const block = engine.stores.curated.block(symbol, date)
      expect(block?.session).toMatchObject({
        openTs: openOf(date),
        closeTs: closeOf(date),
        earlyClose: date === '2024-07-03',
      })
      expect(plain(block?.bars ?? allocateBars(0)), date).toEqual(plain(await regularBars(symbol, date)))
      expect([...(block?.bars.flags ?? [])].every((flag) => flag === 0)).toBe(true)
    }
  })

  test('are full for a liquid name and short for a thin one', () => {
    const count = (symbol: string, date: string): number => engine.stores.curated.block(symbol, date)?.count ?? 0
    const halted = new Set(
      market.faults.filter(({ kind }) => kind === 'halt').map(({ symbol, sessionDate }) => symbol + sessionDate),
    )
    for (const date of SESSIONS) {
      if (!halted.has(`SPY${date}`)) expect(count('SPY', date)).toBe(minutesOf(date))
      expect(count('DJCO', date)).toBeLessThan(minutesOf(date))
    }
  })

  test('are reported where they cover less than the configured share of a session', async () => {
    const short: string[] = []
    for (const symbol of SYMBOLS) {
      for (const date of SESSIONS) {
        const { length } = (await regularBars(symbol, date)).ts
        if (length < 0.95 * minutesOf(date)) short.push(`${symbol} ${date} ${minutesOf(date) - length}`)
      }
    }
    expect(short.length).toBeGreaterThan(5)
    const found = await client.quality.findings({ rule: 'low_coverage' })
    expect(found.map(({ symbol, sessionDate, bars }) => `${symbol} ${sessionDate} ${bars}`).sort()).toEqual(
      short.sort(),
    )
    expect((transform.result as JobResult<'transform'>).findings).toEqual({ low_coverage: short.length })
    expect(transform.hasFindings).toBe(true)
  })

  test('do not depend on how the requests were cut', async () => {
    const one = newWorkspace({ symbols: SYMBOLS, port: simulator.port, tws: { clientId: 18, maxBarsPerRequest: 390 } })
    const { engine: other, client: operator } = openEngine(one)
    const result = await resultOf<'ingest'>(operator, operator.ingest.start({ from: FROM, to: TO }))
    expect(result.requests).toBe(27)
    await resultOf<'transform'>(operator, operator.transform.start({}))
    const hashes = [...hashesOf(engine)].filter(([key]) => key.startsWith('curated'))
    expect(new Map(hashes)).toEqual(hashesOf(other))
  })
})

describe('features', () => {
  test('stand on the minutes of the curated bars, and simple ones are what a calculator gives', () => {
    const set = engine.stores.features.set('features_price_1m_v1')
    if (set === undefined) throw new Error('the set is not registered')
    let sessions = 0
    for (const symbol of SYMBOLS) {
      for (const { sessionDate, ts, columns } of engine.stores.features.blocks(set, symbol, FROM, TO)) {
        sessions++
        const bars = engine.stores.curated.block(symbol, sessionDate)?.bars ?? allocateBars(0)
        const column = (name: string): number[] => [...columns[set.columns.indexOf(name)]]
        expect([...ts]).toEqual([...bars.ts])
        expect(column('minute_of_session')).toEqual([...bars.ts].map((start) => (start - openOf(sessionDate)) / 60))
        const returns = [...bars.close].map((close, i) => (i === 0 ? NaN : Math.log(close / bars.close[i - 1])))
        column('log_return_1').forEach((value, i) => {
          if (Number.isNaN(returns[i])) expect(value).toBeNaN()
          else expect(value).toBeCloseTo(returns[i], 14)
        })
      }
    }
    expect(sessions).toBe(27)
  })
})

describe('the comparison with the old pipeline', () => {
  /** The old files row by row, read as a person would: end labels in New York, lots of 100. */
  function oldRows(symbol: string): Map<number, Record<string, number>> {
    const [, ...lines] = readFileSync(join(workspace, 'old', `${symbol}.csv`), 'utf8')
      .trimEnd()
      .split('\n')
    return new Map(
      lines.map((line) => {
        const [label, open, high, low, close, lots] = line.split(',')
        const start = at(`${label.replace(' ', 'T')}-04:00`) - 60
        return [
          start,
          {
            open: Number(open),
            high: Number(high),
            low: Number(low),
            close: Number(close),
            volume: Number(lots) * 100,
          },
        ]
      }),
    )
  }

  const TOLERANCE: Record<string, (old: number) => number> = {
    open: () => 0.01,
    high: () => 0.01,
    low: () => 0.01,
    close: () => 0.01,
    volume: (old) => 0.01 * old,
  }

  async function slowJoin(): Promise<JobResult<'compare'>['counts']> {
    const field = (): Record<string, number> => ({ equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 })
    const fields = Object.fromEntries(COMPARED_FIELDS.map((name) => [name, field()]))
    const counts = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, withinTolerance: 0, different: 0 }
    for (const symbol of SYMBOLS) {
      const old = oldRows(symbol)
      const fresh = new Map<number, Record<string, number>>()
      for (const date of SESSIONS) {
        const bars = await regularBars(symbol, date)
        bars.ts.forEach((ts, i) =>
          fresh.set(ts, Object.fromEntries(COMPARED_FIELDS.map((name) => [name, bars[name][i]]))),
        )
      }
      for (const ts of new Set([...old.keys(), ...fresh.keys()])) {
        const a = old.get(ts)
        const b = fresh.get(ts)
        if (a === undefined) counts.newOnly++
        else if (b === undefined) counts.oldOnly++
        else {
          counts.common++
          const classes = COMPARED_FIELDS.map((name) => {
            const size = Math.abs(b[name] - a[name])
            const kind = size === 0 ? 'equal' : size <= TOLERANCE[name](a[name]) ? 'withinTolerance' : 'different'
            fields[name][kind]++
            return kind
          })
          counts[
            classes.includes('different')
              ? 'different'
              : classes.includes('withinTolerance')
                ? 'withinTolerance'
                : 'equal'
          ]++
        }
      }
    }
    return { ...counts, fields: fields as JobResult<'compare'>['counts']['fields'] }
  }

  test('counts what a slow join of the same files counts', async () => {
    const expected = await slowJoin()
    // The market and the script were chosen so that the comparison has something to find.
    for (const name of ['common', 'oldOnly', 'equal', 'withinTolerance', 'different'] as const)
      expect(expected[name], name).toBeGreaterThan(0)
    expect(compare.counts).toEqual(expected)
    expect(compare.sessions).toBe(27)
  })

  test('is the same in the run, its sessions, the overlay and the histogram', async () => {
    const run = await client.compare.run({ runId: compare.runId })
    expect(run).toMatchObject({
      from: FROM,
      to: TO,
      symbols: SYMBOLS,
      oldPipeline: 'csv-scripts',
      counts: compare.counts,
    })
    for (const name of ['common', 'oldOnly', 'newOnly', 'equal', 'withinTolerance', 'different'] as const) {
      expect(
        run.perSession.reduce((sum, session) => sum + session[name], 0),
        name,
      ).toBe(compare.counts[name])
    }
    const histograms = await Promise.all(
      COMPARED_FIELDS.map((field): Promise<Histogram> => client.compare.histogram({ runId: compare.runId, field })),
    )
    for (const { field, count, zeros, bins } of histograms) {
      expect(count).toBe(compare.counts.common)
      expect(zeros).toBe(compare.counts.fields[field].equal)
      expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(count)
    }
    const old = oldRows('DJCO')
    const overlay = await client.compare.overlay({ symbol: 'DJCO', sessionDate: '2024-07-01', field: 'close' })
    const fresh = await regularBars('DJCO', '2024-07-01')
    expect(overlay.ts).toEqual(
      [
        ...new Set([
          ...fresh.ts,
          ...[...old.keys()].filter((ts) => ts >= openOf('2024-07-01') && ts < closeOf('2024-07-01')),
        ]),
      ].sort((a, b) => a - b),
    )
    expect(overlay.old).toEqual(overlay.ts.map((ts) => old.get(ts)?.['close'] ?? null))
    expect(overlay.new).toEqual(overlay.ts.map((ts) => fresh.close[fresh.ts.indexOf(ts)] ?? null))
  })
})

interface Manifest {
  configurationHash: string
  layers: Record<
    string,
    {
      table: string
      rows: number
      columns: { name: string; type: string }[]
      files: { path: string; rows: number; bytes: number; sha256: string }[]
      sessions?: Record<string, { session: string; contentHash: string }[]>
    }
  >
}

describe('the export', () => {
  let manifest: Manifest
  let query: (sql: string) => Promise<Record<string, unknown>[]>

  beforeAll(async () => {
    manifest = JSON.parse(readFileSync(exported.manifest, 'utf8')) as Manifest
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS()
  })

  const parquet = (layer: string): string =>
    `read_parquet('${join(exported.folder, layer)}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)`

  test('consists of exactly the files that its manifest lists, with those hashes and sizes', () => {
    const listed = Object.values(manifest.layers).flatMap(({ files }) => files)
    const onDisk = globSync('**/*', { cwd: exported.folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(exported.folder.length + 1))
    expect(onDisk.sort()).toEqual([...listed.map(({ path }) => path), 'manifest.json'].sort())
    for (const { path, bytes, sha256: hash } of listed) {
      const content = readFileSync(join(exported.folder, path))
      expect(content.length, path).toBe(bytes)
      expect(sha256(content), path).toBe(hash)
    }
    expect(exported).toMatchObject({ files: listed.length, bytes: listed.reduce((sum, { bytes }) => sum + bytes, 0) })
    expect(globSync('*', { cwd: join(workspace, 'exports') })).toEqual([
      exported.folder.slice(join(workspace, 'exports').length + 1),
    ])
  })

  test('is partitioned by symbol and month', () => {
    for (const layer of ['curated', 'features']) {
      const parts = manifest.layers[layer].files.map(({ path }) => path).filter((path) => path.endsWith('.parquet'))
      expect(parts.sort()).toEqual(
        SYMBOLS.flatMap((symbol) =>
          ['2024-06', '2024-07'].map((month) => `${layer}/symbol=${symbol}/month=${month}/part-0.parquet`),
        ).sort(),
      )
    }
  })

  test('is compressed with zstd', async () => {
    const found = await query(`select distinct compression from parquet_metadata('${exported.folder}/**/*.parquet')`)
    expect(found).toEqual([{ compression: 'ZSTD' }])
  })

  test('has typed columns, the same as in the manifest', async () => {
    const described = await query(`describe select * exclude (symbol, month) from ${parquet('curated')}`)
    const types = Object.fromEntries(described.map((row) => [row['column_name'], row['column_type']]))
    expect(types).toEqual({
      session_date: 'DATE',
      ts: 'BIGINT',
      time: 'TIMESTAMP WITH TIME ZONE',
      open: 'DOUBLE',
      high: 'DOUBLE',
      low: 'DOUBLE',
      close: 'DOUBLE',
      volume: 'DOUBLE',
      vwap: 'DOUBLE',
      trade_count: 'DOUBLE',
      flags: 'INTEGER',
    })
    for (const layer of ['curated', 'features', 'comparison']) {
      const columns = await query(`describe select * exclude (symbol, month) from ${parquet(layer)}`)
      expect(columns.map((row) => row['column_name'])).toEqual(manifest.layers[layer].columns.map(({ name }) => name))
    }
  })

  test('has the curated bars as they are stored, with null where there is no value', async () => {
    let rows = 0
    for (const symbol of SYMBOLS) {
      const read = await query(
        `select *, strftime(session_date, '%Y-%m') = month as in_month, epoch(time)::bigint = ts as same_instant, ts::double as start
         from ${parquet('curated')} where symbol = '${symbol}' order by ts`,
      )
      rows += read.length
      expect(read.every((row) => row['in_month'] === true && row['same_instant'] === true)).toBe(true)
      const blocks = [...engine.stores.curated.blocks(symbol, FROM, TO)]
      const column = (name: keyof BarColumns): (number | null)[] =>
        blocks.flatMap(({ bars }) => [...bars[name]].map((value) => (Number.isNaN(value) ? null : value)))
      for (const [exportedAs, name] of [
        ['start', 'ts'],
        ['open', 'open'],
        ['high', 'high'],
        ['low', 'low'],
        ['close', 'close'],
        ['volume', 'volume'],
        ['vwap', 'vwap'],
        ['trade_count', 'tradeCount'],
      ] as const) {
        expect(
          read.map((row) => row[exportedAs]),
          `${symbol} ${name}`,
        ).toEqual(column(name))
      }
    }
    expect(rows).toBe(manifest.layers['curated'].rows)
    expect(exported.rows['curated']).toBe(rows)
  })

  test('has the features as they are stored, with null for warm-up', async () => {
    const set = engine.stores.features.set('features_price_1m_v1')
    if (set === undefined) throw new Error('the set is not registered')
    let nulls = 0
    for (const symbol of SYMBOLS) {
      const read = await query(`select * from ${parquet('features')} where symbol = '${symbol}' order by ts`)
      const blocks = [...engine.stores.features.blocks(set, symbol, FROM, TO)]
      set.columns.forEach((name, c) => {
        const stored = blocks.flatMap(({ columns }) =>
          [...columns[c]].map((value) => (Number.isNaN(value) ? null : value)),
        )
        expect(
          read.map((row) => row[name]),
          `${symbol} ${name}`,
        ).toEqual(stored)
        nulls += stored.filter((value) => value === null).length
      })
    }
    expect(nulls).toBeGreaterThan(0)
    expect(
      await query(`select count(*)::integer as rows from ${parquet('features')} where isnan(log_return_60)`),
    ).toEqual([{ rows: 0 }])
  })

  test('has the minutes that are not plainly equal', async () => {
    const { counts } = compare
    const found = await query(`select class, count(*)::integer as rows from ${parquet('comparison')} group by class`)
    const byClass = Object.fromEntries(found.map((row) => [row['class'], row['rows']]))
    const expected = {
      within_tolerance: counts.withinTolerance,
      different: counts.different,
      old_only: counts.oldOnly,
      new_only: counts.newOnly,
    }
    expect(byClass).toEqual(Object.fromEntries(Object.entries(expected).filter(([, rows]) => rows > 0)))
    const nulls = await query(
      `select count(*)::integer as rows from ${parquet('comparison')} where class = 'old_only' and (new_close is not null or old_close is null)`,
    )
    expect(nulls).toEqual([{ rows: 0 }])
  })

  test('says the same in CSV, with times in UTC', async () => {
    const text = readFileSync(join(exported.folder, 'curated-csv', 'DJCO.csv'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(text[0]).toBe('symbol,session_date,ts,time,open,high,low,close,volume,vwap,trade_count,flags')
    const first = await regularBars('DJCO', FROM)
    const time = new Date(first.ts[0] * 1000).toISOString().slice(0, 19).replace('T', ' ')
    expect(text[1].split(',').slice(0, 4)).toEqual(['DJCO', FROM, String(first.ts[0]), `${time}+00`])
    expect(text[1].split(',').slice(4, 8).map(Number)).toEqual([
      first.open[0],
      first.high[0],
      first.low[0],
      first.close[0],
    ])
    const differing = await query(
      `select count(*)::integer as rows from read_csv('${exported.folder}/curated-csv/*.csv') c
       full join ${parquet('curated')} p on c.symbol = p.symbol and c.ts = p.ts
       where c.close is distinct from p.close or c.volume is distinct from p.volume or c.flags is distinct from p.flags`,
    )
    expect(differing).toEqual([{ rows: 0 }])
  })

  test('names the hashes of what it was made from', async () => {
    const hashes = hashesOf(engine)
    const { hash } = await client.config.get()
    expect(manifest.configurationHash).toBe(hash)
    for (const [layer, prefix] of [
      ['curated', 'curated'],
      ['features', 'features_price_1m_v1'],
    ]) {
      const named = Object.entries(manifest.layers[layer].sessions ?? {}).flatMap(([symbol, sessions]) =>
        sessions.map(({ session, contentHash }) => [`${prefix} ${symbol} ${session}`, contentHash] as const),
      )
      expect(named).toHaveLength(27)
      for (const [key, contentHash] of named) expect(contentHash, key).toBe(hashes.get(key))
    }
  })
})

describe('a second run', () => {
  test('asks TWS nothing and changes nothing', async () => {
    const asked = simulator.requests.length
    const before = hashesOf(engine)
    const { raw } = engine.stores
    const responses = raw.summary().responses
    expect(await resultOf<'ingest'>(client, client.ingest.start({ from: FROM, to: TO }))).toEqual({
      requests: 0,
      bars: 0,
      sessionsFetched: 0,
      sessionsAlreadyStored: 27,
      withoutData: [],
      failed: [],
    })
    expect(await resultOf<'transform'>(client, client.transform.start({}))).toMatchObject({
      sessionsBuilt: 0,
      sessionsUnchanged: 27,
    })
    expect(await resultOf<'features'>(client, client.features.build({}))).toMatchObject({
      sessionsBuilt: 0,
      sessionsUnchanged: 27,
    })
    expect(await resultOf<'legacy-import'>(client, client.legacy.import({}))).toMatchObject({
      files: 0,
      filesUnchanged: 3,
    })
    expect(simulator.requests).toHaveLength(asked)
    expect(raw.summary().responses).toBe(responses)
    expect(hashesOf(engine)).toEqual(before)
  })

  test('that rebuilds everything gives the same hashes, and verify agrees', async () => {
    const before = hashesOf(engine)
    expect(await resultOf<'rebuild'>(client, client.transform.rebuild({}))).toMatchObject({ sessionsBuilt: 27 })
    expect(hashesOf(engine)).toEqual(before)
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toEqual({
      sessionsChecked: 27,
      featureSessionsChecked: 27,
      featureSessionsStale: 0,
      mismatches: [],
    })
  })

  test('of the comparison and the export gives the same counts and the same bytes', async () => {
    const again = await resultOf<'compare'>(client, client.compare.start({}))
    expect(again.runId).not.toBe(compare.runId)
    expect(again.counts).toEqual(compare.counts)
    expect(again.largest).toEqual(compare.largest)
    const copy = await resultOf<'export'>(client, client.export.start({ formats: ['parquet', 'csv'] }))
    const files = (manifest: string): unknown =>
      Object.values((JSON.parse(readFileSync(manifest, 'utf8')) as Manifest).layers).map((layer) => layer.files)
    expect(files(copy.manifest)).toEqual(files(exported.manifest))
  })
})

describe('a wider range', () => {
  test('fetches only what is missing and leaves the rest untouched', async () => {
    const asked = historicalRequests(simulator).length
    const before = hashesOf(engine)
    const plan = await client.ingest.plan({ from: '2024-06-20', to: '2024-07-09' })
    expect(plan).toMatchObject({
      sessions: 39,
      sessionsAlreadyStored: 27,
      sessionsToFetch: 12,
      requests: 6,
      expectedBars: 12 * 390,
    })
    const result = await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-20', to: '2024-07-09' }))
    expect(result).toMatchObject({
      requests: 6,
      sessionsFetched: 12,
      sessionsAlreadyStored: 27,
      withoutData: [],
      failed: [],
    })
    expect(historicalRequests(simulator).slice(asked).sort()).toEqual(
      SYMBOLS.flatMap((symbol) => [`${symbol} 2 D 20240621-20:00:00`, `${symbol} 2 D 20240709-20:00:00`]).sort(),
    )
    expect(await resultOf<'transform'>(client, client.transform.start({}))).toMatchObject({
      sessionsBuilt: 12,
      sessionsUnchanged: 27,
    })
    const after = hashesOf(engine)
    for (const [key, hash] of before) if (key.startsWith('curated')) expect(after.get(key), key).toBe(hash)
    for (const date of ['2024-06-20', '2024-06-21', '2024-07-08', '2024-07-09']) {
      for (const symbol of SYMBOLS) {
        expect(plain(engine.stores.curated.block(symbol, date)?.bars ?? allocateBars(0))).toEqual(
          plain(await regularBars(symbol, date)),
        )
      }
    }
  })

  test('makes features that look back stale, and a build brings them up to date', async () => {
    const stale = await resultOf<'verify'>(client, client.transform.verify({}))
    expect(stale).toMatchObject({ featureSessionsStale: 27, featureSessionsChecked: 0, mismatches: [] })
    expect(await resultOf<'features'>(client, client.features.build({}))).toMatchObject({ sessionsBuilt: 39 })
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      featureSessionsStale: 0,
      featureSessionsChecked: 39,
      mismatches: [],
    })
  })

  test('beyond what the broker has settles each session by itself, named, and is not asked again', async () => {
    const asked = historicalRequests(simulator).length
    const first = await finished(
      client,
      client.ingest.start({ symbols: ['SPY'], from: '2024-06-17', to: '2024-06-20' }),
    )
    expect(first.hasFindings).toBe(true)
    expect(first.result).toMatchObject({
      withoutData: [
        { symbol: 'SPY', sessionDate: '2024-06-17', reason: expect.stringMatching(/no data/) },
        { symbol: 'SPY', sessionDate: '2024-06-18', reason: expect.stringMatching(/no data/) },
      ],
      failed: [],
    })
    // Wednesday the 19th is a holiday. The first answer concerns both days, so it proves nothing about either.
    expect(historicalRequests(simulator).slice(asked)).toEqual([
      'SPY 2 D 20240618-20:00:00',
      expect.stringContaining('SPY 1 D'),
      expect.stringContaining('SPY 1 D'),
    ])
    const second = await resultOf<'ingest'>(
      client,
      client.ingest.start({ symbols: ['SPY'], from: '2024-06-17', to: '2024-06-20' }),
    )
    expect(second).toMatchObject({ requests: 0, sessionsAlreadyStored: 3 })
    expect(historicalRequests(simulator)).toHaveLength(asked + 3)
  })
})

describe('a session that is not over', () => {
  test('is not asked for until two minutes after its close, and then once', async () => {
    let nowMs = Date.parse('2024-07-02T15:00:00Z')
    const clock = (): number => nowMs
    const tws = await openSimulator({ market, nowMs: clock })
    const { engine: morning, client: operator } = openEngine(newWorkspace({ symbols: ['SPY'], port: tws.port }), {
      nowMs: clock,
    })

    const result = await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-05' }))
    expect(result).toMatchObject({ requests: 1, sessionsFetched: 1, bars: 390 })
    expect(historicalRequests(tws)).toEqual(['SPY 1 D 20240701-20:00:00'])

    const early = await operatorErrorOf(operator.ingest.start({ from: '2024-07-02', to: '2024-07-05' }))
    expect(early.code).toBe('NO_SESSIONS')
    expect(early.hint).toMatch(/wait/)
    nowMs = Date.parse('2024-07-02T20:01:00Z')
    expect((await operatorErrorOf(operator.ingest.start({ from: '2024-07-02', to: '2024-07-05' }))).code).toBe(
      'NO_SESSIONS',
    )
    expect(historicalRequests(tws)).toHaveLength(1)

    nowMs = Date.parse('2024-07-02T20:02:00Z')
    expect(
      await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-05' })),
    ).toMatchObject({ sessionsFetched: 1, sessionsAlreadyStored: 1 })
    await resultOf<'transform'>(operator, operator.transform.start({}))
    expect(plain(morning.stores.curated.block('SPY', '2024-07-02')?.bars ?? allocateBars(0))).toEqual(
      plain(await regularBars('SPY', '2024-07-02')),
    )
    expect(existsSync(join(morning.folder, 'engine.json'))).toBe(false)
  })
})

describe('bad bars in a response', () => {
  test('become findings, each with its rule, and are dropped or flagged as the rule says', async () => {
    const tws = await openSimulator({ market })
    const { engine: own, client: operator } = openEngine(newWorkspace({ symbols: ['SPY'], port: tws.port }))
    await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-01' }))
    const good = await regularBars('SPY', '2024-07-01')
    const open = openOf('2024-07-01')

    // A later response, made by hand, that brings one bar of each kind of badness for minutes that were good.
    const later = barsOf([
      [open - 1800, 100, 101, 99, 100, 10, 100, 1],
      [open, 100, 101, 99, 100, 10, 100, 1],
      [open, 100, 101, 99, 100.5, 10, 100, 1],
      [open + 60, 100, 101, 99, 100, 10, 100, 1],
      [open + 60, 100, 101, 99, 100, 10, 100, 1],
      [open + 120, 0, 101, 99, 100, 10, 100, 1],
      [open + 180, 100, 101, 99, -1, 10, 100, 1],
      [open + 240, 100, 99.5, 99, 100, 10, 100, 1],
      [open + 300, 100, 101, 100.5, 101, 10, 100, 1],
      [open + 365, 100, 101, 99, 100, 10, 100, 1],
      [open + 420, 100, 101, 99, 100, -5, -1, -1],
      [open + 390 * 60, 100, 101, 99, 100, 10, 100, 1],
    ])
    const { raw } = own.stores
    const request = raw.beginRequest(
      {
        symbol: 'SPY',
        barSize: '1 min',
        whatToShow: 'TRADES',
        useRth: true,
        endTs: closeOf('2024-07-01'),
        duration: '1 D',
        sessions: ['2024-07-01'],
      },
      Date.now(),
    )
    raw.storeResponse(request, later, [{ sessionDate: '2024-07-01', bars: later.ts.length, settled: true }], Date.now())

    const job = await finished(operator, operator.transform.start({}))
    expect(job.hasFindings).toBe(true)
    const found = await operator.quality.findings({})
    expect(
      found
        .map(({ ts, rule, severity, action, bars }) => [(ts - open) / 60, rule, severity, action, bars] as const)
        .sort(([a], [b]) => a - b),
    ).toEqual([
      [-30, 'out_of_session', 'info', 'drop', 1],
      [0, 'duplicate_conflicting', 'warn', 'flag', 2],
      [1, 'duplicate', 'info', 'keep', 2],
      [2, 'price_invalid', 'error', 'drop', 1],
      [3, 'price_invalid', 'error', 'drop', 1],
      [4, 'ohlc_inconsistent', 'error', 'drop', 1],
      [5, 'ohlc_inconsistent', 'error', 'drop', 1],
      [365 / 60, 'not_on_minute', 'error', 'drop', 1],
      [7, 'volume_invalid', 'warn', 'flag', 1],
      [390, 'out_of_session', 'info', 'drop', 1],
    ])
    // Information is listed, but only doubt and error ask for attention.
    expect((job.result as JobResult<'transform'>).findings).toEqual({
      duplicate_conflicting: 1,
      price_invalid: 2,
      ohlc_inconsistent: 2,
      not_on_minute: 1,
      volume_invalid: 1,
    })
    expect(job.result).toMatchObject({ sessionsBuilt: 1, bars: 386, dropped: 7, flagged: 2 })

    const bars = own.stores.curated.block('SPY', '2024-07-01')?.bars ?? { ...allocateBars(0), flags: new Uint16Array() }
    const gone = [2, 3, 4, 5].map((minute) => open + minute * 60)
    expect([...bars.ts]).toEqual([...good.ts].filter((ts) => !gone.includes(ts)))
    const row = (minute: number): number => bars.ts.indexOf(open + minute * 60)
    // Of two rows for one minute the later one counts; 2 is the bit of a conflicting duplicate, 4 that of an unknown volume.
    expect([bars.close[row(0)], bars.flags[row(0)]]).toEqual([100.5, 2])
    expect([bars.close[row(1)], bars.flags[row(1)]]).toEqual([100, 0])
    expect([bars.volume[row(7)], bars.vwap[row(7)], bars.tradeCount[row(7)], bars.flags[row(7)]]).toEqual([
      NaN,
      NaN,
      NaN,
      4,
    ])
    // Minutes that the later response does not mention are those of the earlier one.
    expect(bars.close[row(100)]).toBe(good.close[100])
    // Nothing of what came was lost: both responses are still there as they came.
    expect(raw.responses([1, 2]).map((response) => plain(response.bars))).toEqual([plain(good), plain(later)])
    expect(await resultOf<'verify'>(operator, operator.transform.verify({}))).toMatchObject({
      sessionsChecked: 1,
      mismatches: [],
    })
  })
})
