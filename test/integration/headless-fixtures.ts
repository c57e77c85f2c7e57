import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Engine } from '#main/engine/create-engine.ts'
import { type HeadlessServer, startHeadlessServer } from '#main/hosts/headless-server.ts'
import { connectToServer } from '#main/hosts/web-socket-client.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { closeAtEnd, newFolder } from './workspace-fixtures.ts'

/** A console of three files, one of which is a link that leads out of the folder. */
export function newConsole(): string {
  const outside = newFolder()
  writeFileSync(join(outside, 'secret.txt'), 'SECRET')
  const folder = newFolder()
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>console</title>')
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), 'export {}')
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'assets', 'link.txt'))
  return folder
}

/** Serves an engine on any free port; closed when the test file is done, if not before. */
export async function openServer(engine: Engine, rendererFolder = newConsole()): Promise<HeadlessServer> {
  const server = await startHeadlessServer({ engine, rendererFolder, port: 0 })
  closeAtEnd(() => server.close())
  return server
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Ask {
  readonly method?: string
  readonly path: string
  /** Over the usual ones; `host` may be any. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | readonly Buffer[]
}

/** One HTTP request with exactly these headers; a body given in parts is sent chunked. */
export function ask(port: number, { method = 'GET', path, headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    // A server that refuses a body may hang up while it is still being sent; what it answered counts.
    let answered = false
    request.on('response', () => (answered = true))
    request.on('error', (thrown) => {
      if (!answered) reject(thrown)
    })
    if (body === undefined || typeof body === 'string') request.end(body)
    else {
      for (const part of body) request.write(part)
      request.end()
    }
  })
}

export interface SocketClient {
  readonly client: EngineClient
  /** Closes the connection. */
  readonly leave: () => void
}

/** A client over a WebSocket of its own, which is closed when the test file is done, if not before. */
export async function openClient(server: HeadlessServer): Promise<SocketClient> {
  const socket = await connectToServer({ port: server.port, token: server.token, pid: process.pid })
  const leave = (): void => socket.close()
  closeAtEnd(async () => leave())
  return { client: socket.client, leave }
}

/** Sends bytes as they are and returns everything that comes back until the server ends the connection. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
  await once(socket, 'connect')
  socket.write(text)
  await once(socket, 'end')
  socket.destroy()
  return received
}

/** The head of a WebSocket upgrade with these header lines. */
export function upgradeHead(path: string, ...lines: string[]): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...lines,
    '',
    '',
  ].join('\r\n')
}

/** Opens a connection, sends bytes, and resets it without waiting for an answer. */
export async function sendAndReset(port: number, text: string): Promise<void> {
  const socket: Socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(text)
  socket.resetAndDestroy()
  await once(socket, 'close')
}

/** Counts who listens to the engine at the moment. */
export class ListenerCount {
  #count = 0
  #changed = Promise.withResolvers<void>()

  constructor(engine: Engine) {
    const subscribe = engine.events.subscribe.bind(engine.events)
    engine.events.subscribe = (listener) => this.#counted(subscribe(listener))
    const onChange = engine.jobs.onChange.bind(engine.jobs)
    engine.jobs.onChange = (listener) => this.#counted(onChange(listener))
  }

  get count(): number {
    return this.#count
  }

  /** Waits until exactly so many listen. */
  async until(count: number): Promise<void> {
    while (this.#count !== count) await this.#changed.promise
  }

  #counted(stop: () => void): () => void {
    let isListening = true
    this.#change(1)
    return () => {
      stop()
      if (isListening) this.#change(-1)
      isListening = false
    }
  }

  #change(by: number): void {
    this.#count += by
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
