import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BarColumns } from '#shared/bars.ts'
import type { BarUpdate } from '#main/tws/link/link-protocol.ts'
import { LiveSeries } from '#main/tws/live/live-series.ts'
import { barsOf, rowsOf } from './bars-fixtures.ts'

const GRACE_MS = 10_000
const MINUTE = 60
/** When the minute that begins at `ts` is over and the grace has passed. */
const overMs = (ts: number): number => (ts + MINUTE) * 1000 + GRACE_MS

function update(ts: number | string, close = 10): BarUpdate {
  return { time: String(ts), open: 1, high: 2, low: 0.5, close, volume: 300, wap: 1.25, tradeCount: 7 }
}

const starts = (bars: BarColumns): number[] => [...bars.ts]
const closes = (bars: BarColumns): [number, number][] => rowsOf(bars).map(({ ts, close }) => [ts, close])

describe('the bar in progress', () => {
  test('is final when a later one comes, with its last values', () => {
    const series = new LiveSeries(GRACE_MS)
    expect(starts(series.onUpdate(update(600, 1), 601_000))).toEqual([])
    expect(starts(series.onUpdate(update(600, 2), 606_000))).toEqual([])
    expect(starts(series.onUpdate(update(600, 3), 658_000))).toEqual([])
    const final = series.onUpdate(update(660, 9), 661_000)
    expect(rowsOf(final)).toEqual([
      { ts: 600, open: 1, high: 2, low: 0.5, close: 3, volume: 300, vwap: 1.25, tradeCount: 7 },
    ])
    expect(series.lastFinalTs).toBe(600)
    expect(series.inProgressTs).toBe(660)
  })

  test('is final when its minute has been over for the grace, and not before', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    expect(series.dueMs).toBe(670_000)
    expect(starts(series.tick(669_999))).toEqual([])
    expect(closes(series.tick(670_000))).toEqual([[600, 1]])
    expect(series.dueMs).toBeUndefined()
    expect(starts(series.tick(999_000))).toEqual([])
  })

  test('is not given out again by an update that comes after it was final', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    series.tick(670_000)
    expect(starts(series.onUpdate(update(600, 2), 671_000))).toEqual([])
    expect(starts(series.tick(800_000))).toEqual([])
    expect(series.inProgressTs).toBeUndefined()
  })

  test('is not replaced by an older one', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(660, 1), 661_000)
    expect(starts(series.onUpdate(update(600, 2), 662_000))).toEqual([])
    expect(closes(series.tick(730_000))).toEqual([[660, 1]])
  })

  test('may be followed by one that is minutes later; what lies between had no bar', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    expect(closes(series.onUpdate(update(900, 2), 901_000))).toEqual([[600, 1]])
  })

  test('that comes when its minute is long over is final at once, after the one before it', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    expect(closes(series.onUpdate(update(660, 2), 999_000))).toEqual([
      [600, 1],
      [660, 2],
    ])
  })

  test.each(['', '20240702  09:30:00', 'finished-20240702', '-60', '600.5', '1e3'])(
    'is not one whose time is %j',
    (time) => {
      const series = new LiveSeries(GRACE_MS)
      expect(starts(series.onUpdate(update(time), 10_000_000))).toEqual([])
      expect(series.inProgressTs).toBeUndefined()
    },
  )

  test('is forgotten by an interruption, and comes again with the history', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    series.interrupt()
    expect(series.dueMs).toBeUndefined()
    expect(starts(series.tick(999_000))).toEqual([])
    const history = barsOf([
      { ts: 600, close: 5 },
      { ts: 660, close: 6 },
    ])
    expect(closes(series.onBars(history, 700_000))).toEqual([[600, 5]])
    expect(series.inProgressTs).toBe(660)
  })
})

