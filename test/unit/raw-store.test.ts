import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { mergeResponses } from '#shared/raw-response.ts'
import { openWritable } from '#main/stores/database.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { RawStore, WritableRawStore } from '#main/stores/raw-store.ts'
import type { BarSeries, Instrument } from '#main/stores/raw-types.ts'
import { anyDouble, barsOf, OPEN_TS, rowsOf, type TestBar } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

const TRADES: BarSeries = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
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
const IBM: Instrument = { ...SPY, symbol: 'IBM', conId: 8314, primaryExchange: 'NYSE', longName: null, minTick: null }

/** A new store that knows SPY and IBM. */
function newStore(): WritableRawStore {
  const store = new WritableRawStore(join(folder, `raw-${files++}.db`))
  open.push(store)
  for (const instrument of [SPY, IBM]) store.saveInstrument(instrument, 0)
  return store
}

function begin(store: WritableRawStore, sessions: readonly string[], series = TRADES, symbol = 'SPY'): number {
  return store.beginRequest({ ...series, symbol, endTs: OPEN_TS + 23_400, duration: '1 D', sessions }, 0)
}

/** Stores one response received at `nowMs` and returns its id. */
function receive(
  store: WritableRawStore,
  bars: readonly TestBar[],
  nowMs: number,
  series = TRADES,
  symbol = 'SPY',
): number {
  return store.storeResponse(begin(store, ['2024-07-02'], series, symbol), barsOf(bars), [], nowMs)
}

/** What the store gives for a window as of a moment, minute by minute. */
function closesAsOf(store: RawStore, asOfMs?: number, from = 0, to = 2 ** 40): [number, number][] {
  const ids = store.responseIds('SPY', '1 min', 'TRADES', from, to, asOfMs)
  return rowsOf(mergeResponses(store.responses(ids)).bars).map(({ ts, close }) => [ts, close])
}

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the log of responses', () => {
  test.each([
    ['update raw_tws_bars set received_at_ms = 1'],
    ['update raw_tws_bars set close = open where id = 1'],
    ['delete from raw_tws_bars'],
    ['insert or replace into raw_tws_bars select * from raw_tws_bars'],
  ])('refuses "%s"', (statement) => {
    const store = newStore()
    receive(store, [{ ts: OPEN_TS, close: 545.25 }], 1000)
    const writer = openWritable(store.file, LAYERS.raw)
    expect(() => writer.exec(statement)).toThrow('raw_tws_bars is append-only')
    writer.close()
    expect(closesAsOf(store)).toEqual([[OPEN_TS, 545.25]])
  })

  test('keeps bars exactly as received: order, duplicates and odd values', () => {
    const values = { open: anyDouble, high: anyDouble, low: anyDouble, close: anyDouble, volume: anyDouble }
    const bar = fc.record({ ts: fc.integer({ min: 0, max: 20 }), vwap: anyDouble, tradeCount: anyDouble, ...values })
    const store = newStore()
    fc.assert(
      fc.property(fc.array(bar, { minLength: 1, maxLength: 8 }), (bars) => {
        const id = receive(store, bars, 1000)
        expect(rowsOf(store.responses([id])[0].bars)).toEqual(rowsOf(barsOf(bars)))
      }),
      { numRuns: 30 },
    )
  })

  test('gives responses in the order in which they came, whatever the order of asking', () => {
    const store = newStore()
    const ids = [3, 1, 2].map((close) => receive(store, [{ ts: OPEN_TS, close }], 1000))
    expect(store.responses([ids[2], ids[0], ids[1]]).map(({ bars }) => bars.close[0])).toEqual([3, 1, 2])
  })

  test('does not give a response that it does not have', () => {
    expect(errorOf(() => newStore().responses([7])).code).toBe('NOT_FOUND')
  })

  test('does not lose a response whose request it does not know', () => {
    const store = newStore()
    const bars = barsOf([{ ts: OPEN_TS }])
    expect(errorOf(() => store.storeResponse(99, bars, [], 1000)).code).toBe('INTERNAL')
    expect(store.summary().responses).toBe(0)
  })

  test('is counted as received', () => {
    const store = newStore()
    receive(store, [{ ts: OPEN_TS + 60 }, { ts: OPEN_TS }], 1000)
    receive(store, [{ ts: OPEN_TS }], 3000)
    receive(store, [{ ts: OPEN_TS + 120 }], 2000, TRADES, 'IBM')
    expect(store.summary()).toEqual({
      symbols: 2,
      responses: 3,
      bars: 4,
      firstTs: OPEN_TS,
      lastTs: OPEN_TS + 120,
      updatedAtMs: 3000,
    })
    expect([...store.barsBySymbol()]).toEqual([
      ['IBM', 1],
      ['SPY', 3],
    ])
  })

  test('is empty at first', () => {
    expect(newStore().summary()).toEqual({
      symbols: 0,
      responses: 0,
      bars: 0,
      firstTs: null,
      lastTs: null,
      updatedAtMs: null,
    })
  })
})

