/**
 * Source text that runs in the page before its own scripts: the two ends of the context bridge, and in the isolated world
 * `ipcRenderer`, `contextBridge` and the preload script itself. The functions are sent as text, so they use nothing but their
 * arguments and each other.
 */
import type { ContextBridge, IpcRenderer } from 'electron'
import { decodeValue, encodeValue } from './value-codec.ts'

/** Names shared by the scripts of one window: unguessable, so that a page cannot play the other side. */
export interface RuntimeNames {
  /** Prefix of the events that join the two worlds. */
  readonly bridge: string
  /** Function in the isolated world that sends a text to Node. */
  readonly binding: string
}

interface BridgeEnd {
  encode(value: unknown): unknown
  decode(encoded: unknown): unknown
}

/**
 * One end of the context bridge. As in Electron, values are copied, functions become functions that call across and return
 * at once, and an error arrives as an error with the same message.
 */
function openBridge(prefix: string, side: 'page' | 'preload'): BridgeEnd {
  const other = side === 'page' ? 'preload' : 'page'
  const functions: ((...args: unknown[]) => unknown)[] = []
  let calls = 0

  const encode = (value: unknown): unknown => {
    if (typeof value === 'function') {
      functions.push(value as (...args: unknown[]) => unknown)
      return { $: 'function', data: functions.length - 1 }
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
        throw new TypeError('electron-host does not carry instances of classes over the context bridge.')
      }
      return { $: 'object', data: Object.entries(value).map(([key, each]) => [key, encode(each)]) }
    }
    if (Array.isArray(value)) return value.map(encode)
    return value === undefined ? { $: 'undefined' } : value
  }

  const decode = (encoded: unknown): unknown => {
    if (Array.isArray(encoded)) return encoded.map(decode)
    if (typeof encoded !== 'object' || encoded === null) return encoded
    const { $: kind, data } = encoded as { $: string; data?: unknown }
    if (kind === 'undefined') return undefined
    if (kind === 'function') return (...args: unknown[]) => call(data, args)
    return Object.fromEntries((data as [string, unknown][]).map(([key, each]) => [key, decode(each)]))
  }

  const emit = (name: string, detail: unknown): void => {
    window.dispatchEvent(new CustomEvent(`${prefix}:${name}`, { detail: JSON.stringify(detail) }))
  }
  const detailOf = (event: Event): unknown => JSON.parse(String((event as CustomEvent).detail))

  const call = (target: unknown, args: unknown[]): unknown => {
    const reply = `reply:${side}:${++calls}`
    let answer: { value?: unknown; error?: string } = { error: 'The other side of the context bridge is gone.' }
    window.addEventListener(
      `${prefix}:${reply}`,
      (event) => {
        answer = detailOf(event) as typeof answer
      },
      { once: true },
    )
    emit(`call:${other}`, { target, args: args.map(encode), reply })
    if (answer.error !== undefined) throw new Error(answer.error)
    return decode(answer.value)
  }

  window.addEventListener(`${prefix}:call:${side}`, (event) => {
    const { target, args, reply } = detailOf(event) as { target: number; args: unknown[]; reply: string }
    try {
      emit(reply, { value: encode(functions[target](...args.map(decode))) })
    } catch (error) {
      emit(reply, { error: error instanceof Error ? error.message : String(error) })
    }
  })
  return { encode, decode }
}

/** Runs in the page's world: puts exposed objects on the window, frozen through and through. */
function openPageWorld(bridgePrefix: string): void {
  const bridge = openBridge(bridgePrefix, 'page')
  const freeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) freeze(each)
      Object.freeze(value)
    }
    return value
  }
  window.addEventListener(`${bridgePrefix}:expose`, (event) => {
    const { key, api } = JSON.parse(String((event as CustomEvent).detail)) as { key: string; api: unknown }
    Object.defineProperty(window, key, { value: freeze(bridge.decode(api)), enumerable: true })
  })
}

/** What the host's process sends into the isolated world. */
export type ToPage =
  | { readonly type: 'message'; readonly channel: string; readonly args: unknown[]; readonly ports: readonly number[] }
  | { readonly type: 'port-message'; readonly port: number; readonly data: unknown }
  | { readonly type: 'port-close'; readonly port: number }

/** What the isolated world sends to the host's process. */
export type FromPage =
  | { readonly type: 'send'; readonly channel: string; readonly args: unknown[] }
  | { readonly type: 'port-message'; readonly port: number; readonly data: unknown }
  | { readonly type: 'port-close'; readonly port: number }

