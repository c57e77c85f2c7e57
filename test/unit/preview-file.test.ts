import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { type LegacyBarsInput, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import type { Preview } from '#shared/contract/old-data.ts'
import { previewOldFile } from '#main/legacy/preview-file.ts'
import { XNYS } from './old-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()

/** 2024-06-24 09:30 in New York. */
const OPEN = Date.parse('2024-06-24T13:30:00Z') / 1000

function preview(name: string, description: Omit<LegacyBarsInput, 'files'>): Promise<Preview> {
  const parsed = legacyBarsConfigSchema.parse({ files: '{symbol}', ...description })
  return previewOldFile(
    { path: join(folder, name), key: 'oldPipeline.bars', description: parsed, oldName: 'SPY', isOurs: () => true },
    name,
    { targetOf: (symbol) => ({ symbol, calendar: XNYS, isOurs: symbol === 'SPY' }) },
  )
}

const OUTCOMES = ({ rows }: Preview): unknown[] =>
  rows.map(({ line, outcome }) => [line, outcome.kind, outcome.kind === 'bar' ? outcome.bar.ts - OPEN : null])

describe('a text', () => {
  writeFileSync(
    join(folder, 'messy.csv'),
    `from the vendor
Zeit;O;H;L;C;V;rsi
2024-06-24 09:31;1,5;2,5;1;2;10;50

2024-06-24 09:32;2;#NAME?;1;2;20;51
2024-06-24 09:33;2;3;1;2;30
2024-06-24 09:34;2;3;1;2;40;52
2024-06-24 09:34;2;3;1;2;41;53
`,
  )
  const messy = {
    delimiter: ';',
    skipRows: 1,
    decimal: ',',
    columns: { time: 'Zeit', open: 'O', high: 'H', low: 'L', close: 'C', volume: 'V' },
    timeFormat: '%Y-%m-%d %H:%M',
    label: 'end',
    volumeUnit: 'lots',
  } as const

  test('is shown with the line numbers of an editor, each row beside what it would become', async () => {
    const shown = await preview('messy.csv', messy)
    expect(shown.head).toEqual([
      { line: 1, kind: 'skipped', cells: ['from the vendor'] },
      { line: 2, kind: 'header', cells: ['Zeit', 'O', 'H', 'L', 'C', 'V', 'rsi'] },
    ])
    // Labels at the end: 09:31 is the bar that starts with the session.
    expect(OUTCOMES(shown)).toEqual([
      [3, 'bar', 0],
      [5, 'refused', null],
      [6, 'refused', null],
      [7, 'duplicate', null],
      [8, 'bar', 180],
    ])
    expect(shown.rows[0]).toEqual({
      line: 3,
      cells: ['2024-06-24 09:31', '1,5', '2,5', '1', '2', '10', '50'],
      outcome: { kind: 'bar', bar: { symbol: 'SPY', ts: OPEN, open: 1.5, high: 2.5, low: 1, close: 2, volume: 1_000 } },
    })
    expect(shown.problems.map(({ line }) => line)).toEqual([5, 6, 7])
    expect(shown.problems[0].outcome).toEqual({
      kind: 'refused',
      reason: '"H" is what a spreadsheet left, "#NAME?"',
    })
    expect(shown.sample).toEqual({
      isWhole: true,
      rows: 5,
      bars: 2,
      refused: 2,
      duplicates: 1,
      otherSymbols: 0,
      blank: 1,
    })
    expect(shown.columns).toEqual(['Zeit', 'O', 'H', 'L', 'C', 'V', 'rsi'])
    expect(shown.otherColumns).toEqual(['rsi'])
    expect(shown.hours).toEqual({
      sessions: 1,
      open: '09:30',
      close: '16:00',
      firstBar: { clock: '09:30', count: 1 },
      lastBar: { clock: '09:33', count: 1 },
    })
    expect(shown.failure).toBeNull()
  })

  test('that the description does not fit is shown as it stands there, with the reason', async () => {
    const shown = await preview('messy.csv', { ...messy, columns: { ...messy.columns, time: 'Time' } })
    expect(shown.failure?.message).toMatch(/must have exactly one column "Time"/)
    expect(shown.columns).toEqual(['Zeit', 'O', 'H', 'L', 'C', 'V', 'rsi'])
    expect(shown.rows[1]).toEqual({
      line: 5,
      cells: ['2024-06-24 09:32', '2', '#NAME?', '1', '2', '20', '51'],
      outcome: { kind: 'unknown' },
    })
  })

  test('of many gigabytes answers from its beginning', async () => {
    const file = openSync(join(folder, 'huge.csv'), 'w')
    let line = 0
    const rows = Array.from({ length: 30_000 }, () => `${OPEN + 60 * (line++ % 390)},1,1,1,1,1\n`).join('')
    writeSync(file, `datetime,open,high,low,close,volume\n${rows}`)
    // The rest is a hole, which takes no room on the disk and would take minutes to read.
    writeSync(file, '\n', 64 * 2 ** 30)
    closeSync(file)
    const started = performance.now()
    const shown = await preview('huge.csv', { timeFormat: 'epoch' })
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(shown.bytes).toBe(64 * 2 ** 30 + 1)
    expect(shown.sample.isWhole).toBe(false)
    expect(shown.sample.bars).toBe(390)
    expect(shown.sample.rows).toBe(shown.sample.bars + shown.sample.duplicates)
  })

  test('names symbols that the workspace does not have', async () => {
    writeFileSync(
      join(folder, 'all.csv'),
      `symbol,datetime,open,high,low,close,volume\nSPY,${OPEN},1,1,1,1,1\nSPX,${OPEN},1,1,1,1,1\n`,
    )
    const shown = await preview('all.csv', { files: 'all.csv', symbol: 'column', timeFormat: 'epoch' } as never)
    expect(shown.sample).toMatchObject({ rows: 2, bars: 2, otherSymbols: 1 })
    expect(shown.doubts[0]).toMatch(/no such symbol: SPX;/)
  })
})

describe('a file with types', () => {
  test('Parquet is shown with its times as their clock has them, all columns included', async () => {
    const path = join(folder, 'bars.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(
      `copy (select timestamp '2024-06-24 09:30:00' as t, 1.5::double as o, 2.0 as h, 1.0 as l, 2.0 as c, 100 as v, 'x' as note)
       to '${path}' (format parquet)`,
    )
    connection.closeSync()
    instance.closeSync()
    const shown = await preview('bars.parquet', {
      columns: { time: 't', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' },
    })
    expect(shown).toMatchObject({ format: 'parquet', head: [], otherColumns: ['note'] })
    expect(shown.rows[0].cells).toEqual(['2024-06-24 09:30:00', '1.5', '2', '1', '2', '100', 'x'])
    expect(OUTCOMES(shown)).toEqual([[1, 'bar', 0]])
  })

  test('SQLite is shown also when the described column is not there', async () => {
    const database = new Sqlite(join(folder, 'bars.db'))
    database.exec(`create table SPY (ts integer, open real, high real, low real, close real, volume integer);
                   insert into SPY values (${OPEN}, 1, 2, 1, 2, 7)`)
    database.close()
    const good = await preview('bars.db', { timeFormat: 'epoch', columns: { time: 'ts' } })
    expect(OUTCOMES(good)).toEqual([[1, 'bar', 0]])
    const bad = await preview('bars.db', { timeFormat: 'epoch', columns: { time: 'time' } })
    expect(bad.failure?.message).toMatch(/"time"/)
    expect(bad.columns).toEqual(['ts', 'open', 'high', 'low', 'close', 'volume'])
    expect(bad.rows[0].cells[0]).toBe(String(OPEN))
  })

  test('JSON of many rows is read no further than is shown', async () => {
    const row = (i: number): string =>
      `{"datetime":${OPEN + 60 * (i % 390)},"open":1,"high":1,"low":1,"close":1,"volume":1}`
    const rows = Array.from({ length: 60_000 }, (_, i) => row(i)).join(',\n')
    // It is cut off: what is not read cannot be wrong.
    writeFileSync(join(folder, 'long.json'), `[${rows},\n{"datetime":`)
    const shown = await preview('long.json', { timeFormat: 'epoch' })
    expect(shown.failure).toBeNull()
    expect(shown.sample.isWhole).toBe(false)
    expect(shown.sample.bars).toBe(390)
    // The same minutes come again and again; of each the last one counts.
    expect(shown.rows[1]).toMatchObject({ line: 2, outcome: { kind: 'duplicate' } })
  })
})

test('a file that is not there is an error', async () => {
  await expect(preview('none.csv', {})).rejects.toMatchObject({ code: 'LEGACY_FILE' })
})
