import { Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'

export interface MenuActions {
  readonly openWorkspace: () => void
  readonly revealWorkspace: () => void
  readonly restartEngine: () => void
  readonly openDocumentation: () => void
}

/** Sets the application's menu. `devTools` adds the entry for the developer tools. */
export function setApplicationMenu(actions: MenuActions, devTools: boolean): void {
  const isMac = process.platform === 'darwin'
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        { label: 'Open workspace…', accelerator: 'CmdOrCtrl+O', click: actions.openWorkspace },
        { label: 'Reveal workspace folder', click: actions.revealWorkspace },
        { type: 'separator' },
        { label: 'Restart engine', click: actions.restartEngine },
        { type: 'separator' },
        isMac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        { role: 'reload' },
        ...(devTools ? [{ role: 'toggleDevTools' } as const] : []),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        { label: 'TWS API documentation', click: actions.openDocumentation },
        ...(isMac ? [] : [{ role: 'about' } as const]),
      ],
    },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
