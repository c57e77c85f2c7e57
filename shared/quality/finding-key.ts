import type { Finding } from '#shared/contract/quality.ts'

/** One text for what tells a finding from all others, to look it up by. */
export function findingKeyText({
  symbol,
  sessionDate,
  rule,
  ts,
}: Pick<Finding, 'symbol' | 'sessionDate' | 'rule' | 'ts'>): string {
  return `${symbol} ${sessionDate} ${rule} ${ts}`
}
