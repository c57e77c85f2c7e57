import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { type ManualClock, manualClock } from '#main/simulator/manual-clock.ts'
import { type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import type { Clock } from '#main/tws/clock.ts'
import { at, XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

const SYMBOL = 'SPY'
/** Wednesday before the holiday: 13:30 to 17:00 UTC. */
const DATE = '2024-07-03'
const OPEN = at('2024-07-03T13:30:00Z')
const CLOSE = at('2024-07-03T17:00:00Z')

/** SPY trades in every minute of that session. */
const market = syntheticMarket({ seed: 1, calendar: XNYS, symbols: [SYMBOL], from: '2024-06-24', to: '2024-07-12' })

interface Desk {
  readonly time: ManualClock
  readonly simulator: Simulator
  readonly engine: Engine
  readonly client: EngineClient
  readonly job: Job
}

/** An engine that follows SPY from `startIso` on, on a clock that only the test moves. */
async function follow(startIso: string, live: Readonly<Record<string, unknown>> = {}): Promise<Desk> {
  const desk = await startToFollow(startIso, live)
  await caughtUp(desk)
  return desk
}

async function startToFollow(startIso: string, live: Readonly<Record<string, unknown>> = {}): Promise<Desk> {
  const time = manualClock(Date.parse(startIso))
  const simulator = await openSimulator({ market, clock: time, updatePeriodMs: 10_000 })
  const clock: Clock = {
    nowMs: () => time.nowMs(),
    setTimer: (callback, delayMs) => time.setTimer(callback, time.nowMs() + delayMs),
  }
  const tws = {
    live,
    // The clock moves in leaps, which a heart beat would take for silence.
    heartbeat: { intervalMs: 600_000, timeoutMs: 600_000 },
    connectTimeoutMs: 600_000,
    reconnect: { initialDelayMs: 1, maxDelayMs: 1 },
  }
  const workspace = newWorkspace({ symbols: [SYMBOL], port: simulator.port, tws })
  const { engine, client } = openEngine(workspace, { clock })
  const job = await client.live.start({ untilSession: DATE })
  return { time, simulator, engine, client, job }
}

/** Lets the machine's own work go on until something holds, while the clock stands still: sockets and threads know nothing of it. */
async function until({ time }: Pick<Desk, 'time'>, holds: () => boolean): Promise<void> {
  while (!holds()) {
    // What is due at once is done.
    await time.advance(0)
    await nextTurn()
  }
}

/** Start of the last bar that was taken as final. */
function lastFinal({ engine }: Desk): number {
  return engine.services.live.of(SYMBOL).lastFinalTs ?? 0
}

/** The clock may be past the close before the last update has come over the wire; history has its bar then. */
function isOver({ engine }: Desk): boolean {
  return engine.services.live.of(SYMBOL).state === 'closed'
}

/** Waits until every bar is there whose minute has been over for a minute: many times as long as it takes to be final. */
function caughtUp(desk: Desk): Promise<void> {
  const due = Math.floor((Math.min(desk.time.nowMs() / 1000, CLOSE + 60) - 60) / 60) * 60 - 60
  return until(desk, () => lastFinal(desk) >= due || isOver(desk))
}

/** Moves the clock on, a few seconds at a time, until the bar that begins at `ts` is final. */
async function moveOnTo(desk: Desk, ts: number): Promise<void> {
  while (lastFinal(desk) < ts && !isOver(desk)) {
    await desk.time.advance(5_000)
    await caughtUp(desk)
  }
}

function requestsFor({ engine }: Desk): readonly string[] {
  return engine.stores.raw.fetches.requestsOf(SYMBOL, DATE).map(({ purpose }) => purpose)
}

/** Goes on to the end of the session and of the job. */
async function wholeSession(desk: Desk): Promise<JobResult<'live'>> {
  await moveOnTo(desk, CLOSE - 60)
  // History is asked for when the bars of a session are final, two minutes after its close.
  await until(desk, () => isOver(desk))
  await desk.time.advance(180_000)
  await until(desk, () => isFinal(desk.engine.jobs.job(desk.job.id).state))
  return resultOf<'live'>(desk.client, Promise.resolve(desk.job))
}

async function expectMarketBars(desk: Desk): Promise<void> {
  const bars = await market.minuteBars(SYMBOL, OPEN, CLOSE, true)
  const stored = desk.engine.stores.raw.mergedBars(SYMBOL, '1 min', 'TRADES', OPEN, CLOSE)
  expect([...stored.ts]).toEqual([...bars.ts])
  expect([...stored.close]).toEqual([...bars.close])
  expect([...stored.volume]).toEqual([...bars.volume])
}

describe('live bars', () => {
  test('come from the open of the session on, each once and only when it is final, and history has the last word', async () => {
    const desk = await follow('2024-07-03T15:00:00Z')
    await moveOnTo(desk, at('2024-07-03T15:05:00Z'))
    // The bar in progress is not there.
    expect(lastFinal(desk)).toBeLessThanOrEqual(desk.time.nowMs() / 1000 - 60)
    const [status] = await desk.client.live.status()
    expect(status).toMatchObject({ symbol: SYMBOL, state: 'streaming', sessionDate: DATE, interruptions: 0 })
    const early = desk.engine.stores.raw.mergedBars(SYMBOL, '1 min', 'TRADES', OPEN, CLOSE)
    expect([...early.ts]).toEqual(Array.from(early.ts.keys(), (i) => OPEN + i * 60))

    const result = await wholeSession(desk)
    expect(result).toMatchObject({ sessions: 1, interruptions: 0, failed: [] })
    await expectMarketBars(desk)
    expect(requestsFor(desk)).toEqual(['reconcile', 'live'])
    expect(desk.engine.stores.raw.fetchedSessions(SYMBOL, desk.engine.config.canonical).get(DATE)).toMatchObject({
      bars: 210,
      expected: 210,
    })
  })

  test('go on from the last final bar after the connection was lost', async () => {
    const desk = await follow('2024-07-03T16:00:00Z')
    await moveOnTo(desk, at('2024-07-03T16:03:00Z'))
    desk.simulator.inject({ kind: 'disconnect' })
    await until(desk, () => desk.engine.tws.connection.state !== 'ready')
    // Ten minutes go by before TWS is seen again.
    await desk.time.advance(600_000)
    await caughtUp(desk)
    await moveOnTo(desk, at('2024-07-03T16:14:00Z'))
    const [status] = await desk.client.live.status()
    expect(status.interruptions).toBeGreaterThanOrEqual(1)
    expect(status.refilled).toBeGreaterThanOrEqual(9)
    const result = await wholeSession(desk)
    expect(result.interruptions).toBeGreaterThanOrEqual(1)
    await expectMarketBars(desk)
  })

  test('begin late when TWS does not know the contract at the open', async () => {
    const desk = await startToFollow('2024-07-03T13:29:00Z')
    await until(desk, () => desk.engine.services.live.of(SYMBOL).sessionDate === DATE)
    desk.simulator.inject({ kind: 'farmDown', farm: 'definitions', forMs: 300_000 })
    await desk.time.advance(60_000)
    await until(desk, () => desk.engine.services.live.of(SYMBOL).state === 'failed')
    expect(desk.engine.services.live.of(SYMBOL).message).toContain('tried again')
    while (desk.engine.services.live.of(SYMBOL).state === 'failed') {
      await desk.time.advance(60_000)
      await until(desk, () => true)
    }
    await moveOnTo(desk, at('2024-07-03T13:40:00Z'))
    expect(await wholeSession(desk)).toMatchObject({ sessions: 1, failed: [] })
    await expectMarketBars(desk)
  })

  test('whose subscription TWS ends (10225) are subscribed to again', async () => {
    const desk = await follow('2024-07-03T16:30:00Z')
    await moveOnTo(desk, at('2024-07-03T16:32:00Z'))
    desk.simulator.inject({ kind: 'bustEvent' })
    await moveOnTo(desk, at('2024-07-03T16:40:00Z'))
    const subscriptions = desk.simulator.requests.filter(({ historical }) => historical?.keepUpToDate === true)
    expect(subscriptions).toHaveLength(2)
    await wholeSession(desk)
    await expectMarketBars(desk)
  })

  test('that history has otherwise are revised, shown, and a finding', async () => {
    const desk = await follow('2024-07-03T16:30:00Z')
    desk.simulator.inject({ kind: 'revisedHistory', share: 0.1 })
    const result = await wholeSession(desk)
    expect(result).toMatchObject({ sessions: 1, revisedSessions: 1 })
    const [revision] = await desk.client.ingest.revisions({})
    expect(revision).toMatchObject({ symbol: SYMBOL, sessionDate: DATE, cause: 'reconciliation' })
    const changed = revision.pricesChanged + revision.volumesChanged
    expect(changed).toBeGreaterThan(0)
    await resultOf<'transform'>(desk.client, desk.client.transform.start({}))
    const findings = await desk.client.quality.findings({})
    const revised = findings.filter(({ rule }) => rule.startsWith('revised'))
    expect(revised.reduce((sum, { bars }) => sum + bars, 0)).toBe(changed)
  })

  test('can be polled instead', async () => {
    const desk = await follow('2024-07-03T16:30:00Z', { mode: 'poll', pollEverySeconds: 30 })
    await moveOnTo(desk, at('2024-07-03T16:40:00Z'))
    expect(desk.simulator.requests.some(({ historical }) => historical?.keepUpToDate === true)).toBe(false)
    expect((await desk.client.live.status())[0]).toMatchObject({ state: 'polling' })
    await wholeSession(desk)
    await expectMarketBars(desk)
  })
})
