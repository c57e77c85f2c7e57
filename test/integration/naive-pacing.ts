import fc from 'fast-check'
import { limitsOf, type PacingLimits } from '#main/simulator/pacing/pacing-limits.ts'
import type { PacingRule } from '#main/simulator/pacing/violation.ts'

/** One request of a client that does as it likes. */
export interface Ask {
  readonly pauseMs: number
  readonly symbol: number
  readonly what: 'TRADES' | 'BID_ASK'
  readonly end: number
}

/** Lists of requests that meet every rule now and then. */
export const asks = fc.array(
  fc.record({
    pauseMs: fc.oneof(fc.nat(30), fc.nat(600), fc.constant(0), fc.constant(200), fc.constant(1500)),
    symbol: fc.nat(2),
    what: fc.constantFrom('TRADES' as const, 'BID_ASK' as const),
    end: fc.nat(60),
  }),
  { minLength: 30, maxLength: 80, size: 'max' },
)

/** Small windows, so that a short list of requests meets all rules. */
export const SHORT_LIMITS: PacingLimits = {
  ...(limitsOf('enforce') as PacingLimits),
  identicalWindowMs: 1500,
  burstWindowMs: 200,
  burstRequests: 6,
  windowMs: 6000,
  windowRequests: 14,
}

/**
 * The rules as the broker's page words them, counted over the whole list each time: an identical request within 15 seconds;
 * six or more for the same contract, exchange and tick type within two seconds; more than 60 within ten minutes; a request
 * for BID_ASK is counted twice.
 */
export function naiveRule(list: readonly Ask[], n: number): PacingRule | null {
  const times: number[] = []
  list.forEach(({ pauseMs }, i) => times.push((times[i - 1] ?? 0) + pauseMs))
  const now = times[n]
  let isRepeated = false
  let series = 0
  let all = 0
  for (let i = 0; i <= n; i++) {
    const age = now - times[i]
    const counts = list[i].what === 'BID_ASK' ? 2 : 1
    const isSameSeries = list[i].symbol === list[n].symbol && list[i].what === list[n].what
    if (i < n && age < 1500 && isSameSeries && list[i].end === list[n].end) isRepeated = true
    if (age < 200 && isSameSeries) series += counts
    if (age < 6000) all += counts
  }
  if (isRepeated) return 'identicalRequest'
  if (series >= 6) return 'sameContractBurst'
  return all > 14 ? 'tenMinuteWindow' : null
}
