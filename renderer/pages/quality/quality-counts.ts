import type { QualityGrid, QualityTrend, RuleReport } from '#shared/contract/quality.ts'
import type { Severity } from '#shared/quality/rule-catalogue.ts'
import { allCells } from './quality-cells.ts'

/** Open findings by severity, and the rule that has most of the grave ones. */
export interface OpenFindings {
  readonly by: Readonly<Record<Severity, number>>
  /** Errors and warnings. */
  readonly toLookAt: number
  readonly acknowledged: number
  readonly most: RuleReport | undefined
}

export function openFindings(rules: readonly RuleReport[]): OpenFindings {
  const by = { error: 0, warn: 0, info: 0 }
  let acknowledged = 0
  let most: RuleReport | undefined
  for (const rule of rules) {
    by[rule.severity] += openOf(rule)
    acknowledged += rule.acknowledged
    if (rule.severity !== 'info' && openOf(rule) > (most === undefined ? 0 : openOf(most))) most = rule
  }
  return { by, toLookAt: by.error + by.warn, acknowledged, most }
}

/** Findings of a rule that nobody has acknowledged. */
export function openOf({ findings, acknowledged }: Pick<RuleReport, 'findings' | 'acknowledged'>): number {
  return findings - acknowledged
}

/** Sums over all sessions, in minutes. */
export function trendSums(trend: QualityTrend) {
  const sum = (key: 'sessions' | 'expected' | 'received' | 'missing' | 'filled' | 'dropped'): number =>
    trend.reduce((total, entry) => total + entry[key], 0)
  const expected = sum('expected')
  // Each session's share counts by its minutes.
  const covered = trend.reduce((total, entry) => total + entry.coverage * entry.expected, 0)
  return {
    sessions: sum('sessions'),
    expected,
    missing: sum('missing'),
    filled: sum('filled'),
    coverage: expected === 0 ? undefined : covered / expected,
  }
}

/** How many sessions are built, out of date, quarantined, and below a threshold. */
export function sessionCounts(grid: QualityGrid) {
  const cells = allCells(grid)
  const count = (is: (cell: (typeof cells)[number]) => boolean): number => cells.filter(is).length
  return {
    built: count(({ coverage }) => coverage !== undefined),
    stale: count(({ stale }) => stale !== undefined),
    quarantined: count(({ isQuarantined }) => isQuarantined),
    belowThreshold: count(({ isBelowThreshold }) => isBelowThreshold),
  }
}
