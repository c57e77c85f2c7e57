import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import { runTransformTwsBars, type TransformOutput } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { expectedMinutes } from '#shared/calendar/session-hours.ts'
import { barsOf, CLOSE_TS, OPEN_TS, rowsOf, SESSION, type TestBar } from './bars-fixtures.ts'
import {
  DAY,
  inputOf,
  type Quality,
  type Settings,
  transform as curate,
  transformAll as curateAll,
} from './quality-fixtures.ts'

/** What is missing from these few bars is not what these tests are about. */
const OFF = { enabled: false }
const RULES = {
  low_coverage: OFF,
  minutes_not_traded: OFF,
  minutes_halted: OFF,
  trade_count_zero: OFF,
  tick_size: OFF,
  flat_run: OFF,
  stale_price: OFF,
}

type Rules = NonNullable<Quality['rules']>

interface Local {
  readonly session?: Settings['session']
  readonly rules?: Rules
}

const settingsOf = ({ session, rules }: Local): Settings => ({
  ...(session === undefined ? {} : { session }),
  quality: { rules: { ...RULES, ...rules }, filling: { noTrade: 'leave-out' } },
  instrument: { wholeUnits: false },
})
const transformAll = (responses: readonly (readonly TestBar[])[], local: Local = {}): TransformOutput =>
  curateAll(responses, settingsOf(local))
const transform = (bars: readonly TestBar[], local: Local = {}): TransformOutput => curate(bars, settingsOf(local))

const WIDEN: Rules = { ohlc_inconsistent: { action: 'flag' } }
const coverageOf = (minimum: number): Rules => ({ low_coverage: { params: { minimum } } })

/** Findings without their words and the bars around them. */
function findingsOf(output: TransformOutput): unknown[] {
  return output.findings.map(({ message: _message, context: _context, ...finding }) => finding)
}

/** A finding of one minute or a run of them. */
const one = (
  rule: string,
  severity: string,
  action: string,
  ts: number,
  bars = 1,
  lastTs = ts + 60 * (bars - 1),
): unknown => ({ ts, lastTs, rule, severity, blocking: false, action, bars })

const dropped = (rule: string, ts: number): unknown => one(rule, 'error', 'drop', ts)
const outside = (ts: number, bars = 1): unknown => one('out_of_session', 'info', 'drop', ts, bars)

/** A bar that trades between 9 and 12. */
const GOOD: TestBar = { ts: OPEN_TS, open: 10, high: 12, low: 9, close: 11, volume: 300, vwap: 10.5, tradeCount: 7 }

describe('a good bar', () => {
  test('is kept as it is', () => {
    const output = transform([GOOD])
    expect(rowsOf(output.bars)).toEqual([GOOD])
    expect([...output.bars.flags]).toEqual([0])
    expect(output.findings).toEqual([])
    expect(output.quality).toEqual({
      expected: 390,
      received: 1,
      missing: 389,
      dropped: 0,
      flagged: 0,
      filled: 0,
      fromSecondSource: 0,
      notTraded: 389,
      halted: 0,
      notFetched: 0,
      outliers: 0,
      nullVolume: 0,
      nullVwap: 0,
      nullTradeCount: 0,
      adjusted: 0,
      coverage: 1 / 390,
      quarantined: false,
      refetch: false,
    })
  })

  test.each([
    ['flat', { open: 10, high: 10, low: 10, close: 10, vwap: 10 }],
    ['closing at its high', { open: 9, high: 12, low: 9, close: 12 }],
    ['of the smallest price there is', { open: 5e-324, high: 5e-324, low: 5e-324, close: 5e-324, vwap: 5e-324 }],
    ['of the largest price there is', { open: 1, high: Number.MAX_VALUE, low: 1, close: 1 }],
    ['without volume', { volume: 0 }],
    ['of a fraction of a share', { volume: 0.001 }],
    ['without trades', { tradeCount: 0 }],
  ])('may be %s', (_name, change) => {
    const output = transform([{ ...GOOD, ...change }])
    expect(rowsOf(output.bars)).toEqual([{ ...GOOD, ...change }])
    expect(output.findings).toEqual([])
    expect([...output.bars.flags]).toEqual([0])
  })
})

describe('a time that is not on the minute', () => {
  test.each([0.5, 1, 30, 59])('is dropped, %s s after it', (seconds) => {
    const output = transform([{ ...GOOD, ts: OPEN_TS + seconds }])
    expect(output.bars.ts).toHaveLength(0)
    expect(findingsOf(output)).toEqual([dropped('not_on_minute', OPEN_TS + seconds)])
    expect(output.findings[0].message).toContain(`${seconds} s`)
    expect(output.quality).toMatchObject({ received: 1, dropped: 1 })
  })
})

