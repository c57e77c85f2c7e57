import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { ColumnDiff } from '#main/tables/diff-report.ts'
import { compareFiles, tableFiles } from './table-files.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const { csv, gzip, parquet } = tableFiles(folder)

/** The counts of one column, in the order equal, within, unequal, null against value, type difference. */
function counts(column: ColumnDiff): number[] {
  return [column.equal, column.withinTolerance, column.unequal, column.nullVersusValue, column.typeDifference]
}

/** A Parquet file with the column `v` of one row, `k` = 1. */
const value = (sql: string): Promise<string> => parquet(`select 1 as k, ${sql} as v`)

/** The class of one pair of values, given as SQL. */
async function pair(left: string, right: string, given: { abs?: string; rel?: string } = {}): Promise<string> {
  const found = await compareFiles(await value(left), await value(right), given)
  const names = ['equal', 'within', 'unequal', 'null', 'type']
  return names[counts(found.columns[0]).indexOf(1)]
}

/** The same of two cells of CSV files. */
async function cells(left: string, right: string, given: { abs?: string; rel?: string } = {}): Promise<string> {
  const found = await compareFiles(csv(`k,v\n1,${left}\n`), csv(`k,v\n1,${right}\n`), given)
  const names = ['equal', 'within', 'unequal', 'null', 'type']
  return names[counts(found.columns[0]).indexOf(1)]
}

describe('rows', () => {
  test('are common, only on one side, without key or of a duplicate key, and add up', async () => {
    const left = csv('k,v\n1,1\n2,2\n3,3\n4,4\n4,5\n5,6\n,7\n')
    const right = csv('k,v\n1,1\n2,9\n4,4\n5,6\n5,6\n5,6\n8,8\n9,9\n,1\n,2\n')
    const found = await compareFiles(left, right)
    expect(found.rows).toEqual({ common: 2, equal: 1, withinTolerance: 0, unequal: 1, onlyLeft: 1, onlyRight: 2 })
    expect(found.nullKeys).toEqual({ left: 1, right: 2 })
    expect(found.duplicateKeys).toEqual({
      left: { keys: 1, rows: 2, rowsNotCompared: 3 },
      right: { keys: 1, rows: 3, rowsNotCompared: 4 },
    })
    expect(found.samples).toEqual({
      onlyLeft: [{ k: 3 }],
      onlyRight: [{ k: 8 }, { k: 9 }],
      duplicateKeys: [
        { key: { k: 5 }, left: 1, right: 3 },
        { key: { k: 4 }, left: 2, right: 1 },
      ],
      nullKeys: { left: [{ k: null }], right: [{ k: null }, { k: null }] },
    })
    expect(found.equal).toBe(false)
  })

  test('are unequal when one column is, and within tolerance when the worst is', async () => {
    const found = await compareFiles(csv('k,a,b\n1,1,1\n2,1,1\n3,1,1\n'), csv('k,a,b\n1,1,1\n2,1.1,1\n3,1.1,2\n'), {
      abs: '0.1',
    })
    expect(found.rows).toMatchObject({ common: 3, equal: 1, withinTolerance: 1, unequal: 1 })
    expect(found.columns.map(counts)).toEqual([
      [1, 2, 0, 0, 0],
      [2, 0, 1, 0, 0],
    ])
  })

  test('of a file against itself are equal', async () => {
    const file = csv('k,v,w\n1,2.5,x\n2,,\n')
    const found = await compareFiles(file, file)
    expect([found.equal, found.rows.equal]).toEqual([true, 2])
  })

  test('of a file against itself are equal also where a value has no exact place in the type of its column', async () => {
    const file = csv('k,v\n1,9007199254740993\n2,1e3\n3,NaN\n')
    const found = await compareFiles(file, file)
    expect([found.left.columns[1].type, found.equal, found.rows.equal]).toEqual(['double', true, 3])
  })

  test('of tables without rows, and with keys alone, are equal', async () => {
    const empty = await compareFiles(csv('k,v\n'), csv('k,v\n'))
    expect([empty.equal, empty.rows.common]).toEqual([true, 0])
    const keysAlone = await compareFiles(csv('k\n1\n2\n'), csv('k\n2\n1\n'))
    expect([keysAlone.equal, keysAlone.rows.equal]).toEqual([true, 2])
  })

  test('are matched on several keys', async () => {
    const found = await compareFiles(csv('s,t,v\nA,1,1\nA,2,2\nB,1,3\n'), csv('t,v,s\n1,3,B\n2,2,A\n1,1,A\n'), {
      keys: ['s', 't'],
    })
    expect([found.equal, found.rows.common]).toEqual([true, 3])
  })

  test('with a key that stands very often on both sides are not multiplied', async () => {
    const many = await parquet('select 1 as k, range as v from range(200000)')
    const found = await compareFiles(many, many)
    expect(found.duplicateKeys.left).toEqual({ keys: 1, rows: 200_000, rowsNotCompared: 200_000 })
    expect([found.rows.common, found.equal]).toEqual([0, false])
  })
})