describe('the bars up to now', () => {
  test('are final except the last one, whose minute goes on', () => {
    const series = new LiveSeries(GRACE_MS)
    const bars = barsOf([{ ts: 600 }, { ts: 660 }, { ts: 720 }])
    expect(starts(series.onBars(bars, 725_000))).toEqual([600, 660])
    expect(series.inProgressTs).toBe(720)
  })

  test('are all final when the last minute is over', () => {
    const series = new LiveSeries(GRACE_MS)
    expect(starts(series.onBars(barsOf([{ ts: 600 }, { ts: 660 }]), overMs(660)))).toEqual([600, 660])
    expect(series.inProgressTs).toBeUndefined()
  })

  test('are given out from the last one on that is known, in order of time whatever their order', () => {
    const series = new LiveSeries(GRACE_MS, 660)
    const bars = barsOf([{ ts: 780, close: 4 }, { ts: 600 }, { ts: 720, close: 3 }, { ts: 660 }])
    expect(closes(series.onBars(bars, 781_000))).toEqual([[720, 3]])
    expect(series.lastFinalTs).toBe(720)
  })

  test('may repeat a minute; its last row counts', () => {
    const series = new LiveSeries(GRACE_MS)
    const bars = barsOf([
      { ts: 600, close: 1 },
      { ts: 600, close: 2 },
      { ts: 660, close: 3 },
    ])
    expect(closes(series.onBars(bars, 661_000))).toEqual([[600, 2]])
  })

  test('take the place of the bar in progress', () => {
    const series = new LiveSeries(GRACE_MS)
    series.onUpdate(update(600, 1), 601_000)
    series.onBars(barsOf([{ ts: 600, close: 2 }]), 602_000)
    expect(closes(series.tick(670_000))).toEqual([[600, 2]])
  })

  test('may be none', () => {
    expect(starts(new LiveSeries(GRACE_MS).onBars(barsOf([]), 0))).toEqual([])
  })
})

test('every minute is given out at most once, in order, and only when it is known to be over', () => {
  const minute = fc.integer({ min: 0, max: 12 })
  const happening = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('update' as const), minutes: fc.tuple(minute) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('bars' as const), minutes: fc.array(minute, { maxLength: 6 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('tick' as const), minutes: fc.tuple(minute) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('interrupt' as const), minutes: fc.tuple(minute) }) },
  )
  const story = fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 45_000 })), { maxLength: 40 })
  fc.assert(
    fc.property(story, fc.option(minute, { nil: undefined }), (happenings, known) => {
      const series = new LiveSeries(GRACE_MS, known === undefined ? undefined : known * MINUTE)
      const given: number[] = []
      let latestSeen = -Infinity
      let nowMs = 0
      let value = 0
      /** Last value seen of each minute. */
      const lastValue = new Map<number, number>()
      for (const [{ do: what, minutes }, waitMs] of happenings) {
        nowMs += waitMs
        let final: BarColumns
        // A bar of a minute that has not begun cannot come.
        const possible = minutes.filter((each) => each * 60_000 <= nowMs).map((each) => each * MINUTE)
        const bars = possible.map((ts) => ({ ts, close: ++value }))
        if (what === 'interrupt') {
          series.interrupt()
          continue
        }
        if (what === 'tick') final = series.tick(nowMs)
        else {
          if (what === 'update' && bars.length === 0) continue
          for (const { ts, close } of bars) {
            latestSeen = Math.max(latestSeen, ts)
            if (!given.includes(ts)) lastValue.set(ts, close)
          }
          final =
            what === 'bars'
              ? series.onBars(barsOf(bars), nowMs)
              : series.onUpdate(update(bars[0].ts, bars[0].close), nowMs)
        }
        for (const [ts, close] of closes(final)) {
          expect(ts).toBeGreaterThan(given.at(-1) ?? (known === undefined ? -1 : known * MINUTE))
          expect(ts < latestSeen || nowMs >= overMs(ts)).toBe(true)
          expect(close).toBe(lastValue.get(ts))
          given.push(ts)
        }
        expect(series.lastFinalTs).toBe(given.at(-1) ?? (known === undefined ? undefined : known * MINUTE))
      }
    }),
    { numRuns: 500 },
  )
})

test('a stream without a fault gives every minute out, once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }), (minutes, repeats) => {
      const series = new LiveSeries(GRACE_MS)
      const given: [number, number][] = []
      for (let minute = 0; minute < minutes; minute++) {
        for (let i = 1; i <= repeats; i++) {
          given.push(...closes(series.onUpdate(update(minute * MINUTE, i), minute * 60_000 + i * 4_000)))
        }
      }
      given.push(...closes(series.tick(overMs((minutes - 1) * MINUTE))))
      expect(given).toEqual(Array.from({ length: minutes }, (_, minute) => [minute * MINUTE, repeats]))
    }),
  )
})
