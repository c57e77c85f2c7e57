import { describe, expect, test } from 'vitest'
import { computeSessionFeatures, createFeatureBuilder } from '#main/pipeline/features/compute-features.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import { closesOnly, columnNamed, computeColumn, sessionInput, sessionNumber, shippedSet } from './features-fixtures.ts'

/** ln 1.1, from a table of logarithms. */
const LN_1_1 = 0.09531017980432487

function expectValues(actual: readonly (number | null)[], expected: readonly (number | null)[]): void {
  expect(actual.map((value) => value === null)).toEqual(expected.map((value) => value === null))
  for (const [row, value] of expected.entries()) {
    if (value !== null) expect(actual[row], `row ${row}`).toBeCloseTo(value, 12)
  }
}

const restart = (bars: number) => ({ warmup: { bars, sessions: 0 }, nullPolicy: 'restart' as const })

describe('worked by hand: prices of one session', () => {
  test('log return over 1 and 2 bars', () => {
    const closes = closesOnly([100, 110, 121, 100])
    const column = (bars: number) =>
      computeColumn({ formula: 'log_return', params: { bars }, warmup: { bars, sessions: 0 } }, closes)
    expectValues(column(1), [null, LN_1_1, LN_1_1, -2 * LN_1_1])
    expectValues(column(2), [null, null, 2 * LN_1_1, -LN_1_1])
  })

  test('realized volatility over 2 returns: half their difference times the root of 2', () => {
    // Returns ln 1.1, 0, 0: sample deviations ln 1.1 / sqrt(2) and 0.
    const actual = computeColumn(
      { formula: 'realized_volatility', params: { returns: 2 }, warmup: { bars: 2, sessions: 0 } },
      closesOnly([100, 110, 110, 110]),
    )
    expectValues(actual, [null, null, LN_1_1 / Math.SQRT2, 0])
  })

  test('EMA 3: mean of the first three, then half way to each close', () => {
    const actual = computeColumn({ formula: 'ema', params: { period: 3 }, ...restart(2) }, closesOnly([2, 4, 6, 8, 10]))
    expectValues(actual, [null, null, 4, 6, 8])
  })

  test('MACD 1/2/2', () => {
    // EMA 1 is the close. EMA 2: (1 + 3) / 2 = 2, then 2 + 2/3 * 4 = 14/3, then 14/3 + 2/3 * 4/3 = 50/9.
    const closes = closesOnly([1, 3, 6, 6])
    const params = { fast: 1, slow: 2, signal: 2 }
    const macd = computeColumn({ formula: 'macd', params: { fast: 1, slow: 2 }, ...restart(1) }, closes)
    expectValues(macd, [null, 1, 4 / 3, 4 / 9])
    // Signal: (1 + 4/3) / 2 = 7/6, then 7/6 + 2/3 * (4/9 - 7/6) = 37/54.
    const signal = computeColumn({ formula: 'macd_signal', params, ...restart(2) }, closes)
    expectValues(signal, [null, null, 7 / 6, 37 / 54])
    const histogram = computeColumn({ formula: 'macd_histogram', params, ...restart(2) }, closes)
    expectValues(histogram, [null, null, 1 / 6, -13 / 54])
  })

  test('RSI 2', () => {
    // Changes +1, -1, +2: rise and fall 1/2 and 1/2, then (1/2 + 2) / 2 = 5/4 and 1/4.
    const column = { formula: 'rsi', params: { period: 2 }, ...restart(2) }
    expectValues(computeColumn(column, closesOnly([10, 11, 10, 12])), [null, null, 50, 100 * (5 / 6)])
    expectValues(computeColumn(column, closesOnly([1, 2, 3, 3])), [null, null, 100, 100])
    expectValues(computeColumn(column, closesOnly([3, 2, 1, 1])), [null, null, 0, 0])
  })

  test('RSI of a price that has not moved yet is null', () => {
    const column = { formula: 'rsi', params: { period: 2 }, ...restart(2) }
    expectValues(computeColumn(column, closesOnly([5, 5, 5, 5, 6, 5])), [null, null, null, null, 100, 100 / 3])
  })

  test('ATR 2: a true range needs a close before it, so the first bar has none', () => {
    const bars = [
      { high: 10, low: 8, close: 9 },
      { high: 12, low: 9, close: 11 }, // max(3, 3, 0) = 3
      { high: 11.5, low: 10, close: 10.5 }, // max(1.5, 0.5, 1) = 1.5
      { high: 15, low: 14, close: 14.5 }, // max(1, 4.5, 3.5) = 4.5
    ]
    const actual = computeColumn(
      { formula: 'atr', params: { period: 2 }, ...restart(2) },
      sessionInput(sessionNumber(0), bars),
    )
    expectValues(actual, [null, null, 2.25, 3.375])
  })

  test('Bollinger z 4', () => {
    // 2 4 4 6: mean 4, population variance 2. 4 4 6 4: mean 4.5, variance 3/4. Four equal closes: no deviation to measure in.
    const actual = computeColumn(
      { formula: 'bollinger_z', params: { period: 4 }, warmup: { bars: 3, sessions: 0 } },
      closesOnly([2, 4, 4, 6, 4, 4, 4, 4]),
    )
    expectValues(actual.slice(0, 5), [null, null, null, Math.SQRT2, -0.5 / Math.sqrt(0.75)])
    expect(actual[7]).toBeNull()
  })

  test('session VWAP uses the bar vwap where known, else the typical price, and waits for volume', () => {
    const input = sessionInput(sessionNumber(0), [
      { close: 10, volume: 0 },
      { high: 12, low: 9, close: 12, volume: 100 }, // typical price 11
      { high: 20, low: 10, close: 11, volume: 300, vwap: 13 },
      { high: 20, low: 10, close: 18, volume: 0, vwap: 0 },
    ])
    const vwap = computeColumn({ formula: 'session_vwap', nullPolicy: 'rest_of_session' }, input)
    // (11 * 100 + 13 * 300) / 400 = 12.5
    expectValues(vwap, [null, 11, 12.5, 12.5])
    const distance = computeColumn({ formula: 'session_vwap_distance', nullPolicy: 'rest_of_session' }, input)
    expectValues(distance, [null, 1 / 11, -1.5 / 12.5, 5.5 / 12.5])
  })

  test('high-low range is relative to the close', () => {
    const input = sessionInput(sessionNumber(0), [{ high: 11, low: 9, close: 10 }, { close: 10 }])
    expectValues(computeColumn({ formula: 'high_low_range' }, input), [0.2, 0])
  })
})

