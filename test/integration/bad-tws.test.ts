import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Market, type Simulator, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { frame, XNYS } from './simulator-fixtures.ts'
import { errorOf, SwitchyardProcess } from './switchyard-process.ts'
import {
  closeAtEnd,
  finished,
  newWorkspace,
  openEngine,
  openSimulator,
  operatorErrorOf,
  resultOf,
} from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 5,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL'],
  from: '2024-06-03',
  to: '2024-07-05',
})
const WEEK = { from: '2024-06-24', to: '2024-06-28' }

/** One request a session, one at a time; little time passes before what failed is tried again. */
const ONE_BY_ONE = {
  maxBarsPerRequest: 390,
  maxConcurrentRequests: 1,
  reconnect: { initialDelayMs: 20, maxDelayMs: 200 },
  verify: { retryDelayMs: 20 },
}

/** `market` with something happening before a request for bars is answered; calls are counted from 1. */
function marketThat(happens: (call: number) => Promise<void> | void): Market {
  let calls = 0
  return {
    ...market,
    minuteBars: async (...args) => {
      await happens(++calls)
      return market.minuteBars(...args)
    },
  }
}

interface Listener {
  readonly port: number
  /** The first client, from the moment it connects. */
  readonly client: Promise<Socket>
}

/** Something that accepts connections and is no TWS. It never closes a connection by itself, not even when the client does. */
async function listenAs(serve: (socket: Socket) => void): Promise<Listener> {
  const client = Promise.withResolvers<Socket>()
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.resume()
    client.resolve(socket)
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closeAtEnd(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, client: client.promise }
}

