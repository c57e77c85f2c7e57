import type { Overview } from '#shared/contract/contract.ts'
import type { Finding, FindingKey, QualityTrend, RuleReport } from '#shared/contract/quality.ts'
import { ruleBook } from '#shared/config/quality-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import { findingKeyText } from '#shared/quality/finding-key.ts'
import { RULE_IDS, RULES } from '#shared/quality/rule-catalogue.ts'
import { selectedDates, selectedSymbols } from '#main/jobs/selection.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { AcknowledgedFinding } from '#main/stores/ops-store.ts'

/** The acknowledgements in a selection whose finding is there; one that was built away is not counted. */
export function standingAcknowledgements(engine: Engine, selection: Selection): readonly AcknowledgedFinding[] {
  const { ops, curated } = engine.stores
  return ops.acknowledgements(selection).filter((acknowledged) => curated.hasFinding(acknowledged))
}

export function findingsOf(
  engine: Engine,
  input: Selection & {
    readonly rule?: string | undefined
    readonly open?: boolean
    readonly acknowledged?: boolean
    readonly limit: number
  },
): Finding[] {
  const acknowledged = new Map(engine.stores.ops.acknowledgements(input).map((entry) => [findingKeyText(entry), entry]))
  const findings: Finding[] = []
  for (const finding of engine.stores.curated.findings(input)) {
    const known = acknowledged.get(findingKeyText(finding))
    if (known === undefined ? input.acknowledged === true : input.open === true) continue
    if (known === undefined) findings.push(finding)
    else {
      const { reason, author, atMs } = known
      findings.push({ ...finding, acknowledgement: { reason, author, atMs } })
    }
    if (findings.length === input.limit) break
  }
  return findings
}

/** How many findings each rule has in the whole workspace, and how many of them are open. */
export function findingCountsOf(engine: Engine): Overview['findings'] {
  const acknowledged = new Map<string, number>()
  for (const { rule } of standingAcknowledgements(engine, {})) {
    acknowledged.set(rule, (acknowledged.get(rule) ?? 0) + 1)
  }
  return engine.stores.curated.findingCounts({}).map(({ rule, severity, count }) => {
    // A rule has one severity, but for sessions built before it was given another.
    const known = Math.min(count, acknowledged.get(rule) ?? 0)
    acknowledged.set(rule, (acknowledged.get(rule) ?? 0) - known)
    return { rule, severity, count, open: count - known }
  })
}

/** Lets findings stand. Throws NOT_FOUND when one is not there; then none does. */
export function acknowledge(
  engine: Engine,
  input: { readonly findings: readonly FindingKey[]; readonly reason: string; readonly author: string },
): { acknowledged: number; acknowledgement: { reason: string; author: string; atMs: number } } {
  const { curated, ops } = engine.stores
  const missing = input.findings.find((key) => !curated.hasFinding(key))
  if (missing !== undefined) {
    throw new SwitchyardError(
      'NOT_FOUND',
      `There is no finding of ${missing.rule} at ${missing.symbol} ${missing.sessionDate}, ${missing.ts}.`,
      { hint: 'The session may have been built again; look at its findings anew. Nothing was acknowledged.' },
    )
  }
  const acknowledgement = { reason: input.reason, author: input.author, atMs: engine.services.nowMs() }
  ops.acknowledge(input.findings, acknowledgement)
  engine.events.publish({ kind: 'quality' })
  return { acknowledged: input.findings.length, acknowledgement }
}

export function reopen(engine: Engine, findings: readonly FindingKey[]): { reopened: number } {
  const reopened = engine.stores.ops.reopen(findings)
  engine.events.publish({ kind: 'quality' })
  return { reopened }
}

/** Every rule with what it found in a selection. */
export function rulesOf(engine: Engine, input: Selection & { readonly trendSessions: number }): RuleReport[] {
  const { curated } = engine.stores
  const symbols = selectedSymbols(input, engine.services)
  const tallies = curated.findingsByDate({ ...input, symbols })
  const dates = [...new Set(curated.qualities({ ...input, symbols }).map(({ sessionDate }) => sessionDate))]
    .toSorted()
    .slice(-input.trendSessions)
  const acknowledged = new Map<string, number>()
  for (const { rule } of standingAcknowledgements(engine, { ...input, symbols: [...symbols] }))
    acknowledged.set(rule, (acknowledged.get(rule) ?? 0) + 1)
  const book = ruleBook(engine.config.quality)
  return RULE_IDS.map((id) => {
    const own = tallies.filter(({ rule }) => rule === id)
    const byDate = new Map<string, number>()
    for (const { sessionDate, findings } of own) byDate.set(sessionDate, (byDate.get(sessionDate) ?? 0) + findings)
    const { title, description } = RULES[id]
    const { version, enabled, severity, blocking, action, params } = book[id]
    return {
      id,
      title,
      description,
      version,
      enabled,
      severity,
      blocking,
      action,
      params: { ...params },
      findings: own.reduce((sum, { findings }) => sum + findings, 0),
      acknowledged: acknowledged.get(id) ?? 0,
      sessions: own.reduce((sum, { sessions }) => sum + sessions, 0),
      bars: own.reduce((sum, { bars }) => sum + bars, 0),
      trend: dates.map((sessionDate) => ({ sessionDate, findings: byDate.get(sessionDate) ?? 0 })),
    }
  })
}

/** Metrics by day over the symbols of a selection. */
export function trendOf(engine: Engine, input: Selection): QualityTrend {
  const { curated } = engine.stores
  const symbols = selectedSymbols(input, engine.services)
  const range = selectedDates(input)
  const findings = new Map<string, number>()
  for (const tally of curated.findingsByDate({ symbols, ...range })) {
    if (tally.severity !== 'info')
      findings.set(tally.sessionDate, (findings.get(tally.sessionDate) ?? 0) + tally.findings)
  }
  const days = new Map<string, QualityTrend[number]>()
  for (const session of curated.qualities({ symbols, ...range })) {
    const { sessionDate } = session
    const day = days.get(sessionDate) ?? emptyDay(sessionDate, findings.get(sessionDate) ?? 0)
    day.sessions++
    for (const name of SUMMED) day[name] += session[name]
    day.coverage = day.expected === 0 ? 1 : (day.received - day.dropped) / day.expected
    days.set(sessionDate, day)
  }
  return [...days.values()]
}

const SUMMED = [
  'expected',
  'received',
  'missing',
  'filled',
  'dropped',
  'flagged',
  'outliers',
  'nullVolume',
  'nullVwap',
] as const

function emptyDay(sessionDate: string, findings: number): QualityTrend[number] {
  return {
    sessionDate,
    sessions: 0,
    expected: 0,
    received: 0,
    missing: 0,
    filled: 0,
    dropped: 0,
    flagged: 0,
    outliers: 0,
    nullVolume: 0,
    nullVwap: 0,
    findings,
    coverage: 1,
  }
}
