import { describe, expect, test } from 'vitest'
import { splitOf } from '#main/pipeline/quality/session-rules.ts'
import { CLOSE_TS, OPEN_TS } from './bars-fixtures.ts'
import { barAt, closes, found, places, type Settings, transform } from './quality-fixtures.ts'

/** Where a session opens after a close of 64. */
const opening = (open: number, settings: Settings): ReturnType<typeof transform> =>
  transform(closes([open, open, open]), {
    ...settings,
    baseline: { sessions: 20, previousClose: 64, ...settings.baseline },
  })

describe('an opening gap', () => {
  test('is one of more than eight times the scale of the gaps of the symbol', () => {
    // 8 / 256 of 64 is 2.
    const usual: Settings = { baseline: { gapScale: 1 / 256 } }
    expect(places(opening(66, usual), 'open_gap')).toEqual([])
    expect(places(opening(62, usual), 'open_gap')).toEqual([])
    expect(places(opening(66.01, usual), 'open_gap')).toEqual([[0, 0, 1]])
    expect(places(opening(61.99, usual), 'open_gap')).toEqual([[0, 0, 1]])
    expect(found(opening(68, usual), 'open_gap')).toMatchObject([
      {
        severity: 'info',
        blocking: false,
        action: 'keep',
        message: 'The session opens at 68, 6.25 % from the close before at 64; up to 3.13 % is normal.',
      },
    ])
  })

  test('has a least number of basis points', () => {
    const params = { factor: 8, minimumBp: 312.5 }
    const calm: Settings = { baseline: { gapScale: 0 }, quality: { rules: { open_gap: { params } } } }
    expect(places(opening(66, calm), 'open_gap')).toEqual([])
    expect(places(opening(66.01, calm), 'open_gap')).toEqual([[0, 0, 1]])
  })

  test('of a symbol without a history is five times that', () => {
    const params = { factor: 8, minimumBp: 125 }
    const first: Settings = { quality: { rules: { open_gap: { params } } } }
    expect(places(opening(68, first), 'open_gap')).toEqual([])
    expect(places(opening(68.01, first), 'open_gap')).toEqual([[0, 0, 1]])
  })

  test('is none without a close before or without bars', () => {
    expect(found(opening(640, { baseline: { previousClose: null } }), 'open_gap')).toEqual([])
    expect(found(transform([], { baseline: { sessions: 20, previousClose: 64 } }), 'open_gap')).toEqual([])
  })
})

describe('a ratio of prices', () => {
  test.each([
    [2, '2:1'],
    [1.5, '3:2'],
    [2.5, '5:2'],
    [7, '7:1'],
    [100, '100:1'],
    [0.5, '1:2'],
    [2 / 3, '2:3'],
    [0.1, '1:10'],
    [2.05, '2:1'],
    [1 / 2.05, '1:2'],
  ])('of %d is near a split of %s', (ratio, split) => {
    expect(splitOf(ratio, 0.03)).toBe(split)
  })

  test.each([1, 1.3, 1 / 1.3, 1.75, 9, 11, 60, 0, -2, NaN, Infinity])('of %d is near none', (ratio) => {
    expect(splitOf(ratio, 0.03)).toBeUndefined()
  })

  test('may be as far from the exact one as is said, and counts for the nearest', () => {
    expect(splitOf(112.5, 0.125)).toBe('100:1')
    expect(splitOf(112.6, 0.125)).toBeUndefined()
    // 6.6 is a tenth from 6 and 5.7 % from 7; 2.2 is a tenth from 2 and 12 % from 2.5.
    expect(splitOf(6.6, 0.2)).toBe('7:1')
    expect(splitOf(2.2, 0.2)).toBe('2:1')
    expect(splitOf(2, 0)).toBe('2:1')
    expect(splitOf(2.000001, 0)).toBeUndefined()
  })
})

describe('a jump by a split ratio', () => {
  test('holds the session back until somebody has looked', () => {
    const output = opening(32, {})
    expect(found(output, 'split_jump')).toMatchObject([
      {
        ts: OPEN_TS,
        severity: 'error',
        blocking: true,
        action: 'keep',
        message: 'The session opens at 32, the one before closed at 64: near a split of 2:1 that is not adjusted.',
      },
    ])
    expect([...output.bars.flags]).toEqual([0, 0, 0])
  })

  test('may be three hundredths beside the ratio', () => {
    // 64 / 32.9 is 1.945, 64 / 33.1 is 1.934: 2.7 and 3.3 % from 2.
    expect(places(opening(32.9, {}), 'split_jump')).toEqual([[0, 0, 1]])
    expect(places(opening(33.1, {}), 'split_jump')).toEqual([])
    const wide: Settings = { quality: { rules: { split_jump: { params: { tolerance: 0.04 } } } } }
    expect(places(opening(33.1, wide), 'split_jump')).toEqual([[0, 0, 1]])
  })

  test('is none without a close before or without bars', () => {
    expect(found(opening(32, { baseline: { previousClose: null } }), 'split_jump')).toEqual([])
    expect(found(transform([], { baseline: { sessions: 1, previousClose: 64 } }), 'split_jump')).toEqual([])
  })
})

