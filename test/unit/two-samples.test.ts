import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WeightedValues } from '#main/compare/distributions/log-sketch.ts'
import {
  benjaminiHochberg,
  chiSquare99,
  kolmogorovSmirnov,
  kolmogorovTail,
  populationStability,
  wasserstein,
  weightedValues,
} from '#main/compare/distributions/two-samples.ts'
import { column } from './bars-fixtures.ts'

const of = (values: readonly number[]): WeightedValues => weightedValues(column(values))
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** A generator of numbers in [0, 1), the same every time (Numerical Recipes, ranqd1). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

describe('the Kolmogorov-Smirnov test', () => {
  test.each([
    // Exact for n = m by the reflection principle: P(D >= k/n) = 2 (C(2n, n-k) - C(2n, n-2k) + ...) / C(2n, n).
    ['apart', range(0, 5), range(10, 15), 1, 2 / 252],
    ['all but one apart', [0, 1, 2, 3, 10], [4, 11, 12, 13, 14], 0.8, (2 * 10) / 252],
    ['two of three', [0, 1, 10], [2, 11, 12], 2 / 3, (2 * 6) / 20],
    // Of the 10 orders of 2 and 3 values, 2 have all of one side first.
    ['of different sizes', [0, 1], [2, 3, 4], 1, 2 / 10],
  ])('%s', (_name, a, b, d, pValue) => {
    const result = kolmogorovSmirnov(of(a), of(b))
    expect(result?.d).toBeCloseTo(d, 12)
    expect(result?.pValue).toBeCloseTo(pValue, 12)
  })

  test('has the tabulated critical values of the limiting distribution', () => {
    // Smirnov's table: 1.22385, 1.35810, 1.62762 at 0.10, 0.05, 0.01; 0.8275735 is the median.
    expect(kolmogorovTail(1.22385)).toBeCloseTo(0.1, 5)
    expect(kolmogorovTail(1.3581)).toBeCloseTo(0.05, 5)
    expect(kolmogorovTail(1.62762)).toBeCloseTo(0.01, 5)
    expect(kolmogorovTail(0.8275735)).toBeCloseTo(0.5, 5)
    // Both forms of the series meet.
    expect(kolmogorovTail(1.18 - 1e-9)).toBeCloseTo(kolmogorovTail(1.18 + 1e-9), 8)
  })

  test('counts out and approximates nearly the same', () => {
    const a = of(range(0, 500))
    const exact = kolmogorovSmirnov(a, of(range(0, 500).map((value) => value + 40.5)))
    const approximate = kolmogorovSmirnov(a, of(range(0, 501).map((value) => value + 40.5)))
    expect(Math.abs((exact?.pValue ?? 0) - (approximate?.pValue ?? 1))).toBeLessThan(0.02)
  })

  test('finds a false alarm in about one of twenty samples of the same distribution', () => {
    const random = randomNumbers(7)
    const alarms = range(0, 1000).filter(() => {
      const sample = (): WeightedValues => of(range(0, 40).map(() => random()))
      return (kolmogorovSmirnov(sample(), sample())?.pValue ?? 1) <= 0.05
    }).length
    // Discrete, hence below 0.05; more than 70 would be three standard deviations too many.
    expect(alarms).toBeGreaterThan(15)
    expect(alarms).toBeLessThan(70)
  })
})

describe('the Wasserstein distance', () => {
  test('is that of the examples in the documentation of scipy.stats.wasserstein_distance', () => {
    const weighted = (values: readonly number[], weights: readonly number[]): WeightedValues => {
      const order = values.map((_value, i) => i).sort((a, b) => values[a] - values[b])
      return { values: column(order.map((i) => values[i])), weights: column(order.map((i) => weights[i])) }
    }
    expect(wasserstein(of([0, 1, 3]), of([5, 6, 8]))).toBeCloseTo(5, 12)
    expect(wasserstein(weighted([0, 1], [3, 1]), weighted([0, 1], [2, 2]))).toBeCloseTo(0.25, 12)
    expect(
      wasserstein(weighted([3.4, 3.9, 7.5, 7.8], [1.4, 0.9, 3.1, 7.2]), weighted([4.5, 1.4], [3.2, 3.5])),
    ).toBeCloseTo(4.0781331438047861, 12)
  })
})

