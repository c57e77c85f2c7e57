import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EngineEvent } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { type HeadlessServer, startHeadlessServer } from '#main/hosts/headless-server.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import {
  type Answer,
  ask,
  type Ask,
  ListenerCount,
  newConsole,
  openClient,
  openServer,
  upgradeHead,
} from './headless-fixtures.ts'
import { finished, newWorkspace, openEngine, openSimulator } from './workspace-fixtures.ts'

const market = syntheticMarket({ seed: 9, calendar: XNYS, symbols: ['SPY'], from: '2024-06-24', to: '2024-06-28' })

/** How many bars the market has from one date to another, both included; it is halted for a while on one of them. */
async function barsOf(from: string, to: string): Promise<number> {
  const [start, end] = [`${from}T00:00:00Z`, `${to}T23:59:00Z`].map((time) => Date.parse(time) / 1000)
  return (await market.minuteBars('SPY', start, end, true)).ts.length
}

let workspace: string
let engine: Engine
let server: HeadlessServer
let listeners: ListenerCount
let bearer: Record<string, string>

const asked = (what: Ask): Promise<Answer> => ask(server.port, what)

beforeAll(async () => {
  const simulator = await openSimulator({ market })
  workspace = newWorkspace({ symbols: ['SPY'], port: simulator.port })
  ;({ engine } = openEngine(workspace))
  writeFileSync(join(workspace, 'engine.json'), 'left over')
  chmodSync(join(workspace, 'engine.json'), 0o644)
  listeners = new ListenerCount(engine)
  server = await openServer(engine)
  bearer = { authorization: `Bearer ${server.token}` }
})

async function isAlive(): Promise<boolean> {
  return (await asked({ path: '/api/overview', headers: bearer })).status === 200
}

describe('the way in', () => {
  test('is the token in engine.json, which only its owner can read', () => {
    const file = join(workspace, 'engine.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ port: server.port, token: server.token, pid: process.pid })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(Buffer.from(server.token, 'base64url')).toHaveLength(32)
  })

  test.each([
    ['by the bearer token', (): Record<string, string> => bearer],
    ['by the cookie', () => ({ cookie: `theme=dark; switchyard_${server.port}=${server.token}` })],
    ['under the name localhost', () => ({ ...bearer, host: `localhost:${server.port}` })],
    [
      'from its own page',
      () => ({ cookie: `switchyard_${server.port}=${server.token}`, origin: `http://127.0.0.1:${server.port}` }),
    ],
  ])('%s', async (_way, headers) => {
    expect((await asked({ path: '/api/overview', headers: headers() })).status).toBe(200)
  })

  test('is a link whose token becomes a cookie that scripts and other sites do not get', async () => {
    const right = await asked({ path: `/?token=${server.token}` })
    expect(right).toMatchObject({ status: 302, body: '' })
    expect(right.headers.location).toBe('/')
    expect(right.headers['set-cookie']).toEqual([
      `switchyard_${server.port}=${server.token}; HttpOnly; SameSite=Strict; Path=/`,
    ])
    const wrong = await asked({ path: '/?token=guess' })
    expect(wrong.status).toBe(302)
    expect(wrong.headers['set-cookie']).toBeUndefined()
  })

  test('shows the console with headers that keep it to itself', async () => {
    const page = await asked({ path: '/' })
    expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>console</title>' })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.headers['cache-control']).toBe('no-cache')
    const script = await asked({ path: '/assets/app-1a2b.js' })
    expect(script.headers['content-type']).toMatch(/javascript/)
    expect(script.headers['cache-control']).toContain('immutable')
    const data = await asked({ path: '/api/overview', headers: bearer })
    for (const { headers } of [page, script, data]) {
      const policy = String(headers['content-security-policy']).split('; ')
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
          "form-action 'none'",
        ]),
      )
      expect(policy.find((rule) => rule.startsWith('script-src'))).not.toMatch(/unsafe/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      })
    }
    expect((await asked({ method: 'HEAD', path: '/' })).body).toBe('')
  })
})

