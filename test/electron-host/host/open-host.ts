import path from 'node:path'
import { app } from './app.ts'
import { browserContext } from './browser.ts'
import { windows } from './browser-window.ts'
import type { HostBrowserWindow } from './browser-window.ts'
import { config, report, serveCommands } from './control.ts'
import { HostFrame } from './frame.ts'
import { hostEvent } from './host-event.ts'
import { ipcMain } from './ipc-main.ts'
import { answerMessageBox, answerOpenDialog, clickMenu, menuEntries } from './operator.ts'
import { protocol } from './protocol.ts'
import { records } from './records.ts'
import { defaultSession } from './session.ts'
import { utilityProcesses } from './utility-process.ts'

/** Connects to the browser and to the test; returns what makes the application ready. */
export async function openHost(): Promise<() => void> {
  await browserContext()
  utilityProcesses.started = (pid, args) => report({ event: 'engine-started', pid, args })
  utilityProcesses.ended = (pid, code) => report({ event: 'engine-exited', pid, code })
  // A packaged application is an archive in its resources folder.
  Object.defineProperty(process, 'resourcesPath', { value: path.dirname(config.appPath) })
  serve()
  return () => {
    app.emit('session-created', defaultSession)
    app.becomeReady()
  }
}

function onlyWindow(): HostBrowserWindow {
  const [window, ...others] = windows.open
  if (window === undefined || others.length > 0) throw new Error(`There are ${windows.open.size} windows, not one.`)
  return window
}

function serve(): void {
  serveCommands({
    records: () => ({
      ...records,
      // Functions and objects of the main process do not travel.
      windowOptions: records.windowOptions.map((options) => structuredClone(options)),
      schemes: protocol.schemes,
      maximized: windows.open.size > 0 && onlyWindow().isMaximized(),
    }),
    evaluate: async (expression) => (await onlyWindow().webContents.page).evaluate(expression),
    evaluateIsolated: (expression) => onlyWindow().webContents.evaluateIsolated(expression),
    async request({ url, method = 'GET' }) {
      const response = await protocol.answer(url, method)
      if (response === undefined) throw new Error(`Nothing serves ${url}.`)
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      }
    },
    portTraffic: () => onlyWindow().webContents.portTraffic(),
    navigationAllowed: (url, kind) => {
      const contents = onlyWindow().webContents
      return kind === 'redirect' ? contents.redirectAllowed(url) : contents.navigationAllowed(url, kind === 'main')
    },
    webviewAllowed: () => onlyWindow().webContents.webviewAllowed(),
    downloadAllowed: (url) => defaultSession.downloadAllowed(url),
    permission: (name) => defaultSession.permission(name),
    loadForeignPage: (url, html) => onlyWindow().webContents.loadForeignPage(url, html),
    sendAs(sender, channel) {
      const { webContents } = onlyWindow()
      const url = 'app://switchyard/index.html'
      const unheard = (): never => {
        throw new Error('A foreign sender was answered.')
      }
      if (sender === 'gone-frame') ipcMain.deliver(webContents, null, channel, [])
      else if (sender === 'child-frame') {
        ipcMain.deliver(webContents, new HostFrame(webContents.mainFrame, url, unheard), channel, [])
      } else {
        ipcMain.deliver({ id: webContents.id + 1000 }, new HostFrame(null, url, unheard), channel, [])
      }
    },
    menu: menuEntries,
    clickMenu: (...labels) => clickMenu(labels),
    quit: () => app.quit(),
    closeWindow: () => void onlyWindow().close(),
    activate: () => void app.emit('activate', hostEvent({}), windows.open.size > 0),
    secondInstance: (additionalData) =>
      void app.emit('second-instance', hostEvent({}), ['electron', '.'], process.cwd(), additionalData),
    endPage: (reason) =>
      void onlyWindow().webContents.emit('render-process-gone', hostEvent({}), { reason, exitCode: 5 }),
    answerMessageBox,
    answerOpenDialog,
    moveWindow(bounds) {
      onlyWindow().bounds = { ...bounds }
    },
    currentBounds: () => onlyWindow().bounds,
  })
}
