import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocateBars, type BarColumns } from '#shared/bars.ts'
import { barsOfKind, type DataKind } from '#main/simulator/history/data-kind.ts'
import { knownMinutes } from '#main/simulator/history/finished-minutes.ts'
import { splitMinutes } from '#main/simulator/history/split-minutes.ts'

const T = 1_719_927_000

/** One minute that begins at T: open, high, low, close, volume, average, count. */
function minuteOf(...values: readonly number[]): BarColumns {
  const bars = allocateBars(1)
  bars.ts[0] = T
  ;[bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0], bars.vwap[0], bars.tradeCount[0]] = values
  return bars
}

const minutes = fc
  .record({
    low: fc.integer({ min: 100, max: 50_000 }),
    range: fc.nat(300),
    openShare: fc.nat(100),
    closeShare: fc.nat(100),
    volume: fc.nat(1_000_000),
    count: fc.nat(500),
  })
  .map(({ low, range, openShare, closeShare, volume, count }) => {
    const within = (share: number): number => (low + Math.round((range * share) / 100)) / 100
    const average = (low + range / 2) / 100
    return minuteOf(within(openShare), (low + range) / 100, low / 100, within(closeShare), volume, average, count)
  })

const sizes = fc.constantFrom(1, 5, 10, 15, 30)

describe('small bars', () => {
  it('of a minute are together the minute', () => {
    fc.assert(
      fc.property(minutes, sizes, (minute, seconds) => {
        const bars = splitMinutes(minute, seconds, T + 60, 0.01)
        const count = 60 / seconds
        expect([...bars.ts]).toEqual(Array.from({ length: count }, (_, i) => T + i * seconds))
        expect(bars.open[0]).toBe(minute.open[0])
        expect(bars.close[count - 1]).toBe(minute.close[0])
        expect(Math.max(...bars.high)).toBe(minute.high[0])
        expect(Math.min(...bars.low)).toBe(minute.low[0])
        const sum = (column: Float64Array): number => column.reduce((total, value) => total + value, 0)
        expect(sum(bars.volume)).toBe(minute.volume[0])
        expect(sum(bars.tradeCount)).toBe(minute.tradeCount[0])
      }),
    )
  })

  it('are bars: each begins where the one before ended, and its range holds its prices', () => {
    fc.assert(
      fc.property(minutes, sizes, (minute, seconds) => {
        const { open, high, low, close, volume, tradeCount, vwap } = splitMinutes(minute, seconds, T + 60, 0.01)
        for (let i = 0; i < open.length; i++) {
          if (i > 0) expect(open[i]).toBe(close[i - 1])
          expect(high[i]).toBeGreaterThanOrEqual(Math.max(open[i], close[i], vwap[i]))
          expect(low[i]).toBeLessThanOrEqual(Math.min(open[i], close[i], vwap[i]))
          expect(Number.isInteger(volume[i]) && volume[i] >= 0).toBe(true)
          if (minute.tradeCount[0] > 0 && tradeCount[i] === 0) expect(volume[i]).toBe(0)
        }
      }),
    )
  })

  it('follow the path through the minute, worked out by hand', () => {
    // Rises: 20 s down from 100 to 99.4, 20 s up to 101.2, 20 s down to 100.6.
    const bars = splitMinutes(minuteOf(100, 101.2, 99.4, 100.6, 600, 100.2, 6), 15, T + 60, 0.01)
    expect([...bars.open]).toEqual([100, 99.55, 100.3, 101.05])
    expect([...bars.high]).toEqual([100, 100.3, 101.2, 101.05])
    expect([...bars.low]).toEqual([99.55, 99.4, 100.3, 100.6])
    expect([...bars.close]).toEqual([99.55, 100.3, 101.05, 100.6])
    // Of six trades one comes at 0 s, 10 s, 20 s and so on: two before 15 s, three before 30 s, five before 45 s.
    expect([...bars.tradeCount]).toEqual([2, 1, 2, 1])
    expect([...bars.volume]).toEqual([200, 100, 200, 100])
  })

  it('end where the present does, the last one as far as it has come', () => {
    const minute = minuteOf(100, 101.2, 99.4, 100.6, 600, 100.2, 60)
    const bars = splitMinutes(minute, 30, T + 40, 0.01)
    expect([...bars.ts]).toEqual([T, T + 30])
    expect([bars.open[1], bars.high[1], bars.low[1], bars.close[1], bars.volume[1]]).toEqual([
      100.3, 101.2, 100.3, 101.2, 100,
    ])
    const whole = knownMinutes(minute, T + 40, 0.01)
    expect([whole.high[0], whole.low[0], whole.close[0], whole.volume[0]]).toEqual([101.2, 99.4, 101.2, 400])
  })

  it('have no average or count where the minute has none', () => {
    const bars = splitMinutes(minuteOf(1, 1, 1, 1, 60, Number.NaN, Number.NaN), 30, T + 60, 0.01)
    expect([...bars.vwap, ...bars.tradeCount]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
    expect([...bars.volume]).toEqual([30, 30])
  })
})

describe('quotes', () => {
  const trades = minuteOf(100.5, 101, 100, 100.75, 300, 100.6, 3)
  const pricesOf = (kind: DataKind): number[] => {
    const { open, high, low, close } = barsOfKind(trades, kind, 0.01)
    return [open[0], high[0], low[0], close[0]]
  }

  it('lie a tick around the trades', () => {
    expect(pricesOf('MIDPOINT')).toEqual([100.5, 101, 100, 100.75])
    expect(pricesOf('BID')).toEqual([100.49, 100.99, 99.99, 100.74])
    expect(pricesOf('ASK')).toEqual([100.51, 101.01, 100.01, 100.76])
    // Average bid, highest ask, lowest bid, average ask; the average trade is 100.625, which rounds up to a tick.
    expect(pricesOf('BID_ASK')).toEqual([100.62, 101.01, 99.99, 100.64])
  })

  it('have no volume, average or count; adjusted trades have', () => {
    for (const kind of ['MIDPOINT', 'BID', 'ASK', 'BID_ASK'] as const) {
      const { volume, vwap, tradeCount } = barsOfKind(trades, kind, 0.01)
      expect([volume[0], vwap[0], tradeCount[0]]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    }
    expect(barsOfKind(trades, 'ADJUSTED_LAST', 0.01)).toEqual(trades)
  })
})
