import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Connection } from '#shared/contract/connection.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { type Simulator, type SimulatorOptions, syntheticMarket } from '#main/simulator/simulator.ts'
import type { TwsClient } from '#main/tws/tws-client.ts'
import type { HistoricalBarsRequest } from '#main/tws/tws-requests.ts'
import { at, XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator } from './workspace-fixtures.ts'

/** What the client library does not do by itself, each seen against the simulator over a real socket. */

const market = syntheticMarket({ seed: 1, calendar: XNYS, symbols: ['SPY'], from: '2024-06-24', to: '2024-07-05' })
const DAY: HistoricalBarsRequest = {
  symbol: 'SPY',
  contract: { symbol: 'SPY', secType: 'STK' as never, exchange: 'SMART', currency: 'USD' },
  subject: 'SPY 2024-07-03',
  endTs: at('2024-07-03T17:00:00Z'),
  duration: '1 D',
  barSize: '1 min',
  whatToShow: 'TRADES',
  useRth: true,
}

const QUICK = {
  reconnect: { initialDelayMs: 1, maxDelayMs: 20 },
  patience: { competingSessionMs: 50, brokenFarmMs: 200, brokenLinkMs: 50 },
}

interface Line {
  readonly simulator: Simulator
  readonly tws: TwsClient
  /** Every state that the connection went through, in order. */
  readonly states: Connection[]
  /** Waits until the connection is as wanted. */
  readonly until: (wanted: (connection: Connection) => boolean) => Promise<void>
}

async function line(options: Partial<SimulatorOptions>, tws: Readonly<Record<string, unknown>> = {}): Promise<Line> {
  const simulator = await openSimulator({ market, ...options })
  const { engine } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws: { ...QUICK, ...tws } }))
  const states: Connection[] = []
  const listeners = new Set<() => void>()
  engine.events.subscribe((event) => {
    if (event.kind !== 'connection') return
    states.push(event.connection)
    for (const listener of listeners) listener()
  })
  return {
    simulator,
    tws: engine.tws,
    states,
    until: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!wanted(engine.tws.connection)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
      }),
  }
}

const ask = (tws: TwsClient, signal?: AbortSignal): ReturnType<TwsClient['historicalBars']> =>
  tws.historicalBars(DAY, { priority: 'backfill', signal })

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (thrown: unknown) => (thrown instanceof SwitchyardError ? thrown.code : String(thrown)),
  )

const historical = ({ requests }: Simulator): number =>
  requests.filter(({ message }) => message === 'historicalData').length

describe('messages that belong to no request', () => {
  test('are heard: a client id in use (326), which comes after "connected", is not taken for ready', async () => {
    const { tws, states } = await line({
      scenario: { name: 'busy', faults: [{ kind: 'clientIdInUse', when: { connection: 1 } }] },
    })
    await tws.connect()
    expect(tws.connection).toMatchObject({ state: 'ready', clientId: 18 })
    const ready = states.filter(({ state }) => state === 'ready')
    expect(new Set(ready.map(({ clientId }) => clientId))).toEqual(new Set([18]))
  })

  test.each([1101, 1102] as const)(
    'are heard: a lost line (1100) degrades, and %i restores, on the same socket',
    async (restored) => {
      const { tws, simulator, until } = await line({})
      await tws.connect()
      simulator.inject({ kind: 'connectivityLost', forMs: 50, restored })
      await until(({ state }) => state === 'degraded')
      // Waits instead of being sent or refused, and is answered when the line is back.
      const bars = await ask(tws)
      expect(bars.ts).toHaveLength(210)
      expect(tws.connection.state).toBe('ready')
      expect(simulator.requests.filter(({ message }) => message === 'startApi')).toHaveLength(1)
    },
  )

  test('are heard: farms that break and come back', async () => {
    const { tws, simulator, until } = await line({})
    await tws.connect()
    await until(({ farms }) => farms.length === 3)
    simulator.inject({ kind: 'farmDown', farm: 'market', forMs: 50, requests: 'error162' })
    await until(({ farms }) => farms.some(({ kind, state }) => kind === 'market-data' && state === 'broken'))
    await until(({ farms }) => farms.every((farm) => farm.state === 'ok'))
    expect(tws.connection.state).toBe('ready')
  })
})

