import { MAX_SERVER_VERSION, MIN_SERVER_VERSION } from './server-versions.ts'

/** The first bytes of every client. */
export const CLIENT_PREFIX = 'API\0'

/** Longest version text taken from a client, connect options included. */
export const MAX_HELLO_BYTES = 1024

const HELLO = /^v(\d{1,5})(?:\.\.(\d{1,5}))?(?: (.*))?$/s

/** What the client's version text leads to. */
export type Negotiation =
  | { readonly kind: 'agreed'; readonly serverVersion: number; readonly options: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Settles the version of a connection from the client's text, `v100..193` or `v157` and optionally a space and connect
 * options: the smaller of the client's newest and {@link MAX_SERVER_VERSION}.
 */
export function negotiateVersion(hello: string): Negotiation {
  const match = HELLO.exec(hello)
  if (match === null) return { kind: 'refused', reason: `"${hello.slice(0, 60)}" is not a version range` }
  const oldest = Number(match[1])
  const newest = match[2] === undefined ? oldest : Number(match[2])
  const serverVersion = Math.min(newest, MAX_SERVER_VERSION)
  if (serverVersion < MIN_SERVER_VERSION || serverVersion < oldest) {
    return {
      kind: 'refused',
      reason: `the client speaks ${oldest} to ${newest}, this server ${MIN_SERVER_VERSION} to ${MAX_SERVER_VERSION}`,
    }
  }
  return { kind: 'agreed', serverVersion, options: match[3] ?? '' }
}
