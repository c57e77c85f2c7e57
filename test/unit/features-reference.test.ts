import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileFeatureSet, createFeatureBuilder } from '#main/pipeline/features/compute-features.ts'
import type { SessionFeatures, SessionInput } from '#main/pipeline/features/compute-features.ts'
import {
  rollingPopulationZScore,
  rollingSampleDeviation,
  windowScratch,
} from '#main/pipeline/features/rolling-dispersion.ts'
import { byFormula } from './features-by-formula.ts'
import {
  closesOnly,
  columnNamed,
  definitionOf,
  nullable,
  readQuotes,
  referenceFolder,
  sessionInput,
  sessionNumber,
  shippedSet,
} from './features-fixtures.ts'
import { anyMarket, ORDINARY_MARKET, randomSessions, seededRandom } from './features-market.ts'

const compiled = shippedSet()

/**
 * How far apart two right answers may be: 1e-9 of the value, and for a column that is a difference of nearly equal numbers the
 * rounding of those numbers (a few units in the last place of a price; for a z-score that rounding in standard deviations).
 */
function allowance(name: string, expected: number, current: SessionInput): number {
  const prices = current.bars.close.filter((price) => price > 0 && price < Infinity)
  const highest = Math.max(0, ...prices)
  if (name.startsWith('macd')) return 1e-9 * Math.abs(expected) + 1e-13 * highest
  if (name.startsWith('bollinger')) return 1e-9 * Math.max(1, Math.abs(expected))
  if (name.startsWith('realized_vol') || name === 'session_vwap_distance') return 1e-9 * Math.abs(expected) + 1e-15
  if (name === 'volume_z_20') return 1e-9 * Math.max(1, Math.abs(expected))
  if (name === 'rsi_14') return 1e-9 * Math.abs(expected) + 1e-11
  return 1e-9 * Math.abs(expected)
}

function expectByFormula(features: SessionFeatures, current: SessionInput, history: readonly SessionInput[]): void {
  const expected = byFormula(current, history)
  expect([...expected.keys()]).toEqual(compiled.columnNames)
  for (const [name, values] of expected) {
    const actual = columnNamed(compiled, features, name)
    expect(actual.length).toBe(values.length)
    for (const [row, value] of values.entries()) {
      const got = actual[row]
      const where = `${name} row ${row} of ${current.session.date}`
      if (value === null || got === null) expect(got, where).toBe(value)
      else
        expect(Math.abs(got - value), `${where}: ${got} against ${value}`).toBeLessThanOrEqual(
          allowance(name, value, current),
        )
    }
  }
}

/** Feeds all the sessions to one builder and checks what it gives from session number `first` on. */
function expectSessionsByFormula(sessions: readonly SessionInput[], first = 0): void {
  const builder = createFeatureBuilder(compiled)
  for (const [index, current] of sessions.entries()) {
    const features = builder.push(current)
    if (index >= first) expectByFormula(features, current, sessions.slice(0, index))
  }
}

describe('every column equals its formula computed value by value', () => {
  test('over full sessions, a half day and the session after it', () => {
    const minutes = [...Array.from({ length: 20 }, () => 390), 210, 390]
    expectSessionsByFormula(randomSessions(7, minutes, ORDINARY_MARKET), 19)
  })

  test('over markets with holes, bad values, penny prices and huge prices', () => {
    fc.assert(
      fc.property(anyMarket, ({ seed, minutes, shape }) => {
        // A tick has to be a visible part of the price, or the walk stands still and rounding is all there is to compare.
        const tick = Math.max(shape.tick, shape.firstPrice * 1e-7)
        expectSessionsByFormula(randomSessions(seed, minutes, { ...shape, tick }), 19)
      }),
      { numRuns: 60 },
    )
  })

  test('over a series that never moves', () => {
    expectSessionsByFormula([closesOnly(Array.from({ length: 100 }, () => 0.1))])
  })

  test('over prices that are all zero: null, but for the clock', () => {
    const current = sessionInput(
      sessionNumber(0),
      Array.from({ length: 100 }, () => ({ close: 0, volume: 0 })),
    )
    expectSessionsByFormula([current])
    const features = createFeatureBuilder(compiled).push(current)
    for (const name of compiled.columnNames) {
      if (name === 'minute_of_session' || name === 'minutes_to_close') continue
      expect(
        columnNamed(compiled, features, name).every((value) => value === null),
        name,
      ).toBe(true)
    }
  })

  const folder = referenceFolder()
  test.skipIf(folder === null).each(['default', 'bad', 'penny', 'toobig', 'zeros', 'intraday'])(
    'over the quotes in %s.csv taken as one session',
    (name) => {
      const quotes = readQuotes(`${folder}/quotes/${name}.csv`).slice(0, 600)
      expect(quotes.length).toBeGreaterThanOrEqual(199)
      expectSessionsByFormula([sessionInput(sessionNumber(0, quotes.length), quotes)])
    },
  )
})

