import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { firstPlace } from '#shared/binary-search.ts'

describe('the first place', () => {
  test('is the one that a look at every place finds', () => {
    const ascending = fc.array(fc.integer({ min: -20, max: 20 })).map((values) => values.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(ascending, fc.integer({ min: -22, max: 22 }), (values, wanted) => {
        const found = values.findIndex((value) => value >= wanted)
        expect(firstPlace(values.length, (place) => values[place] >= wanted)).toBe(found < 0 ? values.length : found)
      }),
    )
  })

  test('is asked of few places', () => {
    let asked = 0
    const isReached = (place: number): boolean => {
      asked++
      return place >= 700_000
    }
    expect(firstPlace(1_000_000, isReached)).toBe(700_000)
    expect(asked).toBeLessThanOrEqual(20)
  })
})
