import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { listZipEntries, readZipEntry, ZipError } from '#main/simulator/markets/zip-entries.ts'
import { barsFolderMarket, type Market } from '#main/simulator/simulator.ts'

const XNYS = loadCalendar('XNYS', ['data/calendars'])
const NAN = Number.NaN

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-bars-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function put(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), contents)
}
const putZip = (path: string, entries: Record<string, string>): void =>
  put(path, zipSync(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)]))))
const market = (): Market => barsFolderMarket({ dir, calendar: XNYS })
const rowsOf = (bars: BarColumns): number[][] => [...bars.ts].map((_, i) => BAR_COLUMNS.map((name) => bars[name][i]))
const at = (iso: string): number => Date.parse(iso) / 1000
const onDay = (source: Market, symbol: string, date: string, useRth = true): Promise<BarColumns> =>
  source.minuteBars(symbol, at(`${date}T00:00:00Z`), at(`${date}T23:59:00Z`), useRth)

// 09:30 in New York is 34,200,000 ms after midnight.
const SPY_DAY =
  '34140000,1685000,1685100,1684900,1685000,10\n34200000,1685312,1686000,1685000,1685900,1200\n34260000,1685900,1685900,1685900,1685900,1\n'

describe('a folder of Lean zips', () => {
  it.each(['equity_usa_minute_spy_20131004_trade.zip', 'equity/usa/minute/spy/20131004_trade.zip'])(
    'is read as %s: prices divided by 10,000, times of day in New York',
    async (path) => {
      putZip(path, { '20131004_spy_minute_trade.csv': SPY_DAY })
      put('README.md', 'not bars')
      const source = market()
      expect(source.instruments().map(({ symbol, conId }) => [symbol, conId])).toEqual([['SPY', 756_733]])
      const open = at('2013-10-04T13:30:00Z')
      expect(rowsOf(await onDay(source, 'SPY', '2013-10-04'))).toEqual([
        [open, 168.5312, 168.6, 168.5, 168.59, 1200, NAN, NAN],
        [open + 60, 168.59, 168.59, 168.59, 168.59, 1, NAN, NAN],
      ])
      expect([...(await onDay(source, 'SPY', '2013-10-04', false)).ts]).toEqual([open - 60, open, open + 60])
      expect(await source.headTs('SPY')).toBe(open)
      expect(source.faults).toEqual([])
    },
  )

  it('keeps to New York time on both sides of a clock change', async () => {
    putZip('equity_usa_minute_spy_20240308_trade.zip', { 'a.csv': SPY_DAY })
    putZip('equity_usa_minute_spy_20240311_trade.zip', { 'a.csv': SPY_DAY })
    const bars = await market().minuteBars('SPY', at('2024-03-08T00:00:00Z'), at('2024-03-12T00:00:00Z'), true)
    expect(bars.ts[0]).toBe(at('2024-03-08T14:30:00Z'))
    expect(bars.ts[2]).toBe(at('2024-03-11T13:30:00Z'))
  })

  it('has an instrument for each contract of a future, with plain prices and the evening before', async () => {
    putZip('future_cme_minute_es_20131006_trade.zip', {
      '20131006_es_minute_trade_201312.csv': '79200000,1676.75,1677.25,1673.5,1675.25,1884\n',
    })
    putZip('future_cme_minute_es_20131007_trade.zip', {
      '20131007_es_minute_trade_201312.csv': '0,1676.5,1676.5,1676.5,1676.5,9\n',
      '20131007_es_minute_trade_201403_20140321.csv': '180000,1669.75,1669.75,1669.75,1669.75,2\n',
    })
    const source = market()
    expect(source.instruments().map((each) => [each.symbol, each.localSymbol, each.lastTradeDate])).toEqual([
      ['ESH2014', 'ESH4', '20140321'],
      ['ESZ2013', 'ESZ3', '201312'],
    ])
    const bars = await source.minuteBars('ESZ2013', at('2013-10-06T00:00:00Z'), at('2013-10-08T00:00:00Z'), false)
    expect(rowsOf(bars).map((row) => row.slice(0, 2))).toEqual([
      [at('2013-10-07T02:00:00Z'), 1676.75],
      [at('2013-10-07T04:00:00Z'), 1676.5],
    ])
  })

  it.each([
    ['a price that is none', '34200000,1685312,x,1685000,1685900,1200\n', 'line 1', '"x" is not a number'],
    ['a missing column', `${SPY_DAY}34320000,1,1,1,1\n`, 'line 4', '5 columns instead of 6'],
    ['a price of zero', '34200000,0,1,1,1,1\n', 'line 1', 'the open is not a positive number'],
    ['a negative volume', '34200000,1,1,1,1,-5\n', 'line 1', 'the volume is negative'],
    ['a time that goes back', `${SPY_DAY}34200000,1,1,1,1,1\n`, 'line 4', 'not later than that of the row before'],
    ['a time within a minute', '34200001,1,1,1,1,1\n', 'line 1', 'not the start of a minute'],
    ['a time after midnight', '86400000,1,1,1,1,1\n', 'line 1', 'not a time of day'],
  ])('names file and line of %s', async (_what, csv, line, problem) => {
    putZip('equity_usa_minute_spy_20131004_trade.zip', { 'a.csv': csv })
    await expect(onDay(market(), 'SPY', '2013-10-04')).rejects.toMatchObject({
      code: 'BARS_FILE',
      message: expect.stringMatching(`equity_usa_minute_spy_20131004_trade\\.zip, ${line}: .*${problem}`),
    })
  })

  it('names the file of a zip that is none, is cut off, or holds two tables', async () => {
    const zip = zipSync({ 'a.csv': strToU8(SPY_DAY.repeat(50)) })
    put('equity_usa_minute_aig_20131004_trade.zip', 'this is no zip')
    put('equity_usa_minute_bac_20131004_trade.zip', zip.subarray(0, zip.length - 30))
    putZip('equity_usa_minute_ibm_20131004_trade.zip', { 'a.csv': SPY_DAY, 'b.csv': SPY_DAY })
    for (const symbol of ['AIG', 'BAC', 'IBM']) {
      await expect(onDay(market(), symbol, '2013-10-04')).rejects.toMatchObject({
        code: 'BARS_FILE',
        message: expect.stringContaining(
          `equity_usa_minute_${symbol.toLowerCase()}_20131004_trade.zip: not a usable zip`,
        ),
      })
    }
  })
})

