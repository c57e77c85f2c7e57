import { EventEmitter } from 'node:events'
import path from 'node:path'
import type { App } from 'electron'
import { windows } from './browser-window.ts'
import { config, report } from './control.ts'
import { hostEvent } from './host-event.ts'
import { whenAppIsReady } from './ready.ts'
import { records } from './records.ts'

type AppApi = Pick<
  App,
  | 'enableSandbox'
  | 'exit'
  | 'getAppPath'
  | 'getPath'
  | 'isPackaged'
  | 'isReady'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'whenReady'
>

/** Electron's app: life-cycle events in Electron's order, and the process's end. */
export class HostApp extends EventEmitter implements AppApi {
  readonly isPackaged = config.isPackaged
  readonly #ready = Promise.withResolvers<void>()
  #quitting = false

  isReady(): boolean {
    return whenAppIsReady.reached
  }

  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  becomeReady(): void {
    whenAppIsReady.reached = true
    this.emit('ready', hostEvent({}), {})
    this.#ready.resolve()
  }

  enableSandbox(): void {
    if (whenAppIsReady.reached) throw new Error('app.enableSandbox() after the ready event.')
    records.sandboxEnabled = true
  }

  requestSingleInstanceLock(additionalData?: Record<string, unknown>): boolean {
    records.lockData = structuredClone(additionalData)
    return config.singleInstanceLock
  }

  getAppPath(): string {
    return config.appPath
  }

  getPath(name: Parameters<App['getPath']>[0]): string {
    switch (name) {
      case 'userData':
        return config.userData
      case 'logs':
        return path.join(config.userData, 'logs')
      default:
        throw new Error(`electron-host does not emulate app.getPath('${name}').`)
    }
  }

  quit(): void {
    const event = hostEvent({})
    this.emit('before-quit', event)
    if (event.defaultPrevented) return
    this.#quitting = true
    for (const window of Array.from(windows.open)) {
      if (!window.close()) {
        this.#quitting = false
        return
      }
    }
    const willQuit = hostEvent({})
    this.emit('will-quit', willQuit)
    this.#quitting = false
    if (!willQuit.defaultPrevented) this.exit(0)
  }

  exit(code = 0): void {
    this.emit('quit', hostEvent({}), code)
    report({ event: 'quit', code })
    process.exit(code)
  }

  /** The last window closed. While the application quits the event is not emitted; without a listener the application quits. */
  windowsClosed(): void {
    if (this.#quitting) return
    if (!this.emit('window-all-closed')) this.quit()
  }
}

export const app = new HostApp()

windows.created = (contents) => app.emit('web-contents-created', hostEvent({}), contents)
windows.allClosed = () => app.windowsClosed()