describe('a tolerance', () => {
  test('counts the boundary of decimals exactly, both in doubles and in CSV', async () => {
    for (const compare of [
      (l: string, r: string, given?: object) => pair(`${l}::double`, `${r}::double`, given),
      (l: string, r: string, given?: object) => pair(`${l}::float`, `${r}::float`, given),
      (l: string, r: string, given?: object) => pair(`${l}::decimal(18,6)`, `${r}::decimal(10,4)`, given),
      cells,
    ]) {
      expect(await compare('33.34', '33.33', { abs: '0.01' })).toBe('within')
      expect(await compare('33.33', '33.34', { abs: '0.01' })).toBe('within')
      expect(await compare('33.3401', '33.33', { abs: '0.01' })).toBe('unequal')
      expect(await compare('33.34', '33.33', { abs: '0.0099' })).toBe('unequal')
      expect(await compare('33.34', '33.33')).toBe('unequal')
      expect(await compare('33.33', '33.33', { abs: '0.01' })).toBe('equal')
    }
  })

  test('is relative to the right value', async () => {
    expect(await cells('110', '100', { rel: '0.1' })).toBe('within')
    expect(await cells('100', '110', { rel: '0.09' })).toBe('unequal')
    expect(await cells('100', '111', { rel: '0.1' })).toBe('within')
    expect(await cells('111', '100', { rel: '0.1' })).toBe('unequal')
    expect(await cells('-110', '-100', { rel: '0.1' })).toBe('within')
    expect(await cells('0.1', '0', { rel: '1' })).toBe('unequal')
  })

  test('adds the absolute and the relative part', async () => {
    for (const type of ['double', 'decimal(12,4)']) {
      const of = (l: string) => pair(`${l}::${type}`, `100::${type}`, { abs: '0.5', rel: '0.01' })
      expect(await of('101.5')).toBe('within')
      expect(await of('98.5')).toBe('within')
      expect(await of('101.5001')).toBe('unequal')
    }
  })

  test('of exact numbers is exact beyond the digits of doubles', async () => {
    const huge = '9007199254740993'
    expect(await cells(huge, '9007199254740992')).toBe('unequal')
    expect(await cells(huge, '9007199254740992', { abs: '1' })).toBe('within')
    expect(await cells(huge, '9007199254740992', { abs: '0.999' })).toBe('unequal')
    // 1e-6 of 1000000000000000000 is 1000000000000.
    expect(await cells('1000001000000000000', '1000000000000000000', { rel: '1e-6' })).toBe('within')
    expect(await cells('1000001000000000001', '1000000000000000000', { rel: '1e-6' })).toBe('unequal')
    expect(await cells('0.100000000000000000001', '0.1', { abs: '0.000000000000000000001' })).toBe('within')
    expect(await cells('0.100000000000000000002', '0.1', { abs: '0.000000000000000000001' })).toBe('unequal')
    expect(await cells('1', '2', { abs: '1e300' })).toBe('within')
    expect(await cells('1', '2', { abs: '1e-300' })).toBe('unequal')
  })

  test('never makes an infinite number near a finite one', async () => {
    const [inf, minus] = [`'inf'::double`, `'-inf'::double`]
    expect(await pair(inf, inf, { rel: '1' })).toBe('equal')
    expect(await pair(inf, minus, { rel: '1' })).toBe('unequal')
    expect(await pair(inf, '1::double', { abs: '1e300', rel: '1' })).toBe('unequal')
    expect(await pair('1::double', inf, { rel: '1' })).toBe('unequal')
  })

  test('of a column replaces the one for all', async () => {
    const left = csv('k,a,b,c\n1,1,1,x\n')
    const right = csv('k,a,b,c\n1,1.5,1.5,x\n')
    const found = await compareFiles(left, right, { abs: '0.5', tol: { b: { rel: '0.01' } } })
    expect(found.columns.map(({ tolerance }) => tolerance)).toEqual([
      { abs: 0.5, rel: 0 },
      { abs: 0, rel: 0.01 },
      { abs: 0, rel: 0 },
    ])
    expect(found.columns.map(counts)).toEqual([
      [0, 1, 0, 0, 0],
      [0, 0, 1, 0, 0],
      [1, 0, 0, 0, 0],
    ])
  })

  test('of a column that is no number is refused', async () => {
    const left = csv('k,v\n1,x\n')
    await expect(compareFiles(left, left, { tol: { v: { abs: '1' } } })).rejects.toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: 'v is text; only numbers have a tolerance.',
    })
  })
})

