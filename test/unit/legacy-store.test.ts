import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeBars, hashBars } from '#main/stores/bar-blocks.ts'
import { openReadable } from '#main/stores/database.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { epochDayToDate } from '#shared/time.ts'
import {
  type ImportedSession,
  type LegacyImport,
  LegacyStore,
  type RejectedRow,
  type SymbolChange,
  WritableLegacyStore,
} from '#main/stores/legacy-store.ts'
import { barsOf, OPEN_TS } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableLegacyStore {
  const store = new WritableLegacyStore(join(folder, `legacy-${files++}.db`))
  open.push(store)
  return store
}

const IMPORT: LegacyImport = {
  symbol: 'SPY',
  file: '../old/{symbol}.csv',
  sha256: 'file-1',
  descriptionHash: 'description-1',
  rows: 1,
  rejected: 0,
}

const sessionOf = (sessionDate: string, close: number): { sessionDate: string; bars: ReturnType<typeof barsOf> } => ({
  sessionDate,
  bars: barsOf([{ ts: OPEN_TS, close, vwap: NaN, tradeCount: NaN }]),
})

const EVER = ['0000-00-00', '9999-99-99'] as const

/** What the imports `importIds` say of `dates`: 390 bars each, the first minute later by one for every further import. */
function* sessionsOf(
  importIds: readonly number[],
  dates: readonly string[],
  close: number,
): Generator<ImportedSession> {
  for (const [i, importId] of importIds.entries()) {
    const bars = barsOf(
      Array.from({ length: 390 }, (_, minute) => ({ ts: OPEN_TS + 60 * (minute + i), close: close + i })),
    )
    for (const sessionDate of dates) {
      yield { importId, sessionDate, bars, features: new Map(), duplicates: [] }
    }
  }
}

function begin(store: WritableLegacyStore, ...names: readonly string[]): number[] {
  return names.map((file) => store.begin({ file, symbol: 'SPY', descriptionHash: 'd' }, 1))
}

const changeOf = (sessions: Iterable<ImportedSession>, replaced: readonly number[] = []): SymbolChange => ({
  symbol: 'SPY',
  replaced,
  sessions,
  completed: () => [],
  retired: replaced,
  nowMs: 1,
})

describe('a change that is stored step by step', () => {
  const dates = ['2024-07-01', '2024-07-02']

  test('is seen when it is whole, and not at all when a pause ends it', async () => {
    const store = newStore()
    const reader = new LegacyStore(store.file)
    open.push(reader)
    const closes = (): unknown[] => [...reader.blocks('SPY', ...EVER)].map(({ bars }) => bars.close[0])
    const [one] = begin(store, 'a')
    await store.apply(changeOf(sessionsOf([one], dates, 1)), () => undefined)
    const [two] = begin(store, 'a')
    const seen: unknown[] = []
    await store.apply(changeOf(sessionsOf([two], dates, 2), [one]), async () => {
      await Promise.resolve()
      seen.push(closes())
    })
    expect(seen).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(closes()).toEqual([2, 2])
    const [three] = begin(store, 'a')
    const stopped = store.apply(changeOf(sessionsOf([three], dates, 3), [two]), () => {
      throw new Error('stopped')
    })
    await expect(stopped).rejects.toThrow('stopped')
    expect(closes()).toEqual([2, 2])
    // The store can be written to afterwards.
    await store.apply(changeOf(sessionsOf([three], dates, 3), [two]), () => undefined)
    expect(closes()).toEqual([3, 3])
  })

  test('puts sessions together that are too many to be held in memory', async () => {
    const store = newStore()
    const many = Array.from({ length: 700 }, (_, day) => epochDayToDate(19_000 + day))
    const [a, b] = begin(store, 'a', 'b')
    await store.apply(changeOf(sessionsOf([a, b], many, 1)), () => undefined)
    const blocks = [...store.blocks('SPY', ...EVER)]
    expect(blocks).toHaveLength(700)
    // The first minute is of a alone; every other is as b, the later file, has it.
    for (const { bars } of blocks) expect([...bars.close]).toEqual([1, ...Array.from({ length: 390 }, () => 2)])
    // Without b again, and without anything of a in the last 350 sessions.
    const [again] = begin(store, 'a')
    await store.apply(changeOf(sessionsOf([again], many.slice(0, 350), 7), [a, b]), () => undefined)
    expect(
      [...store.blocks('SPY', ...EVER)].map(({ sessionDate, bars }) => [sessionDate, new Set(bars.close)]),
    ).toEqual(many.slice(0, 350).map((date) => [date, new Set([7])]))
  })
})

