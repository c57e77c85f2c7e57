import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { HeadlessServer } from '#main/hosts/headless-server.ts'
import { type Answer, ask, type Ask, openServer, sendAndReset, sendRaw, upgradeHead } from './headless-fixtures.ts'
import { newWorkspace, openEngine } from './workspace-fixtures.ts'

const MEGABYTE = 1024 * 1024

let server: HeadlessServer
let bearer: Record<string, string>

const asked = (what: Ask): Promise<Answer> => ask(server.port, what)

beforeAll(async () => {
  server = await openServer(openEngine(newWorkspace({ symbols: ['SPY'] })).engine)
  bearer = { authorization: `Bearer ${server.token}` }
})

/** What was refused, for the table that is printed at the end. */
const refusals: { what: string; answer: string }[] = []

afterAll(() => {
  const width = Math.max(...refusals.map(({ what }) => what.length))
  console.info(
    `Refused by the headless server:\n${refusals.map(({ what, answer }) => `  ${what.padEnd(width)}  ${answer}`).join('\n')}`,
  )
})

async function isAlive(): Promise<boolean> {
  return (await asked({ path: '/api/overview', headers: bearer })).status === 200
}

describe('requests that are refused', () => {
  const plan = JSON.stringify({ from: '2024-06-24', to: '2024-06-28' })
  const json = { 'content-type': 'application/json' }
  const cases: readonly (readonly [string, number, () => Ask])[] = [
    ['no token', 401, () => ({ path: '/api/overview' })],
    ['a wrong token', 401, () => ({ path: '/api/overview', headers: { authorization: `Bearer ${'x'.repeat(43)}` } })],
    [
      'a token cut short',
      401,
      () => ({ path: '/api/overview', headers: { authorization: `Bearer ${server.token.slice(0, -1)}` } }),
    ],
    ['an empty token', 401, () => ({ path: '/api/overview', headers: { authorization: 'Bearer ' } })],
    ['the token in the address of a call', 401, () => ({ path: `/api/overview?token=${server.token}` })],
    [
      'the token under another scheme',
      401,
      () => ({ path: '/api/overview', headers: { authorization: `Basic ${server.token}` } }),
    ],
    [
      'the cookie of another port',
      401,
      () => ({ path: '/api/overview', headers: { cookie: `switchyard_${server.port + 1}=${server.token}` } }),
    ],
    [
      'a cookie that cannot be decoded',
      401,
      () => ({ path: '/api/overview', headers: { cookie: `switchyard_${server.port}=%zz` } }),
    ],
    ['a foreign origin', 403, () => ({ path: '/api/overview', headers: { ...bearer, origin: 'https://example.com' } })],
    [
      'another port as origin',
      403,
      () => ({ path: '/api/overview', headers: { ...bearer, origin: `http://127.0.0.1:${server.port + 1}` } }),
    ],
    ['the origin "null"', 403, () => ({ path: '/api/overview', headers: { ...bearer, origin: 'null' } })],
    [
      'a foreign origin that asks for the console',
      403,
      () => ({ path: '/', headers: { origin: 'https://example.com' } }),
    ],
    [
      'a foreign host',
      421,
      () => ({ path: '/api/overview', headers: { ...bearer, host: `example.com:${server.port}` } }),
    ],
    [
      'a host that only begins like ours',
      421,
      () => ({ path: '/', headers: { host: `127.0.0.1.example.com:${server.port}` } }),
    ],
    ['our host with another port', 421, () => ({ path: '/', headers: { host: '127.0.0.1:80' } })],
    ['an unknown procedure', 404, () => ({ path: '/api/orders', headers: bearer })],
    ['an unknown procedure without token', 401, () => ({ path: '/api/orders' })],
    ['a wrong method', 404, () => ({ method: 'DELETE', path: '/api/overview', headers: bearer })],
    [
      'a preflight',
      401,
      () => ({ method: 'OPTIONS', path: '/api/ingest', headers: { 'access-control-request-method': 'POST' } }),
    ],
    ['a start by GET', 404, () => ({ path: '/api/ingest', headers: bearer })],
    ['a POST to a page', 405, () => ({ method: 'POST', path: '/', headers: bearer })],
    ['a path that is none', 400, () => ({ path: '//', headers: bearer })],
    [
      'a body of more than 1 MiB',
      413,
      () => ({
        method: 'POST',
        path: '/api/ingest/plan',
        headers: { ...bearer, ...json, 'content-length': String(MEGABYTE + 1) },
        body: ' '.repeat(MEGABYTE + 1),
      }),
    ],
    [
      'a body of more than 1 MiB in chunks',
      413,
      () => ({
        method: 'POST',
        path: '/api/ingest/plan',
        headers: { ...bearer, ...json },
        body: [...Array.from({ length: 17 }, () => Buffer.alloc(64 * 1024, ' ')), Buffer.from(plan)],
      }),
    ],
    [
      'a body that is no JSON',
      400,
      () => ({ method: 'POST', path: '/api/ingest/plan', headers: { ...bearer, ...json }, body: '{"from":' }),
    ],
    [
      'a body of another shape',
      400,
      () => ({
        method: 'POST',
        path: '/api/ingest/plan',
        headers: { ...bearer, ...json },
        body: '{"from":"2024-13-01"}',
      }),
    ],
    ['a file that is not there', 404, () => ({ path: '/nothing.js' })],
    ['a folder', 404, () => ({ path: '/assets/' })],
    ['a way out of the folder', 404, () => ({ path: '/../../engine.json' })],
    ['an encoded way out', 404, () => ({ path: '/%2e%2e/%2e%2e/engine.json' })],
    ['a way out with encoded slashes', 404, () => ({ path: '/assets/..%2f..%2f..%2fengine.json' })],
    ['a way out with encoded backslashes', 404, () => ({ path: '/..%5c..%5cengine.json' })],
    ['a twice encoded way out', 404, () => ({ path: '/%252e%252e/engine.json' })],
    ['an absolute path', 404, () => ({ path: `//etc/passwd` })],
    ['a name with a NUL', 404, () => ({ path: '/index.html%00.js' })],
    ['a name that cannot be decoded', 404, () => ({ path: '/%zz' })],
    ['a link that leads out of the folder', 404, () => ({ path: '/assets/link.txt' })],
  ]

  test.each(cases)('%s', async (what, status, make) => {
    const answer = await asked(make())
    refusals.push({ what, answer: `HTTP ${answer.status}  ${answer.body.trim().slice(0, 70)}` })
    expect(answer.status).toBe(status)
    for (const secret of ['SECRET', server.token, 'root:']) expect(answer.body).not.toContain(secret)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(await isAlive()).toBe(true)
  })

  test('leave no job behind', async () => {
    expect(JSON.parse((await asked({ path: '/api/jobs', headers: bearer })).body)).toEqual([])
  })
})

