import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BarColumns } from '#shared/bars.ts'
import { COMPARED_FIELDS, type ComparedField } from '#shared/config/comparison-config.ts'
import {
  addCounts,
  compareSession,
  emptyCounts,
  ROW_CLASS_NAMES,
  RowClass,
  type SessionComparison,
  type Tolerances,
} from '#main/compare/compare-session.ts'
import { anyDouble, barsOf, OPEN_TS, rowsOf, type TestBar } from './bars-fixtures.ts'

const EXACT: Tolerances = {
  open: { abs: 0, rel: 0 },
  high: { abs: 0, rel: 0 },
  low: { abs: 0, rel: 0 },
  close: { abs: 0, rel: 0 },
  volume: { abs: 0, rel: 0 },
  vwap: { abs: 0, rel: 0 },
  tradeCount: { abs: 0, rel: 0 },
}

const compare = (
  old: readonly TestBar[],
  fresh: readonly TestBar[],
  tolerances: Partial<Tolerances> = {},
): SessionComparison => compareSession(barsOf(old), barsOf(fresh), { ...EXACT, ...tolerances })

/** One minute on both sides, whose closes are `old` and `fresh`, and what is said about it. */
function classOfClose(old: number, fresh: number, abs: number, rel: number): string {
  const { counts, rows } = compare(
    [{ ts: OPEN_TS, open: 10, high: 10, low: 10, close: old, vwap: 10 }],
    [{ ts: OPEN_TS, open: 10, high: 10, low: 10, close: fresh, vwap: 10 }],
    { close: { abs, rel } },
  )
  const close = counts.fields['close']
  const name = ROW_CLASS_NAMES[rows.ts.length === 0 ? RowClass.Equal : rows.class[0]]
  return close.nullVersusValue === 1 ? `${name} (null)` : name
}

describe('two values', () => {
  test.each([
    // Differences and tolerances that binary numbers hold exactly, so that the boundary is a boundary.
    ['equal', 10, 10, 0, 0, 'equal'],
    ['equal whatever the tolerance', 10, 10, 1, 1, 'equal'],
    ['the two zeros', 0, -0, 0, 0, 'equal'],
    ['both missing', NaN, NaN, 0, 0, 'equal'],
    ['exactly the absolute tolerance apart', 10, 10.25, 0.25, 0, 'within_tolerance'],
    ['exactly the absolute tolerance apart downwards', 10, 9.75, 0.25, 0, 'within_tolerance'],
    ['a little more than that apart', 10, 10.25000000000001, 0.25, 0, 'different'],
    ['exactly the relative tolerance apart', 8, 10, 0, 0.25, 'within_tolerance'],
    ['a little more than that apart, relatively', 8, 10.00000000000001, 0, 0.25, 'different'],
    ['apart by both tolerances together', 8, 11, 1, 0.25, 'within_tolerance'],
    ['apart by more than both together', 8, 11.00000000000001, 1, 0.25, 'different'],
    ['measured by the old value and not the new one', 10, 8, 0, 0.2, 'within_tolerance'],
    ['measured by the old value the other way round', 8, 10, 0, 0.2, 'different'],
    ['negative ones', -8, -10, 0, 0.25, 'within_tolerance'],
    ['a value against an old zero', 0, 0.5, 0, 0.9, 'different'],
    ['a value against an old zero, absolutely', 0, 0.5, 0.5, 0, 'within_tolerance'],
    ['without tolerance', 10, 10.000000000000002, 0, 0, 'different'],
    ['a value against none', 10, NaN, 100, 100, 'different (null)'],
    ['none against a value', NaN, 10, 100, 100, 'different (null)'],
    ['none against zero', NaN, 0, 100, 100, 'different (null)'],
    ['infinite alike', Infinity, Infinity, 0, 0, 'equal'],
    ['a number against infinity', Infinity, 10, 1, 0.5, 'different'],
    ['infinity against a number', 10, Infinity, 1, 0.5, 'different'],
    ['both infinities', Infinity, -Infinity, 1, 0.5, 'different'],
  ])('%s', (_name, old, fresh, abs, rel, expected) => {
    expect(classOfClose(old, fresh, abs, rel)).toBe(expected)
  })
})