describe('the hours of the session', () => {
  test('begin with the opening minute and end with the one before the close', () => {
    const times = [OPEN_TS - 60, OPEN_TS, CLOSE_TS - 60, CLOSE_TS]
    const output = transform(times.map((ts) => ({ ts })))
    expect([...output.bars.ts]).toEqual([OPEN_TS, CLOSE_TS - 60])
    expect(findingsOf(output)).toEqual([outside(OPEN_TS - 60), outside(CLOSE_TS)])
    expect(output.quality).toMatchObject({ received: 4, dropped: 2 })
  })

  test('end at 13:00 on a half day: 210 minutes', () => {
    const session = { ...SESSION, closeTs: OPEN_TS + 210 * 60, earlyClose: true }
    const all = Array.from({ length: 390 }, (_, i) => ({ ts: OPEN_TS + 60 * i }))
    const output = transform(all, { session, rules: coverageOf(1) })
    expect(output.bars.ts).toHaveLength(210)
    expect(output.bars.ts[209]).toBe(OPEN_TS + 209 * 60)
    expect(findingsOf(output)).toEqual([outside(OPEN_TS + 210 * 60, 180)])
    expect(output.quality).toMatchObject({
      expected: 210,
      received: 390,
      missing: 0,
      dropped: 180,
      flagged: 0,
      coverage: 1,
    })
  })

  test('pause in a break', () => {
    const session = { ...SESSION, closeTs: OPEN_TS + 600, breakStartTs: OPEN_TS + 180, breakEndTs: OPEN_TS + 360 }
    const output = transform(
      Array.from({ length: 10 }, (_, i) => ({ ts: OPEN_TS + 60 * i })),
      { session, rules: coverageOf(1) },
    )
    expect([...output.bars.ts].map((ts) => (ts - OPEN_TS) / 60)).toEqual([0, 1, 2, 6, 7, 8, 9])
    expect(findingsOf(output)).toEqual([outside(OPEN_TS + 180, 3)])
    expect(output.quality).toMatchObject({ expected: 7, missing: 0, coverage: 1 })
    expect(expectedMinutes(session)).toBe(7)
  })

  test('make one finding of each run of bars outside', () => {
    const times = [-180, -120, -60, 0, 23_400, 23_460].map((seconds) => ({ ts: OPEN_TS + seconds }))
    expect(findingsOf(transform(times))).toEqual([outside(OPEN_TS - 180, 3), outside(OPEN_TS + 23_400, 2)])
  })

  test('come before everything else that could be wrong with a bar', () => {
    const output = transform([{ ts: OPEN_TS - 30, close: -1, volume: -1 }])
    expect(findingsOf(output)).toEqual([outside(OPEN_TS - 30)])
  })
})

describe('the window of the session', () => {
  test('begins with its first second and ends before its last; other bars are passed over', () => {
    const output = transform([DAY.fromTs - 60, DAY.fromTs, DAY.toTs - 60, DAY.toTs].map((ts) => ({ ts })))
    expect(output.quality).toMatchObject({ received: 2, dropped: 2 })
    expect(findingsOf(output)).toEqual([one('out_of_session', 'info', 'drop', DAY.fromTs, 2, DAY.toTs - 60)])
  })

  test('is cut the same from bars in any order', () => {
    const output = transform([DAY.toTs, OPEN_TS, DAY.fromTs - 60, DAY.fromTs].map((ts) => ({ ts })))
    expect([...output.bars.ts]).toEqual([OPEN_TS])
    expect(output.quality).toMatchObject({ received: 2, dropped: 1 })
  })

  test('passes over a bar without a time', () => {
    expect(transform([{ ts: NaN }]).quality).toMatchObject({ received: 0, dropped: 0 })
    expect(transform([{ ts: NaN }, GOOD, { ts: NaN }]).quality).toMatchObject({ received: 1, dropped: 0 })
  })
})

describe('a price that is no price', () => {
  const columns = ['open', 'high', 'low', 'close'] as const
  const values = [0, -0, -1, NaN, Infinity, -Infinity]

  test.each(columns.flatMap((name) => values.map((value) => [name, value] as const)))(
    '%s %s is dropped',
    (name, value) => {
      for (const action of ['drop', 'flag'] as const) {
        const output = transform([{ ...GOOD, [name]: value }], { rules: { ohlc_inconsistent: { action } } })
        expect(output.bars.ts).toHaveLength(0)
        expect(findingsOf(output)).toEqual([dropped('price_invalid', OPEN_TS)])
        expect(output.findings[0].message).toContain(`${name} ${value}`)
        expect(output.quality).toMatchObject({ received: 1, dropped: 1, missing: 390 })
      }
    },
  )
})

