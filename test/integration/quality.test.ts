import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { BarFlag, type BarColumns } from '#shared/bars.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { transformSymbol } from '#main/jobs/compute/transform-symbol.ts'
import { datesWithDailyBar } from '#main/jobs/definitions/daily-bars.ts'
import { symbolPlan } from '#main/jobs/definitions/transform-plans.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Market, type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { systemClock } from '#main/tws/clock.ts'
import { at, XNYS } from './simulator-fixtures.ts'
import {
  finished,
  hashesOf,
  newWorkspace,
  OLD_PIPELINE,
  openEngine,
  openSimulator,
  operatorErrorOf,
  resultOf,
} from './workspace-fixtures.ts'

/** SPY trades in every minute; DJCO in about half of them. */
const market = syntheticMarket({
  seed: 9,
  calendar: XNYS,
  symbols: ['SPY', 'DJCO'],
  from: '2024-06-03',
  to: '2024-07-05',
})
const WEEK = { from: '2024-06-24', to: '2024-06-28' }
const MONDAY = '2024-06-24'
const OPEN = at(`${MONDAY}T13:30:00Z`)

interface Desk {
  readonly simulator: Simulator
  readonly engine: Engine
  readonly client: EngineClient
}

/** A workspace of these symbols with a week of bars, curated. */
async function deskWith(options: {
  readonly symbols: readonly string[]
  readonly more?: Readonly<Record<string, unknown>>
  readonly tws?: Readonly<Record<string, unknown>>
  readonly of?: Market
  readonly before?: (simulator: Simulator) => void
  readonly nowMs?: () => number
}): Promise<Desk> {
  const simulator = await openSimulator({ market: options.of ?? market })
  options.before?.(simulator)
  const { symbols, more = {}, tws = {}, nowMs } = options
  const workspace = newWorkspace({ symbols, port: simulator.port, more, tws })
  const { engine, client } = openEngine(workspace, nowMs === undefined ? {} : { clock: { ...systemClock, nowMs } })
  await resultOf<'ingest'>(client, client.ingest.start(WEEK))
  await resultOf<'transform'>(client, client.transform.start({}))
  return { simulator, engine, client }
}

/** The bars whose time is wanted. */
function rowsOf(bars: BarColumns, isWanted: (ts: number) => boolean): BarColumns {
  const column = (values: Float64Array): Float64Array => values.filter((_value, row) => isWanted(bars.ts[row]))
  return {
    ts: column(bars.ts),
    open: column(bars.open),
    high: column(bars.high),
    low: column(bars.low),
    close: column(bars.close),
    volume: column(bars.volume),
    vwap: column(bars.vwap),
    tradeCount: column(bars.tradeCount),
  }
}

/** A market whose bars are changed on their way. */
const changedMarket = (change: (symbol: string, bars: BarColumns) => BarColumns): Market => ({
  ...market,
  minuteBars: async (symbol, ...range) => change(symbol, await market.minuteBars(symbol, ...range)),
})

const spikeAt = (ts: number, factor: number): Market =>
  changedMarket((symbol, bars) => {
    const row = bars.ts.indexOf(ts)
    if (symbol !== 'SPY' || row < 0) return bars
    const [close, high] = [bars.close.slice(), bars.high.slice()]
    close[row] = Math.round(close[row] * factor * 100) / 100
    high[row] = Math.max(high[row], close[row])
    return { ...bars, close, high }
  })

const BAD_TICK_TS = OPEN + 100 * 60
/** A close that is 5 % too high, taken back by the next bar. */
const badTickMarket = spikeAt(BAD_TICK_TS, 1.05)

/** From the second time on every bar is given out otherwise. */
const reviseAll = (simulator: Simulator): void => simulator.inject({ kind: 'revisedHistory', share: 1 })

