import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EXACT_LIMIT, LogSketch } from '#main/compare/distributions/log-sketch.ts'

const sketchOf = (values: readonly number[], bits = 6): LogSketch => {
  const sketch = new LogSketch(bits)
  for (const value of values) sketch.add(value)
  return sketch
}

/** The smallest value that at least a share q do not exceed, by sorting. */
function slowQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1]
}

const finite = fc.oneof(
  fc.constantFrom(0, 0.01, -0.01, 0.02, 1e-9, -5000),
  fc
    .double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
    .filter((value) => value === 0 || Math.abs(value) > 1e-300),
)
const few = fc.array(finite, { maxLength: 40 })
/** More values than are kept one by one, from a few seeds. */
const many = fc
  .tuple(fc.array(finite, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 40 }))
  .map(([values, times]) => Array.from({ length: times }, (_, k) => values.map((value) => value * (1 + k / 64))).flat())

describe('a small sketch', () => {
  test('is exact, worked out by hand', () => {
    const sketch = sketchOf([4, -3, 0, 0, 1, 2, -10])
    // -10 -3 0 0 1 2 4; sizes 0 0 1 2 3 4 10
    expect([0, 0.5, 0.9, 1].map((q) => sketch.quantile(q))).toEqual([-10, 0, 4, 4])
    expect([0, 0.5, 0.9, 1].map((q) => sketch.sizeQuantile(q))).toEqual([0, 2, 10, 10])
    expect(sketch).toMatchObject({ count: 7, zeros: 2, min: -10, max: 4, relativeError: 0 })
  })

  test('without values says nothing', () => {
    const sketch = new LogSketch()
    expect([sketch.min, sketch.max, sketch.quantile(0.5), sketch.sizeQuantile(0.5)]).toEqual([NaN, NaN, NaN, NaN])
    expect(sketch.histogram()).toEqual([])
  })

  test('has bins from power of two to power of two, and one for zero', () => {
    expect(sketchOf([0, 1, 1.5, 2, -0.3, -0.5, 0]).histogram()).toEqual([
      { from: -1, to: -0.5, count: 1 },
      { from: -0.5, to: -0.25, count: 1 },
      { from: 0, to: 0, count: 2 },
      { from: 1, to: 2, count: 2 },
      { from: 2, to: 4, count: 1 },
    ])
  })

  test('puts every difference of one tick into one bin, whatever its rounding', () => {
    const ticks = Array.from({ length: 5000 }, (_, cents) => (cents + 101) / 100 - (cents + 100) / 100)
    expect(sketchOf(ticks).histogram()).toEqual([{ from: 0.0078125, to: 0.015625, count: 5000 }])
  })
})

describe('any sketch', () => {
  test('gives quantiles within its stated error, and exact ends', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1), (values, q) => {
        if (values.length === 0) return
        const sketch = sketchOf(values)
        const near = (found: number, expected: number): void =>
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(sketch.relativeError * Math.abs(expected))
        near(sketch.quantile(q), slowQuantile(values, q))
        near(
          sketch.sizeQuantile(q),
          slowQuantile(
            values.map((value) => Math.abs(value)),
            q,
          ),
        )
        expect(sketch.quantile(0)).toBe(Math.min(...values.map((value) => value + 0)))
        expect(sketch.quantile(1)).toBe(Math.max(...values.map((value) => value + 0)))
        expect(sketch.relativeError).toBe(values.filter((value) => value !== 0).length <= EXACT_LIMIT ? 0 : 1 / 128)
      }),
      { numRuns: 300 },
    )
  })

  test('is the same however its values were put together', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(few, many), { minLength: 3, maxLength: 3 }), ([a, b, c]) => {
        const whole = sketchOf([...a, ...b, ...c]).toData()
        const leftFirst = sketchOf(a)
        leftFirst.merge(sketchOf(b))
        leftFirst.merge(sketchOf(c))
        const rightFirst = sketchOf(b)
        rightFirst.merge(sketchOf(c))
        const right = sketchOf(a)
        right.merge(rightFirst)
        const turned = sketchOf(c)
        turned.merge(sketchOf(a))
        turned.merge(sketchOf(b))
        for (const one of [leftFirst, right, turned]) expect(one.toData()).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  test('comes back from its stored form', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), few, (values, more) => {
        const stored = LogSketch.from(JSON.parse(JSON.stringify(sketchOf(values).toData())))
        for (const value of more) stored.add(value)
        expect(stored.toData()).toEqual(sketchOf([...values, ...more]).toData())
      }),
      { numRuns: 200 },
    )
  })

  test('has a histogram that counts every value in its bin', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), (values) => {
        const bins = sketchOf(values).histogram()
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
        for (const { from, to, count } of bins) {
          const inside = (value: number): boolean =>
            from === to
              ? value === 0
              : from >= 0
                ? value >= from && value < to && value > 0
                : value > from && value <= to && value < 0
          expect(values.filter(inside).length).toBe(count)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('turned round is the other way round', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), (values) => {
        const sketch = sketchOf(values)
        const turned = sketchOf(values.map((value) => -value))
        for (const q of [0.5, 0.9, 1]) expect(turned.sizeQuantile(q)).toBe(sketch.sizeQuantile(q))
        expect(turned.toData().negative).toEqual(sketch.toData().positive)
      }),
    )
  })
})
