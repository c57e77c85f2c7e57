import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import { SwitchyardError } from '#shared/errors.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { router } from '#main/rpc/router.ts'
import { checkOrigin, checkToken, cookieName, type Refusal, sameText } from './access.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { ENDPOINT_FILE, type Endpoint } from './endpoint.ts'
import { sendFile } from './static-files.ts'

export interface HeadlessOptions {
  readonly engine: Engine
  /** Folder of the built console; without it only the API is served. */
  readonly rendererFolder: string
  /** 0 takes any free port. */
  readonly port: number
  /** Fixed token, for a server that comes back under the address its pages know; random when left out. */
  readonly token?: string
}

export interface HeadlessServer {
  readonly port: number
  readonly token: string
  /** Opens the console; carries the token once, which the server turns into a cookie. */
  readonly url: string
  close(): Promise<void>
}

const MAX_MESSAGE_BYTES = 1024 * 1024

/**
 * Serves the contract and the console on 127.0.0.1: `/rpc` is the WebSocket of the console and the command line, `/api` the
 * same contract over HTTP for scripts, everything else the console's files. Whoever talks needs the token, which also stands
 * in `engine.json` in the workspace, readable by its owner only.
 *
 * @throws {SwitchyardError} IO_ERROR when the port is taken.
 */
export async function startHeadlessServer(options: HeadlessOptions): Promise<HeadlessServer> {
  const { engine } = options
  const token = options.token ?? randomBytes(32).toString('base64url')
  const api = new OpenAPIHandler(router)
  const rpc = new RPCHandler(router)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
  let port = 0

  const server = createServer((request, response) => {
    void handle(request, response).catch((thrown: unknown) => {
      engine.log.error({ thrown, path: request.url?.split('?')[0] }, 'a request failed')
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'The request failed; the log of the workspace has the details.')
    })
  })
  // A client that never finishes its request must not hold a connection for ever.
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const foreign = checkOrigin(request, port)
    if (foreign !== null) return refuse(response, foreign.status, foreign.reason)
    setSecurityHeaders(response, request.headers.host ?? '')
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`)
    if (url.pathname.startsWith('/api/')) {
      const denied = checkToken(request, port, token)
      if (denied !== null) return refuse(response, denied.status, denied.reason)
      if (Number(request.headers['content-length'] ?? 0) > MAX_MESSAGE_BYTES) {
        return refuse(response, 413, `A request body has at most ${MAX_MESSAGE_BYTES} bytes.`)
      }
      const { matched } = await api.handle(request, response, { prefix: '/api', context: { engine } })
      if (!matched) refuse(response, 404, `There is no procedure ${url.pathname}.`)
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only GET is served here.')
    const given = url.searchParams.get('token')
    if (given !== null && url.pathname === '/') return exchangeToken(response, given)
    return sendFile(options.rendererFolder, url.pathname, response)
  }

  /** Trades the token of the link for a cookie, so that it leaves the address bar and the history. */
  const exchangeToken = (response: ServerResponse, given: string): void => {
    const headers: Record<string, string> = { location: '/' }
    if (sameText(given, token)) {
      headers['set-cookie'] = `${cookieName(port)}=${token}; HttpOnly; SameSite=Strict; Path=/`
    }
    response.writeHead(302, headers).end()
  }

  server.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0]
    const denied: Refusal | null =
      path === '/rpc'
        ? (checkOrigin(request, port) ?? checkToken(request, port, token))
        : { status: 403, reason: 'No such socket.' }
    if (denied !== null) {
      socket.end(
        `HTTP/1.1 ${denied.status} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n${denied.reason}\n`,
      )
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (thrown) => engine.log.warn({ thrown }, 'a client socket failed'))
      void rpc.upgrade(client, { context: { engine } })
    })
  })

  port = await listen(server, options.port)
  const endpointFile = join(engine.folder, ENDPOINT_FILE)
  const endpoint: Endpoint = { port, token, pid: process.pid }
  await writeFile(endpointFile, `${JSON.stringify(endpoint)}\n`, { mode: 0o600 })
  // The mode above holds for a new file only.
  await chmod(endpointFile, 0o600)
  engine.log.info({ port }, 'serving')

  return {
    port,
    token,
    url: `http://127.0.0.1:${port}/?token=${token}`,
    close: async () => {
      await rm(endpointFile, { force: true })
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Whether the console was built. */
export function isRendererBuilt(folder: string): boolean {
  return existsSync(join(folder, 'index.html'))
}

function setSecurityHeaders(response: ServerResponse, host: string): void {
  response.setHeader('content-security-policy', contentSecurityPolicy(host))
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      reject(
        thrown.code === 'EADDRINUSE'
          ? new SwitchyardError('IO_ERROR', `Port ${port} is taken by another program.`, {
              hint: 'Choose another with --port, or leave it out to take any free one.',
              cause: thrown,
            })
          : thrown,
      )
    })
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