describe('an acknowledged finding', () => {
  test('says who let it stand and why, stays counted, and stays acknowledged when its session is built again', async () => {
    const { client } = await deskWith({ symbols: ['SPY'], of: badTickMarket })
    const [found] = await client.quality.findings({ rule: 'bad_tick' })
    expect(found).toMatchObject({ symbol: 'SPY', sessionDate: MONDAY, ts: BAD_TICK_TS, bars: 1, action: 'flag' })
    // The bar is kept with its neighbours.
    expect([found.context?.previous?.ts, found.context?.bar.ts, found.context?.next?.ts]).toEqual([
      BAD_TICK_TS - 60,
      BAD_TICK_TS,
      BAD_TICK_TS + 60,
    ])

    const { symbol, sessionDate, ts } = found
    const key = { symbol, sessionDate, ts, rule: 'bad_tick' as const }
    const missing = await operatorErrorOf(
      client.quality.acknowledge({ findings: [key, { ...key, ts: ts + 60 }], reason: 'r', author: 'a' }),
    )
    expect(missing.code).toBe('NOT_FOUND')
    expect(await client.quality.findings({ rule: 'bad_tick', open: true })).toHaveLength(1)

    const reason = 'Seen on the exchange tape, too.'
    await client.quality.acknowledge({ findings: [key], reason, author: 'desk' })
    await resultOf<'rebuild'>(client, client.transform.rebuild({}))
    expect(await client.quality.findings({ rule: 'bad_tick' })).toMatchObject([
      { ts, acknowledgement: { reason, author: 'desk' } },
    ])
    expect(await client.quality.findings({ rule: 'bad_tick', open: true })).toEqual([])
    const rule = (await client.quality.rules({})).find(({ id }) => id === 'bad_tick')
    expect(rule).toMatchObject({ findings: 1, acknowledged: 1, sessions: 1, bars: 1 })
    const grid = await client.quality.grid(WEEK)
    expect(grid.rows[0]).toMatchObject({ openFindings: [0, 0, 0, 0, 0], acknowledged: [1, 0, 0, 0, 0] })

    expect(await client.quality.reopen({ findings: [key] })).toEqual({ reopened: 1 })
    expect(await client.quality.findings({ rule: 'bad_tick', open: true })).toHaveLength(1)
  })
})

describe('the lineage of a bar', () => {
  test('names the response that counts, the one that does not any more, requests, build, rules and normal', async () => {
    const { client, engine } = await deskWith({ symbols: ['SPY'], before: reviseAll })
    await resultOf<'ingest'>(client, client.ingest.start({ from: MONDAY, to: MONDAY, refetch: true }))
    await resultOf<'transform'>(client, client.transform.start({}))

    const found = await client.quality.explain({ symbol: 'SPY', at: `${MONDAY}T09:35` })
    expect(found).toMatchObject({ sessionDate: MONDAY, ts: OPEN + 300, zone: 'America/New_York' })
    expect(found.origins).toHaveLength(2)
    expect(found.origins.map(({ used, request }) => [used, request.purpose, request.outcome])).toEqual([
      [true, 'refetch', 'complete'],
      [false, 'fetch', 'complete'],
    ])
    const { flags: _flags, flagNames: _names, ...values } = found.bar!
    expect(values).toEqual(found.origins[0].rows[0])
    expect(found.build).toMatchObject({ transformVersion: 3, builds: 2 })
    expect(found.build?.contentHash).toBe(engine.stores.curated.sessions('SPY')[0].contentHash)
    expect(found.config).toMatchObject({ rules: { bad_tick: { version: expect.any(Number) } } })
    expect(found.facts).toMatchObject({ fetch: 'settled' })
    expect(found.baseline).toMatchObject({ sessions: 0, previousClose: null })
    // The same minute as an instant.
    expect(await client.quality.explain({ symbol: 'SPY', at: `${MONDAY}T13:35:30Z` })).toEqual(found)
  })

  test('of a minute without a bar says why there is none, and of a filled one what it repeats', async () => {
    const { client, engine } = await deskWith({ symbols: ['DJCO'], more: { quality: { filling: { maxMinutes: 1 } } } })
    const { bars } = engine.stores.curated.block('DJCO', MONDAY)!
    const filled = bars.flags.indexOf(BarFlag.Filled)
    const isoOf = (ts: number): string => new Date(ts * 1000).toISOString()
    const repeated = await client.quality.explain({ symbol: 'DJCO', at: isoOf(bars.ts[filled]) })
    expect(repeated).toMatchObject({
      bar: { close: bars.close[filled - 1], volume: 0, vwap: null, flagNames: ['Filled'] },
      origins: [],
      summary: expect.stringContaining('Nobody traded'),
    })
    const minutes = new Set(bars.ts)
    const gap = Array.from({ length: 390 }, (_, i) => OPEN + 60 * i).find((ts) => !minutes.has(ts))
    const absent = await client.quality.explain({ symbol: 'DJCO', at: isoOf(gap!) })
    expect(absent.bar).toBeUndefined()
    expect(absent.absence).toContain('no trade')
  })

  test.each(['yesterday', '2024-06-24', '2024-06-31T10:00', '2024-06-24T25:00'])(
    'of "%s" is refused: it is no minute',
    async (time) => {
      const { client } = openEngine(newWorkspace({ symbols: ['SPY'] }))
      const error = await operatorErrorOf(client.quality.explain({ symbol: 'SPY', at: time }))
      expect(error).toMatchObject({ code: 'BAD_ARGUMENTS', message: expect.stringContaining(time) })
    },
  )
})

