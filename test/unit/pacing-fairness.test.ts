import { describe, expect, test } from 'vitest'
import { pacingConfigSchema } from '#shared/config/pacing-config.ts'
import type { PacedRequest } from '#main/tws/pacing/paced-request.ts'
import { pacingLimits } from '#main/tws/pacing/pacing-limits.ts'
import { PacingScheduler } from '#main/tws/pacing/pacing-scheduler.ts'
import { DEFAULT_LIMITS, requestOf, runPlan } from './pacing-fixtures.ts'

/** Windows as documented, and no limit on open requests or messages that these examples would meet. */
const ROOMY = pacingLimits(
  pacingConfigSchema.parse({ marginMs: 0, barsSpacingMs: 0, maxOpenRequests: 50, messagesPerSecond: 500 }),
)

/** Offers all at 0 and gives the ids as they go out, at most `count`, each answered at once. */
function order(
  requests: readonly PacedRequest[],
  count = requests.length,
  scheduler = new PacingScheduler(ROOMY),
): number[] {
  for (const request of requests) scheduler.offer(request)
  const ids: number[] = []
  while (ids.length < count) {
    const decision = scheduler.next(0)
    if (decision.kind !== 'send') break
    ids.push(decision.request.id)
    scheduler.settled(decision.request.id, 0, { kind: 'answered' })
  }
  return ids
}

describe('turns', () => {
  test.each(['bars', 'other'] as const)('of %s go round the symbols, in order within each', (kind) => {
    const of = (id: number, symbol: string): PacedRequest => requestOf(id, { kind, symbol })
    expect(order([of(1, 'A'), of(2, 'A'), of(3, 'A'), of(4, 'B'), of(5, 'C'), of(6, 'C')])).toEqual([1, 4, 5, 2, 6, 3])
  })

  test('within a symbol go round its contracts', () => {
    const of = (id: number, contractKey: string): PacedRequest => requestOf(id, { symbol: 'A', contractKey })
    expect(order([of(1, 'trades'), of(2, 'trades'), of(3, 'trades'), of(4, 'midpoint')])).toEqual([1, 4, 2, 3])
  })

  test('of lines with different limits are taken by who has waited longest', () => {
    const requests = [
      requestOf(1, { kind: 'bars', symbol: 'A' }),
      requestOf(2, { symbol: 'B' }),
      requestOf(3, { kind: 'other', symbol: 'C' }),
      requestOf(4, { kind: 'bars', symbol: 'D' }),
    ]
    expect(order(requests)).toEqual([1, 2, 3, 4])
  })

  test('a symbol with a thousand requests does not hold up one with one', () => {
    const requests = Array.from({ length: 1_000 }, (_, id) => requestOf(id, { kind: 'bars', symbol: 'A' }))
    expect(order([...requests, requestOf(2_000, { kind: 'bars', symbol: 'B' })], 3)).toEqual([0, 2_000, 1])
  })

  test('are kept by one that waits for its contract while others pass', () => {
    const scheduler = new PacingScheduler(ROOMY)
    const a = (id: number): PacedRequest => requestOf(id, { symbol: 'A', contractKey: 'a' })
    expect(order([1, 2, 3, 4, 5, 6, 7].map(a), 7, scheduler)).toEqual([1, 2, 3, 4, 5])
    expect(
      order(
        [10, 11, 12].map((id) => requestOf(id, { symbol: 'B' })),
        3,
        scheduler,
      ),
    ).toEqual([10, 11, 12])
    scheduler.offer(requestOf(13, { symbol: 'B' }))
    expect(scheduler.next(2_000)).toMatchObject({ request: { id: 6 } })
    expect(scheduler.next(2_000)).toMatchObject({ request: { id: 13 } })
  })

  test('a repetition lets others of its contract pass', () => {
    const same = (id: number): PacedRequest => requestOf(id, { symbol: 'A', identity: 'same' })
    expect(order([same(1), same(2), requestOf(3, { symbol: 'A' })])).toEqual([1, 3])
  })
})

