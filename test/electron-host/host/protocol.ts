import type { CustomScheme, Protocol } from 'electron'
import { servedSchemes } from './browser-address.ts'
import { whenAppIsReady } from './ready.ts'

type Handler = Parameters<Protocol['handle']>[1]
type ProtocolApi = Pick<Protocol, 'handle' | 'registerSchemesAsPrivileged'>

/** Electron's protocol module: keeps what was registered and answers requests with it. */
export class HostProtocol implements ProtocolApi {
  schemes: CustomScheme[] = []
  readonly #handlers = new Map<string, Handler>()

  registerSchemesAsPrivileged(schemes: CustomScheme[]): void {
    if (whenAppIsReady.reached) throw new Error('protocol.registerSchemesAsPrivileged() after the ready event.')
    if (this.schemes.length > 0) throw new Error('protocol.registerSchemesAsPrivileged() was called twice.')
    this.schemes = schemes
  }

  handle(scheme: string, handler: Handler): void {
    if (!whenAppIsReady.reached) throw new Error('protocol.handle() before the ready event.')
    if (this.#handlers.has(scheme)) throw new Error(`The scheme ${scheme} has a handler.`)
    // Without these an address of the scheme has no origin, and the console could not load as a page of the web does.
    const privileges = this.schemes.find((each) => each.scheme === scheme)?.privileges
    if (privileges?.standard !== true || privileges.secure !== true) {
      throw new Error(`electron-host serves standard, secure schemes only, and ${scheme} was not registered as one.`)
    }
    this.#handlers.set(scheme, handler)
    servedSchemes.add(scheme)
  }

  /** The answer to a request for `url`; undefined when no handler serves its scheme. */
  async answer(url: string, method: string): Promise<Response | undefined> {
    const handler = this.#handlers.get(new URL(url).protocol.slice(0, -1))
    return handler === undefined ? undefined : handler(new Request(url, { method }))
  }
}

export const protocol = new HostProtocol()