/** A port on which nothing listens: one that was free a moment ago. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const bytes = (...values: number[]): Buffer => Buffer.from(values)

describe('where no TWS is', () => {
  test('a run that finds nothing listening fails, says which switch to look for, and leaves nothing behind', async () => {
    const port = await deadPort()
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port }))
    const job = await finished(client, client.ingest.start(WEEK))
    expect(job).toMatchObject({
      state: 'failed',
      error: {
        code: 'TWS_UNREACHABLE',
        message: expect.stringContaining(`127.0.0.1:${port}`),
        hint: expect.stringContaining('Enable ActiveX and Socket Clients'),
      },
    })
    expect(await operatorErrorOf(client.connection.connect())).toMatchObject({ code: 'TWS_UNREACHABLE' })
    expect(await client.connection.get()).toMatchObject({
      state: 'disconnected',
      message: expect.stringContaining('Nothing answers'),
    })
    expect(engine.stores.raw.summary()).toMatchObject({ responses: 0 })
  })

  test('a listener that never answers is given up, let go, and does not keep the command alive', async () => {
    const listener = await listenAs(() => undefined)
    const workspace = newWorkspace({ symbols: ['SPY'], port: listener.port, tws: { connectTimeoutMs: 4_000 } })
    const child = new SwitchyardProcess([
      'ingest',
      '--from',
      WEEK.from,
      '--to',
      WEEK.to,
      '--json',
      '--workspace',
      workspace,
    ])
    const socket = await listener.client
    const gone = once(socket, 'end')
    const failed = await child.exited
    await gone
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'TWS_TIMEOUT',
      message: expect.stringContaining('handshake'),
      hint: expect.stringContaining('logged in'),
    })
  })

  test('a run that waits for the handshake ends at once when it is cancelled, and so does the engine', async () => {
    const listener = await listenAs(() => undefined)
    const { engine, client } = openEngine(
      newWorkspace({ symbols: ['SPY'], port: listener.port, tws: { connectTimeoutMs: 600_000 } }),
    )
    const started = await client.ingest.start(WEEK)
    await listener.client
    await client.jobs.cancel({ id: started.id })
    expect(await finished(client, Promise.resolve(started))).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED' },
    })
    const other = await client.ingest.start(WEEK)
    await engine.close()
    expect((await listener.client).readableEnded || (await once(await listener.client, 'end'))).toBeTruthy()
    expect(other.state).not.toBe('failed')
  })

  test.each([
    [
      'a web server',
      (socket: Socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')),
    ],
    ['a server that greets', (socket: Socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['a length below zero', (socket: Socket) => socket.write(bytes(0x80, 0xff, 0xff, 0xff, 0, 0, 0, 0))],
    ['a length of minus four', (socket: Socket) => socket.write(bytes(0xff, 0xff, 0xff, 0xfc, 0, 0, 0, 0))],
    ['nothing but zeros', (socket: Socket) => socket.write(Buffer.alloc(4096))],
    [
      'a length of 200 megabytes',
      (socket: Socket) => socket.write(Buffer.concat([bytes(0x0c, 0, 0, 0), Buffer.alloc(4096, 7)])),
    ],
    ['a version that is no number', (socket: Socket) => socket.write(frame('hello|there|'))],
  ] as const)('%s is recognised as no TWS, and the engine goes on', async (_name, serve) => {
    const listener = await listenAs(serve)
    const { client } = openEngine(
      newWorkspace({ symbols: ['SPY'], port: listener.port, tws: { connectTimeoutMs: 60_000 } }),
    )
    const job = await finished(client, client.ingest.start(WEEK))
    expect(job).toMatchObject({
      state: 'failed',
      error: {
        code: 'TWS_REFUSED',
        message: expect.stringContaining('does not speak the TWS API'),
        hint: expect.stringContaining('tws.port'),
      },
    })
    expect((await client.system.overview()).connection).toMatchObject({ state: 'disconnected' })
  })

  test.each([
    ['messages that do not exist', ['999|1|2|', '|||', 'x|y|']],
    ['messages cut short', ['17|', '10|1|', '4|2|', '15|']],
    ['bars that are no numbers', ['17|1|x|y|2|a|b|c|d|e|f|g|h|i|']],
  ])('a TWS that sends %s during the handshake does not end the engine', async (_name, messages) => {
    const listener = await listenAs((socket) => {
      socket.once('data', () => {
        socket.write(frame('176|20240701 10:00:00 EST|'))
        for (const message of messages) socket.write(frame(message))
      })
    })
    const { client } = openEngine(
      newWorkspace({ symbols: ['SPY'], port: listener.port, tws: { connectTimeoutMs: 300 } }),
    )
    const job = await finished(client, client.ingest.start(WEEK))
    expect(job.state).toBe('failed')
    expect(['TWS_UNREACHABLE', 'TWS_REFUSED', 'TWS_TIMEOUT']).toContain(job.error?.code)
    expect(job.error?.hint).toMatch(/./)
    expect(await client.connection.get()).toMatchObject({ state: 'disconnected' })
  })

  test('a connection that turns to noise in the middle of a request is made anew, and the run goes on', async () => {
    // A simulator behind a wire that breaks at the third request for bars.
    const simulator = await openSimulator({ market })
    let requests = 0
    const listener = await listenAs((socket) => {
      const upstream = new (socket.constructor as new () => Socket)()
      upstream.connect(simulator.port, '127.0.0.1')
      upstream.on('error', () => socket.destroy())
      closeAtEnd(async () => upstream.destroy())
      upstream.on('data', (chunk: Buffer) => {
        // Message 17 carries bars; its id stands behind the four bytes of length.
        if (chunk.subarray(4, 7).toString() === '17\0' && ++requests === 3) {
          upstream.destroy()
          socket.write(bytes(0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4))
        } else socket.write(chunk)
      })
      socket.on('data', (chunk) => upstream.write(chunk))
    })
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port: listener.port, tws: ONE_BY_ONE }))
    const result = await resultOf<'ingest'>(client, client.ingest.start(WEEK))
    expect(result).toMatchObject({ sessionsFetched: 5, bars: 5 * 390, requests: 6, retries: 1, failed: [] })
    expect(engine.stores.raw.summary()).toMatchObject({ responses: 5, bars: 5 * 390 })
    expect(engine.tws.connection.state).toBe('ready')
    const log = await client.connection.log()
    expect(log.filter(({ text }) => text.includes('does not speak the TWS API'))).not.toEqual([])
  })
})

describe('TWS that does not do what it should', () => {
  test('closing in the middle of a request keeps what came, and the next run fetches the rest only', async () => {
    let simulator: Simulator | undefined
    const closing = marketThat((call) => {
      if (call === 4) void simulator?.stop()
    })
    simulator = await startSimulator({ market: closing })
    const impatient = { ...ONE_BY_ONE, reconnect: { initialDelayMs: 1, maxDelayMs: 1, giveUpAfterMs: 1 } }
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws: impatient }))
    const failed = await finished(client, client.ingest.start(WEEK))
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'TWS_UNREACHABLE', hint: expect.stringContaining('Start TWS or IB Gateway') },
    })
    expect(engine.tws.connection.state).toBe('disconnected')
    expect(engine.stores.raw.summary()).toMatchObject({ responses: 3, bars: 3 * 390 })
    await simulator.stop()

    const next = await openSimulator({ market })
    const rest = await resultOf<'ingest'>(client, client.ingest.start({ ...WEEK, host: '127.0.0.1', port: next.port }))
    expect(rest).toMatchObject({ requests: 2, sessionsFetched: 2, sessionsAlreadyStored: 3 })
    expect(engine.stores.raw.summary()).toMatchObject({ responses: 5, bars: 5 * 390 })
  })

  test('closing in the middle of a request and coming back lets the same run finish', async () => {
    let simulator: Simulator | undefined
    const closing = marketThat((call) => {
      if (call === 4) void simulator?.stop()
    })
    simulator = await startSimulator({ market: closing })
    const { port } = simulator
    const patient = { ...ONE_BY_ONE, reconnect: { initialDelayMs: 20, maxDelayMs: 50 } }
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port, tws: patient }))
    const lost = new Promise<void>((resolve) => {
      engine.events.subscribe((event) => {
        if (event.kind === 'connection' && event.connection.state === 'reconnecting') resolve()
      })
    })
    const started = await client.ingest.start(WEEK)
    await lost
    expect(await client.connection.get()).toMatchObject({ consequence: expect.stringContaining('Requests wait') })
    await simulator.stop()
    await openSimulator({ market, port })
    const result = await resultOf<'ingest'>(client, Promise.resolve(started))
    expect(result).toMatchObject({ sessionsFetched: 5, bars: 5 * 390, failed: [] })
    expect(engine.stores.raw.summary()).toMatchObject({ responses: 5, bars: 5 * 390 })
  })

  test('cutting an answer short and then denying that there is more is not believed', async () => {
    // Request 1 is for the schedule. An answer to two sessions ends in the first; the second, asked for alone, is said to be empty.
    const simulator = await openSimulator({
      market,
      scenario: {
        name: 'two lies',
        faults: [
          { kind: 'truncatedBars', bars: 100, when: { request: 2 } },
          { kind: 'historicalError', meaning: 'noData', when: { request: 4 } },
        ],
      },
    })
    const { engine, client } = openEngine(
      newWorkspace({ symbols: ['SPY'], port: simulator.port, tws: { maxConcurrentRequests: 1 } }),
    )
    const range = { from: '2024-06-24', to: '2024-06-25' }
    const result = await resultOf<'ingest'>(client, client.ingest.start(range))
    expect(simulator.faultsInjected.map(({ kind }) => kind)).toEqual(['truncatedBars', 'historicalError'])
    expect(result).toMatchObject({ sessionsFetched: 2, bars: 780, withoutData: [], short: [], failed: [] })
    expect(engine.stores.raw.summary().responses).toBe(3)
  })

  test('never answering a request names the session, takes the request back, and asks again the next time', async () => {
    const gate = Promise.withResolvers<void>()
    const simulator = await openSimulator({ market: marketThat((call) => (call === 2 ? gate.promise : undefined)) })
    const { client } = openEngine(
      newWorkspace({
        symbols: ['SPY'],
        port: simulator.port,
        tws: { ...ONE_BY_ONE, requestTimeoutMs: 1000, verify: { retries: 0, dailyBars: false } },
      }),
    )
    const job = await finished(client, client.ingest.start({ from: '2024-06-24', to: '2024-06-25' }))
    expect(job).toMatchObject({ state: 'succeeded', hasFindings: true, result: { sessionsFetched: 1 } })
    expect((job.result as { failed: unknown }).failed).toEqual([
      { symbol: 'SPY', sessionDate: '2024-06-25', reason: expect.stringMatching(/did not answer .* within 1 s/) },
    ])
    gate.resolve()
    expect(
      await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-24', to: '2024-06-25' })),
    ).toMatchObject({ requests: 1, failed: [], sessionsAlreadyStored: 1 })
    const cancelled = simulator.requests.filter(({ message }) => message === 'cancelHistoricalData')
    const [, second] = simulator.requests.filter(({ historical }) => historical?.whatToShow === 'TRADES')
    expect(cancelled.map(({ fields }) => fields[2])).toEqual([second.fields[1]])
  })
})
