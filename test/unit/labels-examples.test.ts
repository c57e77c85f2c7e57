import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { LabelDefinition } from '#shared/labels/definition.ts'
import { computeSessionLabels } from '#main/pipeline/labels/compute-labels.ts'
import type { SessionInput } from '#main/pipeline/features/compute-features.ts'
import { computeColumn, sessionInput, sessionNumber } from './features-fixtures.ts'
import { label, labelRows } from './labels-fixtures.ts'
import type { Row } from './labels-fixtures.ts'

/** A session of as many minutes as closes; null is a minute without a bar. */
function minutes(closes: readonly (number | null)[], index = 0): SessionInput {
  const bars = closes.flatMap((close, minute) => (close === null ? [] : [{ minute, close }]))
  return sessionInput(sessionNumber(index, closes.length), bars)
}

/** The same bars with a flag on one row. */
function flagged(input: SessionInput, row: number, flag: number): SessionInput {
  const flags = input.bars.flags.slice()
  flags[row] = flag
  return { ...input, bars: { ...input.bars, flags } }
}

function returnOver(
  horizon: { bars: number } | { minutes: number; maxPriceAgeMinutes?: number },
  followingSessions = 0,
): LabelDefinition {
  const text = 'bars' in horizon ? `${horizon.bars}b` : `${horizon.minutes}m`
  return label({ name: `forward_log_return_${text}`, kind: 'forward_log_return', horizon, followingSessions })
}

const { LN2 } = Math

/** A known row with its label to within rounding. */
function about(value: number, knownAfter: number): Row {
  return [expect.closeTo(value, 14) as number, knownAfter]
}

describe('the forward log return', () => {
  test('over minutes is ln of the close at the horizon by the row’s own, known when that bar ends', () => {
    // 100 -> 200, 50 -> 100, 200 -> 50; the last two rows’ horizons end after the close.
    expect(labelRows(returnOver({ minutes: 2 }), minutes([100, 50, 200, 100, 50]))).toEqual([
      about(LN2, 3),
      about(LN2, 4),
      about(-2 * LN2, 5),
      'BeyondSessions',
      'BeyondSessions',
    ])
  })

  test('over bars counts the bars there are, over minutes the minutes', () => {
    const session = minutes([100, null, 200, 400, null])
    expect(labelRows(returnOver({ bars: 1 }), session)).toEqual([about(LN2, 3), about(LN2, 4), 'BeyondSessions'])
    expect(labelRows(returnOver({ minutes: 1 }), session)).toEqual(['NoPrice', about(LN2, 4), 'NoPrice'])
  })

  test('takes an older close where the definition allows it, known only when the minute without a bar has ended', () => {
    const session = minutes([100, 200, null, null, null])
    expect(labelRows(returnOver({ minutes: 2, maxPriceAgeMinutes: 1 }), session)).toEqual([about(LN2, 3), 'NoPrice'])
    expect(labelRows(returnOver({ minutes: 3, maxPriceAgeMinutes: 1 }), session)).toEqual(['NoPrice', 'NoPrice'])
  })

  test('never takes the row’s own close for a later one', () => {
    expect(labelRows(returnOver({ minutes: 2, maxPriceAgeMinutes: 1 }), minutes([100, null, null, null]))).toEqual([
      'NoPrice',
    ])
  })

  test.each([NaN, 0, -1, Infinity])('has no price where a close is %d', (bad) => {
    const session = minutes([100, bad, 100, 200])
    expect(labelRows(returnOver({ minutes: 1 }), session)).toEqual([
      'NoPrice',
      'NoPrice',
      about(LN2, 4),
      'BeyondSessions',
    ])
    expect(labelRows(returnOver({ bars: 1 }), session)).toEqual(['NoPrice', 'NoPrice', about(LN2, 4), 'BeyondSessions'])
  })

  test.each([BarFlag.Filled, BarFlag.Quarantined])('leaves out bars that are no observation (flag %i)', (flag) => {
    const session = flagged(minutes([100, 100, 200, 400]), 1, flag)
    expect(labelRows(returnOver({ bars: 1 }), session)).toEqual([
      about(LN2, 3),
      'NoPrice',
      about(LN2, 4),
      'BeyondSessions',
    ])
    expect(labelRows(returnOver({ minutes: 1 }), session)).toEqual([
      'NoPrice',
      'NoPrice',
      about(LN2, 4),
      'BeyondSessions',
    ])
  })

  test('with a horizon longer than the session is null in every row', () => {
    const rows = ['BeyondSessions', 'BeyondSessions', 'BeyondSessions']
    expect(labelRows(returnOver({ minutes: 3 }), minutes([1, 2, 3]), [minutes([4, 5, 6], 1)])).toEqual(rows)
    expect(labelRows(returnOver({ bars: 3 }), minutes([1, 2, 3]), [minutes([4, 5, 6], 1)])).toEqual(rows)
  })

  test('crosses the close where asked, closed hours counting no minutes', () => {
    const current = minutes([100, 200, 50])
    const next = minutes([400, 25, 100], 1)
    const afterNight = 24 * 60
    for (const horizon of [{ minutes: 2 }, { bars: 2 }]) {
      expect(labelRows(returnOver(horizon, 1), current, [next])).toEqual([
        about(-LN2, 3),
        about(LN2, afterNight + 1),
        about(-LN2, afterNight + 2),
      ])
    }
  })

  test('crosses no more closes than asked, and waits for sessions that were not given', () => {
    const empty = minutes([null], 1)
    const last = minutes([200], 2)
    const oneDay = returnOver({ bars: 1 }, 1)
    expect(labelRows(oneDay, minutes([100]), [empty, last])).toEqual(['BeyondSessions'])
    expect(labelRows(oneDay, minutes([100]))).toEqual(['NotYet'])
    expect(labelRows(returnOver({ bars: 1 }, 2), minutes([100]), [empty, last])).toEqual([about(LN2, 2 * 24 * 60 + 1)])
  })

  test('does not count the minutes of a break', () => {
    const plain = sessionNumber(0, 6)
    const session = { ...plain, breakStartTs: plain.openTs + 120, breakEndTs: plain.openTs + 240 }
    const bars = [0, 1, 4, 5].map((minute) => ({ minute, close: 100 * 2 ** minute }))
    // One minute after minute 1 comes minute 4: 2^3.
    expect(labelRows(returnOver({ minutes: 1 }), sessionInput(session, bars))).toEqual([
      about(LN2, 2),
      about(3 * LN2, 5),
      about(LN2, 6),
      'BeyondSessions',
    ])
  })

  test('says not yet until the deciding minute has ended, and never where it cannot come', () => {
    const session = minutes([100, null, 200, 400, 800])
    const at = (minute: number) => session.session.openTs + minute * 60
    const rows = (minute: number) => labelRows(returnOver({ minutes: 1 }), session, [], at(minute))
    expect(rows(1)).toEqual(['NotYet', 'NotYet', 'NotYet', 'NotYet'])
    expect(rows(2)).toEqual(['NoPrice', 'NotYet', 'NotYet', 'NotYet'])
    expect(rows(3.99)).toEqual(['NoPrice', 'NotYet', 'NotYet', 'NotYet'])
    expect(rows(4)).toEqual(['NoPrice', about(LN2, 4), 'NotYet', 'NotYet'])
    expect(rows(5)).toEqual(['NoPrice', about(LN2, 4), about(LN2, 5), 'BeyondSessions'])
  })

  test('over bars says never once the session has closed with too few of them', () => {
    const session = minutes([100, null, null])
    const close = session.session.closeTs
    expect(labelRows(returnOver({ bars: 1 }), session, [], close - 1)).toEqual(['NotYet'])
    expect(labelRows(returnOver({ bars: 1 }), session, [], close)).toEqual(['BeyondSessions'])
  })

  test('is empty for a session without bars', () => {
    expect(labelRows(returnOver({ bars: 1 }), minutes([null, null]))).toEqual([])
  })

  test('refuses sessions that are out of order', () => {
    const definition = returnOver({ bars: 1 }, 1)
    expect(() => computeSessionLabels(definition, minutes([1], 1), [minutes([1], 0)], Infinity)).toThrow(RangeError)
  })
})