describe('a lost connection', () => {
  test('takes nothing of the old one along: no leftover frame reaches the new socket before the handshake', async () => {
    const { tws, simulator, until } = await line({
      scenario: { name: 'drop', faults: [{ kind: 'dropMidResponse', bytes: 500, when: { request: 1 } }] },
    })
    await tws.connect()
    const lost = Array.from({ length: 8 }, () => codeOf(ask(tws)))
    await until(({ state }) => state === 'reconnecting')
    await until(({ state }) => state === 'ready')
    // Those that were sent are lost, those that waited are answered.
    expect(new Set(await Promise.all(lost))).toEqual(new Set(['TWS_DISCONNECTED', 'answered']))
    expect((await ask(tws)).ts).toHaveLength(210)
    const early = simulator.requests.filter(({ clientId, message }) => clientId === null && message !== 'startApi')
    expect(early).toEqual([])
  })

  test('is followed by one socket, however often connecting is asked for', async () => {
    const { tws, simulator, until } = await line({})
    for (let round = 0; round < 5; round++) {
      await Promise.all([tws.connect(), tws.awaitReady(), tws.connect()])
      expect(simulator.connections).toBe(1)
      simulator.inject({ kind: 'disconnect' })
      await until(({ state }) => state !== 'ready')
      await Promise.all([tws.awaitReady(), tws.connect().catch(() => undefined)])
    }
    await tws.disconnect()
    await tws.connect()
    expect(simulator.connections).toBe(1)
    expect((await ask(tws)).ts).toHaveLength(210)
  })

  test('goes on at the port that TWS names (1300)', async () => {
    const { tws, simulator, until } = await line({})
    await tws.connect()
    const before = simulator.port
    simulator.inject({ kind: 'portChanged' })
    await until(({ state }) => state === 'reconnecting')
    await until(({ state }) => state === 'ready')
    expect(tws.connection.port).not.toBe(before)
    expect(tws.connection.port).toBe(simulator.port)
    expect((await ask(tws)).ts).toHaveLength(210)
  })
})

describe('time-outs', () => {
  test('end a handshake that is never finished', async () => {
    const { tws } = await line(
      { scenario: { name: 'stall', faults: [{ kind: 'stallHandshake', when: { connection: 1 } }] } },
      { connectTimeoutMs: 4_000 },
    )
    expect(await codeOf(tws.connect())).toBe('TWS_TIMEOUT')
    expect(tws.connection).toMatchObject({ state: 'disconnected', message: expect.stringContaining('handshake') })
  })

  test('end a request that is never answered, take it back, and ignore its late answer', async () => {
    const { tws, simulator } = await line(
      { scenario: { name: 'slow', faults: [{ kind: 'slowReply', delayMs: 400, when: { request: 1 } }] } },
      { requestTimeoutMs: 200 },
    )
    await tws.connect()
    expect(await codeOf(ask(tws))).toBe('TWS_TIMEOUT')
    expect((await ask(tws)).ts).toHaveLength(210)
    expect(simulator.requests.filter(({ message }) => message === 'cancelHistoricalData')).toHaveLength(1)
  })

  test('notice a gateway that froze, tell the operator, and go on when it is back', async () => {
    const { tws, simulator, states, until } = await line({}, { heartbeat: { intervalMs: 60, timeoutMs: 60 } })
    await tws.connect()
    simulator.inject({ kind: 'freeze' })
    await until(({ state }) => state === 'reconnecting')
    expect(states.at(-1)?.message).toContain('taken as frozen')
    expect(states.at(-1)?.consequence).toContain('Requests wait')
    expect((await ask(tws)).ts).toHaveLength(210)
  })
})

