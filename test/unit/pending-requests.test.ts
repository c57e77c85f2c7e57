import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { PendingRequests } from '#main/tws/pending-requests.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const gone = new SwitchyardError('TWS_DISCONNECTED', 'gone')
const refused = (subject: string): SwitchyardError => new SwitchyardError('TWS_REFUSED', `no ${subject}`)

/** Adds a request and notes what becomes of it, in order. */
function add(requests: PendingRequests<string>, id: number, timeoutMs = 5_000): string[] {
  const seen: string[] = []
  requests.add({
    id,
    subject: 'SPY 2024-07-02',
    timeoutMs,
    answer: (answer) => seen.push(`answer ${answer}`),
    fail: ({ code, message }) => seen.push(code === 'TWS_TIMEOUT' ? code : message),
    giveUp: () => seen.push('given up'),
  })
  return seen
}

describe('a request', () => {
  test('is settled by its answer, and by nothing after it', () => {
    const requests = new PendingRequests<string>()
    const seen = add(requests, 1)
    expect(requests.answer(1, 'bars')).toBe(true)
    expect(requests.answer(1, 'other bars')).toBe(false)
    expect(requests.fail(1, refused)).toBe(false)
    expect(requests.forget(1)).toBe(false)
    vi.advanceTimersByTime(60_000)
    requests.failAll(gone)
    expect(seen).toEqual(['answer bars'])
    expect(requests.size).toBe(0)
  })

  test('is found by its id among others', () => {
    const requests = new PendingRequests<string>()
    const [first, second] = [add(requests, 1), add(requests, 2)]
    expect(requests.answer(3, 'foreign')).toBe(false)
    requests.answer(2, 'bars')
    expect([first, second]).toEqual([[], ['answer bars']])
    expect(requests.size).toBe(1)
  })

  test('is refused with an error that knows what it was about, without being taken back', () => {
    const requests = new PendingRequests<string>()
    const seen = add(requests, 1)
    expect(requests.fail(1, refused)).toBe(true)
    expect(seen).toEqual(['no SPY 2024-07-02'])
  })

  test('that is forgotten hears nothing', () => {
    const requests = new PendingRequests<string>()
    const seen = add(requests, 1)
    expect(requests.forget(1)).toBe(true)
    requests.answer(1, 'late')
    vi.advanceTimersByTime(60_000)
    expect(seen).toEqual([])
  })

  test.each([
    ['answered', (requests: PendingRequests<string>) => requests.answer(1, 'bars')],
    ['refused', (requests: PendingRequests<string>) => requests.fail(1, refused)],
    ['forgotten', (requests: PendingRequests<string>) => requests.forget(1)],
    ['too late', () => vi.advanceTimersByTime(5_000)],
    ['cut off', (requests: PendingRequests<string>) => requests.failAll(gone)],
    ['held', (requests: PendingRequests<string>) => requests.hold()],
  ])('leaves no clock running once it is %s', (_name, settle) => {
    const requests = new PendingRequests<string>()
    add(requests, 1)
    expect(vi.getTimerCount()).toBe(1)
    settle(requests)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the deadline', () => {
  test('ends the waiting after TWS was told', () => {
    const requests = new PendingRequests<string>()
    const seen = add(requests, 1, 5_000)
    vi.advanceTimersByTime(4_999)
    expect(seen).toEqual([])
    vi.advanceTimersByTime(1)
    expect(seen).toEqual(['given up', 'TWS_TIMEOUT'])
    expect(requests.answer(1, 'late')).toBe(false)
    expect(seen).toHaveLength(2)
  })

  test('names what was asked for, how long was waited and what to do', () => {
    const requests = new PendingRequests<string>()
    let error: SwitchyardError | undefined
    requests.add({
      id: 1,
      subject: 'IBM',
      timeoutMs: 1_500,
      answer: () => undefined,
      fail: (reason) => (error = reason),
      giveUp: () => undefined,
    })
    vi.advanceTimersByTime(1_500)
    expect(error).toMatchObject({ message: 'TWS did not answer the request for IBM within 1.5 s.' })
    expect(error?.hint).toBeDefined()
  })

  test('of one request leaves the others waiting', () => {
    const requests = new PendingRequests<string>()
    const [short, long] = [add(requests, 1, 1_000), add(requests, 2, 2_000)]
    vi.advanceTimersByTime(1_000)
    requests.answer(2, 'bars')
    expect([short, long]).toEqual([['given up', 'TWS_TIMEOUT'], ['answer bars']])
  })
})

describe('clocks that are held', () => {
  test('run out for nobody, and begin anew with the whole time', () => {
    const requests = new PendingRequests<string>()
    const before = add(requests, 1)
    vi.advanceTimersByTime(4_999)
    requests.hold()
    const meanwhile = add(requests, 2)
    vi.advanceTimersByTime(3_600_000)
    expect([before, meanwhile]).toEqual([[], []])
    requests.release()
    vi.advanceTimersByTime(4_999)
    expect([before, meanwhile]).toEqual([[], []])
    vi.advanceTimersByTime(1)
    expect([before, meanwhile]).toEqual([
      ['given up', 'TWS_TIMEOUT'],
      ['given up', 'TWS_TIMEOUT'],
    ])
  })

  test('do not keep an answer from being taken', () => {
    const requests = new PendingRequests<string>()
    const seen = add(requests, 1)
    requests.hold()
    requests.answer(1, 'bars')
    requests.release()
    expect(seen).toEqual(['answer bars'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that were not held are not started twice', () => {
    const requests = new PendingRequests<string>()
    add(requests, 1)
    requests.release()
    requests.hold()
    requests.hold()
    requests.release()
    requests.release()
    expect(vi.getTimerCount()).toBe(1)
  })

  test('are not held any more on the next connection', () => {
    const requests = new PendingRequests<string>()
    requests.hold()
    requests.failAll(gone)
    const seen = add(requests, 1)
    vi.advanceTimersByTime(5_000)
    expect(seen).toEqual(['given up', 'TWS_TIMEOUT'])
  })
})

describe('the end of the connection', () => {
  test('ends everything that waits, without taking back what nobody hears', () => {
    const requests = new PendingRequests<string>()
    const all = [1, 2, 3].map((id) => add(requests, id))
    requests.failAll(gone)
    expect(all).toEqual([['gone'], ['gone'], ['gone']])
    expect(requests.size).toBe(0)
  })

  test('does not end a request that is made because another one ended', () => {
    const requests = new PendingRequests<string>()
    const next: string[][] = []
    requests.add({
      id: 1,
      subject: 'SPY',
      timeoutMs: 5_000,
      answer: () => undefined,
      fail: () => next.push(add(requests, 2)),
      giveUp: () => undefined,
    })
    requests.failAll(gone)
    expect(requests.size).toBe(1)
    requests.answer(2, 'bars')
    expect(next).toEqual([['answer bars']])
  })
})

test('whatever happens in whatever order, each request is settled exactly once', () => {
  const id = fc.integer({ min: 1, max: 5 })
  const happening = fc.oneof(
    fc.record({ do: fc.constantFrom('answer', 'fail', 'forget'), id }),
    fc.record({ do: fc.constantFrom('failAll', 'hold', 'release'), id }),
    fc.record({ do: fc.constant('wait'), id: fc.integer({ min: 1, max: 4_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      const requests = new PendingRequests<string>()
      const seen = [1, 2, 3, 4, 5].map((each) => add(requests, each, each * 1_000))
      let forgotten = 0
      for (const { do: what, id: which } of happenings) {
        if (what === 'answer') requests.answer(which, 'bars')
        else if (what === 'fail') requests.fail(which, refused)
        else if (what === 'forget') forgotten += requests.forget(which) ? 1 : 0
        else if (what === 'failAll') requests.failAll(gone)
        else if (what === 'hold') requests.hold()
        else if (what === 'release') requests.release()
        else vi.advanceTimersByTime(which)
      }
      requests.release()
      vi.advanceTimersByTime(10_000)
      const ends = seen.map((events) => events.filter((event) => event !== 'given up').length)
      expect(Math.max(...ends)).toBeLessThanOrEqual(1)
      expect(ends.reduce((sum, count) => sum + count, 0)).toBe(5 - forgotten)
      expect(requests.size).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    }),
    { numRuns: 200 },
  )
})
