import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BAR_COLUMNS, sliceBars } from '#shared/bars.ts'
import {
  compileFeatureSet,
  computeSessionFeatures,
  createFeatureBuilder,
} from '#main/pipeline/features/compute-features.ts'
import type { CompiledFeatureSet, SessionFeatures, SessionInput } from '#main/pipeline/features/compute-features.ts'
import {
  bitsOf,
  closesOnly,
  columnNamed,
  definitionOf,
  sessionInput,
  sessionNumber,
  shippedSet,
} from './features-fixtures.ts'
import { anyMarket, ORDINARY_MARKET, randomSessions, seededRandom } from './features-market.ts'

const shipped = shippedSet()

/** A set with two volume windows and short periods, so that short sessions reach every branch. */
const short = compileFeatureSet(
  definitionOf([
    ...[2, 5].map((sessions) => ({
      formula: 'volume_z_same_minute',
      params: { sessions, minObservations: 2 },
      window: 'sessions' as const,
      warmup: { bars: 0, sessions },
      nullPolicy: 'observations' as const,
    })),
    {
      formula: 'overnight_gap',
      window: 'sessions',
      warmup: { bars: 0, sessions: 1 },
      nullPolicy: 'whole_session',
    },
    { formula: 'rsi', params: { period: 3 }, warmup: { bars: 3, sessions: 0 }, nullPolicy: 'restart' },
    { formula: 'realized_volatility', params: { returns: 4 }, warmup: { bars: 4, sessions: 0 } },
  ]),
)

function expectSameBits(
  actual: SessionFeatures,
  expected: SessionFeatures,
  set: CompiledFeatureSet,
  rows?: number,
): void {
  for (const [at, name] of set.columnNames.entries()) {
    const [a, b] = [bitsOf(actual.columns[at].subarray(0, rows)), bitsOf(expected.columns[at].subarray(0, rows))]
    expect(a.length).toBe(b.length)
    const row = a.findIndex((bits, index) => bits !== b[index])
    expect(row, `${name} differs first in row ${row}`).toBe(-1)
  }
}

