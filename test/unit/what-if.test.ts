import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMPARED_FIELDS, toleranceRulesSchema } from '#shared/config/comparison-config.ts'
import { compareSession } from '#main/compare/compare-session.ts'
import { sessionEdges, type SymbolTolerances, symbolTolerances } from '#main/compare/tolerances.ts'
import { recountSession } from '#main/compare/what-if.ts'
import { barsOf, CLOSE_TS, OPEN_TS } from './bars-fixtures.ts'

const value = fc.constantFrom(0, 10, 10.01, 10.02, 10.25, 11, NaN, Infinity)
const bar = fc.record({
  ts: fc.integer({ min: 0, max: 12 }).map((minute) => OPEN_TS + 60 * minute * 30),
  open: value,
  close: value,
  volume: value,
  vwap: value,
  tradeCount: fc.constantFrom(NaN, 5, 6),
})
const side = fc
  .uniqueArray(bar, { selector: ({ ts }) => ts, maxLength: 10 })
  .map((bars) => barsOf(bars.toSorted((a, b) => a.ts - b.ts)))
const tolerance = fc.record({ abs: fc.constantFrom(0, 0.01, 0.25, 2), bp: fc.constantFrom(0, 10, 1000) })
const rules: fc.Arbitrary<SymbolTolerances> = fc
  .tuple(
    fc.record(Object.fromEntries(COMPARED_FIELDS.map((field) => [field, tolerance]))),
    fc.constantFrom('open' as const, 'middle' as const, 'close' as const),
    tolerance,
  )
  .map(([tolerances, part, close]) =>
    symbolTolerances(
      toleranceRulesSchema.parse({
        tolerances,
        overrides: [{ part, tolerances: { close } }],
        sessionParts: { openMinutes: 60, closeMinutes: 120 },
      }),
      'SPY',
      null,
    ),
  )

test('a session counted again has the counts of one that was compared with those tolerances', () => {
  const hours = { openTs: OPEN_TS, closeTs: CLOSE_TS }
  fc.assert(
    fc.property(side, side, rules, rules, (old, fresh, first, second) => {
      const compared = (tolerances: SymbolTolerances): ReturnType<typeof compareSession> =>
        compareSession(old, fresh, tolerances.middle, {
          edges: sessionEdges(tolerances, OPEN_TS, CLOSE_TS),
          unsettledFromTs: OPEN_TS + 60 * 300,
        })
      const { counts, rows } = compared(first)
      expect(recountSession({ counts, ...rows, ...hours }, second)).toEqual(compared(second).counts)
    }),
    { numRuns: 500 },
  )
})
