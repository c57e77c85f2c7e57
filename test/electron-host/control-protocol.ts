import type { BrowserWindowConstructorOptions, CustomScheme, MessageBoxOptions, OpenDialogOptions } from 'electron'

/** A rectangle of the emulated screen. */
export interface HostRectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** How the emulated Electron is set up; passed to its process as JSON in the environment variable ELECTRON_HOST. */
export interface HostConfig {
  /** WebSocket address of the Chromium that Playwright serves. */
  readonly browser: string
  /** What `app.getAppPath()` returns: the folder that holds `out/` and `data/`. */
  readonly appPath: string
  /** Stands for the user's folder of the application: `userData`; logs go to `logs` in it. */
  readonly userData: string
  readonly isPackaged: boolean
  /** Usable areas of the screens, the primary one first. */
  readonly workAreas: readonly HostRectangle[]
  /** What `app.requestSingleInstanceLock` returns. */
  readonly singleInstanceLock: boolean
}

/** A page request made under the application's scheme from outside any page. */
export interface ProtocolProbe {
  readonly url: string
  readonly method?: string
}

export interface ProtocolAnswer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

/** A menu entry as the operator sees it. */
export interface MenuEntry {
  readonly label: string
  readonly role: string
  readonly type: string
  readonly submenu: readonly MenuEntry[]
}

/** What was recorded since the start. */
export interface HostRecords {
  readonly schemes: readonly CustomScheme[]
  readonly sandboxEnabled: boolean
  readonly lockData: unknown
  readonly windowOptions: readonly BrowserWindowConstructorOptions[]
  readonly opened: readonly string[]
  readonly revealed: readonly string[]
  /** Requests of pages for anything but the application's scheme; all were aborted. */
  readonly blockedRequests: readonly string[]
  /** Addresses of windows that pages tried to open. */
  readonly refusedWindows: readonly string[]
  readonly maximized: boolean
}

/** What the test asks of the emulated Electron. Methods run in its process; arguments and results are structured clones. */
export interface HostCommands {
  records(): HostRecords
  /** Runs an expression in the page's own world and awaits its promise. */
  evaluate(expression: string): unknown
  /** Runs an expression in the preload script's world. */
  evaluateIsolated(expression: string): unknown
  request(probe: ProtocolProbe): ProtocolAnswer
  /** The ports that the present document has, and how many messages came to it over them. */
  portTraffic(): { readonly open: number; readonly received: number }
  /** Whether a navigation of the main frame, of a child frame, or a redirect is let through. */
  navigationAllowed(url: string, kind: 'main' | 'child' | 'redirect'): boolean
  /** Whether a `<webview>` may be attached. */
  webviewAllowed(): boolean
  /** Whether a download of `url` may start. */
  downloadAllowed(url: string): boolean
  /** Answers of both permission handlers and of the device handler. */
  permission(name: string): { readonly request: boolean; readonly check: boolean; readonly device: boolean }
  /** Loads a page that does not belong to the application, past every guard, as a defect might. */
  loadForeignPage(url: string, html: string): void
  /** Sends an IPC message as another frame would: a child frame of the window, or the main frame of another window. */
  sendAs(sender: 'child-frame' | 'other-window' | 'gone-frame', channel: string): void
  menu(): readonly MenuEntry[]
  clickMenu(...labels: string[]): void
  quit(): void
  closeWindow(): void
  activate(): void
  secondInstance(additionalData: unknown): void
  endPage(reason: 'crashed' | 'oom'): void
  answerMessageBox(id: number, response: number): void
  answerOpenDialog(id: number, filePaths: readonly string[]): void
  moveWindow(bounds: HostRectangle): void
  currentBounds(): HostRectangle
}

/** What the emulated Electron tells the test, in the order it happens. */
export type HostEvent =
  | { readonly event: 'engine-started'; readonly pid: number; readonly args: readonly string[] }
  | { readonly event: 'engine-exited'; readonly pid: number; readonly code: number }
  | { readonly event: 'window-shown' }
  | { readonly event: 'window-closed' }
  | { readonly event: 'page-loaded'; readonly url: string }
  | { readonly event: 'message-box'; readonly id: number; readonly options: MessageBoxOptions }
  | { readonly event: 'open-dialog'; readonly id: number; readonly options: OpenDialogOptions }
  | { readonly event: 'error-box'; readonly title: string; readonly content: string }
  | { readonly event: 'focused' }
  | { readonly event: 'opened'; readonly url: string }
  | { readonly event: 'revealed'; readonly path: string }
  | { readonly event: 'window-refused'; readonly url: string }
  | { readonly event: 'quit'; readonly code: number }

export type HostEventOf<Name extends HostEvent['event']> = Extract<HostEvent, { event: Name }>

/** Test to host. */
export interface HostRequest {
  readonly id: number
  readonly command: keyof HostCommands
  readonly args: readonly unknown[]
}

/** Host to test. */
export type HostMessage =
  | HostEvent
  | { readonly event: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly event: 'reply-error'; readonly id: number; readonly message: string }
