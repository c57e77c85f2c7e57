import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { histogramSchema } from '#shared/contract/contract.ts'
import { differenceHistogram } from '#main/compare/difference-histogram.ts'
import { column } from './bars-fixtures.ts'

const of = (differences: readonly number[], zeros = 0): ReturnType<typeof differenceHistogram> =>
  differenceHistogram('close', column(differences), zeros)

describe('a histogram of differences', () => {
  test('of cents has bins of cents, centred on them', () => {
    // The largest is 0.30: 2 * 0.30 / 60 = 0.01.
    const histogram = of([0.3, -0.02, 0.01, 0.01, -0.01], 5)
    expect(histogram).toMatchObject({ field: 'close', count: 10, zeros: 5, min: -0.02, max: 0.3, binWidth: 0.01 })
    expect(histogram.mean).toBeCloseTo(0.029, 12)
    expect(histogram.bins).toHaveLength(33)
    expect(
      histogram.bins
        .filter(({ count }) => count > 0)
        .map(({ from, to, count }) => [Math.round(from * 1000), Math.round(to * 1000), count]),
    ).toEqual([
      [-25, -15, 1],
      [-15, -5, 1],
      [-5, 5, 5],
      [5, 15, 2],
      [295, 305, 1],
    ])
  })

  test.each([
    [[1], 0.05],
    [[3], 0.1],
    [[6], 0.2],
    [[30], 1],
    [[31], 2],
    [[-15, 15], 0.5],
    [[1e6], 50_000],
  ])('of %j has bins of 1, 2 or 5 times a power of ten: %s', (differences, binWidth) => {
    expect(of(differences).binWidth).toBeCloseTo(binWidth, 12)
    expect(of(differences).bins.length).toBeLessThanOrEqual(61)
  })

  test('of no differences but zeros is one bin', () => {
    expect(of([], 390)).toEqual({
      field: 'close',
      count: 390,
      zeros: 390,
      min: 0,
      max: 0,
      mean: 0,
      binWidth: 1,
      bins: [{ from: -0.5, to: 0.5, count: 390 }],
    })
  })

  test('of nothing is empty', () => {
    expect(of([])).toEqual({
      field: 'close',
      count: 0,
      zeros: 0,
      min: null,
      max: null,
      mean: null,
      binWidth: 1,
      bins: [],
    })
  })

  test('takes what lies beyond its ends into the outermost bins', () => {
    const many = Array.from({ length: 990 }, () => 1)
    const histogram = of([...many, 1000, -1000])
    expect(histogram.bins.length).toBeLessThanOrEqual(61)
    expect(histogram.bins.at(-1)?.count).toBe(991)
    expect(histogram.bins[0].count).toBe(1)
    expect(histogram).toMatchObject({ min: -1000, max: 1000 })
  })

  test('counts zeros in the smallest and largest value', () => {
    expect(of([2, 3], 1)).toMatchObject({ min: 0, max: 3 })
    expect(of([-2, -3], 1)).toMatchObject({ min: -3, max: 0 })
    expect(of([2, 3])).toMatchObject({ min: 2, max: 3 })
  })
})

describe('any histogram', () => {
  const sizes = fc.constantFrom(1, 1e-9, 0.01, 1e6, 1e300, 1e-300)
  const finite = fc.oneof(
    fc.double({ min: -10, max: 10, noNaN: true }).chain((value) => sizes.map((size) => value * size)),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 0.005, -0.005),
  )
  const differences = fc.array(
    finite.filter((value) => value !== 0),
    { maxLength: 40 },
  )
  const zeros = fc.nat(5)

  test('has every difference in one bin', () => {
    fc.assert(
      fc.property(differences, zeros, (list, zeroCount) => {
        const { bins, count } = of(list, zeroCount)
        expect(count).toBe(list.length + zeroCount)
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(count)
      }),
      { numRuns: 500 },
    )
  })

  test('has at most 61 bins of the same width without gap or overlap', () => {
    fc.assert(
      fc.property(differences, zeros, (list, zeroCount) => {
        const { bins, binWidth } = of(list, zeroCount)
        expect(bins.length).toBeLessThanOrEqual(61)
        expect(binWidth).toBeGreaterThan(0)
        for (let k = 0; k < bins.length; k++) {
          expect(bins[k].to).toBeGreaterThan(bins[k].from)
          expect(bins[k].from).toBe(k === 0 ? bins[0].from : bins[k - 1].to)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('counts in each inner bin what lies between its ends', () => {
    const cents = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(cents, (list) => {
        const values = list.filter((value) => value !== 0).map((value) => value / 100)
        const { bins } = of(values, list.length - values.length)
        const all = list.map((value) => value / 100)
        for (const { from, to, count } of bins.slice(1, -1)) {
          // Half a hundredth of a cent of room, because the ends of a bin are rounded numbers themselves.
          const sure = all.filter((value) => value >= from + 5e-5 && value < to - 5e-5).length
          const possible = all.filter((value) => value >= from - 5e-5 && value < to + 5e-5).length
          expect(count).toBeGreaterThanOrEqual(sure)
          expect(count).toBeLessThanOrEqual(possible)
        }
      }),
    )
  })

  test('can be sent to a client', () => {
    fc.assert(
      fc.property(differences, zeros, (list, zeroCount) => {
        expect(histogramSchema.safeParse(of(list, zeroCount)).success).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
