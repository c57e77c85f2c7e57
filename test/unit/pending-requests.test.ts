import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Pending, type PendingOptions, PendingRequests } from '#main/tws/pending-requests.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A request that was opened, with what became of it. */
interface Opened {
  readonly id: number
  readonly pending: Pending<string>
  readonly cancelled: number[]
  readonly outcome: () => Promise<string>
}

function open(
  requests: PendingRequests<string>,
  options: Partial<PendingOptions> = {},
  send?: (id: number) => void,
): Opened {
  let pending: Pending<string> | undefined
  const cancelled: number[] = []
  const answer = requests.open<string>(
    { subject: 'SPY 2024-07-02', timeoutMs: 5000, cancel: (id) => cancelled.push(id), ...options },
    (each) => {
      pending = each
      return `handlers of ${each.id}`
    },
    send ?? (() => undefined),
  )
  // Seen at once, so that no rejection is ever without a listener.
  const outcome = answer.then(
    (value) => `resolved ${value}`,
    (error: { code?: string; message: string }) => `rejected ${error.code ?? error.message}`,
  )
  if (pending === undefined) throw new Error('the request was not handed over')
  return { id: pending.id, pending, cancelled, outcome: () => outcome }
}

describe('a request', () => {
  test('is sent under an id of its own and waits', () => {
    const requests = new PendingRequests<string>()
    const sent: number[] = []
    const first = open(requests, {}, (id) => sent.push(id))
    const second = open(requests, {}, (id) => sent.push(id))
    expect(sent).toEqual([first.id, second.id])
    expect(first.id).not.toBe(second.id)
    expect(first.pending.subject).toBe('SPY 2024-07-02')
    expect(requests.size).toBe(2)
    expect(requests.handlers(second.id)).toBe(`handlers of ${second.id}`)
    expect(requests.handlers(999)).toBeUndefined()
    requests.rejectAll(new Error('over'))
  })

  test('is settled by its answer, and by nothing after it', async () => {
    const requests = new PendingRequests<string>()
    const abort = new AbortController()
    const { id, pending, cancelled, outcome } = open(requests, { signal: abort.signal })
    pending.resolve('bars')
    pending.resolve('other bars')
    pending.reject(new Error('late'))
    abort.abort()
    vi.advanceTimersByTime(60_000)
    requests.rejectAll(new Error('gone'))
    expect(await outcome()).toBe('resolved bars')
    expect(cancelled).toEqual([])
    expect(requests.size).toBe(0)
    expect(requests.handlers(id)).toBeUndefined()
  })

  test.each([
    ['answered', ({ pending }: Opened) => pending.resolve('bars')],
    ['refused', ({ pending }: Opened) => pending.reject(new Error('no'))],
    ['too late', () => vi.advanceTimersByTime(5000)],
    ['cut off', (_opened: Opened, requests: PendingRequests<string>) => requests.rejectAll(new Error('gone'))],
  ])('leaves no clock running once it is %s', async (_name, settle) => {
    const requests = new PendingRequests<string>()
    const opened = open(requests)
    expect(vi.getTimerCount()).toBe(1)
    settle(opened, requests)
    await opened.outcome()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is rejected by a refusal without being cancelled', async () => {
    const requests = new PendingRequests<string>()
    const { pending, cancelled, outcome } = open(requests)
    pending.reject(new Error('no permission'))
    expect(await outcome()).toBe('rejected no permission')
    expect(cancelled).toEqual([])
  })

  test('that cannot be sent is rejected with the reason', async () => {
    const requests = new PendingRequests<string>()
    const { outcome } = open(requests, {}, () => {
      throw new Error('socket closed')
    })
    expect(await outcome()).toBe('rejected socket closed')
    expect(requests.size).toBe(0)
  })
})

describe('the deadline', () => {
  test('ends the waiting, tells TWS and names what was asked for', async () => {
    const requests = new PendingRequests<string>()
    const { id, cancelled, outcome } = open(requests, { timeoutMs: 5000 })
    vi.advanceTimersByTime(4999)
    expect(requests.size).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await outcome()).toBe('rejected TWS_TIMEOUT')
    expect(cancelled).toEqual([id])
    expect(requests.handlers(id)).toBeUndefined()
  })

  test('says how long was waited', async () => {
    const requests = new PendingRequests<string>()
    const failure = requests
      .open(
        { subject: 'IBM', timeoutMs: 1500 },
        () => '',
        () => undefined,
      )
      .catch((error: unknown) => error)
    vi.advanceTimersByTime(1500)
    expect(await failure).toMatchObject({
      message: expect.stringContaining('IBM within 1.5 s'),
      hint: expect.any(String),
    })
  })

  test('of one request leaves the others waiting', async () => {
    const requests = new PendingRequests<string>()
    const short = open(requests, { timeoutMs: 1000 })
    const long = open(requests, { timeoutMs: 2000 })
    vi.advanceTimersByTime(1000)
    expect(await short.outcome()).toBe('rejected TWS_TIMEOUT')
    long.pending.resolve('bars')
    expect(await long.outcome()).toBe('resolved bars')
  })
})

describe('an abort', () => {
  test('ends the waiting and tells TWS', async () => {
    const requests = new PendingRequests<string>()
    const abort = new AbortController()
    const { id, cancelled, outcome } = open(requests, { signal: abort.signal })
    abort.abort()
    expect(await outcome()).toBe('rejected CANCELLED')
    expect(cancelled).toEqual([id])
  })

  test('before the start keeps the request from being sent', async () => {
    const requests = new PendingRequests<string>()
    const sent: number[] = []
    const { cancelled, outcome } = open(requests, { signal: AbortSignal.abort() }, (id) => sent.push(id))
    expect(await outcome()).toBe('rejected CANCELLED')
    expect([sent, cancelled, requests.size]).toEqual([[], [], 0])
  })

  test('reaches only the requests that it belongs to', async () => {
    const requests = new PendingRequests<string>()
    const abort = new AbortController()
    const one = open(requests, { signal: abort.signal })
    const other = open(requests, { signal: new AbortController().signal })
    abort.abort()
    expect(await one.outcome()).toBe('rejected CANCELLED')
    other.pending.resolve('bars')
    expect(await other.outcome()).toBe('resolved bars')
  })
})

describe('the end of the connection', () => {
  test('rejects everything that waits, without cancelling what nobody hears', async () => {
    const requests = new PendingRequests<string>()
    const all = [open(requests), open(requests), open(requests)]
    requests.rejectAll(new Error('gone'))
    expect(await Promise.all(all.map(({ outcome }) => outcome()))).toEqual(all.map(() => 'rejected gone'))
    expect(all.flatMap(({ cancelled }) => cancelled)).toEqual([])
    expect(requests.size).toBe(0)
  })

  test('does not keep the next request from being answered', async () => {
    const requests = new PendingRequests<string>()
    const first = open(requests)
    requests.rejectAll(new Error('gone'))
    const second = open(requests)
    expect(second.id).not.toBe(first.id)
    second.pending.resolve('bars')
    expect([await first.outcome(), await second.outcome()]).toEqual(['rejected gone', 'resolved bars'])
  })
})
