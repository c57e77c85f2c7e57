import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { oldPipelineConfigSchema } from '#shared/config/legacy-config.ts'
import { isoUtc, zoneOffsetSeconds } from '#shared/time.ts'
import { type SniffedFile, sniffOldFile } from '#main/legacy/sniff-file.ts'
import { OldFolder, XNYS } from './old-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
let files = 0

/** Five sessions, busiest at their open, from an hour before it to an hour after the close when `isExtended`. */
function bars(isExtended = false): readonly { ts: number; price: number; volume: number }[] {
  return XNYS.sessionsBetween('2024-06-24', '2024-06-28').flatMap(({ openTs, closeTs }) => {
    const margin = isExtended ? 3_600 : 0
    return Array.from({ length: (closeTs - openTs + 2 * margin) / 60 }, (_, i) => {
      const ts = openTs - margin + 60 * i
      const inside = ts >= openTs && ts < closeTs
      return {
        ts,
        price: 540 + (i % 50) / 100,
        volume: inside ? 20_000 + Math.max(0, 200_000 - (ts - openTs) * 100) : 900,
      }
    })
  })
}

const offsets = new Map<string, number>()
/** On the clock of a zone; no clock changes in these days. */
function wall(ts: number, zone: string): string {
  const offset = offsets.get(zone) ?? zoneOffsetSeconds(zone, ts)
  offsets.set(zone, offset)
  return isoUtc(ts + offset)
    .slice(0, 19)
    .replace('T', ' ')
}

/** A CSV of the bars with the given text as the time of a bar that begins at `ts`. */
function csv(timeOf: (ts: number) => string, isExtended = false): string {
  const rows = bars(isExtended).map(
    ({ ts, price, volume }) => `${timeOf(ts)},${price},${price + 1},${price - 1},${price},${volume}`,
  )
  return `Date,Open,High,Low,Close,Volume\n${rows.join('\n')}\n`
}

async function sniff(name: string, content: string | Uint8Array, symbol?: string): Promise<SniffedFile> {
  const path = join(folder, `${files++}-${name}`)
  writeFileSync(path, content)
  return sniffOldFile(path, { calendar: XNYS, written: `../old/${name}`, ...(symbol === undefined ? {} : { symbol }) })
}

describe('times of a file', () => {
  const NY = 'America/New_York'
  test.each([
    ['start, New York', (ts: number) => wall(ts, NY), { zone: NY, label: 'start', timeFormat: '%Y-%m-%d %H:%M:%S' }],
    ['end, New York', (ts: number) => wall(ts + 60, NY), { zone: NY, label: 'end' }],
    ['start, UTC', (ts: number) => wall(ts, 'UTC'), { zone: 'UTC', label: 'start' }],
    ['end, UTC', (ts: number) => wall(ts + 60, 'UTC'), { zone: 'UTC', label: 'end' }],
    ['end, Chicago', (ts: number) => wall(ts + 60, 'America/Chicago'), { zone: 'America/Chicago', label: 'end' }],
    ['start, Berlin', (ts: number) => wall(ts, 'Europe/Berlin'), { zone: 'Europe/Berlin', label: 'start' }],
    ['epoch', (ts: number) => String(ts), { timeFormat: 'epoch', label: 'start' }],
    ['epoch-ms of the end', (ts: number) => `${ts + 60}000`, { timeFormat: 'epoch-ms', label: 'end' }],
    ['epoch-ns', (ts: number) => `${ts}000000000`, { timeFormat: 'epoch-ns', label: 'start' }],
    ['an offset', (ts: number) => `${wall(ts, NY)}-04:00`, { timeFormat: 'iso', label: 'start' }],
    ['Z', (ts: number) => isoUtc(ts + 60), { timeFormat: 'iso', label: 'end' }],
    [
      'D/M/YYYY',
      (ts: number) =>
        `${wall(ts, NY).slice(8, 10)}/${wall(ts, NY).slice(5, 7)}/${wall(ts, NY).slice(0, 4)} ${wall(ts, NY).slice(11, 16)}`,
      { timeFormat: '%d/%m/%Y %H:%M', zone: NY },
    ],
    [
      'a zone by name',
      (ts: number) => `${wall(ts, NY).replaceAll('-', '')} US/Eastern`,
      { timeFormat: '%Y%m%d %H:%M:%S US/Eastern', zone: 'US/Eastern' },
    ],
  ] as const)('are told: %s', async (_name, timeOf, expected) => {
    for (const isExtended of [false, true]) {
      const sniffed = await sniff('SPY.csv', csv(timeOf, isExtended))
      expect(sniffed.description).toMatchObject(expected)
      const first = bars(isExtended)[0]
      expect(sniffed.normalised[0]).toMatchObject({
        utc: isoUtc(first.ts),
        open: 540,
        high: 541,
        low: 539,
        volume: first.volume,
      })
      expect(sniffed.rejected).toEqual([])
    }
  })

  test('that may be either label, or of few sessions, are a doubt', async () => {
    const sniffed = await sniff(
      'SPY.csv',
      'time,o,h,l,c,v\n2024-07-02 10:00:00,1,1,1,1,1\n2024-07-02 10:01:00,1,1,1,1,1\n',
    )
    expect(sniffed.doubts.join('\n')).toMatch(/only 1 sessions/)
    expect(sniffed.doubts.join('\n')).toMatch(/start or the end of its bar is not clear/)
  })
})

