import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocateBars, BAR_COLUMNS, BarFlag, type CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { RawResponse } from '#shared/raw-response.ts'
import {
  runTransformTwsBars,
  type TransformInput,
  type TransformOutput,
} from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { anyDouble, barsOf, OPEN_TS, SESSION } from './bars-fixtures.ts'

/** A session of twelve minutes, with and without a break from the fifth to the seventh. */
const SHORT: Session = { ...SESSION, closeTs: OPEN_TS + 720 }
const WITH_BREAK: Session = { ...SHORT, breakStartTs: OPEN_TS + 300, breakEndTs: OPEN_TS + 420 }

/** Prices that are mostly good and close together, so that every rule is tripped, nearly tripped and passed. */
const price = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(9, 9.99, 10, 10.01, 11) },
  { weight: 1, arbitrary: anyDouble },
)
const time = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 15 }).map((minute) => OPEN_TS + 60 * minute) },
  { weight: 1, arbitrary: fc.integer({ min: -200, max: 900 }).map((second) => OPEN_TS + second) },
  { weight: 1, arbitrary: anyDouble },
)
const bar = fc.record({
  ts: time,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: price,
  vwap: price,
  tradeCount: price,
})

/** Responses with increasing ids. */
const responses = fc
  .array(fc.array(bar, { maxLength: 15 }), { maxLength: 3 })
  .map((list) => list.map((bars, i): RawResponse => ({ id: i + 1, receivedAtMs: i, bars: barsOf(bars) })))

const input: fc.Arbitrary<TransformInput> = fc.record({
  session: fc.constantFrom(SHORT, WITH_BREAK),
  fromTs: fc.constantFrom(OPEN_TS - 120, OPEN_TS - 34_200),
  toTs: fc.constantFrom(OPEN_TS + 780, OPEN_TS + 52_200),
  responses,
  config: fc.record({
    transformVersion: fc.constant(1),
    quality: fc.record({
      ohlcInconsistent: fc.constantFrom('drop', 'widen'),
      outOfSession: fc.constant('drop'),
      minimumCoverage: fc.constantFrom(0, 0.5, 1),
    }),
  }),
})

function isOpen(session: Session, ts: number): boolean {
  const inBreak =
    session.breakStartTs !== null &&
    session.breakEndTs !== null &&
    ts >= session.breakStartTs &&
    ts < session.breakEndTs
  return ts >= session.openTs && ts < session.closeTs && !inBreak
}

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
      volume: Number.isNaN(bars.volume[i]) || (bars.volume[i] >= 0 && bars.volume[i] < Infinity),
      vwap: Number.isNaN(bars.vwap[i]) || (bars.vwap[i] > 0 && bars.vwap[i] < Infinity),
      tradeCount: Number.isNaN(bars.tradeCount[i]) || (bars.tradeCount[i] >= 0 && bars.tradeCount[i] < Infinity),
      unknownIsFlagged: Number.isNaN(bars.volume[i]) === ((bars.flags[i] & BarFlag.VolumeUnknown) !== 0),
    }
    expect(facts).toEqual(Object.fromEntries(Object.keys(facts).map((name) => [name, true])))
  }
}

function expectCounted(output: TransformOutput, session: Session): void {
  const { bars, findings, quality } = output
  const pause = session.breakStartTs === null ? 0 : 2
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
  const flaggedTimes = [...bars.ts].filter((_ts, i) => bars.flags[i] !== 0)
  expect(quality.expected).toBe(12 - pause)
  expect(quality.received).toBe(bars.ts.length + quality.dropped)
  expect(quality.missing).toBe(quality.expected - bars.ts.length)
  expect(quality.coverage).toBe(bars.ts.length / quality.expected)
  expect(quality.dropped).toBe(sum(findings.filter(({ action }) => action === 'drop').map((finding) => finding.bars)))
  expect(quality.flagged).toBe(flaggedTimes.length)
  expect(
    [...new Set(findings.filter(({ action }) => action === 'flag').map(({ ts }) => ts))].sort((a, b) => a - b),
  ).toEqual(flaggedTimes)
  for (const column of [...BAR_COLUMNS, 'flags'] as const) expect(bars[column]).toHaveLength(bars.ts.length)
}

