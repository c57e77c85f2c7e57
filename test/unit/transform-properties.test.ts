import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocateBars, BAR_COLUMNS, BarFlag, type BarColumns, type CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { RawResponse } from '#shared/raw-response.ts'
import { baselineOf, recording } from '#main/pipeline/quality/baseline.ts'
import {
  runTransformTwsBars,
  soundBars,
  type TransformInput,
  type TransformOutput,
} from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { anyDouble, barsOf, OPEN_TS, SESSION } from './bars-fixtures.ts'
import { curationConfig, NOT_ASKED, type Quality, SETTLED, UNKNOWN } from './quality-fixtures.ts'

/** A session of twelve minutes, with and without a break from the fifth to the seventh. */
const SHORT: Session = { ...SESSION, closeTs: OPEN_TS + 720 }
const WITH_BREAK: Session = { ...SHORT, breakStartTs: OPEN_TS + 300, breakEndTs: OPEN_TS + 420 }

/** Prices that are mostly good and close together, so that every rule is tripped, nearly tripped and passed. */
const price = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(9, 9.99, 10, 10.01, 11) },
  { weight: 1, arbitrary: anyDouble },
)
const volume = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, 100, 250) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, 1e12, 1e13, NaN, Infinity, -Infinity) },
  { weight: 1, arbitrary: anyDouble },
)
const TEN_YEARS = 315_576_000
const time = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 15 }).map((minute) => OPEN_TS + 60 * minute) },
  { weight: 1, arbitrary: fc.integer({ min: -200, max: 900 }).map((second) => OPEN_TS + second) },
  { weight: 1, arbitrary: fc.constantFrom(OPEN_TS - TEN_YEARS, OPEN_TS + TEN_YEARS, NaN, Infinity, -Infinity) },
  { weight: 1, arbitrary: anyDouble },
)
const bar = fc.record({
  ts: time,
  open: price,
  high: price,
  low: price,
  close: price,
  volume,
  vwap: price,
  tradeCount: volume,
})

const scale = fc.option(
  fc.record({ price: fc.constantFrom(0.5, 1, 0.1, 3), volume: fc.constantFrom(2, 1, 10, 1 / 3) }),
  { nil: undefined, freq: 4 },
)

/** Responses with increasing ids. */
const responses = fc.array(fc.tuple(fc.array(bar, { maxLength: 15 }), scale), { maxLength: 3 }).map((list) =>
  list.map(([bars, factors], i): RawResponse => ({
    id: i + 1,
    receivedAtMs: i,
    bars: barsOf(bars),
    ...(factors === undefined ? {} : { scale: factors }),
  })),
)

/** The built-in rules, and what an operator may make of them. Limits are low enough for twelve bars to reach. */
const quality: fc.Arbitrary<Quality> = fc.record({
  rules: fc.record({
    ohlc_inconsistent: fc.record({ action: fc.constantFrom('drop', 'flag', 'refetch', 'quarantine') }),
    volume_invalid: fc.record({ action: fc.constantFrom('flag', 'refetch', 'quarantine') }),
    low_coverage: fc.record({ params: fc.record({ minimum: fc.constantFrom(0, 0.5, 1) }) }),
    flat_run: fc.constant({ params: { minimumBars: 2, factor: 1 } }),
    stale_price: fc.constant({ params: { minimumBars: 2, factor: 1 } }),
    zero_volume_run: fc.record({
      params: fc.constant({ minimumBars: 2, factor: 1 }),
      action: fc.constantFrom('keep', 'flag'),
    }),
    minutes_not_traded: fc.record({ enabled: fc.boolean() }),
  }),
  filling: fc.record({
    noTrade: fc.constantFrom('previous-close', 'leave-out'),
    maxMinutes: fc.constantFrom(1, 2, 5),
  }),
})

const facts: fc.Arbitrary<TransformInput['facts']> = fc.constantFrom(
  SETTLED,
  NOT_ASKED,
  { ...SETTLED, fetch: 'open' as const },
  { ...SETTLED, reason: 'unstable' },
  { ...SETTLED, brokerHours: 'closed' as const },
  { ...SETTLED, brokerHours: { openTs: OPEN_TS + 60, closeTs: OPEN_TS + 600 } },
  { ...SETTLED, dailyBar: { open: 10, high: 11, low: 9, close: 10, volume: 500 } },
)

const baseline = fc.constantFrom(
  UNKNOWN,
  { ...UNKNOWN, sessions: 1, previousClose: 10 },
  {
    sessions: 20,
    previousClose: 20,
    flatRun: 1,
    staleRun: 1,
    zeroVolumeRun: 1,
    barShare: 1,
    gapScale: 0.001,
    returnScales: { 0: 0.0005 },
  },
)

