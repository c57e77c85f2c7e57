import { createHash } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { type LegacyBarsInput, legacyBarsConfigSchema } from '#shared/config/legacy-config.ts'
import { rowsOf } from './bars-fixtures.ts'
import { type OldBars, OldFolder } from './old-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: OldFolder[] = []
let count = 0

function oldFolder(symbols: readonly string[] = ['SPY']): OldFolder {
  const old = new OldFolder(join(folder, `layout-${count++}`), symbols)
  open.push(old)
  return old
}

afterEach(() => {
  for (const { store } of open.splice(0)) store.close()
})

/** 2024-07-02, 13:30 UTC: the opening in New York. */
const OPEN = Date.UTC(2024, 6, 2, 13, 30) / 1000
const HEADER = 'datetime,open,high,low,close,volume'
const ROW = '2024-07-02 09:30:00,10,12,9,11,300'
/** The bar that most of the layouts hold. */
const BAR = ['SPY', OPEN, 10, 12, 9, 11, 300]

const barsOf = (old: OldBars): unknown[] =>
  old.sessions.flatMap(({ symbol, bars }) =>
    rowsOf(bars).map((bar) => [symbol, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume]),
  )

/** Rows of every report add up. */
function expectToAddUp(old: OldBars): void {
  for (const one of old.reports) {
    expect(one.rows + one.rejected + one.duplicates + one.otherSymbols).toBe(one.rowsInFile)
  }
}

async function importText(content: string | Uint8Array, description: Partial<LegacyBarsInput> = {}): Promise<OldBars> {
  const old = oldFolder()
  old.write('SPY.txt', content)
  const bars = await old.import({ files: '{symbol}.txt', ...description })
  expectToAddUp(bars)
  return bars
}

async function writeParquet(path: string, query: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`set TimeZone = 'UTC'`)
  await connection.run(`copy (${query}) to '${path}' (format parquet)`)
  connection.closeSync()
  instance.closeSync()
}

