import { describe, expect, test } from 'vitest'
import { AdaptivePace } from '#main/tws/pacing/adaptive-pace.ts'
import { LatencyWatch } from '#main/tws/pacing/latency-watch.ts'
import { PacingScheduler } from '#main/tws/pacing/pacing-scheduler.ts'
import { DEFAULT_LIMITS, type Planned, requestOf, runPlan } from './pacing-fixtures.ts'

const LIMITS = { ...DEFAULT_LIMITS.pace, spacingMs: 50, slowFactor: 3, backOffMs: 15_000, backOffCeilingMs: 50_000 }

/** Answers one after the other, each sent when the one before had come; gives the time of the last. */
function answer(pace: AdaptivePace, fromMs: number, latencies: readonly number[]): number {
  let nowMs = fromMs
  for (const latency of latencies) {
    pace.answered(nowMs, nowMs + latency)
    nowMs += latency
  }
  return nowMs
}

const times = (count: number, latencyMs: number): number[] => Array.from({ length: count }, () => latencyMs)

describe('the pace', () => {
  test('is full at first', () => {
    const pace = new AdaptivePace(LIMITS)
    expect([pace.pace, pace.reason, pace.spacingMs, pace.openLimit(20)]).toEqual([1, undefined, 50, 20])
  })

  test('halves with a violation, down to a twentieth, and leaves one open', () => {
    const pace = new AdaptivePace(LIMITS)
    const paces = [1, 2, 3, 4, 5, 6].map((i) => {
      pace.violated(i * 100_000, i * 100_000)
      return pace.pace
    })
    expect(paces).toEqual([0.5, 0.25, 0.125, 0.0625, 0.05, 0.05])
    expect([pace.spacingMs, pace.openLimit(20), pace.openLimit(4)]).toEqual([1_000, 1, 1])
  })

  test('pauses twice as long with every further violation, up to the ceiling', () => {
    const pace = new AdaptivePace(LIMITS)
    const pauses = [1, 2, 3, 4].map((i) => {
      pace.violated(i * 100_000, i * 100_000)
      return pace.pausedUntilMs - i * 100_000
    })
    expect(pauses).toEqual([15_000, 30_000, 50_000, 50_000])
  })

  test('takes violations of what was sent before the pause ended as one', () => {
    const pace = new AdaptivePace(LIMITS)
    pace.violated(900, 1_000)
    pace.violated(950, 1_100)
    pace.violated(15_999, 20_000)
    expect([pace.pace, pace.pausedUntilMs]).toEqual([0.5, 16_000])
    pace.violated(16_000, 20_000)
    expect([pace.pace, pace.pausedUntilMs]).toEqual([0.25, 50_000])
  })

  test('comes back by a two hundredth with every good answer, near what was too much by a twentieth of that', () => {
    const pace = new AdaptivePace(LIMITS)
    pace.violated(0, 0)
    let nowMs = answer(pace, 20_000, times(80, 100))
    expect(pace.pace).toBeCloseTo(0.9)
    nowMs = answer(pace, nowMs, times(398, 100))
    expect(pace.pace).toBeCloseTo(0.9995)
    expect(pace.reason).toBe('pacing-violation')
    nowMs = answer(pace, nowMs, times(4, 100))
    expect([pace.pace, pace.reason]).toEqual([1, undefined])
    // Only now the pause is short again.
    pace.violated(nowMs, nowMs)
    expect(pace.pausedUntilMs - nowMs).toBe(15_000)
    pace.violated(nowMs + 15_000, nowMs + 15_000)
    expect(pace.pausedUntilMs - nowMs).toBe(45_000)
  })

  test('goes down by a quarter when answers take three times as long as at best, more than a second longer', () => {
    const pace = new AdaptivePace(LIMITS)
    let nowMs = answer(pace, 0, times(15, 2_000))
    nowMs = answer(pace, nowMs, times(15, 6_000))
    expect(pace.pace).toBe(1)
    nowMs = answer(pace, nowMs, times(14, 6_001))
    expect(pace.pace).toBe(1)
    answer(pace, nowMs, [6_001])
    expect([pace.pace, pace.reason]).toEqual([0.75, 'latency'])
  })

  test('ignores answers to what was sent before it went down', () => {
    const pace = new AdaptivePace(LIMITS)
    const nowMs = answer(pace, answer(pace, 0, times(15, 500)), times(15, 9_000))
    expect(pace.pace).toBe(0.75)
    for (let i = 0; i < 100; i++) pace.answered(nowMs - 1, nowMs + 9_000)
    expect(pace.pace).toBe(0.75)
    for (let i = 0; i < 15; i++) pace.answered(nowMs, nowMs + 9_000)
    expect(pace.pace).toBe(0.5625)
  })

  test('takes a time-out as a slow answer and a quick failure as none', () => {
    const pace = new AdaptivePace(LIMITS)
    const nowMs = answer(pace, 0, times(15, 500))
    for (let i = 0; i < 100; i++) pace.failed(nowMs, nowMs + 5)
    expect(pace.pace).toBe(1)
    for (let i = 0; i < 15; i++) pace.failed(nowMs, nowMs + 60_000)
    expect(pace.pace).toBe(0.75)
  })
})