describe('incremental equals full, bit for bit', () => {
  test.each([
    ['the shipped set', shipped],
    ['a set with two volume windows', short],
  ])('%s, from any session on, by either form', (_name, set) => {
    fc.assert(
      fc.property(anyMarket, fc.nat(25), ({ seed, minutes, shape }, from) => {
        const sessions = randomSessions(seed, minutes, shape)
        const start = Math.min(from, sessions.length - 1)
        const full = createFeatureBuilder(set)
        const expected = sessions.map((input) => full.push(input))

        const resumed = createFeatureBuilder(set)
        for (const input of sessions.slice(Math.max(0, start - set.historySessions), start)) resumed.prime(input)
        for (let index = start; index < sessions.length; index++) {
          expectSameBits(resumed.push(sessions[index]), expected[index], set)
          expectSameBits(computeSessionFeatures(set, sessions[index], sessions.slice(0, index)), expected[index], set)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('two builders of one compiled set do not disturb each other', () => {
    const [a, b] = [1, 2].map((seed) => randomSessions(seed, [90, 70, 90], ORDINARY_MARKET))
    const alone = createFeatureBuilder(shipped)
    const expected = a.map((input) => alone.push(input))
    const [first, second] = [createFeatureBuilder(shipped), createFeatureBuilder(shipped)]
    for (const [index, input] of a.entries()) {
      second.push(b[index])
      expectSameBits(first.push(input), expected[index], shipped)
    }
  })
})

/** The same session with every value of the rows after `row` replaced. */
function withOtherFuture({ session, bars }: SessionInput, row: number, seed: number): SessionInput {
  const random = seededRandom(seed)
  const changed = { ...sliceBars(bars, 0, bars.ts.length), flags: bars.flags.slice() }
  for (const name of BAR_COLUMNS) {
    const column = bars[name].slice()
    if (name !== 'ts') {
      for (let later = row + 1; later < column.length; later++) column[later] = random() < 0.2 ? NaN : 1_000 * random()
    }
    changed[name] = column
  }
  return { session, bars: changed }
}

describe('no look-ahead', () => {
  test('replacing or cutting off later bars leaves every value up to a bar as it was, bit for bit', () => {
    fc.assert(
      fc.property(anyMarket, fc.nat(99), fc.integer(), ({ seed, minutes, shape }, at, futureSeed) => {
        const sessions = randomSessions(seed, [...minutes, 100], shape)
        const current = sessions[sessions.length - 1]
        const history = sessions.slice(0, -1)
        const rows = current.bars.ts.length
        fc.pre(rows > 0)
        const row = at % rows
        const expected = computeSessionFeatures(shipped, current, history)
        const changed = computeSessionFeatures(shipped, withOtherFuture(current, row, futureSeed), history)
        expectSameBits(changed, expected, shipped, row + 1)
        const cut = { ...sliceBars(current.bars, 0, row + 1), flags: current.bars.flags.subarray(0, row + 1) }
        const early = computeSessionFeatures(shipped, { session: current.session, bars: cut }, history)
        expectSameBits(early, expected, shipped, row + 1)
      }),
      { numRuns: 100 },
    )
  })

  test('a session does not enter its own volume history', () => {
    const sessions = Array.from({ length: 4 }, (_, index) =>
      sessionInput(sessionNumber(index), [{ close: 1, volume: [10, 20, 90, 15][index] }]),
    )
    const builder = createFeatureBuilder(short)
    const first = sessions.map((input) => builder.push(input).columns[0][0])
    // Previous two sessions: {10, 20} has mean 15, sample deviation sqrt(50); {20, 90} mean 55, sqrt(2450).
    expect(first.slice(0, 2)).toEqual([NaN, NaN])
    expect(first[2]).toBeCloseTo(75 / Math.sqrt(50), 12)
    expect(first[3]).toBeCloseTo(-40 / Math.sqrt(2450), 12)
  })
})

describe('windows and sessions', () => {
  test('columns over the session alone do not change with the sessions before it', () => {
    const sessions = randomSessions(3, [90, 80, 90], ORDINARY_MARKET)
    const alone = computeSessionFeatures(shipped, sessions[2], [])
    const after = computeSessionFeatures(shipped, sessions[2], sessions.slice(0, 2))
    for (const column of shipped.definition.columns) {
      if (column.window === 'sessions') continue
      expect(columnNamed(shipped, after, column.name)).toEqual(columnNamed(shipped, alone, column.name))
    }
    expect(columnNamed(shipped, alone, 'overnight_gap')[0]).toBeNull()
    expect(columnNamed(shipped, after, 'overnight_gap')[0]).not.toBeNull()
  })

  test('the stated warm-up is exactly the number of leading nulls in clean data', () => {
    const sessions = randomSessions(
      5,
      Array.from({ length: 22 }, () => 100),
      ORDINARY_MARKET,
    )
    const builder = createFeatureBuilder(shipped)
    const features = sessions.map((input) => builder.push(input))
    for (const { name, warmup } of shipped.definition.columns) {
      const values = features.map((session) => columnNamed(shipped, session, name))
      expect(
        values.findIndex((session) => session.some((value) => value !== null)),
        name,
      ).toBe(warmup.sessions)
      for (const session of values.slice(warmup.sessions)) {
        expect(
          session.findIndex((value) => value !== null),
          name,
        ).toBe(warmup.bars)
        expect(session.slice(warmup.bars).includes(null), name).toBe(false)
      }
    }
  })

  test('what is computed follows the formula, not the name or the place of a column', () => {
    const { definition } = shipped
    const renamed = definition.columns.map((column, index) => ({ ...column, name: `renamed_${index}` })).toReversed()
    const other = compileFeatureSet({ ...definition, columns: renamed })
    const [session] = randomSessions(9, [100], ORDINARY_MARKET)
    const expected = computeSessionFeatures(shipped, session, [])
    const actual = computeSessionFeatures(other, session, [])
    for (const [at, column] of expected.columns.entries()) {
      expect(bitsOf(actual.columns[renamed.length - 1 - at])).toEqual(bitsOf(column))
    }
  })

  test('two columns may name the same formula and both have its values', () => {
    const ema = {
      formula: 'ema',
      params: { period: 2 },
      warmup: { bars: 1, sessions: 0 },
      nullPolicy: 'restart' as const,
    }
    const twice = compileFeatureSet(definitionOf([ema, ema]))
    const { columns } = computeSessionFeatures(twice, closesOnly([1, 3, 3]), [])
    // Seed (1 + 3) / 2 = 2, then 2 + 2/3 * (3 - 2).
    for (const column of columns) expect([...column]).toEqual([NaN, 2, 2 + 2 / 3])
    expect(columns[0]).not.toBe(columns[1])
  })

  test('a session without bars gives empty columns', () => {
    const { ts, columns } = computeSessionFeatures(shipped, closesOnly([]), [closesOnly([1, 2], -1)])
    expect(ts.length).toBe(0)
    expect(columns.map((column) => column.length)).toEqual(shipped.columnNames.map(() => 0))
  })

  test('sessions out of order are refused', () => {
    const [a, b] = [closesOnly([1], 0), closesOnly([1], 1)]
    const builder = createFeatureBuilder(shipped)
    builder.push(b)
    expect(() => builder.push(a)).toThrow(RangeError)
    expect(() => builder.prime(b)).toThrow(/2022-01-09 is not later than the session before it/)
    expect(() => computeSessionFeatures(shipped, a, [b])).toThrow(RangeError)
  })
})
