import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import { encodeFeatures, hashFeatures } from '#main/stores/feature-store.ts'
import { openSql, type SqlConnection } from '#main/stores/sql.ts'
import { closeStores, openStores, type Stores } from '#main/stores/stores.ts'
import { barsOf, column, curatedOf, OPEN_TS, SESSION } from './bars-fixtures.ts'
import { MADE_FROM_ONE, metricsOf } from './curated-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = join(tempFolder(), 'store')
let stores: Stores
let sql: SqlConnection

/** 2024-07-02 18:15 UTC: 14:15 in New York, but a quarter to midnight in India. */
const EVENING_IN_INDIA = 1_719_944_100

function saveInstrument(symbol: string, timeZone: string | null): void {
  stores.raw.saveInstrument(
    {
      symbol,
      conId: symbol.charCodeAt(0),
      secType: 'STK',
      exchange: 'SMART',
      primaryExchange: null,
      currency: 'USD',
      localSymbol: null,
      tradingClass: null,
      longName: null,
      minTick: null,
      timeZone,
    },
    0,
  )
}

function receive(symbol: string, times: readonly number[]): void {
  const series = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
  const request = stores.raw.beginRequest({ ...series, symbol, endTs: 0, duration: '1 D', sessions: [] }, 0)
  stores.raw.storeResponse(request, barsOf(times.map((ts) => ({ ts, close: 10, vwap: NaN }))), [], 77)
}

beforeAll(() => {
  mkdirSync(folder)
  stores = openStores(folder)
  saveInstrument('SPY', 'America/New_York')
  saveInstrument('NIFTY', 'Asia/Kolkata')
  saveInstrument('ZZZ', null)
  saveInstrument('TWSZONE', 'JST (Tokyo)')
  receive('SPY', [OPEN_TS, OPEN_TS + 60])
  receive('NIFTY', [EVENING_IN_INDIA, EVENING_IN_INDIA + 960])
  receive('ZZZ', [1_719_964_800])
  receive('TWSZONE', [OPEN_TS])

  const curated = {
    ...curatedOf([
      { ts: OPEN_TS, close: 10, vwap: NaN },
      { ts: OPEN_TS + 60, close: 11, volume: NaN },
    ]),
  }
  curated.flags[1] = BarFlag.VolumeUnknown
  const blobs = encodeCurated(curated)
  stores.curated.saveConfig('c', '{}')
  stores.curated.replaceSessions(
    [
      {
        symbol: 'SPY',
        session: SESSION,
        window: { fromTs: 0, toTs: 1 },
        count: 2,
        rawWatermark: 1,
        configHash: 'c',
        contentHash: hashCurated(blobs),
        blobs,
        findings: [],
        quality: metricsOf({ received: 2, missing: 388, flagged: 1, coverage: 0.005 }),
        ...MADE_FROM_ONE,
      },
    ],
    'run',
    1,
  )
  stores.legacy.replaceSymbol(
    { symbol: 'SPY', file: 'f', sha256: 's', descriptionHash: 'd', rows: 1, rejected: 0 },
    [{ sessionDate: '2024-07-02', bars: barsOf([{ ts: OPEN_TS, close: 9.99 }]) }],
    [],
    1,
  )
  const set = { name: 'features_test_v1', definitionHash: 'd', definition: '{}', columns: ['rsi_14', 'index'] }
  const features = encodeFeatures(column([OPEN_TS, OPEN_TS + 60]), [column([NaN, 70]), column([1, 2])])
  stores.features.register(set, 1)
  stores.features.replaceSessions(
    set,
    [
      {
        symbol: 'SPY',
        sessionDate: '2024-07-02',
        count: 2,
        inputsHash: 'i',
        contentHash: hashFeatures(features, set.columns),
        blobs: features,
      },
    ],
    'run',
    1,
  )
  sql = openSql(folder)
})
afterAll(() => {
  sql.close()
  closeStores(stores)
})

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('one row a bar', () => {
  test('of curated bars, with flags; a missing value is null', () => {
    expect(sql.query("select * from curated_tws_1m_bars_rows where symbol = 'SPY'")).toEqual([
      {
        symbol: 'SPY',
        session_date: '2024-07-02',
        ts: OPEN_TS,
        open: 10,
        high: 10,
        low: 10,
        close: 10,
        volume: 100,
        vwap: null,
        trade_count: 5,
        flags: 0,
      },
      {
        symbol: 'SPY',
        session_date: '2024-07-02',
        ts: OPEN_TS + 60,
        open: 11,
        high: 11,
        low: 11,
        close: 11,
        volume: null,
        vwap: 11,
        trade_count: 5,
        flags: BarFlag.VolumeUnknown,
      },
    ])
  })

  test('of raw bars, with the response that brought them', () => {
    const rows = sql.query(
      "select ts, close, vwap, response_id, received_at_ms from raw_tws_bars_rows where symbol = 'SPY'",
    )
    expect(rows).toEqual([
      { ts: OPEN_TS, close: 10, vwap: null, response_id: 1, received_at_ms: 77 },
      { ts: OPEN_TS + 60, close: 10, vwap: null, response_id: 1, received_at_ms: 77 },
    ])
  })

  test('of raw bars, with the date in the zone of the instrument', () => {
    const dates = sql.query('select distinct symbol, session_date from raw_tws_bars_rows order by symbol, ts')
    expect(dates).toEqual([
      { symbol: 'NIFTY', session_date: '2024-07-02' },
      { symbol: 'NIFTY', session_date: '2024-07-03' },
      { symbol: 'SPY', session_date: '2024-07-02' },
      // A zone that only TWS knows: the date is unknown.
      { symbol: 'TWSZONE', session_date: null },
      // 2024-07-03 00:00 UTC: without a zone it is the date in UTC.
      { symbol: 'ZZZ', session_date: '2024-07-03' },
    ])
  })

  test('of old bars', () => {
    expect(sql.query('select symbol, session_date, ts, close from legacy_bars_rows')).toEqual([
      { symbol: 'SPY', session_date: '2024-07-02', ts: OPEN_TS, close: 9.99 },
    ])
  })

  test('of features, also under names that mean something in SQL', () => {
    expect(sql.query('select symbol, session_date, ts, rsi_14, "index" from features_test_v1_rows')).toEqual([
      { symbol: 'SPY', session_date: '2024-07-02', ts: OPEN_TS, rsi_14: null, index: 1 },
      { symbol: 'SPY', session_date: '2024-07-02', ts: OPEN_TS + 60, rsi_14: 70, index: 2 },
    ])
  })

  test('joins with the stored tables', () => {
    expect(
      sql.query(
        `select count(*) as n from curated_tws_1m_bars_rows join session_quality using (symbol, session_date) where flagged = 1`,
      ),
    ).toEqual([{ n: 2 }])
  })
})

