import { expect, test } from 'vitest'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { systemClock } from '#main/tws/clock.ts'
import { XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 3,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL'],
  from: '2024-06-03',
  to: '2024-07-05',
})

test('the schedule that symbols share covers what is wanted of any of them', async () => {
  const simulator = await openSimulator({ market })
  const workspace = newWorkspace({ symbols: ['SPY', 'AAPL'], port: simulator.port })
  const { engine, client } = openEngine(workspace)
  await resultOf<'ingest'>(client, client.ingest.start({ symbols: ['SPY'], from: '2024-06-03', to: '2024-07-02' }))

  // Of one symbol a day is missing, of the other a month.
  const result = await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-03', to: '2024-07-03' }))
  expect(result).toMatchObject({ scheduleDifferences: [], withoutData: [], failed: [] })
  const { canonical } = engine.config
  const fetched = engine.stores.raw.fetchedSessions('AAPL', canonical)
  expect([...fetched.values()].filter(({ bars }) => bars < 210)).toEqual([])
  expect(fetched.size).toBe(XNYS.sessionsBetween('2024-06-03', '2024-07-03').length)
})

test('a day that is stored already is no day on which the calendar has no session', async () => {
  const simulator = await openSimulator({ market })
  const workspace = newWorkspace({ symbols: ['SPY'], port: simulator.port })
  const { client } = openEngine(workspace)
  await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-10', to: '2024-06-12' }))
  const result = await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-03', to: '2024-06-21' }))
  expect(result.scheduleDifferences).toEqual([])
})

/** The calendar of a broker that has sessions otherwise. */
function brokerCalendar(change: (session: Session) => Session | null): TradingCalendar {
  const changed = (session: Session | null): Session | null => session && change(session)
  return {
    ...XNYS,
    session: (date) => changed(XNYS.session(date)),
    sessionsBetween: (from, to) => XNYS.sessionsBetween(from, to).flatMap((session) => changed(session) ?? []),
    sessionOfInstant: (ts) => changed(XNYS.sessionOfInstant(ts)),
  }
}

const QUICK = { verify: { retries: 1, retryDelayMs: 1 } }

/** Runs an ingest of SPY against a broker with such a calendar. */
async function ingested(calendar: TradingCalendar, from: string, to: string, now = '2024-07-08T12:00:00Z') {
  const aheadMs = Date.parse(now) - Date.now()
  const nowMs = (): number => Date.now() + aheadMs
  const broker = syntheticMarket({ seed: 3, calendar, symbols: ['SPY'], from: '2024-06-03', to: '2024-07-05' })
  const simulator = await openSimulator({ market: broker, nowMs })
  const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws: QUICK }), {
    clock: { ...systemClock, nowMs },
  })
  const result = await resultOf<'ingest'>(client, client.ingest.start({ from, to }))
  return { result, fetched: engine.stores.raw.fetchedSessions('SPY', engine.config.canonical) }
}

test('a schedule that ends early says nothing of the days behind its end: they are asked for', async () => {
  const calendar = brokerCalendar((session) => (session.date < '2024-06-12' ? session : null))
  const { result, fetched } = await ingested(calendar, '2024-06-10', '2024-06-12')
  expect(result).toMatchObject({ scheduleDifferences: [], failed: [{ sessionDate: '2024-06-12' }] })
  // It is asked for again the next time.
  expect([...fetched.keys()]).toEqual(['2024-06-10', '2024-06-11'])
})

test.each(['2024-06-11', '2024-06-12'])(
  'a day that the schedule leaves out before others is closed: %s',
  async (date) => {
    const calendar = brokerCalendar((session) => (session.date === date ? null : session))
    const { result, fetched } = await ingested(calendar, '2024-06-10', '2024-06-12')
    expect(result.scheduleDifferences).toMatchObject([{ sessionDate: date, broker: 'closed' }])
    expect(fetched.get(date)).toMatchObject({ bars: 0, reason: 'closed' })
  },
)

test('a session that the broker closes later than the calendar is fetched to its end', async () => {
  // The calendar has an early close at 13:00.
  const calendar = brokerCalendar((session) =>
    session.date === '2024-07-03' ? { ...session, closeTs: session.openTs + 390 * 60, earlyClose: false } : session,
  )
  const { result, fetched } = await ingested(calendar, '2024-07-01', '2024-07-03')
  expect(result).toMatchObject({ short: [], withoutData: [], failed: [] })
  expect(fetched.get('2024-07-03')).toMatchObject({ bars: 390, expected: 390, reason: null })
})

test('a session that is not over by the broker is not fetched before its end', async () => {
  const calendar = brokerCalendar((session) =>
    session.date === '2024-07-03' ? { ...session, closeTs: session.openTs + 390 * 60, earlyClose: false } : session,
  )
  // An hour after the calendar's close.
  const { result, fetched } = await ingested(calendar, '2024-07-02', '2024-07-03', '2024-07-03T18:00:00Z')
  expect(result.failed).toMatchObject([{ sessionDate: '2024-07-03', reason: expect.stringContaining('not over yet') }])
  expect([...fetched.keys()]).toEqual(['2024-07-02'])
})
