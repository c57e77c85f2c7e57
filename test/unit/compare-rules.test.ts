import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toleranceRulesSchema, type ToleranceRulesInput } from '#shared/config/comparison-config.ts'
import { workspaceConfigSchema } from '#shared/config/workspace-config.ts'
import { sampleSeed } from '#main/compare/block-comparer.ts'
import {
  addCounts,
  compareSession,
  emptyCounts,
  ROW_CLASS_NAMES,
  SessionComparer,
  type SessionComparison,
  type SessionRules,
} from '#main/compare/compare-session.ts'
import { sessionEdges, symbolTolerances, type Tolerances } from '#main/compare/tolerances.ts'
import { barsOf, CLOSE_TS, OPEN_TS, type TestBar } from './bars-fixtures.ts'

const tolerancesOf = (rules: ToleranceRulesInput, symbol = 'SPY', tickSize: number | null = 0.01): Tolerances =>
  symbolTolerances(toleranceRulesSchema.parse(rules), symbol, tickSize).middle

/** One minute with these closes, compared. */
function closes(old: number, fresh: number, tolerances: Tolerances): string {
  const bar = (close: number): TestBar => ({ ts: OPEN_TS, open: 1, high: 1, low: 1, vwap: 1, close })
  const { rows } = compareSession(barsOf([bar(old)]), barsOf([bar(fresh)]), tolerances)
  return ROW_CLASS_NAMES[rows.class[0] ?? 0]
}

const classesOf = ({ rows }: SessionComparison): string[] => [...rows.class].map((value) => ROW_CLASS_NAMES[value])
const minute = (n: number): number => OPEN_TS + 60 * n
const EXACT = tolerancesOf({
  tolerances: Object.fromEntries(
    ['open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'].map((field) => [field, {}]),
  ),
})

describe('a tolerance', () => {
  test('in ticks is so many price steps of the symbol', () => {
    const rules = { tolerances: { close: { ticks: 2 } } }
    expect(closes(33.31, 33.33, tolerancesOf(rules, 'SPY', 0.01))).toBe('within_tolerance')
    expect(closes(33.3, 33.33, tolerancesOf(rules, 'SPY', 0.01))).toBe('different')
    expect(closes(5000, 5000.5, tolerancesOf(rules, 'ES', 0.25))).toBe('within_tolerance')
    expect(closes(5000, 5000.75, tolerancesOf(rules, 'ES', 0.25))).toBe('different')
  })

  test('in ticks needs the tick size, and says how to give it', () => {
    expect(() => tolerancesOf({ tolerances: { close: { ticks: 1 } } }, 'IBM', null)).toThrow(
      'The tolerance of close is in ticks, and the tick size of IBM is not known.',
    )
    expect(() => tolerancesOf({}, 'IBM', null)).not.toThrow()
  })

  test('in basis points is a share of the old value', () => {
    const tolerances = tolerancesOf({ tolerances: { close: { bp: 5 } } })
    // 5 bp of 200 are 0.1.
    expect(closes(200, 200.1, tolerances)).toBe('within_tolerance')
    expect(closes(200, 200.11, tolerances)).toBe('different')
  })

  test('can be all of them, added', () => {
    const tolerances = tolerancesOf({ tolerances: { close: { abs: 0.5, ticks: 1, rel: 0.01, bp: 100 } } }, 'ES', 0.25)
    // 0.5 + 0.25 + 1 + 1
    expect(closes(100, 102.75, tolerances)).toBe('within_tolerance')
    expect(closes(100, 102.76, tolerances)).toBe('different')
  })

  test('in ticks makes no sense for counts', () => {
    expect(toleranceRulesSchema.safeParse({ tolerances: { volume: { ticks: 1 } } }).success).toBe(false)
  })
})

