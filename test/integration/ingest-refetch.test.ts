import { expect, test } from 'vitest'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const market = syntheticMarket({ seed: 3, calendar: XNYS, symbols: ['SPY'], from: '2024-06-03', to: '2024-07-05' })
const DAY = { from: '2024-06-03', to: '2024-06-03' }

async function fetched() {
  const simulator = await openSimulator({ market })
  const tws = { maxBarsPerRequest: 780 }
  const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws }))
  await resultOf<'ingest'>(client, client.ingest.start({ ...DAY, to: '2024-06-04' }))
  return { simulator, engine, client }
}

test('a refetch that is cut short is asked for again, and what lacks once is no revision', async () => {
  const { simulator, client } = await fetched()
  simulator.inject({ kind: 'truncatedBars', bars: 100, when: { request: 1 } })
  const result = await resultOf<'ingest'>(client, client.ingest.start({ ...DAY, refetch: true }))
  expect(result).toMatchObject({
    requests: 2,
    retries: 1,
    sessionsFetched: 1,
    revisedSessions: 0,
    failed: [],
    short: [],
  })
  expect(await client.ingest.revisions({})).toEqual([])
})

test('what the broker lacks twice alike is a revision, and the bars that are stored stay', async () => {
  const { simulator, engine, client } = await fetched()
  simulator.inject({ kind: 'truncatedBars', bars: 100, times: 10, when: { request: 1 } })
  const result = await resultOf<'ingest'>(client, client.ingest.start({ ...DAY, refetch: true }))
  expect(result).toMatchObject({ requests: 2, sessionsFetched: 1, revisedSessions: 1, failed: [] })
  expect(await client.ingest.revisions({})).toMatchObject([
    { sessionDate: '2024-06-03', cause: 'refetch', lacking: 290 },
  ])
  expect(engine.stores.raw.fetchedSessions('SPY', engine.config.canonical).get('2024-06-03')).toMatchObject({
    bars: 390,
  })
})

test('a broker that has nothing any more of two stored sessions is asked for each of them, and not for ever', async () => {
  const { simulator, client } = await fetched()
  simulator.inject({ kind: 'historicalError', meaning: 'noData', times: 50, when: { request: 1 } })
  const result = await resultOf<'ingest'>(client, client.ingest.start({ ...DAY, to: '2024-06-04', refetch: true }))
  expect(result.requests).toBeLessThan(10)
  expect(result).toMatchObject({ sessionsFetched: 2, failed: [], withoutData: [] })
})
