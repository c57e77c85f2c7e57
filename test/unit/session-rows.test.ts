import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type GatheredSession, RowGatherer } from '#main/legacy/session-rows.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()

/** Gathers rows `[import, session, ts, line, close, feature]` and takes those of import 1. */
function gather(rows: readonly (readonly number[])[], mostDoubles: number): readonly GatheredSession[] {
  const scratch = join(folder, 'scratch.tmp')
  const gatherer = new RowGatherer(scratch, mostDoubles)
  for (const [importId, session, ts, line, close, feature] of rows) {
    gatherer
      .rowsOf(importId, 'SPY', `2024-07-0${session}`, 8)
      .add(Float64Array.of(ts, line, 1, 1, 1, close, 1, feature))
  }
  const sessions = [...gatherer.take(1, 'SPY', 8)]
  expect([...gatherer.take(1, 'SPY', 8)]).toEqual([])
  expect(existsSync(scratch)).toBe(mostDoubles < 1_000)
  gatherer.close()
  expect(existsSync(scratch)).toBe(false)
  return sessions
}

test('rows that waited on the disk come out as those that stayed in memory', () => {
  const rows = Array.from({ length: 3_000 }, (_, i) => [
    1 + (i % 2),
    1 + (i % 7),
    60 * ((i * 7_919) % 500),
    i,
    i / 8,
    i % 3 === 0 ? NaN : i,
  ])
  const inMemory = gather(rows, 1e9)
  expect(gather(rows, 10)).toEqual(inMemory)
  const own = rows.filter(([importId, session]) => importId === 1 && session === 3)
  // Of every minute the row of the last line counts.
  const last = new Map(own.map((row) => [row[2], row]))
  const [, , third] = inMemory
  expect(third.sessionDate).toBe('2024-07-03')
  expect([...third.bars.ts]).toEqual([...last.keys()].sort((a, b) => a - b))
  expect([...third.bars.close]).toEqual([...third.bars.ts].map((ts) => last.get(ts)?.[4]))
  expect([...third.features[0]]).toEqual([...third.bars.ts].map((ts) => last.get(ts)?.[5]))
  expect(third.superseded).toHaveLength(own.length - last.size)
})