test('prices one tick apart are within a tolerance of one tick at every level, and two ticks are not', () => {
  const levels = Array.from({ length: 60_000 }, (_, i) => i + 1)
  const classesAt = (ticks: number): Set<string> =>
    new Set(levels.map((cents) => classOfClose(cents / 100, (cents + ticks) / 100, 0.01, 0)))
  expect(classesAt(1)).toEqual(new Set(['within_tolerance']))
  expect(classesAt(-1)).toEqual(new Set(['within_tolerance']))
  expect(classesAt(2)).toEqual(new Set(['different']))
})

test('values near the largest number there is are not forgiven everything', () => {
  expect(classOfClose(1.5e293, 1.7976931348623143e308, 0, 0.025)).toBe('different')
})

describe('two sessions', () => {
  test('are joined by the minute, worked out by hand', () => {
    const minute = (n: number): number => OPEN_TS + 60 * n
    const without = (bars: readonly TestBar[]): TestBar[] => bars.map((bar) => ({ ...bar, vwap: NaN, tradeCount: NaN }))
    const { counts, rows } = compare(
      without([
        { ts: minute(0), close: 10, volume: 100 },
        { ts: minute(1), close: 10, volume: 100 },
        { ts: minute(2), open: 10, high: 11, low: 10, close: 10.5, volume: NaN },
        { ts: minute(4), close: 10, volume: 100 },
      ]),
      without([
        { ts: minute(0), close: 10, volume: 100 },
        { ts: minute(1), close: 10, volume: 101 },
        { ts: minute(2), open: 10, high: 11, low: 10, close: 10.75, volume: 100 },
        { ts: minute(3), close: 10, volume: 100 },
        { ts: minute(5), close: 12, volume: 120 },
      ]),
      { close: { abs: 0.5, rel: 0 }, volume: { abs: 0, rel: 0.01 } },
    )
    const same = { equal: 3, withinTolerance: 0, different: 0, nullVersusValue: 0 }
    expect(counts).toEqual({
      common: 3,
      oldOnly: 1,
      newOnly: 2,
      equal: 1,
      withinTolerance: 1,
      different: 1,
      nullVersusValue: 1,
      duplicateKeys: 0,
      notSettled: 0,
      fields: {
        open: same,
        high: same,
        low: same,
        close: { equal: 2, withinTolerance: 1, different: 0, nullVersusValue: 0 },
        volume: { equal: 1, withinTolerance: 1, different: 0, nullVersusValue: 1 },
      },
    })
    expect([...rows.ts]).toEqual([minute(1), minute(2), minute(3), minute(4), minute(5)])
    expect([...rows.class].map((value) => ROW_CLASS_NAMES[value])).toEqual([
      'within_tolerance',
      'different',
      'new_only',
      'old_only',
      'new_only',
    ])
    // Column by column: open, high, low, close, volume of the five rows; then vwap and trade count, which nobody has.
    const none = NaN
    const nobody = Array.from({ length: 10 }, () => none)
    expect([...rows.oldValues]).toEqual([
      10,
      10,
      none,
      10,
      none,
      10,
      11,
      none,
      10,
      none,
      10,
      10,
      none,
      10,
      none,
      10,
      10.5,
      none,
      10,
      none,
      100,
      none,
      none,
      100,
      none,
      ...nobody,
    ])
    expect([...rows.newValues]).toEqual([
      10,
      10,
      10,
      none,
      12,
      10,
      11,
      10,
      none,
      12,
      10,
      10,
      10,
      none,
      12,
      10,
      10.75,
      10,
      none,
      12,
      101,
      100,
      100,
      none,
      120,
      ...nobody,
    ])
  })

  test('without bars on one side have all minutes on the other', () => {
    const bars = [{ ts: OPEN_TS }, { ts: OPEN_TS + 60 }]
    expect(compare(bars, []).counts).toMatchObject({ common: 0, oldOnly: 2, newOnly: 0 })
    expect(compare([], bars).counts).toMatchObject({ common: 0, oldOnly: 0, newOnly: 2 })
    expect([...compare([], bars).rows.class]).toEqual([RowClass.NewOnly, RowClass.NewOnly])
    expect(compare([], [])).toEqual({
      counts: emptyCounts(),
      rows: {
        ts: new Float64Array(0),
        class: new Uint8Array(0),
        oldValues: new Float64Array(0),
        newValues: new Float64Array(0),
      },
    })
  })

  test('a minute is as bad as its worst field', () => {
    const old = { ts: OPEN_TS, open: 10, high: 10, low: 10, close: 10, volume: 100 }
    const tolerances = { open: { abs: 1, rel: 0 }, volume: { abs: 1, rel: 0 } }
    const worst = (fresh: Partial<TestBar>): number => compare([old], [{ ...old, ...fresh }], tolerances).rows.class[0]
    expect(worst({ open: 10.5 })).toBe(RowClass.WithinTolerance)
    expect(worst({ open: 10.5, close: 10.5 })).toBe(RowClass.Different)
    // A field within tolerance after a different one does not make it better.
    expect(worst({ close: 10.5, volume: 100.5 })).toBe(RowClass.Different)
    expect(worst({ volume: NaN, open: 10.5 })).toBe(RowClass.Different)
  })
})