describe('a change of rules', () => {
  test('marks what is stale and says how much a rebuild would touch before it runs', async () => {
    const simulator = await openSimulator({ market })
    const options = { symbols: ['SPY', 'DJCO'], port: simulator.port }
    const workspace = newWorkspace(options)
    const first = openEngine(workspace)
    await resultOf<'ingest'>(first.client, first.client.ingest.start(WEEK))
    expect(await first.client.transform.plan({})).toMatchObject({ stale: { new: 10 }, sessionsToBuild: 10 })
    await resultOf<'transform'>(first.client, first.client.transform.start({}))
    expect(await first.client.transform.plan({})).toMatchObject({
      stale: {},
      sessionsToBuild: 0,
      sessionsUnchanged: 10,
    })
    await first.engine.close()

    const file = `${workspace}/switchyard.yaml`
    const config = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...config, quality: { rules: { bad_tick: { params: { factor: 20 } } } } }))
    const second = openEngine(workspace)
    const plan = await second.client.transform.plan({ symbols: ['SPY'] })
    expect(plan).toMatchObject({
      stale: { rules: 5 },
      sessionsToBuild: 5,
      sessionsToRemove: 0,
      symbols: [{ symbol: 'SPY', sessionsToBuild: 5 }],
    })
    expect(plan.estimatedMs).toBeGreaterThan(0)
    const grid = await second.client.quality.grid(WEEK)
    expect(grid.rows.map(({ stale }) => stale)).toEqual([Array(5).fill('rules'), Array(5).fill('rules')])
    expect((await second.client.quality.session({ symbol: 'SPY', sessionDate: MONDAY })).stale).toBe('rules')
    expect(await resultOf<'transform'>(second.client, second.client.transform.start({}))).toMatchObject({
      sessionsBuilt: 10,
    })
  })
})

describe('what was built earlier', () => {
  test('can be proved as of that moment, after answers and builds have moved on', async () => {
    let nowMs = Date.parse('2024-07-08T12:00:00Z')
    const { client, engine } = await deskWith({ symbols: ['SPY'], nowMs: () => nowMs, before: reviseAll })
    const before = hashesOf(engine)
    nowMs += 3_600_000
    await resultOf<'ingest'>(client, client.ingest.start({ ...WEEK, refetch: true }))
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(hashesOf(engine)).not.toEqual(before)

    const verify = (asOf?: string) =>
      resultOf<'verify'>(client, client.transform.verify(asOf === undefined ? {} : { asOf }))
    expect(await verify('2024-07-08T12:30:00Z')).toMatchObject({ sessionsChecked: 5, mismatches: [] })
    expect(await verify()).toMatchObject({ sessionsChecked: 5, mismatches: [], sessionsNotRepeatable: 0 })
    expect(await verify('2024-07-08T11:00:00Z')).toMatchObject({ sessionsChecked: 0, mismatches: [] })
    // A time without a zone would mean another moment on another machine.
    for (const asOf of ['last week', '2024-07-08T12:30', '5'])
      expect((await operatorErrorOf(client.transform.verify({ asOf }))).code).toBe('BAD_ARGUMENTS')

    // A record that is not what it claims is found, and only as of then.
    const [{ id }] = engine.stores.curated.builds('SPY', MONDAY, MONDAY, Date.parse('2024-07-08T12:30:00Z'))
    const database = new Sqlite(engine.stores.curated.file)
    database.prepare("update curated_builds set content_hash = 'forged' where id = ?").run(id)
    database.close()
    expect((await verify('2024-07-08T12:30:00Z')).mismatches).toMatchObject([
      { sessionDate: MONDAY, layer: 'curated', stored: 'forged' },
    ])
    expect((await verify()).mismatches).toEqual([])
  })

  test.each([
    ['has another version now', "json_set(config, '$.rules.bad_tick.version', 0)"],
    ['was not there yet', "json_remove(config, '$.rules.bad_tick')"],
  ])('with a rule that %s is not called wrong', async (_what, config) => {
    const { client, engine } = await deskWith({ symbols: ['SPY'] })
    const database = new Sqlite(engine.stores.curated.file)
    database.exec(`update curation_configs set config = ${config}`)
    database.close()
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      sessionsChecked: 0,
      sessionsNotRepeatable: 5,
      mismatches: [],
    })
  })
})

