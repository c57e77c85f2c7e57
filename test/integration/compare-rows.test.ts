import { beforeAll, describe, expect, test } from 'vitest'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { CompareRow } from '#shared/contract/causes.ts'
import type { FieldCounts } from '#shared/jobs/job-kinds.ts'
import { RowClass } from '#main/compare/compare-session.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { ComparisonSession } from '#main/stores/comparison-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import { newWorkspace, openEngine, operatorErrorOf } from './workspace-fixtures.ts'

let engine: Engine
let client: EngineClient

const OPEN_TS = Date.UTC(2024, 6, 1, 13, 30) / 1000
const dateOf = (day: number): string => new Date((OPEN_TS + 86_400 * day) * 1000).toISOString().slice(0, 10)
const NO_FIELD: FieldCounts = { equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }
const NO_COUNTS = {
  common: 0,
  oldOnly: 0,
  newOnly: 0,
  equal: 0,
  withinTolerance: 0,
  different: 0,
  nullVersusValue: 0,
  duplicateKeys: 0,
  notSettled: 0,
}
const BARS = ['open', 'high', 'low', 'close', 'volume']

interface Row {
  readonly class?: number
  readonly old: readonly number[]
  readonly fresh: readonly number[]
}

/** A session whose rows are a minute apart; only `compared` fields were compared. */
function sessionOf(symbol: string, day: number, rows: readonly Row[], compared = BARS): ComparisonSession {
  const openTs = OPEN_TS + 86_400 * day
  const columns = (side: 'old' | 'fresh'): Float64Array =>
    Float64Array.from(COMPARED_FIELDS.flatMap((_field, f) => rows.map((row) => row[side][f])))
  return {
    symbol,
    sessionDate: dateOf(day),
    oldHash: null,
    newHash: null,
    openTs,
    closeTs: openTs + 23_400,
    counts: {
      ...NO_COUNTS,
      common: rows.length,
      fields: Object.fromEntries(compared.map((field) => [field, NO_FIELD])),
    },
    rowCount: rows.length,
    blobs: {
      ts: encodeTimes(Float64Array.from(rows, (_row, i) => openTs + 60 * i)),
      class: Uint8Array.from(rows, (row) => row.class ?? RowClass.Different),
      old_values: encodeDoubles(columns('old')),
      new_values: encodeDoubles(columns('fresh')),
    },
  }
}

/** Closes of 100 on the old side; the new ones are so much higher. The new side alone has vwap and trade count. */
const closeOff = (by: number): Row => ({
  old: [100, 100, 100, 100, 500, NaN, NaN],
  fresh: [100, 100, 100, 100 + by, 500, 100.01, 7],
})

/** Stores a finished run as one that no causes were looked for in. */
function putRun(runId: string, sessions: readonly ComparisonSession[]): void {
  const { comparisons } = engine.stores
  const dates = sessions.map(({ sessionDate }) => sessionDate).sort()
  const symbols = [...new Set(sessions.map(({ symbol }) => symbol))]
  comparisons.begin(
    {
      runId,
      from: dates[0],
      to: dates[dates.length - 1],
      symbols,
      oldPipeline: 'script',
      settings: '{}',
      codeVersion: '1.0.0',
      sample: null,
    },
    1,
  )
  comparisons.addSessions(runId, sessions)
  comparisons.finish(runId, {
    runId,
    sessions: sessions.length,
    oldRuns: null,
    sample: null,
    counts: { ...NO_COUNTS, fields: {} },
    errors: {},
    tests: [],
    largest: [],
    found: null,
    features: null,
  })
}

beforeAll(() => {
  ;({ engine, client } = openEngine(newWorkspace({ symbols: ['SPY', 'AAPL'] })))
})

const closes = (rows: readonly CompareRow[]): number[] => rows.map(({ fresh }) => (fresh['close'] ?? NaN) - 100)

describe('rows of a run', () => {
  test('come in the order of what was compared, whatever one side has besides', async () => {
    putRun('one-sided', [sessionOf('SPY', 0, [closeOff(1), closeOff(4), closeOff(2)])])
    const { rows } = await client.compare.rows({ runId: 'one-sided' })
    expect(closes(rows)).toEqual([4, 2, 1])
    expect(rows.map(({ unequal }) => unequal)).toEqual([['close'], ['close'], ['close']])
    expect((await client.compare.rows({ runId: 'one-sided', field: 'vwap' })).total).toBe(0)
    expect((await client.compare.rows({ runId: 'one-sided', leastDifference: 2 })).total).toBe(2)
  })

  test('have an empty value against a value first, where the field was compared', async () => {
    const gone: Row = { old: [100, 100, 100, 100, NaN, 1, 1], fresh: [100, 100, 100, 100, 500, 1, 1] }
    putRun('empty', [sessionOf('SPY', 0, [closeOff(1), gone])])
    const { rows } = await client.compare.rows({ runId: 'empty' })
    expect(rows.map(({ unequal }) => unequal)).toEqual([['volume'], ['close']])
  })

  test('of a run from before causes were looked for are all there, and open', async () => {
    putRun('before', [sessionOf('SPY', 0, [closeOff(1)]), sessionOf('AAPL', 0, [closeOff(2)])])
    const { total, rows } = await client.compare.rows({ runId: 'before', order: 'time' })
    expect([total, rows.map(({ symbol, state, causeKeys }) => [symbol, state, causeKeys])]).toEqual([
      2,
      [
        ['AAPL', 'open', []],
        ['SPY', 'open', []],
      ],
    ])
    expect((await client.compare.rows({ runId: 'before', symbols: ['SPY'] })).total).toBe(1)
    expect((await client.compare.rows({ runId: 'before', causeKey: 'time_shift:60' })).total).toBe(0)
  })

  test('keep their order over pages, equally large ones included, and end where they end', async () => {
    const sizes = [3, 1, 3, 2, 3, 1, 3]
    putRun(
      'ties',
      [0, 1, 2].map((day) => sessionOf('SPY', day, sizes.map(closeOff))),
    )
    const all: CompareRow[] = []
    for (let offset = 0; offset < 24; offset += 2) {
      const page = await client.compare.rows({ runId: 'ties', offset, limit: 2 })
      expect(page.total).toBe(21)
      all.push(...page.rows)
    }
    // Largest first; of equal ones the earlier ones.
    const expected = [3, 2, 1].flatMap((size) =>
      [0, 1, 2].flatMap((day) =>
        sizes.flatMap((own, minute) => (own === size ? [OPEN_TS + 86_400 * day + 60 * minute] : [])),
      ),
    )
    expect(all.map(({ ts }) => ts)).toEqual(expected)
    expect((await client.compare.rows({ runId: 'ties', offset: 500_000 })).rows).toEqual([])
    expect(await operatorErrorOf(client.compare.rows({ runId: 'ties', offset: 1_000_000 }))).toMatchObject({
      code: 'BAD_ARGUMENTS',
    })
    expect(await operatorErrorOf(client.compare.rows({ runId: 'none' }))).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('leave the engine time for everything else while they are looked through', async () => {
    const rows = Array.from({ length: 390 }, (_, i) => closeOff(1 + (i % 97)))
    const sessions = Array.from({ length: 300 }, (_, day) => sessionOf('SPY', day, rows))
    putRun('many', sessions)
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    const page = await client.compare.rows({ runId: 'many', limit: 1 })
    isDone = true
    expect(page.total).toBe(300 * 390)
    expect(closes(page.rows)).toEqual([97])
    expect(turns).toBeGreaterThan(1)
  })
})
