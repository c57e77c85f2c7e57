import { existsSync } from 'node:fs'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { BodyLimitPlugin } from '@orpc/server/node'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import { SwitchyardError } from '#shared/errors.ts'
import { securityHeaders } from '#shared/security-headers.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { ENDPOINT_FILE } from '#main/engine/workspace.ts'
import { router } from '#main/rpc/router.ts'
import { checkOrigin, checkToken, cookieName, type Refusal, sameText } from './access.ts'
import type { Endpoint } from './endpoint.ts'
import { sendFile } from './static-files.ts'
import { workspaceToken } from './token-file.ts'

export interface HeadlessOptions {
  readonly engine: Engine
  /** Folder of the built console; without it only the API is served. */
  readonly rendererFolder: string
  /** 0 takes any free port. */
  readonly port: number
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
 * in `engine.json` in the workspace while it serves, readable by its owner only. It is the same after a restart.
 *
 * @throws {SwitchyardError} IO_ERROR when the port is taken or engine.json cannot be written; nothing listens then.
 */
export async function startHeadlessServer(options: HeadlessOptions): Promise<HeadlessServer> {
  const { engine } = options
  const token = await workspaceToken(engine.folder)
  const api = new OpenAPIHandler(router, { plugins: [new BodyLimitPlugin({ maxBodySize: MAX_MESSAGE_BYTES })] })
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
    const headers = securityHeaders([`ws://${request.headers.host ?? ''}`])
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const url = URL.parse(request.url ?? '/', `http://127.0.0.1:${port}`)
    if (url === null) return refuse(response, 400, 'This is not a path.')
    if (url.pathname.startsWith('/api/')) {
      const denied = checkToken(request, port, token)
      if (denied !== null) return refuse(response, denied.status, denied.reason)
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
    if (denied !== null) return refuseUpgrade(socket, denied)
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (thrown) => engine.log.warn({ thrown }, 'a client socket failed'))
      void rpc.upgrade(client, { context: { engine } })
    })
  })

  port = await listen(server, options.port)
  const endpointFile = join(engine.folder, ENDPOINT_FILE)
  try {
    await writeEndpoint(endpointFile, { port, token, pid: process.pid })
  } catch (thrown) {
    server.close()
    throw thrown
  }
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

async function writeEndpoint(file: string, endpoint: Endpoint): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(endpoint)}\n`, { mode: 0o600 })
    // The mode above holds for a new file only.
    await chmod(file, 0o600)
  } catch (thrown) {
    throw new SwitchyardError('IO_ERROR', `${file} cannot be written.`, {
      hint: 'Check that the workspace folder can be written and that nothing else has this name.',
      cause: thrown,
    })
  }
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`)
}

/** Answers an upgrade that is not granted and lets go of the socket, whatever the client does about it. */
function refuseUpgrade(socket: Duplex, { status, reason }: Refusal): void {
  // Node hands the socket over without a listener; a client that resets it must not end the process.
  socket.on('error', () => socket.destroy())
  const head = `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain`
  socket.end(`${head}\r\n\r\n${reason}\n`, () => socket.destroy())
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
