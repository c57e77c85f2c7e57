import { describe, expect, test } from 'vitest'
import { pacingConfigSchema } from '#shared/config/pacing-config.ts'
import type { PacedKind, PacedRequest } from '#main/tws/pacing/paced-request.ts'
import { pacingLimits } from '#main/tws/pacing/pacing-limits.ts'
import { type PacingDecision, PacingScheduler } from '#main/tws/pacing/pacing-scheduler.ts'
import { DEFAULT_LIMITS, requestOf } from './pacing-fixtures.ts'

/** Without a margin, so that the documented windows show. */
const EXACT = pacingLimits(pacingConfigSchema.parse({ marginMs: 0, barsSpacingMs: 0 }))

function schedulerWith(requests: readonly PacedRequest[], limits = EXACT): PacingScheduler {
  const scheduler = new PacingScheduler(limits)
  for (const request of requests) scheduler.offer(request)
  return scheduler
}

/** Ids that go out at this time, until the scheduler says otherwise; each is answered at once when `answer` is set. */
function sendAll(scheduler: PacingScheduler, nowMs: number, answer = true): readonly [number[], PacingDecision] {
  const ids: number[] = []
  for (;;) {
    const decision = scheduler.next(nowMs)
    if (decision.kind !== 'send') return [ids, decision]
    ids.push(decision.request.id)
    if (answer) scheduler.settled(decision.request.id, nowMs, { kind: 'answered' })
  }
}

function many(count: number, change: (i: number) => Partial<PacedRequest> = () => ({})): PacedRequest[] {
  return Array.from({ length: count }, (_, i) => requestOf(i, change(i)))
}

const idle: PacingDecision = { kind: 'idle' }
const wait = (untilMs: number, because: string): unknown => ({ kind: 'wait', untilMs, because })

describe('the message rate', () => {
  test('is at most 45 in any second, of every kind', () => {
    const scheduler = schedulerWith(many(47, () => ({ kind: 'other' })))
    expect(sendAll(scheduler, 0)).toEqual([expect.objectContaining({ length: 45 }), wait(1_000, 'message-rate')])
    expect(sendAll(scheduler, 999)).toEqual([[], wait(1_000, 'message-rate')])
    expect(sendAll(scheduler, 1_000)).toEqual([[45, 46], idle])
  })

  test('slides with what was sent, by others as well', () => {
    const scheduler = schedulerWith(many(41, () => ({ kind: 'other' })))
    for (let i = 0; i < 40; i++) scheduler.countMessage(300)
    expect(sendAll(scheduler, 800)).toEqual([[0, 1, 2, 3, 4], wait(1_300, 'message-rate')])
    expect(sendAll(scheduler, 1_300)[0]).toHaveLength(36)
    expect(scheduler.budget(1_300).messages).toEqual({ used: 41, limit: 45 })
    expect(scheduler.budget(1_800).messages).toEqual({ used: 36, limit: 45 })
  })

  test('waits for the excess as well when others went beyond it', () => {
    const scheduler = schedulerWith([requestOf(1, { kind: 'other' })])
    for (let i = 0; i < 50; i++) scheduler.countMessage(10 * i)
    // Fifty went out at 0, 10, ... 490; five must have left to have 45, and a sixth to make room.
    expect(scheduler.next(490)).toEqual(wait(1_050, 'message-rate'))
  })

  test('has the margin added to its second', () => {
    const scheduler = schedulerWith(
      many(46, () => ({ kind: 'other' })),
      DEFAULT_LIMITS,
    )
    expect(sendAll(scheduler, 0)[1]).toEqual(wait(1_250, 'message-rate'))
  })
})

