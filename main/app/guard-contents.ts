import { app, session, shell } from 'electron'
import type { Session, WebContents } from 'electron'
import { APP_ORIGIN, isAppUrl } from './app-address.ts'
import { isExternalLink } from './external-link.ts'
import type { ShellLog } from './shell-log.ts'

/**
 * Applies to every page and session that the application will ever create: pages stay on the console's own address, no window,
 * frame or webview opens, no permission is granted, and only what a page made itself can be downloaded. Links to a few
 * documentation pages go to the operating system's browser. Must be called before the application is ready.
 */
export function guardAllContents(log: ShellLog): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents, log))
  const guarded = new WeakSet<Session>()
  const guardOnce = (created: Session): void => {
    if (guarded.has(created)) return
    guarded.add(created)
    guardSession(created, log)
  }
  app.on('session-created', guardOnce)
  // The default session may exist before the first listener does.
  void app.whenReady().then(() => guardOnce(session.defaultSession))
}

function guardContents(contents: WebContents, log: ShellLog): void {
  contents.on('will-navigate', (details) => {
    if (isAppUrl(details.url)) return
    details.preventDefault()
    openOutside(details.url, log)
  })
  contents.on('will-redirect', (details) => {
    if (isAppUrl(details.url)) return
    details.preventDefault()
    log.warn(`A redirect to ${details.url} was refused.`)
  })
  contents.on('will-frame-navigate', (details) => {
    // The main frame is judged by will-navigate, which follows.
    if (details.isMainFrame) return
    details.preventDefault()
    log.warn(`A frame with ${details.url} was refused.`)
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
    log.warn('A webview was refused.')
  })
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url, log)
    return { action: 'deny' }
  })
}

function guardSession(guarded: Session, log: ShellLog): void {
  guarded.setPermissionRequestHandler((_contents, permission, answer) => {
    log.warn(`The permission "${permission}" was refused.`)
    answer(false)
  })
  // Checks are many and silent: Chromium asks before it offers a feature.
  guarded.setPermissionCheckHandler(() => false)
  guarded.setDevicePermissionHandler(() => false)
  guarded.on('will-download', (event, item) => {
    const url = item.getURL()
    if (url.startsWith(`blob:${APP_ORIGIN}/`) || url.startsWith('data:')) return
    event.preventDefault()
    log.warn(`A download from ${url} was refused.`)
  })
}

function openOutside(url: string, log: ShellLog): void {
  if (!isExternalLink(url)) {
    log.warn(`Leaving the console for ${url} was refused.`)
    return
  }
  shell.openExternal(url).catch((error: unknown) => log.warn(`${url} could not be opened: ${String(error)}`))
}