describe('special values', () => {
  test('of doubles', async () => {
    const nan = `'nan'::double`
    expect(await pair(nan, nan)).toBe('equal')
    expect(await pair('null::double', 'null::double')).toBe('equal')
    expect(await pair(nan, 'null::double')).toBe('null')
    expect(await pair('null::double', nan)).toBe('null')
    expect(await pair(nan, '1::double', { abs: '5' })).toBe('unequal')
    expect(await pair('1::double', nan, { abs: '5', rel: '1' })).toBe('unequal')
    expect(await pair(`'-0.0'::double`, '0.0::double')).toBe('equal')
    expect(await cells('NaN', 'nan')).toBe('equal')
    expect(await cells('-0', '0')).toBe('equal')
    expect(await cells('inf', 'Infinity')).toBe('equal')
    expect(await cells('', '')).toBe('equal')
    expect(await cells('', '1')).toBe('null')
  })

  test('are shown as text where JSON has no number, NaN first', async () => {
    const left = await parquet(
      `select * from (values (1, 'nan'::double), (2, 'inf'::double), (3, 5.0), (4, 9)) t(k, v)`,
    )
    const right = await parquet(`select * from (values (1, 1::double), (2, 2), (3, 3), (4, 4)) t(k, v)`)
    const [{ samples, largestAbsolute, largestRelative }] = (await compareFiles(left, right)).columns
    expect(samples.unequal).toEqual([
      { key: { k: 1 }, left: 'NaN', right: 1 },
      { key: { k: 2 }, left: 'Infinity', right: 2, difference: 'Infinity' },
      { key: { k: 4 }, left: 9, right: 4, difference: 5 },
      { key: { k: 3 }, left: 5, right: 3, difference: 2 },
    ])
    expect(largestAbsolute).toMatchObject({ difference: 'Infinity', key: { k: 2 } })
    expect(largestRelative).toMatchObject({ difference: 'Infinity', key: { k: 2 } })
  })

  test('of text: an empty text is not no text, and everything else counts', async () => {
    expect(await cells('""', '')).toBe('null')
    const found = await compareFiles(csv('k,v\n1,""\n2,a\n3,a\n4,é\n'), csv('k,v\n1,\n2,A\n3,a \n4,é\n'))
    expect(counts(found.columns[0])).toEqual([1, 0, 2, 1, 0])
  })
})