describe('hours in which calendar and broker differ', () => {
  const broker = {
    ...XNYS,
    session: (date: string) => shortened(XNYS.session(date)),
    sessionsBetween: (from: string, to: string) => XNYS.sessionsBetween(from, to).map((session) => shortened(session)!),
    sessionOfInstant: (ts: number) => shortened(XNYS.sessionOfInstant(ts)),
  }
  function shortened(session: ReturnType<typeof XNYS.session>): typeof session {
    if (session?.date !== MONDAY) return session
    return { ...session, closeTs: session.openTs + 210 * 60, earlyClose: true }
  }
  const brokerMarket = syntheticMarket({
    seed: 9,
    calendar: broker,
    symbols: ['SPY', 'DJCO'],
    from: '2024-06-03',
    to: '2024-07-05',
  })

  test('are a finding until the operator decides, and then hold for every symbol that shares them', async () => {
    const { client, engine } = await deskWith({ symbols: ['SPY', 'DJCO'], of: brokerMarket })
    const found = await client.quality.findings({ rule: 'schedule_difference' })
    expect(found.map(({ symbol, sessionDate }) => `${symbol} ${sessionDate}`).sort()).toEqual([
      `DJCO ${MONDAY}`,
      `SPY ${MONDAY}`,
    ])
    const report = await client.quality.session({ symbol: 'SPY', sessionDate: MONDAY })
    expect(report).toMatchObject({
      closeTs: OPEN + 390 * 60,
      brokerHours: { openTs: OPEN, closeTs: OPEN + 210 * 60 },
    })

    const decision = { symbol: 'SPY', sessionDate: MONDAY, reason: 'The exchange closed early.', author: 'desk' }
    await client.quality.decideHours({ ...decision, holds: 'broker' })
    expect((await client.transform.plan({})).stale['hours']).toBe(2)
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(await client.quality.findings({ rule: 'schedule_difference' })).toEqual([])
    for (const symbol of ['SPY', 'DJCO']) {
      expect(engine.stores.curated.block(symbol, MONDAY)?.session).toMatchObject({
        closeTs: OPEN + 210 * 60,
        earlyClose: true,
      })
    }
    expect(engine.stores.curated.qualities({ symbols: ['SPY'], to: MONDAY })).toMatchObject([
      { expected: 210, missing: 0, coverage: 1 },
    ])

    // It can be taken back: then the difference is there again, known and acknowledged.
    await client.quality.decideHours({ ...decision, holds: 'calendar' })
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(engine.stores.curated.block('SPY', MONDAY)?.session.closeTs).toBe(OPEN + 390 * 60)
    await client.quality.decideHours({ ...decision, holds: 'calendar' })
    const again = await client.quality.findings({ rule: 'schedule_difference' })
    expect(again.map(({ symbol, acknowledgement }) => `${symbol} ${acknowledgement?.author}`).sort()).toEqual([
      'DJCO desk',
      'SPY desk',
    ])
  })
})