const secondSource: fc.Arbitrary<BarColumns | undefined> = fc.option(
  fc
    .uniqueArray(bar, { selector: ({ ts }) => ts, maxLength: 12 })
    .map((rows) => barsOf(rows.toSorted((a, b) => a.ts - b.ts))),
  { nil: undefined },
)

function inputs(source: typeof secondSource): fc.Arbitrary<TransformInput> {
  return fc
    .record({
      session: fc.constantFrom(SHORT, WITH_BREAK),
      fromTs: fc.constantFrom(OPEN_TS - 120, OPEN_TS - 34_200),
      toTs: fc.constantFrom(OPEN_TS + 780, OPEN_TS + 52_200),
      responses,
      quality,
      facts,
      baseline,
      secondSource: source,
    })
    .map(({ quality: chosen, baseline: record, ...rest }) => ({
      ...rest,
      config: curationConfig(chosen),
      baseline: baselineOf(record),
    }))
}
const input = inputs(secondSource)
const withoutSecondSource = inputs(fc.constant(undefined))

function isOpen(session: Session, ts: number): boolean {
  const inBreak =
    session.breakStartTs !== null &&
    session.breakEndTs !== null &&
    ts >= session.breakStartTs &&
    ts < session.breakEndTs
  return ts >= session.openTs && ts < session.closeTs && !inBreak
}

const isQuantity = (value: number): boolean => Number.isNaN(value) || (value >= 0 && value < Infinity)

function expectSound(output: TransformOutput, session: Session): void {
  const { bars } = output
  for (let i = 0; i < bars.ts.length; i++) {
    const [open, high, low, close] = [bars.open[i], bars.high[i], bars.low[i], bars.close[i]]
    const facts = {
      ascending: i === 0 || bars.ts[i] > bars.ts[i - 1],
      inSession: isOpen(session, bars.ts[i]),
      onMinute: Number.isInteger(bars.ts[i] / 60),
      pricesFinite: [open, high, low, close].every(Number.isFinite),
      pricesPositive: Math.min(open, high, low, close) > 0,
      ordered: low <= Math.min(open, close) && Math.max(open, close) <= high,
      volume: isQuantity(bars.volume[i]),
      vwap: Number.isNaN(bars.vwap[i]) || (bars.vwap[i] > 0 && bars.vwap[i] < Infinity),
      tradeCount: isQuantity(bars.tradeCount[i]),
      unknownIsFlagged:
        (bars.flags[i] & BarFlag.SecondSource) !== 0 ||
        Number.isNaN(bars.volume[i]) === ((bars.flags[i] & BarFlag.VolumeUnknown) !== 0),
    }
    expect(facts).toEqual(Object.fromEntries(Object.keys(facts).map((name) => [name, true])))
  }
}

const ORIGINS = BarFlag.Filled | BarFlag.SecondSource | BarFlag.Adjusted

function expectCounted(output: TransformOutput, any: TransformInput): void {
  const { bars, findings, quality: counts } = output
  const flags = [...bars.flags]
  const having = (bit: number): number => flags.filter((flag) => (flag & bit) !== 0).length
  const minutes = any.session.breakStartTs === null ? 12 : 10
  const came = bars.ts.length - having(BarFlag.Filled) - having(BarFlag.SecondSource)
  expect(counts.expected).toBe(minutes)
  expect(counts.received).toBe(came + counts.dropped)
  expect(counts.missing).toBe(minutes - bars.ts.length)
  expect(counts.missing).toBe(
    counts.expected - (counts.received - counts.dropped) - counts.filled - counts.fromSecondSource,
  )
  expect(counts.coverage).toBe(came / minutes)
  expect(counts.filled).toBe(having(BarFlag.Filled))
  expect(counts.fromSecondSource).toBe(having(BarFlag.SecondSource))
  expect(counts.adjusted).toBe(having(BarFlag.Adjusted))
  expect(counts.flagged).toBe(flags.filter((flag) => (flag & ~ORIGINS) !== 0).length)
  expect(counts.quarantined).toBe(findings.some(({ action }) => action === 'quarantine'))
  expect(counts.refetch).toBe(findings.some(({ action }) => action === 'refetch'))
  if (counts.quarantined) expect(having(BarFlag.Quarantined)).toBe(flags.length)
  else expect(having(BarFlag.Quarantined)).toBe(0)
  // Every minute without a received bar has a cause, unless the broker was closed.
  const without = counts.notTraded + counts.halted + counts.notFetched
  expect(without).toBeLessThanOrEqual(minutes - came)
  for (const column of [...BAR_COLUMNS, 'flags'] as const) expect(bars[column]).toHaveLength(bars.ts.length)
  const times = findings.map(({ ts }) => ts)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  // What tells a finding from the others must do so.
  expect(new Set(findings.map(({ rule, ts }) => `${rule} ${ts}`)).size).toBe(findings.length)
  for (const { ts, lastTs, message } of findings) {
    expect(lastTs).toBeGreaterThanOrEqual(ts)
    expect(message).not.toMatch(/undefined|NaN (bars|minutes)/)
  }
}