describe('the sign of the forward log return', () => {
  test('is -1, 0 or 1, known when the return is', () => {
    const sign = label({ name: 'forward_log_return_sign_1b', kind: 'forward_log_return_sign', horizon: { bars: 1 } })
    expect(labelRows(sign, minutes([100, 101, 101, 99]))).toEqual([[1, 2], [0, 3], [-1, 4], 'BeyondSessions'])
  })
})

describe('the triple-barrier label', () => {
  const fixed = (changes: object = {}) =>
    label({
      name: 'triple_barrier_3m',
      kind: 'triple_barrier',
      horizon: { minutes: 3 },
      // ln 1.05 = 0.0488; 4 % down is -0.0408.
      barriers: { unit: 'log_return', upper: 0.048, lower: 0.04 },
      atHorizon: 'zero',
      ...changes,
    })

  test('is 1 or -1 by the barrier that a close touches first, known when that bar ends', () => {
    expect(labelRows(fixed(), minutes([100, 101, 105, 90]))[0]).toEqual([1, 3])
    expect(labelRows(fixed(), minutes([100, 96, 105, 110]))[0]).toEqual([-1, 2])
  })

  test('at the horizon is 0, or the sign of the return until then', () => {
    const session = minutes([100, 101, 102, 103, 100])
    expect(labelRows(fixed(), session)[0]).toEqual([0, 4])
    expect(labelRows(fixed({ atHorizon: 'sign' }), session)[0]).toEqual([1, 4])
    expect(labelRows(fixed({ atHorizon: 'sign' }), minutes([100, 103, 102, 99]))[0]).toEqual([-1, 4])
  })

  test('is touched by a close that equals the barrier', () => {
    const barriers = { unit: 'log_return', upper: Math.log(2), lower: Math.log(2) }
    expect(labelRows(fixed({ barriers }), minutes([100, 200, 100, 100]))[0]).toEqual([1, 2])
    expect(labelRows(fixed({ barriers }), minutes([200, 100, 100, 100]))[0]).toEqual([-1, 2])
  })

  test('has no barrier on a side that is null', () => {
    const barriers = { unit: 'log_return', upper: null, lower: 0.04 }
    expect(labelRows(fixed({ barriers }), minutes([100, 200, 90, 100]))[0]).toEqual([-1, 3])
  })

  test('is not touched by high and low', () => {
    const bars = [{ close: 100 }, { close: 100, high: 150, low: 50 }, { close: 100 }, { close: 100 }]
    expect(labelRows(fixed(), sessionInput(sessionNumber(0, 4), bars))[0]).toEqual([0, 4])
  })

  test('is null where its horizon does not fit, touched or not', () => {
    expect(labelRows(fixed(), minutes([100, 200, 400, 800]))).toEqual([
      [1, 2],
      'BeyondSessions',
      'BeyondSessions',
      'BeyondSessions',
    ])
  })

  test('goes on into the next session where asked', () => {
    const definition = fixed({ followingSessions: 1 })
    expect(labelRows(definition, minutes([100, 101]), [minutes([102, 106], 1)])).toEqual([
      [1, 24 * 60 + 2],
      'BeyondSessions',
    ])
  })

  test('has no price once a minute on its way finds none young enough, unless it was decided before', () => {
    expect(labelRows(fixed(), minutes([100, null, 105, 100]))[0]).toBe('NoPrice')
    expect(labelRows(fixed(), minutes([100, NaN, 105, 100]))[0]).toBe('NoPrice')
    expect(labelRows(fixed(), minutes([100, 105, null, 100]))[0]).toEqual([1, 2])
    const patient = fixed({ horizon: { minutes: 3, maxPriceAgeMinutes: 1 } })
    expect(labelRows(patient, minutes([100, null, 105, 100]))[0]).toEqual([1, 3])
    expect(labelRows(patient, minutes([100, null, 101, null]))[0]).toEqual([0, 4])
    expect(labelRows(patient, minutes([100, null, null, 105]))[0]).toBe('NoPrice')
  })

  test('over bars takes the bars there are and has no price where one on its way has none', () => {
    const bars = fixed({ name: 'triple_barrier_3b', horizon: { bars: 3 } })
    expect(labelRows(bars, minutes([100, null, 101, 102, 103]))[0]).toEqual([0, 5])
    expect(labelRows(bars, minutes([100, 101, NaN, 105]))[0]).toBe('NoPrice')
    // The session closes with two bars after the row: enough for a barrier, too few for the horizon.
    expect(labelRows(bars, minutes([100, 101, null, 105]))[0]).toEqual([1, 4])
    expect(labelRows(bars, minutes([100, 101, null, 101]))[0]).toBe('BeyondSessions')
  })

  test('sets its barriers by the volatility of the returns before the row', () => {
    // Returns ln 2, -ln 2, ln 2: the sample deviation of two that differ by 2 ln 2 is sqrt(2) ln 2 = 0.980.
    const barriers = { unit: 'volatility', returns: 2, upper: 1, lower: 1 }
    const definition = fixed({ name: 'triple_barrier_1b', horizon: { bars: 1 }, barriers })
    const rows = (last: number) => labelRows(definition, minutes([100, 200, 100, last]))
    // 100 -> 266 is ln 2.66 = 0.978, 100 -> 267 is 0.982.
    expect(rows(266)).toEqual(['NoVolatility', 'NoVolatility', [0, 4], 'BeyondSessions'])
    expect(rows(267)).toEqual(['NoVolatility', 'NoVolatility', [1, 4], 'BeyondSessions'])
  })

  test('has the volatility that the features have of the same row', () => {
    const closes = [100, 101, 99, 102, 98, 100, 103, 101, 100, 104]
    const session = flagged(minutes(closes), 4, BarFlag.Filled)
    const column = { formula: 'realized_volatility', params: { returns: 3 }, warmup: { bars: 3, sessions: 0 } }
    const volatility = computeColumn(column, session)
    // Rows 0 to 2 warm up, row 4 is no observation, row 9 has no bar after it.
    for (const row of [3, 5, 6, 7, 8]) {
      const next = row === 3 ? 5 : row + 1
      const reached = Math.log(closes[next] / closes[row])
      const multiple = Math.abs(reached) / (volatility[row] ?? NaN)
      const labelAt = (distance: number): Row => {
        const barriers = { unit: 'volatility', returns: 3, upper: distance, lower: distance }
        return labelRows(fixed({ name: 'triple_barrier_1b', horizon: { bars: 1 }, barriers }), session)[row]
      }
      expect(labelAt(multiple * (1 - 1e-9))).toEqual([Math.sign(reached), next + 1])
      expect(labelAt(multiple * (1 + 1e-9))).toEqual([0, next + 1])
    }
  })

  test('has no volatility where the price did not move', () => {
    const barriers = { unit: 'volatility', returns: 2, upper: 1, lower: 1 }
    const definition = fixed({ name: 'triple_barrier_1b', horizon: { bars: 1 }, barriers })
    expect(labelRows(definition, minutes([100, 100, 100, 200]))[2]).toBe('NoVolatility')
  })
})