describe('the largest differences', () => {
  test('name their keys, count what is within tolerance, and leave shares of zero out', async () => {
    const found = await compareFiles(csv('k,v\n1,100\n2,1\n3,7\n'), csv('k,v\n1,110\n2,1.5\n3,0\n'), { abs: '10' })
    expect(counts(found.columns[0])).toEqual([0, 3, 0, 0, 0])
    expect(found.columns[0].largestAbsolute).toEqual({ difference: 10, key: { k: 1 }, left: 100, right: 110 })
    expect(found.columns[0].largestRelative?.key).toEqual({ k: 2 })
    expect(found.columns[0].largestRelative?.difference).toBeCloseTo(1 / 3, 15)
    expect(found.equal).toBe(true)
  })

  test('and values are numbers in JSON where that is exact, else text', async () => {
    const left = csv('k,i,d\n1,9007199254740993,0.1234567890123456789\n2,5,1.50\n')
    const right = csv('k,i,d\n1,9007199254740991,0.1234567890123456788\n2,4,1.25\n')
    const [i, d] = (await compareFiles(left, right)).columns
    expect(i.samples.unequal).toEqual([
      { key: { k: 1 }, left: '9007199254740993', right: 9007199254740991, difference: 2 },
      { key: { k: 2 }, left: 5, right: 4, difference: 1 },
    ])
    expect(d.samples.unequal).toEqual([
      { key: { k: 2 }, left: 1.5, right: 1.25, difference: 0.25 },
      {
        key: { k: 1 },
        left: '0.1234567890123456789',
        right: '0.1234567890123456788',
        difference: 1e-19,
      },
    ])
  })
})

describe('samples', () => {
  test('are as many of each kind as wanted', async () => {
    const rows = (v: (k: number) => string): string => Array.from({ length: 30 }, (_, k) => `${k},${v(k)}\n`).join('')
    const left = csv(`k,v\n${rows(() => '0')}`)
    const right = csv(`k,v\n${rows((k) => (k < 20 ? String(k) : ''))}`)
    for (const samples of [0, 3]) {
      const [column] = (await compareFiles(left, right, { samples })).columns
      expect(counts(column)).toEqual([1, 0, 19, 10, 0])
      expect(column.samples.unequal.map(({ right }) => right)).toEqual([19, 18, 17].slice(0, samples))
      expect(column.samples.nullVersusValue.map(({ key }) => key['k'])).toEqual([20, 21, 22].slice(0, samples))
    }
  })
})

