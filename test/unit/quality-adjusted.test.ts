import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { RawResponse, ResponseScale } from '#shared/raw-response.ts'
import { runTransformTwsBars, type TransformOutput } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { barsOf, rowsOf, type TestBar } from './bars-fixtures.ts'
import { barAt, found, inputOf, places, type Settings } from './quality-fixtures.ts'

/** A split of 2:1: prices of before are halved, volumes doubled. */
const SPLIT: ResponseScale = { price: 0.5, volume: 2 }

const response = (id: number, bars: readonly TestBar[], scale?: ResponseScale): RawResponse => ({
  id,
  receivedAtMs: id,
  bars: barsOf(bars),
  ...(scale === undefined ? {} : { scale }),
})
const curate = (responses: readonly RawResponse[], settings?: Settings): TransformOutput =>
  runTransformTwsBars(inputOf(responses, settings))

const BEFORE = [
  barAt(0, { open: 200, high: 202, low: 199, close: 201, volume: 50, vwap: 200.5, tradeCount: 7 }),
  barAt(1, { open: 201, high: 203, low: 200, close: 202, volume: 51, vwap: 201.5, tradeCount: 8 }),
]

describe('an answer that was received before the broker re-adjusted its history', () => {
  test('is converted to the present prices and volumes, and marked', () => {
    const output = curate([response(1, BEFORE, SPLIT)])
    expect(rowsOf(output.bars)).toEqual([
      { ts: BEFORE[0].ts, open: 100, high: 101, low: 99.5, close: 100.5, volume: 100, vwap: 100.25, tradeCount: 7 },
      { ts: BEFORE[1].ts, open: 100.5, high: 101.5, low: 100, close: 101, volume: 102, vwap: 100.75, tradeCount: 8 },
    ])
    expect([...output.bars.flags]).toEqual([BarFlag.Adjusted, BarFlag.Adjusted])
    // Where a bar comes from is no doubt about it.
    expect(output.quality).toMatchObject({ adjusted: 2, flagged: 0 })
    expect(found(output, 'adjusted_history')).toMatchObject([
      {
        ts: BEFORE[0].ts,
        lastTs: BEFORE[1].ts,
        bars: 2,
        severity: 'info',
        action: 'keep',
        message: '2 bars were received before the broker re-adjusted its history, and converted.',
      },
    ])
  })

  test('never stands beside a later one in another basis', () => {
    const later = [
      barAt(1, { open: 100.5, high: 101.5, low: 100, close: 101, volume: 102, vwap: 100.75, tradeCount: 8 }),
    ]
    const output = curate([response(2, [...later, barAt(2, { close: 101 })]), response(1, BEFORE, SPLIT)])
    expect([...output.bars.close]).toEqual([100.5, 101, 101])
    expect([...output.bars.flags]).toEqual([BarFlag.Adjusted, 0, 0])
    expect(output.quality.adjusted).toBe(1)
    expect(output.findings.map(({ rule }) => rule)).not.toContain('revised_prices')
    expect(output.findings.map(({ rule }) => rule)).not.toContain('price_move')
  })

  test('may be divided by what leaves doubles that are no cents, in order all the same', () => {
    const third = { price: 1 / 3, volume: 3 }
    const bars = [barAt(0, { open: 10, high: 10.01, low: 9.99, close: 10.01, volume: 1, vwap: 10 })]
    const output = curate([response(1, bars, third)])
    const { open, high, low, close } = output.bars
    expect(low[0] <= Math.min(open[0], close[0]) && Math.max(open[0], close[0]) <= high[0]).toBe(true)
    expect(close[0]).toBeCloseTo(3.33666667, 8)
    expect(found(output, 'tick_size')).toEqual([])
  })

  test('is not asked for whole shares or whole ticks', () => {
    const reverse = { price: 10, volume: 0.1 }
    const output = curate([response(1, [barAt(0, { close: 1.005, volume: 55 })], reverse)])
    expect(output.bars.volume[0]).toBeCloseTo(5.5, 12)
    expect(found(output, 'volume_fractional')).toEqual([])
    expect(found(output, 'tick_size')).toEqual([])
  })

  test('has its -1 for what TWS does not have as null', () => {
    const output = curate([response(1, [barAt(0, { vwap: -1, tradeCount: -1 })], SPLIT)])
    expect(output.bars.vwap[0]).toBeNaN()
    expect(output.bars.tradeCount[0]).toBeNaN()
    const invalid = curate([response(1, [barAt(0, { volume: -1 })], SPLIT)])
    expect(found(invalid, 'volume_invalid')[0].message).toBe('The volume is -1 and is stored as unknown.')
  })

  test('changes nothing where its factors are one', () => {
    const output = curate([response(1, BEFORE, { price: 1, volume: 1 })])
    expect(rowsOf(output.bars)).toEqual(rowsOf(barsOf(BEFORE)))
  })
})

describe('a revision across the adjustment', () => {
  /** One bar as received before at `price` and `volume`, and after at others. */
  const both = (price: number, volume: number, later: Partial<TestBar>, scale = SPLIT): TransformOutput =>
    curate([
      response(1, [barAt(0, { close: price, volume, vwap: price })], scale),
      response(2, [
        barAt(0, { close: price * scale.price, volume: volume * scale.volume, vwap: price * scale.price, ...later }),
      ]),
    ])

  test('is none where the broker rounded to cents, and to whole shares', () => {
    // 201.01 / 2 is 100.505.
    const rounded = { open: 100.51, high: 100.51, low: 100.51, close: 100.51, vwap: 100.51 }
    expect(both(201.01, 50, rounded).findings.map(({ rule }) => rule)).not.toContain('revised_prices')
    expect(found(both(200, 50, { volume: 101 }), 'revised_quantities')).toEqual([])
  })

  test('is none where a cent before is ten now', () => {
    // 1.005 was rounded to 1.01, which is 10.10 today; the broker has 10.05.
    const reverse = { price: 10, volume: 0.1 }
    const now = { open: 10.05, high: 10.05, low: 10.05, close: 10.05, vwap: 10.05 }
    expect(both(1.01, 1_000, now, reverse).findings.map(({ rule }) => rule)).not.toContain('revised_prices')
    expect(found(both(1.01, 1_000, now, reverse), 'revised_quantities')).toEqual([])
  })

  test('is one of prices where they differ by more', () => {
    // Allowed are half a cent before and now, and two hundredths of a per cent: 0.0075 and 0.02.
    const at = (close: number): object => ({ open: close, high: close, low: close, close })
    expect(places(both(200, 50, at(100.02)), 'revised_prices')).toEqual([])
    expect(places(both(200, 50, at(100.04)), 'revised_prices')).toEqual([[0, 0, 1]])
  })

  test('is one of quantities where volumes differ by more than a per cent, or the trades at all', () => {
    // Of 100 shares today: half a share now, one from half a share before, and one per cent.
    expect(places(both(200, 50, { volume: 102 }), 'revised_quantities')).toEqual([])
    expect(places(both(200, 50, { volume: 103 }), 'revised_quantities')).toEqual([[0, 0, 1]])
    expect(places(both(200, 50, { tradeCount: 6 }), 'revised_quantities')).toEqual([[0, 0, 1]])
  })

  test('is told from answers of one basis to the last digit', () => {
    const output = curate([response(1, [barAt(0, { close: 100 })]), response(2, [barAt(0, { close: 100.000001 })])])
    expect(places(output, 'revised_prices')).toEqual([[0, 0, 1]])
  })
})
