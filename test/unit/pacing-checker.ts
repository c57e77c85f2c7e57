import type { PacedRequest } from '#main/tws/pacing/paced-request.ts'
import type { Plan, Planned, Run, Sent } from './pacing-fixtures.ts'

/**
 * The rules once more, written from the broker's text and without the scheduler's code: everything is counted from the log of what
 * was sent. Slow and plain on purpose.
 */
export interface Rules {
  readonly messagesPerSecond: number
  readonly maxOpen: number
  readonly marginMs: number
}

export const DEFAULT_RULES: Rules = { messagesPerSecond: 45, maxOpen: 20, marginMs: 250 }

type LineName = 'bars' | 'hard' | 'other'

export function lineOf({ kind }: PacedRequest): LineName {
  return kind === 'small-bars' || kind === 'head-timestamp' ? 'hard' : kind
}

/** The log as it stood when so many requests had been sent. */
export interface Log {
  readonly plan: Plan
  readonly run: Run
  readonly count: number
  readonly rules: Rules
}

function* recent({ run, count, rules }: Log, nowMs: number, windowMs: number): Generator<Sent> {
  for (let i = count - 1; i >= 0 && run.sent[i].atMs > nowMs - windowMs - rules.marginMs; i--) yield run.sent[i]
}

/** Which rules of its own forbid to send a request at this time. */
export function ownRulesAgainst(log: Log, request: PacedRequest, nowMs: number): readonly string[] {
  if (lineOf(request) !== 'hard') return []
  const against: string[] = []
  for (const { planned } of recent(log, nowMs, 15_000)) {
    if (lineOf(planned.request) === 'hard' && planned.request.identity === request.identity) {
      against.push('identical within 15 s')
    }
  }
  let weight = request.weight as number
  for (const { planned } of recent(log, nowMs, 2_000)) {
    if (lineOf(planned.request) === 'hard' && planned.request.contractKey === request.contractKey) {
      weight += planned.request.weight
    }
  }
  if (weight > 5) against.push(`${weight} for a contract in 2 s`)
  return against
}

export function weightIn10Min(log: Log, nowMs: number): number {
  let weight = 0
  for (const { planned } of recent(log, nowMs, 600_000)) {
    if (lineOf(planned.request) === 'hard') weight += planned.request.weight
  }
  return weight
}

/** Which rules for all forbid to send a request at this time. */
export function sharedRulesAgainst(log: Log, request: PacedRequest, nowMs: number): readonly string[] {
  const { plan, rules } = log
  const against: string[] = []
  const messages = (plan.messagesAtMs ?? []).filter((atMs) => atMs <= nowMs && atMs > nowMs - 1_000 - rules.marginMs)
  const sentInSecond = [...recent(log, nowMs, 1_000)].length
  if (messages.length + sentInSecond + 1 > rules.messagesPerSecond) against.push('message rate')
  if (openAt(log, nowMs) + 1 > rules.maxOpen) against.push('open requests')
  if (lineOf(request) === 'hard' && weightIn10Min(log, nowMs) + request.weight > 60) against.push('60 in 10 min')
  return against
}

function openAt({ plan, run, count }: Log, nowMs: number): number {
  const lostAtMs = plan.connectionLostAtMs ?? []
  return run.sent
    .slice(0, count)
    .filter(({ atMs, answeredAtMs }) => answeredAtMs > nowMs && !lostAtMs.some((lost) => lost > atMs && lost <= nowMs))
    .length
}

/** What was sent against a rule. */
export function brokenRules(plan: Plan, run: Run, rules: Rules = DEFAULT_RULES): readonly string[] {
  return run.sent.flatMap(({ atMs, planned: { request } }, count) => {
    const log: Log = { plan, run, count, rules }
    return [...ownRulesAgainst(log, request, atMs), ...sharedRulesAgainst(log, request, atMs)].map(
      (rule) => `${request.id} at ${atMs}: ${rule}`,
    )
  })
}

/** Requests that waited at this time, when `count` had been sent. */
export function waitingAt({ plan, run, count }: Log, nowMs: number): readonly Planned[] {
  const sent = new Set(run.sent.slice(0, count).map(({ planned }) => planned.request.id))
  return plan.requests.filter(
    ({ request: { id }, offeredAtMs }) =>
      offeredAtMs <= nowMs && !sent.has(id) && (run.withdrawn.get(id) ?? Infinity) > nowMs,
  )
}