describe('the population stability index', () => {
  test('is the sum of its bins, worked out by hand', () => {
    // Two bins with the edge at 5: shares 0.5, 0.5 against 0.25, 0.75.
    const result = populationStability(
      of(range(1, 11)),
      of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]),
      2,
    )
    expect(result?.edges).toEqual([5])
    expect(result?.psi).toBeCloseTo(-0.25 * Math.log(0.25 / 0.5) + 0.25 * Math.log(0.75 / 0.5), 12)
    // (2 - 1) (1/10 + 1/20), and 6.635 times that.
    expect(result?.expected).toBeCloseTo(0.15, 12)
    expect(result?.upper99).toBeCloseTo(0.15 * 6.6349, 4)
    expect(result?.isBeyondChance).toBe(false)
  })

  test('gives a value that most have a bin of its own', () => {
    const result = populationStability(of([-2, -1, ...range(0, 90).map(() => 0), 1, 2, 3]), of([0]))
    expect(result?.edges).toEqual([-1, 0])
    // A reference without any spread still tells a sample that has some.
    const constant = of(range(0, 500).map(() => 0))
    const shifted = populationStability(constant, of(range(0, 500).map((i) => (i % 2 === 0 ? 0 : 0.01))))
    expect(shifted?.isBeyondChance).toBe(true)
    expect(populationStability(constant, of([0, 0, 0]))?.psi).toBe(0)
  })

  test('is beyond 0.1 more often than not for small samples without a change, and seldom beyond its own bound', () => {
    const random = randomNumbers(11)
    const results = range(0, 400).map(() => {
      const sample = (): WeightedValues => of(range(0, 100).map(() => random()))
      return populationStability(sample(), sample())
    })
    const psis = results.map((result) => result?.psi ?? NaN)
    expect(psis.filter((psi) => psi > 0.1).length).toBeGreaterThan(200)
    // Expected (10 - 1) (1/100 + 1/100) = 0.18.
    expect(results[0]?.expected).toBeCloseTo(0.18, 12)
    expect(psis.reduce((sum, psi) => sum + psi, 0) / psis.length).toBeCloseTo(0.18, 1)
    expect(results.filter((result) => result?.isBeyondChance === true).length).toBeLessThan(16)
  })

  test('finds a shift', () => {
    expect(populationStability(of(range(0, 1000)), of(range(150, 1150)))?.isBeyondChance).toBe(true)
  })

  test('has the tabulated quantiles of chi-square', () => {
    const table = { 1: 6.635, 2: 9.21, 3: 11.345, 5: 15.086, 9: 21.666, 20: 37.566 }
    for (const [degrees, quantile] of Object.entries(table)) {
      expect(Math.abs(chiSquare99(Number(degrees)) / quantile - 1)).toBeLessThan(0.01)
    }
  })
})

describe('Benjamini and Hochberg’s correction', () => {
  test('calls the first four of the fifteen tests in their paper', () => {
    const published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ]
    const adjusted = benjaminiHochberg(published)
    expect(adjusted.map((value) => value <= 0.05)).toEqual(published.map((_p, i) => i < 4))
    expect(adjusted[3]).toBeCloseTo((0.0095 * 15) / 4, 12)
  })

  test('keeps the order, never falls below the value itself, and does not depend on the order of the tests', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (values) => {
        const adjusted = benjaminiHochberg(values)
        values.forEach((value, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(value)
          expect(adjusted[i]).toBeLessThanOrEqual(1)
          values.forEach((other, j) => {
            if (value < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j])
          })
        })
        expect(benjaminiHochberg(values.toReversed()).toReversed()).toEqual(adjusted)
      }),
    )
  })
})

const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 60 })

describe('any two samples', () => {
  test('are as far apart one way as the other, and not at all from themselves', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(kolmogorovSmirnov(of(a), of(b))?.d).toBeCloseTo(kolmogorovSmirnov(of(b), of(a))?.d ?? NaN, 12)
        expect(kolmogorovSmirnov(of(a), of(b))?.pValue).toBeCloseTo(kolmogorovSmirnov(of(b), of(a))?.pValue ?? NaN, 9)
        expect(wasserstein(of(a), of(b))).toBeCloseTo(wasserstein(of(b), of(a)) ?? NaN, 9)
        expect(kolmogorovSmirnov(of(a), of(a))).toEqual({ d: 0, pValue: 1 })
        expect(wasserstein(of(a), of(a))).toBe(0)
        expect(populationStability(of(a), of(a))?.psi).toBeCloseTo(0, 12)
      }),
    )
  })

  test('stay within the bounds', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const ks = kolmogorovSmirnov(of(a), of(b))
        expect(ks?.d).toBeGreaterThanOrEqual(0)
        expect(ks?.d).toBeLessThanOrEqual(1)
        expect(ks?.pValue).toBeGreaterThanOrEqual(0)
        expect(ks?.pValue).toBeLessThanOrEqual(1)
        expect(populationStability(of(a), of(b))?.psi).toBeGreaterThanOrEqual(0)
        // At most the whole range, at least the difference of the means.
        const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length
        const distance = wasserstein(of(a), of(b)) ?? NaN
        expect(distance).toBeGreaterThanOrEqual(Math.abs(mean(a) - mean(b)) - 1e-9)
        expect(distance).toBeLessThanOrEqual(Math.max(...a, ...b) - Math.min(...a, ...b) + 1e-9)
      }),
    )
  })

  test('keep D under a stretching, and stretch the Wasserstein distance', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const stretched = (list: readonly number[]): WeightedValues => of(list.map((value) => 4 * value + 8))
        expect(kolmogorovSmirnov(stretched(a), stretched(b))).toEqual(kolmogorovSmirnov(of(a), of(b)))
        expect(wasserstein(stretched(a), stretched(b))).toBeCloseTo(4 * (wasserstein(of(a), of(b)) ?? NaN), 9)
      }),
    )
  })
})
