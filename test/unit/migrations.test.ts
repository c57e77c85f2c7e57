import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { WritableComparisonStore } from '#main/stores/comparison-store.ts'
import { WritableCuratedStore } from '#main/stores/curated-store.ts'
import { openWritable } from '#main/stores/database.ts'
import { WritableFeatureStore } from '#main/stores/feature-store.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { WritableLegacyStore } from '#main/stores/legacy-store.ts'
import { WritableOpsStore } from '#main/stores/ops-store.ts'
import { WritableRawStore } from '#main/stores/raw-store.ts'
import { column } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'
import { VERSION_1_SCHEMAS } from './version-1-schemas.ts'

type LayerName = keyof typeof LAYERS

const folder = tempFolder()
const APPLICATION_IDS: Record<LayerName, number> = {
  raw: 0x53775930,
  curated: 0x53775931,
  features: 0x53775932,
  legacy: 0x53775933,
  comparisons: 0x53775934,
  ops: 0x53775935,
}
const LAYER_NAMES = Object.keys(VERSION_1_SCHEMAS) as LayerName[]

/** Two minutes from 2024-07-02 09:30 in New York, and the doubles 1.5 and 2.5, as bytes in SQL. */
const TS = "x'd8008466000000001401846600000000'"
const DOUBLES = "x'000000000000f83f0000000000000440'"
const BAR_BLOBS = [TS, ...Array.from({ length: 7 }, () => DOUBLES)].join(', ')
const TIMES = column([1_719_927_000, 1_719_927_060])
const VALUES = column([1.5, 2.5])
/** SHA-256 of those columns as the codec hashes them, worked out with Python's hashlib. */
const CHECKSUM = 'c7834feae00fe0198e151625a6bb420cc856300f1593871ed42f8ef5ee21e8f0'

/** A database of one layer as the first version left it, with rows in it. */
function version1(layer: LayerName, rows: string): string {
  const file = join(folder, `${layer}.db`)
  const database = new Sqlite(file)
  database.pragma('journal_mode = WAL')
  database.exec(VERSION_1_SCHEMAS[layer])
  database.pragma(`application_id = ${APPLICATION_IDS[layer]}`)
  database.pragma('user_version = 1')
  database.exec(rows)
  database.close()
  return file
}

/** Opens with `open`, lets `read` look, and closes; twice, because a migration must not run again. */
function openTwice<T extends { close(): void }>(open: () => T, read: (store: T) => void): void {
  for (let times = 0; times < 2; times++) {
    const store = open()
    read(store)
    store.close()
  }
}

const oneSpace = (sql: string): string =>
  sql.replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(' )', ')')

function schemaOf(database: Sqlite.Database): string[] {
  const rows = database.prepare(
    "select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name",
  )
  return (rows.pluck().all() as string[]).map(oneSpace)
}

describe('the first migration of', () => {
  test.each(LAYER_NAMES)('%s still makes schema 1', (layer) => {
    const kind = LAYERS[layer]
    const fresh = openWritable(join(folder, `first-${layer}.db`), { ...kind, migrations: [kind.migrations[0]] })
    const literal = new Sqlite(':memory:')
    literal.exec(VERSION_1_SCHEMAS[layer])
    expect(schemaOf(fresh)).toEqual(schemaOf(literal))
    expect(kind.applicationId).toBe(APPLICATION_IDS[layer])
    fresh.close()
    literal.close()
  })
})

