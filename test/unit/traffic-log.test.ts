import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PacingBudget } from '#shared/contract/connection.ts'
import { SAMPLE_MS, TrafficLog } from '#main/tws/traffic-log.ts'

function budget(messages: number, smallBars = 0, open = 0, pace = 1): PacingBudget {
  return {
    messages: { used: messages, limit: 45 },
    smallBarRequests: { used: smallBars, limit: 60 },
    openRequests: { used: open, limit: 20 },
    waiting: { live: 0, backfill: 0 },
    pace,
  }
}

describe('the traffic of the last hour', () => {
  test('is told in stretches of ten seconds, each with its highest use and lowest pace', () => {
    const log = new TrafficLog()
    log.note(budget(3, 10, 1), 100_000)
    log.note(budget(7, 9, 0, 0.5), 105_000)
    log.note(budget(2, 11, 4, 0.75), 109_999)
    log.note(budget(1, 1, 1), 110_000)
    expect(log.samples(110_000)).toEqual([
      { atMs: 100_000, messagesPerSecond: 7, smallBarRequests: 11, openRequests: 4, pace: 0.5 },
      { atMs: 110_000, messagesPerSecond: 1, smallBarRequests: 1, openRequests: 1, pace: 1 },
    ])
  })

  test('has no entry for stretches of which nothing was noted', () => {
    const log = new TrafficLog()
    log.note(budget(1), 0)
    log.note(budget(2), 1_000_000)
    expect(log.samples(1_000_000).map(({ atMs }) => atMs)).toEqual([0, 1_000_000])
  })

  test('forgets what is older than an hour', () => {
    const log = new TrafficLog()
    log.note(budget(1), 0)
    log.note(budget(2), 10_000)
    expect(log.samples(3_600_000)).toHaveLength(2)
    expect(log.samples(3_600_001).map(({ atMs }) => atMs)).toEqual([10_000])
  })

  test('is bounded, ordered and never loses the last note', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 800 }), (waits) => {
        const log = new TrafficLog()
        let nowMs = 0
        for (const waitMs of waits) log.note(budget(1), (nowMs += waitMs))
        const samples = log.samples(nowMs).map(({ atMs }) => atMs)
        expect(samples.length).toBeLessThanOrEqual(361)
        expect(samples).toEqual([...new Set(samples)].sort((a, b) => a - b))
        expect(samples.at(-1)).toBe(Math.floor(nowMs / SAMPLE_MS) * SAMPLE_MS)
      }),
      { numRuns: 50 },
    )
  })
})
