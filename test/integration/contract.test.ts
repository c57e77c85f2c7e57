import { MessageChannel } from 'node:worker_threads'
import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { RPCHandler } from '@orpc/server/message-port'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EngineEvent } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { createInMemoryClient, type EngineClient, router } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { ListenerCount, openClient, openServer } from './headless-fixtures.ts'
import { XNYS } from './simulator-fixtures.ts'
import { closeAtEnd, newWorkspace, OLD_PIPELINE, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const SYMBOLS = ['SPY', 'DJCO']
const RANGE = { from: '2024-06-24', to: '2024-06-26' }
const market = syntheticMarket({ seed: 21, calendar: XNYS, symbols: SYMBOLS, from: '2024-06-24', to: '2024-06-28' })

const TRANSPORTS = ['in memory', 'WebSocket', 'message port'] as const
type Transport = (typeof TRANSPORTS)[number]

let engine: Engine
let simulator: Simulator
/** A TWS that takes requests for bars and answers none of them. */
let silent: Simulator
let listeners: ListenerCount
let clients: Record<Transport, EngineClient>
let runId: string
let jobId: string

/** What the desktop shell does: one end of a channel to the engine, the other to the page. */
function overMessagePort(target: Engine): EngineClient {
  const { port1, port2 } = new MessageChannel()
  new RPCHandler(router).upgrade(port1, { context: { engine: target } })
  port1.start()
  port2.start()
  closeAtEnd(async () => port2.close())
  return createORPCClient(new RPCLink({ port: port2 }))
}

beforeAll(async () => {
  simulator = await openSimulator({ market })
  const gate = Promise.withResolvers<void>()
  silent = await openSimulator({
    market: { ...market, minuteBars: (...args) => gate.promise.then(() => market.minuteBars(...args)) },
  })
  closeAtEnd(async () => gate.resolve())
  const workspace = newWorkspace({ symbols: SYMBOLS, port: simulator.port, more: { oldPipeline: OLD_PIPELINE } })
  const opened = openEngine(workspace)
  engine = opened.engine
  listeners = new ListenerCount(engine)
  const server = await openServer(engine)
  const socket = await openClient(server)
  clients = {
    'in memory': createInMemoryClient(engine),
    WebSocket: socket.client,
    'message port': overMessagePort(engine),
  }

  const { client } = opened
  await resultOf<'ingest'>(client, client.ingest.start(RANGE))
  await resultOf<'transform'>(client, client.transform.start({}))
  await resultOf<'features'>(client, client.features.build({}))
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, ...RANGE, dir: join(workspace, 'old') })
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  ;({ runId } = await resultOf<'compare'>(client, client.compare.start({})))
  jobId = (await client.jobs.list())[0].id
})

