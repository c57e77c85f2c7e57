import type { Connection, ConnectionEntry, Farm } from '#shared/contract/connection.ts'

/** A state in a word or two, and the icon that stands with it. */
interface Words<Kind extends string> {
  readonly kind: Kind
  readonly word: string
}

/** The connection to TWS. */
export const CONNECTION_WORDS = {
  disconnected: { kind: 'off', word: 'Not connected' },
  connecting: { kind: 'running', word: 'Connecting' },
  handshaking: { kind: 'running', word: 'Handshaking' },
  ready: { kind: 'pass', word: 'Ready' },
  degraded: { kind: 'degraded', word: 'Degraded' },
  reconnecting: { kind: 'retrying', word: 'Reconnecting' },
  stopped: { kind: 'stopped', word: 'Stopped' },
} as const satisfies Readonly<Record<Connection['state'], Words<string>>>

/** A data farm of the broker. */
export const FARM_STATE_WORDS = {
  ok: { kind: 'pass', word: 'Connected' },
  broken: { kind: 'lost', word: 'Not connected' },
  inactive: { kind: 'asleep', word: 'Asleep until asked' },
  connecting: { kind: 'running', word: 'Connecting' },
} as const satisfies Readonly<Record<Farm['state'], Words<string>>>

export const FARM_KIND_WORDS: Readonly<Record<Farm['kind'], string>> = {
  'historical-data': 'Historical bars',
  'market-data': 'Live market data',
  'security-definitions': 'Contract definitions',
}

/** How much an entry of the log matters. */
export const SEVERITY_WORDS = {
  info: { kind: 'info', word: 'Info' },
  warn: { kind: 'attention', word: 'Warning' },
  error: { kind: 'fail', word: 'Error' },
} as const satisfies Readonly<Record<ConnectionEntry['severity'], Words<string>>>
