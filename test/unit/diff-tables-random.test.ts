import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareFiles, tableFiles } from './table-files.ts'
import { tempFolder } from './temp-folder.ts'

/** Random tables, with few keys so that they meet, against a comparison that is written row by row. */

const { csv, parquet } = tableFiles(tempFolder())

/** A number that is a whole count of thousandths, so that the test can compare exactly; NaN and null stand for themselves. */
type Value = number | null
interface Row {
  readonly s: string | null
  readonly t: number | null
  /** In thousandths. */
  readonly v: Value
  readonly w: string | null
}

const row: fc.Arbitrary<Row> = fc.record({
  s: fc.option(fc.constantFrom('A', 'B'), { freq: 9 }),
  t: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 15 }),
  v: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -30, max: 30 }) },
    { weight: 1, arbitrary: fc.constant(NaN) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  w: fc.option(fc.constantFrom('x', 'y', ' x', 'X,"1"'), { freq: 6 }),
})
const table = fc.array(row, { maxLength: 14 })
/** In thousandths; rel in hundredths. */
const limits = fc.record({ abs: fc.integer({ min: 0, max: 10 }), rel: fc.integer({ min: 0, max: 60 }) })

const cell = (text: string | null): string => (text === null ? '' : `"${text.replaceAll('"', '""')}"`)
const number = (v: Value): string => (v === null ? '' : String(v / 1000))
const csvText = (rows: readonly Row[]): string =>
  `s,t,v,w\n${rows.map(({ s, t, v, w }) => `${s ?? ''},${t ?? ''},${number(v)},${cell(w)}\n`).join('')}`

const sqlText = (text: string | null): string => (text === null ? 'null' : `'${text}'`)
const parquetQuery = (rows: readonly Row[], type: string): string =>
  `select s::varchar as s, t::integer as t, v::${type} as v, w::varchar as w from (values ${[
    ...rows.map(
      ({ s, t, v, w }) => `(${sqlText(s)}, ${t ?? 'null'}, ${v === null ? 'null' : `'${number(v)}'`}, ${sqlText(w)})`,
    ),
    `('end', 0, '0', '')`,
  ].join(', ')}) rows(s, t, v, w) where s is distinct from 'end'`

/** The comparison as it is defined, on whole numbers. */
function naive(left: readonly Row[], right: readonly Row[], { abs, rel }: { abs: number; rel: number }) {
  const keyed = (rows: readonly Row[]): Map<string, Row[]> =>
    Map.groupBy(
      rows.filter(({ s, t }) => s !== null && t !== null),
      ({ s, t }) => `${s} ${t}`,
    )
  const [l, r] = [keyed(left), keyed(right)]
  const result = {
    rows: { common: 0, equal: 0, withinTolerance: 0, unequal: 0, onlyLeft: 0, onlyRight: 0 },
    nullKeys: {
      left: left.filter(({ s, t }) => s === null || t === null).length,
      right: right.filter(({ s, t }) => s === null || t === null).length,
    },
    duplicateKeys: {
      left: { keys: 0, rows: 0, rowsNotCompared: 0 },
      right: { keys: 0, rows: 0, rowsNotCompared: 0 },
    },
    v: [0, 0, 0, 0],
    w: [0, 0, 0, 0],
    largest: null as number | null,
  }
  const classOfNumbers = (a: Value, b: Value): number => {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0
    if (a === null || b === null) return 3
    if (Number.isNaN(a) || Number.isNaN(b)) return 2
    result.largest = Math.max(result.largest ?? 0, Math.abs(a - b))
    return 100 * Math.abs(a - b) <= 100 * abs + rel * Math.abs(b) ? 1 : 2
  }
  for (const key of new Set([...l.keys(), ...r.keys()])) {
    const [a, b] = [l.get(key) ?? [], r.get(key) ?? []]
    if (a.length > 1 || b.length > 1) {
      for (const [side, own] of [
        ['left', a],
        ['right', b],
      ] as const) {
        const of = result.duplicateKeys[side]
        of.rowsNotCompared += own.length
        if (own.length > 1) {
          of.keys++
          of.rows += own.length
        }
      }
    } else if (b.length === 0) result.rows.onlyLeft++
    else if (a.length === 0) result.rows.onlyRight++
    else {
      const v = classOfNumbers(a[0].v, b[0].v)
      const w = a[0].w === b[0].w ? 0 : a[0].w === null || b[0].w === null ? 3 : 2
      result.v[v]++
      result.w[w]++
      result.rows.common++
      const worst = Math.max(v, w)
      if (worst === 0) result.rows.equal++
      else if (worst === 1) result.rows.withinTolerance++
      else result.rows.unequal++
    }
  }
  return result
}

const KINDS = ['csv', 'double', 'decimal'] as const

test('random tables differ as a comparison row by row says', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      table,
      table,
      limits,
      fc.constantFrom(...KINDS),
      fc.constantFrom(...KINDS),
      async (leftRows, rightRows, allowed, leftKind, rightKind) => {
        // A decimal of a Parquet file has no NaN.
        const of = (rows: readonly Row[], kind: (typeof KINDS)[number]): Row[] =>
          rows.map((each) => (kind === 'decimal' && Number.isNaN(each.v) ? { ...each, v: null } : each))
        const [left, right] = [of(leftRows, leftKind), of(rightRows, rightKind)]
        const write = async (rows: readonly Row[], kind: (typeof KINDS)[number]): Promise<string> =>
          kind === 'csv' ? csv(csvText(rows)) : parquet(parquetQuery(rows, kind === 'double' ? kind : 'decimal(12,3)'))
        const found = await compareFiles(await write(left, leftKind), await write(right, rightKind), {
          keys: ['s', 't'],
          abs: String(allowed.abs / 1000),
          rel: String(allowed.rel / 100),
          samples: 100,
        })
        const wanted = naive(left, right, allowed)
        const [v, w] = found.columns
        expect(found.rows).toEqual(wanted.rows)
        expect(found.nullKeys).toEqual(wanted.nullKeys)
        expect(found.duplicateKeys).toEqual(wanted.duplicateKeys)
        expect([v.equal, v.withinTolerance, v.unequal, v.nullVersusValue]).toEqual(wanted.v)
        expect([w.equal, w.withinTolerance, w.unequal, w.nullVersusValue]).toEqual(wanted.w)
        expect(v.samples.unequal).toHaveLength(v.unequal)
        if (wanted.largest === null) expect(v.largestAbsolute).toBeNull()
        else expect(Number(v.largestAbsolute?.difference)).toBeCloseTo(wanted.largest / 1000, 12)
      },
    ),
    { numRuns: 150 },
  )
})
