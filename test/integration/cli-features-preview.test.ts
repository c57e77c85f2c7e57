import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { referenceFolder } from '../unit/features-fixtures.ts'
import { tableFiles } from '../unit/table-files.ts'
import { tempFolder } from '../unit/temp-folder.ts'
import { inProcess } from './command-in-process.ts'

const folder = tempFolder()
const { csv, gzip, parquet } = tableFiles(folder)

const HEADER = 'time,open,high,low,close,volume\n'
const SMALL = csv(`${HEADER}2026-07-01,2,3,1,2,100\n2026-07-02,2,5,2,4,300\n2026-07-03,4,4,4,,5\n2026-07-06,4,8,4,8,\n`)

const preview = (bars: string, columns: string, ...more: string[]) =>
  inProcess('features', 'preview', '--bars', bars, '--columns', columns, ...more)

async function rows(bars: string, columns: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await preview(bars, columns, '--json')
  expect([code, stderr]).toEqual([0, ''])
  const found: Record<string, unknown>[] = JSON.parse(stdout)
  return found
}

describe('switchyard features preview', () => {
  test('prints a JSON object a bar, null where a value is not known', async () => {
    expect(await rows(SMALL, 'sma_2,high_low_range,vwma_1')).toEqual([
      { time: '2026-07-01', sma_2: null, high_low_range: 1, vwma_1: 2 },
      { time: '2026-07-02', sma_2: 3, high_low_range: 0.75, vwma_1: 4 },
      { time: '2026-07-03', sma_2: null, high_low_range: null, vwma_1: null },
      { time: '2026-07-06', sma_2: null, high_low_range: 0.5, vwma_1: null },
    ])
  })

  test('prints an aligned table for people', async () => {
    const { code, stdout } = await preview(SMALL, 'sma_2,roc_1')
    expect(code).toBe(0)
    expect(stdout).toBe(`time        sma_2  roc_1
2026-07-01   null   null
2026-07-02      3    100
2026-07-03   null   null
2026-07-06   null   null
`)
  })

  test.each([
    [
      'Timestamp;O;H;L;C;Vol\n',
      '2026-07-01T13:30:00Z;1;1;1;1;5\n2026-07-01T13:31:00Z;1;3;1;3;5\n',
      '2026-07-01T13:31:00Z',
    ],
    [
      '\uFEFFDate,Open,High,Low,Close,Volume\n',
      '2026-07-01 09:30,1,1,1,1,5\n2026-07-01 09:31,1,3,1,3,5\n',
      '2026-07-01 09:31',
    ],
    ['ts,open,high,low,close,volume,symbol\n', '1782912600,1,1,1,1,5,SPY\n1782912660,1,3,1,3,5,SPY\n', 1_782_912_660],
    ['ts,open,high,low,close,volume\n', '1782912600000,1,1,1,1,5\n1782912660000,1,3,1,3,5\n', 1_782_912_660_000],
  ])('reads columns in usual spellings and times of several kinds: %s', async (header, body, time) => {
    for (const file of [csv(header + body), gzip(header + body)]) {
      expect((await rows(file, 'sma_2'))[1]).toEqual({ time, sma_2: 2 })
    }
  })

  test('reads Parquet, decimals to the nearest double and 32-bit floats to their value', async () => {
    const file = await parquet(`select * from (values
      (timestamp '2026-07-01 13:30:00', 1.1::decimal(10, 4), 1.1::float, 1.0::double, 1.1::decimal(38, 20), 5::bigint),
      (timestamp '2026-07-01 13:31:00', 1.1, 1.1, 1.0, 1.3, 5)) as bars("time", "open", high, low, "close", volume)`)
    const found = await rows(file, 'sma_1,keltner_upper_1_1_1')
    expect(found[0]).toEqual({ time: '2026-07-01 13:30:00', sma_1: 1.1, keltner_upper_1_1_1: null })
    // The true range is from the low to the float nearest 1.1.
    expect(found[1]['keltner_upper_1_1_1']).toBeCloseTo(1.3 + Math.fround(1.1) - 1, 15)
  })

  test('keeps the order of a long file', async () => {
    const body = Array.from({ length: 150_000 }, (_, row) => `${row},1,1,1,${row + 1},1\n`).join('')
    const found = await rows(csv(HEADER + body), 'sma_2')
    expect(found.length).toBe(150_000)
    expect(found[149_999]).toEqual({ time: 149_999, sma_2: 149_999.5 })
  })

  test('leaves columns that need a calendar null and says so', async () => {
    const { code, stdout, stderr } = await preview(SMALL, 'overnight_gap,minute_of_session,sma_1', '--json')
    expect(code).toBe(0)
    expect(stderr).toContain('they need a calendar of sessions')
    expect(stderr).toContain('overnight_gap, minute_of_session.')
    expect(JSON.parse(stdout)[0]).toEqual({
      time: '2026-07-01',
      overnight_gap: null,
      minute_of_session: null,
      sma_1: 2,
    })
  })

  test.each([
    ['nothing_9', 'There is no feature nothing_9.', 'keltner_upper_PERIOD_ATRPERIOD_MULTIPLIER'],
    ['constructor', 'There is no feature constructor.', 'rsi_14'],
    ['stoch_k_14', 'stoch_k_14: stoch_k needs the parameter smooth.', 'stoch_k_PERIOD_SMOOTH'],
    ['sma_20_3', 'sma_20_3: number 2 is not a parameter of sma, which takes period.', 'sma_PERIOD'],
    ['sma_0', 'sma_0: period must be a whole number from 1 to 1500, not 0.', 'sma_PERIOD'],
    ['macd_26_12', 'macd_26_12: fast (26) must be below slow (12).', 'macd_FAST_SLOW'],
    ['sma_5,sma_5', '--columns names sma_5 twice.', 'once'],
  ])('refuses the columns %s', async (columns, message, hint) => {
    const { code, stderr } = await preview(SMALL, columns)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })

  test.each([
    ['no column', 'time,open,high,low\n1,1,1,1\n', 2, 'has no column for close, volume.'],
    ['two columns for one thing', `date,${HEADER}1,1,1,1,1,1,1\n`, 2, 'more than one column for time: date, time.'],
    ['no bars', HEADER, 1, 'it has no bars.'],
    ['descending', `${HEADER}2,1,1,1,1,1\n1,1,1,1,1,1\n`, 1, 'row 2 (1) is not later than the row before it (2).'],
    ['the same time twice', `${HEADER}1,1,1,1,1,1\n1,1,1,1,1,1\n`, 1, 'row 2 (1) is not later'],
    ['no time', `${HEADER}1,1,1,1,1,1\n,1,1,1,1,1\n`, 1, 'row 2 has no time.'],
    ['odd times', `${HEADER}07/13/2026,1,1,1,1,1\n`, 1, 'the column time must hold times, but has "07/13/2026".'],
    ['text as a price', `${HEADER}1,1,1,1,n/a,1\n`, 1, 'the column close must hold numbers, but has "n/a".'],
  ])('refuses a file with %s', async (_what, text, exitCode, message) => {
    const { code, stdout, stderr } = await preview(csv(text), 'sma_2')
    expect([code, stdout]).toEqual([exitCode, ''])
    expect(stderr).toContain(message)
  })

  test('refuses a file that is not there, and missing options', async () => {
    const { code, stdout } = await preview('nowhere.csv', 'sma_2', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'BAD_ARGUMENTS', message: 'There is no file nowhere.csv.' },
    })
    expect((await inProcess('features', 'preview', '--bars', SMALL)).stderr).toContain('--columns is missing.')
    expect((await inProcess('features', 'preview', '--columns', 'sma_2')).stderr).toContain('--bars is missing.')
  })

  const reference = referenceFolder()
  test.skipIf(reference === null)('equals the published references within 1e-9', async () => {
    const found = await rows(`${reference}/quotes/default.csv`, 'rsi_14,sma_20,ema_20,bollinger_z_20,macd_signal')
    const columns = [
      ['rsi', 'rsi', 'rsi_14'],
      ['sma', 'sma', 'sma_20'],
      ['ema', 'ema', 'ema_20'],
      ['bb', 'zScore', 'bollinger_z_20'],
      ['macd', 'signal', 'macd_signal'],
    ]
    for (const [file, field, column] of columns) {
      const expected: Record<string, number | null>[] = JSON.parse(
        readFileSync(`${reference}/results/${file}.standard.json`, 'utf8'),
      )
      expect(found.length).toBe(expected.length)
      for (const [row, values] of expected.entries()) {
        const [value, got] = [values[field], found[row][column]]
        if (value === null || typeof got !== 'number') expect(got, `${column} row ${row}`).toBe(value)
        else expect(Math.abs(got - value), `${column} row ${row}`).toBeLessThanOrEqual(1e-9)
      }
    }
  })
})
