import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvText } from '../../renderer/charts/csv-text.ts'

/** One column that holds what it is given. */
const columns = [{ header: 'value', value: (row: string | number | null) => row }]

/** The fields of a CSV text, read back by the grammar of RFC 4180. */
function parse(text: string): string[][] {
  const records: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '\r\n') records.push([])
  }
  return records.slice(0, -1)
}

describe('CSV text', () => {
  test('has a header, a comma between fields and CR LF after every record', () => {
    const pair = [
      { header: 'minute', value: (row: readonly [string, number]) => row[0] },
      { header: 'close (price)', value: (row: readonly [string, number]) => row[1] },
    ]
    expect(csvText(pair, [['09:30', 168.42]])).toBe('minute,close (price)\r\n09:30,168.42\r\n')
    expect(csvText(pair, [])).toBe('minute,close (price)\r\n')
  })

  test.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "so"', '"say ""so"""'],
    ['two\nlines', '"two\nlines"'],
    [' padded', '" padded"'],
    ['', ''],
    [null, ''],
    [Number.NaN, ''],
    [Number.POSITIVE_INFINITY, ''],
    [0, '0'],
    [-0.25, '-0.25'],
    // The double next to 0.3 that the sum is, and a volume: neither rounded nor grouped.
    [0.1 + 0.2, '0.30000000000000004'],
    [1_234_567, '1234567'],
    [5e-324, '5e-324'],
  ])('writes %j as %s', (value, field) => {
    expect(csvText(columns, [value])).toBe(`value\r\n${field}\r\n`)
  })

  test('quotes a header like any other field', () => {
    expect(csvText([{ header: 'new, old', value: () => 1 }], [0])).toBe('"new, old"\r\n1\r\n')
  })

  test('reads back as what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ' ', ',', '"', '\r', '\n', 'é') })), (rows) => {
        expect(parse(csvText(columns, rows))).toEqual([['value'], ...rows.map((row) => [row])])
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.double({ noDefaultInfinity: true, noNaN: true })), (rows) => {
        const read = parse(csvText(columns, rows)).slice(1)
        expect(read.map(([value]) => Number(value))).toEqual(rows.map((value) => value + 0))
      }),
    )
  })
})