describe('the API over HTTP', () => {
  const post = (path: string, body: unknown): Promise<Answer> =>
    asked({
      method: 'POST',
      path,
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  test('answers what the contract says', async () => {
    const overview = await asked({ path: '/api/overview', headers: bearer })
    expect(overview.headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.parse(overview.body)).toMatchObject({
      workspace: { name: 'test', folder: workspace },
      layers: expect.any(Array),
    })
    const plan = await post('/api/ingest/plan', { from: '2024-06-24', to: '2024-06-28' })
    expect(plan.status).toBe(200)
    expect(JSON.parse(plan.body)).toMatchObject({ sessions: 5, sessionsToFetch: 5, requests: 1, expectedBars: 1950 })
    const jobs = await asked({ path: '/api/jobs', headers: bearer })
    expect([jobs.status, JSON.parse(jobs.body)]).toEqual([200, []])
    const few = await asked({ path: '/api/jobs?limit=3', headers: bearer })
    expect([few.status, JSON.parse(few.body)]).toEqual([200, []])
    for (const limit of ['0', '501', '1.5', 'three', '']) {
      expect([limit, (await asked({ path: `/api/jobs?limit=${limit}`, headers: bearer })).status]).toEqual([limit, 400])
    }
  })

  test('sends errors with code and hint', async () => {
    const holiday = await post('/api/ingest', { from: '2024-07-04', to: '2024-07-04' })
    expect(holiday.status).toBe(422)
    expect(JSON.parse(holiday.body)).toMatchObject({
      code: 'OPERATOR_ERROR',
      message: expect.stringContaining('no trading session'),
      data: {
        code: 'NO_SESSIONS',
        message: expect.stringContaining('no trading session'),
        hint: expect.stringMatching(/\.$/),
      },
    })
    const missing = await asked({ path: '/api/jobs/nothing', headers: bearer })
    expect(missing.status).toBe(422)
    expect(JSON.parse(missing.body)).toMatchObject({ data: { code: 'NOT_FOUND' } })
    const bad = await post('/api/ingest/plan', { from: 'yesterday', to: '2024-06-28' })
    expect(bad.status).toBe(400)
    expect(JSON.parse(bad.body)).toMatchObject({
      code: 'BAD_REQUEST',
      data: { issues: [expect.objectContaining({ path: ['from'] })] },
    })
  })

  test('streams a job to its end, and then lets go', async () => {
    const started = JSON.parse((await post('/api/ingest', { from: '2024-06-24', to: '2024-06-25' })).body) as Job
    const watched = await asked({ path: `/api/jobs/${started.id}/watch`, headers: bearer })
    expect(watched.headers['content-type']).toMatch(/^text\/event-stream/)
    const states = [...watched.body.matchAll(/^data: (\{.*\})$/gm)].map(([, text]) => JSON.parse(text) as Job)
    expect(states.at(-1)).toMatchObject({
      id: started.id,
      state: 'succeeded',
      result: { bars: await barsOf('2024-06-24', '2024-06-25') },
    })
    for (const action of ['pause', 'resume', 'drain']) {
      const refused = await post(`/api/jobs/${started.id}/${action}`, {})
      expect(refused.status).toBe(422)
      expect(JSON.parse(refused.body)).toMatchObject({ data: { code: 'BAD_ARGUMENTS', hint: expect.any(String) } })
    }
    expect(JSON.parse((await post(`/api/jobs/${started.id}/cancel`, {})).body)).toMatchObject({ state: 'succeeded' })
    await listeners.until(0)
  })

  test('lets go of a client that leaves in the middle of a stream', async () => {
    const response = await new Promise<IncomingMessage>((resolve) => {
      get({ host: '127.0.0.1', port: server.port, path: '/api/events', headers: bearer }, resolve)
    })
    await once(response, 'data')
    await listeners.until(1)
    response.destroy()
    await listeners.until(0)
    expect(await isAlive()).toBe(true)
  })
})

describe('streams over the WebSocket', () => {
  test('bring the connection as it is, then every change', async () => {
    const { client, leave } = await openClient(server)
    const events = (await client.system.events())[Symbol.asyncIterator]()
    expect((await events.next()).value).toMatchObject({ kind: 'connection', connection: { host: '127.0.0.1' } })
    const job = await client.ingest.start({ from: '2024-06-26', to: '2024-06-27' })
    const seen: EngineEvent[] = []
    while (!seen.some((event) => event.kind === 'job' && event.job.id === job.id && event.job.state === 'succeeded')) {
      seen.push((await events.next()).value as EngineEvent)
    }
    expect(seen).toContainEqual({ kind: 'layer', layer: 'raw' })
    await events.return?.(undefined)
    await listeners.until(0)
    leave()
  })

  test('of a job end with the job', async () => {
    const { client, leave } = await openClient(server)
    const started = await client.transform.start({})
    const states: Job[] = []
    for await (const state of await client.jobs.watch({ id: started.id })) states.push(state)
    expect(states.at(-1)).toMatchObject({ state: 'succeeded', result: { sessionsBuilt: 4 } })
    expect(states.filter(({ state }) => state === 'succeeded')).toHaveLength(1)
    // One that has ended is told once.
    const again: Job[] = []
    for await (const state of await client.jobs.watch({ id: started.id })) again.push(state)
    expect(again).toEqual([states.at(-1)])
    await listeners.until(0)
    leave()
  })

  test('of clients that vanish are let go, and what they watched goes on', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = await openSimulator({
      market: { ...market, minuteBars: async (...args) => (await gate.promise, market.minuteBars(...args)) },
    })
    const { client: watcher } = await openClient(server)
    const job = await watcher.ingest.start({ from: '2024-06-28', to: '2024-06-28', host: '127.0.0.1', port: slow.port })
    const leaving: (() => void)[] = []
    for (let i = 0; i < 5; i++) {
      const { client, leave } = await openClient(server)
      const [events, watch] = [await client.system.events(), await client.jobs.watch({ id: job.id })]
      await events.next()
      await watch.next()
      // What waits when the connection ends is rejected, here as it would be in a page.
      for (const stream of [events, watch]) void stream.next().catch(() => undefined)
      leaving.push(leave)
    }
    await listeners.until(10)
    for (const leave of leaving) leave()
    await listeners.until(0)
    gate.resolve()
    expect(await finished(watcher, Promise.resolve(job))).toMatchObject({
      state: 'succeeded',
      result: { bars: await barsOf('2024-06-28', '2024-06-28') },
    })
    await listeners.until(0)
  })
})

describe('starting and stopping', () => {
  test('on a port that is taken is refused and disturbs nobody', async () => {
    const before = readFileSync(join(workspace, 'engine.json'), 'utf8')
    await expect(
      startHeadlessServer({ engine, rendererFolder: newConsole(), port: server.port }),
    ).rejects.toMatchObject({
      code: 'IO_ERROR',
      message: expect.stringContaining(String(server.port)),
      hint: expect.stringContaining('--port'),
    })
    expect(readFileSync(join(workspace, 'engine.json'), 'utf8')).toBe(before)
    expect(await isAlive()).toBe(true)
  })

  test('without a place for its note is refused, and nothing listens then', async () => {
    const other = newWorkspace({ symbols: ['SPY'] })
    mkdirSync(join(other, 'engine.json'))
    const { engine: own } = openEngine(other)
    const taken = await openServer(engine)
    await taken.close()
    await expect(
      startHeadlessServer({ engine: own, rendererFolder: newConsole(), port: taken.port }),
    ).rejects.toMatchObject({ code: 'IO_ERROR', message: expect.stringContaining('engine.json') })
    await expect(ask(taken.port, { path: '/' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('again has the same token, which only its owner can read', async () => {
    const other = newWorkspace({ symbols: ['SPY'] })
    const { engine: own } = openEngine(other)
    const first = await openServer(own)
    await first.close()
    const file = join(other, 'token')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o644)
    const second = await openServer(own)
    expect(second.token).toBe(first.token)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await second.close()

    writeFileSync(file, 'short')
    const third = await openServer(own)
    expect(third.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(readFileSync(file, 'utf8')).toBe(third.token)
    await third.close()
  })

  test('ends at once, whatever clients hold open, and removes its note', async () => {
    const other = newWorkspace({ symbols: ['SPY'] })
    const { engine: own } = openEngine(other)
    const counted = new ListenerCount(own)
    const doomed = await openServer(own)
    const { client } = await openClient(doomed)
    const events = await client.system.events()
    await events.next()
    const waiting = events.next().catch((thrown: unknown) => thrown)
    // A refused upgrade whose client does not hang up, a request that was never finished, and an idle connection.
    const held = connect({ port: doomed.port, host: '127.0.0.1', allowHalfOpen: true })
    held.on('error', () => undefined)
    held.write(upgradeHead('/rpc', `Host: 127.0.0.1:${doomed.port}`))
    await once(held, 'data')
    const unfinished = connect({ port: doomed.port, host: '127.0.0.1', allowHalfOpen: true })
    unfinished.on('error', () => undefined)
    unfinished.write(`POST /api/ingest/plan HTTP/1.1\r\nHost: 127.0.0.1:${doomed.port}\r\nContent-Length: 100\r\n\r\n{`)
    await once(unfinished, 'connect')

    await doomed.close()
    expect(existsSync(join(other, 'engine.json'))).toBe(false)
    await waiting
    await counted.until(0)
    await expect(ask(doomed.port, { path: '/' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    held.destroy()
    unfinished.destroy()
  })
})
