import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { TestBar } from './bars-fixtures.ts'
import { barAt, found, places, type Settings, transform } from './quality-fixtures.ts'

/**
 * Numbers that doubles hold exactly: the scale of returns is 1/1024 and the factor 16, so that a move from 64 may reach 65 (1/64) and
 * no further. The price step of a cent would allow 0.05, which is less.
 */
const SCALE = 1 / 1024
const PARAMS = { factor: 16, reversal: 0.5 }
const RULES = { bad_tick: { params: PARAMS }, price_move: { params: PARAMS } }

const known = (more: Partial<Settings> = {}): Settings => ({
  quality: { rules: RULES },
  baseline: { sessions: 20, previousClose: 64, returnScales: { 0: SCALE, 1: 8 * SCALE } },
  ...more,
})

/** Bars that open and close at one price, which the high and low enclose. */
const at = (closes: readonly number[], from = 0): TestBar[] =>
  closes.map((close, i) => barAt(from + i, { close, volume: 100 + i }))

const spikes = (bars: readonly TestBar[], settings = known()): unknown => {
  const output = transform(bars, settings)
  return { bad: places(output, 'bad_tick'), move: places(output, 'price_move') }
}
const NOTHING = { bad: [], move: [] }
const bad = (minute: number): unknown => ({ bad: [[minute, minute, 1]], move: [] })
const move = (minute: number): unknown => ({ bad: [], move: [[minute, minute, 1]] })

describe('a close far out', () => {
  test('is a bad tick where the next bar takes it back', () => {
    const output = transform(at([64, 64, 65.01, 64, 64]), known())
    expect(places(output, 'bad_tick')).toEqual([[2, 2, 1]])
    expect(found(output, 'bad_tick')).toMatchObject([
      { severity: 'error', blocking: false, action: 'flag', context: { bar: { close: 65.01 }, next: { close: 64 } } },
    ])
    expect(found(output, 'bad_tick')[0].message).toBe(
      'The close is +1.58 % away, and the next bar is back; up to 1.56 % is normal.',
    )
    expect([...output.bars.flags]).toEqual([0, 0, BarFlag.Suspect, 0, 0])
    expect(output.quality).toMatchObject({ outliers: 1, flagged: 1 })
  })

  test.each([
    [65, NOTHING],
    [65.01, bad(2)],
    [62.99, bad(2)],
    [640, bad(2)],
    [0.64, bad(2)],
  ])('at %d after 64 is judged by 16 scales, which allow 1', (close, expected) => {
    expect(spikes(at([64, 64, close, 64, 64]))).toEqual(expected)
  })

  test('may be as far below as above', () => {
    expect(spikes(at([64, 64, 63, 63, 63]))).toEqual(NOTHING)
    expect(spikes(at([64, 64, 62.99, 62.99, 62.99]))).toEqual(move(2))
  })

  test('that persists is a large move, which is kept as it is', () => {
    const output = transform(at([64, 64, 68, 68, 68.01]), known())
    expect(places(output, 'price_move')).toEqual([[2, 2, 1]])
    expect(places(output, 'bad_tick')).toEqual([])
    expect(found(output, 'price_move')).toMatchObject([{ severity: 'info', action: 'keep' }])
    expect([...output.bars.flags]).toEqual([0, 0, 0, 0, 0])
    expect(output.quality.outliers).toBe(1)
  })

  test.each([
    // The move is 4, of which half must be taken back.
    [66, bad(2)],
    [66.01, move(2)],
    [62, bad(2)],
    [61.99, move(2)],
  ])('to 68 is taken back by a bar at %d or is not', (next, expected) => {
    // What comes after is near enough to the bar before it to be no move of its own.
    const output = transform(at([64, 64, 68, next]), known())
    const of = { bad: places(output, 'bad_tick'), move: places(output, 'price_move').slice(0, 1) }
    const last = (expected as { bad: unknown[] }).bad.length > 0 ? [[3, 3, 1]] : undefined
    expect(of).toEqual(last === undefined ? expected : { bad: [[2, 2, 1]], move: last })
  })

  test('in the last bar is a move of which nobody knows', () => {
    const output = transform(at([64, 64, 68]), known())
    expect(places(output, 'bad_tick')).toEqual([])
    expect(places(output, 'price_move')).toEqual([[2, 2, 1]])
    expect(found(output, 'price_move')[0].message).toContain('whether it is taken back is not known')
  })

  test('twice in a row at one level counts as a move there and a move back', () => {
    expect(spikes(at([64, 64, 68, 68, 64, 64]))).toEqual({
      bad: [],
      move: [
        [2, 2, 1],
        [4, 4, 1],
      ],
    })
  })

  test('leaves the bar after it measured by the close before it', () => {
    expect(spikes(at([64, 68, 64, 64.5, 68, 64.2, 64]))).toEqual({
      bad: [
        [1, 1, 1],
        [4, 4, 1],
      ],
      move: [],
    })
  })
})

