import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import type { Tolerances } from '#main/compare/tolerances.ts'
import { compareSymbol } from '#main/jobs/compute/compare-symbol.ts'
import type { CompareBatch, CompareTask } from '#main/jobs/compute/compute-task.ts'
import { type LegacyImport, WritableLegacyStore } from '#main/stores/legacy-store.ts'
import { barsOf, OPEN_TS, SESSION, type TestBar } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableLegacyStore {
  const store = new WritableLegacyStore(join(folder, `bars-${files++}.db`))
  open.push(store)
  return store
}

const IMPORT: LegacyImport = {
  symbol: 'SPY',
  file: 'SPY.csv',
  sha256: 'file',
  descriptionHash: 'description',
  rows: 1,
  rejected: 0,
}

type Days = Readonly<Record<string, readonly TestBar[]>>

function put(store: WritableLegacyStore, days: Days): void {
  const sessions = Object.entries(days).map(([sessionDate, rows]) => ({ sessionDate, bars: barsOf(rows) }))
  store.replaceSymbol(IMPORT, sessions, [], 1)
}

const EXACT = Object.fromEntries(COMPARED_FIELDS.map((field) => [field, { abs: 0, rel: 0 }])) as Tolerances

function taskOf(old: WritableLegacyStore, fresh: WritableLegacyStore, more: Partial<CompareTask> = {}): CompareTask {
  const hours: readonly Session[] = [SESSION]
  return {
    kind: 'compare',
    legacyFile: old.file,
    newSide: { kind: 'legacy', file: fresh.file, sessions: hours },
    symbol: 'SPY',
    from: '2024-01-01',
    to: '2024-12-31',
    tolerances: { open: EXACT, middle: EXACT, close: EXACT, openMinutes: 5, closeMinutes: 5 },
    unsettledFromTs: null,
    sample: null,
    largestDifferences: 5,
    hours,
    tickSize: null,
    ...more,
  }
}

/** Differences of the sessions as the comparison counts them, and as the search for causes does. */
function differencesOf(batches: readonly CompareBatch[]): { counted: number[]; searched: number[] } {
  const inCounts = ({ fields, oldOnly, newOnly }: ComparisonCounts): number =>
    Object.values(fields).reduce(
      (sum, { different, nullVersusValue }) => sum + different + nullVersusValue,
      oldOnly + newOnly,
    )
  return {
    counted: batches
      .flatMap((batch) => (batch.kind === 'sessions' ? batch.sessions : []))
      .map((s) => inCounts(s.counts)),
    searched: batches
      .flatMap((batch) => (batch.kind === 'symbol' ? (batch.symbol.causes?.sessions ?? []) : []))
      .map(({ entries }) => entries.reduce((sum, [, , count]) => sum + count, 0)),
  }
}

const minutes = (count: number, more: (i: number) => Partial<TestBar> = () => ({})): TestBar[] =>
  Array.from({ length: count }, (_, i) => ({ ts: OPEN_TS + 60 * i, close: 10 + i / 100, ...more(i) }))

describe('what is searched for causes', () => {
  test('is what was compared, although an import puts something else in its place meanwhile', () => {
    const [old, fresh] = [newStore(), newStore()]
    put(fresh, { [SESSION.date]: minutes(30) })
    put(old, { [SESSION.date]: minutes(30, (i) => (i < 4 ? { volume: 7 } : {})) })
    const batches: CompareBatch[] = []
    for (const { batch } of compareSymbol(taskOf(old, fresh))) {
      batches.push(batch)
      put(old, { [SESSION.date]: minutes(25, () => ({ volume: 7 })) })
    }
    expect(differencesOf(batches)).toEqual({ counted: [4], searched: [4] })
  })

  test('is told of the session that it is of, in whatever order sessions are open', () => {
    const [old, fresh] = [newStore(), newStore()]
    const later = OPEN_TS + 86_400
    // The earlier date has the later hours.
    const hours: readonly Session[] = [
      { ...SESSION, date: '2024-07-01', openTs: later, closeTs: SESSION.closeTs + 86_400 },
      { ...SESSION, date: '2024-07-02' },
    ]
    const days = (volume: number): Days => ({
      '2024-07-01': minutes(10, (i) => ({ ts: later + 60 * i })),
      '2024-07-02': minutes(10, (i) => (i < 3 ? { volume } : {})),
    })
    put(fresh, days(100))
    put(old, days(7))
    const newSide = { kind: 'legacy', file: fresh.file, sessions: hours } as const
    const batches = Array.from(compareSymbol(taskOf(old, fresh, { hours, newSide })), ({ batch }) => batch)
    expect(differencesOf(batches)).toEqual({ counted: [0, 3], searched: [0, 3] })
  })

  test('are the settled minutes of a day without a session, each once', () => {
    const [old, fresh] = [newStore(), newStore()]
    put(old, { '2024-07-06': minutes(10, (i) => ({ ts: OPEN_TS + 4 * 86_400 + 60 * i })) })
    put(fresh, {})
    const unsettledFromTs = OPEN_TS + 4 * 86_400 + 420
    const batches = Array.from(compareSymbol(taskOf(old, fresh, { unsettledFromTs })), ({ batch }) => batch)
    expect(differencesOf(batches)).toEqual({ counted: [7], searched: [7] })
  })

  test('does not have a field of which one side has nothing but values that are not settled', () => {
    const [old, fresh] = [newStore(), newStore()]
    put(fresh, { [SESSION.date]: minutes(10) })
    put(old, { [SESSION.date]: minutes(10, (i) => ({ volume: 7, vwap: i < 8 ? NaN : 10, tradeCount: NaN })) })
    const unsettledFromTs = OPEN_TS + 480
    const batches = Array.from(compareSymbol(taskOf(old, fresh, { unsettledFromTs })), ({ batch }) => batch)
    expect(differencesOf(batches)).toEqual({ counted: [8], searched: [8] })
  })
})
