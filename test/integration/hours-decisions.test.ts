import { describe, expect, test } from 'vitest'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { deskWithInstruments } from './raw-fixtures.ts'
import { at } from './simulator-fixtures.ts'
import { operatorErrorOf } from './workspace-fixtures.ts'

const TUESDAY = '2024-06-18'
/** Juneteenth: the exchange was closed. */
const HOLIDAY = '2024-06-19'
const WHY = { symbol: 'SPY', reason: 'Seen on the tape.', author: 'desk' }

interface Hours {
  readonly openTs: number
  readonly closeTs: number
}

const hours = (from: string, to: string): Hours => ({ openTs: at(from), closeTs: at(to) })
const TUESDAY_HOURS = hours(`${TUESDAY}T13:30:00Z`, `${TUESDAY}T20:00:00Z`)

/** An engine whose broker was asked for the hours of a week and has these; a day that is not named is closed. */
function deskWith(
  sessions: Readonly<Record<string, Hours>>,
  asked = '2024-06-22T12:00:00Z',
): { engine: Engine; client: EngineClient } {
  const desk = deskWithInstruments({ symbols: ['SPY'] })
  const { raw } = desk.engine.stores
  raw.fetches.saveSchedule('SPY', true, {
    from: '2024-06-17',
    to: '2024-06-21',
    askedAtMs: at(asked) * 1000,
    sessions: new Map(Object.entries(sessions)),
  })
  return desk
}

const sessionOn = ({ services }: Engine, date: string): Hours | null => services.calendarOf('SPY').session(date)

describe('hours of the broker that overlap with the session of the next day', () => {
  test('are refused before anything is written, and every calendar goes on as it was', async () => {
    // As for a session that counts for the day after: from Monday's evening to Wednesday's.
    const { client, engine } = deskWith({ [TUESDAY]: hours('2024-06-17T19:00:00Z', `${TUESDAY}T20:00:00Z`) })
    const refused = await operatorErrorOf(client.quality.decideHours({ ...WHY, sessionDate: TUESDAY, holds: 'broker' }))
    expect(refused).toMatchObject({ code: 'BAD_ARGUMENTS', message: expect.stringContaining(TUESDAY) })
    expect(engine.stores.ops.hoursDecisions()).toEqual([])
    expect(sessionOn(engine, TUESDAY)).toMatchObject(TUESDAY_HOURS)
  })
})

describe('a day on which the broker is closed', () => {
  test('is none when that is decided, and one again when it is taken back, though nobody asked since midnight', async () => {
    const { client, engine } = deskWith({}, `${TUESDAY}T21:00:00Z`)
    const closed = await client.quality.decideHours({ ...WHY, sessionDate: TUESDAY, holds: 'broker' })
    expect(closed).toMatchObject({ hoursNow: 'closed', brokerHours: 'closed', hoursDecision: { holds: 'broker' } })
    expect(sessionOn(engine, TUESDAY)).toBeNull()

    const open = await client.quality.decideHours({ ...WHY, sessionDate: TUESDAY, holds: 'calendar' })
    expect(open).toMatchObject({ hoursNow: TUESDAY_HOURS, hoursDecision: { holds: 'calendar' } })
    expect(sessionOn(engine, TUESDAY)).toMatchObject(TUESDAY_HOURS)
  })
})

describe('a day on which only the broker has a session', () => {
  test('becomes one when that is decided, and none when it is taken back', async () => {
    const morning = hours(`${HOLIDAY}T13:30:00Z`, `${HOLIDAY}T17:00:00Z`)
    const { client, engine } = deskWith({ [HOLIDAY]: morning })
    expect((await client.quality.session({ symbol: 'SPY', sessionDate: HOLIDAY })).hoursNow).toBe('closed')
    const added = await client.quality.decideHours({ ...WHY, sessionDate: HOLIDAY, holds: 'broker' })
    expect(added).toMatchObject({ ...morning, hoursNow: morning })
    expect(sessionOn(engine, HOLIDAY)).toMatchObject(morning)

    const taken = await client.quality.decideHours({ ...WHY, sessionDate: HOLIDAY, holds: 'calendar' })
    expect(taken).toMatchObject({ hoursNow: 'closed', hoursDecision: { holds: 'calendar' } })
    expect(sessionOn(engine, HOLIDAY)).toBeNull()
  })

  test('is no session to look at where neither of them has one', async () => {
    const { client } = deskWith({})
    const refused = await operatorErrorOf(client.quality.session({ symbol: 'SPY', sessionDate: HOLIDAY }))
    expect(refused.code).toBe('NO_SESSIONS')
  })
})
