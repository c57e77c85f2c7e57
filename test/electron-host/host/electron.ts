/**
 * What `import ... from 'electron'` gives the main process under this host. The names are checked against Electron's own, and
 * the use of a member that is not emulated throws.
 */
import type { Display, NativeTheme, Screen } from 'electron'
import { app as hostApp } from './app.ts'
import type { HostApp } from './app.ts'
import { HostBrowserWindow } from './browser-window.ts'
import { config } from './control.ts'
import { guarded } from './guarded.ts'
import { ipcMain as hostIpcMain } from './ipc-main.ts'
import { HostMessageChannel } from './message-port.ts'
import { HostMenu, dialog as hostDialog, shell as hostShell } from './operator.ts'
import { protocol as hostProtocol } from './protocol.ts'
import { defaultSession } from './session.ts'
import { HostUtilityProcess } from './utility-process.ts'

type HostDisplay = Pick<Display, 'id' | 'workArea'>

const displays: HostDisplay[] = config.workAreas.map((workArea, index) => ({ id: index + 1, workArea }))

const hostScreen: Record<keyof Pick<Screen, 'getAllDisplays' | 'getPrimaryDisplay'>, () => unknown> = {
  // The primary one is not the first on every system.
  getAllDisplays: () => displays.toReversed(),
  getPrimaryDisplay: () => displays[0],
}

const hostTheme: Pick<NativeTheme, 'shouldUseDarkColors'> = { shouldUseDarkColors: false }

export const app: HostApp = guarded('app', hostApp)
export const BrowserWindow = HostBrowserWindow
export const dialog = guarded('dialog', hostDialog)
export const ipcMain = guarded('ipcMain', hostIpcMain)
export const Menu = HostMenu
export const MessageChannelMain = HostMessageChannel
export const nativeTheme = guarded('nativeTheme', hostTheme)
export const protocol = guarded('protocol', hostProtocol)
export const screen = guarded('screen', hostScreen)
export const session = guarded('session', { defaultSession })
export const shell = guarded('shell', hostShell)
export const utilityProcess = guarded('utilityProcess', { fork: HostUtilityProcess.fork.bind(HostUtilityProcess) })

/** Every export above, by name; a name that Electron does not have is a compile error. */
export const emulated = {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
} satisfies Partial<Record<keyof typeof import('electron'), unknown>>
