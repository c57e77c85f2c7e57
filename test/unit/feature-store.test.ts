import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import {
  encodeFeatures,
  type FeatureSession,
  FeatureStore,
  hashFeatures,
  type RegisteredFeatureSet,
  WritableFeatureStore,
} from '#main/stores/feature-store.ts'
import { column, OPEN_TS } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableFeatureStore {
  const store = new WritableFeatureStore(join(folder, `features-${files++}.db`))
  open.push(store)
  return store
}

const SET: RegisteredFeatureSet = {
  name: 'features_price_1m_v1',
  definitionHash: 'definition-1',
  definition: '{"name":"features_price_1m_v1"}',
  columns: ['log_return_1', 'rsi_14'],
}

function sessionOf(symbol: string, sessionDate: string, values: readonly (readonly number[])[]): FeatureSession {
  const blobs = encodeFeatures(
    Float64Array.from(values[0] ?? [], (_value, i) => OPEN_TS + 60 * i),
    values.map(column),
  )
  return {
    symbol,
    sessionDate,
    count: values[0]?.length ?? 0,
    inputsHash: `inputs of ${symbol} ${sessionDate}`,
    contentHash: hashFeatures(blobs, SET.columns),
    blobs,
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

function tablesOf(store: FeatureStore): unknown[] {
  const database = new Sqlite(store.file, { readonly: true })
  open.push(database)
  return database.prepare("select name from sqlite_schema where type = 'table' order by name").pluck().all()
}

describe('a feature set', () => {
  test('is registered once under its name', () => {
    const store = newStore()
    expect(store.set(SET.name)).toBeUndefined()
    store.register(SET, 1)
    store.register(SET, 2)
    expect(store.set(SET.name)).toEqual(SET)
    expect(store.setNames()).toEqual([SET.name])
  })

  test('with a changed definition is refused and what is stored stays', () => {
    const store = newStore()
    store.register(SET, 1)
    store.replaceSessions(SET, [sessionOf('SPY', '2024-07-02', [[1], [2]])], 'run-1', 1)
    const error = errorOf(() => store.register({ ...SET, definitionHash: 'definition-2' }, 2))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(SET.name)
    expect(error.hint).toMatch(/next version/)
    expect(store.set(SET.name)).toEqual(SET)
    expect(store.summary(SET).rows).toBe(1)
  })

  test.each([
    ['x; drop table feature_sets; --'],
    ['x" (a); drop table feature_sets; --'],
    ["x'"],
    ['x y'],
    ['x)'],
    ['X'],
    ['1x'],
    ['_x'],
    [''],
    ['x\n'],
    ['é'],
    ['x'.repeat(64)],
    ['symbol'],
    ['ts'],
    ['run_id'],
  ])('cannot be named %j, nor can a column', (name) => {
    const store = newStore()
    expect(errorOf(() => store.register({ ...SET, name }, 1)).code).toBe('CONFIG_INVALID')
    expect(errorOf(() => store.register({ ...SET, columns: ['fine', name] }, 1)).code).toBe('CONFIG_INVALID')
    expect(tablesOf(store)).toEqual(['feature_sets'])
  })

  test('may have columns whose names mean something in SQL', () => {
    const store = newStore()
    const set = { ...SET, columns: ['index', 'order', 'group', 'select', 'from'] }
    store.register(set, 1)
    store.replaceSessions(set, [sessionOf('SPY', '2024-07-02', [[1], [2], [3], [4], [5]])], 'run-1', 1)
    expect([...store.blocks(set, 'SPY', '2024-07-02', '2024-07-02')][0].columns.map(([value]) => value)).toEqual([
      1, 2, 3, 4, 5,
    ])
  })

  test.each(['feature_sets', 'sqlite_sequence_v1'])('cannot take the place of the table %s', (name) => {
    const store = newStore()
    expect(errorOf(() => store.register({ ...SET, name }, 1)).code).toBe('CONFIG_INVALID')
    expect(store.setNames()).toEqual([])
  })

  test('is not registered when its table cannot be made', () => {
    const store = newStore()
    expect(() => store.register({ ...SET, columns: ['twice', 'twice'] }, 1)).toThrow(/duplicate column/)
    expect(store.setNames()).toEqual([])
    expect(tablesOf(store)).toEqual(['feature_sets'])
  })
})

describe('the features of a session', () => {
  test('come back with their values, column by column', () => {
    const store = newStore()
    store.register(SET, 1)
    const written = sessionOf('SPY', '2024-07-02', [
      [NaN, 0.5, -0],
      [NaN, NaN, 70],
    ])
    store.replaceSessions(SET, [written], 'run-1', 1)
    const [block] = [...store.blocks(SET, 'SPY', '2024-07-02', '2024-07-02')]
    expect(block.ts).toEqual(column([OPEN_TS, OPEN_TS + 60, OPEN_TS + 120]))
    expect(block.columns).toEqual([column([NaN, 0.5, -0]), column([NaN, NaN, 70])])
    const { blobs: _blobs, ...info } = written
    expect(store.sessions(SET, 'SPY')).toEqual([info])
    const blobs = store.blobs(SET, 'SPY', '2024-07-02')
    expect(blobs && hashFeatures(blobs, SET.columns)).toBe(written.contentHash)
    expect(store.blobs(SET, 'SPY', '2024-07-03')).toBeUndefined()
  })

  test('replace what was there, all or nothing', () => {
    const store = newStore()
    store.register(SET, 1)
    store.replaceSessions(SET, [sessionOf('SPY', '2024-07-02', [[1], [1]])], 'run-1', 1)
    const good = sessionOf('SPY', '2024-07-02', [[2], [2]])
    const bad = { ...sessionOf('SPY', '2024-07-03', [[3], [3]]), inputsHash: null as unknown as string }
    expect(() => store.replaceSessions(SET, [good, bad], 'run-2', 2)).toThrow(/NOT NULL/)
    const valuesOf = (): (number | undefined)[] =>
      [...store.blocks(SET, 'SPY', '2024-01-01', '2024-12-31')].map(({ columns }) => columns[0][0])
    expect(valuesOf()).toEqual([1])
    store.replaceSessions(SET, [good], 'run-3', 3)
    expect(valuesOf()).toEqual([2])
  })

  test('are counted', () => {
    const store = newStore()
    store.register(SET, 1)
    expect(store.summary(SET)).toEqual({
      symbols: 0,
      sessions: 0,
      rows: 0,
      firstSession: null,
      lastSession: null,
      updatedAtMs: null,
    })
    store.replaceSessions(
      SET,
      [
        sessionOf('SPY', '2024-07-02', [
          [1, 2],
          [1, 2],
        ]),
        sessionOf('SPY', '2024-07-03', [[1], [1]]),
        sessionOf('IBM', '2024-07-01', [[], []]),
      ],
      'run-1',
      9,
    )
    expect(store.summary(SET)).toEqual({
      symbols: 2,
      sessions: 3,
      rows: 3,
      firstSession: '2024-07-01',
      lastSession: '2024-07-03',
      updatedAtMs: 9,
    })
    expect([...store.sessionsBySymbol(SET)]).toEqual([
      ['IBM', 1],
      ['SPY', 2],
    ])
    expect(store.symbols(SET)).toEqual(['IBM', 'SPY'])
  })

  test('have another hash when a column has another name', () => {
    const { blobs } = sessionOf('SPY', '2024-07-02', [[1], [2]])
    expect(hashFeatures(blobs, ['a', 'b'])).not.toBe(hashFeatures(blobs, ['a', 'c']))
    expect(hashFeatures(blobs, ['a', 'b'])).not.toBe(hashFeatures(blobs, ['b', 'a']))
  })
})
