import { EventEmitter } from 'node:events'
import type { Session } from 'electron'
import type { HostCommands } from '../control-protocol.ts'
import { hostEvent } from './host-event.ts'

type Handlers = Pick<
  Session,
  'setDevicePermissionHandler' | 'setPermissionCheckHandler' | 'setPermissionRequestHandler'
>
type RequestHandler = Parameters<Session['setPermissionRequestHandler']>[0]
type CheckHandler = Parameters<Session['setPermissionCheckHandler']>[0]
type DeviceHandler = Parameters<Session['setDevicePermissionHandler']>[0]

/** Electron's Session. A permission without a handler is granted, which is Electron's default. */
export class HostSession extends EventEmitter implements Handlers {
  #request: RequestHandler = null
  #check: CheckHandler = null
  #device: DeviceHandler = null

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler
  }

  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.#device = handler
  }

  /** What the handlers answer to a page that wants `name`; the web contents that they get are not to be looked at. */
  permission(name: string): ReturnType<HostCommands['permission']> {
    const permission = name as Parameters<NonNullable<CheckHandler>>[1]
    const origin = 'app://switchyard'
    let request = true
    this.#request?.(
      untouchable('WebContents'),
      permission,
      (granted) => {
        request = granted
      },
      { isMainFrame: true, requestingUrl: `${origin}/index.html` },
    )
    const check =
      this.#check?.(null, permission, origin, { isMainFrame: true, requestingUrl: `${origin}/index.html` }) ?? true
    const device = this.#device?.({ deviceType: 'usb', origin, device: untouchable('device') }) ?? true
    return { request, check, device }
  }

  downloadAllowed(url: string): boolean {
    const event = hostEvent({})
    this.emit('will-download', event, { getURL: () => url }, untouchable('WebContents'))
    return !event.defaultPrevented
  }
}

/** Stands where a decision must not depend on the object. */
function untouchable(name: string): never {
  return new Proxy({} as never, {
    get() {
      throw new Error(`electron-host gives no ${name} here.`)
    },
  })
}

export const defaultSession = new HostSession()
