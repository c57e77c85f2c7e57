import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { estimateRemainingMs, type ProgressStep, weightedFraction } from '#shared/progress.ts'

const stepsOf = (...weights: number[]): ProgressStep[] => weights.map((weight) => ({ title: 'step', weight }))

describe('the fraction of weighted steps', () => {
  test.each([
    ['nothing', 0, 0, 0],
    ['half of the first', 0, 0.5, 0.05],
    ['the first', 0, 1, 0.1],
    ['the first, at the start of the second', 1, 0, 0.1],
    ['half of the second', 1, 0.5, 0.4],
    ['all but the third', 2, 0, 0.7],
    ['everything', 2, 1, 1],
  ])('is right when %s is done', (_name, index, stepFraction, expected) => {
    expect(weightedFraction(stepsOf(1, 6, 3), index, stepFraction)).toBeCloseTo(expected, 12)
  })

  test('does not leave its step however far that claims to be', () => {
    expect(weightedFraction(stepsOf(1, 1), 0, 7)).toBe(0.5)
    expect(weightedFraction(stepsOf(1, 1), 1, -7)).toBe(0.5)
  })

  test('of no steps, or of steps without weight, is 0', () => {
    expect(weightedFraction([], 0, 1)).toBe(0)
    expect(weightedFraction(stepsOf(0, 0), 1, 1)).toBe(0)
  })

  test('never goes back and stays between 0 and 1', () => {
    const weights = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(weights, (list) => {
        const fractions = list.flatMap((_weight, i) =>
          [0, 0.25, 1].map((part) => weightedFraction(stepsOf(...list), i, part)),
        )
        expect(fractions[0]).toBe(0)
        expect(fractions[fractions.length - 1]).toBeCloseTo(1, 12)
        for (let i = 1; i < fractions.length; i++) expect(fractions[i]).toBeGreaterThanOrEqual(fractions[i - 1] - 1e-12)
        expect(Math.max(...fractions)).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('the estimate of the time left', () => {
  test('assumes the pace so far', () => {
    expect(estimateRemainingMs(0.25, 10_000)).toBe(30_000)
    expect(estimateRemainingMs(0.5, 1000)).toBe(1000)
    expect(estimateRemainingMs(1, 5000)).toBe(0)
  })

  test('waits for two per cent and one second', () => {
    expect(estimateRemainingMs(0.0199, 60_000)).toBeUndefined()
    expect(estimateRemainingMs(0.9, 999)).toBeUndefined()
    expect(estimateRemainingMs(0.02, 1000)).toBe(49_000)
  })
})