describe('a history that the broker re-adjusted', () => {
  /** As after a split of 4:1: prices are a quarter, rounded to cents, and volumes four times as many. */
  const split = changedMarket((_symbol, bars) => {
    const cents = (column: Float64Array): Float64Array => column.map((price) => Math.round(price * 25) / 100)
    const { open, high, low, close, vwap } = bars
    return {
      ...bars,
      open: cents(open),
      high: cents(high),
      low: cents(low),
      close: cents(close),
      vwap: cents(vwap),
      volume: bars.volume.map((volume) => 4 * volume),
    }
  })

  test('is detected by the overlap, recorded, and every session is in the new basis, none in both', async () => {
    const { client, engine } = await deskWith({ symbols: ['SPY'] })
    const before = engine.stores.curated.block('SPY', '2024-06-28')!.bars
    const afterSplit = await openSimulator({ market: split })
    // Only Wednesday is asked for again.
    const wednesday = { from: '2024-06-26', to: '2024-06-26' }
    await resultOf<'ingest'>(client, client.ingest.start({ ...wednesday, refetch: true, port: afterSplit.port }))
    await resultOf<'transform'>(client, client.transform.start({}))

    expect(await client.quality.adjustments({})).toMatchObject([
      { symbol: 'SPY', priceRatio: expect.closeTo(0.25, 3), volumeRatio: expect.closeTo(4, 3) },
    ])
    const [wednesdayBlock, fridayBlock] = ['2024-06-26', '2024-06-28'].map(
      (date) => engine.stores.curated.block('SPY', date)!.bars,
    )
    // What came after the split stands as received; what came before is converted, and says so.
    expect(new Set(wednesdayBlock.flags)).toEqual(new Set([0]))
    fridayBlock.flags.forEach((flag) => expect(flag & BarFlag.Adjusted).toBe(BarFlag.Adjusted))
    fridayBlock.close.forEach((close, i) => expect(close).toBeCloseTo(before.close[i] / 4, 1))
    fridayBlock.volume.forEach((volume, i) => expect(volume / before.volume[i]).toBeCloseTo(4, 2))
    // No session opens at a quarter or four times of the close before.
    expect(await client.quality.findings({ rule: 'split_jump' })).toEqual([])
    expect(await client.quality.findings({ rule: 'adjusted_history' })).toHaveLength(4)
    // Daily bars from before the split are converted as the minutes are.
    expect(await client.quality.findings({ rule: 'daily_bar_mismatch' })).toEqual([])
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      sessionsChecked: 5,
      mismatches: [],
    })
    const { origins } = await client.quality.explain({ symbol: 'SPY', at: '2024-06-28T10:00' })
    expect(origins).toMatchObject([{ used: true, scale: { price: expect.closeTo(0.25, 3) } }])
  })
})

describe('a second source', () => {
  test('gives bars that the broker does not have, tagged, and a change of it makes the sessions stale', async () => {
    // The old pipeline saw the whole market; the broker has lost ten minutes of Monday.
    const holed = changedMarket((symbol, bars) =>
      symbol === 'SPY' ? rowsOf(bars, (ts) => ts < OPEN + 3000 || ts >= OPEN + 3600) : bars,
    )
    const simulator = await openSimulator({ market: holed })
    const workspace = newWorkspace({
      symbols: ['SPY'],
      port: simulator.port,
      more: { oldPipeline: OLD_PIPELINE, quality: { filling: { secondSource: 'old-pipeline' } } },
    })
    await writeOldPipelineOutput({ market, symbols: ['SPY'], ...WEEK, dir: join(workspace, 'old') })
    const { engine, client } = openEngine(workspace)
    await resultOf<'ingest'>(client, client.ingest.start({ from: MONDAY, to: MONDAY }))
    await resultOf<'transform'>(client, client.transform.start({}))
    expect(engine.stores.curated.block('SPY', MONDAY)?.count).toBe(380)

    await resultOf<'legacy-import'>(client, client.legacy.import({}))
    expect(await client.transform.plan({})).toMatchObject({ stale: { facts: 1 } })
    await resultOf<'transform'>(client, client.transform.start({}))
    const { bars } = engine.stores.curated.block('SPY', MONDAY)!
    expect(bars.ts).toHaveLength(390)
    const old = engine.stores.legacy.block('SPY', MONDAY)!.bars
    bars.flags.forEach((flag, row) => {
      const isTaken = bars.ts[row] >= OPEN + 3000 && bars.ts[row] < OPEN + 3600
      expect(flag).toBe(isTaken ? BarFlag.SecondSource : 0)
      if (isTaken) expect(bars.close[row]).toBe(old.close[old.ts.indexOf(bars.ts[row])])
    })
    expect(engine.stores.curated.qualities({})).toMatchObject([{ fromSecondSource: 10, filled: 0, missing: 0 }])

    // An import between planning and building: the record of the build names the bars that were read, so that it can be repeated.
    const { raw, legacy } = engine.stores
    const plan = symbolPlan('SPY', engine.services, { from: MONDAY, to: MONDAY }, true)
    const sessions = plan.stale.map((planned) => ({ session: { ...planned, secondSource: 'earlier' }, wanted: true }))
    const task = { ...plan, kind: 'transform' as const, rawFile: raw.file, legacyFile: legacy.file, sessions }
    const [{ batch }] = [...transformSymbol(task)]
    expect(batch[0].inputs.secondSource).toBe(legacy.contentHashes('SPY').get(MONDAY))
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      sessionsChecked: 1,
      mismatches: [],
    })
  })
})