describe('rolling dispersion holds its precision', () => {
  // Whole numbers about 2^40 that differ by a few units: mean and squares of the differences are exact in plain arithmetic.
  const random = seededRandom(11)
  const small = Array.from({ length: 400 }, () => Math.floor(random() * 8))
  const shifted = Float64Array.from(small, (value) => value + 2 ** 40)

  test.each([2, 15, 20, 60])('over a window of %i far from zero', (length) => {
    const deviation = new Float64Array(small.length)
    const z = new Float64Array(small.length)
    rollingSampleDeviation(shifted, small.length, length, windowScratch(length), deviation)
    rollingPopulationZScore(shifted, small.length, length, windowScratch(length), z)
    for (let row = length - 1; row < small.length; row++) {
      const values = small.slice(row - length + 1, row + 1)
      const total = values.reduce((sum, value) => sum + value, 0)
      const squares = values.reduce((sum, value) => sum + value * value, 0)
      const spread = (length * squares - total * total) / length
      expect(Math.abs(deviation[row] - Math.sqrt(spread / (length - 1)))).toBeLessThanOrEqual(1e-12 * deviation[row])
      if (spread === 0) expect(z[row]).toBeNaN()
      else
        expect(Math.abs(z[row] - (small[row] - total / length) / Math.sqrt(spread / length))).toBeLessThanOrEqual(1e-12)
    }
  })

  test('after a value a hundred million times the others has left the window', () => {
    const values = Float64Array.from(small)
    values[50] = 1e9
    const clean = Float64Array.from(small)
    const [actual, expected] = [new Float64Array(400), new Float64Array(400)]
    rollingSampleDeviation(values, 400, 15, windowScratch(15), actual)
    rollingSampleDeviation(clean, 400, 15, windowScratch(15), expected)
    expect(nullable(actual.slice(65))).toEqual(nullable(expected.slice(65)))
    expect(actual[64]).toBeGreaterThan(1e8)
  })

  test('a constant window has a deviation of exactly 0 and no z-score', () => {
    const values = new Float64Array(50).fill(0.1)
    const out = new Float64Array(50)
    rollingSampleDeviation(values, 50, 15, windowScratch(15), out)
    expect(nullable(out.slice(14))).toEqual(Array.from({ length: 36 }, () => 0))
    rollingPopulationZScore(values, 50, 15, windowScratch(15), out)
    expect(out.every((value) => Number.isNaN(value))).toBe(true)
  })
})

test('twenty equal volumes that are not exact in binary leave no z-score', () => {
  const set = compileFeatureSet(
    definitionOf([
      {
        formula: 'volume_z_same_minute',
        params: { sessions: 20, minObservations: 15 },
        window: 'sessions',
        warmup: { bars: 0, sessions: 20 },
        nullPolicy: 'observations',
      },
    ]),
  )
  const builder = createFeatureBuilder(set)
  for (let index = 0; index < 20; index++) {
    builder.prime(sessionInput(sessionNumber(index), [{ close: 1, volume: 0.1 }]))
  }
  expect(builder.push(sessionInput(sessionNumber(20), [{ close: 1, volume: 5 }])).columns[0][0]).toBeNaN()
})