describe('WebSockets that are refused', () => {
  const host = (): string => `Host: 127.0.0.1:${server.port}`
  const withToken = (): string => `Authorization: Bearer ${server.token}`

  test.each<readonly [string, number, () => string]>([
    ['no token', 401, () => upgradeHead('/rpc', host())],
    ['a wrong token', 401, () => upgradeHead('/rpc', host(), 'Authorization: Bearer nonsense')],
    ['the token in the address', 401, () => upgradeHead(`/rpc?token=${server.token}`, host())],
    [
      'a cookie that cannot be decoded',
      401,
      () => upgradeHead('/rpc', host(), `Cookie: switchyard_${server.port}=%zz`),
    ],
    ['a foreign origin', 403, () => upgradeHead('/rpc', host(), withToken(), 'Origin: https://example.com')],
    ['a foreign host', 421, () => upgradeHead('/rpc', `Host: example.com:${server.port}`, withToken())],
    ['another path', 403, () => upgradeHead('/socket', host(), withToken())],
  ])('%s', async (what, status, head) => {
    const answer = await sendRaw(server.port, head())
    refusals.push({ what: `WebSocket: ${what}`, answer: answer.split('\r\n')[0] })
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(await isAlive()).toBe(true)
  })

  test('may be reset by the client, a hundred times, and the server goes on', async () => {
    const failures: unknown[] = []
    const note = (thrown: unknown): void => void failures.push(thrown)
    process.on('uncaughtException', note)
    try {
      for (let i = 0; i < 100; i++) await sendAndReset(server.port, upgradeHead('/rpc', host()))
      expect(await isAlive()).toBe(true)
    } finally {
      process.off('uncaughtException', note)
    }
    expect(failures).toEqual([])
  })

  test('by a message of more than 1 MiB are closed for it', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers: bearer })
    await once(socket, 'open')
    socket.send(Buffer.alloc(MEGABYTE + 1, 'x'))
    const [code] = (await once(socket, 'close')) as [number]
    refusals.push({ what: 'WebSocket: a message of more than 1 MiB', answer: `closed with ${code}` })
    expect(code).toBe(1009)
    expect(await isAlive()).toBe(true)
  })

  test.each([
    ['words', 'hello'],
    ['JSON of another shape', '{"i":1,"p":{"u":"/nothing"}}'],
    ['a name that must not be followed', '{"i":"1","p":{"u":"/__proto__/constructor","b":{"json":{}}}}'],
    ['bytes', Buffer.from([0, 255, 1, 2])],
  ])('%s on an open socket do not hurt', async (_what, message) => {
    const failures: unknown[] = []
    const note = (thrown: unknown): void => void failures.push(thrown)
    process.on('unhandledRejection', note)
    process.on('uncaughtException', note)
    try {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers: bearer })
      await once(socket, 'open')
      socket.send(message)
      socket.ping()
      await once(socket, 'pong')
      socket.close()
      await once(socket, 'close')
      expect(await isAlive()).toBe(true)
    } finally {
      process.off('unhandledRejection', note)
      process.off('uncaughtException', note)
    }
    expect(failures).toEqual([])
  })
})