/** The bars that came from the broker. */
function received(bars: CuratedColumns): BarColumns {
  const rows = [...bars.ts.keys()].filter((row) => (bars.flags[row] & (BarFlag.Filled | BarFlag.SecondSource)) === 0)
  const take = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row])
  return {
    ts: take(bars.ts),
    open: take(bars.open),
    high: take(bars.high),
    low: take(bars.low),
    close: take(bars.close),
    volume: take(bars.volume),
    vwap: take(bars.vwap),
    tradeCount: take(bars.tradeCount),
  }
}

describe('whatever comes in', () => {
  test('curated bars ascend, lie in the session and are good', () => {
    fc.assert(
      fc.property(input, (any) => expectSound(runTransformTwsBars(any), any.session)),
      { numRuns: 600 },
    )
  })

  test('every bar and every minute is counted once, and every finding is one of its own', () => {
    fc.assert(
      fc.property(input, (any) => expectCounted(runTransformTwsBars(any), any)),
      { numRuns: 600 },
    )
  })

  test('the responses stay as they are', () => {
    fc.assert(
      fc.property(input, (any) => {
        const before = structuredClone([any.responses, any.secondSource])
        runTransformTwsBars(any)
        expect([any.responses, any.secondSource]).toEqual(before)
      }),
    )
  })

  test('the same comes out again, whatever the order of the responses', () => {
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat(3)), (any, swaps) => {
        const shuffled = [...any.responses]
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = (swaps.next().value as number) % (i + 1)
          ;[shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]]
        }
        expect(runTransformTwsBars({ ...any, responses: shuffled })).toEqual(runTransformTwsBars(any))
      }),
    )
  })

  test('the same comes out when the rows of a response without duplicates are shuffled, but for the word that they were', () => {
    const unique = fc.uniqueArray(bar, { selector: ({ ts }) => ts, maxLength: 15 })
    const both = unique.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length })),
    )
    fc.assert(
      fc.property(input, both, (any, [rows, shuffled]) => {
        const run = (bars: typeof rows): TransformOutput => {
          const output = runTransformTwsBars({ ...any, responses: [{ id: 1, receivedAtMs: 0, bars: barsOf(bars) }] })
          return { ...output, findings: output.findings.filter(({ rule }) => rule !== 'not_ascending') }
        }
        expect(run(shuffled)).toEqual(run(rows))
      }),
    )
  })

  test('curating what was curated changes nothing', () => {
    fc.assert(
      fc.property(withoutSecondSource, (any) => {
        const first = runTransformTwsBars(any)
        const { quarantined } = first.quality
        const bars = received(first.bars)
        const again = runTransformTwsBars({ ...any, responses: [{ id: 1, receivedAtMs: 0, bars }] })
        expect(received(again.bars)).toEqual(bars)
        // A bar that was left out, and with it a reason not to fill, cannot be seen any more.
        if (first.quality.dropped === 0) {
          const { flags: _flags, ...columns } = again.bars
          const { flags: before, ...expected } = first.bars
          expect(columns).toEqual(expected)
          const seen = BarFlag.VolumeUnknown | BarFlag.Filled
          if (!quarantined)
            expect(Array.from(again.bars.flags, (flag) => flag & seen)).toEqual(
              Array.from(before, (flag) => flag & seen),
            )
        }
        expect(again.quality).toMatchObject({ received: bars.ts.length, dropped: 0 })
      }),
      { numRuns: 400 },
    )
  })

  test('the newest response has the last word on every minute that it has', () => {
    fc.assert(
      fc.property(withoutSecondSource, (any) => {
        fc.pre(any.responses.length > 1)
        const leaveOut = {
          ...any,
          config: { ...any.config, filling: { ...any.config.filling, noTrade: 'leave-out' as const } },
        }
        const newest = any.responses[any.responses.length - 1]
        const alone = runTransformTwsBars({ ...leaveOut, responses: [newest] }).bars
        const together = runTransformTwsBars(leaveOut).bars
        const rowOf = (bars: CuratedColumns, ts: number): (number | undefined)[] =>
          BAR_COLUMNS.map((name) => bars[name][bars.ts.indexOf(ts)])
        for (const ts of newest.bars.ts) expect(rowOf(together, ts)).toEqual(rowOf(alone, ts))
      }),
    )
  })

  test('a filled bar has the close before it as all prices, no volume and no average, and no price of its own', () => {
    let filled = 0
    fc.assert(
      fc.property(input, (any) => {
        const { bars } = runTransformTwsBars(any)
        for (let i = 0; i < bars.ts.length; i++) {
          if ((bars.flags[i] & BarFlag.Filled) === 0) continue
          filled++
          expect(bars.ts[i] - bars.ts[i - 1]).toBe(60)
          const before = bars.close[i - 1]
          expect([bars.open[i], bars.high[i], bars.low[i], bars.close[i]]).toEqual([before, before, before, before])
          expect([bars.volume[i], bars.vwap[i], bars.tradeCount[i]]).toEqual([0, NaN, 0])
        }
      }),
      { numRuns: 600 },
    )
    expect(filled).toBeGreaterThan(0)
  })

  test('no received bar has a price that no response had', () => {
    fc.assert(
      fc.property(withoutSecondSource, (any) => {
        const times = (factor: number | undefined, column: Float64Array): number[] =>
          Array.from(column, (value) => (factor === undefined ? value : value * factor))
        const known = new Set(
          any.responses.flatMap(({ bars, scale: by }) =>
            [bars.open, bars.high, bars.low, bars.close].flatMap((column) => times(by?.price, column)),
          ),
        )
        const { bars } = runTransformTwsBars(any)
        for (const column of [bars.open, bars.high, bars.low, bars.close])
          for (const value of column) expect(known.has(value)).toBe(true)
      }),
    )
  })

  test('the sound bars alone are those of the transform', () => {
    fc.assert(
      fc.property(input, (any) => {
        expect(soundBars(any)).toEqual(runTransformTwsBars(any).sound)
      }),
      { numRuns: 400 },
    )
  })

  test('the record of the normal, also as JSON, gives what the normal itself gave', () => {
    fc.assert(
      fc.property(input, (any) => {
        const noted = recording(any.baseline)
        const first = runTransformTwsBars({ ...any, baseline: noted.baseline })
        const record = JSON.parse(JSON.stringify(noted.record())) as ReturnType<typeof noted.record>
        expect(runTransformTwsBars({ ...any, baseline: baselineOf(record) })).toEqual(first)
      }),
      { numRuns: 400 },
    )
  })
})