describe('the form of a file', () => {
  const time = (ts: number): string => wall(ts, 'America/New_York')

  test('is told of text as spreadsheets write it', async () => {
    const text = csv(time).replaceAll(',', ';').replaceAll('.', ',')
    const { description } = await sniff('SPY_20240624.csv', text)
    expect(description).toMatchObject({
      files: '../old/{symbol}_*.csv',
      delimiter: ';',
      decimal: ',',
      columns: { time: 'Date', open: 'Open', volume: 'Volume' },
    })
  })

  test('is told of average price and number of trades, as IB names them', async () => {
    const [header, ...rows] = csv(time).trimEnd().split('\n')
    const text = [`${header},WAP,Count`, ...rows.map((row) => `${row},540.1,7`)].join('\n')
    const { description, doubts } = await sniff('SPY_20240624.csv', text)
    expect(description).toMatchObject({ columns: { close: 'Close', vwap: 'WAP', tradeCount: 'Count' } })
    expect(doubts.join()).not.toContain('not imported')
  })

  test('is told of several header rows, of none, and of symbols in a column', async () => {
    const [, ...rows] = csv(time).split('\n')
    const yfinance = `Price,Open,High,Low,Close,Volume\nTicker,SPY,SPY,SPY,SPY,SPY\nDatetime,,,,,\n${rows.join('\n')}`
    expect((await sniff('SPY.csv', yfinance)).description).toMatchObject({
      headerRows: 3,
      columns: { open: 'Open/SPY', volume: 'Volume/SPY' },
    })
    expect((await sniff('SPY.txt', rows.join('\n'))).description).toMatchObject({
      headerRows: 0,
      columns: { time: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 },
    })
    const withSymbol = `ticker,${csv(time).replaceAll(/\n(?=\d)/g, '\nSPY,')}`
    expect((await sniff('all.csv', withSymbol)).description).toMatchObject({
      files: '../old/all.csv',
      symbol: 'column',
      symbolColumn: 'ticker',
    })
  })

  /** The rows with `times` in place of the first column. */
  const withTimes = (header: string, times: (ts: number) => string): string => csv(times).replace('Date', header)
  const two = (text: string): string => text.slice(0, 10).replaceAll('-', '')

  test.each<[string, string | Uint8Array, object]>([
    [
      'of numbers in place of times',
      // Day 25569 of a spreadsheet is 1970-01-01.
      csv((ts) => ((ts - 4 * 3600) / 86_400 + 25_569).toFixed(5)),
      { timeFormat: 'excel', zone: 'America/New_York', label: 'start' },
    ],
    [
      'of times of day that lost their zeros',
      withTimes('Date,Time', (ts) => `${two(time(ts))},${Number(time(ts).slice(11, 16).replace(':', ''))}`),
      { timeFormat: '%Y%m%d %H%M', columns: expect.objectContaining({ date: 'Date', time: 'Time' }) },
    ],
    [
      'of a currency',
      csv(time).replaceAll(/,(5\d\d)/g, ',$$$1'),
      { currency: '$', columns: expect.objectContaining({ close: 'Close' }) },
    ],
    ['of compressed text', gzipSync(csv(time)), { timeFormat: '%Y-%m-%d %H:%M:%S', label: 'start' }],
  ])('is told %s', async (_name, content, expected) => {
    const { description, normalised, rejected } = await sniff('SPY.csv', content)
    expect(description).toMatchObject(expected)
    expect(normalised[0]).toMatchObject({ utc: isoUtc(bars()[0].ts), open: 540 })
    expect(rejected).toEqual([])
  })

  test('is not doubted because of rows that are none', async () => {
    const { doubts } = await sniff('SPY.csv', `${csv(time)}Total,,,,,1\n`)
    expect(doubts).toEqual([expect.stringContaining('1 of the first 1951 rows would be refused')])
  })

  test('is told by its content, whatever its name', async () => {
    const rows = bars().map(({ ts, price, volume }) => ({
      t: ts * 1000,
      o: price,
      h: price,
      l: price,
      c: price,
      v: volume,
    }))
    const json = await sniff('SPY.txt', JSON.stringify(rows))
    expect(json.description).toMatchObject({
      format: 'json',
      timeFormat: 'epoch-ms',
      columns: { time: 't', close: 'c' },
    })
    expect((await sniff('all.json', JSON.stringify({ SPY: rows }))).description).toMatchObject({ symbol: 'key' })
    expect((await sniff('SPY.json', rows.map((row) => JSON.stringify(row)).join('\n'))).description).toMatchObject({
      timeFormat: 'epoch-ms',
    })

    const path = join(folder, 'old.db')
    const database = new Sqlite(path)
    for (const name of ['bars_SPY', 'bars_SPXL']) {
      database.exec(`create table ${name} (t integer, o real, h real, l real, c real, v integer)`)
      const insert = database.prepare(`insert into ${name} values (@t, @o, @h, @l, @c, @v)`)
      database.transaction(() => rows.forEach((row) => insert.run(row)))()
    }
    database.close()
    expect((await sniffOldFile(path, { calendar: XNYS })).description).toMatchObject({
      symbol: 'table',
      table: 'bars_{symbol}',
    })

    const parquet = join(folder, 'SPY.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(
      `copy (select to_timestamp(t / 1000) as "__index_level_0__", o as open, h as high, l as low, c as close, v as volume
       from read_json('${join(folder, '..', 'x')}') ) to '${parquet}' (format parquet)`.replace(
        `read_json('${join(folder, '..', 'x')}')`,
        `(values ${rows.map(({ t, o, v }) => `(${t}, ${o}, ${o}, ${o}, ${o}, ${v})`).join(', ')}) as rows(t, o, h, l, c, v)`,
      ),
    )
    connection.closeSync()
    instance.closeSync()
    const sniffed = await sniffOldFile(parquet, { calendar: XNYS })
    expect(sniffed.description).toMatchObject({ columns: { time: '__index_level_0__' }, label: 'start' })
    expect(sniffed.normalised[0].utc).toBe(isoUtc(bars()[0].ts))
  })

  test('has doubts about scale, unit, missing values and columns that are left', async () => {
    const rows = bars().map(
      ({ ts, price }) =>
        `${time(ts)},${Math.round(price * 10_000)},${Math.round(price * 10_000)},n/a,${Math.round(price * 10_000)},12,x`,
    )
    const { description, doubts } = await sniff(
      'SPY.csv',
      `time,open,high,low,close,volume,source\n${rows.join('\n')}\n`,
    )
    expect(description).toMatchObject({ priceScale: 10_000, nulls: 'common' })
    expect(doubts.join('\n')).toMatch(/lots/)
    expect(doubts.join('\n')).toMatch(/not imported: source/)
  })

  test.each([
    ['nothing', ''],
    ['binary data', Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 256))],
    ['prose', 'Dear all,\nthe bars are on the old disk.\n'],
    ['a JSON value of another kind', '{"a": 1'],
    ['the beginning of a Parquet file', 'PAR1 and no more'],
    ['a workbook', 'PK\u0003\u0004 and more'],
    ['compressed JSON', gzipSync('[{"t": 1}]')],
  ])('that holds %s is refused', async (_name, content) => {
    await expect(sniff('SPY.csv', content)).rejects.toMatchObject({ code: 'LEGACY_FILE', hint: expect.any(String) })
  })
})

test('what is proposed can be pasted and imports every row', async () => {
  const text = csv((ts) => wall(ts + 60, 'UTC'))
  const { yaml } = await sniff('SPY.csv', text)
  const { bars: description } = oldPipelineConfigSchema.parse((parse(yaml) as { oldPipeline: unknown }).oldPipeline)
  const old = new OldFolder(join(folder, 'pasted'))
  old.write('SPY.csv', text)
  const { reports, sessions } = await old.import({ ...description, files: '{symbol}.csv' })
  old.store.close()
  expect(reports).toMatchObject([{ rows: bars().length, rejected: 0, doubts: [] }])
  expect(sessions[0].bars.ts[0]).toBe(bars()[0].ts)
})