describe('types', () => {
  test('that differ are named, and values compared in the common one', async () => {
    const left =
      await parquet(`select 1 as k, 5::integer as a, date '2024-07-01' as b, 33.34::decimal(10,2) as c, 1.5::float as d, 'x' as e,
      timestamp_ns '2024-07-01 00:00:00.000000001' as f, 7::decimal(38,2) as g, 3::utinyint as h`)
    const right =
      await parquet(`select 1 as k, 5::double as a, timestamp '2024-07-01 00:00:00' as b, 33.34::double as c, 1.5::double as d, 'x' as e,
      timestamp '2024-07-01 00:00:00' as f, 7::decimal(38,10) as g, 3::hugeint::decimal(20,0) as h`)
    const found = await compareFiles(left, right)
    expect(found.typeDifferences).toEqual([
      { column: 'a', left: 'INTEGER', right: 'DOUBLE', comparedAs: 'double' },
      { column: 'b', left: 'DATE', right: 'TIMESTAMP', comparedAs: 'timestamp' },
      { column: 'c', left: 'DECIMAL(10,2)', right: 'DOUBLE', comparedAs: 'double' },
      { column: 'd', left: 'FLOAT', right: 'DOUBLE', comparedAs: 'double' },
      { column: 'f', left: 'TIMESTAMP_NS', right: 'TIMESTAMP', comparedAs: 'timestamp' },
      { column: 'g', left: 'DECIMAL(38,2)', right: 'DECIMAL(38,10)', comparedAs: 'decimal' },
      { column: 'h', left: 'UTINYINT', right: 'DECIMAL(20,0)', comparedAs: 'decimal' },
    ])
    const unequal = found.columns.filter(({ equal }) => equal !== 1).map(({ column }) => column)
    expect(unequal).toEqual(['f'])
  })

  test('with all values equal are no difference', async () => {
    const found = await compareFiles(await value('5::integer'), await value('5::double'))
    expect([found.equal, found.typeDifferences.length]).toEqual([true, 1])
  })

  test('that lose a value count it apart', async () => {
    expect(await pair('9007199254740993::bigint', '9007199254740992::double')).toBe('type')
    expect(await pair('9007199254740992::bigint', '9007199254740992::double')).toBe('equal')
    expect(await pair('0.12345678901234567890::decimal(20,20)', '0.5::double')).toBe('type')
    expect(await pair(`timestamp '2024-07-01 10:00:00'`, `timestamptz '2024-07-01 10:00:00+00'`)).toBe('type')
    expect(await pair('true', '1')).toBe('type')
    expect(await pair('[1, 2]', '[1, 2]')).toBe('equal')
    expect(await pair('[1, null]', '[1, 2]')).toBe('unequal')
    expect(await pair('[1, 2]', `'[1, 2]'`)).toBe('type')
  })

  test('text beside numbers is compared where it is one', async () => {
    const left = await parquet(
      `select * from (values (1, '5'), (2, '5.0'), (3, 'n/a'), (4, '007'), (5, null), (6, '6')) t(k, v)`,
    )
    const right = await parquet(`select * from (values (1, 5), (2, 5), (3, 5), (4, 7), (5, 5), (6, 5)) t(k, v)`)
    const [column] = (await compareFiles(left, right)).columns
    expect(counts(column)).toEqual([1, 0, 1, 1, 3])
    expect(column.samples.typeDifference).toEqual([
      { key: { k: 2 }, left: '5.0', right: 5 },
      { key: { k: 3 }, left: 'n/a', right: 5 },
      { key: { k: 4 }, left: '007', right: 7 },
    ])
  })

  test('a CSV file and a Parquet file of the same values are equal', async () => {
    const text = `k,s,i,x,d,t,z,b
1,AAPL,9007199254740993,33.34,2024-07-01,2024-07-01 13:30:00,2024-07-01T13:30:00Z,true
2,"B, C",-5,0.30000000000000004,2024-07-02,2024-07-02 13:30:00.5,2024-07-01 15:30:00+02:00,FALSE
3,,,1e-7,,,,
`
    const right = await parquet(`select * from (values
      (1, 'AAPL', 9007199254740993, 33.34::double, date '2024-07-01', timestamp '2024-07-01 13:30:00', timestamptz '2024-07-01 13:30:00+00', true),
      (2, 'B, C', -5, 0.1::double + 0.2::double, date '2024-07-02', timestamp '2024-07-02 13:30:00.5', timestamptz '2024-07-01 13:30:00+00', false),
      (3, null, null, 1e-7::double, null, null, null, null)) t(k, s, i, x, d, t, z, b)`)
    for (const left of [csv(text), gzip(text)]) {
      const found = await compareFiles(left, right)
      expect([found.equal, found.rows.equal]).toEqual([true, 3])
      expect(found.typeDifferences).toEqual([])
      expect((await compareFiles(right, left)).equal).toBe(true)
    }
  })

  test('a late odd value makes its CSV column text and nothing else', async () => {
    const rows = Array.from({ length: 50_000 }, (_, k) => `${k},${k}.25\n`).join('')
    const left = csv(`k,v\n${rows}50000,n/a\n`)
    const right = csv(`k,v\n${rows}50000,1.25\n`)
    const found = await compareFiles(left, right)
    expect(counts(found.columns[0])).toEqual([50_000, 0, 0, 0, 1])
    expect(found.typeDifferences).toEqual([{ column: 'v', left: 'text', right: 'decimal', comparedAs: 'decimal' }])
    expect(found.left.columns[1]).toEqual({ name: 'v', type: 'text', textCells: 1, textExample: 'n/a' })
    expect(found.columns[0].samples.typeDifference).toEqual([{ key: { k: 50_000 }, left: 'n/a', right: 1.25 }])
    expect((await compareFiles(left, left)).rows.equal).toBe(50_001)
  })

  test.each([
    ['1', 'integer'],
    ['12345678901234567890123456789012345678', 'text'],
    ['007', 'text'],
    ['.5', 'decimal'],
    ['5.', 'decimal'],
    ['.', 'text'],
    ['1e400', 'text'],
    ['1e5', 'double'],
    ['2024-02-30', 'text'],
    ['2024-02-29', 'date'],
    ['2024-02-29 10:00', 'timestamp'],
    ['2024-02-29T10:00:00.123456789', 'timestamp'],
    ['2024-02-29 10:00:00-05', 'timestamp with zone'],
    ['09:30', 'time'],
    ['yes', 'text'],
    ['NA', 'text'],
    ['true', 'boolean'],
    ['', 'empty'],
  ])('the cell "%s" is %s', async (cell, type) => {
    const file = csv(`k,v\n1,${cell}\n`)
    const found = await compareFiles(file, file)
    expect([found.left.columns[1].type, found.rows.equal]).toEqual([type, 1])
  })
})