describe('a high or low far out', () => {
  const bars = (change: Partial<TestBar>): TestBar[] =>
    at([64, 64, 64, 64]).with(2, { ...barAt(2, { close: 64 }), ...change })

  test.each([
    [{ high: 65 }, NOTHING],
    [{ high: 65.01 }, bad(2)],
    [{ low: 63 }, NOTHING],
    [{ low: 62.99 }, bad(2)],
    [{ open: 66, high: 66 }, bad(2)],
  ])('%j is a bad tick beyond what a minute may move', (change, expected) => {
    expect(spikes(bars(change))).toEqual(expected)
  })

  test('on both sides is one finding and one outlier', () => {
    const output = transform(bars({ high: 66, low: 62 }), known())
    expect(places(output, 'bad_tick')).toEqual([[2, 2, 1]])
    expect(found(output, 'bad_tick')[0].message).toBe(
      'The high is +3.13 % away and the low is -3.13 % away, and the bar closes back; up to 1.56 % is normal.',
    )
    expect(output.quality.outliers).toBe(1)
  })

  test('is measured from the highest and lowest of the closes beside it', () => {
    // From 65 the limit is 66.015625.
    const rising = (high: number): TestBar[] =>
      at([64, 64, 65, 65]).with(2, barAt(2, { open: 64, low: 64, high, close: 65 }))
    expect(spikes(rising(66.01))).toEqual(NOTHING)
    expect(spikes(rising(66.02))).toEqual(bad(2))
    // A bar wholly below the one before is a move and no low of its own.
    expect(spikes(at([64, 64, 60, 60, 60]))).toEqual(move(2))
  })

  test('beside a move is a bad tick beside a move, and one outlier', () => {
    const output = transform(
      at([64, 64, 68, 68]).with(2, barAt(2, { open: 64, low: 64, high: 72, close: 68 })),
      known(),
    )
    expect(places(output, 'bad_tick')).toEqual([[2, 2, 1]])
    expect(places(output, 'price_move')).toEqual([[2, 2, 1]])
    expect(output.quality.outliers).toBe(1)
  })
})

describe('what is normal', () => {
  test('goes by the half hour of the session', () => {
    // In the second half hour eight times as much: 1/8.
    expect(spikes(at([64, 64, 68, 64, 64], 27))).toEqual(bad(29))
    expect(spikes(at([64, 64, 68, 64, 64], 28))).toEqual(NOTHING)
    expect(spikes(at([64, 64, 72, 64, 64], 28))).toEqual(NOTHING)
    expect(spikes(at([64, 64, 72.01, 64, 64], 28))).toEqual(bad(30))
  })

  test('grows with the square root of the minutes since the last close', () => {
    // After four minutes twice as much: 1/32 of 64 is 2.
    const after = (close: number): TestBar[] => [...at([64, 64]), ...at([close, close], 5)]
    expect(spikes(after(66))).toEqual(NOTHING)
    expect(spikes(after(66.01))).toEqual(move(5))
    // A bad tick between does not count as a close.
    expect(spikes(at([64, 68, 65.4, 65.4]))).toEqual(bad(1))
  })

  test('has a least number of basis points', () => {
    const still = known({ baseline: { sessions: 20, previousClose: 64, returnScales: { 0: 0 } } })
    // 20 basis points of 64 are 0.128.
    expect(spikes(at([64, 64, 64.12, 64]), still)).toEqual(NOTHING)
    expect(spikes(at([64, 64, 64.13, 64]), still)).toEqual(bad(2))
    const fifty = { ...PARAMS, minimumBp: 50 }
    const wide = { ...still, quality: { rules: { bad_tick: { params: fifty }, price_move: { params: fifty } } } }
    expect(spikes(at([64, 64, 64.32, 64]), wide)).toEqual(NOTHING)
    expect(spikes(at([64, 64, 64.33, 64]), wide)).toEqual(bad(2))
  })

  test('has a least number of ticks: five cents of a stock of four dollars are 1.25 %', () => {
    const cheap = known({ baseline: { sessions: 20, previousClose: 4, returnScales: { 0: 0 } } })
    expect(spikes(at([4, 4, 4.05, 4]), cheap)).toEqual(NOTHING)
    expect(spikes(at([4, 4, 4.06, 4]), cheap)).toEqual(bad(2))
    const quarters = { ...cheap, instrument: { tickSize: 0.25 } }
    expect(spikes(at([4, 4, 5.2, 4]), quarters)).toEqual(NOTHING)
    expect(spikes(at([4, 4, 5.5, 4]), quarters)).toEqual(bad(2))
  })

  test('takes hundredths of cents for the tick below a dollar where nobody has said', () => {
    const penny = known({
      baseline: { sessions: 20, previousClose: 0.5, returnScales: { 0: 0 } },
      instrument: { tickSize: null },
    })
    // Five of them are 0.0005; 20 basis points are 0.001.
    expect(spikes(at([0.5, 0.5, 0.5009, 0.5]), penny)).toEqual(NOTHING)
    expect(spikes(at([0.5, 0.5, 0.5011, 0.5]), penny)).toEqual(bad(2))
  })

  test('is measured on the session itself where there is no history', () => {
    const first: Settings = {
      quality: { rules: { bad_tick: { params: { factor: 2, reversal: 0.5 } }, price_move: { enabled: false } } },
    }
    // A quarter each of +1.56 %, -1.54 %, +0.78 % and -0.78 %: the median is about 0 and the median distance from it lies between 0.78 %
    // and 1.54 %, so that twice the scale lies between 2.3 % and 4.6 %.
    const restless = Array.from({ length: 41 }, (_, i) => [64, 65, 64, 64.5][i % 4])
    expect(spikes(at(restless), first)).toEqual(NOTHING)
    expect(spikes(at(restless.with(20, 68)), first)).toEqual(bad(20))
    expect(spikes(at(restless.with(20, 65.4)), first)).toEqual(NOTHING)
    // Thirty returns are needed to say so.
    expect(spikes(at(restless.slice(0, 31).with(20, 68)), first)).toEqual(bad(20))
    expect(spikes(at(restless.slice(0, 30).with(20, 68)), first)).toEqual(NOTHING)
  })
})