describe('worked by hand: the clock', () => {
  const clock = (input: SessionInput) => ({
    minute: computeColumn({ formula: 'minute_of_session', nullPolicy: 'never' }, input),
    left: computeColumn({ formula: 'minutes_to_close', nullPolicy: 'never' }, input),
  })

  test('a full session counts 0 to 389 and leaves 389 to 0', () => {
    const { minute, left } = clock(closesOnly(Array.from({ length: 390 }, () => 1)))
    expect([minute[0], minute[389], left[0], left[389]]).toEqual([0, 389, 389, 0])
  })

  test('a half day leaves 209 minutes after its first bar', () => {
    const half = sessionInput(
      sessionNumber(0, 210),
      Array.from({ length: 210 }, () => ({ close: 1 })),
    )
    const { minute, left } = clock(half)
    expect([minute[209], left[0], left[209]]).toEqual([209, 209, 0])
  })

  test('missing minutes are skipped, not renumbered', () => {
    const thin = sessionInput(sessionNumber(0), [
      { minute: 3, close: 1 },
      { minute: 200, close: 1 },
    ])
    expect(clock(thin)).toEqual({ minute: [3, 200], left: [386, 189] })
  })
})

describe('worked by hand: previous sessions', () => {
  const gap = {
    formula: 'overnight_gap',
    window: 'sessions' as const,
    warmup: { bars: 0, sessions: 1 },
    nullPolicy: 'whole_session' as const,
  }

  test('the gap runs from the last bar there is to the first bar there is', () => {
    const before = sessionInput(sessionNumber(0, 210), [
      { close: 90 },
      { minute: 150, close: 100 }, // no bar traded after this one
    ])
    const current = sessionInput(sessionNumber(1), [
      { minute: 2, open: 110, close: 120 },
      { minute: 3, close: 130 },
    ])
    expectValues(computeColumn(gap, current, [closesOnly([70], -1), before]), [LN_1_1, LN_1_1])
  })

  test('the gap is null in the first session and after a session without bars', () => {
    const current = closesOnly([110, 111], 2)
    expectValues(computeColumn(gap, current), [null, null])
    expectValues(computeColumn(gap, current, [closesOnly([100], 0), closesOnly([], 1)]), [null, null])
  })

  const volumeZ = (sessions: number, minObservations: number) => ({
    formula: 'volume_z_same_minute',
    params: { sessions, minObservations },
    window: 'sessions' as const,
    warmup: { bars: 0, sessions },
    nullPolicy: 'observations' as const,
  })
  const volumes = (index: number, ...list: (number | null)[]): SessionInput =>
    sessionInput(
      sessionNumber(index),
      list.flatMap((volume, minute) => (volume === null ? [] : [{ minute, close: 1, volume }])),
    )

  test('volume is measured against the same minute, whatever row it is in', () => {
    // Minute 0: 10 20 30 (mean 20, deviation 10). Minute 1: 5 and 7, one session has no bar (6, sqrt 2). Minute 2: one only.
    const history = [volumes(0, 10, 5, 1), volumes(1, 20, null), volumes(2, 30, 7)]
    expectValues(computeColumn(volumeZ(3, 2), volumes(3, 45, 6, 1), history), [2.5, 0, null])
    expectValues(computeColumn(volumeZ(3, 2), volumes(3, null, 8), history), [2 / Math.SQRT2])
    expectValues(computeColumn(volumeZ(3, 3), volumes(3, 45, 6, 1), history), [2.5, null, null])
  })

  test('volumes that are all the same leave no z-score, and an unknown volume is no observation', () => {
    const history = [volumes(0, 10, 10), volumes(1, 10, NaN), volumes(2, 10, 30)]
    expectValues(computeColumn(volumeZ(3, 2), volumes(3, 50, 20), history), [null, 0])
    expectValues(computeColumn(volumeZ(3, 2), volumes(3, 50, NaN), history), [null, null])
  })

  test('a zero volume is an observation', () => {
    // 0 and 2: mean 1, deviation sqrt 2.
    expectValues(computeColumn(volumeZ(2, 2), volumes(2, 0), [volumes(0, 0), volumes(1, 2)]), [-1 / Math.SQRT2])
  })
})