describe('columns', () => {
  test('that only one side has are told and count as a difference', async () => {
    const left = csv('k,v,a,b\n1,1,1,1\n')
    const right = csv('c,k,v\n1,1,1\n')
    const found = await compareFiles(left, right)
    expect([found.columnsOnlyLeft, found.columnsOnlyRight, found.equal]).toEqual([['a', 'b'], ['c'], false])
    expect((await compareFiles(left, right, { columns: ['v'] })).equal).toBe(true)
  })

  test('whose names differ in case are two', async () => {
    const found = await compareFiles(csv('k,v,V\n1,1,2\n'), csv('k,V,v\n1,2,1\n'))
    expect([found.equal, found.columns.map(({ column }) => column)]).toEqual([true, ['v', 'V']])
  })

  test('may have any name', async () => {
    const text = `"k","a ""b""","c,d","select",ü\n1,2,3,4,5\n`
    const names = ['a "b"', 'c,d', 'select', 'ü']
    const right = await parquet(`select 1 as k, 2 as "a ""b""", 3 as "c,d", 4 as "select", 5 as "ü"`)
    const found = await compareFiles(csv(text), right)
    expect([found.equal, found.columns.map(({ column }) => column)]).toEqual([true, names])
  })

  test('that are not there are refused', async () => {
    const file = csv('k,v\n1,1\n')
    for (const given of [{ keys: ['x'] }, { columns: ['x'] }, { tol: { x: { abs: '1' } } }]) {
      await expect(compareFiles(file, file, given)).rejects.toMatchObject({
        code: 'BAD_ARGUMENTS',
        message: `${file} has no column "x".`,
        hint: 'Its columns are k, v.',
      })
    }
    await expect(compareFiles(file, file, { columns: ['k'] })).rejects.toMatchObject({ message: 'k is a key.' })
  })
})