describe('an import', () => {
  test('comes back with its sessions', () => {
    const store = newStore()
    store.replaceSymbol(IMPORT, [sessionOf('2024-07-02', 10), sessionOf('2024-07-01', 9)], [], 5)
    expect(store.latestImport('SPY')).toEqual(IMPORT)
    expect(store.latestImport('IBM')).toBeUndefined()
    expect(store.sessionDates('SPY', ...EVER)).toEqual(['2024-07-01', '2024-07-02'])
    expect(store.block('SPY', '2024-07-02')).toEqual({
      symbol: 'SPY',
      sessionDate: '2024-07-02',
      contentHash: hashBars(encodeBars(sessionOf('2024-07-02', 10).bars)),
      bars: sessionOf('2024-07-02', 10).bars,
    })
    expect(store.block('SPY', '2024-07-03')).toBeUndefined()
  })

  test('takes the place of everything that was known of its symbol, and of nothing else', () => {
    const store = newStore()
    store.replaceSymbol({ ...IMPORT, symbol: 'IBM' }, [sessionOf('2024-07-01', 5)], [], 1)
    store.replaceSymbol(IMPORT, [sessionOf('2024-07-01', 9), sessionOf('2024-07-02', 10)], [], 2)
    store.replaceSymbol({ ...IMPORT, sha256: 'file-2' }, [sessionOf('2024-07-02', 11)], [], 3)
    expect([...store.blocks('SPY', ...EVER)].map(({ sessionDate, bars }) => [sessionDate, bars.close[0]])).toEqual([
      ['2024-07-02', 11],
    ])
    expect(store.sessionDates('IBM', ...EVER)).toEqual(['2024-07-01'])
    expect(store.latestImport('SPY')?.sha256).toBe('file-2')
    expect(store.summary()).toEqual({
      symbols: 2,
      sessions: 2,
      bars: 2,
      firstSession: '2024-07-01',
      lastSession: '2024-07-02',
      updatedAtMs: 3,
    })
    expect(store.symbols()).toEqual(['IBM', 'SPY'])
    expect([...store.sessionsBySymbol()]).toEqual([
      ['IBM', 1],
      ['SPY', 1],
    ])
  })

  test('is all or nothing when a row cannot be written', () => {
    const store = newStore()
    const reject = { line: 3, reason: 'r', text: 't' }
    store.replaceSymbol(IMPORT, [sessionOf('2024-07-01', 9)], [reject], 2)
    expect(() =>
      store.replaceSymbol({ ...IMPORT, sha256: 'file-2' }, [sessionOf('2024-07-01', 8)], [reject, reject], 3),
    ).toThrow(/UNIQUE/)
    expect(store.latestImport('SPY')).toEqual(IMPORT)
    expect(store.block('SPY', '2024-07-01')?.bars.close[0]).toBe(9)
    expect(store.rejected({ limit: 10 })).toHaveLength(1)
  })

  test('shows the refused rows of the newest import of each symbol only', () => {
    const store = newStore()
    const reject = (line: number): { line: number; reason: string; text: string } => ({
      line,
      reason: `reason ${line}`,
      text: 'a,b',
    })
    store.replaceSymbol(IMPORT, [], [reject(2), reject(9)], 1)
    store.replaceSymbol({ ...IMPORT, symbol: 'IBM', file: '../old/IBM.csv' }, [], [reject(7)], 2)
    store.replaceSymbol(IMPORT, [], [reject(12), reject(4)], 3)
    expect(store.rejected({ limit: 10 }).map(({ file, line }) => [file, line])).toEqual([
      ['../old/IBM.csv', 7],
      ['../old/{symbol}.csv', 4],
      ['../old/{symbol}.csv', 12],
    ])
    expect(store.rejected({ limit: 1 })).toEqual([
      { file: '../old/IBM.csv', line: 7, reason: 'reason 7', text: 'a,b', isDuplicate: false },
    ])
  })

  test('keeps no refused rows of imports that it takes the place of', () => {
    const file = join(folder, 'refused.db')
    const store = new WritableLegacyStore(file)
    const reject = (line: number): RejectedRow => ({ line, reason: 'r', text: 't' })
    store.replaceSymbol({ ...IMPORT, symbol: 'IBM' }, [], [reject(7)], 1)
    store.replaceSymbol(IMPORT, [], [reject(2), reject(9)], 2)
    store.replaceSymbol(IMPORT, [], [reject(4)], 3)
    store.close()
    const database = openReadable(file, LAYERS.legacy)
    expect(database.prepare('select line from legacy_rejects order by line').pluck().all()).toEqual([4, 7])
    expect(database.prepare('select count(*) from legacy_imports').pluck().get()).toBe(3)
    database.close()
  })

  test('is seen by a second connection that only reads', () => {
    const store = newStore()
    store.replaceSymbol(IMPORT, [sessionOf('2024-07-01', 9)], [], 1)
    const reader = new LegacyStore(store.file)
    open.push(reader)
    expect(reader.symbols()).toEqual(['SPY'])
  })
})

