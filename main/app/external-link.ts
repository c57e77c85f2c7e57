/** Hosts whose https pages the operating system's browser may be asked to open: the documentation of TWS and its API. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set([
  'interactivebrokers.github.io',
  'ibkrcampus.com',
  'www.interactivebrokers.com',
])

/** Documentation of the TWS API, linked from the Help menu. */
export const TWS_API_DOCUMENTATION_URL = 'https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/'

/** Whether `url` may leave the application: https, the standard port, no credentials, a listed host. */
export function isExternalLink(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, port, username, password, hostname } = new URL(url)
  return protocol === 'https:' && port === '' && username === '' && password === '' && EXTERNAL_HOSTS.has(hostname)
}
