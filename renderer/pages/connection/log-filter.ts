import type { ConnectionEntry } from '#shared/contract/connection.ts'

/** The least severity that is shown. */
export type SeverityFilter = 'all' | 'warn' | 'error'

const RANK: Readonly<Record<ConnectionEntry['severity'], number>> = { info: 0, warn: 1, error: 2 }

/**
 * The entries of at least this severity in which every word of `text` stands somewhere: in code, subject, TWS's text or the
 * meaning, in capitals or not. The order stays.
 */
export function filterLog(
  entries: readonly ConnectionEntry[],
  severity: SeverityFilter,
  text: string,
): readonly ConnectionEntry[] {
  const least = severity === 'all' ? 0 : RANK[severity]
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    if (RANK[entry.severity] < least) return false
    const whole = [entry.code, entry.subject, entry.text, entry.meaning].join(' ').toLowerCase()
    return words.every((word) => whole.includes(word))
  })
}
