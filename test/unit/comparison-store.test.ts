import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { StoredCause } from '#shared/comparison/cause.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { CompareResult, ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import {
  type ComparisonRunStart,
  type ComparisonSession,
  ComparisonStore,
  WritableComparisonStore,
  ROW_HAS_OPEN,
} from '#main/stores/comparison-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import { CLOSE_TS, column, OPEN_TS } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableComparisonStore {
  const store = new WritableComparisonStore(join(folder, `comparisons-${files++}.db`))
  open.push(store)
  return store
}

const COUNTS: ComparisonCounts = {
  common: 390,
  oldOnly: 1,
  newOnly: 2,
  equal: 380,
  withinTolerance: 9,
  different: 1,
  nullVersusValue: 0,
  duplicateKeys: 0,
  notSettled: 0,
  fields: { close: { equal: 389, withinTolerance: 0, different: 1, nullVersusValue: 0 } },
}

/** Seven fields of two rows. */
const OLD_VALUES = [1, NaN, 2, NaN, 3, NaN, 4, NaN, 5, NaN, 6, NaN, 7, NaN]
const NEW_VALUES = Array.from({ length: 14 }, (_, i) => 100 + i)

const startOf = (runId: string): ComparisonRunStart => ({
  runId,
  from: '2024-07-01',
  to: '2024-07-02',
  symbols: ['SPY', 'IBM'],
  oldPipeline: 'csv-scripts',
  settings: '{"largestDifferences":20}',
  codeVersion: '1.2.3',
  sample: null,
})

const resultOf = (runId: string): CompareResult => ({
  runId,
  sessions: 1,
  oldRuns: null,
  sample: null,
  counts: COUNTS,
  errors: {},
  tests: [],
  largest: [],
  found: null,
  features: null,
})

function sessionOf(symbol: string, sessionDate: string): ComparisonSession {
  return {
    symbol,
    sessionDate,
    oldHash: null,
    newHash: 'new',
    openTs: OPEN_TS,
    closeTs: CLOSE_TS,
    counts: COUNTS,
    rowCount: 2,
    blobs: {
      ts: encodeTimes(column([OPEN_TS, OPEN_TS + 60])),
      class: Uint8Array.of(2, 4),
      old_values: encodeDoubles(column(OLD_VALUES)),
      new_values: encodeDoubles(column(NEW_VALUES)),
    },
  }
}

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Everything that the store lets see. */
function visible(store: ComparisonStore, runId: string): unknown {
  return {
    runs: store.runs().map((run) => run.runId),
    isFinished: store.isFinished(runId),
    sessions: store.sessions(runId).length,
    rows: [...store.rows(runId)].length,
    summary: store.summary(),
  }
}

const NOTHING = {
  runs: [],
  isFinished: false,
  sessions: 0,
  rows: 0,
  summary: { runs: 0, sessions: 0, rows: 0, updatedAtMs: null },
}

