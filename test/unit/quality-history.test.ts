import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session } from '#shared/calendar/calendar.ts'
import { baselineOf, recording } from '#main/pipeline/quality/baseline.ts'
import { medianInPlace, robustScaleInPlace } from '#main/pipeline/quality/robust-scale.ts'
import { runLimit } from '#main/pipeline/quality/run-rules.ts'
import { fewestBars } from '#main/pipeline/quality/session-rules.ts'
import { SymbolHistory } from '#main/pipeline/quality/symbol-history.ts'
import { runTransformTwsBars } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, column, OPEN_TS, SESSION, type TestBar } from './bars-fixtures.ts'
import { closes, inputOf, UNKNOWN } from './quality-fixtures.ts'

describe('the median', () => {
  test.each([
    [[7], 7],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[-1, 100, 5, 5], 5],
  ])('of %j is %d', (values, expected) => {
    expect(medianInPlace(column(values))).toBe(expected)
  })

  test('of nothing is not known', () => {
    expect(medianInPlace(column([]))).toBeNaN()
  })
})

describe('the robust scale', () => {
  test('is 1.4826 times the median distance from the median', () => {
    // Median 3; distances 2, 1, 0, 1, 97.
    expect(robustScaleInPlace(column([1, 2, 3, 4, 100]))).toBeCloseTo(1.4826, 12)
    // Median 2.5; distances 1.5, 0.5, 0.5, 1.5.
    expect(robustScaleInPlace(column([1, 2, 3, 4]))).toBeCloseTo(1.4826, 12)
  })

  test('of numbers that are mostly one and the same goes by the 90th percentile of the distances', () => {
    // Nine zeros and a 2: the ninth of ten distances is 0. Eight zeros, a 1 and a 2: it is 1.
    expect(robustScaleInPlace(column([0, 0, 0, 0, 0, 0, 0, 0, 0, 2]))).toBe(0)
    expect(robustScaleInPlace(column([0, 0, 0, 0, 2, 0, 0, 0, 1, 0]))).toBeCloseTo(0.608, 12)
  })

  test('is near the standard deviation of a normal distribution', () => {
    // Quantiles of the standard normal distribution at 5 %, 15 %, ..., 95 %.
    const upper = [0.12566, 0.38532, 0.67449, 1.03643, 1.64485]
    const values = [...upper, ...upper.map((value) => -value)]
    expect(robustScaleInPlace(column(values))).toBeCloseTo(1.4826 * 0.67449, 12)
  })

  test('of nothing is not known', () => {
    expect(robustScaleInPlace(column([]))).toBeNaN()
  })
})

describe('the bars from which on a run is too long', () => {
  const limits = { minimumBars: 20, factor: 3 }

  test.each([
    [0, 20],
    [6, 20],
    [6.5, 20],
    [7, 22],
    [10, 31],
    [10.5, 32],
  ])('where %d are normal are %d: more than three times as many, and at least the minimum', (normal, expected) => {
    expect(runLimit(limits, normal)).toBe(expected)
  })

  test('of a symbol that nothing is known of are three times the minimum', () => {
    expect(runLimit(limits, NaN)).toBe(60)
    expect(runLimit({ minimumBars: 5, factor: 2.5 }, NaN)).toBe(13)
  })
})

/** The session of a number of days later. */
function dayAfter(days: number): Session {
  const later = days * 86_400
  return { ...SESSION, openTs: SESSION.openTs + later, closeTs: SESSION.closeTs + later }
}

const moved = (bars: readonly TestBar[], days: number): TestBar[] =>
  bars.map((bar) => ({ ...bar, ts: bar.ts + days * 86_400 }))

function historyOf(sessions: readonly (readonly TestBar[])[], limit = 20): SymbolHistory {
  const history = new SymbolHistory(limit)
  sessions.forEach((bars, day) => history.add(dayAfter(day), barsOf(moved(bars, day))))
  return history
}

/** Bars of one price, in a row from a minute on. */
const flat = (from: number, count: number, bar: Omit<TestBar, 'ts'> = {}): TestBar[] =>
  Array.from({ length: count }, (_, i) => ({ volume: 100 + i, ...bar, ts: OPEN_TS + 60 * (from + i) }))