describe('a high or low that does not enclose open and close', () => {
  const cases = [
    ['high below open', { open: 12.01 }, { high: 12.01 }],
    ['high below close', { close: 12.000000000000002 }, { high: 12.000000000000002 }],
    ['low above open', { open: 8 }, { low: 8 }],
    ['low above close', { close: 8.999999999999998 }, { low: 8.999999999999998 }],
    ['high and low exchanged', { high: 9, low: 12 }, { high: 12, low: 9 }],
    ['both on one side', { high: 20, low: 19 }, { high: 20, low: 10 }],
  ] as const

  test.each(cases)('(%s) is dropped', (_name, change) => {
    const output = transform([{ ...GOOD, ...change }])
    expect(output.bars.ts).toHaveLength(0)
    expect(findingsOf(output)).toEqual([dropped('ohlc_inconsistent', OPEN_TS)])
    expect(output.quality).toMatchObject({ dropped: 1, flagged: 0 })
  })

  test.each(cases)('(%s) is widened where that is wished', (_name, change, widened) => {
    const output = transform([{ ...GOOD, ...change }], { rules: WIDEN })
    expect(rowsOf(output.bars)).toEqual([{ ...GOOD, ...change, ...widened }])
    expect([...output.bars.flags]).toEqual([BarFlag.OhlcRepaired])
    expect(findingsOf(output)).toEqual([one('ohlc_inconsistent', 'error', 'flag', OPEN_TS)])
    expect(output.quality).toMatchObject({ dropped: 0, flagged: 1 })
  })

  test('is widened without touching its neighbours or the response', () => {
    const bars = barsOf([GOOD, { ...GOOD, ts: OPEN_TS + 60, high: 9, low: 12 }, { ...GOOD, ts: OPEN_TS + 120 }])
    const before = structuredClone(bars)
    const output = runTransformTwsBars(inputOf([{ id: 1, receivedAtMs: 0, bars }], settingsOf({ rules: WIDEN })))
    expect([...output.bars.high]).toEqual([12, 12, 12])
    expect([...output.bars.low]).toEqual([9, 9, 9])
    expect([...output.bars.flags]).toEqual([0, BarFlag.OhlcRepaired, 0])
    expect(bars).toEqual(before)
  })
})

describe('a volume that is no volume', () => {
  test.each([-1, -0.001, NaN, Infinity, -Infinity])('%s becomes unknown and is flagged', (volume) => {
    const output = transform([
      { ...GOOD, volume },
      { ...GOOD, ts: OPEN_TS + 60 },
    ])
    expect([...output.bars.volume]).toEqual([NaN, 300])
    expect([...output.bars.flags]).toEqual([BarFlag.VolumeUnknown, 0])
    expect(findingsOf(output)).toEqual([one('volume_invalid', 'warn', 'flag', OPEN_TS)])
    expect(output.quality).toMatchObject({ dropped: 0, flagged: 1 })
  })
})

describe('what TWS writes for a value that it does not have', () => {
  test.each([-1, 0, NaN, Infinity])('%s as average price is null without a finding', (vwap) => {
    const output = transform([{ ...GOOD, vwap }])
    expect(rowsOf(output.bars)).toEqual([{ ...GOOD, vwap: NaN }])
    expect(output.findings).toEqual([])
  })

  test.each([-1, NaN, Infinity])('%s as trade count is null without a finding', (tradeCount) => {
    const output = transform([{ ...GOOD, tradeCount }])
    expect(rowsOf(output.bars)).toEqual([{ ...GOOD, tradeCount: NaN }])
    expect(output.findings).toEqual([])
  })
})

