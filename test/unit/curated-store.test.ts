import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import {
  type CuratedSession,
  CuratedStore,
  type SessionFinding,
  WritableCuratedStore,
} from '#main/stores/curated-store.ts'
import { curatedOf, OPEN_TS, SESSION, type TestBar } from './bars-fixtures.ts'
import { MADE_FROM_ONE, metricsOf } from './curated-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableCuratedStore {
  const store = new WritableCuratedStore(join(folder, `curated-${files++}.db`))
  open.push(store)
  store.saveConfig('config-1', '{"quality":1}')
  return store
}

const FINDING: SessionFinding = {
  ts: OPEN_TS,
  rule: 'price_invalid',
  lastTs: OPEN_TS,
  severity: 'error',
  blocking: false,
  action: 'drop',
  bars: 1,
  message: 'A price is not a positive number.',
}

function sessionOf(symbol: string, bars: readonly TestBar[], over: Partial<CuratedSession> = {}): CuratedSession {
  const blobs = encodeCurated(curatedOf(bars))
  return {
    symbol,
    session: SESSION,
    window: { fromTs: OPEN_TS - 34_200, toTs: OPEN_TS + 52_200 },
    count: bars.length,
    rawWatermark: 7,
    configHash: 'config-1',
    contentHash: hashCurated(blobs),
    blobs,
    findings: [],
    quality: metricsOf({ received: bars.length, missing: 390 - bars.length }),
    ...MADE_FROM_ONE,
    ...over,
  }
}

const on = (date: string): Session => ({ ...SESSION, date })

describe('a curated session', () => {
  test('comes back with its bars, hours, window and origin', () => {
    const store = newStore()
    const session: Session = { ...SESSION, breakStartTs: OPEN_TS + 60, breakEndTs: OPEN_TS + 120, earlyClose: true }
    const written = sessionOf(
      'SPY',
      [
        { ts: OPEN_TS, vwap: NaN },
        { ts: OPEN_TS + 120, close: 11 },
      ],
      { session },
    )
    store.replaceSessions([written], 'run-1', 1000)
    const block = store.block('SPY', SESSION.date)
    expect(block?.session).toEqual(session)
    expect(block?.bars).toEqual(
      curatedOf([
        { ts: OPEN_TS, vwap: NaN },
        { ts: OPEN_TS + 120, close: 11 },
      ]),
    )
    expect(store.sessions('SPY')).toEqual([
      {
        symbol: 'SPY',
        session,
        window: written.window,
        count: 2,
        rawWatermark: 7,
        configHash: 'config-1',
        contentHash: written.contentHash,
        ownHash: 'own',
        historyHash: 'history',
      },
    ])
    const blobs = store.blobs('SPY', SESSION.date)
    expect(blobs && hashCurated(blobs)).toBe(written.contentHash)
    expect(store.config('config-1')).toBe('{"quality":1}')
  })

  test('without bars is stored as such', () => {
    const store = newStore()
    store.replaceSessions([sessionOf('SPY', [])], 'run-1', 1000)
    expect(store.block('SPY', SESSION.date)?.bars.ts).toHaveLength(0)
  })

  test('that is not there is undefined', () => {
    const store = newStore()
    expect(store.block('SPY', SESSION.date)).toBeUndefined()
    expect(store.blobs('SPY', SESSION.date)).toBeUndefined()
    expect(store.config('config-2')).toBeUndefined()
  })

  test('takes the place of the one before, with its findings and quality', () => {
    const store = newStore()
    const second = { ...FINDING, rule: 'low_coverage' }
    store.replaceSessions([sessionOf('SPY', [{ ts: OPEN_TS }], { findings: [FINDING, FINDING] })], 'run-1', 1000)
    store.replaceSessions([sessionOf('SPY', [{ ts: OPEN_TS, close: 12 }], { findings: [second] })], 'run-2', 2000)
    expect(store.sessions('SPY')).toHaveLength(1)
    expect(store.block('SPY', SESSION.date)?.bars.close[0]).toBe(12)
    expect([...store.findings({})]).toEqual([{ ...second, symbol: 'SPY', sessionDate: SESSION.date }])
    expect(store.summary().updatedAtMs).toBe(2000)
  })

  test('leaves the hashes of every build behind', () => {
    const store = newStore()
    const builds = [1, 2].map((close) => sessionOf('SPY', [{ ts: OPEN_TS, close }]))
    builds.forEach((session, i) => store.replaceSessions([session], `run-${i}`, i))
    const database = new Sqlite(store.file, { readonly: true })
    open.push(database)
    expect(database.prepare('select run_id, content_hash from curated_builds order by id').raw().all()).toEqual(
      builds.map((session, i) => [`run-${i}`, session.contentHash]),
    )
  })

  test('is read between two dates, both included, and of one symbol only', () => {
    const store = newStore()
    const dates = ['2024-07-01', '2024-07-02', '2024-07-03']
    store.replaceSessions(
      [
        ...dates.map((date) => sessionOf('SPY', [], { session: on(date) })),
        sessionOf('IBM', [], { session: on('2024-07-02') }),
      ],
      'run-1',
      1,
    )
    const datesOf = (from: string, to: string): string[] =>
      [...store.blocks('SPY', from, to)].map(({ session }) => session.date)
    expect(datesOf('2024-07-01', '2024-07-02')).toEqual(['2024-07-01', '2024-07-02'])
    expect(datesOf('2024-07-04', '2024-07-09')).toEqual([])
    expect(store.sessions('SPY').map(({ session }) => session.date)).toEqual(dates)
    expect(store.symbols()).toEqual(['IBM', 'SPY'])
  })
})

