import { describe, expect, test } from 'vitest'
import { diffBars } from '#main/tws/ingest/diff-bars.ts'
import { barsOf, type TestBar } from './bars-fixtures.ts'

const HOUR = { fromTs: 0, toTs: 3_600 }
const diff = (earlier: readonly TestBar[], later: readonly TestBar[], range = HOUR, covers = range) =>
  diffBars(barsOf(earlier), barsOf(later), range, covers)

const NOTHING_CHANGED = {
  pricesChanged: 0,
  volumesChanged: 0,
  added: 0,
  lacking: 0,
  largestPriceChange: 0,
  volumeRatio: null,
  priceRatio: null,
}

/** A bar each minute, the volumes growing from 1,000. */
const series = (count: number, volume = (i: number): number => 1_000 + 100 * i): TestBar[] =>
  Array.from({ length: count }, (_, i) => ({ ts: i * 60, volume: volume(i) }))

describe('a later answer', () => {
  test('with the same bars changes nothing, in whatever order they come', () => {
    const bars = series(5)
    expect(diff(bars, bars.toReversed())).toBeUndefined()
  })

  test('changes nothing where there was nothing before', () => {
    expect(diff([], series(5))).toBeUndefined()
    expect(diff([{ ts: 7_200 }], series(5))).toBeUndefined()
  })

  test('is told by minutes with other prices, with other volumes only, added and lacking', () => {
    const earlier = [
      { ts: 0, close: 100 },
      { ts: 60, close: 100, volume: 5 },
      { ts: 120, close: 100, volume: 7 },
      { ts: 180, close: 100 },
    ]
    const later = [
      // 101 / 100 - 1 in the close, and 99 / 100 - 1 in the low.
      { ts: 0, open: 100, high: 101, low: 99, close: 101, vwap: 100 },
      { ts: 60, close: 100, volume: 6 },
      { ts: 120, close: 100, volume: 7, vwap: 100.5 },
      { ts: 240, close: 100 },
      { ts: 300, close: 100 },
    ]
    const found = diff(earlier, later)
    expect(found).toEqual({
      pricesChanged: 1,
      volumesChanged: 2,
      added: 2,
      lacking: 1,
      largestPriceChange: expect.closeTo(0.01, 12),
      volumeRatio: null,
      priceRatio: null,
    })
  })

  test.each(['open', 'high', 'low', 'close'] as const)('with another %s has another price', (name) => {
    expect(diff([{ ts: 0, [name]: 10 }], [{ ts: 0, [name]: 10.5 }])?.pricesChanged).toBe(1)
  })

  test.each(['volume', 'vwap', 'tradeCount'] as const)('with another %s has another volume', (name) => {
    expect(diff([{ ts: 0, [name]: 10 }], [{ ts: 0, [name]: 11 }])).toEqual({ ...NOTHING_CHANGED, volumesChanged: 1 })
  })

  test('counts what it lacks only where it was asked for', () => {
    const earlier = series(10)
    expect(diff(earlier, series(3), HOUR, { fromTs: 0, toTs: 180 })).toBeUndefined()
    expect(diff(earlier, series(3), HOUR, { fromTs: 0, toTs: 300 })).toEqual({ ...NOTHING_CHANGED, lacking: 2 })
  })

  test('is looked at inside the session only, its end excluded', () => {
    const range = { fromTs: 60, toTs: 180 }
    const [earlier, later] = [series(5), series(5, () => 1)]
    expect(diff(earlier, later, range)?.volumesChanged).toBe(2)
  })

  test('that repeats a minute counts with its last row', () => {
    expect(
      diff(
        [{ ts: 0, close: 10 }],
        [
          { ts: 0, close: 11 },
          { ts: 0, close: 10 },
        ],
      ),
    ).toBeUndefined()
    expect(
      diff(
        [
          { ts: 0, close: 9 },
          { ts: 0, close: 10 },
        ],
        [{ ts: 0, close: 10 }],
      ),
    ).toBeUndefined()
  })
})