describe('a rule that quarantines', () => {
  test('marks every bar of the session, of which no features are made and nothing is exported', async () => {
    const { client, engine } = await deskWith({
      symbols: ['SPY'],
      of: badTickMarket,
      more: { quality: { rules: { bad_tick: { action: 'quarantine' } } } },
    })
    const { bars } = engine.stores.curated.block('SPY', MONDAY)!
    bars.flags.forEach((flag) => expect(flag & BarFlag.Quarantined).toBe(BarFlag.Quarantined))
    expect((await client.quality.grid(WEEK)).rows[0].quarantined).toEqual([true, false, false, false, false])
    await resultOf<'features'>(client, client.features.build({}))
    const set = engine.stores.features.set('features_price_1m_v1')!
    const counts = [...engine.stores.features.blocks(set, 'SPY', WEEK.from, WEEK.to)].map(({ ts }) => ts.length)
    expect(counts).toEqual([0, 390, 390, 390, 390])
    const job = await finished(client, client.export.start({ layers: ['curated'], formats: ['csv'] }))
    expect(job).toMatchObject({ state: 'succeeded', hasFindings: true })
    expect(job.result).toMatchObject({
      rows: { curated: 4 * 390 },
      heldBack: [{ symbol: 'SPY', sessionDate: MONDAY, reason: 'The session is in quarantine.' }],
    })
  })
})

describe('an open finding of a blocking rule', () => {
  test('holds its session back from exports until somebody acknowledges it', async () => {
    const { client } = await deskWith({
      symbols: ['SPY'],
      of: badTickMarket,
      more: { quality: { rules: { bad_tick: { blocking: true } } } },
    })
    const rowsOf = async (): Promise<unknown> =>
      (await resultOf<'export'>(client, client.export.start({ layers: ['curated'], formats: ['csv'] }))).rows
    expect(await rowsOf()).toEqual({ curated: 4 * 390 })
    const key = { symbol: 'SPY', sessionDate: MONDAY, ts: BAD_TICK_TS, rule: 'bad_tick' as const }
    await client.quality.acknowledge({ findings: [key], reason: 'It happened.', author: 'desk' })
    expect(await rowsOf()).toEqual({ curated: 5 * 390 })
  })
})

describe('a rule that wants another answer', () => {
  test('has its session asked for again, and the same one less and less often', async () => {
    let nowMs = Date.parse('2024-07-08T12:00:00Z')
    const { client } = await deskWith({
      symbols: ['SPY'],
      of: badTickMarket,
      more: { quality: { rules: { bad_tick: { action: 'refetch' } } } },
      nowMs: () => nowMs,
    })
    const plan = (): Promise<unknown> => client.ingest.plan({ ...WEEK, flagged: true })
    expect(await plan()).toMatchObject({ sessionsToFetch: 1, requests: 1 })
    const refetch = () => resultOf<'ingest'>(client, client.ingest.start({ ...WEEK, flagged: true }))
    expect(await refetch()).toMatchObject({ requests: 1, sessionsFetched: 1, revisedSessions: 0 })
    // The broker says the same; an hour passes before it is asked again, then two.
    expect(await plan()).toMatchObject({ sessionsToFetch: 0 })
    nowMs += 3_600_000
    expect(await plan()).toMatchObject({ sessionsToFetch: 1 })
    expect(await refetch()).toMatchObject({ requests: 1 })
    nowMs += 3_600_000
    expect(await plan()).toMatchObject({ sessionsToFetch: 0 })
    nowMs += 3_600_000
    expect(await plan()).toMatchObject({ sessionsToFetch: 1 })
  })
})

