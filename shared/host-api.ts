import type { ErrorReport } from './errors.ts'

/** What the window needs to know about the engine's process to connect, to wait, or to say why there is nothing to show. */
export type EngineState =
  /** The process runs and opens its stores. */
  | { readonly kind: 'starting'; readonly workspace: string }
  /** Ports are accepted. `run` counts engine processes since the application started: a new number means a new connection is needed. */
  | { readonly kind: 'up'; readonly workspace: string; readonly run: number }
  /** It ended unexpectedly and is started again after `delayMs` milliseconds; `failures` counts the quick failures in a row. */
  | {
      readonly kind: 'restarting'
      readonly workspace: string
      readonly delayMs: number
      readonly failures: number
      readonly error: ErrorReport
    }
  /** It stays down until the operator acts. */
  | { readonly kind: 'failed'; readonly workspace: string; readonly error: ErrorReport }
  /** It was asked to end, because the application quits or another workspace is opened. */
  | { readonly kind: 'stopped' }

/**
 * What the Electron shell offers the console as `window.switchyardHost`; absent in a browser. The object is frozen and has
 * exactly these keys.
 *
 * To talk to the engine: listen for `message` on the window, subscribe with `onEngineState`, call `connect()` on every state
 * of kind `up`, and take `event.ports[0]` from the message for which `isPortMessage` holds; then call `start()` on the port.
 */
export interface SwitchyardHost {
  readonly kind: 'electron'
  /** Node's name of the operating system: 'darwin', 'linux' or 'win32'. */
  readonly platform: string
  /** Asks for a new port to the engine. It arrives as a window message; nothing arrives while the engine is not `up`. */
  connect(): void
  /** Calls `listener` with the present state as soon as it is known and on every change, until the returned function is called. */
  onEngineState(listener: (state: EngineState) => void): () => void
  /** Starts the engine anew, after it failed or because it hangs. Running jobs resume. */
  restartEngine(): void
  /** Opens the dialog that picks another workspace folder. The page is loaded again when one was picked. */
  openWorkspace(): void
}

/** Data of the window message that carries the engine's port. */
export const PORT_MESSAGE_TYPE = 'switchyard:port'

export interface PortMessage {
  readonly type: typeof PORT_MESSAGE_TYPE
}

/** The parts of a DOM MessageEvent that `isPortMessage` looks at; `shared` compiles without the DOM's types. */
interface WindowMessage {
  readonly data: unknown
  readonly origin: string
  readonly source: unknown
  readonly ports: readonly unknown[]
}

/**
 * Whether a `message` event of `page` is the hand-over of the engine's port: sent by the page's own window (the preload script
 * shares it), from the page's own origin, with exactly one port.
 */
export function isPortMessage(event: WindowMessage, page: { readonly location: { readonly origin: string } }): boolean {
  if (event.source !== page || event.origin !== page.location.origin || event.ports.length !== 1) return false
  const data = event.data
  return typeof data === 'object' && data !== null && 'type' in data && data.type === PORT_MESSAGE_TYPE
}

declare global {
  interface Window {
    /** Present in the Electron window only. */
    readonly switchyardHost?: SwitchyardHost
  }
}
