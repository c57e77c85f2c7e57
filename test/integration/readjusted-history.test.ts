import { describe, expect, test } from 'vitest'
import type { BarColumns } from '#shared/bars.ts'
import { deskWithInstruments, inOneAnswer, minutesAt, storeAnswer } from './raw-fixtures.ts'
import { at } from './simulator-fixtures.ts'
import { resultOf } from './workspace-fixtures.ts'

const [MONDAY, TUESDAY] = ['2024-06-24', '2024-06-25']
const openOf = (date: string): number => at(`${date}T13:30:00Z`)
const session = (date: string, price: number, minutes = 390): BarColumns =>
  minutesAt(openOf(date), openOf(date) + minutes * 60, price)

describe('a split that is seen first in an answer that was cut short', () => {
  test.each([5, 7])('is converted once where that has %i minutes of the next session', async (minutes) => {
    const { engine, client } = deskWithInstruments({ symbols: ['SPY'] })
    storeAnswer(engine, 'SPY', [MONDAY, TUESDAY], inOneAnswer(session(MONDAY, 100), session(TUESDAY, 100)))
    const cut = storeAnswer(
      engine,
      'SPY',
      [MONDAY, TUESDAY],
      inOneAnswer(session(MONDAY, 50), session(TUESDAY, 50, minutes)),
    )
    storeAnswer(engine, 'SPY', [TUESDAY], session(TUESDAY, 50))
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(await client.quality.adjustments({})).toMatchObject([{ firstNewResponse: cut, lastOldResponse: cut - 1 }])
    // Both sessions came whole in the new basis: no bar is converted.
    for (const date of [MONDAY, TUESDAY]) {
      const { close, flags } = engine.stores.curated.block('SPY', date)!.bars
      expect(Math.round(close[200])).toBe(50)
      expect(new Set(flags)).toEqual(new Set([0]))
    }
  })
})