describe('small bars and head time stamps', () => {
  test.each<PacedKind>(['small-bars', 'head-timestamp'])('%s: not the same again within 15 s', (kind) => {
    const scheduler = schedulerWith(many(2, () => ({ kind, symbol: 'SPY', identity: 'same' })))
    expect(sendAll(scheduler, 0)).toEqual([[0], wait(15_000, 'identical-request')])
    expect(sendAll(scheduler, 14_999)).toEqual([[], wait(15_000, 'identical-request')])
    expect(sendAll(scheduler, 15_000)).toEqual([[1], idle])
  })

  test.each<PacedKind>(['small-bars', 'head-timestamp'])('%s: five for a contract in 2 s', (kind) => {
    const scheduler = schedulerWith(many(7, () => ({ kind, symbol: 'SPY' })))
    expect(sendAll(scheduler, 0)).toEqual([[0, 1, 2, 3, 4], wait(2_000, 'contract-rate')])
    expect(sendAll(scheduler, 1_999)).toEqual([[], wait(2_000, 'contract-rate')])
    expect(sendAll(scheduler, 2_000)).toEqual([[5, 6], idle])
  })

  test('of one contract, BID_ASK counts twice within 2 s', () => {
    const scheduler = schedulerWith(many(3, () => ({ symbol: 'SPY', weight: 2 })))
    expect(sendAll(scheduler, 0)).toEqual([[0, 1], wait(2_000, 'contract-rate')])
  })

  test('sixty in ten minutes', () => {
    const scheduler = schedulerWith(many(62))
    expect(sendAll(scheduler, 0)).toEqual([expect.objectContaining({ length: 45 }), wait(1_000, 'message-rate')])
    expect(sendAll(scheduler, 5_000)).toEqual([
      expect.objectContaining({ length: 15 }),
      wait(600_000, 'small-bars-budget'),
    ])
    expect(scheduler.budget(5_000).smallBars).toEqual({ used: 60, limit: 60 })
    expect(sendAll(scheduler, 599_999)[0]).toEqual([])
    expect(sendAll(scheduler, 600_000)).toEqual([[60, 61], idle])
    expect(scheduler.budget(605_000).smallBars).toEqual({ used: 2, limit: 60 })
  })

  test('thirty of BID_ASK in ten minutes', () => {
    const scheduler = schedulerWith(many(31, () => ({ weight: 2 })))
    expect(sendAll(scheduler, 0)[0]).toHaveLength(30)
    expect(scheduler.budget(0).smallBars).toEqual({ used: 60, limit: 60 })
  })

  test('the margin lengthens every window', () => {
    const same = schedulerWith(
      many(2, () => ({ identity: 'same' })),
      DEFAULT_LIMITS,
    )
    expect(sendAll(same, 0)[1]).toEqual(wait(15_250, 'identical-request'))
    const contract = schedulerWith(
      many(6, () => ({ symbol: 'SPY' })),
      DEFAULT_LIMITS,
    )
    expect(sendAll(contract, 0)[1]).toEqual(wait(2_250, 'contract-rate'))
    const budget = schedulerWith(many(61), DEFAULT_LIMITS)
    sendAll(budget, 0)
    expect(sendAll(budget, 2_000)[1]).toEqual(wait(600_250, 'small-bars-budget'))
  })

  test('do not hold up bars and others, for which these limits do not exist', () => {
    const scheduler = schedulerWith([
      ...many(6, () => ({ symbol: 'SPY', identity: 'same' })),
      ...[10, 11, 12].map((id) => requestOf(id, { kind: 'bars', symbol: 'SPY', identity: 'same' })),
      ...[20, 21, 22].map((id) => requestOf(id, { kind: 'other', symbol: 'SPY', identity: 'same' })),
    ])
    const [ids] = sendAll(scheduler, 0)
    expect(ids.toSorted((a, b) => a - b)).toEqual([0, 10, 11, 12, 20, 21, 22])
  })
})

describe('open requests', () => {
  test('are at most twenty; an end of one makes room', () => {
    const scheduler = schedulerWith(many(22))
    expect(sendAll(scheduler, 0, false)).toEqual([expect.objectContaining({ length: 20 }), { kind: 'full' }])
    expect(scheduler.budget(0).openRequests).toEqual({ used: 20, limit: 20 })
    scheduler.settled(3, 700, { kind: 'failed' })
    scheduler.settled(3, 700, { kind: 'failed' })
    expect(sendAll(scheduler, 700, false)).toEqual([[20], { kind: 'full' }])
  })

  test('are gone with the connection, while what was sent still counts', () => {
    const scheduler = schedulerWith(many(7, () => ({ symbol: 'SPY' })))
    sendAll(scheduler, 0, false)
    scheduler.connectionLost()
    expect(scheduler.budget(100)).toMatchObject({
      openRequests: { used: 0 },
      smallBars: { used: 5 },
      messages: { used: 5 },
      waiting: { live: 0, backfill: 2 },
    })
    expect(scheduler.next(100)).toEqual(wait(2_000, 'contract-rate'))
    scheduler.settled(0, 100, { kind: 'lost' })
    expect(scheduler.budget(100).openRequests.used).toBe(0)
  })

  test('of bars that are gone with the connection leave room for bars', () => {
    const scheduler = schedulerWith(many(21, () => ({ kind: 'bars' })))
    sendAll(scheduler, 0, false)
    scheduler.connectionLost()
    expect(sendAll(scheduler, 0, false)).toEqual([[20], idle])
  })
})

