import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { beforeEach, describe, expect, test } from 'vitest'
import type { OldSource } from '#shared/contract/causes.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { newWorkspace, openEngine, resultOf } from './workspace-fixtures.ts'

let workspace: string
let engine: Engine
let client: EngineClient

const HEADER = 'ticker,datetime,open,high,low,close,volume'
const line = (time: string, close: number, symbol = 'SPY'): string =>
  [symbol, `2024-07-01T${time}:00Z`, close, close, close, close, 100].join(',')
/** Two days' files of the same two symbols. Both have 14:00 of SPY, the second one twice. */
const FIRST = [HEADER, line('14:00', 1), line('14:01', 2), line('14:01', 9, 'AAPL'), line('14:02', 3)]
const SECOND = [HEADER, line('14:00', 9, 'AAPL'), line('14:00', 5), line('14:00', 6), line('14:03', 7)]

const BARS = { symbol: 'column', symbolColumn: 'ticker', zone: 'UTC', timeFormat: 'iso' }
const describeAs = (bars: object, description: object = {}): object => ({
  name: 'script',
  bars: { ...BARS, ...bars, ...description },
})

const write = (name: string, content: string): void => writeFileSync(join(workspace, 'old', name), content)
const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`

/** Imports the files of `old/` as described. */
async function imported(bars: object): Promise<void> {
  workspace = newWorkspace({ symbols: ['SPY', 'AAPL'], more: { oldPipeline: describeAs(bars) } })
  mkdirSync(join(workspace, 'old'))
  ;({ engine, client } = openEngine(workspace))
}

const sourceOf = async (time: string, symbol = 'SPY'): Promise<OldSource['sources']> => {
  const ts = Date.parse(`2024-07-01T${time}Z`) / 1000
  return (await client.compare.oldSource({ symbol, sessionDate: '2024-07-01', ts })).sources
}
const told = (sources: OldSource['sources']) => sources.map((source) => [source.file, source.line, source.isCompared])

describe('the source of an old bar', () => {
  beforeEach(async () => {
    await imported({ files: 'old/*.csv' })
    write('1.csv', text(FIRST))
    write('2.csv', text(SECOND))
    await resultOf<'legacy-import'>(client, client.legacy.import({}))
  })

  test('is the last line of the last file that has its minute', async () => {
    expect(engine.stores.legacy.block('SPY', '2024-07-01')?.bars.close[0]).toBe(6)
    expect(told(await sourceOf('14:00'))).toEqual([
      ['old/1.csv', 2, false],
      ['old/2.csv', 3, false],
      ['old/2.csv', 4, true],
    ])
    expect(told(await sourceOf('14:01'))).toEqual([['old/1.csv', 3, true]])
    expect(await sourceOf('14:01', 'AAPL')).toMatchObject([{ line: 4, text: FIRST[3], isCompared: true }])
  })

  test('is not said to be a line of another file when the one that counted is gone or has changed', async () => {
    rmSync(join(workspace, 'old', '2.csv'))
    expect(told(await sourceOf('14:00'))).toEqual([
      ['old/1.csv', 2, false],
      ['old/2.csv', null, false],
    ])
    write('2.csv', text([HEADER, line('14:03', 7)]))
    const changed = await sourceOf('14:00')
    expect(told(changed)).toEqual([
      ['old/1.csv', 2, false],
      ['old/2.csv', null, false],
    ])
    expect(changed[1].problem).toContain('changed since it was imported')
    // The later file is as it was, so that its line counts whatever became of the earlier one.
    write('1.csv', text([HEADER]))
    write('2.csv', text(SECOND))
    expect(told(await sourceOf('14:00')).slice(-1)).toEqual([['old/2.csv', 4, true]])
  })

  test('is told for the other files when one cannot be read any more', async () => {
    write('1.csv', 'nothing,of,the\nkind,is,here\n')
    const sources = await sourceOf('14:00')
    expect(told(sources)).toEqual([
      ['old/1.csv', null, false],
      ['old/2.csv', 3, false],
      ['old/2.csv', 4, true],
    ])
    expect(sources[0].problem).not.toBeNull()
  })

  test('is not looked for under another reading of the file than the one that was imported', async () => {
    await engine.close()
    const config = { version: 1, name: 'test', tws: { port: 1 }, symbols: [{ symbol: 'SPY' }, { symbol: 'AAPL' }] }
    const oldPipeline = describeAs({ files: 'old/*.csv' }, { label: 'end' })
    writeFileSync(join(workspace, 'switchyard.yaml'), JSON.stringify({ ...config, oldPipeline }))
    ;({ engine, client } = openEngine(workspace))
    const sources = await sourceOf('14:00')
    expect(told(sources)).toEqual([
      ['old/1.csv', null, false],
      ['old/2.csv', null, false],
    ])
    expect(sources[0].problem).toContain('described')
  })
})

test('a row of a database is told by its place', async () => {
  await imported({ files: 'old/bars.db', table: 'bars' })
  const database = new Sqlite(join(workspace, 'old', 'bars.db'))
  database.exec(`create table bars (ticker text, datetime text, open real, high real, low real, close real, volume real);
    insert into bars values ('SPY', '2024-07-01T14:00:00Z', 1, 1, 1, 1, 5), ('SPY', '2024-07-01T14:01:00Z', 2, 2, 2, 2, 5);`)
  database.close()
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  expect(await sourceOf('14:01')).toMatchObject([{ line: 2, isCompared: true, problem: null }])
})
