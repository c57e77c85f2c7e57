import { EventEmitter } from 'node:events'
import type { HandlerDetails, WebContents, WebPreferences, WindowOpenHandlerResponse } from 'electron'
import type { Page, Route } from 'playwright'
import { fromBrowserUrl, toBrowserUrl } from './browser-address.ts'
import { browserContext } from './browser.ts'
import { report } from './control.ts'
import { HostFrame } from './frame.ts'
import { hostEvent } from './host-event.ts'
import { ipcMain } from './ipc-main.ts'
import { PreloadWorld } from './preload-world.ts'
import { protocol } from './protocol.ts'
import { records } from './records.ts'

type ContentsApi = Pick<WebContents, 'id' | 'isDestroyed' | 'loadURL' | 'reload' | 'send' | 'setWindowOpenHandler'>

let lastContents = 0

/** Electron's WebContents: a Chromium page with a preload world, whose navigations and requests the main process judges. */
export class HostWebContents extends EventEmitter implements ContentsApi {
  readonly id = ++lastContents
  readonly mainFrame: HostFrame
  readonly page: Promise<Page>
  readonly #world: Promise<PreloadWorld>
  #openWorld: PreloadWorld | undefined
  #destroyed = false
  #windowOpenHandler: ((details: HandlerDetails) => WindowOpenHandlerResponse) | undefined
  /** The address that the main process itself loads now; its navigation is not judged, as in Electron. */
  #loading: string | undefined
  /** Pages that the test loads past every guard. */
  readonly #foreignPages = new Map<string, string>()

  constructor(preferences: WebPreferences) {
    super()
    if (preferences.preload === undefined) throw new Error('electron-host needs a preload script.')
    this.mainFrame = new HostFrame(null, '', (channel, args, ports) => this.#openWorld?.post(channel, args, ports))
    this.page = this.#openPage()
    this.#world = this.#installPreload(preferences.preload)
  }

  isDestroyed(): boolean {
    return this.#destroyed
  }

  send(channel: string, ...args: unknown[]): void {
    this.mainFrame.send(channel, ...args)
  }

  setWindowOpenHandler(handler: (details: HandlerDetails) => WindowOpenHandlerResponse): void {
    this.#windowOpenHandler = handler
  }

  async loadURL(url: string): Promise<void> {
    await this.#world
    const page = await this.page
    this.#loading = url
    try {
      await page.goto(toBrowserUrl(url))
    } finally {
      this.#loading = undefined
    }
    report({ event: 'page-loaded', url })
    this.emit('did-finish-load')
  }

  reload(): void {
    void this.loadURL(this.mainFrame.url)
  }

  async loadForeignPage(url: string, html: string): Promise<void> {
    this.#foreignPages.set(url, html)
    await this.loadURL(url)
  }

  async evaluateIsolated(expression: string): Promise<unknown> {
    return (await this.#world).evaluate(expression)
  }

  async portTraffic(): Promise<{ open: number; received: number }> {
    return (await this.#world).portTraffic
  }

  /** Whether the main process lets the main frame or a child frame go to `url`. */
  navigationAllowed(url: string, isMainFrame: boolean): boolean {
    const params = { url, isSameDocument: false, isMainFrame, frame: null }
    const frameEvent = hostEvent(params)
    this.emit('will-frame-navigate', frameEvent)
    if (frameEvent.defaultPrevented) return false
    if (!isMainFrame) return true
    const event = hostEvent(params)
    this.emit('will-navigate', event, url, false, true, 0, 0)
    return !event.defaultPrevented
  }

  redirectAllowed(url: string): boolean {
    const event = hostEvent({ url, isSameDocument: false, isMainFrame: true, frame: null })
    this.emit('will-redirect', event, url, false, true, 0, 0)
    return !event.defaultPrevented
  }

  webviewAllowed(): boolean {
    const event = hostEvent({})
    this.emit('will-attach-webview', event, {}, {})
    return !event.defaultPrevented
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
    await (await this.page).close()
  }

  async #openPage(): Promise<Page> {
    const page = await (await browserContext()).newPage()
    await page.route('**/*', (route) => this.#answer(route, page))
    page.on('popup', (popup) => void popup.close())
    return page
  }

  async #installPreload(preload: string): Promise<PreloadWorld> {
    const world = await PreloadWorld.open(await this.page, preload, {
      committed: (url) => {
        this.mainFrame.url = fromBrowserUrl(url)
      },
      sent: (channel, args) => ipcMain.deliver(this, this.mainFrame, channel, args),
      windowOpened: (url) => this.#judgeWindow(fromBrowserUrl(url)),
    })
    this.#openWorld = world
    return world
  }

  #judgeWindow(url: string): void {
    const answer = this.#windowOpenHandler?.({
      url,
      frameName: '',
      features: '',
      disposition: 'foreground-tab',
      referrer: { url: this.mainFrame.url, policy: 'no-referrer' },
    })
    if (answer?.action !== 'deny') throw new Error(`electron-host opens no further windows; ${url} was not denied.`)
    records.refusedWindows.push(url)
    report({ event: 'window-refused', url })
  }

  async #answer(route: Route, page: Page): Promise<void> {
    const request = route.request()
    const url = fromBrowserUrl(request.url())
    if (request.isNavigationRequest() && url !== this.#loading) {
      if (!this.navigationAllowed(url, request.frame() === page.mainFrame())) return route.abort('aborted')
    }
    const foreign = this.#foreignPages.get(url)
    if (foreign !== undefined) return route.fulfill({ contentType: 'text/html', body: foreign })
    const response = await protocol.answer(url, request.method())
    if (response === undefined) {
      records.blockedRequests.push(url)
      return route.abort('blockedbyclient')
    }
    return route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    })
  }
}