describe('a call without a connection', () => {
  test('is refused, and not made later', async () => {
    const { tws, simulator } = await line({})
    expect(await codeOf(ask(tws))).toBe('TWS_DISCONNECTED')
    await tws.connect()
    expect((await ask(tws)).ts).toHaveLength(210)
    expect(historical(simulator)).toBe(1)
  })

  test('that is cancelled while it waits never goes out', async () => {
    const { tws, simulator, until } = await line({})
    await tws.connect()
    simulator.inject({ kind: 'connectivityLost', forMs: 100, restored: 1102 })
    await until(({ state }) => state === 'degraded')
    const stop = new AbortController()
    const cancelled = codeOf(ask(tws, stop.signal))
    stop.abort()
    expect(await cancelled).toBe('CANCELLED')
    await until(({ state }) => state === 'ready')
    await ask(tws)
    expect(historical(simulator)).toBe(1)
  })
})

describe('an answer', () => {
  test('that ends in the middle of a bar is refused as a whole, and the next one is whole', async () => {
    const { tws } = await line({
      scenario: { name: 'cut', faults: [{ kind: 'truncatedFields', when: { request: 1 } }] },
    })
    await tws.connect()
    const cut = await ask(tws).catch((thrown: unknown) => thrown as SwitchyardError)
    expect(cut).toMatchObject({ code: 'TWS_REFUSED', message: expect.stringContaining('cannot be read') })
    expect((await ask(tws)).ts).toHaveLength(210)
  })

  test('that comes twice, or whose end does, is taken once', async () => {
    const { tws } = await line({
      scenario: {
        name: 'twice',
        faults: [
          { kind: 'duplicateReply', what: 'whole', when: { request: 1 } },
          { kind: 'duplicateReply', what: 'end', when: { request: 2 } },
        ],
      },
    })
    await tws.connect()
    for (let request = 0; request < 3; request++) expect((await ask(tws)).ts).toHaveLength(210)
  })

  test.each([
    ['garbage', { kind: 'garbageFrame', bytes: 4_096 }],
    ['a length below zero', { kind: 'invalidLength', length: -4 }],
    ['a length of nothing', { kind: 'invalidLength', length: 0 }],
    ['a huge length', { kind: 'invalidLength', length: 0x7fff_ffff }],
    ['a message of 15 MiB that dribbles', { kind: 'oversizedFrame' }],
  ] as const)(
    'with %s before it ends the connection with a clear event; memory stays and the process lives',
    async (_name, fault) => {
      const { tws, states } = await line({
        scenario: { name: 'hostile', faults: [{ ...fault, when: { request: 1 } }] },
      })
      await tws.connect()
      const before = process.memoryUsage().rss
      const first = await codeOf(ask(tws))
      // Random bytes with a length that fits may be taken for a message that nobody knows; then the answer follows.
      if (fault.kind !== 'garbageFrame') {
        expect(first).toBe('TWS_DISCONNECTED')
        expect(states.some(({ message }) => message.includes('does not speak the TWS API'))).toBe(true)
      }
      expect((await ask(tws)).ts).toHaveLength(210)
      expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20)
    },
  )
})

describe('the library', () => {
  test('is used by its plain object only, and its peer is there', () => {
    const folders = readdirSync('main/tws', { recursive: true, withFileTypes: true })
    const sources = folders
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect(sources.filter((text) => text.includes('IBApiNext'))).toEqual([])
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>
    }
    expect(dependencies['rxjs']).toMatch(/^7\./)
    expect(dependencies['@stoqey/ib']).toBe('1.6.10')
  })

  test('is told host and port: nothing goes to its default ones', async () => {
    const { tws, simulator } = await line({})
    await tws.connect()
    expect(tws.connection).toMatchObject({ host: '127.0.0.1', port: simulator.port, state: 'ready' })
  })
})
