import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import type { SessionState, StoredSchedule } from '#main/stores/fetch-log.ts'
import { WritableRawStore } from '#main/stores/raw-store.ts'
import type {
  BarSeries,
  HistoricalRequest,
  Instrument,
  SessionOutcome,
  SessionRevision,
} from '#main/stores/raw-types.ts'
import { barsOf, OPEN_TS, rowsOf } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

const TRADES: BarSeries = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
const DATE = '2024-07-02'
const SPY: Instrument = {
  symbol: 'SPY',
  conId: 756_733,
  secType: 'STK',
  exchange: 'SMART',
  primaryExchange: 'ARCA',
  currency: 'USD',
  localSymbol: 'SPY',
  tradingClass: 'SPY',
  longName: 'SPDR S&P 500 ETF TRUST',
  minTick: 0.01,
  timeZone: 'US/Eastern',
}

function newStore(): WritableRawStore {
  const store = new WritableRawStore(join(folder, `raw-${files++}.db`))
  open.push(store)
  for (const instrument of [SPY, { ...SPY, symbol: 'IBM', conId: 8314 }]) store.saveInstrument(instrument, 0)
  return store
}

function begin(store: WritableRawStore, change: Partial<HistoricalRequest> = {}, nowMs = 0): number {
  return store.beginRequest(
    { ...TRADES, symbol: 'SPY', endTs: OPEN_TS + 23_400, duration: '1 D', sessions: [DATE], ...change },
    nowMs,
  )
}

/** A request that was answered with bars from the open on, of which so many are known by then. */
function answered(store: WritableRawStore, outcome: Partial<SessionOutcome>, nowMs = 5): number {
  const bars = barsOf([{ ts: OPEN_TS, close: nowMs }])
  const id = begin(store)
  store.storeResponse(id, bars, [{ sessionDate: DATE, bars: 1, settled: false, ...outcome }], nowMs)
  return id
}

function failed(store: WritableRawStore, message = 'no answer'): number {
  const id = begin(store)
  store.finishRequest(id, 'failed', [], 9, { code: null, message })
  return id
}

function rejected(store: WritableRawStore, close = 99): number {
  const id = begin(store)
  store.storeResponse(id, barsOf([{ ts: OPEN_TS, close }]), [], 9, { rejectedBecause: 'Not used: another range.' })
  return id
}

const stateOf = (store: WritableRawStore): SessionState | undefined =>
  store.fetches.sessionStates('SPY', TRADES, DATE, DATE).get(DATE)