describe('the first bar', () => {
  const unknown = (previousClose: number | null): Settings =>
    known({ baseline: { sessions: 20, previousClose, returnScales: { 0: SCALE } } })

  test('may open anywhere after a night', () => {
    for (const previousClose of [32, 63, 90, null])
      expect(spikes(at([64, 64, 64]), unknown(previousClose))).toEqual(NOTHING)
  })

  test('has a bad close by its own open, whatever the night did', () => {
    const bars = [barAt(0, { open: 64, low: 64, high: 70, close: 70 }), ...at([64, 64], 1)]
    for (const previousClose of [32, 63, 64, 90, null]) expect(spikes(bars, unknown(previousClose))).toEqual(bad(0))
  })

  test('has a bad close by the close before as well, where it is all there is', () => {
    expect(spikes(at([70, 64, 64]), unknown(64))).toEqual(bad(0))
  })

  test('has a wrong first print where it is out from both sides', () => {
    const bars = [barAt(0, { open: 70, high: 70, low: 64, close: 64 }), ...at([64, 64], 1)]
    expect(spikes(bars, unknown(64))).toEqual(bad(0))
    expect(spikes(bars.with(0, barAt(0, { open: 58, high: 64, low: 58, close: 64 })), unknown(64))).toEqual(bad(0))
    // Opening above the night and giving back a third of it is what stocks do.
    const fading = [barAt(0, { open: 70, high: 70, low: 68, close: 68 }), ...at([68, 68], 1)]
    expect(spikes(fading, unknown(64))).toEqual(NOTHING)
    expect(spikes(bars, unknown(null))).toEqual(NOTHING)
  })
})

describe('what is done', () => {
  test('with a bad tick that is dropped: the bar is gone, and nothing takes its place', () => {
    const rules = { ...RULES, bad_tick: { params: PARAMS, action: 'drop' } }
    const output = transform(at([64, 64, 68, 64, 64]), known({ quality: { rules } }))
    expect([...output.bars.close]).toEqual([64, 64, 64, 64])
    expect(output.quality).toMatchObject({ received: 5, dropped: 1, filled: 0, outliers: 1 })
    expect(found(output, 'bad_tick')).toMatchObject([{ action: 'drop', context: { bar: { close: 68 } } }])
  })

  test('with moves where bad ticks are not looked for: the bad tick is not called a move', () => {
    const rules = { ...RULES, bad_tick: { enabled: false } }
    expect(spikes(at([64, 64, 68, 64, 64]), known({ quality: { rules } }))).toEqual(NOTHING)
  })
})
