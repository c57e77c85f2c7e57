/** The console's files are served under this scheme; it is registered as standard and secure, so it has an origin like https has. */
export const APP_SCHEME = 'app'

/** The only host that is served. */
export const APP_HOST = 'switchyard'

export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`

/** The page of the console's window. */
export const APP_INDEX_URL = `${APP_ORIGIN}/index.html`

/**
 * Whether `url`, as Chromium writes it, is a page of the console. The slash after the host matters: without it
 * `app://switchyard.example/` and `app://switchyard@example/` would pass.
 */
export function isAppUrl(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/`)
}
