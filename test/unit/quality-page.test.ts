import { describe, expect, test } from 'vitest'
import { BarFlag } from '#shared/bars.ts'
import type { SessionReport } from '#shared/contract/quality.ts'
import { clockTicks } from '../../renderer/charts/clock-ticks.ts'
import { niceTicks } from '../../renderer/charts/nice-ticks.ts'
import { boxOf, positionsIn } from '../../renderer/grid/grid-cells.ts'
import { movedBy } from '../../renderer/grid/grid-keys.ts'
import {
  isFilled,
  isMissing,
  minutesOf,
  priceReach,
  runsOf,
  spanOf,
} from '../../renderer/pages/quality/session-minutes.ts'

const MINUTE = 60
/** Opening of a session of seven minutes, the fourth of which is a break. */
const OPEN = 1_732_718_100

/** Bars at these minutes after the opening, all of one price and with these flags. */
function report(bars: readonly (readonly [minute: number, flags: number])[]): SessionReport {
  const prices = bars.map(() => 10)
  return {
    symbol: 'SPY',
    sessionDate: '2024-11-27',
    zone: 'America/New_York',
    hoursNow: { openTs: OPEN, closeTs: OPEN + 7 * MINUTE },
    openTs: OPEN,
    closeTs: OPEN + 7 * MINUTE,
    breakStartTs: OPEN + 3 * MINUTE,
    breakEndTs: OPEN + 4 * MINUTE,
    earlyClose: false,
    bars: {
      ts: bars.map(([minute]) => OPEN + minute * MINUTE),
      open: prices,
      high: prices.map((price) => price + 1),
      low: prices.map((price) => price - 1),
      close: prices,
      volume: bars.map(() => null),
      flags: bars.map(([, flags]) => flags),
    },
    findings: [],
    belowThreshold: [],
  }
}

describe('the minutes of a session', () => {
  const minutes = minutesOf(
    report([
      [-1, 0],
      [0, 0],
      [1, BarFlag.Filled],
      [2, BarFlag.Filled | BarFlag.Adjusted],
      [6, BarFlag.Filled],
    ]),
  )
  const after = (minute: number): number => OPEN + minute * MINUTE

  test('are those of its hours without the break, and those outside that have a bar', () => {
    expect(minutes.map(({ ts }) => ts)).toEqual([-1, 0, 1, 2, 4, 5, 6].map(after))
    expect(minutes.filter(isMissing).map(({ ts }) => ts)).toEqual([after(4), after(5)])
  })

  test('that follow each other make a run', () => {
    expect(runsOf(minutes, isFilled)).toEqual([
      { fromTs: after(1), toTs: after(3) },
      { fromTs: after(6), toTs: after(7) },
    ])
    expect(runsOf(minutes, isMissing)).toEqual([{ fromTs: after(4), toTs: after(6) }])
  })

  test('are drawn with room for half a bar at either end', () => {
    expect(spanOf(report([[0, 0]]), minutes, undefined)).toEqual([after(-1) - 30, after(7) - 30])
    expect(priceReach([])).toBeUndefined()
    // From 9 to 11, and six hundredths of that at either end.
    expect(priceReach(minutes)).toEqual([8.88, 11.12])
  })
})

describe('ticks', () => {
  test('of values are round and inside', () => {
    expect(niceTicks([108.3, 123.4], 5)).toEqual([110, 115, 120])
    expect(niceTicks([340.1, 350.2], 5)).toEqual([342.5, 345, 347.5, 350])
    expect(niceTicks([0.101, 0.149], 5)).toEqual([0.11, 0.12, 0.13, 0.14])
    expect(niceTicks([5, 5], 5)).toEqual([5])
  })

  test('of the clock are full steps', () => {
    expect(clockTicks([OPEN, OPEN + 3600], 1800)).toEqual([1_732_719_600, 1_732_721_400])
  })
})

describe('a grid', () => {
  const axes = { symbols: ['A', 'B', 'C'], sessions: ['2024-11-25', '2024-11-26', '2024-11-27', '2024-11-29'] }
  const cell = (symbol: string, sessionDate: string) => ({ symbol, sessionDate })

  test('has the same range whichever corner it began at', () => {
    const box = { top: 0, bottom: 1, left: 1, right: 3 }
    const [a, b] = [cell('B', '2024-11-26'), cell('A', '2024-11-29')]
    expect(boxOf(axes, { anchor: a, focus: b })).toEqual(box)
    expect(boxOf(axes, { anchor: b, focus: a })).toEqual(box)
    expect(positionsIn(box)).toHaveLength(6)
    expect(boxOf(axes, { anchor: a, focus: cell('A', '2024-11-28') })).toBeUndefined()
  })

  test('is not left by a key', () => {
    expect(movedBy('ArrowLeft', { row: 1, column: 0 }, axes)).toEqual({ row: 1, column: 0 })
    expect(movedBy('PageDown', { row: 1, column: 2 }, axes)).toEqual({ row: 2, column: 2 })
    expect(movedBy('End', { row: 1, column: 0 }, axes)).toEqual({ row: 1, column: 3 })
    expect(movedBy('a', { row: 1, column: 0 }, axes)).toBeUndefined()
  })
})