describe("the broker's daily bars", () => {
  test('are asked for once a run, and agree with the minutes of an honest broker', async () => {
    const { client, simulator } = await deskWith({ symbols: ['SPY', 'DJCO'], tws: { maxBarsPerRequest: 390 } })
    const daily = simulator.requests.flatMap(({ historical }) =>
      historical?.barSizeText === '1 day' && historical.whatToShow === 'TRADES'
        ? [`${historical.contract.symbol} ${historical.durationText}`]
        : [],
    )
    expect(daily.sort()).toEqual(['DJCO 5 D', 'SPY 5 D'])
    expect(await client.quality.findings({ rule: 'daily_bar_mismatch' })).toEqual([])
  })

  test('are asked for back to the first session of a run, also where it leaves some out in between', async () => {
    const simulator = await openSimulator({ market })
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port }))
    await resultOf<'ingest'>(client, client.ingest.start({ from: '2024-06-26', to: '2024-06-26' }))
    // Wednesday is stored already: four sessions are fetched, on five days.
    await resultOf<'ingest'>(client, client.ingest.start(WEEK))
    expect([...datesWithDailyBar('SPY', engine.services)].sort()).toEqual([
      '2024-06-24',
      '2024-06-25',
      '2024-06-26',
      '2024-06-27',
      '2024-06-28',
    ])
  })

  test('that say otherwise make the session stale, and a finding when it is built', async () => {
    const { client, engine } = await deskWith({ symbols: ['SPY'] })
    const { raw, curated } = engine.stores
    const { high, low, close, open, volume } = curated.block('SPY', MONDAY)!.bars
    const sum = volume.reduce((total, value) => total + value, 0)
    const series = { barSize: '1 day', whatToShow: 'TRADES', useRth: true, symbol: 'SPY', duration: '1 D' }
    const request = raw.beginRequest({ ...series, endTs: OPEN + 390 * 60, sessions: [], purpose: 'daily' }, Date.now())
    const of = (value: number): Float64Array => Float64Array.of(value)
    const bar = {
      // A daily bar is stamped with its date.
      ts: of(at(`${MONDAY}T00:00:00Z`)),
      open: of(open[0]),
      high: of(Math.max(...high)),
      low: of(Math.min(...low)),
      close: of(close[389]),
      volume: of(2 * sum),
      vwap: of(NaN),
      tradeCount: of(NaN),
    }
    raw.storeResponse(request, bar, [], Date.now())
    expect(await client.transform.plan({})).toMatchObject({ stale: { facts: 1 }, sessionsToBuild: 1 })
    await resultOf<'transform'>(client, client.transform.start({}))
    const found = await client.quality.findings({ rule: 'daily_bar_mismatch' })
    expect(found).toMatchObject([{ sessionDate: MONDAY, message: expect.stringContaining('volume') }])
    expect(found[0].message).not.toContain('high')
  })
})

test('metrics, trend and thresholds of a thin name tell what is missing and why', async () => {
  const { client, engine } = await deskWith({ symbols: ['DJCO'] })
  const qualities = engine.stores.curated.qualities({})
  for (const { expected, received, dropped, missing, filled, notTraded, halted, notFetched, coverage } of qualities) {
    expect(received - dropped + filled + missing).toBe(expected)
    expect(notTraded + halted + notFetched).toBe(expected - received)
    expect(coverage).toBe((received - dropped) / expected)
    expect(notFetched).toBe(0)
    expect(filled).toBeGreaterThan(0)
  }
  const trend = await client.quality.trend(WEEK)
  expect(trend.map(({ sessionDate, filled }) => [sessionDate, filled])).toEqual(
    qualities.map(({ sessionDate, filled }) => [sessionDate, filled]),
  )
  const report = await client.quality.session({ symbol: 'DJCO', sessionDate: MONDAY })
  expect(report.belowThreshold).toEqual([
    expect.stringMatching(/^coverage .* is below 99\.00 %$/),
    expect.stringMatching(/^share of filled minutes .* is above 2\.00 %$/),
  ])
})

test('a calendar that ends within a year is named, and one that does not is not', async () => {
  const at2026 = openEngine(newWorkspace({ symbols: ['SPY'] }), {
    clock: { ...systemClock, nowMs: () => Date.parse('2026-11-25T12:00:00Z') },
  })
  expect((await at2026.client.system.overview()).calendarWarnings).toEqual([])
  const at2030 = openEngine(newWorkspace({ symbols: ['SPY', 'AAPL'] }), {
    clock: { ...systemClock, nowMs: () => Date.parse('2030-03-01T12:00:00Z') },
  })
  expect((await at2030.client.system.overview()).calendarWarnings).toEqual([
    expect.stringMatching(/XNYS ends on 2030-12-31/),
  ])
})
