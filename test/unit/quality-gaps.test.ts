import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { isHalt } from '#shared/quality/halt.ts'
import { runTransformTwsBars, type TransformOutput } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, OPEN_TS, rowsOf, SESSION, type TestBar } from './bars-fixtures.ts'
import { barAt, found, inputOf, minuteOf, places, type Settings, transform } from './quality-fixtures.ts'

/** Forty minutes. */
const SHORT: Session = { ...SESSION, closeTs: OPEN_TS + 40 * 60 }

/** A bar at each of some minutes, its close told by the minute: 100 and as many cents. */
const bar = (minute: number, change: Omit<TestBar, 'ts'> = {}): TestBar => {
  const close = 100 + minute / 100
  return barAt(minute, {
    open: close - 0.01,
    high: close + 0.02,
    low: close - 0.03,
    close,
    volume: 500 + minute,
    ...change,
  })
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const all = range(0, 40)
const except = (...missing: readonly number[]): TestBar[] =>
  all.filter((minute) => !missing.includes(minute)).map((m) => bar(m))

/** Every second minute of the last twenty is absent, so that the session is none that trades all the time. */
const thinWithout = (...missing: readonly number[]): TestBar[] =>
  all.filter((minute) => (minute < 20 || minute % 2 === 0) && !missing.includes(minute)).map((m) => bar(m))

const curate = (bars: readonly TestBar[], settings: Settings = {}): TransformOutput =>
  transform(bars, { session: SHORT, ...settings })

/** Minutes of the bars that have a flag. */
const having = (output: TransformOutput, flag: number): number[] =>
  [...output.bars.ts].filter((_ts, i) => (output.bars.flags[i] & flag) !== 0).map(minuteOf)
const filledAt = (output: TransformOutput): number[] => having(output, BarFlag.Filled)
const absentFrom = (output: TransformOutput): number[] => {
  const there = new Set([...output.bars.ts].map(minuteOf))
  return all.filter((minute) => !there.has(minute))
}

describe('a minute without a trade', () => {
  test('gets the close before it as all its prices, no volume, no average and no trades', () => {
    const output = curate(except(7))
    expect(rowsOf(output.bars)[7]).toEqual({
      ts: OPEN_TS + 420,
      open: 100.06,
      high: 100.06,
      low: 100.06,
      close: 100.06,
      volume: 0,
      vwap: NaN,
      tradeCount: 0,
    })
    expect(filledAt(output)).toEqual([7])
    expect([...output.bars.flags].filter((flag) => flag !== 0)).toEqual([BarFlag.Filled])
    expect(output.quality).toMatchObject({
      expected: 40,
      received: 39,
      missing: 0,
      filled: 1,
      notTraded: 1,
      halted: 0,
      notFetched: 0,
      flagged: 0,
      nullVwap: 0,
      coverage: 39 / 40,
      refetch: false,
    })
    expect(found(output, 'minutes_not_traded')).toMatchObject([
      {
        ts: OPEN_TS + 420,
        lastTs: OPEN_TS + 420,
        severity: 'info',
        blocking: false,
        bars: 1,
        message: "One minute has no trade by the broker's answers. One is filled with the close before.",
      },
    ])
  })

  test('is one finding with the others of the session', () => {
    const output = curate(except(7, 20, 21))
    expect(places(output, 'minutes_not_traded')).toEqual([[7, 21, 3]])
    expect(found(output, 'minutes_not_traded')[0].message).toBe(
      "3 minutes have no trade by the broker's answers. 3 are filled with the close before.",
    )
    expect(rowsOf(output.bars)[21]).toMatchObject({ open: 100.19, close: 100.19, volume: 0 })
  })

  test('is left out where that is configured', () => {
    const output = curate(except(7), { quality: { filling: { noTrade: 'leave-out' } } })
    expect(absentFrom(output)).toEqual([7])
    expect(output.quality).toMatchObject({ missing: 1, filled: 0, notTraded: 1 })
    expect(found(output, 'minutes_not_traded')[0].message).toBe(
      "One minute has no trade by the broker's answers. One is left out.",
    )
  })

  test('is counted and filled also where the rule is switched off, without a finding', () => {
    const output = curate(except(7), { quality: { rules: { minutes_not_traded: { enabled: false } } } })
    expect(output.quality).toMatchObject({ filled: 1, notTraded: 1 })
    expect(output.findings).toEqual([])
  })
})

describe('a run of minutes without a trade', () => {
  test('of five is filled, of six is left out as a whole', () => {
    const five = curate(thinWithout(10, 11, 12, 13, 14))
    expect(filledAt(five).filter((minute) => minute < 20)).toEqual([10, 11, 12, 13, 14])
    expect(five.quality).toMatchObject({ filled: 15, notTraded: 15, missing: 0 })
    const six = curate(thinWithout(10, 11, 12, 13, 14, 15))
    expect(absentFrom(six)).toEqual([10, 11, 12, 13, 14, 15])
    expect(six.quality).toMatchObject({ filled: 10, notTraded: 16, missing: 6 })
    expect(found(six, 'minutes_not_traded')[0].message).toBe(
      "16 minutes have no trade by the broker's answers. 10 are filled with the close before. " +
        '6 are left out: in runs of more than 5, or without a good bar right before.',
    )
  })

  test('goes by the configured length', () => {
    const two = { quality: { filling: { maxMinutes: 2 } } }
    expect(filledAt(curate(thinWithout(10, 11), two)).filter((minute) => minute < 20)).toEqual([10, 11])
    expect(absentFrom(curate(thinWithout(10, 11, 12), two))).toEqual([10, 11, 12])
  })

  test('up to the close is filled like any other', () => {
    expect(filledAt(curate(except(37, 38, 39)))).toEqual([37, 38, 39])
  })
})

describe('nothing is filled', () => {
  test('before the first trade', () => {
    const output = curate(except(0, 1, 2))
    expect(absentFrom(output)).toEqual([0, 1, 2])
    expect(output.quality).toMatchObject({ filled: 0, notTraded: 3, missing: 3 })
  })

  test('after a break before the first trade that follows', () => {
    const session = { ...SHORT, breakStartTs: OPEN_TS + 600, breakEndTs: OPEN_TS + 1_200 }
    const missing = [9, 20, 30]
    const bars = all.filter((m) => (m < 10 || m >= 20) && !missing.includes(m)).map((m) => bar(m))
    const output = curate(bars, { session })
    expect(filledAt(output)).toEqual([9, 30])
    expect(output.quality).toMatchObject({ expected: 30, filled: 2, notTraded: 3, missing: 1 })
  })

  test('in a halt', () => {
    const halt = [10, 11, 12, 13, 14]
    const output = curate(except(...halt))
    expect(absentFrom(output)).toEqual(halt)
    expect(output.quality).toMatchObject({ filled: 0, halted: 5, notTraded: 0, missing: 5 })
    expect(found(output, 'minutes_halted')).toMatchObject([
      {
        ts: OPEN_TS + 600,
        lastTs: OPEN_TS + 840,
        bars: 5,
        severity: 'info',
        message: '5 minutes without a bar, five or more in a row, in a session that has nearly all others.',
      },
    ])
    expect(curate(except(10, 11, 12, 13)).quality).toMatchObject({ filled: 4, halted: 0, notTraded: 4 })
  })

  test.each([
    ['is not asked for to the end', { fetch: 'open' as const }],
    ['nobody has asked for', { fetch: 'unknown' as const }],
    ['two answers have otherwise', { reason: 'unstable' }],
    ['the account may not see', { reason: 'no-permission' }],
  ])('in a session that %s: that is asked for again and held back', (_name, facts) => {
    const output = curate(except(7, 20, 21), { facts })
    expect(absentFrom(output)).toEqual([7, 20, 21])
    expect(output.quality).toMatchObject({ filled: 0, notFetched: 3, notTraded: 0, refetch: true })
    expect(found(output, 'minutes_not_fetched')).toMatchObject([
      {
        ts: OPEN_TS + 420,
        lastTs: OPEN_TS + 21 * 60,
        severity: 'warn',
        blocking: true,
        action: 'refetch',
        bars: 3,
        message: '3 minutes have no bar, and no answer says that there is none.',
      },
    ])
  })

  test('of a session that has every minute, whoever asked for it', () => {
    expect(curate(except(), { facts: { fetch: 'unknown' } })).toMatchObject({
      findings: [],
      quality: { refetch: false },
    })
  })

  test.each([
    ['an impossible price', { low: -1 }],
    ['high and low that do not enclose', { high: 50 }],
  ])('after a bar that was left out for %s', (_name, change) => {
    const output = curate(except(7).map((one) => (minuteOf(one.ts) === 6 ? { ...one, ...change } : one)))
    expect(absentFrom(output)).toEqual([6, 7])
    expect(output.quality).toMatchObject({ dropped: 1, filled: 0, notTraded: 1, missing: 2 })
  })

  test('for a bar that came between two minutes', () => {
    const output = curate([...except(7), { ...bar(7), ts: OPEN_TS + 450 }].toSorted((a, b) => a.ts - b.ts))
    expect(absentFrom(output)).toEqual([7])
    expect(output.quality).toMatchObject({ dropped: 1, filled: 0, notTraded: 0 })
  })

  test('from a close that is a bad tick', () => {
    const bars = except(8).map((one) => (minuteOf(one.ts) === 7 ? { ...one, high: 140, close: 140 } : one))
    const output = curate(bars, { baseline: { sessions: 20, returnScales: { 0: 0.0001 } } })
    expect(places(output, 'bad_tick')).toEqual([[7, 7, 1]])
    expect(absentFrom(output)).toEqual([8])
    // A high that was taken back within the bar leaves a good close.
    const high = except(8).map((one) => (minuteOf(one.ts) === 7 ? { ...one, high: 140 } : one))
    expect(filledAt(curate(high, { baseline: { sessions: 20, returnScales: { 0: 0.0001 } } }))).toEqual([8])
  })

  test("outside the broker's own hours, and that needs no other cause", () => {
    const brokerHours = { openTs: OPEN_TS, closeTs: OPEN_TS + 35 * 60 }
    const output = curate(except(7, 34, 35, 36, 37, 38, 39), { facts: { brokerHours } })
    expect(filledAt(output)).toEqual([7, 34])
    expect(absentFrom(output)).toEqual([35, 36, 37, 38, 39])
    expect(output.quality).toMatchObject({ notTraded: 2, halted: 0, notFetched: 0, missing: 5 })
    const closed = curate([], { facts: { brokerHours: 'closed', fetch: 'open' } })
    expect(closed.quality).toMatchObject({ notTraded: 0, notFetched: 0, missing: 40, refetch: false })
  })

  test('in a session without a single bar', () => {
    const output = curate([])
    expect(output.bars.ts).toHaveLength(0)
    expect(output.quality).toMatchObject({ filled: 0, notTraded: 40, halted: 0, missing: 40, coverage: 0 })
  })
})

describe('a halt', () => {
  test.each([
    [5, 95, 100, true],
    [4, 96, 100, false],
    [5, 90, 100, false],
    // 0.95 of the other 80.
    [20, 76, 100, true],
    [20, 75, 100, false],
    // Few minutes with trades prove nothing.
    [380, 10, 390, true],
    [381, 9, 390, false],
    [390, 0, 390, false],
  ])('of %d minutes with %d bars in a session of %d: %j', (minutes, present, slots, expected) => {
    expect(isHalt(minutes, present, slots)).toBe(expected)
  })
})

describe('the second source', () => {
  const source = (minute: number, change: Omit<TestBar, 'ts'> = {}): TestBar => ({
    ...bar(minute, { volume: 77, vwap: 100.05, tradeCount: 3 }),
    ...change,
  })

  test('stands in for minutes that the broker does not have, tagged, and for no others', () => {
    const output = curate(except(7, 8), { secondSource: [source(6), source(7), source(9)] })
    expect(rowsOf(output.bars)[7]).toEqual({ ...source(7) })
    expect(rowsOf(output.bars)[6]).toMatchObject({ volume: 506 })
    expect(having(output, BarFlag.SecondSource)).toEqual([7])
    // The minute after it is filled from it.
    expect(rowsOf(output.bars)[8]).toMatchObject({ close: 100.07, volume: 0 })
    expect(output.quality).toMatchObject({ fromSecondSource: 1, filled: 1, notTraded: 2, missing: 0, flagged: 0 })
    expect(found(output, 'minutes_not_traded')[0].message).toBe(
      "2 minutes have no trade by the broker's answers. One is taken from the second source. " +
        'One is filled with the close before.',
    )
  })

  test('stands in at the open, in a halt, and where nobody knows whether the broker has bars, which stays a finding', () => {
    expect(having(curate(except(0), { secondSource: [source(0)] }), BarFlag.SecondSource)).toEqual([0])
    const halt = curate(except(...range(10, 16)), { secondSource: [source(12)] })
    expect(having(halt, BarFlag.SecondSource)).toEqual([12])
    expect(filledAt(halt)).toEqual([])
    const open = curate(except(7), { secondSource: [source(7)], facts: { fetch: 'open' } })
    expect(open.quality).toMatchObject({ fromSecondSource: 1, notFetched: 1, refetch: true })
    expect(found(open, 'minutes_not_fetched')).toMatchObject([{ blocking: true }])
  })

  test('does not stand in for a bar that was left out, or while the broker was closed', () => {
    const bad = except().map((one) => (minuteOf(one.ts) === 7 ? { ...one, low: -1 } : one))
    expect(curate(bad, { secondSource: [source(7)] }).quality).toMatchObject({ fromSecondSource: 0, dropped: 1 })
    const brokerHours = { openTs: OPEN_TS, closeTs: OPEN_TS + 35 * 60 }
    const closed = curate(except(39), { secondSource: [source(39)], facts: { brokerHours } })
    expect(closed.quality).toMatchObject({ fromSecondSource: 0, missing: 1 })
  })

  test.each([
    ['a price of -1', { low: -1 }],
    ['no price', { close: NaN }],
    ['an endless price', { high: Infinity }],
    ['a high below the close', { high: 100 }],
    ['a low above the open', { low: 100.065 }],
    ['prices in cents', { open: 10_006, high: 10_009, low: 10_004, close: 10_007 }],
    ['prices before a split of 3:2', { open: 150.09, high: 150.14, low: 150.06, close: 150.11 }],
  ])('is not believed with %s, and the finding says so', (_name, change) => {
    const output = curate(except(7), {
      secondSource: [source(7, change)],
      quality: { filling: { noTrade: 'leave-out' } },
    })
    expect(output.quality).toMatchObject({ fromSecondSource: 0, missing: 1 })
    expect(found(output, 'minutes_not_traded')[0].message).toContain('One is unsound in the second source.')
    // The close before stands in for it where that is allowed.
    expect(filledAt(curate(except(7), { secondSource: [source(7, change)] }))).toEqual([7])
  })

  test('may be a fifth away from the bar beside it', () => {
    // Beside it are a close of 100.06 and an open of 100.07.
    const near = { open: 120, high: 120.07, low: 80.06, close: 100 }
    expect(curate(except(7), { secondSource: [source(7, near)] }).quality.fromSecondSource).toBe(1)
    expect(curate(except(7), { secondSource: [source(7, { ...near, high: 120.09 })] }).quality.fromSecondSource).toBe(0)
    expect(curate(except(7), { secondSource: [source(7, { ...near, low: 80.04 })] }).quality.fromSecondSource).toBe(0)
  })

  test('is measured by the close of the session before where the broker has nothing at all', () => {
    const secondSource = range(0, 40).map((minute) => source(minute))
    const day = (previousClose: number | null): number =>
      curate([], { secondSource, baseline: { sessions: 1, previousClose } }).quality.fromSecondSource
    expect([day(100), day(200), day(null)]).toEqual([40, 0, 40])
  })

  test('has its unknown quantities as null', () => {
    const output = curate(except(7), { secondSource: [source(7, { volume: -1, vwap: -1, tradeCount: -1 })] })
    expect(rowsOf(output.bars)[7]).toMatchObject({ volume: NaN, vwap: NaN, tradeCount: NaN })
    // Counted are those of the broker.
    expect(output.quality).toMatchObject({ nullVolume: 0, nullVwap: 0, nullTradeCount: 0 })
  })

  test('may have rows without a time, which are passed over', () => {
    const output = curate(except(7, 20), { secondSource: [{ ...source(3), ts: NaN }, source(7), source(20)] })
    expect(having(output, BarFlag.SecondSource)).toEqual([7, 20])
  })
})

describe('what other systems got wrong', () => {
  test('a filled bar does not repeat the volume and the average of the bar before', () => {
    const output = curate(except(7), {})
    expect(output.bars.volume[6]).toBe(506)
    expect([output.bars.volume[7], output.bars.vwap[7], output.bars.tradeCount[7]]).toEqual([0, NaN, 0])
    const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0)
    expect(total(output.bars.volume)).toBe(total(except(7).map(({ volume }) => volume ?? NaN)))
  })

  test('a filled bar is in the scale of its neighbours after the broker re-adjusted its history', () => {
    // Received before a split of 2:1, in prices twice as high.
    const before = range(0, 40)
      .filter((minute) => minute !== 7)
      .map((minute) => barAt(minute, { close: 200 + minute / 50, volume: 50 }))
    const responses = [{ id: 1, receivedAtMs: 0, bars: barsOf(before), scale: { price: 0.5, volume: 2 } }]
    const output = runTransformTwsBars(inputOf(responses, { session: SHORT }))
    // 200.12 / 2
    expect(rowsOf(output.bars)[7]).toMatchObject({ open: 100.06, high: 100.06, low: 100.06, close: 100.06, volume: 0 })
    expect([output.bars.close[6], output.bars.close[8]]).toEqual([100.06, 100.08])
  })

  test('the bar of the open is not skipped, and the first minute after it is filled from it', () => {
    const output = curate(except(1))
    expect(minuteOf(output.bars.ts[0])).toBe(0)
    expect(rowsOf(output.bars)[1]).toMatchObject({ open: 100, close: 100, volume: 0 })
  })

  test('a price is not carried on without end once the data has ended', () => {
    // The last trade is in minute 19; of the rest nobody has heard.
    const busy = curate(range(0, 20).map((m) => bar(m)))
    expect(minuteOf(busy.bars.ts[busy.bars.ts.length - 1])).toBe(19)
    const thin = curate(thinWithout(...range(12, 40)))
    expect(minuteOf(thin.bars.ts[thin.bars.ts.length - 1])).toBe(11)
    expect([...busy.bars.flags, ...thin.bars.flags].filter((flag) => flag === BarFlag.Filled)).toEqual([])
  })

  test('a low above the open outside regular hours does no harm, and inside is not kept', () => {
    const outside = curate([{ ...bar(0), ts: OPEN_TS - 60, low: 101 }, ...except()])
    expect(outside.findings.map(({ rule }) => rule)).toEqual(['out_of_session'])
    const inside = curate(except().with(3, bar(3, { low: 100.025 })))
    expect(places(inside, 'ohlc_inconsistent')).toEqual([[3, 3, 1]])
    expect(absentFrom(inside)).toEqual([3])
  })

  test('a high that rounding left a hair below the close is seen, and widened where that is wished', () => {
    const rounded = except().with(3, bar(3, { close: 100.03, high: 100.03 * (1 - 2 ** -53) }))
    expect(places(curate(rounded), 'ohlc_inconsistent')).toEqual([[3, 3, 1]])
    const widened = curate(rounded, { quality: { rules: { ohlc_inconsistent: { action: 'flag' } } } })
    expect(widened.bars.high[3]).toBe(100.03)
    expect(widened.bars.flags[3]).toBe(BarFlag.OhlcRepaired)
  })

  test('the -1 that stands for no price is not kept as a price', () => {
    const output = curate(except().with(3, bar(3, { open: -1, high: -1, low: -1, close: -1 })))
    expect(Math.min(...output.bars.low)).toBeGreaterThan(99)
    expect(places(output, 'price_invalid')).toEqual([[3, 3, 1]])
  })
})
