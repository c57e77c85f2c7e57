import { expect, test } from 'vitest'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const market = syntheticMarket({ seed: 3, calendar: XNYS, symbols: ['SPY'], from: '2024-06-03', to: '2024-07-05' })

test.each(['error162', 'error165', 'hang'] as const)(
  'a service for history that is away for longer than all tries costs no session (%s)',
  async (requests) => {
    const simulator = await openSimulator({ market })
    const tws = {
      maxBarsPerRequest: 390,
      requestTimeoutMs: 300,
      patience: { brokenFarmMs: 400 },
      verify: { retries: 2, retryDelayMs: 10 },
    }
    const { client } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws }))
    simulator.inject({ kind: 'farmDown', farm: 'history', forMs: 3_000, requests, when: { request: 3 } })
    const result = await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-03', to: '2024-06-14' }))
    expect(result).toMatchObject({ failed: [], withoutData: [] })
    expect(result.sessionsFetched).toBe(10)
    // Tried again after each pause, and not by every waiting piece all the time.
    expect(result.retries).toBeGreaterThan(2)
    expect(result.retries).toBeLessThan(60)
  },
)
