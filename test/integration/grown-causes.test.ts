import { beforeAll, expect, test } from 'vitest'
import type { StoredCause } from '#shared/comparison/cause.ts'
import { OLD_ONLY } from '#main/compare/causes/attribute-differences.ts'
import { causeLines } from '#main/cli/commands/cause-commands.ts'
import { htmlReport } from '#main/compare/report/html-report.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { closeOff, putRun, type Row, sessionOf } from './comparison-fixtures.ts'
import { newWorkspace, openEngine } from './workspace-fixtures.ts'

let engine: Engine
let client: EngineClient

beforeAll(() => {
  ;({ engine, client } = openEngine(newWorkspace({ symbols: ['SPY', 'AAPL'] })))
})

const KEY = 'extended_hours'

/** A run of a hundred minutes of a symbol, of which so many are outside the hours. */
function putExtended(runId: string, symbol: string, outside: number): void {
  const rows: readonly Row[] = Array.from({ length: 100 }, () => closeOff(1))
  const session = sessionOf(symbol, 0, rows)
  const { sessionDate, counts } = session
  const cause: StoredCause = {
    kind: 'extended_hours',
    parameters: { beforeOpen: outside, afterClose: 0, inBreak: 0 },
    key: KEY,
    scope: { dates: null, fields: null },
    explained: outside,
    share: 1,
    restAfter: 0,
    fit: 1,
    samples: [],
    words: "The old side has bars outside the session's hours.",
  }
  putRun(engine, runId, [{ ...session, counts: { ...counts, common: 0, oldOnly: 100 } }], {
    [symbol]: {
      causes: [cause],
      sessions: [{ sessionDate, entries: [[OLD_ONLY, 1, outside]], rowCauses: new Uint32Array(100).fill(1) }],
    },
  })
}

const accept = (runId: string) =>
  client.compare.acceptCause({ runId, causeKey: KEY, reason: 'a few strays', author: 'Kim' })
const explained = async (runId: string): Promise<number> =>
  (await client.compare.causes({ runId })).differences.explained

test('a cause that has grown far beyond what was accepted waits again, wherever it is shown', async () => {
  putExtended('few', 'SPY', 3)
  putExtended('some', 'SPY', 6)
  putExtended('many', 'SPY', 80)
  expect((await accept('few')).extents).toEqual({ SPY: 0.03 })
  expect([await explained('few'), await explained('some'), await explained('many')]).toEqual([3, 6, 0])

  const found = await client.compare.causes({ runId: 'many' })
  expect(found.differences).toMatchObject({ waiting: 80, open: 0 })
  expect(found.causes[0].symbols).toMatchObject([{ symbol: 'SPY', extent: 0.8, isOutgrown: true }])
  const words = 'SPY: more than twice as large as when it was accepted; it waits again'
  expect(causeLines(found).map((line) => line.trim())).toContain(words)
  expect(htmlReport(await client.compare.report({ runId: 'many' }))).toContain('has grown in SPY and waits again')
  const grid = await client.compare.grid({ runId: 'many' })
  expect([grid.explained, grid.waiting]).toEqual([[0], [80]])
  expect((await client.compare.rows({ runId: 'many', state: 'explained' })).total).toBe(0)

  // A second look, and the larger one stands.
  await accept('many')
  expect([await explained('few'), await explained('many')]).toEqual([3, 80])
  expect((await client.compare.causes({ runId: 'many' })).causes[0].symbols[0].isOutgrown).toBe(false)
})

test('an end in the middle of a millisecond is refused, not kept by half', async () => {
  const ending = client.compare.acceptCause({
    runId: 'few',
    causeKey: KEY,
    reason: 'a few strays',
    author: 'Kim',
    expiresAtMs: 4e12 + 0.5,
  })
  await expect(ending).rejects.toThrow('Input validation failed')
})
