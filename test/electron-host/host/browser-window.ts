import { EventEmitter } from 'node:events'
import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron'
import { report } from './control.ts'
import { hostEvent } from './host-event.ts'
import { whenAppIsReady } from './ready.ts'
import { records } from './records.ts'
import { HostWebContents } from './web-contents.ts'

type WindowApi = Pick<
  BrowserWindow,
  | 'close'
  | 'focus'
  | 'getNormalBounds'
  | 'isDestroyed'
  | 'isMaximized'
  | 'isMinimized'
  | 'loadURL'
  | 'maximize'
  | 'restore'
  | 'show'
>

/** What windows tell the application. */
export const windows = {
  open: new Set<HostBrowserWindow>(),
  created: (_contents: HostWebContents): void => undefined,
  allClosed: (): void => undefined,
}

/** Electron's BrowserWindow: a page of Chromium, and bounds that only the test moves. */
export class HostBrowserWindow extends EventEmitter implements WindowApi {
  readonly webContents: HostWebContents
  bounds: Rectangle
  #maximized = false
  #destroyed = false
  #loadedOnce = false

  constructor(options: BrowserWindowConstructorOptions) {
    super()
    if (!whenAppIsReady.reached) throw new Error('A window was created before the ready event.')
    const { x = 0, y = 0, width = 800, height = 600 } = options
    this.bounds = { x, y, width, height }
    records.windowOptions.push(options)
    windows.open.add(this)
    this.webContents = new HostWebContents(options.webPreferences ?? {})
    windows.created(this.webContents)
    this.webContents.on('did-finish-load', () => {
      if (this.#loadedOnce) return
      this.#loadedOnce = true
      this.emit('ready-to-show')
    })
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url)
  }

  show(): void {
    report({ event: 'window-shown' })
  }

  focus(): void {
    report({ event: 'focused' })
  }

  maximize(): void {
    this.#maximized = true
  }

  isMaximized(): boolean {
    return this.#maximized
  }

  isMinimized(): boolean {
    return false
  }

  restore(): void {
    this.#maximized = false
  }

  getNormalBounds(): Rectangle {
    return this.bounds
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }

  /** Asks the application, then closes. Returns whether it did, which Electron's does not. */
  close(): boolean {
    const event = hostEvent({})
    this.emit('close', event)
    if (event.defaultPrevented) return false
    this.#destroyed = true
    windows.open.delete(this)
    void this.webContents.destroy()
    this.emit('closed')
    report({ event: 'window-closed' })
    if (windows.open.size === 0) windows.allClosed()
    return true
  }
}
