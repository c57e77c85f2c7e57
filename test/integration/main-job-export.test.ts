import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BarColumns } from '#shared/bars.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { FROM, regularBars, runMainJob, SYMBOLS, TO } from './main-job-fixtures.ts'
import { hashesOf, resultOf, sha256 } from './workspace-fixtures.ts'

let workspace: string
let engine: Engine
let client: EngineClient
let compare: JobResult<'compare'>
let exported: JobResult<'export'>

beforeAll(async () => {
  ;({ workspace, engine, client, compare } = await runMainJob())
  exported = await resultOf<'export'>(client, client.export.start({ formats: ['parquet', 'csv'] }))
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

  test('written again has the same bytes', async () => {
    const copy = await resultOf<'export'>(client, client.export.start({ formats: ['parquet', 'csv'] }))
    expect(copy.folder).not.toBe(exported.folder)
    const { layers } = JSON.parse(readFileSync(copy.manifest, 'utf8')) as Manifest
    for (const [layer, { files }] of Object.entries(manifest.layers)) expect(layers[layer].files).toEqual(files)
  })
})