/** Runs in the isolated world: Electron's renderer API as a sandboxed preload script sees it, then the preload script. */
function openPreloadWorld(
  bridgePrefix: string,
  bindingName: string,
  processInfo: object,
  preload: (require: (name: string) => unknown, process: object, module: object, exports: object) => void,
): void {
  const bridge = openBridge(bridgePrefix, 'preload')
  const binding = (globalThis as unknown as Record<string, (text: string) => void>)[bindingName]
  const post = (message: FromPage): void => binding(JSON.stringify(message))
  const exposed = new Set<string>()
  const ports = new Map<number, MessagePort>()
  const listeners = new Map<string, ((event: object, ...args: unknown[]) => void)[]>()

  const receiveMessage = (message: Extract<ToPage, { type: 'message' }>): void => {
    const received = message.ports.map((port) => {
      const { port1, port2 } = new MessageChannel()
      ports.set(port, port1)
      port1.addEventListener('message', ({ data }) => post({ type: 'port-message', port, data: encodeValue(data) }))
      port1.addEventListener('close', () => {
        if (ports.delete(port)) post({ type: 'port-close', port })
      })
      port1.start()
      return port2
    })
    const event = { sender: ipcRenderer, ports: received }
    for (const listener of listeners.get(message.channel) ?? []) {
      listener(event, ...message.args.map((each) => decodeValue(each)))
    }
  }
  const receive = (text: string): void => {
    const message = JSON.parse(text) as ToPage
    switch (message.type) {
      case 'message':
        receiveMessage(message)
        return
      case 'port-message':
        ports.get(message.port)?.postMessage(decodeValue(message.data))
        return
      case 'port-close': {
        const port = ports.get(message.port)
        ports.delete(message.port)
        port?.close()
      }
    }
  }
  Object.defineProperty(globalThis, `${bindingName}Receive`, { value: receive })

  const notEmulated = (name: string) => (): never => {
    throw new Error(`electron-host does not emulate ${name}.`)
  }
  const ipcRenderer = {
    on(channel: string, listener: (event: object, ...args: unknown[]) => void) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    off(channel: string, listener: (event: object, ...args: unknown[]) => void) {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((each) => each !== listener),
      )
      return ipcRenderer
    },
    send(channel: string, ...args: unknown[]) {
      post({ type: 'send', channel, args: args.map((each) => encodeValue(each)) })
    },
    invoke: notEmulated('ipcRenderer.invoke'),
    sendSync: notEmulated('ipcRenderer.sendSync'),
    postMessage: notEmulated('ipcRenderer.postMessage'),
  } satisfies Partial<Record<keyof IpcRenderer, unknown>>
  const contextBridge = {
    exposeInMainWorld(key: string, api: unknown) {
      if (exposed.has(key)) throw new Error('Cannot bind an API on top of an existing property on the window object')
      exposed.add(key)
      const detail = JSON.stringify({ key, api: bridge.encode(api) })
      window.dispatchEvent(new CustomEvent(`${bridgePrefix}:expose`, { detail }))
    },
    exposeInIsolatedWorld: notEmulated('contextBridge.exposeInIsolatedWorld'),
  } satisfies Partial<Record<keyof ContextBridge, unknown>>
  const require = (name: string): unknown => {
    if (name === 'electron') return { contextBridge, ipcRenderer }
    throw new Error(`module not found: ${name}`)
  }
  const module = { exports: {} }
  preload(require, processInfo, module, module.exports)
}

const sharedSource = [encodeValue, decodeValue, openBridge].map(String).join('\n')

/** Preload scripts run in the top frame only, unless a window asks otherwise; this host knows no otherwise. */
const topFrameOnly = (body: string): string => `if (window === window.top) { ${body} }`

/** The script for the page's own world. */
export function pageWorldSource(names: RuntimeNames): string {
  return topFrameOnly(`${sharedSource}\n(${String(openPageWorld)})(${JSON.stringify(names.bridge)})`)
}

/** The script for the isolated world, with the preload script's source, a CommonJS module, inside. */
export function preloadWorldSource(names: RuntimeNames, preloadSource: string, processInfo: object): string {
  const [bridge, binding, info] = [names.bridge, names.binding, processInfo].map((each) => JSON.stringify(each))
  const preload = `function (require, process, module, exports) {\n${preloadSource}\n}`
  return topFrameOnly(`${sharedSource}\n(${String(openPreloadWorld)})(${bridge}, ${binding}, ${info}, ${preload})`)
}
