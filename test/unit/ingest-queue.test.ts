import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type IngestItem, IngestQueue } from '#main/tws/ingest/ingest-queue.ts'
import { pieceOf } from '#main/tws/ingest/plan-ingest.ts'
import { SESSION } from './bars-fixtures.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A piece of one session that is told apart by its symbol. */
const item = (symbol: string, notBeforeMs = 0, sessions = 1): IngestItem => ({
  piece: pieceOf(symbol, Array(sessions).fill(SESSION), true),
  purpose: 'fetch',
  attempt: 1,
  notBeforeMs,
})
const queueOf = (...items: IngestItem[]): IngestQueue => new IngestQueue(items, () => Date.now())
const never = new AbortController().signal

/** Takes what is there; the outcome is known as soon as microtasks have run. */
function take(queue: IngestQueue, signal = never): { got: () => Promise<string> } {
  let outcome = 'waiting'
  queue.take(signal).then(
    (taken) => (outcome = taken?.piece.symbol ?? 'nothing'),
    (reason: unknown) => (outcome = `rejected ${String(reason)}`),
  )
  return {
    got: async () => {
      await vi.advanceTimersByTimeAsync(0)
      return outcome
    },
  }
}

describe('a queue of pieces', () => {
  test('gives them in their order, and nothing when all are done', async () => {
    const queue = queueOf(item('A'), item('B'))
    expect(await take(queue).got()).toBe('A')
    expect(await take(queue).got()).toBe('B')
    queue.done()
    queue.done()
    expect(await take(queue).got()).toBe('nothing')
    expect(await take(queueOf()).got()).toBe('nothing')
  })

  test('counts the sessions that nobody works on yet', async () => {
    const queue = queueOf(item('A', 0, 5), item('B', 0, 4))
    expect(queue.sessionsLeft).toBe(9)
    await take(queue).got()
    expect(queue.sessionsLeft).toBe(4)
    queue.again(item('A', 0, 2))
    expect(queue.sessionsLeft).toBe(6)
  })

  test('lets a worker wait as long as another one may put its piece in again', async () => {
    const queue = queueOf(item('A'))
    await take(queue).got()
    const [second, third] = [take(queue), take(queue)]
    expect([await second.got(), await third.got()]).toEqual(['waiting', 'waiting'])
    queue.again(item('A again'))
    queue.done()
    expect([await second.got(), await third.got()]).toEqual(['A again', 'waiting'])
    queue.done()
    expect(await third.got()).toBe('nothing')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('gives what is asked for again before what nobody has asked for', async () => {
    const queue = queueOf(item('A'), item('B'), item('C'))
    await take(queue).got()
    queue.again(item('A again'))
    queue.done()
    expect(await take(queue).got()).toBe('A again')
    expect(await take(queue).got()).toBe('B')
  })

  test('gives a piece not before its time, others meanwhile', async () => {
    const queue = queueOf(item('late', 5_000), item('now'), item('later', 9_000))
    expect(await take(queue).got()).toBe('now')
    queue.done()
    const waiting = take(queue)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(await waiting.got()).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(await waiting.got()).toBe('late')
    const last = take(queue)
    await vi.advanceTimersByTimeAsync(3_999)
    expect(await last.got()).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1)
    expect(await last.got()).toBe('later')
  })

  test('looks again when a piece comes that is due sooner', async () => {
    const queue = queueOf(item('A'), item('late', 60_000))
    await take(queue).got()
    const waiting = take(queue)
    queue.again(item('soon', 1_000))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await waiting.got()).toBe('soon')
  })

  test('gives up everything of one symbol', async () => {
    const queue = queueOf(item('A'), item('B'), item('A', 5_000, 3), item('C'))
    expect(queue.takeAllOf('A').map(({ piece }) => piece.sessions.length)).toEqual([1, 3])
    expect(queue.takeAllOf('A')).toEqual([])
    expect(await take(queue).got()).toBe('B')
    expect(queue.takeAllOf('C')).toHaveLength(1)
    const waiting = take(queue)
    expect(await waiting.got()).toBe('waiting')
    queue.done()
    expect(await waiting.got()).toBe('nothing')
  })

  test('ends the waiting for what is given up', async () => {
    const queue = queueOf(item('A', 60_000))
    const waiting = take(queue)
    expect(await waiting.got()).toBe('waiting')
    queue.takeAllOf('A')
    expect(await waiting.got()).toBe('nothing')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('an abort', () => {
  test('ends the waiting at once and leaves no clock behind', async () => {
    const queue = queueOf(item('late', 60_000))
    const abort = new AbortController()
    const waiting = take(queue, abort.signal)
    expect(await waiting.got()).toBe('waiting')
    abort.abort('stop')
    expect(await waiting.got()).toBe('rejected stop')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps pieces from being taken', async () => {
    const queue = queueOf(item('A'))
    expect(await take(queue, AbortSignal.abort('stop')).got()).toBe('rejected stop')
    expect(queue.sessionsLeft).toBe(1)
  })
})

test('whatever comes back and when, every piece is given out, and every worker comes to its end', async () => {
  const pieces = fc.array(
    fc.record({ tries: fc.integer({ min: 1, max: 4 }), waitMs: fc.integer({ min: 0, max: 500 }) }),
    {
      maxLength: 12,
    },
  )
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 50 }),
      async (plan, lanes, workMs) => {
        const queue = queueOf(...plan.map((_piece, i) => item(String(i))))
        const given = plan.map(() => 0)
        const work = async (): Promise<void> => {
          for (;;) {
            const taken = await queue.take(never)
            if (taken === undefined) return
            expect(Date.now()).toBeGreaterThanOrEqual(taken.notBeforeMs)
            const { tries, waitMs } = plan[Number(taken.piece.symbol)]
            given[Number(taken.piece.symbol)]++
            await new Promise((resolve) => setTimeout(resolve, workMs))
            if (taken.attempt < tries)
              queue.again({ ...taken, attempt: taken.attempt + 1, notBeforeMs: Date.now() + waitMs })
            queue.done()
          }
        }
        const all = Promise.all(Array.from({ length: lanes }, work))
        await vi.advanceTimersByTimeAsync(60_000)
        await all
        expect(given).toEqual(plan.map(({ tries }) => tries))
        expect(vi.getTimerCount()).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