describe('whatever comes in', () => {
  test('curated bars ascend, lie in the session and are good', () => {
    fc.assert(
      fc.property(input, (any) => expectSound(runTransformTwsBars(any), any.session)),
      { numRuns: 400 },
    )
  })

  test('every bar is kept, dropped or flagged, and counted as such', () => {
    fc.assert(
      fc.property(input, (any) => expectCounted(runTransformTwsBars(any), any.session)),
      { numRuns: 400 },
    )
  })

  test('the responses stay as they are', () => {
    fc.assert(
      fc.property(input, (any) => {
        const before = structuredClone(any.responses)
        runTransformTwsBars(any)
        expect(any.responses).toEqual(before)
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

  test('the same comes out when the rows of a response without duplicates are shuffled', () => {
    const unique = fc.uniqueArray(bar, { selector: ({ ts }) => ts, maxLength: 15 })
    const both = unique.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length })),
    )
    fc.assert(
      fc.property(input, both, (any, [rows, shuffled]) => {
        const run = (bars: typeof rows): TransformOutput =>
          runTransformTwsBars({ ...any, responses: [{ id: 1, receivedAtMs: 0, bars: barsOf(bars) }] })
        expect(run(shuffled)).toEqual(run(rows))
      }),
    )
  })

  test('curating what was curated changes nothing', () => {
    fc.assert(
      fc.property(input, (any) => {
        const { bars } = runTransformTwsBars(any)
        const again = runTransformTwsBars({ ...any, responses: [{ id: 1, receivedAtMs: 0, bars }] })
        const { flags, ...columns } = again.bars
        const { flags: before, ...expected } = bars
        expect(columns).toEqual(expected)
        // A repair or a conflict is a fact of what was received; an unknown volume can still be seen.
        expect([...flags]).toEqual(Array.from(before, (flag) => flag & BarFlag.VolumeUnknown))
        expect(again.quality).toMatchObject({ received: bars.ts.length, dropped: 0 })
      }),
      { numRuns: 300 },
    )
  })

  test('the newest response has the last word on every minute that it has', () => {
    fc.assert(
      fc.property(input, (any) => {
        fc.pre(any.responses.length > 1)
        const newest = any.responses[any.responses.length - 1]
        const alone = runTransformTwsBars({ ...any, responses: [newest] }).bars
        const together = runTransformTwsBars(any).bars
        const rowOf = (bars: CuratedColumns, ts: number): (number | undefined)[] =>
          BAR_COLUMNS.map((name) => bars[name][bars.ts.indexOf(ts)])
        for (const ts of newest.bars.ts) expect(rowOf(together, ts)).toEqual(rowOf(alone, ts))
      }),
    )
  })
})

describe('a hundred thousand rows', () => {
  const ROWS = 100_000
  const run = (bars: ReturnType<typeof allocateBars>): TransformOutput => {
    for (const name of ['open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount'] as const) {
      for (let i = 0; i < ROWS; i++) bars[name][i] = 10
    }
    return runTransformTwsBars({
      session: SHORT,
      fromTs: 0,
      toTs: 2 * OPEN_TS,
      responses: [{ id: 1, receivedAtMs: 0, bars }],
      config: { transformVersion: 1, quality: { ohlcInconsistent: 'drop', outOfSession: 'drop', minimumCoverage: 0 } },
    })
  }

  test('in a row are curated like few', () => {
    const bars = allocateBars(ROWS)
    bars.ts.forEach((_ts, i) => (bars.ts[i] = OPEN_TS + 60 * (i - 50_000)))
    const output = run(bars)
    expect(output.bars.ts).toHaveLength(12)
    expect(output.quality).toMatchObject({ received: ROWS, dropped: ROWS - 12 })
    expect(output.findings.map(({ rule, bars: count }) => [rule, count])).toEqual([
      ['out_of_session', 50_000],
      ['out_of_session', ROWS - 50_012],
    ])
  })

  test('of one minute are one bar', () => {
    const bars = allocateBars(ROWS)
    bars.ts.fill(OPEN_TS)
    const output = run(bars)
    expect(output.bars.ts).toHaveLength(1)
    expect(output.findings.map(({ rule, bars: count }) => [rule, count])).toEqual([['duplicate', ROWS]])
  })

  test('that all come twice are as many findings', () => {
    const bars = allocateBars(ROWS)
    bars.ts.forEach((_ts, i) => (bars.ts[i] = OPEN_TS - 60 * (i >> 1)))
    const output = run(bars)
    expect(output.quality).toMatchObject({ received: ROWS / 2 })
    expect(output.findings).toHaveLength(ROWS / 2 + 1)
  })
})