describe('a folder of CSV files', () => {
  it('reads epoch seconds or times with an offset, and columns in any order', async () => {
    put(
      'ABC.csv',
      'volume,ts,open,high,low,close,wap,count\n100,1720013400,1.1,1.3,1.05,1.2,1.15,7\n,1720013460,1.2,1.2,1.2,1.2,,\n',
    )
    put(
      'DEF.csv',
      '\uFEFF"datetime",Open,High,Low,Close,Volume,source\r\n2024-07-03T09:30:00-04:00,2,2,2,2,5,x\r\n2024-07-03 13:31:00Z,3,3,3,3,6,y',
    )
    const source = market()
    expect(rowsOf(await onDay(source, 'ABC', '2024-07-03'))).toEqual([
      [1_720_013_400, 1.1, 1.3, 1.05, 1.2, 100, 1.15, 7],
      [1_720_013_460, 1.2, 1.2, 1.2, 1.2, NAN, NAN, NAN],
    ])
    expect(rowsOf(await onDay(source, 'DEF', '2024-07-03')).map((row) => row.slice(0, 2))).toEqual([
      [1_720_013_400, 2],
      [1_720_013_460, 3],
    ])
    expect(await source.headTs('ABC')).toBe(1_720_013_400)
  })

  it('reads a file that is larger than one piece of the stream', async () => {
    // Two sessions of 390 minutes, padded to some 500 kB.
    const filler = 'z'.repeat(600)
    const starts = [at('2024-07-01T13:30:00Z'), at('2024-07-02T13:30:00Z')]
    const rows = starts.flatMap((start) =>
      Array.from({ length: 390 }, (_, i) => `${start + 60 * i},1,1,1,1,${i},${filler}`),
    )
    put('BIG.csv', `ts,open,high,low,close,volume,note\n${rows.join('\n')}\n`)
    const bars = await market().minuteBars('BIG', starts[0], starts[1] + 86_400, true)
    expect(bars.ts.length).toBe(780)
    expect([...bars.volume.subarray(388, 392)]).toEqual([388, 389, 0, 1])
  })

  it.each([
    ['no header', '', 'has no header'],
    ['a column too few', 'ts,open,high,low,close\n', 'line 1: the header has no column volume'],
    ['a naive time', 'time,open,high,low,close,volume\n2024-07-03 09:30:00,1,1,1,1,1\n', 'line 2: .*offset from UTC'],
    ['a short row', 'ts,open,high,low,close,volume\n\n1720013400,1,1,1,1\n', 'line 3: the column volume is missing'],
    ['a line without an end', `ts,open,high,low,close,volume\n${'9'.repeat(200_000)}`, 'the line does not end'],
  ])('names file and line of %s', async (_what, csv, problem) => {
    put('BAD.csv', csv)
    await expect(onDay(market(), 'BAD', '2024-07-03')).rejects.toMatchObject({
      code: 'BARS_FILE',
      message: expect.stringMatching(`BAD\\.csv.*${problem}`),
    })
  })
})