describe('values that are no numbers', () => {
  test('are the same as themselves', () => {
    expect(diff([{ ts: 0, vwap: NaN, close: NaN }], [{ ts: 0, vwap: NaN, close: NaN }])).toBeUndefined()
  })

  test('in place of a price, or before one, are an infinite change', () => {
    expect(diff([{ ts: 0, low: 10 }], [{ ts: 0, low: NaN }])?.largestPriceChange).toBe(Infinity)
    expect(diff([{ ts: 0, low: NaN }], [{ ts: 0, low: 10 }])?.largestPriceChange).toBe(Infinity)
    expect(diff([{ ts: 0, low: 0 }], [{ ts: 0, low: 10 }])?.largestPriceChange).toBe(Infinity)
  })
})

describe('the ratio of volumes', () => {
  test('is found when TWS changed to lots of a hundred, which it rounds', () => {
    const lots = series(50, (i) => Math.round((10_000 + 1_234 * i) / 100))
    const shares = series(50, (i) => 10_000 + 1_234 * i)
    expect(diff(shares, lots)?.volumeRatio).toBeCloseTo(0.01, 4)
    expect(diff(lots, shares)?.volumeRatio).toBeCloseTo(100, 0)
  })

  test('is that of nearly all changed minutes', () => {
    const shares = series(20, () => 1_000)
    const nine = series(20, (i) => (i < 2 ? 777 : 2_000))
    expect(diff(shares, nine)?.volumeRatio).toBe(2)
    const fewer = series(20, (i) => (i < 3 ? 777 : 2_000))
    expect(diff(shares, fewer)?.volumeRatio).toBeNull()
  })

  test('is none when fewer than three volumes changed', () => {
    const shares = series(20, () => 1_000)
    expect(
      diff(
        shares,
        series(20, (i) => (i < 2 ? 500 : 1_000)),
      )?.volumeRatio,
    ).toBeNull()
    expect(
      diff(
        shares,
        series(20, (i) => (i < 3 ? 500 : 1_000)),
      )?.volumeRatio,
    ).toBe(0.5)
  })

  test('is not made from volumes of nothing, and found beside single ones that are no numbers', () => {
    expect(
      diff(
        series(9, () => 0),
        series(9),
      )?.volumeRatio,
    ).toBeNull()
    const later = series(40, (i) => (i === 20 ? NaN : 10))
    expect(
      diff(
        series(40, () => 1_000),
        later,
      )?.volumeRatio,
    ).toBe(0.01)
  })
})

describe('the ratio of prices', () => {
  /** Six bars around 100, and the same at a quarter, rounded to cents as a broker does. */
  const before = [100, 101.37, 99.98, 102.5, 103.01, 101].map((close, i) => ({ ts: 60 * i, close }))
  const atRatio = (ratio: number): TestBar[] =>
    before.map(({ ts, close }) => ({ ts, close: Math.round(close * ratio * 100) / 100 }))

  test('is found where all prices were divided by a split', () => {
    expect(diff(before, atRatio(1 / 4))?.priceRatio).toBeCloseTo(0.25, 3)
    expect(diff(before, atRatio(10))?.priceRatio).toBeCloseTo(10, 3)
  })

  test('is none where one price is off, where prices are as they were, or too few are there', () => {
    const oneOff = atRatio(1 / 4).map((bar, i) => (i === 2 ? { ...bar, close: 30 } : bar))
    expect(diff(before, oneOff)?.priceRatio).toBeNull()
    // A cent up or down is no adjustment.
    const aCentOff = before.map(({ ts, close }) => ({ ts, close: close + 0.01 }))
    expect(diff(before, aCentOff)?.priceRatio).toBeNull()
    expect(diff(before.slice(0, 4), atRatio(1 / 4).slice(0, 4))?.priceRatio).toBeNull()
  })
})
