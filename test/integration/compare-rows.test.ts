import { beforeAll, describe, expect, test } from 'vitest'
import type { CompareRow } from '#shared/contract/causes.ts'
import { RowClass } from '#main/compare/compare-session.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { closeOff, OPEN_TS, putRun, type Row, sessionOf } from './comparison-fixtures.ts'
import { newWorkspace, openEngine, operatorErrorOf } from './workspace-fixtures.ts'

let engine: Engine
let client: EngineClient

beforeAll(() => {
  ;({ engine, client } = openEngine(newWorkspace({ symbols: ['SPY', 'AAPL'] })))
})

const closes = (rows: readonly CompareRow[]): number[] => rows.map(({ fresh }) => (fresh['close'] ?? NaN) - 100)

test('a session of which nothing was settled is not in the grid as one that was compared', async () => {
  const young = sessionOf('SPY', 0, [{ ...closeOff(1), class: RowClass.NotSettled }])
  putRun(engine, 'young', [{ ...young, counts: { ...young.counts, common: 0, notSettled: 1 } }])
  const grid = await client.compare.grid({ runId: 'young' })
  expect([grid.compared, grid.total]).toEqual([[-1], [0]])
})

describe('rows of a run', () => {
  test('come in the order of what was compared, whatever one side has besides', async () => {
    putRun(engine, 'one-sided', [sessionOf('SPY', 0, [closeOff(1), closeOff(4), closeOff(2)])])
    const { rows } = await client.compare.rows({ runId: 'one-sided' })
    expect(closes(rows)).toEqual([4, 2, 1])
    expect(rows.map(({ unequal }) => unequal)).toEqual([['close'], ['close'], ['close']])
    expect((await client.compare.rows({ runId: 'one-sided', field: 'vwap' })).total).toBe(0)
    expect((await client.compare.rows({ runId: 'one-sided', leastDifference: 2 })).total).toBe(2)
  })

  test('have an empty value against a value first, where the field was compared', async () => {
    const gone: Row = { old: [100, 100, 100, 100, NaN, 1, 1], fresh: [100, 100, 100, 100, 500, 1, 1] }
    putRun(engine, 'empty', [sessionOf('SPY', 0, [closeOff(1), gone])])
    const { rows } = await client.compare.rows({ runId: 'empty' })
    expect(rows.map(({ unequal }) => unequal)).toEqual([['volume'], ['close']])
  })

  test('of a run from before causes were looked for are all there, and open', async () => {
    putRun(engine, 'before', [sessionOf('SPY', 0, [closeOff(1)]), sessionOf('AAPL', 0, [closeOff(2)])])
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
      engine,
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
    putRun(engine, 'many', sessions)
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