describe('replacing sessions', () => {
  test('is all or nothing when one of them cannot be written', () => {
    const store = newStore()
    store.replaceSessions([sessionOf('SPY', [{ ts: OPEN_TS, close: 1 }], { findings: [FINDING] })], 'run-1', 1000)
    const good = sessionOf('SPY', [{ ts: OPEN_TS, close: 2 }])
    const bad = sessionOf('IBM', [{ ts: OPEN_TS }], { findings: [{ ...FINDING, severity: 'fatal' as 'error' }] })
    expect(() => store.replaceSessions([good, bad], 'run-2', 2000)).toThrow(/CHECK/)
    expect(store.block('SPY', SESSION.date)?.bars.close[0]).toBe(1)
    expect(store.block('IBM', SESSION.date)).toBeUndefined()
    expect([...store.findings({})]).toHaveLength(1)
    expect(store.summary()).toMatchObject({ sessions: 1, bars: 1, updatedAtMs: 1000 })
  })

  test('refuses a configuration that nobody saved', () => {
    const store = newStore()
    expect(() => store.replaceSessions([sessionOf('SPY', [], { configHash: 'unknown' })], 'run-1', 1)).toThrow(
      /FOREIGN KEY/,
    )
    expect(store.summary().sessions).toBe(0)
  })

  test('keeps a configuration as it was saved first', () => {
    const store = newStore()
    store.saveConfig('config-1', '{"quality":2}')
    expect(store.config('config-1')).toBe('{"quality":1}')
  })

  test('is not seen half done by a reader', () => {
    const store = newStore()
    store.replaceSessions([sessionOf('SPY', [{ ts: OPEN_TS, close: 1 }])], 'run-1', 1)
    const reader = new CuratedStore(store.file)
    open.push(reader)
    const blocks = reader.blocks('SPY', '2024-01-01', '2024-12-31')
    expect(blocks.next().value?.bars.close[0]).toBe(1)
    store.replaceSessions([sessionOf('SPY', [{ ts: OPEN_TS, close: 2 }])], 'run-2', 2)
    expect(blocks.next().done).toBe(true)
    expect(reader.block('SPY', SESSION.date)?.bars.close[0]).toBe(2)
  })
})

describe('findings', () => {
  function filled(): CuratedStore {
    const store = newStore()
    const of = (rule: string, severity: SessionFinding['severity'], ts: number): SessionFinding => ({
      ...FINDING,
      rule,
      severity,
      ts,
    })
    store.replaceSessions(
      [
        sessionOf('SPY', [], {
          session: on('2024-07-01'),
          findings: [of('a', 'info', 1), of('b', 'error', 2), of('b', 'error', 1)],
        }),
        sessionOf('SPY', [], { session: on('2024-07-02'), findings: [of('c', 'warn', 3)] }),
        sessionOf('IBM', [], { session: on('2024-07-02'), findings: [of('b', 'error', 4)] }),
      ],
      'run-1',
      1,
    )
    return store
  }
  const keys = (store: CuratedStore, selection: Parameters<CuratedStore['findings']>[0]): string[] =>
    [...store.findings(selection)].map(({ symbol, rule, ts }) => `${symbol} ${rule} ${ts}`)

  test('come worst first, then newest session first', () => {
    expect(keys(filled(), {})).toEqual(['IBM b 4', 'SPY b 1', 'SPY b 2', 'SPY c 3', 'SPY a 1'])
  })

  test('are selected by symbols, dates and rule', () => {
    const store = filled()
    expect(keys(store, { symbols: ['IBM'] })).toEqual(['IBM b 4'])
    expect(keys(store, { symbols: [] })).toEqual([])
    expect(keys(store, { symbols: ["IBM' or 1=1 --"] })).toEqual([])
    expect(keys(store, { from: '2024-07-02', to: '2024-07-02' })).toEqual(['IBM b 4', 'SPY c 3'])
    expect(keys(store, { rule: 'b', to: '2024-07-01' })).toEqual(['SPY b 1', 'SPY b 2'])
  })

  test('are counted by rule and severity', () => {
    expect(filled().findingCounts({ symbols: ['SPY'] })).toEqual([
      { rule: 'b', severity: 'error', count: 2 },
      { rule: 'a', severity: 'info', count: 1 },
      { rule: 'c', severity: 'warn', count: 1 },
    ])
  })

  test('are counted by symbol beside sessions and bars', () => {
    expect(filled().bySymbol().get('SPY')).toMatchObject({
      sessions: 2,
      bars: 0,
      findings: 4,
      first: '2024-07-01',
      last: '2024-07-02',
    })
  })
})