/** The same by the book: a map of minutes to rows on each side. */
function slowly(old: BarColumns, fresh: BarColumns, tolerances: Tolerances): unknown {
  const oldRows = new Map(rowsOf(old).map((row) => [row.ts, row]))
  const newRows = new Map(rowsOf(fresh).map((row) => [row.ts, row]))
  const counts = emptyCounts()
  const isCompared = (field: ComparedField): boolean =>
    (field !== 'vwap' && field !== 'tradeCount') ||
    [old, fresh].every((bars) => bars[field].some((entry) => !Number.isNaN(entry)))
  for (const field of COMPARED_FIELDS) {
    if (isCompared(field)) counts.fields[field] = { equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }
  }
  const rows: unknown[] = []
  for (const ts of [...new Set([...oldRows.keys(), ...newRows.keys()])].sort((a, b) => a - b)) {
    const a = oldRows.get(ts)
    const b = newRows.get(ts)
    let name: string
    if (a === undefined) name = 'newOnly'
    else if (b === undefined) name = 'oldOnly'
    else {
      const verdicts = COMPARED_FIELDS.map((field) => {
        if (!isCompared(field)) return 'equal'
        const [x, y] = [a[field], b[field]]
        const { abs, rel } = tolerances[field]
        const verdict =
          x === y || (Number.isNaN(x) && Number.isNaN(y))
            ? 'equal'
            : Number.isNaN(x) || Number.isNaN(y)
              ? 'nullVersusValue'
              : Number.isFinite(x) && Math.abs(y - x) <= abs + rel * Math.abs(x)
                ? 'withinTolerance'
                : 'different'
        counts.fields[field][verdict]++
        return verdict
      })
      counts.common++
      if (verdicts.includes('nullVersusValue')) counts.nullVersusValue++
      name = verdicts.every((verdict) => verdict === 'equal')
        ? 'equal'
        : verdicts.every((verdict) => verdict === 'equal' || verdict === 'withinTolerance')
          ? 'withinTolerance'
          : 'different'
    }
    counts[name as 'equal']++
    if (name !== 'equal') {
      rows.push([
        ts,
        name,
        COMPARED_FIELDS.map((field) => a?.[field] ?? NaN),
        COMPARED_FIELDS.map((field) => b?.[field] ?? NaN),
      ])
    }
  }
  return { counts, rows }
}