describe('the normal of a symbol', () => {
  test('is not known before there are five sessions', () => {
    const four = historyOf(Array.from({ length: 4 }, () => closes([64, 128, 64, 128, 64, 128, 64, 128, 64]))).baseline()
    expect([four.flatRun, four.staleRun, four.zeroVolumeRun, four.gapScale, four.returnScale(0)]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
      NaN,
    ])
    expect(four).toMatchObject({ sessions: 4, previousClose: 64 })
  })

  test('of nothing has no close before', () => {
    expect(new SymbolHistory(20).baseline()).toMatchObject({ sessions: 0, previousClose: NaN })
  })

  test('is the median of the longest runs', () => {
    const sessions = [3, 9, 1, 5, 4].map((count) => [...flat(0, count), ...closes([10, 11, 12], count + 1)])
    // The last of them are alone, and of one price each: a run of one at the least.
    expect(historyOf(sessions).baseline().flatRun).toBe(4)
    expect(historyOf([...sessions, flat(0, 7)]).baseline().flatRun).toBe(4.5)
  })

  test('counts the same bar again and again as stale, and bars without volume', () => {
    const stale = [2, 2, 3, 4, 9].map((count) => flat(0, count, { volume: 50 }))
    expect(historyOf(stale).baseline()).toMatchObject({ staleRun: 3, zeroVolumeRun: 0 })
    const empty = [2, 2, 3, 4, 9].map((count) => flat(0, count, { volume: 0 }))
    expect(historyOf(empty).baseline()).toMatchObject({ staleRun: 0, zeroVolumeRun: 3 })
  })

  test('forgets the oldest session when there are enough newer ones', () => {
    const sessions = [50, 3, 9, 1, 5, 4].map((count) => flat(0, count))
    expect(historyOf(sessions, 5).baseline()).toMatchObject({ sessions: 5, flatRun: 4 })
    expect(historyOf(sessions, 6).baseline()).toMatchObject({ sessions: 6, flatRun: 4.5 })
  })

  test('is not changed by a session without bars', () => {
    const sessions = [3, 9, 1, 5, 4].map((count) => flat(0, count))
    expect(historyOf([...sessions, []]).baseline()).toMatchObject({ sessions: 5, flatRun: 4, previousClose: 10 })
  })

  test('counts how many of their minutes sessions have a bar', () => {
    const sessions = [39, 78, 117, 156, 195].map((count) => flat(0, count))
    // 0.1, 0.2, 0.3, 0.4 and 0.5 of 390 minutes.
    expect(historyOf(sessions).baseline().barShare).toBeCloseTo(0.3, 12)
    expect(historyOf(sessions.slice(1)).baseline().barShare).toBeNaN()
  })

  test('is the same whether the sessions before the last twenty were seen or not', () => {
    const prices = fc.integer({ min: 90, max: 110 })
    fc.assert(
      fc.property(fc.array(fc.array(prices, { maxLength: 6 }), { minLength: 6, maxLength: 14 }), (days) => {
        const sessions = days.map((day) => closes(day))
        const all = historyOf(sessions, 5)
        const last = new SymbolHistory(5)
        sessions.forEach((bars, day) => {
          if (day >= sessions.length - 5) last.add(dayAfter(day), barsOf(moved(bars, day)))
        })
        const numbers = (history: SymbolHistory): unknown => {
          const normal = history.baseline()
          return { ...normal, returnScale: normal.returnScale(0) }
        }
        expect(numbers(last)).toEqual(numbers(all))
      }),
    )
  })

  test('measures gaps from the close before to the open, once there are five', () => {
    // Gaps 0.01, -0.01, 0.02, -0.02 and 0: the median distance from their median is 0.01.
    const opens = [100, 101, 99, 102, 98, 100]
    const sessions = opens.map((open) => closes([open, 100]))
    expect(historyOf(sessions).baseline().gapScale).toBeCloseTo(0.014826, 12)
    expect(historyOf(sessions.slice(0, 5)).baseline().gapScale).toBeNaN()
  })

  test('measures returns by half hours of the session', () => {
    // Returns 1 and -0.5 in turn: their median is 0.25, and all are 0.75 away. Eight bars have seven returns, five sessions 35.
    const early = closes([64, 128, 64, 128, 64, 128, 64, 128])
    // In the half hour after, 0.5 and -1/3 in turn: median 1/12, distance 5/12.
    const late = closes([64, 96, 64, 96, 64, 96, 64, 96], 40)
    const baseline = historyOf(Array.from({ length: 5 }, () => [...early, ...late])).baseline()
    const returnScale = (slot: number): number => baseline.returnScale(slot)
    const even = 1.4826 * 0.75
    // 20 returns of 1 and 15 of -0.5: the median is 1, and so most distances are 0; the 90th percentile of them is 1.5.
    expect(returnScale(0)).toBeCloseTo(0.608 * 1.5, 12)
    expect(returnScale(29)).toBe(returnScale(0))
    // 20 returns of 0.5 and 15 of -1/3 likewise.
    expect(returnScale(30)).toBeCloseTo((0.608 * 5) / 6, 12)
    expect(returnScale(59)).toBe(returnScale(30))
    expect(returnScale(60)).toBeNaN()
    const balanced = closes([64, 128, 64, 128, 64, 128, 64])
    expect(
      historyOf(Array.from({ length: 5 }, () => balanced))
        .baseline()
        .returnScale(0),
    ).toBeCloseTo(even, 12)
  })

  test('needs thirty returns of a half hour', () => {
    const bars = (count: number): TestBar[] => closes(Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 64 : 128)))
    // Four sessions of six returns and one of five or six.
    const four = Array.from({ length: 4 }, () => bars(7))
    expect(
      historyOf([...four, bars(6)])
        .baseline()
        .returnScale(0),
    ).toBeNaN()
    expect(
      historyOf([...four, bars(7)])
        .baseline()
        .returnScale(0),
    ).not.toBeNaN()
  })

  test('measures no return over a minute without a bar', () => {
    // Six returns of 0 a session, and a jump to the double across a missing minute.
    const bars = [...closes([64, 64, 64, 64]), ...closes([128, 128, 128, 128], 5)]
    expect(
      historyOf(Array.from({ length: 6 }, () => bars))
        .baseline()
        .returnScale(0),
    ).toBe(0)
  })

  test('counts half hours without the break of a session', () => {
    const lunch = { ...SESSION, breakStartTs: OPEN_TS + 1_800, breakEndTs: OPEN_TS + 5_400 }
    const history = new SymbolHistory(20)
    const afternoon = closes([64, 128, 64, 128, 64, 128, 64], 90)
    for (let i = 0; i < 5; i++) history.add(lunch, barsOf(afternoon))
    expect(history.baseline().returnScale(30)).toBeCloseTo(1.4826 * 0.75, 12)
    expect(history.baseline().returnScale(90)).toBeNaN()
  })

  test('stays as it is when later sessions come', () => {
    const history = historyOf([13, 19, 11, 15, 14].map((count) => flat(0, count)))
    const before = history.baseline()
    history.add(dayAfter(9), barsOf(moved(flat(0, 90), 9)))
    expect(before).toMatchObject({ sessions: 5, flatRun: 14 })
    expect(before.returnScale(0)).toBe(0)
  })
})