describe('a TWS with a limit of its own', () => {
  const bars = (count: number): Planned[] =>
    Array.from({ length: count }, (_, id) => ({
      request: requestOf(id, { kind: 'bars', symbol: `S${id % 20}` }),
      offeredAtMs: 0,
      latencyMs: 800 + ((id * 7_919) % 400),
      outcome: 'answered',
    }))

  test('that makes what is beyond ten open requests wait for 20 s is mostly asked less than that', () => {
    const { sent } = runPlan(new PacingScheduler(DEFAULT_LIMITS), {
      requests: bars(4_000),
      latencyOf: ({ latencyMs }, open) => (open > 10 ? 20_000 : latencyMs),
    })
    const slow = sent.slice(500).filter(({ atMs, answeredAtMs }) => answeredAtMs - atMs === 20_000)
    expect(slow.length).toBeLessThan(0.1 * sent.length)
  })

  test('that is slow for a minute is asked less in that minute and as before soon after', () => {
    const scheduler = new PacingScheduler(DEFAULT_LIMITS)
    const { sent } = runPlan(scheduler, {
      requests: bars(6_000),
      latencyOf: ({ latencyMs }, _open, nowMs) => (nowMs >= 60_000 && nowMs < 120_000 ? 10 : 1) * latencyMs,
    })
    const perSecond = (fromMs: number, toMs: number): number =>
      sent.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length / ((toMs - fromMs) / 1_000)
    // Twenty open requests that take a second on average are twenty a second.
    expect(perSecond(20_000, 60_000)).toBeGreaterThan(18)
    expect(perSecond(90_000, 120_000)).toBeLessThan(2)
    expect(perSecond(200_000, 240_000)).toBeGreaterThan(18)
  })
})

describe('latency', () => {
  test('is not slow for a few outliers', () => {
    const watch = new LatencyWatch(3)
    const verdicts = [...times(15, 500), ...times(8, 500), ...times(7, 60_000)].map((latency) => watch.add(latency))
    expect(verdicts.some(({ hasBecomeSlow }) => hasBecomeSlow)).toBe(false)
    expect(verdicts.filter(({ isGood }) => !isGood)).toHaveLength(7)
  })

  test('within a second above the best is never slow', () => {
    const watch = new LatencyWatch(3)
    for (const latency of times(15, 20)) watch.add(latency)
    expect(watch.slowAboveMs).toBe(1_020)
  })

  test('is held against the best of the last three hundred answers', () => {
    const watch = new LatencyWatch(3)
    for (const latency of times(15, 1_000)) watch.add(latency)
    for (const latency of times(19 * 15, 4_000)) watch.add(latency)
    expect(watch.slowAboveMs).toBe(3_000)
    for (const latency of times(15, 4_000)) watch.add(latency)
    expect(watch.slowAboveMs).toBe(12_000)
  })
})