describe('a minute that comes more than once', () => {
  test('with equal values in one response is kept once, with a note', () => {
    const output = transform([GOOD, GOOD, GOOD])
    expect(rowsOf(output.bars)).toEqual([GOOD])
    expect([...output.bars.flags]).toEqual([0])
    expect(findingsOf(output)).toEqual([one('duplicate', 'info', 'keep', OPEN_TS, 3, OPEN_TS)])
    expect(output.quality).toMatchObject({ received: 1, dropped: 0, flagged: 0 })
  })

  test('with other values in one response is kept as it came last, and flagged', () => {
    const output = transform([{ ...GOOD, ts: OPEN_TS + 60 }, GOOD, { ...GOOD, close: 10.5 }])
    expect(rowsOf(output.bars)).toEqual([
      { ...GOOD, close: 10.5 },
      { ...GOOD, ts: OPEN_TS + 60 },
    ])
    expect([...output.bars.flags]).toEqual([BarFlag.ConflictingDuplicate, 0])
    expect(findingsOf(output)).toEqual([
      one('duplicate_conflicting', 'warn', 'flag', OPEN_TS, 2, OPEN_TS),
      one('not_ascending', 'info', 'keep', OPEN_TS, 2),
    ])
  })

  test('in a later response is a revision, not a duplicate', () => {
    const output = transformAll([[GOOD, { ...GOOD, ts: OPEN_TS + 60 }], [{ ...GOOD, close: 10.5 }]])
    expect([...output.bars.close]).toEqual([10.5, 11])
    expect([...output.bars.flags]).toEqual([0, 0])
    expect(findingsOf(output)).toEqual([one('revised_prices', 'warn', 'keep', OPEN_TS)])
    expect(output.quality.received).toBe(2)
  })

  test('with the same prices and another volume is a revision of quantities', () => {
    const output = transformAll([[GOOD, { ...GOOD, ts: OPEN_TS + 60 }], [{ ...GOOD, volume: 7 }]])
    expect(findingsOf(output)).toEqual([one('revised_quantities', 'info', 'keep', OPEN_TS)])
  })

  test('as it was before, in any order of responses, is not worth a word', () => {
    const { findings } = transformAll([[GOOD], [GOOD]])
    expect(findings.filter(({ rule }) => rule.startsWith('revised'))).toEqual([])
  })

  test('with other prices at first and other volumes later is a revision of prices once', () => {
    const output = transformAll([[GOOD], [{ ...GOOD, close: 10.5 }], [{ ...GOOD, close: 10.5, volume: 7 }]])
    expect(findingsOf(output)).toEqual([one('revised_prices', 'warn', 'keep', OPEN_TS)])
  })

  test('and is dropped for its price is not said to be flagged', () => {
    const output = transform([GOOD, { ...GOOD, close: -1 }])
    expect(output.bars.ts).toHaveLength(0)
    expect(findingsOf(output)).toEqual(
      expect.arrayContaining([
        one('duplicate_conflicting', 'warn', 'keep', OPEN_TS, 2, OPEN_TS),
        dropped('price_invalid', OPEN_TS),
      ]),
    )
    expect(output.findings).toHaveLength(2)
    expect(output.quality.flagged).toBe(0)
  })

  test('carries every flag that it deserves', () => {
    const output = transform([GOOD, { ...GOOD, high: 9, volume: NaN }], { rules: WIDEN })
    expect([...output.bars.flags]).toEqual([
      BarFlag.ConflictingDuplicate | BarFlag.OhlcRepaired | BarFlag.VolumeUnknown,
    ])
    expect(output.quality.flagged).toBe(1)
  })
})

describe('the coverage of a session', () => {
  const fourMinutes = { ...SESSION, closeTs: OPEN_TS + 240 }
  const bars = (count: number): TestBar[] => Array.from({ length: count }, (_, i) => ({ ts: OPEN_TS + 60 * i }))
  const run = (count: number): TransformOutput =>
    transform(bars(count), { session: fourMinutes, rules: coverageOf(0.75) })

  test('may be exactly the smallest that is configured', () => {
    expect(run(3).findings).toEqual([])
    expect(run(3).quality).toMatchObject({ expected: 4, missing: 1, coverage: 0.75 })
  })

  test('below that is a finding that says how many minutes are missing', () => {
    expect(findingsOf(run(2))).toEqual([one('low_coverage', 'warn', 'keep', OPEN_TS, 2, OPEN_TS + 180)])
    expect(run(2).findings[0].message).toContain('2 of 4 minutes')
  })

  test('counts what was kept, not what was received', () => {
    const output = transform([...bars(2), { ts: OPEN_TS + 120, close: -1 }], {
      session: fourMinutes,
      rules: coverageOf(0.75),
    })
    expect(output.findings.map(({ rule }) => rule)).toEqual(['low_coverage', 'price_invalid'])
  })

  test('of nothing at all is a finding as well', () => {
    for (const responses of [[], [[]]]) {
      const output = transformAll(responses, { rules: coverageOf(0.95) })
      expect(output.bars.ts).toHaveLength(0)
      expect(findingsOf(output)).toEqual([one('low_coverage', 'warn', 'keep', OPEN_TS, 390, CLOSE_TS - 60)])
      expect(output.quality).toMatchObject({
        expected: 390,
        received: 0,
        missing: 390,
        dropped: 0,
        flagged: 0,
        coverage: 0,
      })
    }
  })
})
