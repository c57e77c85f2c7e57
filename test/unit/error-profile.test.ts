import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrorProfile } from '#main/compare/distributions/error-profile.ts'
import { column } from './bars-fixtures.ts'

type Pair = readonly [old: number, fresh: number]

function profileOf(pairs: readonly Pair[]): ErrorProfile {
  const profile = new ErrorProfile()
  profile.addColumns(column(pairs.map(([old]) => old)), column(pairs.map(([, fresh]) => fresh)), pairs.length)
  return profile
}

/** By the definitions, from the whole list. */
function slowly(pairs: readonly Pair[]): Record<string, number> {
  const n = pairs.length
  const mean = (of: (pair: Pair) => number): number => pairs.reduce((sum, pair) => sum + of(pair), 0) / n
  const [meanOld, meanNew] = [mean(([old]) => old), mean(([, fresh]) => fresh)]
  const covariance = mean(([old, fresh]) => (old - meanOld) * (fresh - meanNew))
  const spread = Math.sqrt(mean(([old]) => (old - meanOld) ** 2) * mean(([, fresh]) => (fresh - meanNew) ** 2))
  return {
    bias: mean(([old, fresh]) => fresh - old),
    mae: mean(([old, fresh]) => Math.abs(fresh - old)),
    rmse: Math.sqrt(mean(([old, fresh]) => (fresh - old) ** 2)),
    correlation: covariance / spread,
  }
}

/** Anscombe's first quartet (1973): correlation 0.81642. */
const ANSCOMBE: readonly Pair[] = [
  [10, 8.04],
  [8, 6.95],
  [13, 7.58],
  [9, 8.81],
  [11, 8.33],
  [14, 9.96],
  [6, 7.24],
  [4, 4.26],
  [12, 10.84],
  [7, 4.82],
  [5, 5.68],
]

describe('a profile', () => {
  test('gives the published correlation of Anscombe’s quartet, and its means', () => {
    const summary = profileOf(ANSCOMBE).summary()
    expect(summary.correlation).toBeCloseTo(0.81642, 5)
    // Means 9 and 7.500909.
    expect(summary.bias).toBeCloseTo(7.500909 - 9, 6)
  })

  test('has bias, MAE and RMSE, worked out by hand', () => {
    // Differences 3, -4, 0, 1.
    const { count, zeros, bias, mae, rmse, absolute, signed } = profileOf([
      [10, 13],
      [10, 6],
      [20, 20],
      [30, 31],
    ]).summary()
    expect({ count, zeros, bias, mae, rmse }).toEqual({ count: 4, zeros: 1, bias: 0, mae: 2, rmse: Math.sqrt(26 / 4) })
    expect(absolute).toEqual({ p50: 1, p90: 4, p99: 4, max: 4 })
    expect(signed).toEqual({ min: -4, p01: -4, p50: 0, p90: 3, p99: 3, max: 3 })
  })

  test('leaves out minutes in which a side has no finite value', () => {
    const pairs: Pair[] = [
      [1, 2],
      [NaN, 2],
      [1, NaN],
      [Infinity, 2],
      [Infinity, Infinity],
      [3, 3],
    ]
    expect(profileOf(pairs).summary()).toEqual(profileOf([pairs[0], pairs[5]]).summary())
  })

  test('of nothing, and of a constant side, says null where there is nothing to say', () => {
    expect(new ErrorProfile().summary()).toMatchObject({
      count: 0,
      bias: null,
      mae: null,
      rmse: null,
      correlation: null,
    })
    expect(
      profileOf([
        [5, 1],
        [5, 2],
      ]).summary().correlation,
    ).toBeNull()
  })

  test('keeps its digits on a large offset', () => {
    const near = profileOf(ANSCOMBE).summary().correlation
    const far = profileOf(ANSCOMBE.map(([old, fresh]) => [old + 1e8, fresh + 1e8])).summary().correlation
    expect(far).toBeCloseTo(near ?? NaN, 6)
  })
})

const price = fc.integer({ min: 100, max: 100_000 }).map((cents) => cents / 100)
const pairs = fc.array(
  fc.tuple(price, fc.integer({ min: -3, max: 3 })).map(([old, ticks]): Pair => [old, old + ticks / 100]),
  { minLength: 2, maxLength: 120 },
)

describe('any profile', () => {
  const near = (found: number | null, expected: number, scale: number): void =>
    expect(Math.abs((found ?? NaN) - expected)).toBeLessThanOrEqual(1e-11 * scale)

  test('says what the definitions say', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const expected = slowly(list)
        const summary = profileOf(list).summary()
        near(summary.bias, expected['bias'], 1)
        near(summary.mae, expected['mae'], 1)
        near(summary.rmse, expected['rmse'], 1)
        if (Number.isFinite(expected['correlation'])) near(summary.correlation, expected['correlation'], 100)
      }),
    )
  })

  test('is the same minute by minute, block by block, merged in any way, and read back', () => {
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 3, maxLength: 3 }), (parts) => {
        const [a, b, c] = parts
        const whole = profileOf(parts.flat())
        const single = new ErrorProfile()
        for (const [old, fresh] of parts.flat()) single.add(old, fresh)
        const left = profileOf(a)
        left.merge(profileOf(b))
        left.merge(profileOf(c))
        const tail = ErrorProfile.from(JSON.parse(JSON.stringify(profileOf(b).toData())))
        tail.merge(profileOf(c))
        const right = profileOf(a)
        right.merge(tail)
        const { correlation, bias, mae, rmse, ...exact } = whole.summary()
        for (const other of [single, left, right]) {
          const found = other.summary()
          expect(found).toMatchObject(exact)
          near(found.bias, bias ?? NaN, 1)
          near(found.mae, mae ?? NaN, 1)
          near(found.rmse, rmse ?? NaN, 1)
          if (correlation !== null) near(found.correlation, correlation, 1000)
        }
      }),
    )
  })

  test('has MAE between |bias| and RMSE, and a correlation between -1 and 1', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { bias, mae, rmse, correlation } = profileOf(list).summary()
        expect(Math.abs(bias ?? NaN)).toBeLessThanOrEqual((mae ?? NaN) + 1e-12)
        expect(mae ?? NaN).toBeLessThanOrEqual((rmse ?? NaN) + 1e-12)
        if (correlation !== null) expect(Math.abs(correlation)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('has the opposite bias with the sides exchanged, and the same everything else', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const one = profileOf(list).summary()
        const other = profileOf(list.map(([old, fresh]) => [fresh, old])).summary()
        near(other.bias, -(one.bias ?? NaN), 1)
        expect(other).toMatchObject({ count: one.count, mae: one.mae, rmse: one.rmse, absolute: one.absolute })
      }),
    )
  })
})