const CLASS_COUNTS = ['equal', 'withinTolerance', 'different', 'oldOnly', 'newOnly']

/** The result in the form of the slow one. */
function unpacked({ counts, rows }: SessionComparison): unknown {
  const size = rows.ts.length
  return {
    counts,
    rows: Array.from(rows.ts, (ts, i) => [
      ts,
      CLASS_COUNTS[rows.class[i]],
      COMPARED_FIELDS.map((_field, f) => rows.oldValues[f * size + i]),
      COMPARED_FIELDS.map((_field, f) => rows.newValues[f * size + i]),
    ]),
  }
}

const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, 10, 10.25, 10.5, 11, NaN) },
  { weight: 1, arbitrary: anyDouble },
)
const side = fc
  .uniqueArray(
    fc.record({
      ts: fc.integer({ min: 0, max: 12 }).map((minute) => 60 * minute),
      open: value,
      high: value,
      low: value,
      close: value,
      volume: value,
      vwap: value,
      tradeCount: fc.constant(NaN),
    }),
    { selector: ({ ts }) => ts, maxLength: 10 },
  )
  .map((rows) => barsOf(rows.toSorted((a, b) => a.ts - b.ts)))
const tolerance = fc.record({ abs: fc.constantFrom(0, 0.25, 1), rel: fc.constantFrom(0, 0.025, 0.5) })
const anyTolerances: fc.Arbitrary<Tolerances> = fc.record({
  open: tolerance,
  high: tolerance,
  low: tolerance,
  close: tolerance,
  volume: tolerance,
  vwap: tolerance,
  tradeCount: tolerance,
})

describe('any two sessions', () => {
  test('compare as minute by minute with maps', () => {
    fc.assert(
      fc.property(side, side, anyTolerances, (old, fresh, tolerances) => {
        expect(unpacked(compareSession(old, fresh, tolerances))).toEqual(slowly(old, fresh, tolerances))
      }),
      { numRuns: 500 },
    )
  })

  test('have counts that add up', () => {
    fc.assert(
      fc.property(side, side, anyTolerances, (old, fresh, tolerances) => {
        const { counts, rows } = compareSession(old, fresh, tolerances)
        expect(counts.equal + counts.withinTolerance + counts.different).toBe(counts.common)
        expect(counts.common + counts.oldOnly).toBe(old.ts.length)
        expect(counts.common + counts.newOnly).toBe(fresh.ts.length)
        expect(rows.ts).toHaveLength(counts.withinTolerance + counts.different + counts.oldOnly + counts.newOnly)
        for (const field of Object.values(counts.fields)) {
          expect(field.equal + field.withinTolerance + field.different + field.nullVersusValue).toBe(counts.common)
        }
      }),
    )
  })

  test('are equal to themselves', () => {
    fc.assert(
      fc.property(side, (bars) => {
        const { counts, rows } = compareSession(bars, structuredClone(bars), EXACT)
        expect(counts).toMatchObject({ common: bars.ts.length, equal: bars.ts.length })
        expect(rows.ts).toHaveLength(0)
      }),
    )
  })

  test('have the counts of both when they are added', () => {
    fc.assert(
      fc.property(side, side, (old, fresh) => {
        // The minutes of the second pair lie behind those of the first, so that the two can also be compared as one.
        const later = (bars: BarColumns): BarColumns => ({ ...bars, ts: bars.ts.map((ts) => ts + 10_000) })
        const joined = (bars: BarColumns): BarColumns => barsOf([...rowsOf(bars), ...rowsOf(later(bars))])
        const one = compareSession(old, fresh, EXACT).counts
        expect(addCounts(one, one)).toEqual(compareSession(joined(old), joined(fresh), EXACT).counts)
        expect(addCounts(one, emptyCounts())).toEqual(one)
      }),
    )
  })
})