describe('a filled database of schema 1', () => {
  test('of the raw layer is read', () => {
    const file = version1(
      'raw',
      `insert into instruments values (4, 'SPY', 756733, 'STK', 'SMART', 'ARCA', 'USD', 'SPY', 'SPY', 'SPDR', 0.01, 'US/Eastern', 5);
       insert into tws_requests values (9, 4, 'historical', '1 min', 'TRADES', 1, 1719950400, '1 D', 10, 11, 'complete', null, null, 2);
       insert into tws_request_sessions values (9, 4, '2024-07-02', 2, 1);
       insert into raw_tws_bars values (7, 9, 4, '1 min', 'TRADES', 1, 1719927000, 1719927060, 2, 11, ${BAR_BLOBS}, '${CHECKSUM}')`,
    )
    openTwice(
      () => new WritableRawStore(file),
      (store) => {
        expect(store.instrument('SPY')).toMatchObject({ conId: 756_733, longName: 'SPDR', minTick: 0.01 })
        expect(store.responseIds('SPY', '1 min', 'TRADES', 0, 2 ** 40)).toEqual([7])
        const [response] = store.responses([7])
        expect(response).toMatchObject({
          id: 7,
          receivedAtMs: 11,
          bars: { ts: TIMES, close: VALUES, tradeCount: VALUES },
        })
        const series = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
        // Nobody counted the minutes then: what is known are the bars of the answer.
        expect([...store.fetchedSessions('SPY', series).values()]).toEqual([
          { sessionDate: '2024-07-02', bars: 2, message: null, expected: null, reason: null },
        ])
        const { fetches } = store
        expect([...fetches.sessionStates('SPY', series, '2024-07-01', '2024-07-03').values()]).toEqual([
          {
            sessionDate: '2024-07-02',
            settled: true,
            known: 2,
            expected: null,
            reason: null,
            outcome: 'complete',
            message: null,
          },
        ])
        expect(fetches.requestsOf('SPY', '2024-07-02')).toMatchObject([{ requestId: 9, purpose: 'fetch', attempt: 1 }])
        expect(fetches.revisions({ limit: 9 })).toEqual([])
        expect(fetches.head('SPY', 'TRADES')).toBeUndefined()
        expect(fetches.schedule('SPY', true, '2024-07-02', '2024-07-02')).toBeUndefined()
      },
    )
  })

  test('of the curated layer is read', () => {
    const file = version1(
      'curated',
      `insert into curation_configs values ('c', '{}');
       insert into curated_tws_1m_bars values ('SPY', '2024-07-02', 1719927000, 1719950400, null, null, 1, 1, 2, 2, 7, 'c', 'h', 'run',
         20, ${BAR_BLOBS}, x'00000400');
       insert into dq_findings values (1, 'run', 'SPY', '2024-07-02', 1719927000, 'low_coverage', 'warn', 'keep', 388, 'm');
       insert into session_quality values ('SPY', '2024-07-02', 390, 2, 388, 0, 0, 0.005)`,
    )
    openTwice(
      () => new WritableCuratedStore(file),
      (store) => {
        const block = store.block('SPY', '2024-07-02')
        expect(block?.session).toEqual({
          date: '2024-07-02',
          openTs: 1_719_927_000,
          closeTs: 1_719_950_400,
          breakStartTs: null,
          breakEndTs: null,
          earlyClose: true,
        })
        expect(block).toMatchObject({
          rawWatermark: 7,
          configHash: 'c',
          contentHash: 'h',
          window: { fromTs: 1, toTs: 2 },
        })
        expect(block?.bars).toMatchObject({ ts: TIMES, open: VALUES, vwap: VALUES, flags: Uint16Array.of(0, 4) })
        expect([...store.findings({})]).toMatchObject([
          { rule: 'low_coverage', bars: 388, ts: 1_719_927_000, lastTs: 1_719_927_000, blocking: false },
        ])
      },
    )
  })

  test('of the features layer is read', () => {
    const file = version1(
      'features',
      `insert into feature_sets values ('features_x_v1', 'd', '{}', '["a","b"]', 1);
       create table features_x_v1 (symbol text not null, session_date text not null, count integer not null, inputs_hash text not null,
         content_hash text not null, run_id text not null, built_at_ms integer not null, ts blob not null, a blob not null,
         b blob not null, primary key (symbol, session_date)) strict;
       insert into features_x_v1 values ('SPY', '2024-07-02', 2, 'i', 'h', 'run', 3, ${TS}, ${DOUBLES}, ${DOUBLES})`,
    )
    openTwice(
      () => new WritableFeatureStore(file),
      (store) => {
        const set = store.set('features_x_v1')
        expect(set).toEqual({ name: 'features_x_v1', definitionHash: 'd', definition: '{}', columns: ['a', 'b'] })
        const blocks = set === undefined ? [] : [...store.blocks(set, 'SPY', '2024-07-02', '2024-07-02')]
        expect(blocks).toMatchObject([{ inputsHash: 'i', ts: TIMES, columns: [VALUES, VALUES] }])
      },
    )
  })

  test('of the legacy layer is read', () => {
    const file = version1(
      'legacy',
      `insert into legacy_imports values (3, 'SPY', 'f.csv', 's', 'd', 2, 1, 30);
       insert into legacy_bars values ('SPY', '2024-07-02', 3, 2, 'h', ${BAR_BLOBS});
       insert into legacy_rejects values (3, 5, 'reason', 'text')`,
    )
    openTwice(
      () => new WritableLegacyStore(file),
      (store) => {
        expect(store.latestImport('SPY')).toMatchObject({ sha256: 's', rows: 2, rejected: 1 })
        expect(store.block('SPY', '2024-07-02')?.bars).toMatchObject({ ts: TIMES, high: VALUES })
        expect(store.rejected({ limit: 9 })).toEqual([
          { file: 'f.csv', line: 5, reason: 'reason', text: 'text', isDuplicate: false },
        ])
      },
    )
  })

  test('of the comparisons layer is read', () => {
    const counts = { common: 2, oldOnly: 0, newOnly: 0, equal: 0, withinTolerance: 0, different: 2, fields: {} }
    const summary = { runId: 'r', sessions: 1, counts, largest: [] }
    const file = version1(
      'comparisons',
      `insert into comparison_runs values ('r', 40, 1, '2024-07-01', '2024-07-02', '["SPY"]', 'old', '{}', '${JSON.stringify(summary)}');
       insert into comparison_sessions values ('r', 'SPY', '2024-07-02', null, 'n', '${JSON.stringify(counts)}', 2, ${TS}, x'0202',
         ${DOUBLES}, ${DOUBLES})`,
    )
    openTwice(
      () => new WritableComparisonStore(file),
      (store) => {
        expect(store.run('r')).toMatchObject({
          symbols: ['SPY'],
          oldPipeline: 'old',
          summary,
          sample: null,
          codeVersion: null,
          oldHash: null,
        })
        expect(store.run('r').summary.features).toBeNull()
        expect([...store.features.rows('r')]).toEqual([])
        expect([...store.rows('r')]).toMatchObject([
          {
            ts: TIMES,
            class: Uint8Array.of(2, 2),
            // The first field, and none of the others.
            oldValues: column([1.5, 2.5, ...Array.from({ length: 12 }, () => NaN)]),
            counts: { ...counts, nullVersusValue: 0, duplicateKeys: 0, notSettled: 0 },
            openTs: null,
          },
        ])
      },
    )
  })

  test('of the ops layer is read', () => {
    const file = version1(
      'ops',
      `insert into jobs values ('j', 1, 'transform', 'queued', '{"symbols":["SPY"]}', '{"kind":"waiting","fraction":0,"title":"Waiting"}',
         null, null, 0, 0, 50, null, null);
       insert into jobs values ('k', 2, 'ingest', 'running', '{}', '{"kind":"working","fraction":0.5,"title":"Fetching bars"}',
         null, null, 0, 3, 51, 52, null);
       insert into jobs values ('l', 3, 'ingest', 'succeeded', '{}', '{"kind":"finished","fraction":1,"title":"390 bars"}',
         '{"bars":390}', null, 1, 1, 53, 54, 55)`,
    )
    openTwice(
      () => new WritableOpsStore(file),
      (store) => {
        expect(store.queued()).toMatchObject([
          { id: 'j', kind: 'transform', params: { symbols: ['SPY'] }, createdAtMs: 50 },
        ])
        expect(store.jobs(9)).toMatchObject([
          {
            id: 'l',
            state: 'succeeded',
            control: 'run',
            attempts: 1,
            runs: 1,
            result: { bars: 390 },
            finishedAtMs: 55,
          },
          { id: 'k', state: 'running', control: 'run', controls: ['pause', 'drain'], attempts: 3, runs: 3 },
          { id: 'j', state: 'queued', control: 'run', controls: [], attempts: 0, runs: 0 },
        ])
        expect(store.connectionEntries(9)).toEqual([])
      },
    )
  })
})
