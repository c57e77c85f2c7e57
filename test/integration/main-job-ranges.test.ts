import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { allocateBars } from '#shared/bars.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import { systemClock } from '#main/tws/clock.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { Simulator } from '#main/simulator/simulator.ts'
import { barRequests, confirmations, requestFor } from './expected-requests.ts'
import { closeOf, market, openOf, regularBars, runMainJob, SYMBOLS } from './main-job-fixtures.ts'
import { at, barsOf } from './simulator-fixtures.ts'
import {
  finished,
  hashesOf,
  newWorkspace,
  openEngine,
  openSimulator,
  operatorErrorOf,
  plain,
  resultOf,
  receivedBars,
} from './workspace-fixtures.ts'

let simulator: Simulator
let engine: Engine
let client: EngineClient

beforeAll(async () => {
  ;({ simulator, engine, client } = await runMainJob())
})

describe('a wider range', () => {
  test('fetches only what is missing and leaves the rest untouched', async () => {
    const asked = simulator.requests.length
    const before = hashesOf(engine)
    const plan = await client.ingest.plan({ from: '2024-06-20', to: '2024-07-09' })
    expect(plan).toMatchObject({
      sessions: 39,
      sessionsAlreadyStored: 27,
      sessionsToFetch: 12,
      requests: 6,
      expectedBars: 12 * 390,
    })
    const runs = [
      ['2024-06-20', '2024-06-21'],
      ['2024-07-08', '2024-07-09'],
    ]
    const first = SYMBOLS.flatMap((symbol) => runs.map((dates) => requestFor(symbol, dates)))
    const again = (
      await Promise.all(SYMBOLS.flatMap((symbol) => runs.map((dates) => confirmations(market, symbol, dates))))
    ).flat()
    expect(first).toHaveLength(6)
    const result = await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-20', to: '2024-07-09' }))
    expect(result).toMatchObject({
      requests: 6 + again.length,
      retries: again.length,
      sessionsFetched: 12,
      sessionsAlreadyStored: 27,
      withoutData: [],
      failed: [],
    })
    expect(barRequests(simulator, asked).sort()).toEqual([...first, ...again].sort())
    expect(await resultOf<'transform'>(client, client.transform.start({}))).toMatchObject({
      // The two sessions before it tell what is normal of every later one.
      sessionsBuilt: 39,
      sessionsUnchanged: 0,
    })
    // And nothing else than they was normal before.
    const after = hashesOf(engine)
    for (const [key, hash] of before) if (key.startsWith('curated')) expect(after.get(key), key).toBe(hash)
    for (const date of ['2024-06-20', '2024-06-21', '2024-07-08', '2024-07-09']) {
      for (const symbol of SYMBOLS) {
        expect(plain(receivedBars(engine.stores.curated.block(symbol, date)))).toEqual(
          plain(await regularBars(symbol, date)),
        )
      }
    }
  })

  test('makes features that look back stale, and a build brings them up to date', async () => {
    const stale = await resultOf<'verify'>(client, client.transform.verify({}))
    expect(stale).toMatchObject({ featureSessionsStale: 27, featureSessionsChecked: 0, mismatches: [] })
    expect(await resultOf<'features'>(client, client.features.build({}))).toMatchObject({ sessionsBuilt: 39 })
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      featureSessionsStale: 0,
      featureSessionsChecked: 39,
      mismatches: [],
    })
  })

  test('beyond what the broker has settles each session by its first bar, named, and asks for none of it', async () => {
    const asked = simulator.requests.length
    const first = await finished(
      client,
      client.ingest.start({ symbols: ['SPY'], from: '2024-06-17', to: '2024-06-20' }),
    )
    expect(first.hasFindings).toBe(true)
    expect(first.result).toMatchObject({
      withoutData: [
        { symbol: 'SPY', sessionDate: '2024-06-17', reason: expect.stringMatching(/before its first one/) },
        { symbol: 'SPY', sessionDate: '2024-06-18', reason: expect.stringMatching(/before its first one/) },
      ],
      requests: 0,
      failed: [],
    })
    // Wednesday the 19th is a holiday. The broker's first bar is known from the run before; it needs no further question.
    const messages = simulator.requests.slice(asked).map(({ message }) => message)
    expect(messages.filter((message) => message === 'headTimestamp')).toEqual([])
    expect(barRequests(simulator, asked)).toEqual([])
    const second = await resultOf<'ingest'>(
      client,
      client.ingest.start({ symbols: ['SPY'], from: '2024-06-17', to: '2024-06-20' }),
    )
    expect(second).toMatchObject({ requests: 0, sessionsAlreadyStored: 3 })
    expect(simulator.requests).toHaveLength(asked + messages.length)
  })
})