describe('a folder that is not one of bars', () => {
  it('is refused when it is not there, is empty, or has a symbol twice', () => {
    expect(() => barsFolderMarket({ dir: join(dir, 'missing'), calendar: XNYS })).toThrow(
      expect.objectContaining({ code: 'BARS_FILE', message: expect.stringContaining('cannot be read') }),
    )
    expect(market).toThrow(
      expect.objectContaining({ code: 'BARS_FILE', message: expect.stringContaining('no minute bars') }),
    )
    put('SPY.csv', 'ts,open,high,low,close,volume\n')
    putZip('equity_usa_minute_spy_20131004_trade.zip', { 'a.csv': SPY_DAY })
    expect(market).toThrow(expect.objectContaining({ code: 'BARS_FILE', message: expect.stringContaining('twice') }))
  })

  it('says which symbols it has', async () => {
    put('SPY.csv', 'ts,open,high,low,close,volume\n')
    await expect(market().minuteBars('XYZ', 0, 1, true)).rejects.toMatchObject({
      code: 'UNKNOWN_SYMBOL',
      hint: 'It has SPY.',
    })
    expect(await market().headTs('SPY')).toBeNull()
  })
})

describe('zip files', () => {
  /** A zip by hand: one stored entry whose sizes stand only in the ZIP64 record of its headers. */
  function zip64(name: string, text: string, crc: number): Buffer {
    const [nameBytes, data] = [Buffer.from(name), Buffer.from(text)]
    const extra = Buffer.alloc(20)
    extra.writeUInt16LE(1, 0)
    extra.writeUInt16LE(16, 2)
    extra.writeBigUInt64LE(BigInt(data.length), 4)
    extra.writeBigUInt64LE(BigInt(data.length), 12)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt32LE(crc, 14)
    local.fill(0xff, 18, 26)
    local.writeUInt16LE(nameBytes.length, 26)
    local.writeUInt16LE(extra.length, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt32LE(crc, 16)
    central.fill(0xff, 20, 28)
    central.writeUInt16LE(nameBytes.length, 28)
    central.writeUInt16LE(extra.length, 30)
    const head = Buffer.concat([local, nameBytes, extra, data])
    const directory = Buffer.concat([central, nameBytes, extra])
    const end = Buffer.alloc(22)
    end.writeUInt32LE(0x06054b50, 0)
    end.writeUInt16LE(1, 8)
    end.writeUInt16LE(1, 10)
    end.writeUInt32LE(directory.length, 12)
    end.writeUInt32LE(head.length, 16)
    return Buffer.concat([head, directory, end])
  }
  // CRC-32 of "123456789", the check value of the algorithm's catalogue entry.
  const CHECK = 0xcbf43926

  it('may state their sizes in ZIP64 records although they are small', () => {
    const zip = zip64('a.csv', '123456789', CHECK)
    const [entry] = listZipEntries(zip)
    expect(entry).toMatchObject({ name: 'a.csv', size: 9, compressedSize: 9 })
    expect(readZipEntry(zip, entry, 100).toString()).toBe('123456789')
  })

  it('are held to their checksums and to the size that is allowed', () => {
    const zip = zip64('a.csv', '123456789', CHECK + 1)
    expect(() => readZipEntry(zip, listZipEntries(zip)[0], 100)).toThrow(ZipError)
    const bomb = Buffer.from(zipSync({ 'a.csv': new Uint8Array(1 << 20) }))
    const [entry] = listZipEntries(bomb)
    expect(() => readZipEntry(bomb, entry, 1000)).toThrow(ZipError)
    expect(() => readZipEntry(bomb, { ...entry, size: 10 }, 1000)).toThrow(ZipError)
  })

  it('of another writer are read back', () => {
    const zip = Buffer.from(
      zipSync({ 'x/one.csv': strToU8('one'.repeat(500)), 'two.csv': [strToU8('two'), { level: 0 }] }),
    )
    const entries = listZipEntries(zip)
    expect(entries.map(({ name }) => name)).toEqual(['x/one.csv', 'two.csv'])
    expect(readZipEntry(zip, entries[0], 10_000).toString()).toBe('one'.repeat(500))
    expect(readZipEntry(zip, entries[1], 10_000).toString()).toBe('two')
  })
})