describe('nothing can be changed', () => {
  const filesOf = (): string[] =>
    ['raw', 'curated', 'ops'].map((name) =>
      createHash('sha256')
        .update(readFileSync(join(folder, `${name}.db`)))
        .digest('hex'),
    )

  test.each([
    ["insert into curation_configs values ('x', 'y')"],
    ["insert into curation_configs values ('x', 'y') returning *"],
    ['update session_quality set expected = 1'],
    ['delete from raw_tws_bars returning id'],
    ['drop table raw_store.raw_tws_bars'],
    ['create table raw_store.x (y)'],
    ["attach database ':memory:' as x"],
    ['detach database raw_store'],
    ['pragma query_only = off'],
    ['pragma raw_store.user_version = 99'],
    ['pragma raw_store.journal_mode = delete'],
    ['pragma raw_store.wal_checkpoint(truncate)'],
    ['begin immediate'],
    ['vacuum'],
    ['select 1; delete from jobs'],
    [''],
    ['selec 1'],
  ])('by "%s"', (statement) => {
    const before = filesOf()
    expect(errorOf(() => sql.query(statement)).code).toBe('SQL_ERROR')
    expect(filesOf()).toEqual(before)
  })

  test.each([
    ['pragma raw_store.user_version = 99'],
    ['pragma raw_store.journal_mode = delete'],
    ['pragma main.journal_mode = delete'],
    ['pragma raw_store.wal_checkpoint(truncate)'],
    ["insert into curation_configs values ('x', 'y') returning *"],
  ])('by "%s" after somebody tried to lift the protection', (statement) => {
    const before = filesOf()
    const outcomes = ['pragma query_only = off', 'pragma writable_schema = on', statement].map((text) => {
      try {
        return JSON.stringify(sql.query(text))
      } catch (thrown) {
        return (thrown as SwitchyardError).code
      }
    })
    expect(filesOf()).toEqual(before)
    expect(outcomes[2]).not.toBe('[{"journal_mode":"delete"}]')
    const file = new Sqlite(join(folder, 'raw.db'), { readonly: true })
    expect(file.pragma('user_version', { simple: true })).toBe(LAYERS.raw.migrations.length)
    expect(file.pragma('journal_mode', { simple: true })).toBe('wal')
    file.close()
  })
})

describe('a query that goes wrong', () => {
  test('says what is wrong and which tables there are', () => {
    const error = errorOf(() => sql.query('select * from bars'))
    expect(error.message).toContain('no such table: bars')
    expect(error.hint).toContain('curated_tws_1m_bars_rows')
  })

  test('does not keep the next one from working', () => {
    expect(errorOf(() => sql.query('select nonsense()')).code).toBe('SQL_ERROR')
    expect(sql.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  test('in a folder without stores says so', () => {
    expect(errorOf(() => openSql(join(folder, 'nowhere'))).code).toBe('WORKSPACE_NOT_FOUND')
  })
})

test('a query sees what was committed after the connection was opened', () => {
  stores.ops.enqueue('job-1', 'transform', {}, 1)
  expect(sql.query('select id, state from jobs')).toEqual([{ id: 'job-1', state: 'queued' }])
})

test('a damaged block is an error, not a shorter table', () => {
  const database = new Sqlite(join(folder, 'legacy.db'))
  database.exec("update legacy_bars set close = x'00'")
  database.close()
  expect(errorOf(() => sql.query('select * from legacy_bars_rows')).message).toContain('1 bytes')
})