describe('legacy features', () => {
  const SECOND = OPEN_TS + 60
  const OUTCOME = {
    sha256: 'file-1',
    bytes: 1,
    stamp: null,
    rowsInFile: 2,
    rows: 2,
    rejected: 0,
    duplicates: 0,
    blank: 0,
    otherSymbols: 0,
    clockChanges: { refused: 0, decided: 0 },
    firstTs: null,
    lastTs: null,
    doubts: [],
  }

  async function storeWith(
    sessions: Readonly<Record<string, ReadonlyMap<string, Float64Array>>>,
  ): Promise<WritableLegacyStore> {
    const store = newStore()
    const importId = store.begin(IMPORT, 1)
    const imported = Object.entries(sessions).map(([sessionDate, features]) => ({
      importId,
      sessionDate,
      bars: barsOf([{ ts: OPEN_TS }, { ts: SECOND }]),
      features,
      duplicates: [],
    }))
    const completed = (): { importId: number; outcome: typeof OUTCOME }[] => [{ importId, outcome: OUTCOME }]
    const change = { symbol: 'SPY', replaced: [], sessions: imported, completed, retired: [], nowMs: 2 }
    await store.apply(change, () => undefined)
    return store
  }

  const RSI = Float64Array.of(NaN, 50)
  const store = (): Promise<WritableLegacyStore> =>
    storeWith({
      '2024-07-01': new Map([['RSI', RSI]]),
      '2024-07-02': new Map([
        ['RSI', RSI],
        ['ema', Float64Array.of(1, 2)],
        ['notes', Float64Array.of(3, 4)],
      ]),
      '2024-07-03': new Map(),
    })

  test('are named over all sessions, and found by the dates that have one of them', async () => {
    const found = await store()
    expect(found.featureNames()).toEqual(['RSI', 'ema', 'notes'])
    expect(found.featureDates('SPY', ...EVER, ['RSI', 'other'])).toEqual(['2024-07-01', '2024-07-02'])
    expect(found.featureDates('SPY', ...EVER, ['ema'])).toEqual(['2024-07-02'])
    expect(found.featureDates('IBM', ...EVER, ['ema'])).toEqual([])
    expect(newStore().featureNames()).toEqual([])
  })

  test('come with the times of their bars, those alone that are asked for', async () => {
    const found = await store()
    const block = found.featureBlock('SPY', '2024-07-02', ['ema', 'RSI', 'other'])
    expect(block?.ts).toEqual(Float64Array.of(OPEN_TS, SECOND))
    expect(block?.columns).toEqual(
      new Map([
        ['RSI', RSI],
        ['ema', Float64Array.of(1, 2)],
      ]),
    )
    expect(found.featureBlock('SPY', '2024-07-03', ['ema'])).toBeUndefined()
    expect(found.featureBlock('SPY', '2024-07-01', ['ema'])).toBeUndefined()
  })

  test('have another hash with another value, and the same whatever else there is', async () => {
    const hash = (own: WritableLegacyStore): string | undefined =>
      own.featureBlock('SPY', '2024-07-01', ['RSI'])?.contentHash
    expect(hash(await store())).toMatch(/^[0-9a-f]{64}$/)
    expect(
      hash(
        await storeWith({
          '2024-07-01': new Map([
            ['RSI', RSI],
            ['more', RSI],
          ]),
        }),
      ),
    ).toBe(hash(await store()))
    expect(hash(await storeWith({ '2024-07-01': new Map([['RSI', Float64Array.of(NaN, 51)]]) }))).not.toBe(
      hash(await store()),
    )
  })
})