describe('overrides', () => {
  const rules = toleranceRulesSchema.parse({
    tolerances: { close: { abs: 1 }, open: { abs: 1 } },
    overrides: [
      { symbols: ['SPY'], tolerances: { close: { abs: 2 } } },
      { part: 'open', tolerances: { close: { abs: 3 } } },
      { symbols: ['IBM'], part: 'open', tolerances: { close: { abs: 4 } } },
    ],
    sessionParts: { openMinutes: 2, closeMinutes: 1 },
  })

  test('count for their symbols and parts, the later one before the earlier', () => {
    const limits = (symbol: string): number[] => {
      const { open, middle, close } = symbolTolerances(rules, symbol, null)
      return [open.close.abs, middle.close.abs, close.close.abs, open.open.abs]
    }
    expect(limits('SPY')).toEqual([3, 2, 2, 1])
    expect(limits('IBM')).toEqual([4, 1, 1, 1])
    expect(limits('MSFT')).toEqual([3, 1, 1, 1])
  })

  test('of the open and the close count for exactly their minutes', () => {
    const parts = symbolTolerances(
      toleranceRulesSchema.parse({
        tolerances: { close: {}, vwap: { abs: 99 } },
        overrides: [
          { part: 'open', tolerances: { close: { abs: 1 } } },
          { part: 'close', tolerances: { close: { abs: 2 } } },
        ],
        sessionParts: { openMinutes: 2, closeMinutes: 1 },
      }),
      'SPY',
      null,
    )
    const at = [0, 1, 2, 388, 389]
    const side = (close: number): TestBar[] =>
      at.map((n) => ({ ts: minute(n), open: 1, high: 1, low: 1, vwap: 1, close }))
    const edges = sessionEdges(parts, OPEN_TS, CLOSE_TS)
    const by = (difference: number): string[] =>
      classesOf(compareSession(barsOf(side(10)), barsOf(side(10 + difference)), parts.middle, { edges }))
    expect(by(1)).toEqual(['within_tolerance', 'within_tolerance', 'different', 'different', 'within_tolerance'])
    expect(by(2)).toEqual(['different', 'different', 'different', 'different', 'within_tolerance'])
  })

  test('name symbols of the workspace', () => {
    const config = (symbol: string): unknown => ({
      version: 1,
      symbols: [{ symbol: 'SPY' }],
      comparison: { overrides: [{ symbols: [symbol], tolerances: {} }] },
    })
    expect(workspaceConfigSchema.safeParse(config('SPY')).success).toBe(true)
    expect(workspaceConfigSchema.safeParse(config('IBM')).error?.issues[0].message).toBe(
      'IBM is not a symbol of this workspace',
    )
  })
})

describe('several old rows of a minute', () => {
  test('are counted once, and the last of them is compared', () => {
    const { counts, rows } = compareSession(
      barsOf([
        { ts: minute(0), close: 5 },
        { ts: minute(0), close: 6 },
        { ts: minute(0), close: 10 },
        { ts: minute(1), close: 10 },
        { ts: minute(2), close: 10 },
        { ts: minute(2), close: 7 },
      ]),
      barsOf([{ ts: minute(0) }, { ts: minute(1) }]),
      EXACT,
    )
    expect(counts).toMatchObject({ duplicateKeys: 2, common: 2, equal: 2, oldOnly: 1, different: 0 })
    expect(rows.oldValues[3]).toBe(7)
  })

  test('that were already thrown away by the import are counted by their minutes', () => {
    const bars = barsOf([{ ts: minute(0) }, { ts: minute(1) }])
    const { counts } = compareSession(bars, bars, EXACT, { duplicateTs: new Set([minute(1), minute(7)]) })
    expect(counts).toMatchObject({ duplicateKeys: 1, common: 2, equal: 2 })
  })

  test('are not counted where the minute is not settled', () => {
    const bars = barsOf([{ ts: minute(0) }, { ts: minute(1) }])
    const rules = { duplicateTs: new Set([minute(0), minute(1)]), unsettledFromTs: minute(1) }
    expect(compareSession(bars, bars, EXACT, rules).counts).toMatchObject({
      duplicateKeys: 1,
      common: 1,
      notSettled: 1,
    })
  })
})

describe('minutes that are not settled', () => {
  test('are counted apart and differ from nothing', () => {
    const old = barsOf([{ ts: minute(0), close: 9 }, { ts: minute(1) }, { ts: minute(2), close: 9 }, { ts: minute(3) }])
    const fresh = barsOf([{ ts: minute(0) }, { ts: minute(1) }, { ts: minute(2) }, { ts: minute(4) }])
    const result = compareSession(old, fresh, EXACT, { unsettledFromTs: minute(2) })
    expect(result.counts).toMatchObject({
      common: 2,
      equal: 1,
      different: 1,
      oldOnly: 0,
      newOnly: 0,
      notSettled: 3,
    })
    expect(result.counts.fields['close']).toEqual({ equal: 1, withinTolerance: 0, different: 1, nullVersusValue: 0 })
    expect(classesOf(result)).toEqual(['different', 'not_settled', 'not_settled', 'not_settled'])
  })

  test('are none when all are older', () => {
    const bars = barsOf([{ ts: minute(0) }, { ts: minute(1) }])
    expect(compareSession(bars, bars, EXACT, { unsettledFromTs: minute(2) })).toEqual(compareSession(bars, bars, EXACT))
  })
})

