import { describe, expect, test } from 'vitest'
import { truncateSync } from 'node:fs'
import { scanCsv } from '#main/tables/scan-csv.ts'
import { tableFiles } from './table-files.ts'
import { tempFolder } from './temp-folder.ts'

const { csv, gzip } = tableFiles(tempFolder())

const scan = (path: string, isGzip = false) =>
  scanCsv({ path, isGzip, signal: new AbortController().signal, onProgress: () => undefined })

describe('the form of a CSV file', () => {
  test.each([
    ['comma', 'a,b\n1,2\n', ',', ['a', 'b'], 1],
    ['semicolon with decimal commas', 'a;b\n1,5;2,5\n', ';', ['a', 'b'], 1],
    ['tab', 'a\tb\n1\t2\n', '\t', ['a', 'b'], 1],
    ['bar', 'a|b\n1|2\n', '|', ['a', 'b'], 1],
    ['one column, where an empty line is a row', 'a\n1\n\n2\n', ',', ['a'], 3],
    ['no end of the last line', 'a,b\n1,2', ',', ['a', 'b'], 1],
    ['nothing but a header', 'a,b', ',', ['a', 'b'], 0],
    ['byte order mark and CR LF', '\uFEFFa,b\r\n1,2\r\n3,4\r\n', ',', ['a', 'b'], 2],
    ['empty lines, which are no rows', 'a,b\n\n1,2\n\n', ',', ['a', 'b'], 1],
    ['quotes', '"a;""x""","b,c"\n"1\n2,""",3\n4,5"6\n', ',', ['a;"x"', 'b,c'], 2],
  ])('%s', async (_name, text, delimiter, names, rows) => {
    expect(await scan(csv(text))).toEqual({ delimiter, names, rows })
    expect(await scan(gzip(text), true)).toEqual({ delimiter, names, rows })
  })

  test('is the same when it is read in many pieces', async () => {
    const rows = 400_000
    const text = `a,b\r\n${'"x\r\ny""",2\r\n'.repeat(rows)}`
    expect(await scan(csv(text))).toEqual({ delimiter: ',', names: ['a', 'b'], rows })
  })
})

describe('what is no table is refused with file and line', () => {
  test.each([
    ['', 'it is empty'],
    ['\uFEFF', 'it is empty'],
    ['\na,b\n', 'line 1: it has no header: the first line is empty'],
    [
      'SPY,1719840600,545.1\nSPY,1719840660,545.2\n',
      'line 1: it has no header: "1719840600" in the first line is a value',
    ],
    ['2024-07-01,x\n', 'line 1: it has no header: "2024-07-01"'],
    ['a,,b\n', 'line 1: column 2 of the header has no name'],
    ['a,b,a\n', 'line 1: the header has "a" twice'],
    ['a,b\n1,2\n3\n', 'line 3: the row has 1 value, the header 2'],
    ['a,b\n1,2\n\n3,4,5\n', 'line 4: the row has 3 values, the header 2'],
    ['a,b\n"1\n2",3\n4\n', 'line 4: the row has 1 value'],
    ['a,b\n1,2\n3,"4\n5,6\n', 'line 3: a quotation mark is not closed'],
    ['a,b\n1,"2"3\n', 'line 2: text follows a closing quotation mark'],
    ['a,b\r\n1,2\n', 'line 2: it has lines that end with CR LF and lines that end with LF'],
    ['a,b\n1,2\r\n', 'line 2: it has lines that end with CR LF and lines that end with LF'],
    ['a,b\n1\r,2\n', 'line 2: a carriage return stands alone'],
  ])('%j', async (text, problem) => {
    const file = csv(text)
    await expect(scan(file)).rejects.toMatchObject({
      code: 'TABLE_FILE',
      message: expect.stringContaining(`${file}: ${problem}`),
    })
  })

  test('UTF-16', async () => {
    await expect(scan(csv(Buffer.from('\uFEFFa,b\n', 'utf16le')))).rejects.toMatchObject({
      message: expect.stringContaining('UTF-16'),
    })
  })

  test('a gzip file that is cut off', async () => {
    const file = gzip('a,b\n1,2\n'.repeat(1000))
    truncateSync(file, 40)
    await expect(scan(file, true)).rejects.toMatchObject({ code: 'TABLE_FILE' })
  })
})