describe('what is known of a session', () => {
  test('is nothing while nobody has asked', () => {
    expect(stateOf(newStore())).toBeUndefined()
  })

  test('is that a request waits', () => {
    const store = newStore()
    begin(store)
    expect(stateOf(store)).toEqual({
      sessionDate: DATE,
      settled: false,
      known: 0,
      expected: null,
      reason: null,
      outcome: null,
      message: null,
    })
  })

  test('is what the last answer says', () => {
    const store = newStore()
    answered(store, { bars: 300, known: 300, expected: 390 })
    expect(stateOf(store)).toMatchObject({ settled: false, known: 300, expected: 390, outcome: 'complete' })
    answered(store, { bars: 380, known: 385, expected: 390, settled: true, reason: 'no-trades' })
    expect(stateOf(store)).toMatchObject({ settled: true, known: 385, expected: 390, reason: 'no-trades' })
  })

  test('is not undone by a later request that failed; its words are those of the failure', () => {
    const store = newStore()
    answered(store, { bars: 375, known: 375, expected: 390, settled: true, reason: 'halted' })
    failed(store, 'TWS did not answer.')
    expect(stateOf(store)).toEqual({
      sessionDate: DATE,
      settled: true,
      known: 375,
      expected: 390,
      reason: 'halted',
      outcome: 'failed',
      message: 'TWS did not answer.',
    })
  })

  test('is not undone by a later one that still waits, was cancelled or never seen to end', () => {
    const store = newStore()
    answered(store, { bars: 375, known: 375, expected: 390, settled: true, reason: 'halted' })
    begin(store)
    expect(stateOf(store)).toMatchObject({ settled: true, known: 375, reason: 'halted', outcome: null })
    store.abandonOpenRequests(10)
    expect(stateOf(store)).toMatchObject({ settled: true, known: 375, reason: 'halted', outcome: 'abandoned' })
    store.finishRequest(begin(store), 'cancelled', [], 11, { code: null, message: 'cancelled' })
    expect(stateOf(store)).toMatchObject({ settled: true, known: 375, reason: 'halted', outcome: 'cancelled' })
  })

  test('is not changed by an answer that was not used', () => {
    const store = newStore()
    answered(store, { bars: 300, known: 300, expected: 390 })
    rejected(store)
    expect(stateOf(store)).toMatchObject({
      settled: false,
      known: 300,
      expected: 390,
      outcome: 'rejected',
      message: 'Not used: another range.',
    })
  })

  test('is that it failed when the only answer was not used', () => {
    const store = newStore()
    rejected(store)
    expect(stateOf(store)).toMatchObject({ settled: false, known: 0, outcome: 'rejected' })
  })

  test('is that the broker has none, in its own words', () => {
    const store = newStore()
    store.finishRequest(
      begin(store),
      'no_data',
      [{ sessionDate: DATE, bars: 0, known: 0, expected: 390, settled: true, reason: 'no-data' }],
      9,
      { code: 162, message: 'HMDS query returned no data' },
    )
    expect(stateOf(store)).toMatchObject({
      settled: true,
      known: 0,
      reason: 'no-data',
      outcome: 'no_data',
      message: 'HMDS query returned no data',
    })
  })

  test('stays settled, for its reason, while it is asked for again, and never has fewer minutes', () => {
    const store = newStore()
    answered(store, { bars: 375, known: 375, expected: 390, settled: true, reason: 'halted' })
    answered(store, { bars: 200, known: 375, expected: 390, settled: false })
    expect(stateOf(store)).toMatchObject({ settled: true, known: 375, reason: 'halted' })
    answered(store, { bars: 390, known: 390, expected: 390, settled: true })
    expect(stateOf(store)).toMatchObject({ settled: true, known: 390, reason: null })
    answered(store, { bars: 100, known: 100, expected: 390, settled: true, reason: 'no-trades' })
    expect(stateOf(store)).toMatchObject({ settled: true, known: 390 })
  })

  test('is of one symbol, one series and the dates in question', () => {
    const store = newStore()
    answered(store, { known: 1 })
    begin(store, { symbol: 'IBM', sessions: ['2024-07-03'] })
    begin(store, { whatToShow: 'MIDPOINT', sessions: ['2024-07-03'] })
    begin(store, { sessions: ['2024-06-28', '2024-07-05'] })
    const states = store.fetches.sessionStates('SPY', TRADES, '2024-07-01', '2024-07-05')
    expect([...states.keys()]).toEqual([DATE, '2024-07-05'])
  })

  test('grows with a stream, whose end settles nothing', () => {
    const store = newStore()
    const id = begin(store, { kind: 'live', purpose: 'live', duration: 'live' })
    store.appendBars(id, barsOf([{ ts: OPEN_TS }]), 1, { sessionDate: DATE, known: 1 })
    store.appendBars(id, barsOf([{ ts: OPEN_TS + 60 }, { ts: OPEN_TS + 120 }]), 2, { sessionDate: DATE, known: 3 })
    expect(stateOf(store)).toMatchObject({ settled: false, known: 3, outcome: null })
    expect(store.isOpen(id)).toBe(true)
    store.endStream(id, 3)
    expect(store.isOpen(id)).toBe(false)
    expect(stateOf(store)).toMatchObject({ settled: false, known: 3, outcome: 'complete' })
    store.endStream(id, 99)
    expect(store.fetches.requestsOf('SPY', DATE)).toMatchObject([{ bars: 3, finishedAtMs: 3, kind: 'live' }])
  })
})

describe('the requests that were made for a session', () => {
  test('are listed newest first with what came of them', () => {
    const store = newStore()
    const first = answered(store, { bars: 1 }, 5)
    const second = rejected(store)
    const third = begin(store, { purpose: 'confirm', attempt: 3 }, 20)
    store.finishRequest(third, 'failed', [], 30, { code: 165, message: 'HMDS server disconnect occurred.' })
    const fourth = begin(store, { kind: 'schedule', sessions: [DATE, '2024-07-03'] }, 40)
    begin(store, { sessions: ['2024-07-03'] })
    begin(store, { symbol: 'IBM' })
    const common = { kind: 'historical', purpose: 'fetch', attempt: 1, sentAtMs: 0, code: null }
    expect(store.fetches.requestsOf('SPY', DATE)).toEqual([
      {
        requestId: fourth,
        kind: 'schedule',
        purpose: 'fetch',
        attempt: 1,
        sentAtMs: 40,
        finishedAtMs: null,
        outcome: null,
        code: null,
        message: null,
        bars: null,
      },
      {
        requestId: third,
        kind: 'historical',
        purpose: 'confirm',
        attempt: 3,
        sentAtMs: 20,
        finishedAtMs: 30,
        outcome: 'failed',
        code: 165,
        message: 'HMDS server disconnect occurred.',
        bars: null,
      },
      {
        ...common,
        requestId: second,
        finishedAtMs: 9,
        outcome: 'rejected',
        message: 'Not used: another range.',
        bars: null,
      },
      { ...common, requestId: first, finishedAtMs: 5, outcome: 'complete', message: null, bars: 1 },
    ])
  })

  test('tell how long the latest answers for bars took', () => {
    const store = newStore()
    for (const [sentAtMs, nowMs] of [
      [0, 300],
      [100, 150],
      [1_000, 1_007],
    ]) {
      store.storeResponse(begin(store, {}, sentAtMs), barsOf([{ ts: OPEN_TS }]), [], nowMs)
    }
    failed(store)
    begin(store)
    expect(store.fetches.latestDurationsMs(2)).toEqual([7, 50])
    expect(store.fetches.latestDurationsMs(9)).toEqual([7, 50, 300])
  })
})

