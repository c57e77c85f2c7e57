import { expect, test } from 'vitest'
import { syntheticMarket } from '#main/simulator/simulator.ts'
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