describe('the record of a normal', () => {
  const baseline = historyOf(Array.from({ length: 6 }, () => closes([64, 65, 64, 65, 64, 65, 64]))).baseline()

  test('holds the half hours that were asked for and no others', () => {
    const { baseline: noted, record } = recording(baseline)
    expect(record().returnScales).toEqual({})
    noted.returnScale(3)
    noted.returnScale(40)
    expect(Object.keys(record().returnScales)).toEqual(['0', '1'])
    expect(record().returnScales['1']).toBeNull()
  })

  test('gives the same findings as the normal that it was taken from', () => {
    const bars = closes([80, 81, 80, 130, 80, 81, 130, 130, 131])
    const { baseline: noted, record } = recording(baseline)
    const input = inputOf([{ id: 1, receivedAtMs: 0, bars: barsOf(bars) }])
    const first = runTransformTwsBars({ ...input, baseline: noted })
    const stored = JSON.parse(JSON.stringify(record())) as ReturnType<typeof record>
    expect(runTransformTwsBars({ ...input, baseline: baselineOf(stored) })).toEqual(first)
    expect(first.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['bad_tick', 'price_move', 'open_gap']),
    )
  })

  test('of nothing is the normal of a first session', () => {
    expect(recording(new SymbolHistory(20).baseline()).record()).toEqual(UNKNOWN)
  })

  test('has null where JSON has no number', () => {
    const { record } = recording(baselineOf({ ...UNKNOWN, gapScale: Infinity, flatRun: NaN }))
    expect(record()).toMatchObject({ gapScale: null, flatRun: null })
  })
})

describe('the bars that a session must have', () => {
  test('are a share of its minutes while nothing is known of the symbol, or when it trades in all of them', () => {
    expect(fewestBars(390, 0.95, NaN)).toBeCloseTo(370.5, 9)
    expect(fewestBars(390, 0.95, 1)).toBeCloseTo(370.5, 9)
    expect(fewestBars(210, 0.95, 1)).toBeCloseTo(199.5, 9)
  })

  test('of a thin name are that share of its normal, less three standard deviations', () => {
    // 0.5 of 400 minutes: 200, of which 0.9 are 180; the standard deviation is sqrt(400 * 0.25) = 10.
    expect(fewestBars(400, 0.9, 0.5)).toBeCloseTo(150, 9)
    // Never more than of a busy one.
    expect(fewestBars(400, 0.9, 1.2)).toBeCloseTo(360, 9)
  })
})