describe('keys', () => {
  test('of doubles match NaN and both zeros', async () => {
    const left = await parquet(`select * from (values ('nan'::double, 1), ('-0.0'::double, 2)) t(k, v)`)
    const right = await parquet(`select * from (values ('nan'::double, 1), (0.0, 2)) t(k, v)`)
    expect((await compareFiles(left, right)).rows.equal).toBe(2)
  })

  test('of dates match time stamps, and symbols that are all digits match text', async () => {
    const dates = await compareFiles(csv('k,v\n2024-07-01,1\n'), csv('k,v\n2024-07-01 00:00:00,1\n'))
    expect([dates.rows.equal, dates.typeDifferences.length]).toEqual([1, 1])
    const symbols = await compareFiles(csv('k,v\n600519,1\n'), csv('k,v\n600519,1\nAAPL,1\n'))
    expect([symbols.rows.common, symbols.rows.onlyRight]).toEqual([1, 1])
    expect(symbols.samples.onlyRight).toEqual([{ k: 'AAPL' }])
  })

  test('of times against epoch seconds are refused with what to do', async () => {
    await expect(compareFiles(csv('k,v\n2024-07-01 13:30:00,1\n'), csv('k,v\n1719840600,1\n'))).rejects.toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: expect.stringContaining('The key k is timestamp in'),
      hint: expect.stringContaining('epoch(k)'),
    })
    await expect(
      compareFiles(csv('k,v\n2024-07-01 13:30:00,1\n'), csv('k,v\n2024-07-01 13:30:00Z,1\n')),
    ).rejects.toMatchObject({ code: 'BAD_ARGUMENTS', hint: expect.stringContaining('zone') })
  })

  test('that would lose digits, or text beside numbers, are refused', async () => {
    const exact = await parquet('select 9007199254740993 as k, 1 as v')
    const double = await parquet('select 9007199254740992::double as k, 1 as v')
    await expect(compareFiles(exact, double)).rejects.toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: expect.stringContaining('no exact double, for example 9007199254740993'),
    })
    await expect(compareFiles(await parquet(`select 'x' as k`), await parquet('select 1 as k'))).rejects.toMatchObject({
      code: 'BAD_ARGUMENTS',
    })
  })
})

describe('a file', () => {
  test('of several gzip members is read to its end', async () => {
    const file = csv(Buffer.concat([gzipSync('k,v\n1,1\n'), gzipSync('2,2\n')]))
    expect((await compareFiles(file, csv('k,v\n1,1\n2,2\n'))).rows.equal).toBe(2)
  })

  test('with pattern characters in its path is that file', async () => {
    const { csv: odd } = tableFiles(tempFolderWith('[a]*?'))
    const file = odd('k,v\n1,1\n')
    expect((await compareFiles(file, file)).rows.equal).toBe(1)
  })

  test('in a folder that looks partitioned gets no further columns', async () => {
    const { parquet: inside } = tableFiles(tempFolderWith('symbol=SPY'))
    const file = await inside('select 1 as k, 2 as v')
    expect((await compareFiles(file, file)).left.columns.map(({ name }) => name)).toEqual(['k', 'v'])
  })

  test('that is no table is refused', async () => {
    await expect(compareFiles('missing.csv', 'missing.csv')).rejects.toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: 'There is no file missing.csv.',
    })
    await expect(compareFiles(folder, folder)).rejects.toMatchObject({ code: 'BAD_ARGUMENTS' })
    const broken = csv('PAR1 and nothing else')
    await expect(compareFiles(broken, broken)).rejects.toMatchObject({
      code: 'TABLE_FILE',
      message: expect.stringContaining(broken),
    })
    const invalid = csv(Buffer.from('k,v\n1,\xff\n', 'latin1'))
    await expect(compareFiles(invalid, invalid)).rejects.toMatchObject({
      code: 'TABLE_FILE',
      message: expect.stringContaining('line 2'),
    })
  })
})

function tempFolderWith(name: string): string {
  const inside = join(folder, name)
  mkdirSync(inside, { recursive: true })
  return inside
}
