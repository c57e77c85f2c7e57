import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pacingConfigSchema } from '#shared/config/pacing-config.ts'
import { pacingLimits } from '#main/tws/pacing/pacing-limits.ts'
import { SlidingWindow } from '#main/tws/pacing/sliding-window.ts'
import { TurnCounter, TurnQueue } from '#main/tws/pacing/turn-queue.ts'

describe('a sliding window', () => {
  test('forgets what happened exactly its length ago', () => {
    const window = new SlidingWindow({ weight: 3, windowMs: 100 })
    window.add(0, 2, undefined)
    window.add(40, 1, undefined)
    expect([window.used(99), window.used(100), window.used(139), window.used(140)]).toEqual([3, 1, 1, 0])
  })

  test('says when so much fits, and never for more than the limit', () => {
    const window = new SlidingWindow({ weight: 3, windowMs: 100 })
    window.add(0, 2, undefined)
    expect(window.fitsAtMs(10, 1)).toBe(10)
    window.add(40, 1, undefined)
    expect([1, 2, 3, 4].map((weight) => window.fitsAtMs(50, weight))).toEqual([100, 100, 140, Infinity])
  })

  test('takes a time that goes back as the latest before it', () => {
    const window = new SlidingWindow({ weight: 3, windowMs: 100 })
    window.add(50, 1, undefined)
    window.add(20, 1, undefined)
    expect([window.used(149), window.used(150)]).toEqual([2, 0])
  })

  test('counts as a list that is looked through does', () => {
    const step = fc.record({ afterMs: fc.nat(60), weight: fc.integer({ min: 1, max: 3 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const window = new SlidingWindow<number>({ weight: 10, windowMs: 500 })
        const all: { atMs: number; weight: number; what: number }[] = []
        let nowMs = 0
        for (const [what, { afterMs, weight }] of steps.entries()) {
          nowMs += afterMs
          const within = all.filter(({ atMs }) => atMs > nowMs - 500)
          expect(window.used(nowMs)).toBe(within.reduce((sum, entry) => sum + entry.weight, 0))
          expect([...window.newestFirst(nowMs)]).toEqual(within.toReversed())
          window.add(nowMs, weight, what)
          all.push({ atMs: nowMs, weight, what })
        }
      }),
    )
  })
})

describe('a turn queue', () => {
  const drain = (queue: TurnQueue<string>): string[] => {
    const items: string[] = []
    for (let place = queue.find(() => true); place !== undefined; place = queue.find(() => true)) {
      items.push(place.item)
      queue.serve(place)
    }
    return items
  }

  test('goes round the groups of every level', () => {
    const queue = new TurnQueue<string>(new TurnCounter())
    for (const item of ['Ax1', 'Ax2', 'Ay1', 'Bx1', 'Bx2', 'Ay2', 'Cz1']) queue.add([item[0], item[1]], item)
    expect(drain(queue)).toEqual(['Ax1', 'Bx1', 'Cz1', 'Ay1', 'Bx2', 'Ax2', 'Ay2'])
    expect(queue.isEmpty).toBe(true)
  })

  test('keeps the turn of a group when an item is taken out of it, and loses it with the last', () => {
    const queue = new TurnQueue<string>(new TurnCounter())
    const first = queue.add(['A'], 'A1')
    queue.add(['B'], 'B1')
    queue.add(['A'], 'A2')
    const only = queue.add(['C'], 'C1')
    queue.remove(first)
    queue.remove(only)
    queue.add(['D'], 'D1')
    queue.add(['C'], 'C2')
    expect(drain(queue)).toEqual(['A2', 'B1', 'D1', 'C2'])
  })

  test('skips a group as a whole', () => {
    const queue = new TurnQueue<string>(new TurnCounter())
    for (const item of ['Ax1', 'Ax2', 'Ay1']) queue.add([item[0], item[1]], item)
    const asked: [string, number][] = []
    const found = queue.find((item, level) => {
      asked.push([item, level])
      return !item.startsWith('Ax') || level === 0
    })
    expect(found?.item).toBe('Ay1')
    expect(asked).toEqual([
      ['Ax1', 0],
      ['Ax1', 1],
      ['Ay1', 1],
    ])
  })

  test('numbers turns over several queues', () => {
    const turns = new TurnCounter()
    const [one, other] = [new TurnQueue<string>(turns), new TurnQueue<string>(turns)]
    const places = [one.add(['A'], 'A1'), other.add(['B'], 'B1'), one.add(['C'], 'C1')]
    const of = [one, other, one].map((queue, i) => queue.turnOf(places[i]))
    expect(of).toEqual(of.toSorted((a, b) => a - b))
  })
})

describe('the configuration', () => {
  test('by default gives the documented limits with a margin of 250 ms', () => {
    expect(pacingLimits(pacingConfigSchema.parse({}))).toEqual({
      messages: { weight: 45, windowMs: 1_250 },
      maxOpenRequests: 20,
      identicalMs: 15_250,
      contract: { weight: 5, windowMs: 2_250 },
      smallBars: { weight: 60, windowMs: 600_250 },
      pace: { spacingMs: 25, slowFactor: 3, backOffMs: 15_000, backOffCeilingMs: 600_000 },
    })
  })

  test('does not go beyond what the broker states, and knows its keys', () => {
    const refused = [
      { smallBarRequestsPer10Min: 61 },
      { maxOpenRequests: 51 },
      { marginMs: -1 },
      { messagesPerSecond: 0 },
      { backOffMs: 20_000, backOffCeilingMs: 10_000 },
      { window: 5 },
    ]
    for (const config of refused) expect(pacingConfigSchema.safeParse(config).success).toBe(false)
  })
})
