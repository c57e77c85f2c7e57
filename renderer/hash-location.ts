import { useSyncExternalStore } from 'react'
import type { BaseLocationHook } from 'wouter'

/**
 * Location hook for wouter that keeps path and search inside the hash (`#/compare/r1?symbol=SPY`), so that a deep link works
 * from any origin and never reaches the server. The library's own hash hook puts the search in front of the hash.
 */

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

function parts(): [path: string, search: string] {
  const text = window.location.hash.replace(/^#\/?/, '')
  const at = text.indexOf('?')
  return at < 0 ? [`/${text}`, ''] : [`/${text.slice(0, at)}`, text.slice(at + 1)]
}

function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  const oldURL = window.location.href
  const url = `#${to}`
  if (options.replace === true) window.history.replaceState(null, '', url)
  else window.history.pushState(null, '', url)
  // Neither of the two announces itself.
  window.dispatchEvent(new HashChangeEvent('hashchange', { oldURL, newURL: window.location.href }))
}

const useHashSearch = (): string => useSyncExternalStore(subscribe, () => parts()[1])

export const useHashLocation: BaseLocationHook = Object.assign(
  (): [string, typeof navigate] => [useSyncExternalStore(subscribe, () => parts()[0]), navigate],
  { hrefs: (href: string): string => `#${href}`, searchHook: useHashSearch },
)