describe('volume_z_20 of the shipped set', () => {
  const compiled = shippedSet()
  /** Session number `index` (0, 1, …) trades `index + 1` in its first minute. */
  const rising = (index: number) => sessionInput(sessionNumber(index), [{ close: 1, volume: index + 1 }])

  test('is null in the 20th session and has its first value in the 21st', () => {
    const builder = createFeatureBuilder(compiled)
    const values = Array.from({ length: 22 }, (_, index) => {
      return columnNamed(compiled, builder.push(rising(index)), 'volume_z_20')[0]
    })
    // 20 consecutive whole numbers: sample variance 20 * 21 / 12 = 35; the next is 10.5 above their mean.
    expectValues(values, [...Array.from({ length: 20 }, () => null), 10.5 / Math.sqrt(35), 10.5 / Math.sqrt(35)])
  })

  test('counts a session without bars as one of the 20', () => {
    const history = Array.from({ length: 20 }, (_, index) => (index === 0 ? closesOnly([], 0) : rising(index)))
    const [value] = columnNamed(compiled, computeSessionFeatures(compiled, rising(20), history), 'volume_z_20')
    // 2 to 20: 19 whole numbers, mean 11, sample variance 19 * 20 / 12; today 21.
    expectValues([value], [10 / Math.sqrt(95 / 3)])
    const one = columnNamed(compiled, computeSessionFeatures(compiled, rising(20), history.slice(1)), 'volume_z_20')
    expect(one).toEqual([null])
  })

  test.each([
    [5, 15],
    [6, 14],
  ])('after %i half days an afternoon minute has %i observations; 15 are needed', (halfDays, observations) => {
    const history = Array.from({ length: 20 }, (_, index) => {
      const half = index < halfDays
      const afternoon = half ? [] : [{ minute: 300, close: 1, volume: index + 1 }]
      return sessionInput(sessionNumber(index, half ? 210 : 390), [{ close: 1, volume: index + 1 }, ...afternoon])
    })
    const today = sessionInput(sessionNumber(20), [
      { close: 1, volume: 21 },
      { minute: 300, close: 1, volume: 21 },
    ])
    const values = columnNamed(compiled, computeSessionFeatures(compiled, today, history), 'volume_z_20')
    // Afternoon with 15: volumes 6 to 20, mean 13, sample variance 15 * 16 / 12 = 20.
    expectValues(values, [10.5 / Math.sqrt(35), observations === 15 ? 8 / Math.sqrt(20) : null])
  })
})