describe('a read as of a moment', () => {
  test('takes each minute from the newest response received by then', () => {
    const store = newStore()
    receive(
      store,
      [
        { ts: OPEN_TS, close: 1 },
        { ts: OPEN_TS + 60, close: 2 },
      ],
      1000,
    )
    receive(
      store,
      [
        { ts: OPEN_TS + 60, close: 20 },
        { ts: OPEN_TS + 120, close: 30 },
      ],
      2000,
    )
    expect(closesAsOf(store, 999)).toEqual([])
    expect(closesAsOf(store, 1000)).toEqual([
      [OPEN_TS, 1],
      [OPEN_TS + 60, 2],
    ])
    expect(closesAsOf(store, 1999)).toEqual([
      [OPEN_TS, 1],
      [OPEN_TS + 60, 2],
    ])
    expect(closesAsOf(store, 2000)).toEqual([
      [OPEN_TS, 1],
      [OPEN_TS + 60, 20],
      [OPEN_TS + 120, 30],
    ])
    expect(closesAsOf(store)).toEqual([
      [OPEN_TS, 1],
      [OPEN_TS + 60, 20],
      [OPEN_TS + 120, 30],
    ])
  })

  test('does not let a clock that was set back make a later response look older', () => {
    const store = newStore()
    receive(store, [{ ts: OPEN_TS, close: 1 }], 5000)
    const later = receive(store, [{ ts: OPEN_TS, close: 2 }], 400)
    expect(store.responses([later])[0].receivedAtMs).toBe(5000)
    expect(closesAsOf(store, 4999)).toEqual([])
    expect(closesAsOf(store, 5000)).toEqual([[OPEN_TS, 2]])
  })

  test('agrees with going through the responses one by one, under any clock', () => {
    const response = fc.record({
      nowMs: fc.integer({ min: 0, max: 50 }),
      minutes: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 }),
    })
    fc.assert(
      fc.property(fc.array(response, { maxLength: 8 }), fc.integer({ min: 0, max: 50 }), (responses, asOfMs) => {
        const store = newStore()
        const expected = new Map<number, number>()
        let clock = 0
        responses.forEach(({ nowMs, minutes }, i) => {
          receive(
            store,
            minutes.map((minute) => ({ ts: minute * 60, close: i + 1 })),
            nowMs,
          )
          clock = Math.max(clock, nowMs)
          if (clock <= asOfMs) for (const minute of minutes) expected.set(minute * 60, i + 1)
        })
        expect(closesAsOf(store, asOfMs)).toEqual([...expected].sort(([a], [b]) => a - b))
      }),
      { numRuns: 15 },
    )
  })

  test('finds the responses that reach into a window, its start included and its end not', () => {
    const store = newStore()
    const id = receive(store, [{ ts: 600 }, { ts: 720 }, { ts: 660 }], 0)
    const reaches = (from: number, to: number): boolean =>
      store.responseIds('SPY', '1 min', 'TRADES', from, to).includes(id)
    expect([reaches(720, 780), reaches(540, 601), reaches(0, 9999), reaches(661, 662)]).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([reaches(721, 780), reaches(540, 600)]).toEqual([false, false])
  })

  test('sees one series of one symbol only', () => {
    const store = newStore()
    const id = receive(store, [{ ts: OPEN_TS }], 0)
    receive(store, [{ ts: OPEN_TS }], 0, { ...TRADES, whatToShow: 'MIDPOINT' })
    receive(store, [{ ts: OPEN_TS }], 0, { ...TRADES, barSize: '5 mins' })
    receive(store, [{ ts: OPEN_TS }], 0, TRADES, 'IBM')
    expect(store.responseIds('SPY', '1 min', 'TRADES', 0, 2 ** 40)).toEqual([id])
    expect(store.responseSpans('SPY', '1 min', 'TRADES')).toEqual([{ id, firstTs: OPEN_TS, lastTs: OPEN_TS }])
  })
})

describe('a damaged response', () => {
  /** Changes stored bytes behind the store's back. */
  function tamper(store: RawStore, statement: string): void {
    const database = new Sqlite(store.file)
    database.exec(`drop trigger raw_tws_bars_no_update; ${statement}`)
    database.close()
  }

  test.each([
    ['one value', "update raw_tws_bars set close = x'0000000000000840'"],
    ['a column that was cut off', "update raw_tws_bars set volume = x'00'"],
    ['two columns exchanged', 'update raw_tws_bars set open = close, close = open'],
    ['a checksum', "update raw_tws_bars set checksum = 'ab'"],
  ])('is recognised by %s', (_name, statement) => {
    const store = newStore()
    const id = receive(store, [{ ts: OPEN_TS, open: 1, high: 2, close: 2 }], 0)
    tamper(store, statement)
    const error = errorOf(() => store.responses([id]))
    expect(error.code).toBe('STORE_CORRUPT')
    expect(error.message).toContain(`Response ${id}`)
    expect(error.message).toContain(store.file)
  })
})

