/**
 * Chromium knows no `app:` scheme, so pages of a custom scheme run under an https address of their own that exists nowhere:
 * `app://switchyard/x` is `https://switchyard.app.electron-host.invalid/x` in the browser. Both are secure origins of their own.
 */
const SUFFIX = '.electron-host.invalid'

/** Schemes that `protocol.handle` serves. */
export const servedSchemes = new Set<string>()

/** The address under which Chromium loads `url`. */
export function toBrowserUrl(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(.*)$/.exec(url)
  if (match === null || !servedSchemes.has(match[1])) return url
  return `https://${match[2]}.${match[1]}${SUFFIX}${match[3]}`
}

/** The address that Electron would report for a page that Chromium loaded from `url`. */
export function fromBrowserUrl(url: string): string {
  const match = /^(blob:)?https:\/\/([^/?#]+)(.*)$/.exec(url)
  if (match === null || !match[2].endsWith(SUFFIX)) return url
  const name = match[2].slice(0, -SUFFIX.length)
  const dot = name.lastIndexOf('.')
  return `${match[1] ?? ''}${name.slice(dot + 1)}://${name.slice(0, dot)}${match[3]}`
}