/** An answer, or everything about an error that a caller can rely on. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await call }
  } catch (thrown) {
    if (!(thrown instanceof ORPCError)) return { notAnOrpcError: String(thrown) }
    const { code, defined, status, message, data } = thrown as ORPCError<string, unknown>
    return { error: { code, defined, status, message, data } }
  }
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const overview = async (client: EngineClient): Promise<unknown> => ({
  ...(await client.system.overview()),
  freeDiskBytes: 0,
})

const ANSWERED: Record<string, (client: EngineClient) => Promise<unknown>> = {
  'system.overview': overview,
  'config.get': (client) => client.config.get(),
  'connection.get': (client) => client.connection.get(),
  'connection.connect': (client) => client.connection.connect(),
  'jobs.list': (client) => client.jobs.list(),
  'jobs.list with a limit': (client) => client.jobs.list({ limit: 2 }),
  'jobs.get': (client) => client.jobs.get({ id: jobId }),
  'jobs.watch of a job that has ended': async (client) => all(await client.jobs.watch({ id: jobId })),
  'jobs.cancel of a job that has ended': (client) => client.jobs.cancel({ id: jobId }),
  'ingest.plan': (client) => client.ingest.plan({ from: '2024-06-24', to: '2024-06-28' }),
  'quality.findings': (client) => client.quality.findings({ symbols: ['DJCO'], limit: 3 }),
  'legacy.files': (client) => client.legacy.files(),
  'legacy.rejected': (client) => client.legacy.rejected(),
  'legacy.described': (client) => client.legacy.described(),
  'legacy.folder': (client) => client.legacy.folder({ folder: 'old' }),
  'legacy.find': (client) => client.legacy.find({ files: 'old/{symbol}.csv' }),
  'legacy.preview': (client) => client.legacy.preview({ description: { files: OLD_PIPELINE.bars.files } }),
  'legacy.planChange': (client) => client.legacy.planChange({ kind: 'remove', key: 'oldPipeline.bars' }),
  'compare.runs': (client) => client.compare.runs(),
  'compare.run': (client) => client.compare.run({ runId }),
  'compare.report': (client) => client.compare.report({ runId }),
  'compare.reportHtml': (client) => client.compare.reportHtml({ runId }),
  'compare.profiles': (client) => client.compare.profiles({ runId, field: 'close' }),
  'compare.whatIf': (client) => client.compare.whatIf({ runId, tolerances: { close: { bp: 5 } } }),
  'compare.trend': (client) => client.compare.trend({}),
  'compare.reference': async (client) => ({ reference: await client.compare.reference() }),
  'compare.overlay': (client) => client.compare.overlay({ symbol: 'DJCO', sessionDate: '2024-06-25', field: 'close' }),
  'compare.histogram': (client) => client.compare.histogram({ runId, field: 'volume' }),
}

const REFUSED: Record<string, readonly [code: string, call: (client: EngineClient) => Promise<unknown>]> = {
  'a job that does not exist': ['NOT_FOUND', (client) => client.jobs.get({ id: 'nothing' })],
  'watching a job that does not exist': ['NOT_FOUND', (client) => client.jobs.watch({ id: 'nothing' })],
  'pausing a job that does not exist': ['NOT_FOUND', (client) => client.jobs.pause({ id: 'nothing' })],
  'pausing a job that has ended': ['BAD_ARGUMENTS', (client) => client.jobs.pause({ id: jobId })],
  'resuming a job that has ended': ['BAD_ARGUMENTS', (client) => client.jobs.resume({ id: jobId })],
  'draining a job that has ended': ['BAD_ARGUMENTS', (client) => client.jobs.drain({ id: jobId })],
  'a holiday': ['NO_SESSIONS', (client) => client.ingest.start({ from: '2024-07-04', to: '2024-07-04' })],
  'dates beyond the calendar': [
    'CALENDAR_HORIZON',
    (client) => client.ingest.plan({ from: '2024-07-01', to: '2099-01-01' }),
  ],
  'an unknown symbol': ['UNKNOWN_SYMBOL', (client) => client.transform.start({ symbols: ['TSLA'] })],
  'reversed dates': ['BAD_ARGUMENTS', (client) => client.export.start({ from: '2024-07-02', to: '2024-07-01' })],
  'a field that is not compared': ['BAD_ARGUMENTS', (client) => client.compare.histogram({ runId, field: 'bid' })],
  'a folder that does not exist': ['NOT_FOUND', (client) => client.legacy.folder({ folder: 'nowhere' })],
  'a description that does not exist': [
    'NOT_FOUND',
    (client) => client.legacy.planChange({ kind: 'remove', key: 'oldPipeline.sources[0]' }),
  ],
  'a run that does not exist': ['NOT_FOUND', (client) => client.compare.run({ runId: 'nothing' })],
  'a feature set that does not exist': ['NOT_FOUND', (client) => client.features.build({ featureSet: 'none_v1' })],
}

const INVALID: Record<string, (client: EngineClient) => Promise<unknown>> = {
  'a date that is none': (client) => client.ingest.plan({ from: '2024-02-30', to: '2024-03-01' }),
  'a number that is too large': (client) => client.jobs.list({ limit: 501 }),
  'an empty list': (client) => client.transform.start({ symbols: [] }),
  'a key that is missing': (client) => client.ingest.start({ from: '2024-06-24' } as never),
  'a feature set by its path': (client) => client.features.build({ featureSet: '/etc/hostname' }),
  'nothing at all': (client) => client.jobs.get(undefined as never),
}

describe('every transport', () => {
  test.each(Object.entries(ANSWERED))('gives the same answer to %s', async (_name, call) => {
    const [memory, ...others] = await Promise.all(TRANSPORTS.map((name) => outcomeOf(call(clients[name]))))
    expect(memory).toEqual({ answer: expect.anything() })
    for (const other of others) expect(other).toEqual(memory)
  })

  test.each(Object.entries(REFUSED))(
    'refuses %s with the same error, code and hint included',
    async (_name, [code, call]) => {
      const [memory, ...others] = await Promise.all(TRANSPORTS.map((name) => outcomeOf(call(clients[name]))))
      expect(memory).toEqual({
        error: {
          code: 'OPERATOR_ERROR',
          defined: true,
          status: 422,
          message: expect.stringMatching(/./),
          data: { code, message: expect.any(String), hint: expect.stringMatching(/\.$/) },
        },
      })
      for (const other of others) expect(other).toEqual(memory)
    },
  )

  test.each(Object.entries(INVALID))(
    'refuses %s before the engine sees it, with the same issues',
    async (_name, call) => {
      const jobs = (await clients['in memory'].jobs.list()).length
      const [memory, ...others] = await Promise.all(TRANSPORTS.map((name) => outcomeOf(call(clients[name]))))
      expect(memory).toMatchObject({
        error: {
          code: 'BAD_REQUEST',
          status: 400,
          data: { issues: [expect.objectContaining({ message: expect.any(String) })] },
        },
      })
      for (const other of others) expect(other).toEqual(memory)
      expect(await clients['in memory'].jobs.list()).toHaveLength(jobs)
    },
  )

  test('tells the same when TWS is not there', async () => {
    await engine.tws.disconnect()
    const { engine: lonely, client } = openEngine(newWorkspace({ symbols: ['SPY'] }))
    const server = await openServer(lonely)
    const socket = await openClient(server)
    const outcomes: unknown[] = []
    for (const one of [client, socket.client, overMessagePort(lonely)])
      outcomes.push(await outcomeOf(one.connection.connect()))
    expect(outcomes[0]).toMatchObject({
      error: { code: 'OPERATOR_ERROR', data: { code: 'TWS_UNREACHABLE', hint: expect.any(String) } },
    })
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).toEqual(outcomes[0])
  })
})

test('a page that closes its port in the middle of streams is let go', async () => {
  const { port1, port2 } = new MessageChannel()
  new RPCHandler(router).upgrade(port1, { context: { engine } })
  port1.start()
  port2.start()
  const page: EngineClient = createORPCClient(new RPCLink({ port: port2 }))
  const events = await page.system.events()
  await events.next()
  void events.next().catch(() => undefined)
  await listeners.until(1)
  port2.close()
  await listeners.until(0)
  expect(listeners.count).toBe(0)
})

describe.each(TRANSPORTS)('streams %s', (name) => {
  test('follow a job from its start to its end', async () => {
    const client = clients[name]
    const started = await client.transform.rebuild(RANGE)
    const states = await all<Job>(await client.jobs.watch({ id: started.id }))
    expect(states.every(({ id }) => id === started.id)).toBe(true)
    expect(states.at(-1)).toMatchObject({
      kind: 'rebuild',
      state: 'succeeded',
      result: { sessionsBuilt: 6 },
      progress: { kind: 'finished', fraction: 1 },
    })
    const fractions = states.map(({ progress }) => progress.fraction)
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    await listeners.until(0)
  })

  test('hear how a job is paused, resumed, drained and cancelled', async () => {
    const client = clients[name]
    const started = await client.ingest.start({
      from: '2024-06-28',
      to: '2024-06-28',
      symbols: ['DJCO'],
      host: '127.0.0.1',
      port: silent.port,
    })
    const { id } = started
    expect(started).toMatchObject({ control: 'run', controls: ['pause', 'drain'] })
    const heard: string[] = []
    for await (const { state, control } of await client.jobs.watch({ id })) {
      const now = `${state} ${control}`
      if (now === 'queued run' || now === heard.at(-1)) continue
      heard.push(now)
      if (now === 'running pause') await client.jobs.resume({ id })
      else if (now === 'running drain') await client.jobs.cancel({ id })
      else if (now === 'running run') await (heard.length === 1 ? client.jobs.pause({ id }) : client.jobs.drain({ id }))
    }
    expect(heard).toEqual(['running run', 'running pause', 'running run', 'running drain', 'cancelled drain'])
    await listeners.until(0)
  })

  test('bring events of every kind', async () => {
    const client = clients[name]
    const seen: EngineEvent[] = []
    let job: Job | undefined
    for await (const event of await client.system.events()) {
      seen.push(event)
      // The first event says that the stream listens.
      job ??= await client.ingest.start({
        from: '2024-06-27',
        to: '2024-06-28',
        symbols: ['SPY'],
        host: '127.0.0.1',
        port: simulator.port,
      })
      if (event.kind === 'job' && event.job.id === job.id && event.job.state === 'succeeded') break
    }
    expect(seen[0]).toMatchObject({ kind: 'connection' })
    expect(new Set(seen.map(({ kind }) => kind))).toContain('job')
    await listeners.until(0)
  })

  test('are let go by a consumer that leaves after the first event', async () => {
    const client = clients[name]
    for await (const event of await client.system.events()) {
      expect(event.kind).toBe('connection')
      break
    }
    await listeners.until(0)
  })

  test('are let go by a signal, also when nothing happens', async () => {
    const client = clients[name]
    const stop = new AbortController()
    const events = (await client.system.events(undefined, { signal: stop.signal }))[Symbol.asyncIterator]()
    await events.next()
    const waiting = events.next().then(
      ({ done }) => (done === true ? 'ended' : 'answered'),
      () => 'rejected',
    )
    await listeners.until(1)
    stop.abort()
    await listeners.until(0)
    expect(['ended', 'rejected']).toContain(await waiting)
  })
})