describe('an instrument', () => {
  test('is remembered as TWS resolved it', () => {
    const store = newStore()
    expect(store.instrument('SPY')).toEqual(SPY)
    expect(store.instrument('IBM')).toEqual(IBM)
    expect(store.instrument('QQQ')).toBeUndefined()
  })

  test('may be resolved again with another name or tick', () => {
    const store = newStore()
    store.saveInstrument({ ...SPY, longName: 'SPDR', minTick: 0.005, timeZone: 'America/New_York' }, 1)
    expect(store.instrument('SPY')).toEqual({ ...SPY, longName: 'SPDR', minTick: 0.005, timeZone: 'America/New_York' })
  })

  test('is never mixed with another contract', () => {
    const store = newStore()
    const error = errorOf(() => store.saveInstrument({ ...SPY, conId: 1 }, 1))
    expect(error.code).toBe('BAD_ARGUMENTS')
    expect(error.message).toContain('756733')
    expect(store.instrument('SPY')).toEqual(SPY)
  })
})

describe('a request', () => {
  const dates = ['2024-07-01', '2024-07-02']

  test('settles the sessions that its answer settles', () => {
    const store = newStore()
    const id = begin(store, dates)
    store.storeResponse(
      id,
      barsOf([{ ts: OPEN_TS }]),
      [
        { sessionDate: '2024-07-01', bars: 0, settled: false },
        { sessionDate: '2024-07-02', bars: 1, settled: true },
      ],
      5,
    )
    expect([...store.fetchedSessions('SPY', TRADES).values()]).toEqual([
      { sessionDate: '2024-07-02', bars: 1, message: null, expected: null, reason: null },
    ])
    expect(store.fetchedSessions('IBM', TRADES).size).toBe(0)
  })

  test('that TWS answers with no data settles its session with the words of TWS', () => {
    const store = newStore()
    const id = begin(store, ['2024-07-01'])
    const words = 'HMDS query returned no data'
    store.finishRequest(id, 'no_data', [{ sessionDate: '2024-07-01', bars: 0, settled: true }], 5, {
      code: 162,
      message: words,
    })
    expect([...store.fetchedSessions('SPY', TRADES).values()]).toEqual([
      { sessionDate: '2024-07-01', bars: 0, message: words, expected: null, reason: null },
    ])
  })

  test.each(['failed', 'cancelled', 'abandoned'] as const)('that %s settles nothing', (outcome) => {
    const store = newStore()
    store.finishRequest(begin(store, dates), outcome, [], 5, { code: null, message: 'words' })
    expect(store.fetchedSessions('SPY', TRADES).size).toBe(0)
  })

  test('for extended hours also settles regular hours, but not the other way round', () => {
    const store = newStore()
    const extended = { ...TRADES, useRth: false }
    const settle = (series: BarSeries, sessionDate: string): void => {
      const outcome = { sessionDate, bars: 1, settled: true }
      store.storeResponse(begin(store, [sessionDate], series), barsOf([{ ts: OPEN_TS }]), [outcome], 5)
    }
    settle(extended, '2024-07-01')
    settle(TRADES, '2024-07-02')
    expect([...store.fetchedSessions('SPY', TRADES).keys()].sort()).toEqual(dates)
    expect([...store.fetchedSessions('SPY', extended).keys()]).toEqual(['2024-07-01'])
    expect(store.fetchedSessions('SPY', { ...TRADES, whatToShow: 'MIDPOINT' }).size).toBe(0)
  })

  test('that was never answered is marked once', () => {
    const store = newStore()
    begin(store, dates)
    begin(store, dates)
    receive(store, [{ ts: OPEN_TS }], 0)
    expect(store.abandonOpenRequests(7)).toBe(2)
    expect(store.abandonOpenRequests(8)).toBe(0)
  })

  test('needs an instrument that is known', () => {
    const store = newStore()
    expect(errorOf(() => begin(store, dates, TRADES, 'QQQ')).code).toBe('INTERNAL')
    expect(store.abandonOpenRequests(7)).toBe(0)
  })

  test('is all or nothing: two times the same session keeps the request from being written', () => {
    const store = newStore()
    expect(() => begin(store, ['2024-07-01', '2024-07-01'])).toThrow(/UNIQUE/)
    expect(store.abandonOpenRequests(7)).toBe(0)
  })
})

test('a second connection that only reads sees what was stored', () => {
  const store = newStore()
  receive(store, [{ ts: OPEN_TS, close: 5 }], 0)
  const reader = new RawStore(store.file)
  open.push(reader)
  expect(closesAsOf(reader)).toEqual([[OPEN_TS, 5]])
})
