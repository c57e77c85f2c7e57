import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CDPSession, Page } from 'playwright'
import { pageWorldSource, preloadWorldSource } from './page-runtime.ts'
import type { FromPage, ToPage } from './page-runtime.ts'
import type { PortEnd } from './message-port.ts'
import { decodeValue, encodeValue } from './value-codec.ts'

/** What a page's preload world tells the main process. */
export interface PreloadWorldEvents {
  /** A document replaced the former one in the main frame. `url` is the browser's address. */
  committed(url: string): void
  /** `ipcRenderer.send` was called in the main frame. */
  sent(channel: string, args: unknown[]): void
  /** The page tried to open a window. */
  windowOpened(url: string): void
}

/**
 * Runs a preload script in an isolated world of the page's main frame, before the page's own scripts, as Electron does with
 * context isolation: it shares the page's DOM and none of its JavaScript objects. Messages go through a binding that exists in
 * that world only.
 */
export class PreloadWorld {
  readonly #session: CDPSession
  readonly #world = 'Electron Isolated Context'
  readonly #names = { bridge: `bridge-${randomUUID()}`, binding: `electronHost${randomUUID().replaceAll('-', '')}` }
  readonly #ports = new Map<number, PortEnd>()
  #lastPort = 0
  #messagesReceived = 0
  #mainFrame = ''
  #context: number | undefined

  static async open(page: Page, preload: string, events: PreloadWorldEvents): Promise<PreloadWorld> {
    const session = await page.context().newCDPSession(page)
    const world = new PreloadWorld(session)
    await world.#install(preload, events)
    return world
  }

  private constructor(session: CDPSession) {
    this.#session = session
  }

  async #install(preload: string, events: PreloadWorldEvents): Promise<void> {
    const session = this.#session
    session.on('Runtime.executionContextCreated', ({ context }) => {
      const data = context.auxData as { frameId?: string } | undefined
      if (context.name === this.#world && data?.frameId === this.#mainFrame) this.#context = context.id
    })
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }) => this.#leave(executionContextId))
    session.on('Runtime.executionContextsCleared', () => this.#leave(this.#context))
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === this.#names.binding && executionContextId === this.#context) {
        this.#receive(JSON.parse(payload) as FromPage, events)
      }
    })
    session.on('Page.frameNavigated', ({ frame }) => {
      if (frame.id === this.#mainFrame) events.committed(frame.url)
    })
    session.on('Page.windowOpen', ({ url }) => events.windowOpened(url))

    await session.send('Page.enable')
    const { frameTree } = await session.send('Page.getFrameTree')
    this.#mainFrame = frameTree.frame.id
    await session.send('Runtime.addBinding', { name: this.#names.binding, executionContextName: this.#world })
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageWorldSource(this.#names) })
    const processInfo = {
      platform: process.platform,
      type: 'renderer',
      sandboxed: true,
      contextIsolated: true,
      env: {},
      argv: [],
    }
    await session.send('Page.addScriptToEvaluateOnNewDocument', {
      source: preloadWorldSource(this.#names, readFileSync(preload, 'utf8'), processInfo),
      worldName: this.#world,
    })
    await session.send('Runtime.enable')
  }

  /** Sends a message, and ports with it, to the preload script of the present document. */
  post(channel: string, args: readonly unknown[], transfer: readonly PortEnd[] = []): void {
    const ports = transfer.map((end) => {
      const port = ++this.#lastPort
      this.#ports.set(port, end)
      return { port, end }
    })
    const encoded = args.map((each) => encodeValue(structuredClone(each)))
    this.#send({ type: 'message', channel, args: encoded, ports: ports.map(({ port }) => port) })
    for (const { port, end } of ports) {
      end.attach({
        message: (data) => {
          this.#messagesReceived++
          this.#send({ type: 'port-message', port, data: encodeValue(data) })
        },
        close: () => {
          if (this.#ports.delete(port)) this.#send({ type: 'port-close', port })
        },
      })
    }
  }

  /** The ports of the present document, and how many messages came over them. */
  get portTraffic(): { open: number; received: number } {
    return { open: this.#ports.size, received: this.#messagesReceived }
  }

  /** Evaluates an expression in the isolated world of the present document; the result is JSON. */
  async evaluate(expression: string): Promise<unknown> {
    if (this.#context === undefined) throw new Error('The page has no preload script.')
    const { result, exceptionDetails } = await this.#session.send('Runtime.evaluate', {
      expression,
      contextId: this.#context,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  #send(message: ToPage): void {
    const executionContextId = this.#context
    // No document listens: the message is lost, as it is in Electron.
    if (executionContextId === undefined) return
    this.#session
      .send('Runtime.callFunctionOn', {
        functionDeclaration: `(text) => globalThis[${JSON.stringify(`${this.#names.binding}Receive`)}](text)`,
        executionContextId,
        arguments: [{ value: JSON.stringify(message) }],
      })
      .catch((error: unknown) => {
        // The document may be replaced, or the page closed, while the message is under way.
        if (executionContextId === this.#context) console.error(`electron-host: ${String(error)}`)
      })
  }

  #receive(message: FromPage, events: PreloadWorldEvents): void {
    switch (message.type) {
      case 'send':
        events.sent(
          message.channel,
          message.args.map((each) => decodeValue(each)),
        )
        return
      case 'port-message':
        this.#ports.get(message.port)?.post(decodeValue(message.data))
        return
      case 'port-close':
        this.#ports.get(message.port)?.close()
        this.#ports.delete(message.port)
    }
  }

  /** The document is gone, and with it its ends of all ports. */
  #leave(context: number | undefined): void {
    if (context === undefined || context !== this.#context) return
    this.#context = undefined
    for (const end of this.#ports.values()) end.close()
    this.#ports.clear()
    this.#messagesReceived = 0
  }
}
