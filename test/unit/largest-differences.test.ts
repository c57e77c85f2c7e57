import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { compareSession, type Tolerances, type UnequalRows } from '#main/compare/compare-session.ts'
import { type LargestDifference, LargestDifferences, mergeLargest } from '#main/compare/largest-differences.ts'
import { barsOf, OPEN_TS, type TestBar } from './bars-fixtures.ts'

const NONE = { abs: 0, rel: 0 }
const EXACT: Tolerances = { open: NONE, high: NONE, low: NONE, close: NONE, volume: NONE, vwap: NONE, tradeCount: NONE }
const WIDE = { abs: 1e9, rel: 0 }

function unequal(old: readonly TestBar[], fresh: readonly TestBar[], tolerance = EXACT): UnequalRows {
  return compareSession(barsOf(old), barsOf(fresh), tolerance).rows
}

/** Minutes whose closes are those given, on two sides. */
function closes(...pairs: readonly (readonly [number, number])[]): UnequalRows {
  const side = (at: 0 | 1): TestBar[] =>
    pairs.map((pair, i) => ({ ts: OPEN_TS + 60 * i, open: 1, high: 1, low: 1, close: pair[at], vwap: 1 }))
  return unequal(side(0), side(1))
}

const shown = (list: readonly LargestDifference[]): unknown[] =>
  list.map(({ symbol, ts, field, oldValue, newValue }) => [symbol, (ts - OPEN_TS) / 60, field, oldValue, newValue])

describe('the largest differences', () => {
  test('are those of the largest size, up or down, largest first', () => {
    const largest = new LargestDifferences(2)
    largest.add('SPY', '2024-07-02', closes([10, 11], [10, 7], [10, 10], [10, 12]))
    expect(shown(largest.list())).toEqual([
      ['SPY', 1, 'close', 10, 7],
      ['SPY', 3, 'close', 10, 12],
    ])
  })

  test('are kept for each field by itself, in the order of the fields', () => {
    const largest = new LargestDifferences(1)
    const bar = { ts: OPEN_TS, open: 10, high: 20, low: 5, close: 12, volume: 100 }
    largest.add('SPY', '2024-07-02', unequal([bar], [{ ...bar, volume: 900, low: 6, open: 11 }]))
    expect(shown(largest.list())).toEqual([
      ['SPY', 0, 'open', 10, 11],
      ['SPY', 0, 'low', 5, 6],
      ['SPY', 0, 'volume', 100, 900],
    ])
  })

  test('of the same size: the earlier one, then by symbol, whatever the order of reading', () => {
    const rows = closes([10, 11], [10, 11], [10, 9])
    for (const order of [
      ['SPY', 'IBM'],
      ['IBM', 'SPY'],
    ]) {
      const largest = new LargestDifferences(3)
      for (const symbol of order) largest.add(symbol, '2024-07-02', rows)
      expect(shown(largest.list()).map((entry) => (entry as unknown[]).slice(0, 2))).toEqual([
        ['IBM', 0],
        ['SPY', 0],
        ['IBM', 1],
      ])
    }
  })

  test('are between two values only', () => {
    const largest = new LargestDifferences(9)
    largest.add('SPY', '2024-07-02', closes([10, NaN], [NaN, 10], [NaN, NaN]))
    largest.add('SPY', '2024-07-02', unequal([{ ts: OPEN_TS, close: 1e6 }], [{ ts: OPEN_TS + 60, close: 10 }]))
    expect(largest.list()).toEqual([])
  })

  test('include those within tolerance', () => {
    const largest = new LargestDifferences(9)
    const tolerance = { ...EXACT, open: WIDE, high: WIDE, low: WIDE, close: WIDE, volume: WIDE }
    largest.add('SPY', '2024-07-02', unequal([{ ts: OPEN_TS, close: 1 }], [{ ts: OPEN_TS, close: 2 }], tolerance))
    expect(largest.list().map(({ field }) => field)).toEqual(['open', 'high', 'low', 'close', 'vwap'])
  })

  const value = fc.constantFrom(1, 2, 3, 4, NaN)
  const session = fc
    .array(
      fc.tuple(
        fc.record({ open: value, close: value, volume: value }),
        fc.record({ open: value, close: value, volume: value }),
      ),
      { maxLength: 8 },
    )
    .map((pairs) =>
      unequal(
        pairs.map(([old], i) => ({ ...old, high: 1, low: 1, ts: OPEN_TS + 60 * i })),
        pairs.map(([, fresh], i) => ({ ...fresh, high: 1, low: 1, ts: OPEN_TS + 60 * i })),
      ),
    )

  test('are the first of a full sort, made in one pass or symbol by symbol', () => {
    fc.assert(
      fc.property(fc.array(session, { maxLength: 4 }), fc.integer({ min: 1, max: 6 }), (sessions, most) => {
        const everything: LargestDifference[] = []
        const onePass = new LargestDifferences(most)
        const lists = sessions.map((rows, s) => {
          const symbol = `S${s}`
          const count = rows.ts.length
          for (let i = 0; i < count; i++) {
            COMPARED_FIELDS.forEach((field, f) => {
              const oldValue = rows.oldValues[f * count + i]
              const newValue = rows.newValues[f * count + i]
              const entry = { symbol, sessionDate: '2024-07-02', ts: rows.ts[i], field, oldValue, newValue }
              if (Math.abs(oldValue - newValue) > 0) everything.push(entry)
            })
          }
          onePass.add(symbol, '2024-07-02', rows)
          const own = new LargestDifferences(most)
          own.add(symbol, '2024-07-02', rows)
          return own.list()
        })
        const size = (entry: LargestDifference): number => Math.abs(entry.newValue - entry.oldValue)
        const expected = COMPARED_FIELDS.flatMap((field) =>
          everything
            .filter((entry) => entry.field === field)
            .sort((a, b) => size(b) - size(a) || a.ts - b.ts || a.symbol.localeCompare(b.symbol))
            .slice(0, most),
        )
        expect(onePass.list()).toEqual(expected)
        expect(mergeLargest(lists, most)).toEqual(expected)
        expect(mergeLargest(lists.toReversed(), most)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})