describe('vwap and trade count', () => {
  const full = barsOf([{ ts: minute(0) }, { ts: minute(1), vwap: NaN }])
  const without = barsOf([
    { ts: minute(0), vwap: NaN, tradeCount: NaN },
    { ts: minute(1), vwap: NaN, tradeCount: NaN },
  ])

  test('are not compared where a side has none of them', () => {
    expect(Object.keys(compareSession(without, full, EXACT).counts.fields)).toEqual([
      'open',
      'high',
      'low',
      'close',
      'volume',
    ])
    expect(compareSession(full, without, EXACT).counts).toMatchObject({ equal: 2, nullVersusValue: 0 })
  })

  test('are compared where both sides have some, an empty one against a value included', () => {
    const other = barsOf([{ ts: minute(0), tradeCount: 6 }, { ts: minute(1) }])
    const { counts } = compareSession(full, other, EXACT)
    expect(counts.fields['vwap']).toEqual({ equal: 1, withinTolerance: 0, different: 0, nullVersusValue: 1 })
    expect(counts.fields['tradeCount']).toEqual({ equal: 1, withinTolerance: 0, different: 1, nullVersusValue: 0 })
    expect(counts).toMatchObject({ common: 2, different: 2, nullVersusValue: 1 })
  })

  test('are in a sum as soon as one session has them', () => {
    const one = compareSession(full, full, EXACT).counts
    const sum = addCounts(addCounts(emptyCounts(), compareSession(without, full, EXACT).counts), one)
    expect(sum.fields['vwap'].equal).toBe(2)
    expect(sum.fields['open'].equal).toBe(4)
  })
})

describe('a sample', () => {
  const year = Array.from({ length: 20_000 }, (_, n): TestBar => ({ ts: minute(n) }))
  const sample = { share: 0.1, seed: sampleSeed('SPY') }

  test('takes about its share of the minutes, the same ones on both sides and every time', () => {
    const bars = barsOf(year)
    const { counts } = compareSession(bars, bars, EXACT, { sample })
    // 2,000 expected; four standard deviations of a binomial are 170.
    expect(Math.abs(counts.common - 2000)).toBeLessThan(170)
    expect(counts).toMatchObject({ oldOnly: 0, newOnly: 0, equal: counts.common })
    // A minute is chosen or not whatever else is there.
    const odd = compareSession(barsOf(year.filter((_, n) => n % 2 === 1)), barsOf([]), EXACT, { sample })
    const even = compareSession(barsOf(year.filter((_, n) => n % 2 === 0)), barsOf([]), EXACT, { sample })
    expect(odd.counts.oldOnly + even.counts.oldOnly).toBe(counts.common)
  })

  test('of another symbol has other minutes', () => {
    const chosen = (symbol: string): Set<number> =>
      new Set(
        compareSession(barsOf(year), barsOf([]), EXACT, { sample: { share: 0.1, seed: sampleSeed(symbol) } }).rows.ts,
      )
    const other = chosen('IBM')
    const both = [...chosen('SPY')].filter((ts) => other.has(ts))
    // Independent choices share a tenth of a tenth.
    expect(both.length).toBeLessThan(300)
  })

  test('grows with its share', () => {
    const chosen = (share: number): number[] => [
      ...compareSession(barsOf(year.slice(0, 2000)), barsOf([]), EXACT, { sample: { share, seed: 7 } }).rows.ts,
    ]
    const more = new Set(chosen(0.5))
    expect(chosen(0.2).every((ts) => more.has(ts))).toBe(true)
  })
})

test('a comparer that is used again says the same as a new one', () => {
  const bar = fc.record({
    ts: fc.integer({ min: 0, max: 30 }).map(minute),
    close: fc.constantFrom(10, 10.25, 11, NaN),
    vwap: fc.constantFrom(10, 11, NaN),
  })
  const side = fc.array(bar, { maxLength: 20 }).map((bars) => barsOf(bars.toSorted((a, b) => a.ts - b.ts)))
  const unique = fc
    .uniqueArray(bar, { maxLength: 20, selector: ({ ts }) => ts })
    .map((bars) => barsOf(bars.toSorted((a, b) => a.ts - b.ts)))
  const rules: fc.Arbitrary<SessionRules> = fc.record(
    { unsettledFromTs: fc.integer({ min: 0, max: 40 }).map(minute), sample: fc.constant({ share: 0.5, seed: 3 }) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(side, unique, rules), { maxLength: 5 }), (sessions) => {
      const comparer = new SessionComparer()
      for (const [old, fresh, rule] of sessions) {
        const result = comparer.compare(old, fresh, EXACT, rule)
        expect(result).toEqual(compareSession(old, fresh, EXACT, rule))
        const { counts } = result
        expect(counts.equal + counts.withinTolerance + counts.different).toBe(counts.common)
        if (rule.sample === undefined) {
          expect(counts.common + counts.oldOnly + counts.newOnly + counts.notSettled).toBe(
            new Set([...old.ts, ...fresh.ts]).size,
          )
        }
      }
    }),
  )
})