describe('a session that is not over', () => {
  test('is not asked for until two minutes after its close, and then once', async () => {
    let nowMs = Date.parse('2024-07-02T15:00:00Z')
    const clock = (): number => nowMs
    const tws = await openSimulator({ market, nowMs: clock })
    const { engine: morning, client: operator } = openEngine(newWorkspace({ symbols: ['SPY'], port: tws.port }), {
      clock: { ...systemClock, nowMs: clock },
    })

    const result = await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-05' }))
    // Monday is over, Tuesday, Wednesday and Friday are not; Thursday is a holiday.
    expect(result).toMatchObject({ requests: 1, sessionsFetched: 1, sessionsNotFinished: 3, bars: 390 })
    expect(barRequests(tws)).toEqual(['SPY 1 D 20240701-20:00:00'])

    const early = await operatorErrorOf(operator.ingest.start({ from: '2024-07-02', to: '2024-07-05' }))
    expect(early.code).toBe('NO_SESSIONS')
    expect(early.hint).toMatch(/wait/)
    nowMs = Date.parse('2024-07-02T20:01:00Z')
    expect((await operatorErrorOf(operator.ingest.start({ from: '2024-07-02', to: '2024-07-05' }))).code).toBe(
      'NO_SESSIONS',
    )
    expect(barRequests(tws)).toHaveLength(1)

    nowMs = Date.parse('2024-07-02T20:02:00Z')
    expect(
      await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-05' })),
    ).toMatchObject({ sessionsFetched: 1, sessionsAlreadyStored: 1 })
    // Tuesday has a halt: its answer is short, and is confirmed once.
    expect(barRequests(tws).slice(1)).toEqual(['SPY 1 D 20240702-20:00:00', 'SPY 1 D 20240702-20:00:00'])
    await resultOf<'transform'>(operator, operator.transform.start({}))
    expect(plain(receivedBars(morning.stores.curated.block('SPY', '2024-07-02')))).toEqual(
      plain(await regularBars('SPY', '2024-07-02')),
    )
    expect(existsSync(join(morning.folder, 'engine.json'))).toBe(false)
  })
})

describe('extended hours', () => {
  test('are asked for when the configuration says so, stay in raw, and are left out of curated bars by name', async () => {
    const tws = await openSimulator({ market })
    const { engine: wide, client: operator } = openEngine(
      newWorkspace({ symbols: ['AAPL'], port: tws.port, more: { canonical: { useRth: false } } }),
    )
    const result = await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-02', to: '2024-07-03' }))
    // From 04:00 in New York to four hours past the close, which is at 13:00 on the 3rd.
    const days = [
      await market.minuteBars('AAPL', at('2024-07-02T08:00:00Z'), at('2024-07-03T00:00:00Z'), false),
      await market.minuteBars('AAPL', at('2024-07-03T08:00:00Z'), at('2024-07-03T21:00:00Z'), false),
    ]
    expect(barRequests(tws)).toEqual(['AAPL 2 D 20240703-21:00:00'])
    expect(result.bars).toBe(days[0].ts.length + days[1].ts.length)
    expect(result.bars).toBeGreaterThan(390 + 210)

    await resultOf<'transform'>(operator, operator.transform.start({}))
    for (const [i, date] of ['2024-07-02', '2024-07-03'].entries()) {
      const regular = await regularBars('AAPL', date)
      expect(plain(receivedBars(wide.stores.curated.block('AAPL', date)))).toEqual(plain(regular))
      const left = await operator.quality.findings({ from: date, to: date, rule: 'out_of_session' })
      expect(left.reduce((sum, { bars }) => sum + bars, 0)).toBe(days[i].ts.length - regular.ts.length)
    }
    // What was fetched with extended hours settles the regular ones too.
    const again = await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-02', to: '2024-07-03' }))
    expect(again).toMatchObject({ requests: 0, sessionsAlreadyStored: 2 })
  })
})

