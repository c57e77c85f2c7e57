import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import type { CuratedSession } from '#main/stores/curated-store.ts'
import { guarded, openWritable } from '#main/stores/database.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { closeStores, openStores, type Stores } from '#main/stores/stores.ts'
import { barsOf, curatedOf, OPEN_TS, SESSION, type TestBar } from './bars-fixtures.ts'
import { MADE_FROM_ONE, metricsOf } from './curated-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const minutes = (count: number, close: number): TestBar[] =>
  Array.from({ length: count }, (_, i) => ({ ts: OPEN_TS + 60 * i, close }))

test('a database that may not grow any more says so and keeps what it had', () => {
  const file = join(folder, 'small.db')
  const database = openWritable(file, LAYERS.ops)
  const insert = database.prepare(
    `insert into jobs (id, seq, kind, state, params, progress, created_at_ms) values (?, ?, 'ingest', 'queued', ?, '', 0)`,
  )
  insert.run('kept', 1, 'x')
  database.pragma(`max_page_count = ${(database.pragma('page_count', { simple: true }) as number) + 4}`)
  const fill = database.transaction(() => {
    for (let i = 2; i < 1000; i++) insert.run(`job-${i}`, i, 'x'.repeat(1000))
  })
  const error = errorOf(() => guarded(file, () => fill.immediate()))
  expect(error.code).toBe('DISK_FULL')
  expect(error.message).toContain(file)
  expect(error.hint).toMatch(/free some space/i)
  expect(database.prepare('select id from jobs').pluck().all()).toEqual(['kept'])
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
  database.close()
})

const mountPoint = join(folder, 'small-disk')
mkdirSync(mountPoint)
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint]).status === 0
if (!isMounted)
  console.info('skipped: no small file system can be mounted here, so a disk that is really full was not tried')

describe.skipIf(!isMounted)('on a disk that is really full', () => {
  const filler = join(mountPoint, 'filler')
  let stores: Stores

  /** Takes every byte that is left but `freeBytes`. Returns what the disk said. */
  function fillDisk(freeBytes = 0): unknown {
    const file = openSync(filler, 'a')
    try {
      for (;;) writeSync(file, Buffer.alloc(4096))
    } catch (thrown) {
      truncateSync(filler, fstatSync(file).size - freeBytes)
      return (thrown as { code?: unknown }).code
    } finally {
      closeSync(file)
    }
  }

  const curatedSession = (close: number, rows: number): CuratedSession => {
    const blobs = encodeCurated(curatedOf(minutes(rows, close)))
    return {
      symbol: 'SPY',
      session: SESSION,
      window: { fromTs: 0, toTs: 1 },
      count: rows,
      rawWatermark: 1,
      configHash: 'config',
      contentHash: hashCurated(blobs),
      blobs,
      findings: [],
      quality: metricsOf({ expected: rows, received: rows, missing: 0, coverage: 1 }),
      ...MADE_FROM_ONE,
    }
  }
  const legacyImport = { symbol: 'SPY', file: 'f', sha256: 'h', descriptionHash: 'd', rows: 1, rejected: 0 }

  beforeAll(() => {
    mkdirSync(join(mountPoint, 'store'))
    stores = openStores(join(mountPoint, 'store'))
  })
  afterAll(() => {
    closeStores(stores)
    spawnSync('umount', [mountPoint])
  })

  test('every store refuses to write, keeps what it had, and goes on when there is space again', () => {
    const { raw, curated, legacy } = stores
    raw.saveInstrument(
      {
        symbol: 'SPY',
        conId: 1,
        secType: 'STK',
        exchange: 'SMART',
        primaryExchange: null,
        currency: 'USD',
        localSymbol: null,
        tradingClass: null,
        longName: null,
        minTick: null,
        timeZone: null,
      },
      0,
    )
    const request = {
      symbol: 'SPY',
      barSize: '1 min',
      whatToShow: 'TRADES',
      useRth: true,
      endTs: OPEN_TS,
      duration: '1 D',
      sessions: ['2024-07-02'],
    }
    const outcome = [{ sessionDate: '2024-07-02', bars: 1, settled: true }]
    const first = raw.beginRequest(request, 1)
    raw.storeResponse(first, barsOf(minutes(2, 1)), [], 2)
    const second = raw.beginRequest(request, 3)
    curated.saveConfig('config', '{}')
    curated.replaceSessions([curatedSession(1, 2)], 'run-1', 1)
    legacy.replaceSymbol(legacyImport, [{ sessionDate: '2024-07-02', bars: barsOf(minutes(2, 1)) }], [], 1)

    const big = minutes(5000, 2)
    const writes = [
      () => raw.storeResponse(second, barsOf(big), outcome, 4),
      () => curated.replaceSessions([curatedSession(2, 5000)], 'run-2', 2),
      () => legacy.replaceSymbol(legacyImport, [{ sessionDate: '2024-07-03', bars: barsOf(big) }], [], 2),
    ]
    expect(fillDisk()).toBe('ENOSPC')
    const errors = writes.map(errorOf)
    expect(errors.map(({ code }) => code)).toEqual(['DISK_FULL', 'DISK_FULL', 'DISK_FULL'])
    expect(errors.map(({ message }) => /[a-z]+\.db/.exec(message)?.[0])).toEqual(['raw.db', 'curated.db', 'legacy.db'])

    expect(raw.summary()).toMatchObject({ responses: 1, bars: 2 })
    expect(raw.fetchedSessions('SPY', request).size).toBe(0)
    expect(curated.block('SPY', SESSION.date)?.bars.close).toEqual(Float64Array.of(1, 1))
    expect(legacy.sessionDates('SPY', '2024-01-01', '2024-12-31')).toEqual(['2024-07-02'])

    rmSync(filler)
    for (const write of writes) write()
    expect(raw.summary()).toMatchObject({ responses: 2, bars: 5002 })
    expect(raw.fetchedSessions('SPY', request).size).toBe(1)
    expect(curated.block('SPY', SESSION.date)?.bars.close[4999]).toBe(2)
    expect(legacy.sessionDates('SPY', '2024-01-01', '2024-12-31')).toEqual(['2024-07-03'])
  })

  test('stores that cannot be created say so, however little is missing, and can be created later', () => {
    const codes = new Set<string>()
    const another = join(mountPoint, 'another')
    for (let freeKiB = 0; freeKiB < 256; freeKiB += 8) {
      mkdirSync(another)
      fillDisk(freeKiB * 1024)
      codes.add(errorOf(() => openStores(another)).code)
      rmSync(filler)
      closeStores(openStores(another))
      rmSync(another, { recursive: true })
    }
    expect([...codes]).toEqual(['DISK_FULL'])
  })
})