describe('an answer that was not used', () => {
  test('stays in the log as it came, and nothing is made from it', () => {
    const store = newStore()
    answered(store, { known: 1 }, 5)
    rejected(store, 99)
    expect(store.responseIds('SPY', '1 min', 'TRADES', 0, 2 ** 40)).toEqual([1])
    expect(store.responseSpans('SPY', '1 min', 'TRADES')).toEqual([{ id: 1, firstTs: OPEN_TS, lastTs: OPEN_TS }])
    expect(rowsOf(store.mergedBars('SPY', '1 min', 'TRADES', 0, 2 ** 40)).map(({ close }) => close)).toEqual([5])
    expect(store.fetchedSessions('SPY', TRADES).size).toBe(0)
    expect(store.responses([2])[0].bars.close[0]).toBe(99)
    expect(store.summary().responses).toBe(2)
  })
})

test('bars as they stand are those of the newest answer, minute by minute, in the range', () => {
  const store = newStore()
  const at = (minute: number, close: number) => ({ ts: OPEN_TS + minute * 60, close })
  store.storeResponse(begin(store), barsOf([at(0, 1), at(1, 1), at(2, 1), at(3, 1)]), [], 1)
  store.storeResponse(begin(store), barsOf([at(3, 2), at(1, 2), at(-1, 2)]), [], 2)
  store.storeResponse(begin(store, { symbol: 'IBM' }), barsOf([at(0, 9)]), [], 3)
  expect(
    rowsOf(store.mergedBars('SPY', '1 min', 'TRADES', OPEN_TS, OPEN_TS + 180)).map(({ ts, close }) => [
      (ts - OPEN_TS) / 60,
      close,
    ]),
  ).toEqual([
    [0, 1],
    [1, 2],
    [2, 1],
  ])
  expect(store.mergedBars('SPY', '1 min', 'TRADES', 0, OPEN_TS - 60).ts).toHaveLength(0)
})