describe('a hundred thousand rows', () => {
  const ROWS = 100_000
  const run = (bars: BarColumns): TransformOutput => {
    for (const name of ['open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'] as const) {
      for (let i = 0; i < ROWS; i++) bars[name][i] = 10 + (i % 2)
    }
    bars.high.fill(11)
    bars.low.fill(10)
    return runTransformTwsBars({
      session: SHORT,
      fromTs: 0,
      toTs: 2 * OPEN_TS,
      responses: [{ id: 1, receivedAtMs: 0, bars }],
      config: curationConfig(),
      facts: SETTLED,
      baseline: baselineOf(UNKNOWN),
    })
  }
  const integrity = (output: TransformOutput): unknown[] =>
    output.findings
      .filter(({ rule }) => rule === 'out_of_session' || rule === 'duplicate')
      .map(({ rule, bars }) => [rule, bars])

  test('in a row are curated like few', () => {
    const bars = allocateBars(ROWS)
    bars.ts.forEach((_ts, i) => (bars.ts[i] = OPEN_TS + 60 * (i - 50_000)))
    const output = run(bars)
    expect(output.bars.ts).toHaveLength(12)
    expect(output.quality).toMatchObject({ received: ROWS, dropped: ROWS - 12 })
    expect(integrity(output)).toEqual([
      ['out_of_session', 50_000],
      ['out_of_session', ROWS - 50_012],
    ])
  })

  test('of one minute are one bar', () => {
    const bars = allocateBars(ROWS)
    bars.ts.fill(OPEN_TS)
    const output = run(bars)
    expect(output.bars.ts).toHaveLength(1)
    expect(output.findings.filter(({ rule }) => rule.startsWith('duplicate')).map(({ bars: count }) => count)).toEqual([
      ROWS,
    ])
  })

  test('that all come twice, backwards, are one finding', () => {
    const bars = allocateBars(ROWS)
    bars.ts.forEach((_ts, i) => (bars.ts[i] = OPEN_TS - 60 * (i >> 1)))
    const output = run(bars)
    expect(output.quality).toMatchObject({ received: ROWS / 2, dropped: ROWS / 2 - 1 })
    expect(output.findings.filter(({ rule }) => rule === 'duplicate_conflicting')).toMatchObject([
      { ts: OPEN_TS - 60 * (ROWS / 2 - 1), lastTs: OPEN_TS - 60, bars: ROWS - 2 },
      { ts: OPEN_TS, lastTs: OPEN_TS, bars: 2 },
    ])
  })
})