describe('bad bars in a response', () => {
  test('become findings, each with its rule, and are dropped or flagged as the rule says', async () => {
    const tws = await openSimulator({ market })
    // The prices made by hand are far from those of the market; that is not what this is about.
    const off = { enabled: false }
    const quality = { rules: { bad_tick: off, price_move: off, daily_bar_mismatch: off } }
    const { engine: own, client: operator } = openEngine(
      newWorkspace({ symbols: ['SPY'], port: tws.port, more: { quality } }),
    )
    await resultOf<'ingest'>(operator, operator.ingest.start({ from: '2024-07-01', to: '2024-07-01' }))
    const good = await regularBars('SPY', '2024-07-01')
    const open = openOf('2024-07-01')

    // A later response, made by hand, that brings one bar of each kind of badness for minutes that were good.
    const later = barsOf([
      [open - 1800, 100, 101, 99, 100, 10, 100, 1],
      [open, 100, 101, 99, 100, 10, 100, 1],
      [open, 100, 101, 99, 100.5, 10, 100, 1],
      [open + 60, 100, 101, 99, 100, 10, 100, 1],
      [open + 60, 100, 101, 99, 100, 10, 100, 1],
      [open + 120, 0, 101, 99, 100, 10, 100, 1],
      [open + 180, 100, 101, 99, -1, 10, 100, 1],
      [open + 240, 100, 99.5, 99, 100, 10, 100, 1],
      [open + 300, 100, 101, 100.5, 101, 10, 100, 1],
      [open + 365, 100, 101, 99, 100, 10, 100, 1],
      [open + 420, 100, 101, 99, 100, -5, -1, -1],
      [open + 390 * 60, 100, 101, 99, 100, 10, 100, 1],
    ])
    const { raw } = own.stores
    const request = raw.beginRequest(
      {
        symbol: 'SPY',
        barSize: '1 min',
        whatToShow: 'TRADES',
        useRth: true,
        endTs: closeOf('2024-07-01'),
        duration: '1 D',
        sessions: ['2024-07-01'],
      },
      Date.now(),
    )
    raw.storeResponse(request, later, [{ sessionDate: '2024-07-01', bars: later.ts.length, settled: true }], Date.now())

    const job = await finished(operator, operator.transform.start({}))
    expect(job.hasFindings).toBe(true)
    const found = await operator.quality.findings({})
    expect(
      found
        .map(({ ts, rule, severity, action, bars }) => [(ts - open) / 60, rule, severity, action, bars] as const)
        .sort(([a], [b]) => a - b),
    ).toEqual([
      [-30, 'out_of_session', 'info', 'drop', 1],
      [0, 'duplicate_conflicting', 'warn', 'flag', 2],
      // Seven minutes of the session that the later response has otherwise: 0 to 5 and 7.
      [0, 'revised_prices', 'warn', 'keep', 7],
      [1, 'duplicate', 'info', 'keep', 2],
      // Two bars in a row are one finding.
      [2, 'price_invalid', 'error', 'drop', 2],
      [4, 'ohlc_inconsistent', 'error', 'drop', 2],
      [365 / 60, 'not_on_minute', 'error', 'drop', 1],
      [7, 'volume_invalid', 'warn', 'flag', 1],
      [390, 'out_of_session', 'info', 'drop', 1],
    ])
    // Information is listed, but only doubt and error ask for attention.
    expect((job.result as JobResult<'transform'>).findings).toEqual({
      duplicate_conflicting: 1,
      revised_prices: 1,
      price_invalid: 1,
      ohlc_inconsistent: 1,
      not_on_minute: 1,
      volume_invalid: 1,
    })
    expect(job.result).toMatchObject({ sessionsBuilt: 1, bars: 386, dropped: 7, flagged: 2 })

    const bars = own.stores.curated.block('SPY', '2024-07-01')?.bars ?? { ...allocateBars(0), flags: new Uint16Array() }
    const gone = [2, 3, 4, 5].map((minute) => open + minute * 60)
    expect([...bars.ts]).toEqual([...good.ts].filter((ts) => !gone.includes(ts)))
    const row = (minute: number): number => bars.ts.indexOf(open + minute * 60)
    // Of two rows for one minute the later one counts; 2 is the bit of a conflicting duplicate, 4 that of an unknown volume.
    expect([bars.close[row(0)], bars.flags[row(0)]]).toEqual([100.5, 2])
    expect([bars.close[row(1)], bars.flags[row(1)]]).toEqual([100, 0])
    expect([bars.volume[row(7)], bars.vwap[row(7)], bars.tradeCount[row(7)], bars.flags[row(7)]]).toEqual([
      NaN,
      NaN,
      NaN,
      4,
    ])
    // Minutes that the later response does not mention are those of the earlier one.
    expect(bars.close[row(100)]).toBe(good.close[100])
    // Nothing of what came was lost: both responses are still there as they came, the second is the daily bar.
    expect(raw.responses([1, 3]).map((response) => plain(response.bars))).toEqual([plain(good), plain(later)])
    expect(await resultOf<'verify'>(operator, operator.transform.verify({}))).toMatchObject({
      sessionsChecked: 1,
      mismatches: [],
    })
  })
})
