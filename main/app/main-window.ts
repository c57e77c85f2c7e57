import { BrowserWindow, nativeTheme, screen } from 'electron'
import type { WebPreferences } from 'electron'
import type { ShellState } from './shell-state.ts'
import { MINIMUM_SIZE, placeWindow } from './window-placement.ts'

/** What pages of the console may do: nothing that a web page may not, and less. */
export function webPreferences(preload: string, devTools: boolean): WebPreferences {
  return {
    preload,
    devTools,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    nodeIntegrationInWorker: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
  }
}

/** Creates the console's window where it was last time; it shows itself when its first page can be drawn. */
export function createMainWindow(preload: string, devTools: boolean, remembered: ShellState): BrowserWindow {
  const primary = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter((display) => display.id !== primary.id)
  const window = new BrowserWindow({
    ...placeWindow(
      remembered.bounds,
      [primary, ...others].map((display) => display.workArea),
    ),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: 'Switchyard',
    show: false,
    // What is seen until the page draws, so that a dark desktop does not flash white.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1f1f1f' : '#ffffff',
    webPreferences: webPreferences(preload, devTools),
  })
  window.once('ready-to-show', () => {
    if (remembered.maximized === true) window.maximize()
    window.show()
  })
  return window
}