describe("the broker's daily bar", () => {
  const bars = [
    barAt(0, { open: 10, high: 10.5, low: 10, close: 10.2, volume: 60 }),
    barAt(1, { open: 10.2, high: 10.2, low: 9.75, close: 9.8, volume: 30 }),
  ]
  const against = (daily: object, settings: Settings = {}): ReturnType<typeof transform> =>
    transform(bars, {
      ...settings,
      facts: { dailyBar: { open: 10, high: 10.5, low: 9.75, close: 9.8, volume: 90, ...daily } },
    })

  test.each([
    {},
    { high: 10.51 },
    { high: 10.49 },
    { low: 9.76 },
    { low: 9.74 },
    { volume: 100 },
    // Open and close may be those of the auctions.
    { open: 11, close: 9 },
    // A volume that the broker does not have.
    { volume: 0 },
    { volume: -1 },
    { high: NaN, low: NaN, volume: NaN },
  ])('agrees with %j: a tick and a tenth of the volume are allowed', (daily) => {
    expect(found(against(daily), 'daily_bar_mismatch')).toEqual([])
  })

  test.each([
    [{ high: 10.52 }, 'high 10.5 and 10.52'],
    [{ high: 10.48 }, 'high 10.5 and 10.48'],
    [{ low: 9.77 }, 'low 9.75 and 9.77'],
    [{ low: 9.73 }, 'low 9.75 and 9.73'],
    [{ volume: 100.1 }, 'volume 90 and 100.1'],
    [{ volume: 81.8 }, 'volume 90 and 81.8'],
    [{ high: 11, low: 9, volume: 1_000 }, 'high 10.5 and 11, low 9.75 and 9, volume 90 and 1000'],
  ])('differs with %j', (daily, words) => {
    expect(found(against(daily), 'daily_bar_mismatch')).toMatchObject([
      {
        ts: OPEN_TS,
        severity: 'warn',
        action: 'keep',
        bars: 2,
        message: `The minutes and the broker's daily bar differ: ${words}.`,
      },
    ])
  })

  test('adds up the volumes that are known', () => {
    const daily = { open: 10, high: 10.5, low: 9.75, close: 9.8, volume: 60 }
    const unknown = [bars[0], { ...bars[1], volume: -1 }]
    expect(found(transform(unknown, { facts: { dailyBar: daily } }), 'daily_bar_mismatch')).toEqual([])
    const more = transform(unknown, { facts: { dailyBar: { ...daily, volume: 90 } } })
    expect(found(more, 'daily_bar_mismatch')[0].message).toContain('volume 60 and 90')
  })

  test('goes by the tick and the limits that are configured', () => {
    expect(found(against({ high: 10.7 }, { instrument: { tickSize: 0.25 } }), 'daily_bar_mismatch')).toEqual([])
    const params = { ticks: 0, volumeShare: 0.5 }
    const strict: Settings = { quality: { rules: { daily_bar_mismatch: { params } } } }
    expect(found(against({ volume: 60 }, strict), 'daily_bar_mismatch')).toEqual([])
    expect(found(against({ high: 10.501 }, strict), 'daily_bar_mismatch')).toHaveLength(1)
  })

  test('says nothing where there is none, or no bars to compare with it', () => {
    expect(found(transform(bars), 'daily_bar_mismatch')).toEqual([])
    const none = transform([], { facts: { dailyBar: { open: 1, high: 1, low: 1, close: 1, volume: 1 } } })
    expect(found(none, 'daily_bar_mismatch')).toEqual([])
  })
})

describe("the broker's schedule", () => {
  const bars = closes([10, 10.01, 10])

  test('agrees with the calendar or has not been asked for', () => {
    const same = { openTs: OPEN_TS, closeTs: CLOSE_TS }
    expect(found(transform(bars, { facts: { brokerHours: same } }), 'schedule_difference')).toEqual([])
    expect(found(transform(bars), 'schedule_difference')).toEqual([])
  })

  test.each([
    [{ openTs: OPEN_TS + 60, closeTs: CLOSE_TS }, 'has 13:31 to 20:00 UTC'],
    [{ openTs: OPEN_TS, closeTs: CLOSE_TS - 3 * 3_600 }, 'has 13:30 to 17:00 UTC'],
    ['closed' as const, 'is closed'],
  ])('differs: %j', (brokerHours, words) => {
    const output = transform(bars, { facts: { brokerHours } })
    expect(found(output, 'schedule_difference')).toMatchObject([
      {
        ts: OPEN_TS,
        lastTs: CLOSE_TS,
        severity: 'warn',
        action: 'keep',
        message: `The calendar has 13:30 to 20:00 UTC; by its own schedule the broker ${words}.`,
      },
    ])
    // The calendar holds until the operator decides otherwise: nothing is cut.
    expect(output.bars.ts).toHaveLength(3)
  })
})
