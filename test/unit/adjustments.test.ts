import { describe, expect, test } from 'vitest'
import { basisChanges, type ObservedRatio, scaleOf } from '#main/pipeline/transform/adjustments.ts'

const seen = (responseId: number, earlierResponseId: number, priceRatio: number, volumeRatio: number | null = null) =>
  ({ responseId, earlierResponseId, priceRatio, volumeRatio, atMs: responseId * 1000 }) satisfies ObservedRatio

describe('a change of basis', () => {
  test('concerns every response up to the one that was in the old basis, and none after', () => {
    const changes = basisChanges([seen(9, 4, 0.25, 4)])
    expect(changes).toEqual([
      { lastOldResponse: 4, firstNewResponse: 9, priceRatio: 0.25, volumeRatio: 4, detectedAtMs: 9000 },
    ])
    expect(scaleOf(changes, 1)).toEqual({ price: 0.25, volume: 4 })
    expect(scaleOf(changes, 4)).toEqual({ price: 0.25, volume: 4 })
    expect(scaleOf(changes, 5)).toEqual({ price: 1, volume: 1 })
    expect(scaleOf(changes, 9)).toEqual({ price: 1, volume: 1 })
  })

  test('multiplies volumes by the inverse where those do not follow one ratio', () => {
    expect(basisChanges([seen(2, 1, 0.25)])[0].volumeRatio).toBe(4)
  })

  test('seen in several sessions is counted once, over all the sessions that show it', () => {
    const changes = basisChanges([seen(9, 3, 0.25), seen(9, 6, 0.2501), seen(10, 7, 0.25)])
    expect(changes).toMatchObject([{ lastOldResponse: 7, firstNewResponse: 9 }])
    expect(scaleOf(changes, 7).price).toBeCloseTo(0.25, 9)
    expect(scaleOf(changes, 8).price).toBe(1)
  })

  test('is not counted twice when a session that was in the old basis is answered again later', () => {
    const changes = basisChanges([seen(9, 6, 0.5), seen(12, 3, 0.5)])
    expect(changes).toHaveLength(1)
    expect(scaleOf(changes, 3)).toEqual({ price: 0.5, volume: 2 })
  })

  test('comes on top of an earlier one', () => {
    // A split of 2:1 after response 3, one of 5:1 after response 8; session A was only seen before both.
    const changes = basisChanges([seen(5, 3, 0.5), seen(10, 8, 0.2), seen(11, 2, 0.1)])
    expect(changes).toMatchObject([
      { lastOldResponse: 3, firstNewResponse: 5, priceRatio: 0.5 },
      { lastOldResponse: 8, firstNewResponse: 10, priceRatio: 0.2 },
    ])
    expect(scaleOf(changes, 2).price).toBeCloseTo(0.1, 12)
    expect(scaleOf(changes, 6).price).toBeCloseTo(0.2, 12)
    expect(scaleOf(changes, 10).price).toBe(1)
  })

  test('is not counted twice when the answer before the last was cut short after a few minutes of the session', () => {
    // Response 10, the first after the split, had session A and a few minutes of B; 11 had all of B, most of which came with response 5.
    const changes = basisChanges([seen(10, 5, 0.5), { ...seen(11, 10, 0.5), mostlyResponseId: 5 }])
    expect(changes).toMatchObject([{ lastOldResponse: 5, firstNewResponse: 10 }])
    expect(scaleOf(changes, 5)).toEqual({ price: 0.5, volume: 2 })
    expect(scaleOf(changes, 10)).toEqual({ price: 1, volume: 1 })
  })

  test('that comes after another concerns what was received between them, though only an older session shows it', () => {
    // After response 9 a split of 2:1, seen in 11 and 12; after 12 another, seen in 16 by a session that was in the first basis.
    const changes = basisChanges([seen(11, 9, 0.5), seen(12, 3, 0.5), seen(16, 2, 0.25)])
    expect([2, 9, 11, 12, 16].map((id) => scaleOf(changes, id).price)).toEqual([0.25, 0.25, 0.5, 0.5, 1])
    expect(scaleOf(changes, 12).volume).toBe(2)
  })

  test('comes again by the same ratio when a session is seen before and after each', () => {
    const changes = basisChanges([seen(5, 3, 0.5), seen(9, 5, 0.5)])
    expect(changes).toHaveLength(2)
    expect(scaleOf(changes, 3).price).toBe(0.25)
    expect(scaleOf(changes, 5).price).toBe(0.5)
  })

  test('is one where rounded prices of a cheap symbol give a slightly different ratio in another session', () => {
    // 3.01 became 1.51 in one session, 3.00 became 1.50 in the other.
    const changes = basisChanges([seen(9, 5, 1.51 / 3.01), seen(10, 6, 0.5)])
    expect(changes).toHaveLength(1)
    expect(scaleOf(changes, 5).price).toBeCloseTo(0.5, 2)
  })

  test('is none where nothing was seen', () => {
    expect(basisChanges([])).toEqual([])
    expect(scaleOf([], 7)).toEqual({ price: 1, volume: 1 })
  })
})