describe('a comparison run', () => {
  test('is invisible until it is finished', () => {
    const store = newStore()
    const reader = new ComparisonStore(store.file)
    open.push(reader)
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02')])
    for (const side of [store, reader]) {
      expect(visible(side, 'run-1')).toEqual(NOTHING)
      expect(errorOf(() => side.run('run-1')).code).toBe('NOT_FOUND')
    }
    store.finish('run-1', resultOf('run-1'))
    expect(visible(reader, 'run-1')).toEqual({
      runs: ['run-1'],
      isFinished: true,
      sessions: 1,
      rows: 1,
      summary: { runs: 1, sessions: 1, rows: 2, updatedAtMs: 1000 },
    })
  })

  test('comes back as it was', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02'), sessionOf('IBM', '2024-07-01')])
    store.finish('run-1', resultOf('run-1'))
    expect(store.run('run-1')).toEqual({
      ...startOf('run-1'),
      oldRuns: null,
      createdAtMs: 1000,
      // SHA-256 of [] and of [["IBM","2024-07-01","new"],["SPY","2024-07-02","new"]], worked out with sha256sum.
      oldHash: '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945',
      newHash: '21ff435d505a1807806dfce9b1969c6f6ee85d881f72363448abc285ac530dce',
      summary: resultOf('run-1'),
    })
    expect(store.sessions('run-1')).toEqual([
      { symbol: 'IBM', sessionDate: '2024-07-01', counts: COUNTS },
      { symbol: 'SPY', sessionDate: '2024-07-02', counts: COUNTS },
    ])
    expect([...store.rows('run-1', 'SPY')]).toEqual([
      {
        symbol: 'SPY',
        sessionDate: '2024-07-02',
        openTs: OPEN_TS,
        closeTs: CLOSE_TS,
        counts: COUNTS,
        ts: column([OPEN_TS, OPEN_TS + 60]),
        class: Uint8Array.of(2, 4),
        oldValues: column(OLD_VALUES),
        newValues: column(NEW_VALUES),
        causes: null,
      },
    ])
    expect([...store.rows('run-1')].map(({ symbol }) => symbol)).toEqual(['IBM', 'SPY'])
  })

  test('that is begun again goes on after the last symbol that was done', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('IBM', '2024-07-01')])
    store.addSymbol('run-1', { symbol: 'IBM', result: { n: 1 }, causes: null })
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-01')])
    expect(store.begin(startOf('run-1'), 2000)).toEqual({ createdAtMs: 1000, done: ['IBM'] })
    expect(store.symbolResult('run-1', 'IBM')).toEqual({ n: 1 })
    expect(store.addedSessions('run-1', 'IBM')).toEqual([
      { sessionDate: '2024-07-01', oldHash: null, newHash: 'new', counts: COUNTS },
    ])
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02')])
    store.finish('run-1', resultOf('run-1'))
    expect(store.sessions('run-1').map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`)).toEqual([
      'IBM 2024-07-01',
      'SPY 2024-07-02',
    ])
    expect(store.run('run-1').createdAtMs).toBe(1000)
  })

  test('that is begun again under other conditions starts from nothing', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('IBM', '2024-07-01')])
    store.addSymbol('run-1', { symbol: 'IBM', result: {}, causes: null })
    const other = { ...startOf('run-1'), settings: '{"other":1}' }
    expect(store.begin(other, 2000)).toEqual({ createdAtMs: 2000, done: [] })
    expect(store.addedSessions('run-1', 'IBM')).toEqual([])
  })

  test('compares a symbol anew that was dropped, and keeps the others', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    for (const symbol of ['IBM', 'SPY']) {
      store.addSessions('run-1', [sessionOf(symbol, '2024-07-01')])
      store.addSymbol('run-1', { symbol, result: {}, causes: null })
    }
    store.dropSymbol('run-1', 'IBM')
    expect(store.begin(startOf('run-1'), 2000).done).toEqual(['SPY'])
    expect(store.addedSessions('run-1', 'IBM')).toEqual([])
  })

  test('keeps the causes of its symbols, and which of them every difference needs', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02'), sessionOf('IBM', '2024-07-02')])
    const cause = { kind: 'dropped_zero_volume', parameters: {}, key: 'dropped_zero_volume' } as unknown as StoredCause
    store.addSymbol('run-1', {
      symbol: 'SPY',
      result: {},
      causes: {
        causes: [cause],
        sessions: [
          {
            sessionDate: '2024-07-02',
            entries: [
              [3, 0, 1],
              [-1, 1, 1],
            ],
            rowCauses: Uint32Array.of(ROW_HAS_OPEN, 1),
          },
        ],
      },
    })
    store.addSymbol('run-1', { symbol: 'IBM', result: {}, causes: null })
    expect(store.causes('run-1').size).toBe(0)
    store.finish('run-1', resultOf('run-1'))
    expect([...store.causes('run-1')]).toEqual([
      ['IBM', null],
      ['SPY', [cause]],
    ])
    expect([...store.attributions('run-1')].map(({ symbol, entries }) => [symbol, entries])).toEqual([
      ['IBM', null],
      [
        'SPY',
        [
          [3, 0, 1],
          [-1, 1, 1],
        ],
      ],
    ])
    expect(store.sessionRows('run-1', 'SPY', '2024-07-02').causes).toEqual(Uint32Array.of(2 ** 31, 1))
    expect(store.sessionRows('run-1', 'IBM', '2024-07-02').causes).toBeNull()
    expect(() => store.sessionRows('run-1', 'SPY', '2024-07-03')).toThrow('did not compare SPY on 2024-07-03')
  })

  test('that is thrown away leaves nothing behind', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02')])
    store.discard('run-1')
    store.begin(startOf('run-1'), 2000)
    store.finish('run-1', resultOf('run-1'))
    expect(store.sessions('run-1')).toEqual([])
  })

  test('never changes once it is finished', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-02')])
    store.finish('run-1', resultOf('run-1'))
    const before = [store.run('run-1'), [...store.rows('run-1')]]
    store.finish('run-1', { ...resultOf('run-1'), sessions: 99 })
    store.discard('run-1')
    expect(() => store.begin(startOf('run-1'), 3000)).toThrow(/UNIQUE/)
    expect(() => store.addSessions('run-1', [sessionOf('IBM', '2024-07-02')])).toThrow(/is finished/)
    expect([store.run('run-1'), [...store.rows('run-1')]]).toEqual(before)
  })

  test('goes when the next one begins, if the engine died over it', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    store.addSessions('run-1', [sessionOf('SPY', '2024-07-01')])
    store.begin(startOf('run-2'), 2000)
    expect(() => store.addSessions('run-1', [sessionOf('SPY', '2024-07-02')])).toThrow(/not begun/)
    store.addSessions('run-2', [sessionOf('SPY', '2024-07-02')])
    store.finish('run-2', resultOf('run-2'))
    expect(store.summary()).toMatchObject({ runs: 1, sessions: 1 })
  })

  test('takes sessions all or nothing', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1000)
    expect(() => store.addSessions('run-1', [sessionOf('SPY', '2024-07-02'), sessionOf('SPY', '2024-07-02')])).toThrow(
      /UNIQUE/,
    )
    store.finish('run-1', resultOf('run-1'))
    expect(store.sessions('run-1')).toEqual([])
  })

  test('must be begun before it takes sessions', () => {
    expect(() => newStore().addSessions('run-1', [sessionOf('SPY', '2024-07-02')])).toThrow(/was not begun/)
  })
})

test('runs come newest first', () => {
  const store = newStore()
  for (const [runId, createdAtMs] of [
    ['b', 2000],
    ['a', 1000],
    ['d', 3000],
    ['c', 3000],
  ] as const) {
    store.begin(startOf(runId), createdAtMs)
    store.finish(runId, resultOf(runId))
  }
  expect(store.runs().map(({ runId }) => runId)).toEqual(['d', 'c', 'b', 'a'])
  expect(store.runs(2).map(({ runId }) => runId)).toEqual(['d', 'c'])
})

describe('the features of a run', () => {
  const counts = {
    minutes: {
      common: 2,
      oldOnly: 0,
      newOnly: 0,
      equal: 1,
      withinTolerance: 0,
      different: 1,
      nullVersusValue: 1,
      notSettled: 0,
    },
    byFeature: {
      rsi: { common: 2, oldOnly: 0, newOnly: 0, equal: 1, withinTolerance: 0, different: 0, nullVersusValue: 1 },
    },
  }
  const session = {
    symbol: 'SPY',
    sessionDate: '2024-07-02',
    state: 'out-of-date' as const,
    oldHash: 'old',
    newHash: 'new',
    counts,
    rowCount: 1,
    blobs: {
      ts: encodeTimes(column([OPEN_TS])),
      class: Uint8Array.of(2),
      old_values: encodeDoubles(column([NaN])),
      new_values: encodeDoubles(column([50])),
    },
  }
  const pages = [{ dimension: 'all', field: 'rsi', profiles: { all: { n: 1 } } }]

  test('come back once it is finished, and not before', () => {
    const store = newStore()
    store.begin(startOf('run-1'), 1)
    store.features.addSessions('run-1', [session])
    store.features.addProfiles('run-1', pages)
    expect(store.features.sessions('run-1')).toEqual([])
    expect([...store.features.rows('run-1')]).toEqual([])
    expect(store.features.profiles('run-1', 'all', 'rsi')).toBeUndefined()
    store.finish('run-1', resultOf('run-1'))
    const { symbol, sessionDate, state } = session
    expect(store.features.sessions('run-1')).toEqual([{ symbol, sessionDate, state, counts }])
    expect([...store.features.rows('run-1', 'SPY')]).toEqual([
      {
        symbol,
        sessionDate,
        counts,
        ts: column([OPEN_TS]),
        class: Uint8Array.of(2),
        oldValues: column([NaN]),
        newValues: column([50]),
      },
    ])
    expect([...store.features.rows('run-1', 'IBM')]).toEqual([])
    expect(store.features.profiles('run-1', 'all', 'rsi')).toEqual({ all: { n: 1 } })
    expect(store.features.profiles('run-1', 'day', 'rsi')).toBeUndefined()
  })

  test('do not change any more then, and go with a run that is thrown away', () => {
    const store = newStore()
    expect(errorOf(() => store.features.addSessions('run-1', [session])).message).toContain('was not begun')
    store.begin(startOf('run-1'), 1)
    store.features.addSessions('run-1', [session])
    store.discard('run-1')
    store.begin(startOf('run-1'), 2)
    store.finish('run-1', resultOf('run-1'))
    expect(store.features.sessions('run-1')).toEqual([])
    expect(errorOf(() => store.features.addProfiles('run-1', pages)).message).toContain('is finished')
  })
})
