import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { type Simulator, type SimulatorOptions, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import { hashesOf, newWorkspace, openEngine, resultOf } from './workspace-fixtures.ts'

/** Twenty names, some of them thin, over twenty sessions, one of which closes early. */
const SYMBOLS = Array.from({ length: 20 }, (_, i) => `S${String(i + 1).padStart(2, '0')}`)
const RANGE = { from: '2024-06-24', to: '2024-07-22' }
const SESSIONS = XNYS.sessionsBetween(RANGE.from, RANGE.to)

const market = syntheticMarket({ seed: 11, calendar: XNYS, symbols: SYMBOLS, from: '2024-06-03', to: '2024-07-31' })

/** A night in which everything happens that a client can get over. Requests are counted over all connections. */
const NIGHT = {
  name: 'night',
  faults: [
    { kind: 'refuse', when: { connection: 2 } },
    { kind: 'clientIdInUse', when: { connection: 3 } },
    { kind: 'stallHandshake', when: { connection: 5 } },
    { kind: 'farmInactive', farm: 'history', when: { request: 3 } },
    { kind: 'truncatedBars', bars: 100, when: { every: 9 }, times: 8 },
    { kind: 'historicalError', meaning: 'noData', when: { request: 12 } },
    { kind: 'historicalError', meaning: 'pacingViolation', when: { request: 16 } },
    { kind: 'duplicateReply', what: 'whole', when: { request: 20 } },
    { kind: 'duplicateReply', what: 'end', when: { request: 22 } },
    { kind: 'dropMidResponse', bytes: 2000, when: { request: 26 } },
    { kind: 'connectivityLost', forMs: 400, restored: 1101, when: { request: 34 } },
    { kind: 'historicalError', meaning: 'queryCancelled', when: { request: 40 } },
    { kind: 'wrongRange', days: -7, when: { request: 44 } },
    { kind: 'wrongRange', days: 7, when: { request: 48 } },
    { kind: 'repeatedBars', bars: 10, when: { request: 52 } },
    { kind: 'reorderedReply', atMostMs: 500, when: { request: 56 } },
    { kind: 'freeze', when: { request: 60 } },
    { kind: 'connectivityLost', forMs: 400, restored: 1102, when: { request: 74 } },
    { kind: 'historicalError', meaning: 'differentIp', when: { request: 80 } },
    { kind: 'dropAfterBars', bars: 50, when: { request: 88 } },
    { kind: 'farmDown', farm: 'history', forMs: 400, requests: 'error165', when: { request: 96 } },
    { kind: 'slowReply', delayMs: 3000, when: { request: 104 } },
    { kind: 'historicalError', meaning: 'processingError', when: { request: 110 } },
    { kind: 'truncatedFields', when: { request: 116 } },
    { kind: 'garbageFrame', bytes: 64, when: { request: 122 } },
    { kind: 'invalidLength', length: -4, when: { request: 130 } },
    { kind: 'serverBroken', when: { request: 138 } },
    { kind: 'historicalError', meaning: 'unknownId', when: { request: 144 } },
    { kind: 'restart', downMs: 800, when: { request: 150 } },
    { kind: 'farmDown', farm: 'history', forMs: 300, requests: 'hang', when: { request: 170 } },
    { kind: 'portChanged', when: { request: 190 } },
  ],
} as const satisfies NonNullable<SimulatorOptions['scenario']>

/** Short patience, so that a night takes a minute. */
const TWS = {
  connectTimeoutMs: 1_000,
  requestTimeoutMs: 2_000,
  maxBarsPerRequest: 800,
  maxConcurrentRequests: 4,
  heartbeat: { intervalMs: 500, timeoutMs: 500 },
  reconnect: { initialDelayMs: 20, maxDelayMs: 500, stableAfterMs: 1_000 },
  patience: { competingSessionMs: 300, brokenFarmMs: 2_000, brokenLinkMs: 300 },
  verify: { retryDelayMs: 20 },
  pacing: { barsSpacingMs: 0, backOffMs: 1_000 },
}

interface Night {
  readonly simulator: Simulator
  readonly engine: Engine
  readonly result: JobResult<'ingest'>
  readonly hashes: ReadonlyMap<string, string>
}

async function backfill(options: Partial<SimulatorOptions>): Promise<Night> {
  const simulator = await startSimulator({ market, pacing: 'enforce', ...options })
  const { engine, client } = openEngine(newWorkspace({ symbols: SYMBOLS, port: simulator.port, tws: TWS }))
  const result = await resultOf<'ingest'>(client, client.ingest.start(RANGE))
  await resultOf<'transform'>(client, client.transform.start({}))
  return { simulator, engine, result, hashes: hashesOf(engine) }
}

let calm: Night
let rough: Night

beforeAll(async () => {
  calm = await backfill({})
  rough = await backfill({ scenario: NIGHT })
}, 240_000)

afterAll(async () => {
  await calm?.simulator.stop()
  await rough?.simulator.stop()
})

describe('a backfill through a bad night', () => {
  test('meets every fault that was laid in its way', () => {
    const met = new Set(rough.simulator.faultsInjected.map(({ kind }) => kind))
    expect(NIGHT.faults.map(({ kind }) => kind).filter((kind) => !met.has(kind))).toEqual([])
    expect(met.size).toBeGreaterThanOrEqual(20)
  })

  test('ends with the content of an undisturbed one', () => {
    expect(calm.hashes.size).toBe(SYMBOLS.length * SESSIONS.length)
    expect([...rough.hashes]).toEqual([...calm.hashes])
  })

  test('names every session, none as failed', () => {
    for (const { result } of [calm, rough]) {
      expect(result).toMatchObject({
        sessionsFetched: SYMBOLS.length * SESSIONS.length,
        failed: [],
        withoutData: [],
        sessionsLeft: 0,
      })
    }
    expect(rough.result.short).toEqual(calm.result.short)
    expect(rough.result.bars).toBe(calm.result.bars)
  })

  test('has every bar of the market once', async () => {
    const [first, last] = [SESSIONS[0], SESSIONS[SESSIONS.length - 1]]
    for (const symbol of SYMBOLS) {
      const bars = await market.minuteBars(symbol, first.openTs, last.closeTs, true)
      const stored = rough.engine.stores.raw.mergedBars(symbol, '1 min', 'TRADES', first.openTs, last.closeTs)
      expect([symbol, [...stored.ts]]).toEqual([symbol, [...bars.ts]])
    }
  })

  test('never breaks a pacing rule', () => {
    expect(rough.simulator.violations.filter(({ injected }) => !injected)).toEqual([])
    expect(calm.simulator.violations).toEqual([])
  })

  test('leaves a log in which the faults can be read', () => {
    const log = rough.engine.stores.ops.connectionEntries(5_000)
    const codes = new Set(log.map(({ code }) => code))
    for (const code of [326, 1100, 1101, 1102, 1300, 2105, 2106, 2107, 2110, 162, 165, 322])
      expect(codes).toContain(code)
    const states = log.filter(({ kind }) => kind === 'state').map(({ text }) => text)
    expect(states.some((text) => text.includes('taken as frozen'))).toBe(true)
    expect(states.some((text) => text.includes('does not speak the TWS API'))).toBe(true)
    expect(states.some((text) => text.includes('did not finish the TWS handshake'))).toBe(true)
  })
})
