import { describe, expect, test } from 'vitest'
import type { BarColumns } from '#shared/bars.ts'
import { deskWithInstruments, inOneAnswer, minutesAt, storeAnswer } from './raw-fixtures.ts'
import { at } from './simulator-fixtures.ts'
import { resultOf } from './workspace-fixtures.ts'

const [MONDAY, TUESDAY, WEDNESDAY, THURSDAY] = ['2024-06-24', '2024-06-25', '2024-06-26', '2024-06-27']
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

test('a new session that is fetched before a cut-short answer shows the split is not converted', async () => {
  const { engine, client } = deskWithInstruments({ symbols: ['SPY'] })
  const [before, after] = [Date.parse('2024-07-01T20:00Z'), Date.parse('2024-07-02T20:00Z')]
  storeAnswer(engine, 'SPY', [MONDAY, TUESDAY], inOneAnswer(session(MONDAY, 100), session(TUESDAY, 100)), before)
  storeAnswer(engine, 'SPY', [WEDNESDAY], session(WEDNESDAY, 50), after)
  // Three minutes are too few to tell a split by.
  storeAnswer(engine, 'SPY', [TUESDAY], session(TUESDAY, 50, 3), after)
  storeAnswer(engine, 'SPY', [TUESDAY], session(TUESDAY, 50), after)
  await resultOf<'transform'>(client, client.transform.start({}))
  const closes = [MONDAY, TUESDAY, WEDNESDAY].map((date) =>
    Math.round(engine.stores.curated.block('SPY', date)!.bars.close[200]),
  )
  expect(closes).toEqual([50, 50, 50])
})

describe('an adjustment by a ratio that is none of a split', () => {
  const received = (moment: string): number => Date.parse(moment)

  test('reaches over all answers of the day on which the old basis was seen last, and none of a later day', async () => {
    const { engine, client } = deskWithInstruments({ symbols: ['SPY'] })
    storeAnswer(engine, 'SPY', [MONDAY], session(MONDAY, 100), received('2024-07-01T20:00Z'))
    storeAnswer(engine, 'SPY', [TUESDAY], session(TUESDAY, 100), received('2024-07-01T20:01Z'))
    // Still the same day in New York.
    storeAnswer(engine, 'SPY', [WEDNESDAY], session(WEDNESDAY, 100), received('2024-07-02T03:59Z'))
    storeAnswer(engine, 'SPY', [THURSDAY], session(THURSDAY, 93), received('2024-07-02T20:00Z'))
    // Only Monday is asked for again.
    storeAnswer(engine, 'SPY', [MONDAY], session(MONDAY, 93), received('2024-07-03T20:00Z'))
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(await client.quality.adjustments({})).toMatchObject([{ lastOldResponse: 3, firstNewResponse: 5 }])
    const closes = [MONDAY, TUESDAY, WEDNESDAY, THURSDAY].map((date) =>
      Math.round(engine.stores.curated.block('SPY', date)!.bars.close[200]),
    )
    expect(closes).toEqual([93, 93, 93, 93])
  })

  test('stays known when the only day on which it was seen is decided to be none', async () => {
    const { engine, client } = deskWithInstruments({ symbols: ['SPY'] })
    storeAnswer(engine, 'SPY', [MONDAY, TUESDAY], inOneAnswer(session(MONDAY, 100), session(TUESDAY, 100)))
    storeAnswer(engine, 'SPY', [MONDAY], session(MONDAY, 93), received('2024-07-03T20:00Z'))
    const askedAtMs = received('2024-07-03T20:00Z')
    engine.stores.raw.fetches.saveSchedule('SPY', true, { from: MONDAY, to: MONDAY, askedAtMs, sessions: new Map() })
    const decision = { symbol: 'SPY', sessionDate: MONDAY, reason: 'No session.', author: 'desk' }
    await client.quality.decideHours({ ...decision, holds: 'broker' })
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(Math.round(engine.stores.curated.block('SPY', TUESDAY)!.bars.close[200])).toBe(93)
  })

  test('is not taken further than to the first answer in the new basis where both were received on one day', async () => {
    const { engine, client } = deskWithInstruments({ symbols: ['SPY'] })
    storeAnswer(engine, 'SPY', [MONDAY], session(MONDAY, 100), received('2024-07-01T14:00Z'))
    storeAnswer(engine, 'SPY', [TUESDAY], session(TUESDAY, 93), received('2024-07-01T15:00Z'))
    storeAnswer(engine, 'SPY', [MONDAY], session(MONDAY, 93), received('2024-07-01T16:00Z'))
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(await client.quality.adjustments({})).toMatchObject([{ lastOldResponse: 1, firstNewResponse: 3 }])
  })
})
