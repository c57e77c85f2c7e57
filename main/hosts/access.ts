import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Why a request is turned away, with the HTTP status that says so. */
export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly reason: string
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/** The name of the cookie that carries the token; cookies do not know ports, so the port is part of the name. */
export function cookieName(port: number): string {
  return `switchyard_${port}`
}

/**
 * Whether a request was sent to this server by name of the loopback host, and by a page that this server gave out or by no
 * page at all. Keeps a web site that resolves its own name to 127.0.0.1 from talking to the engine.
 */
export function checkOrigin(request: IncomingMessage, port: number): Refusal | null {
  const host = request.headers.host ?? ''
  if (!LOOPBACK_NAMES.some((name) => host === `${name}:${port}`)) {
    return { status: 421, reason: 'This server answers to 127.0.0.1 and localhost only.' }
  }
  const { origin } = request.headers
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, reason: 'Requests from other origins are refused.' }
  }
  return null
}

/** Whether a request carries the token, as a bearer token or in the cookie that opening the console's link has set. */
export function checkToken(request: IncomingMessage, port: number, token: string): Refusal | null {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const given = bearer ?? cookieOf(request, cookieName(port))
  if (given !== undefined && sameText(given, token)) return null
  return { status: 401, reason: 'The token is missing or wrong. Open the link that "switchyard serve" printed.' }
}

/** Compares in a time that does not depend on where the texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}
