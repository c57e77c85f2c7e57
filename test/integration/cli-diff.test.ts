import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main } from '#main/cli/main.ts'
import { tableFiles } from '../unit/table-files.ts'
import { tempFolder } from '../unit/temp-folder.ts'
import { inProcess } from './command-in-process.ts'

const folder = tempFolder()
const { csv, gzip, parquet } = tableFiles(folder)

const OLD = csv('symbol,ts,close,volume\nSPY,60,33.34,100\nSPY,120,33.50,200\nSPY,180,33.60,300\n')
const NEW = gzip('symbol;ts;volume;close\nSPY;60;100;33.33\nSPY;120;202;33.50\nSPY;240;1;1\n')

const diff = (...args: string[]) => inProcess('diff', ...args)
/** Temporary folders go to a folder of this file, so that what is left behind can be told from those of others. */
const temporary = join(folder, 'temporary')
mkdirSync(temporary)
beforeAll(() => void vi.stubEnv('TMPDIR', temporary))
afterAll(() => void vi.unstubAllEnvs())

describe('switchyard diff', () => {
  test('prints an aligned table for people and exits with 3 when there are differences', async () => {
    const { code, stdout, stderr } = await diff(
      OLD,
      NEW,
      '--keys',
      'symbol,ts',
      '--tol',
      'close=0.01',
      '--rel-tol',
      '0.001',
    )
    expect(stdout).toBe(`left   ${OLD}     3 rows  4 columns
right  ${NEW}  3 rows  4 columns

rows by symbol, ts
  common rows               2
    equal                   0
    within tolerance        1
    unequal                 1
  only left                 1
  only right                1
  left, no value in a key   0
  right, no value in a key  0
  left, of duplicate keys   0
  right, of duplicate keys  0

column  tolerance  equal  within  unequal  null/value  type  largest  at       relative    at
close   0.01           1       1        0           0     0  0.01     SPY 60   0.00030003  SPY 60
volume  rel 0.001      1       0        1           0     0  2        SPY 120  0.00990099  SPY 120

volume, unequal
  key      left  right
  SPY 120  200   202    2

only left
  SPY 180
only right
  SPY 240

There are differences.
`)
    expect([code, stderr]).toEqual([3, ''])
    expect(readdirSync(temporary)).toEqual([])
  })

  test('--json prints exactly one document', async () => {
    const { code, stdout, stderr } = await diff(
      OLD,
      NEW,
      '--keys',
      'symbol,ts',
      '--columns',
      'volume',
      '--samples',
      '1',
      '--json',
    )
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual({
      left: {
        path: OLD,
        format: 'csv',
        rows: 3,
        columns: [
          { name: 'symbol', type: 'text' },
          { name: 'ts', type: 'integer' },
          { name: 'close', type: 'decimal' },
          { name: 'volume', type: 'integer' },
        ],
      },
      right: {
        path: NEW,
        format: 'csv',
        rows: 3,
        columns: [
          { name: 'symbol', type: 'text' },
          { name: 'ts', type: 'integer' },
          { name: 'volume', type: 'integer' },
          { name: 'close', type: 'decimal' },
        ],
      },
      keys: ['symbol', 'ts'],
      equal: false,
      rows: { common: 2, equal: 1, withinTolerance: 0, unequal: 1, onlyLeft: 1, onlyRight: 1 },
      nullKeys: { left: 0, right: 0 },
      duplicateKeys: {
        left: { keys: 0, rows: 0, rowsNotCompared: 0 },
        right: { keys: 0, rows: 0, rowsNotCompared: 0 },
      },
      columnsOnlyLeft: [],
      columnsOnlyRight: [],
      typeDifferences: [],
      columns: [
        {
          column: 'volume',
          leftType: 'integer',
          rightType: 'integer',
          comparedAs: 'integer',
          tolerance: { abs: 0, rel: 0 },
          equal: 1,
          withinTolerance: 0,
          unequal: 1,
          nullVersusValue: 0,
          leftNull: 0,
          rightNull: 0,
          typeDifference: 0,
          largestAbsolute: { difference: 2, key: { symbol: 'SPY', ts: 120 }, left: 200, right: 202 },
          largestRelative: { difference: 2 / 202, key: { symbol: 'SPY', ts: 120 }, left: 200, right: 202 },
          samples: {
            unequal: [{ key: { symbol: 'SPY', ts: 120 }, left: 200, right: 202, difference: 2 }],
            nullVersusValue: [],
            typeDifference: [],
          },
        },
      ],
      samples: {
        onlyLeft: [{ symbol: 'SPY', ts: 180 }],
        onlyRight: [{ symbol: 'SPY', ts: 240 }],
        duplicateKeys: [],
        nullKeys: { left: [], right: [] },
      },
    })
    expect([code, stderr]).toEqual([3, ''])
  })

  test('exits with 0 when all is equal within the tolerances, whatever the formats', async () => {
    const other = await parquet(
      `select 'SPY' as symbol, unnest([60, 120, 180]) as ts, unnest([33.33, 33.5, 33.6])::double as close, unnest([100, 200, 300]) as volume`,
    )
    for (const tolerance of [
      ['--abs-tol', '0.01'],
      ['--rel-tol', '0.01'],
      ['--tol', 'close=abs:0.005+rel:0.001'],
      ['--tol', 'close=rel:1e-2,volume=0'],
    ]) {
      const { code, stdout } = await diff(OLD, other, '--keys', 'symbol,ts', ...tolerance)
      expect([code, stdout.trimEnd().split('\n').at(-1)]).toEqual([0, 'Equal within the tolerances.'])
    }
    expect((await diff(OLD, other, '--keys', 'symbol,ts')).code).toBe(3)
    expect((await diff(OLD, OLD, '--keys', 'symbol,ts')).code).toBe(0)
  })

  test.each([
    [['one.csv'], 'Give two files.'],
    [['a', 'b', 'c', '--keys', 'k'], 'Give two files.'],
    [[OLD, NEW], '--keys is missing.'],
    [[OLD, NEW, '--keys', 'ts,ts'], '--keys names ts twice.'],
    [[OLD, NEW, '--keys', 'time'], `${OLD} has no column "time".`],
    [[OLD, NEW, '--keys', 'ts', '--columns', 'open'], `${OLD} has no column "open".`],
    [[OLD, NEW, '--keys', 'ts', '--tol', 'open=1'], `${OLD} has no column "open".`],
    [[OLD, NEW, '--keys', 'ts', '--tol', 'close'], '--tol has "close", which is no tolerance of a column.'],
    [[OLD, NEW, '--keys', 'ts', '--tol', 'close=-1'], '--tol has "close=-1", which is no tolerance of a column.'],
    [[OLD, NEW, '--keys', 'ts', '--tol', 'close=pct:1'], '--tol has "close=pct:1", which is no tolerance of a column.'],
    [[OLD, NEW, '--keys', 'ts', '--tol', 'close=1,close=rel:1'], '--tol names close twice.'],
    [[OLD, NEW, '--keys', 'ts', '--abs-tol', 'NaN'], '--abs-tol must be a number from 0 on, not "NaN".'],
    [[OLD, NEW, '--keys', 'ts', '--samples', '-1'], 'samples'],
    [[OLD, `${OLD}.missing`, '--keys', 'ts'], `There is no file ${OLD}.missing.`],
  ])('%j is refused with 2', async (args, message) => {
    const { code, stdout, stderr } = await diff(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
  })

  test('exits with 1 and names file and line when a file cannot be read', async () => {
    const ragged = csv('symbol,ts,close\nSPY,60,1\nSPY,120\n')
    const { code, stdout, stderr } = await diff(OLD, ragged, '--keys', 'symbol,ts', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TABLE_FILE' } })
    expect(stderr).toContain(`${ragged}: line 3: the row has 2 values, the header 3.`)
  })

  test('is cancelled by Ctrl-C in every step, and leaves nothing behind', async () => {
    const rows = Array.from({ length: 200_000 }, (_, k) => `${k},${k % 7},${k % 11}\n`).join('')
    const file = join(folder, 'many.csv')
    writeFileSync(file, `k,a,b\n${rows}`)
    const steps = ['checking', 'reading', 'types', 'Matching', 'Joining', 'Comparing the rows', 'Comparing b']
    for (const step of steps) {
      const stop = new AbortController()
      let stderr = ''
      const code = await main(['diff', file, file, '--keys', 'k'], {
        stdout: () => undefined,
        stderr: (text) => {
          stderr += text
          if (text.includes(step)) stop.abort()
        },
        isInteractive: true,
        env: {},
        signal: stop.signal,
      })
      expect([step, code, stderr.includes('The work was cancelled.')]).toEqual([step, 1, true])
    }
    expect(readdirSync(temporary)).toEqual([])
  })
})