describe('what later answers changed', () => {
  const revision = (sessionDate: string, change: Partial<SessionRevision> = {}): SessionRevision => ({
    sessionDate,
    cause: 'refetch',
    pricesChanged: 1,
    volumesChanged: 2,
    added: 3,
    lacking: 4,
    largestPriceChange: 0.25,
    volumeRatio: null,
    priceRatio: null,
    ...change,
  })

  function revised(store: WritableRawStore, symbol: string, nowMs: number, ...revisions: SessionRevision[]): number {
    const request = begin(store, { symbol, sessions: revisions.map(({ sessionDate }) => sessionDate) })
    return store.storeResponse(request, barsOf([{ ts: OPEN_TS }]), [], nowMs, { revisions })
  }

  test('is listed newest first, of these symbols and dates, as many as wanted', () => {
    const store = newStore()
    const one = revised(store, 'SPY', 10, revision('2024-07-01'), revision('2024-07-02'))
    const two = revised(store, 'IBM', 20, revision('2024-07-02', { cause: 'reconciliation', volumeRatio: 0.01 }))
    const three = revised(store, 'SPY', 30, revision('2024-07-03', { largestPriceChange: Infinity }))
    const found = (query: Partial<Parameters<typeof store.fetches.revisions>[0]>): string[] =>
      store.fetches
        .revisions({ limit: 99, ...query })
        .map(({ responseId, symbol, sessionDate }) => `${responseId} ${symbol} ${sessionDate}`)
    expect(found({})).toEqual([
      `${three} SPY 2024-07-03`,
      `${two} IBM 2024-07-02`,
      `${one} SPY 2024-07-01`,
      `${one} SPY 2024-07-02`,
    ])
    expect(found({ symbols: ['IBM'] })).toEqual([`${two} IBM 2024-07-02`])
    expect(found({ symbols: [] })).toEqual([])
    expect(found({ from: '2024-07-02', to: '2024-07-02' })).toEqual([`${two} IBM 2024-07-02`, `${one} SPY 2024-07-02`])
    expect(found({ limit: 2 })).toEqual([`${three} SPY 2024-07-03`, `${two} IBM 2024-07-02`])
    expect(store.fetches.revisions({ symbols: ['IBM'], limit: 1 })).toEqual([
      {
        responseId: two,
        symbol: 'IBM',
        sessionDate: '2024-07-02',
        atMs: 20,
        cause: 'reconciliation',
        pricesChanged: 1,
        volumesChanged: 2,
        added: 3,
        lacking: 4,
        largestPriceChange: 0.25,
        volumeRatio: 0.01,
        priceRatio: null,
      },
    ])
    expect(store.fetches.revisions({ limit: 1 })[0].largestPriceChange).toBe(Infinity)
  })

  test('is stored with the answer or not at all', () => {
    const store = newStore()
    const twice = [revision('2024-07-02'), revision('2024-07-02')]
    const request = begin(store)
    expect(() => store.storeResponse(request, barsOf([{ ts: OPEN_TS }]), [], 1, { revisions: twice })).toThrow(/UNIQUE/)
    expect(store.summary().responses).toBe(0)
    expect(store.isOpen(request)).toBe(true)
  })
})

describe('the first instant of an instrument', () => {
  test('is kept by what is shown, and replaced when it is asked for again', () => {
    const { fetches } = newStore()
    expect(fetches.head('SPY', 'TRADES')).toBeUndefined()
    fetches.saveHead('SPY', 'TRADES', 1_000, 1)
    fetches.saveHead('SPY', 'MIDPOINT', 2_000, 1)
    expect([fetches.head('SPY', 'TRADES'), fetches.head('SPY', 'MIDPOINT')]).toEqual([1_000, 2_000])
    expect(fetches.head('IBM', 'TRADES')).toBeUndefined()
    fetches.saveHead('SPY', 'TRADES', 900, 2)
    expect(fetches.head('SPY', 'TRADES')).toBe(900)
  })

  test('needs an instrument that is known', () => {
    const { fetches } = newStore()
    expect(() => fetches.saveHead('QQQ', 'TRADES', 1, 1)).toThrow(SwitchyardError)
  })
})

describe("the broker's schedule", () => {
  const schedule = (from: string, to: string, askedAtMs: number): StoredSchedule => ({
    from,
    to,
    askedAtMs,
    sessions: new Map([[from, { openTs: askedAtMs, closeTs: askedAtMs + 60 }]]),
  })

  test('is the newest one that covers the whole range', () => {
    const { fetches } = newStore()
    const wide = schedule('2024-01-01', '2024-12-31', 10)
    const narrow = schedule('2024-07-01', '2024-07-05', 20)
    fetches.saveSchedule('SPY', true, wide)
    fetches.saveSchedule('SPY', true, narrow)
    fetches.saveSchedule('SPY', false, schedule('2023-01-01', '2025-12-31', 30))
    fetches.saveSchedule('IBM', true, schedule('2023-01-01', '2025-12-31', 40))
    expect(fetches.schedule('SPY', true, '2024-07-02', '2024-07-05')).toEqual(narrow)
    expect(fetches.schedule('SPY', true, '2024-07-01', '2024-07-06')).toEqual(wide)
    expect(fetches.schedule('SPY', true, '2024-06-30', '2024-07-01')).toEqual(wide)
    expect(fetches.schedule('SPY', true, '2023-12-31', '2024-07-01')).toBeUndefined()
    expect(fetches.schedule('QQQ', true, '2024-07-02', '2024-07-02')).toBeUndefined()
  })

  test('may have no session in the range', () => {
    const { fetches } = newStore()
    const closed = { ...schedule('2024-07-04', '2024-07-04', 1), sessions: new Map() }
    fetches.saveSchedule('SPY', true, closed)
    expect(fetches.schedule('SPY', true, '2024-07-04', '2024-07-04')).toEqual(closed)
  })

  test('needs an instrument that is known', () => {
    const { fetches } = newStore()
    expect(() => fetches.saveSchedule('QQQ', true, schedule('2024-07-01', '2024-07-02', 1))).toThrow(SwitchyardError)
  })
})