describe('the waiting', () => {
  test('is by priority, and a request can be taken back until it is sent', () => {
    const scheduler = schedulerWith([requestOf(1), requestOf(2, { priority: 'live' }), requestOf(3)])
    expect(scheduler.budget(0).waiting).toEqual({ live: 1, backfill: 2 })
    expect(scheduler.withdraw(1)).toBe(true)
    expect(scheduler.withdraw(1)).toBe(false)
    expect(scheduler.withdraw(9)).toBe(false)
    expect(sendAll(scheduler, 0, false)).toEqual([[2, 3], idle])
    expect(scheduler.withdraw(3)).toBe(false)
    expect(scheduler.budget(0).waiting).toEqual({ live: 0, backfill: 0 })
  })

  test('takes an id once', () => {
    const scheduler = schedulerWith([requestOf(1)])
    expect(() => scheduler.offer(requestOf(1))).toThrow('Request 1 waits or is open already.')
    sendAll(scheduler, 0, false)
    expect(() => scheduler.offer(requestOf(1))).toThrow('Request 1 waits or is open already.')
    scheduler.settled(1, 0, { kind: 'answered' })
    expect(() => scheduler.offer(requestOf(1))).not.toThrow()
  })
})

describe('after a pacing violation', () => {
  test('everything historical pauses, other requests go on', () => {
    const scheduler = schedulerWith([requestOf(1, { kind: 'bars' })])
    sendAll(scheduler, 0, false)
    scheduler.settled(1, 200, { kind: 'violation' })
    scheduler.offer(requestOf(2, { kind: 'bars' }))
    scheduler.offer(requestOf(3))
    scheduler.offer(requestOf(4, { kind: 'head-timestamp' }))
    scheduler.offer(requestOf(5, { kind: 'other' }))
    expect(sendAll(scheduler, 200)).toEqual([[5], wait(15_200, 'pacing-violation')])
    expect(scheduler.budget(200)).toMatchObject({
      pace: 0.5,
      slowedBecause: 'pacing-violation',
      pausedUntilMs: 15_200,
    })
    expect(sendAll(scheduler, 15_199)[0]).toEqual([])
    expect(sendAll(scheduler, 15_200)).toEqual([[2, 3, 4], idle])
    expect(scheduler.budget(15_200)).toMatchObject({ slowedBecause: 'pacing-violation', pausedUntilMs: undefined })
  })

  test('answers to small bars give pace back as well, other answers do not', () => {
    const scheduler = schedulerWith([requestOf(1)])
    sendAll(scheduler, 0, false)
    scheduler.settled(1, 100, { kind: 'violation' })
    for (const request of [requestOf(2), requestOf(3), requestOf(4, { kind: 'other' })]) scheduler.offer(request)
    expect(sendAll(scheduler, 20_000)[0]).toHaveLength(3)
    expect(scheduler.budget(20_000).pace).toBeCloseTo(0.51)
  })

  test('half as many bars are open and they go out half as often', () => {
    const limits = pacingLimits(pacingConfigSchema.parse({ marginMs: 0, barsSpacingMs: 100, maxOpenRequests: 5 }))
    const scheduler = schedulerWith(
      many(6, () => ({ kind: 'bars' })),
      limits,
    )
    expect(sendAll(scheduler, 0, false)).toEqual([[0], wait(100, 'pace')])
    scheduler.settled(0, 50, { kind: 'violation' })
    expect(sendAll(scheduler, 15_050, false)).toEqual([[1], wait(15_250, 'pace')])
    expect(sendAll(scheduler, 15_250, false)).toEqual([[2], { kind: 'full' }])
    // Two of five are open: half of five, rounded down.
    scheduler.settled(1, 15_300, { kind: 'failed' })
    expect(scheduler.next(15_300)).toEqual(wait(15_450, 'pace'))
  })
})

test('bars that time out slow the pace down, those that fail at once do not', () => {
  const scheduler = new PacingScheduler(EXACT)
  const settle = (fromId: number, kind: 'answered' | 'failed', latencyMs: number): void => {
    for (let id = fromId; id < fromId + 15; id++) {
      const nowMs = id * 100_000
      scheduler.offer(requestOf(id, { kind: 'bars' }))
      expect(scheduler.next(nowMs)).toMatchObject({ kind: 'send' })
      scheduler.settled(id, nowMs + latencyMs, { kind })
    }
  }
  settle(0, 'answered', 500)
  settle(100, 'failed', 5)
  expect(scheduler.budget(0)).toMatchObject({ pace: 1, slowedBecause: undefined })
  settle(200, 'failed', 60_000)
  expect(scheduler.budget(0)).toMatchObject({ pace: 0.75, slowedBecause: 'latency' })
})