describe('live', () => {
  test('goes before backfill, whatever the turn', () => {
    const requests = [
      requestOf(1, { symbol: 'A' }),
      requestOf(2, { symbol: 'B', kind: 'bars' }),
      requestOf(3, { symbol: 'C', kind: 'bars', priority: 'live' }),
      requestOf(4, { symbol: 'C', kind: 'bars', priority: 'live' }),
    ]
    expect(order(requests)).toEqual([3, 4, 1, 2])
  })

  test('waits for one answer and one spacing at most, behind thousands of backfill requests', () => {
    const backfill = Array.from({ length: 3_000 }, (_, id) => ({
      request: requestOf(id, { kind: 'bars', symbol: `S${id % 40}` }),
      offeredAtMs: 0,
      latencyMs: 1_000 + ((id * 7_919) % 500),
      outcome: 'answered' as const,
    }))
    const live = Array.from({ length: 30 }, (_, i) => ({
      request: requestOf(10_000 + i, { kind: 'bars', symbol: 'SPY', priority: 'live' }),
      offeredAtMs: 3_333 * (i + 1),
      latencyMs: 1_000,
      outcome: 'answered' as const,
    }))
    const { sent } = runPlan(new PacingScheduler(DEFAULT_LIMITS), { requests: [...backfill, ...live] })
    const waits = sent
      .filter(({ planned }) => planned.request.priority === 'live')
      .map(({ atMs, planned }) => atMs - planned.offeredAtMs)
    expect(waits).toHaveLength(30)
    expect(Math.max(...waits)).toBeLessThan(1_500 + 25)
  })

  test('keeps the last place of ten minutes that it waits for', () => {
    const scheduler = fill(59)
    scheduler.offer(requestOf(100))
    scheduler.offer(requestOf(101, { priority: 'live', weight: 2 }))
    expect(scheduler.next(10)).toEqual({ kind: 'wait', untilMs: 600_000, because: 'small-bars-budget' })
    expect(scheduler.next(600_000)).toMatchObject({ request: { id: 101 } })
  })

  test('that only its own contract holds back does not keep it', () => {
    const scheduler = fill(54)
    for (let id = 100; id < 106; id++)
      scheduler.offer(requestOf(id, { priority: 'live', symbol: 'A', contractKey: 'a' }))
    scheduler.offer(requestOf(200))
    const ids = Array.from({ length: 6 }, () => scheduler.next(10)).map((decision) =>
      decision.kind === 'send' ? decision.request.id : decision,
    )
    expect(ids).toEqual([100, 101, 102, 103, 104, 200])
  })
})

describe('the last place of ten minutes', () => {
  test('goes to one of weight 1 past a BID_ASK once, then is kept', () => {
    const scheduler = fill(59)
    scheduler.offer(requestOf(100, { weight: 2 }))
    for (const id of [101, 102, 103]) scheduler.offer(requestOf(id))
    expect(scheduler.next(10)).toMatchObject({ request: { id: 101 } })
    // One place comes back at 600,000 and is kept; the second comes with the next, at 600,001.
    expect(scheduler.next(10)).toEqual({ kind: 'wait', untilMs: 600_000, because: 'small-bars-budget' })
    expect(scheduler.next(600_000)).toEqual({ kind: 'wait', untilMs: 600_001, because: 'small-bars-budget' })
    expect(scheduler.next(600_001)).toMatchObject({ request: { id: 100 } })
    expect(scheduler.next(600_002)).toMatchObject({ request: { id: 102 } })
  })

  test('is for the once of a request, not of its id', () => {
    const scheduler = fill(58)
    scheduler.offer(requestOf(100, { weight: 2 }))
    expect(scheduler.next(100)).toMatchObject({ request: { id: 100 } })
    scheduler.offer(requestOf(101, { weight: 2 }))
    scheduler.offer(requestOf(102))
    expect(scheduler.next(600_000)).toMatchObject({ request: { id: 102 } })
    scheduler.withdraw(101)
    scheduler.offer(requestOf(101, { weight: 2 }))
    scheduler.offer(requestOf(103))
    expect(scheduler.next(600_001)).toMatchObject({ request: { id: 103 } })
  })

  test('stays empty when only BID_ASK waits', () => {
    const scheduler = fill(59)
    scheduler.offer(requestOf(100, { weight: 2 }))
    expect(scheduler.next(10)).toEqual({ kind: 'wait', untilMs: 600_000, because: 'small-bars-budget' })
  })

  test('is free again when the BID_ASK is withdrawn', () => {
    const scheduler = fill(58)
    scheduler.offer(requestOf(100, { weight: 2 }))
    scheduler.offer(requestOf(101, { weight: 2 }))
    expect(scheduler.next(100)).toMatchObject({ request: { id: 100 } })
    scheduler.offer(requestOf(102))
    expect(scheduler.withdraw(101)).toBe(true)
    expect(scheduler.next(600_000)).toMatchObject({ request: { id: 102 } })
  })
})

/** A scheduler that has sent so many small-bar requests, one a millisecond from 0 on, all answered. */
function fill(count: number): PacingScheduler {
  const scheduler = new PacingScheduler(ROOMY)
  for (let i = 0; i < count; i++) {
    scheduler.offer(requestOf(i))
    expect(scheduler.next(i).kind).toBe('send')
    scheduler.settled(i, i, { kind: 'answered' })
  }
  return scheduler
}
