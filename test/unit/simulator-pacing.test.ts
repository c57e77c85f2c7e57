import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageRate } from '#main/simulator/pacing/message-rate.ts'
import { limitsOf, type PacingLimits } from '#main/simulator/pacing/pacing-limits.ts'
import { SmallBarPacer } from '#main/simulator/pacing/small-bar-pacer.ts'
import { SoftPacer } from '#main/simulator/pacing/soft-pacer.ts'
import type { PacingRule } from '#main/simulator/pacing/violation.ts'

const DOCUMENTED = limitsOf('enforce') as PacingLimits

describe('limits', () => {
  it('are none, the documented ones, or those with changes', () => {
    expect(limitsOf('off')).toBeNull()
    expect(DOCUMENTED).toMatchObject({
      identicalWindowMs: 15_000,
      burstWindowMs: 2000,
      burstRequests: 6,
      windowMs: 600_000,
      windowRequests: 60,
      openRequests: 50,
      messages: 50,
      messageStrikes: 3,
    })
    expect(limitsOf({ windowMs: 50 })).toEqual({ ...DOCUMENTED, windowMs: 50 })
  })
})

/** One request of a client that does as it likes. */
interface Ask {
  readonly pauseMs: number
  readonly symbol: number
  readonly what: 'TRADES' | 'BID_ASK'
  readonly end: number
}

const asks = fc.array(
  fc.record({
    pauseMs: fc.oneof(fc.nat(30), fc.nat(600), fc.constant(0), fc.constant(200), fc.constant(1500)),
    symbol: fc.nat(2),
    what: fc.constantFrom('TRADES' as const, 'BID_ASK' as const),
    end: fc.nat(60),
  }),
  { minLength: 30, maxLength: 80, size: 'max' },
)

/** Small windows, so that a short list of requests meets all rules. */
const LIMITS: PacingLimits = {
  ...DOCUMENTED,
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
function naiveRule(list: readonly Ask[], n: number): PacingRule | null {
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

describe('pacing of small bars', () => {
  it('finds what a naive count over all requests finds', () => {
    const seen = new Set<PacingRule | null>()
    fc.assert(
      fc.property(asks, (list) => {
        const pacer = new SmallBarPacer()
        let nowMs = 0
        list.forEach((ask, n) => {
          nowMs += ask.pauseMs
          const series = `${ask.symbol} ${ask.what}`
          const request = { series, identity: `${series} ${ask.end}`, weight: ask.what === 'BID_ASK' ? 2 : 1 }
          const rule = pacer.admit(request, nowMs, LIMITS)
          seen.add(rule)
          expect(rule).toBe(naiveRule(list, n))
        })
      }),
      { numRuns: 300 },
    )
    expect(seen).toEqual(new Set(['identicalRequest', 'sameContractBurst', 'tenMinuteWindow', null]))
  })

  it('lets through what keeps to the documented limits: one request in ten seconds, none repeated', () => {
    const pacer = new SmallBarPacer()
    for (let n = 0; n < 500; n++) {
      expect(pacer.admit({ series: 'SPY', identity: `SPY ${n}`, weight: 1 }, n * 10_000, DOCUMENTED)).toBeNull()
    }
  })
})

describe('the message rate', () => {
  it('strikes once a window and drops the rest of it', () => {
    const rate = new MessageRate()
    const limits = { ...DOCUMENTED, messages: 3, messageWindowMs: 100 }
    const kinds = Array.from({ length: 6 }, () => rate.admit(0, limits).kind)
    expect(kinds).toEqual(['admitted', 'admitted', 'admitted', 'strike', 'dropped', 'dropped'])
    expect(rate.admit(99, limits).kind).toBe('dropped')
    expect(rate.admit(100, limits)).toEqual({ kind: 'admitted' })
    // With those of 99 and 100 this is the third of its window, and the next one too many.
    expect(rate.admit(150, limits)).toEqual({ kind: 'admitted' })
    expect(rate.admit(150, limits)).toEqual({ kind: 'strike', received: 4, strike: 2 })
  })

  it('lets messages wait in order, never more in a window than may pass', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 60 }), (pauses) => {
        const rate = new MessageRate()
        const limits = { ...DOCUMENTED, messages: 4, messageWindowMs: 100, messageOverflow: 'queue' as const }
        let nowMs = 0
        const carriedOut = pauses.map((pause) => {
          nowMs += pause
          const verdict = rate.admit(nowMs, limits)
          return verdict.kind === 'queued' ? verdict.atMs : nowMs
        })
        for (let i = 1; i < carriedOut.length; i++) expect(carriedOut[i]).toBeGreaterThanOrEqual(carriedOut[i - 1])
        for (let i = 4; i < carriedOut.length; i++) {
          expect(carriedOut[i] - carriedOut[i - 4]).toBeGreaterThanOrEqual(100)
        }
      }),
    )
  })
})

describe('the slow-down of larger bars', () => {
  it('grows with the requests of the last seconds and goes with them', () => {
    const pacer = new SoftPacer()
    const limits = { ...DOCUMENTED, softRequests: 2, softWindowMs: 1000, softDelayMs: 50 }
    const delays = [0, 0, 0, 0].map((atMs) => pacer.admit(atMs, limits))
    expect(delays).toEqual([0, 0, 50, 100].map((delayMs) => ({ kind: 'delayed', delayMs })))
    expect(pacer.admit(1000, limits)).toEqual({ kind: 'delayed', delayMs: 0 })
  })

  it('ends in abuse where a limit is set', () => {
    const pacer = new SoftPacer()
    const limits = { ...DOCUMENTED, abuseRequests: 2 }
    expect([0, 0, 0].map((atMs) => pacer.admit(atMs, limits).kind)).toEqual(['delayed', 'delayed', 'abuse'])
  })
})