describe('text', () => {
  test.each<[string, string | Uint8Array, Partial<LegacyBarsInput>]>([
    ['with tabs', `${HEADER}\n${ROW}\n`.replaceAll(',', '\t'), { delimiter: '\t' }],
    [
      'without a header',
      `20240702,09:30,10,12,9,11,300\n`,
      {
        headerRows: 0,
        columns: { date: 1, time: 2, open: 3, high: 4, low: 5, close: 6, volume: 7 },
        timeFormat: '%Y%m%d %H:%M',
      },
    ],
    ['with lines before the header', `# made by bars.py\n\n${HEADER}\n${ROW}\n`, { skipRows: 2 }],
    [
      'as yfinance writes it',
      'Price,Close,High,Low,Open,Volume\nTicker,SPY,SPY,SPY,SPY,SPY\nDatetime,,,,,\n2024-07-02 13:30:00+00:00,11,12,9,10,300\n',
      {
        headerRows: 3,
        columns: { time: 'Datetime', open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' },
        timeFormat: 'iso',
      },
    ],
    [
      'with two header rows',
      'Close,High,,,,\n,,Low,Open,Volume,t\n11,12,9,10,300,2024-07-02 09:30:00\n',
      {
        headerRows: 2,
        columns: { time: 't', open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' },
      },
    ],
    [
      'as a German spreadsheet writes it',
      'Zeit;open;high;low;close;volume\n02.07.2024 15:30;1.010,00;1.012,5;1.009;1.011,0;3.000\n',
      {
        delimiter: ';',
        columns: { time: 'Zeit' },
        timeFormat: '%d.%m.%Y %H:%M',
        zone: 'Europe/Berlin',
        decimal: ',',
        thousands: '.',
        priceScale: 100,
        volumeUnit: 'shares',
      },
    ],
    ['with M/D/YYYY H:MM', `${HEADER}\n7/2/2024 9:30,10,12,9,11,300\n`, { timeFormat: '%m/%d/%Y %H:%M' }],
    [
      'with the zone as TWS writes it',
      `${HEADER}\n20240702  09:30:00 US/Eastern,10,12,9,11,300\n`,
      {
        timeFormat: '%Y%m%d %H:%M:%S US/Eastern',
      },
    ],
    ['with Z and milliseconds', `${HEADER}\n2024-07-02T13:30:00.000Z,10,12,9,11,300\n`, { timeFormat: 'iso' }],
    ['in milliseconds since 1970', `${HEADER}\n${OPEN}000,10,12,9,11,300\n`, { timeFormat: 'epoch-ms' }],
    ['in microseconds since 1970', `${HEADER}\n${OPEN}000000,10,12,9,11,300\n`, { timeFormat: 'epoch-us' }],
    ['in nanoseconds since 1970', `${HEADER}\n${OPEN}000000000,10,12,9,11,300\n`, { timeFormat: 'epoch-ns' }],
    ['in UTF-16', Buffer.from(`\uFEFF${HEADER}\r\n${ROW}\r\n`, 'utf16le'), {}],
    [
      'with names in Latin-1',
      Buffer.from(`Öffnung,${HEADER}\r\nx,${ROW}\r\n`.replace('open', 'offen'), 'latin1'),
      {
        encoding: 'latin-1',
        columns: { open: 'offen' },
      },
    ],
    // 2024-07-02 is day 45475 of a spreadsheet, and 09:30 is 0.3958333 of a day.
    [
      'with times that a spreadsheet made numbers of',
      `${HEADER}\n45475.39583,10,12,9,11,300\n`,
      { timeFormat: 'excel' },
    ],
    [
      'with such dates and times in two columns, with commas',
      'd;t;open;high;low;close;volume\n45475;0,395833333;10;12;9;11;300\n',
      { timeFormat: 'excel', columns: { date: 'd', time: 't' }, delimiter: ';', decimal: ',' },
    ],
    [
      'with times of day that lost their zeros',
      '20240702,930,10,12,9,11,300\n',
      {
        headerRows: 0,
        columns: { date: 1, time: 2, open: 3, high: 4, low: 5, close: 6, volume: 7 },
        timeFormat: '%Y%m%d %H%M',
      },
    ],
    [
      'with a currency',
      `${HEADER}\n2024-07-02 09:30:00,$10,12.00 $,"$9","$ 11",300\n`,
      {
        currency: '$',
      },
    ],
    ['compressed with gzip', gzipSync(`${HEADER}\n${ROW}\n`), {}],
    ['newest first, with CR at the ends', `${HEADER}\r${ROW.replace('30:00', '31:00')}\r${ROW}\r`, {}],
    ['with a delimiter at the end of every row', `${HEADER}\n${ROW},\n`, {}],
  ])('%s is read', async (name, content, description) => {
    const old = await importText(content, description)
    const bar = name.includes('German') ? ['SPY', OPEN, 10.1, 10.125, 10.09, 10.11, 3000] : BAR
    expect(barsOf(old)[0]).toEqual(bar)
    expect(old.reports[0]).toMatchObject({ rejected: 0, duplicates: 0 })
  })

  test('may lack columns and write missing values in many ways', async () => {
    const spellings = ['', 'NA', 'N/A', 'null', 'NaN', '-', 'None', '#N/A']
    const rows = spellings.map((spelling, i) => `2024-07-02 09:3${i}:00,${spelling}`)
    const old = await importText(`datetime,close\n${rows.join('\n')}\n`, {
      nulls: 'common',
      columns: { open: null, high: null, low: null, volume: null },
    })
    expect(barsOf(old)).toEqual(spellings.map((_, i) => ['SPY', OPEN + 60 * i, NaN, NaN, NaN, NaN, NaN]))
  })

  test.each(['#NAME?', '#VALUE!', '########', '#REF!', '#DIV/0!', '#N/A', '$11.00', '11%', '1,1', '220K', '(11)'])(
    '%s is no price',
    async (debris) => {
      const old = await importText(`${HEADER}\n${ROW}\n2024-07-02 09:31:00,1,1,1,"${debris}",1\n`)
      expect(barsOf(old)).toEqual([BAR])
      expect(old.rejects).toEqual([
        { line: 3, reason: expect.stringContaining(debris), text: `2024-07-02 09:31:00,1,1,1,"${debris}",1` },
      ])
    },
  )

  test('may write a missing value as a number, in a text and in numbers', async () => {
    const nulls = ['', '-999']
    const text = await importText(`${HEADER}\n2024-07-02 09:30:00,-999,-999.00,-9,11,300\n`, { nulls })
    expect(barsOf(text)).toEqual([['SPY', OPEN, NaN, NaN, -9, 11, 300]])
    const old = oldFolder()
    await writeParquet(
      join(old.folder, 'SPY.parquet'),
      `select timestamp '2024-07-02 09:30:00' as datetime, -999 as open, -999.0 as high, -9 as low, 11 as close, 300 as volume`,
    )
    expect(barsOf(await old.import({ files: '{symbol}.parquet', nulls }))).toEqual(barsOf(text))
  })

  test.each([
    ['1.719927E+12', 'epoch-ms', 'was rounded to 1000 seconds'],
    ['1.71993E+09', 'epoch', 'was rounded to 10000 seconds'],
    ['45475.39', 'excel', 'not at a full minute'],
    ['12.39', 'excel', 'not a time of the form excel'],
    // 10:23 or 01:02:3?
    ['20240702123', '%Y%m%d%H%M', 'not a time of the form'],
  ])('does not guess what %s as %s was', async (time, timeFormat, reason) => {
    const old = await importText(`${HEADER}\n${time},1,1,1,1,1\n`, { timeFormat })
    expect(old.rejects).toEqual([{ line: 2, reason: expect.stringContaining(reason), text: `${time},1,1,1,1,1` }])
  })

  test('keeps totals, notes and lines of delimiters with their lines, and counts lines without anything', async () => {
    const old = await importText(`${HEADER}\n${ROW}\n\n,,,,,\nTotal,,,,,300\nSource: the exchange\n`)
    expect(barsOf(old)).toEqual([BAR])
    expect(old.reports[0]).toMatchObject({ rowsInFile: 4, rows: 1, rejected: 3, blank: 1 })
    expect(old.rejects.map(({ line, reason }) => [line, reason.slice(0, 24)])).toEqual([
      [4, 'the time is missing'],
      [5, '"datetime" is not a time'],
      [6, 'it has 1 values, not 6 a'],
    ])
  })

  test('that is compressed and cut off leaves what was there, and other formats are not unpacked', async () => {
    const old = oldFolder()
    const packed = gzipSync(`${HEADER}\n${ROW}\n`)
    const path = old.write('SPY.csv.gz', packed)
    const bars = await old.import({ files: '{symbol}.csv.gz' })
    expect(bars.reports[0]).toMatchObject({
      sha256: createHash('sha256').update(packed).digest('hex'),
      bytes: packed.length,
    })
    expect((await old.import({ files: '{symbol}.csv.gz' })).reports).toEqual([])
    truncateSync(path, packed.length - 10)
    await expect(old.import({ files: '{symbol}.csv.gz' })).rejects.toMatchObject({ code: 'LEGACY_FILE' })
    expect(old.store.block('SPY', '2024-07-02')?.bars.close[0]).toBe(11)
    old.write('SPY.json.gz', gzipSync('[]'))
    await expect(old.import({ files: '{symbol}.json.gz' })).rejects.toMatchObject({
      message: expect.stringContaining('compressed with gzip'),
    })
  })

  test('that was put together from files says so of every header', async () => {
    const old = await importText(`${HEADER}\n${ROW}\n${HEADER}\n${ROW}\n`)
    expect(old.reports[0]).toMatchObject({ rowsInFile: 3, rows: 1, rejected: 1, duplicates: 1 })
    expect(old.rejects.map(({ line, reason }) => [line, reason.slice(0, 24)])).toEqual([
      [2, 'line 4 has the same minu'],
      [3, 'the header comes again; '],
    ])
  })

  test('with NUL bytes or a line of ten million characters loses only those lines', async () => {
    const old = await importText(
      `${HEADER}\n${ROW}\n2024-07-02 09:31:00,1,1,1,1\0,1\n${'9'.repeat(10_000_000)}\n2024-07-02 09:32:00,1,1,1,1,1\n`,
    )
    expect(old.rows).toBe(2)
    expect(old.rejects.map(({ line }) => line)).toEqual([3, 4])
    expect(old.rejects[1]).toMatchObject({ reason: 'the line is longer than 1000000 characters' })
    expect(old.rejects[1].text.length).toBeLessThanOrEqual(500)
  })

  test.each([
    ['refuse', [], { refused: 1, decided: 0 }],
    ['first', [Date.UTC(2024, 10, 3, 5, 30) / 1000], { refused: 0, decided: 1 }],
    ['second', [Date.UTC(2024, 10, 3, 6, 30) / 1000], { refused: 0, decided: 1 }],
  ] as const)(
    'has times that come twice decided by the rule "%s", and counted',
    async (repeatedHour, instants, clockChanges) => {
      // A Sunday: no session has it, but the reason names the instant.
      const old = await importText(`${HEADER}\n2024-11-03 01:30:00,1,1,1,1,1\n`, { repeatedHour })
      expect(old.reports[0].clockChanges).toEqual(clockChanges)
      for (const ts of instants) expect(old.rejects[0].reason).toContain(new Date(ts * 1000).toISOString().slice(0, 19))
    },
  )

  test('with seconds in its times is no file of 1-minute bars', async () => {
    const old = await importText(`${HEADER}\n2024-07-02 09:30:05,1,1,1,1,1\n`)
    expect(old.rejects[0].reason).toContain('full minute')
    expect(
      legacyBarsConfigSchema.safeParse({ files: '{symbol}', barSize: '5 mins' }).error?.issues[0].message,
    ).toContain('1 min')
  })

  test('keeps other columns as features', async () => {
    const old = oldFolder()
    old.write('SPY.csv', `rsi,${HEADER},note\n70.5,${ROW},x\n,2024-07-02 09:31:00,1,1,1,1,1,2\n`)
    await old.import({ files: '{symbol}.csv', features: 'rest' })
    expect(old.store.features('SPY', '2024-07-02')).toEqual(
      new Map([
        ['note', Float64Array.of(NaN, 2)],
        ['rsi', Float64Array.of(70.5, NaN)],
      ]),
    )
    expect(old.store.files()[0].doubts).toContain('1 values of the feature note are no numbers and were left out')
  })
})

describe('average prices and numbers of trades', () => {
  test('are values of the bars where columns are described for them, prices on the scale of the others', async () => {
    const old = oldFolder()
    old.write(
      'SPY.csv',
      `${HEADER},wap,count,rsi\n2024-07-02 09:30:00,100,300,100,200,7,150,12,70\n2024-07-02 09:31:00,200,200,200,200,7,,x,71\n`,
    )
    const columns = { vwap: 'wap', tradeCount: 'count' }
    await old.import({ files: '{symbol}.csv', priceScale: 100, columns, features: 'rest' })
    const bars = old.store.block('SPY', '2024-07-02')?.bars
    expect([bars?.close, bars?.vwap, bars?.tradeCount]).toEqual([
      Float64Array.of(2, 2),
      Float64Array.of(1.5, NaN),
      Float64Array.of(12, NaN),
    ])
    expect(old.store.features('SPY', '2024-07-02')).toEqual(new Map([['rsi', Float64Array.of(70, 71)]]))
    expect(old.store.files()[0].doubts.join()).toContain('columns.tradeCount')
  })

  test('are empty where no column is described', async () => {
    const old = oldFolder()
    old.write('SPY.csv', `${HEADER},wap\n${ROW},150\n`)
    await old.import({ files: '{symbol}.csv' })
    const bars = old.store.block('SPY', '2024-07-02')?.bars
    expect([bars?.vwap, bars?.tradeCount]).toEqual([Float64Array.of(NaN), Float64Array.of(NaN)])
  })
})

describe('symbols', () => {
  test('may stand in a column of one big file', async () => {
    const old = oldFolder(['SPY', 'BRK_B'])
    old.write(
      'all.csv',
      `symbol,${HEADER}\nSPY,${ROW}\nBRK.B,${ROW}\nIBM,${ROW}\nSPY,${ROW.replace('30:00', '31:00')}\n`,
    )
    const bars = await old.import({ files: 'all.csv', symbol: 'column', symbolMap: { 'BRK.B': 'BRK_B' } })
    expect(barsOf(bars)).toEqual([BAR, ['SPY', OPEN + 60, ...BAR.slice(2)], ['BRK_B', ...BAR.slice(1)]])
    expect(bars.reports).toMatchObject([{ rowsInFile: 4, rows: 3, otherSymbols: 1, symbol: null }])
    expect(bars.reports[0].doubts.join()).toContain('IBM')
  })

  test('may stand in the path, with a file for every day', async () => {
    const old = oldFolder(['SPY', 'BRK.B', 'BRK'])
    for (const name of ['SPY', 'BRK.B', 'BRK']) {
      old.write(`${name}/2024/${name}_20240702.csv`, `${HEADER}\n${ROW}\n`)
      old.write(`${name}/2024/${name}_20240703.csv`, `${HEADER}\n${ROW.replace('07-02', '07-03')}\n`)
    }
    old.write('IBM/2024/IBM_20240702.csv', `${HEADER}\n${ROW}\n`)
    const bars = await old.import({ files: '{symbol}/**/{symbol}_*.csv' })
    expect(bars.sessions.map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`)).toEqual([
      'SPY 2024-07-02',
      'SPY 2024-07-03',
      'BRK.B 2024-07-02',
      'BRK.B 2024-07-03',
      'BRK 2024-07-02',
      'BRK 2024-07-03',
    ])
  })
})

describe('Parquet', () => {
  test.each<[string, string, Partial<LegacyBarsInput>]>([
    ['with naive times', `select timestamp '2024-07-02 09:30:00' as datetime`, {}],
    ['with nanoseconds', `select timestamp_ns '2024-07-02 09:30:00' as datetime`, {}],
    ['with times of a zone', `select timestamptz '2024-07-02 13:30:00+00' as datetime`, {}],
    [
      'with an index of pandas',
      `select timestamptz '2024-07-02 09:30:00-04' as "__index_level_0__"`,
      {
        columns: { time: '__index_level_0__' },
      },
    ],
    ['with milliseconds', `select ${OPEN}000::bigint as datetime`, { timeFormat: 'epoch-ms' }],
    ['with text', `select '2024-07-02 09:30:00' as datetime`, {}],
    [
      'with date and time apart',
      `select date '2024-07-02' as d, time '09:30:00' as t`,
      { columns: { date: 'd', time: 't' } },
    ],
  ])('%s is read', async (_name, times, description) => {
    const old = oldFolder()
    await writeParquet(
      join(old.folder, 'SPY.parquet'),
      `select *, 10.0::decimal(9,2) as open, 12::integer as high, 9.0::double as low, 11::float as close, 300::hugeint as volume, 0.5 as x from (${times})`,
    )
    const bars = await old.import({ files: '{symbol}.parquet', features: ['x'], ...description })
    expect(barsOf(bars)).toEqual([BAR])
    expect(old.store.features('SPY', '2024-07-02')).toEqual(new Map([['x', Float64Array.of(0.5)]]))
    expect(bars.reports[0].doubts.join()).toContain('single precision')
  })

  test('that is cut off is refused and leaves what was there', async () => {
    const old = oldFolder()
    const path = join(old.folder, 'SPY.parquet')
    const query = `select timestamp '2024-07-02 09:30:00' as datetime, 10 as open, 12 as high, 9 as low, 11 as close, 300 as volume`
    await writeParquet(path, query)
    await old.import({ files: '{symbol}.parquet' })
    truncateSync(path, statSync(path).size - 20)
    await expect(old.import({ files: '{symbol}.parquet' })).rejects.toMatchObject({ code: 'LEGACY_FILE' })
    expect(old.store.block('SPY', '2024-07-02')?.bars.close[0]).toBe(11)
  })
})

describe('JSON', () => {
  const object = { datetime: '2024-07-02 09:30:00', open: 10, high: 12, low: 9, close: 11, volume: 300 }
  const description = { files: '{symbol}.json' }

  test.each<[string, string, Partial<LegacyBarsInput>]>([
    ['an array of objects', JSON.stringify([object]), {}],
    ['an array over lines', JSON.stringify([{ note: '}]"\\', ...object }], null, 2), {}],
    ['one object a line', `${JSON.stringify(object)}\n\n`, {}],
    [
      'arrays by place',
      JSON.stringify([[OPEN * 1000, 10, 12, 9, 11, 300]]),
      {
        timeFormat: 'epoch-ms',
        headerRows: 0,
        columns: { time: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 },
      },
    ],
    ['numbers in quotation marks', JSON.stringify([{ ...object, close: '11.0' }]), {}],
  ])('of %s is read', async (_name, content, more) => {
    const old = oldFolder()
    old.write('SPY.json', content)
    expect(barsOf(await old.import({ ...description, ...more }))).toEqual([BAR])
  })

  test('of arrays by symbol is read, and other symbols are counted', async () => {
    const old = oldFolder(['SPY', 'AAPL'])
    old.write('all.json', JSON.stringify({ SPY: [object], IBM: [object, object], AAPL: [{ ...object, close: null }] }))
    const bars = await old.import({ files: 'all.json', symbol: 'key' })
    expect(barsOf(bars)).toEqual([BAR, ['AAPL', OPEN, 10, 12, 9, NaN, 300]])
    expect(bars.reports).toMatchObject([{ rowsInFile: 4, rows: 2, otherSymbols: 2 }])
  })

  test('by line keeps lines that are none', async () => {
    const old = oldFolder()
    old.write('SPY.json', `${JSON.stringify(object)}\n{"datetime": \n7\n`)
    const bars = await old.import(description)
    expectToAddUp(bars)
    expect(bars.rejects.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'it is no valid JSON'],
      [3, 'it is neither an object nor an array'],
    ])
  })

  test.each([
    ['that is cut off', '[{"datetime": 1}, {"da', {}, /cut off/],
    ['by column', '{"open": {"0": 1}}', { files: 'SPY.json', symbol: 'key' }, /no array of rows/],
    ['of plain values', '[1, 2]', {}, /no rows/],
  ] as const)('%s is refused', async (_name, content, more, message) => {
    const old = oldFolder()
    old.write('SPY.json', content)
    await expect(old.import({ ...description, ...more })).rejects.toMatchObject({
      code: 'LEGACY_FILE',
      message: expect.stringMatching(message),
    })
  })
})

describe('SQLite', () => {
  const columns = '(datetime text, open real, high real, low real, close real, volume integer)'
  const values = `('2024-07-02 09:30:00', 10, 12, 9, 11, 300)`

  test('with a table for each symbol is read and left as it was', async () => {
    const old = oldFolder()
    const path = join(old.folder, 'bars.db')
    const database = new Sqlite(path)
    database.exec(`create table bars_SPY ${columns}; insert into bars_SPY values ${values};
      create table bars_IBM ${columns}; insert into bars_IBM values ${values}; create table notes (x)`)
    database.close()
    const before = readFileSync(path)
    const bars = await old.import({ files: 'bars.db', symbol: 'table', table: 'bars_{symbol}' })
    expect(barsOf(bars)).toEqual([BAR])
    expect(bars.reports).toMatchObject([{ rowsInFile: 2, rows: 1, otherSymbols: 1 }])
    expect(bars.reports[0].doubts.join()).toContain('notes')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(bars.reports[0].sha256).toBe(createHash('sha256').update(before).digest('hex'))
  })

  test.each([true, false])('with a write-ahead log (in use: %s) is read with what is only there', async (isInUse) => {
    const old = oldFolder()
    const path = join(old.folder, 'bars.sqlite')
    const writer = new Sqlite(path)
    writer.pragma('journal_mode = WAL')
    writer.exec(`create table bars (ticker, t integer, o, h, l, c, v)`)
    writer.exec(`insert into bars values ('SPY', ${OPEN}, 10, 12, 9, 11, 300), ('SPY', null, 1, 1, 1, 1, 1)`)
    if (!isInUse) writer.close()
    const files = readdirSync(old.folder)
    const description: LegacyBarsInput = {
      files: 'bars.sqlite',
      symbol: 'column',
      symbolColumn: 'ticker',
      table: 'bars',
      timeFormat: 'epoch',
      columns: { time: 't', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' },
    }
    const bars = await old.import(description)
    expect(barsOf(bars)).toEqual([BAR])
    expect(bars.rejects).toMatchObject([{ line: 2, reason: 'the time is missing' }])
    expect(readdirSync(old.folder)).toEqual(files)
    if (!isInUse) return
    // The log alone changes; the file does not.
    writer.exec(`insert into bars values ('SPY', ${OPEN + 60}, 1, 1, 1, 1, 1)`)
    expect(barsOf(await old.import(description))).toHaveLength(2)
    writer.close()
  })

  test('without the table, or that is none, is refused', async () => {
    const old = oldFolder()
    const database = new Sqlite(join(old.folder, 'x.db'))
    database.exec(`create table bars ${columns}`)
    database.close()
    await expect(old.import({ files: 'x.db', symbol: 'column', table: 'prices' })).rejects.toMatchObject({
      message: expect.stringContaining('its tables are bars'),
    })
    old.write('x.db', 'SQLite format 3\0 but no more')
    await expect(old.import({ files: 'x.db', symbol: 'column', table: 'bars' })).rejects.toMatchObject({
      code: 'LEGACY_FILE',
    })
  })
})

describe('a file that is none', () => {
  test.each(['csv', 'json', 'parquet', 'sqlite'] as const)('is refused as %s', async (format) => {
    const old = oldFolder()
    old.write('SPY', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)))
    await expect(old.import({ files: '{symbol}', format, symbol: 'path', table: 'bars' })).rejects.toMatchObject({
      code: 'LEGACY_FILE',
    })
    rmSync(join(old.folder, 'SPY'))
    mkdirSync(join(old.folder, 'SPY'))
    await expect(old.import({ files: '{symbol}', format })).rejects.toMatchObject({
      message: expect.stringContaining('is no file'),
    })
  })
})

describe('importing again', () => {
  const day = (date: string, close: number, time = '09:30:00'): string =>
    `${HEADER}\n${date} ${time},1,1,1,${close},1\n`
  const files = { files: '{symbol}/*.csv' }
  const closes = (old: OldFolder): unknown =>
    [...old.store.blocks('SPY', '0000-00-00', '9999-99-99')].map(({ sessionDate, bars }) => [
      sessionDate,
      ...bars.close,
    ])

  test('reads only what changed, and replaces exactly what came from it', async () => {
    const old = oldFolder()
    old.write('SPY/1.csv', day('2024-07-01', 1))
    old.write('SPY/2.csv', day('2024-07-02', 2))
    expect((await old.import(files)).reports).toHaveLength(2)
    const hashes = old.store.contentHashes('SPY')
    expect((await old.import(files)).reports).toHaveLength(0)
    old.write('SPY/2.csv', day('2024-07-03', 3))
    expect((await old.import(files)).reports.map(({ file }) => file)).toEqual(['SPY/2.csv'])
    expect(closes(old)).toEqual([
      ['2024-07-01', 1],
      ['2024-07-03', 3],
    ])
    rmSync(join(old.folder, 'SPY/1.csv'))
    await old.import(files)
    expect(closes(old)).toEqual([['2024-07-03', 3]])
    expect(old.store.files().map(({ file }) => file)).toEqual(['SPY/2.csv'])
    old.write('SPY/1.csv', day('2024-07-01', 1))
    old.write('SPY/2.csv', day('2024-07-02', 2))
    await old.import(files)
    expect(old.store.contentHashes('SPY')).toEqual(hashes)
  })

  test('sees a change of content behind the same size and time', async () => {
    const old = oldFolder()
    const path = old.write('SPY/1.csv', day('2024-07-01', 1))
    const { atime, mtime } = statSync(path)
    await old.import(files)
    writeFileSync(path, day('2024-07-01', 2))
    utimesSync(path, atime, mtime)
    await old.import(files)
    expect(closes(old)).toEqual([['2024-07-01', 2]])
  })

  test('puts a session together from several files, and takes it apart again', async () => {
    const old = oldFolder()
    const feature = (content: string, value: number): string =>
      content.replace('volume\n', 'volume,rsi\n').replace(/1\n$/, `1,${value}\n`)
    old.write('SPY/a.csv', `${feature(day('2024-07-02', 1), 7)}2024-07-02 09:31:00,1,1,1,2,1,8\n`)
    const alone = await old.import({ ...files, features: 'rest' })
    const hash = alone.sessions[0].bars
    old.write('SPY/b.csv', feature(day('2024-07-02', 5, '09:31:00'), 9))
    old.write('SPY/c.csv', day('2024-07-02', 6, '09:32:00'))
    await old.import({ ...files, features: 'rest' })
    expect(closes(old)).toEqual([['2024-07-02', 1, 5, 6]])
    expect(old.store.overlaps('SPY')).toBe(1)
    expect(old.store.features('SPY', '2024-07-02')).toEqual(new Map([['rsi', Float64Array.of(7, 9, NaN)]]))
    rmSync(join(old.folder, 'SPY/b.csv'))
    await old.import({ ...files, features: 'rest' })
    expect(closes(old)).toEqual([['2024-07-02', 1, 2, 6]])
    rmSync(join(old.folder, 'SPY/c.csv'))
    await old.import({ ...files, features: 'rest' })
    expect(old.store.block('SPY', '2024-07-02')?.bars).toEqual(hash)
    expect(old.store.features('SPY', '2024-07-02')).toEqual(new Map([['rsi', Float64Array.of(7, 8)]]))
    expect(old.store.overlaps('SPY')).toBe(0)
  })

  test('that ended between two symbols leaves each as it was or as it is to be, and is done again', async () => {
    const old = oldFolder(['AAA', 'BBB'])
    const description: LegacyBarsInput = { files: 'all.csv', symbol: 'column' }
    const content = (close: number): string =>
      `symbol,${HEADER}\nAAA,2024-07-02 09:30:00,1,1,1,${close},1\nBBB,2024-07-02 09:30:00,1,1,1,${close},1\nbad\n`
    const closesOf = (): unknown[] => old.symbols.map((symbol) => old.store.block(symbol, '2024-07-02')?.bars.close[0])
    old.write('all.csv', content(1))
    await old.import(description)
    old.write('all.csv', content(2))
    old.diesAt = 'BBB'
    await expect(old.import(description)).rejects.toThrow('died')
    expect(closesOf()).toEqual([2, 1])
    expect(old.store.rejected({ limit: 9 })).toHaveLength(1)
    old.diesAt = undefined
    expect((await old.import(description)).rejects).toMatchObject([{ line: 4 }])
    expect(closesOf()).toEqual([2, 2])
    expect(old.store.files()).toHaveLength(1)
    expect((await old.import(description)).reports).toEqual([])
    // What an interrupted import left goes when its file is gone.
    old.write('all.csv', content(3))
    old.diesAt = 'BBB'
    await expect(old.import(description)).rejects.toThrow('died')
    old.diesAt = undefined
    rmSync(join(old.folder, 'all.csv'))
    await old.import(description)
    expect(closesOf()).toEqual([undefined, undefined])
    expect(old.store.knownFiles()).toEqual([])
  })
})
