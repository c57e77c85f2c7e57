import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { type Market, type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { barRequests, scheduleRequests } from './expected-requests.ts'
import { XNYS } from './simulator-fixtures.ts'
import { newWorkspace, openEngine, openSimulator } from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 5,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL'],
  from: '2024-06-24',
  to: '2024-07-05',
})
/** Nine sessions, each a request of its own. */
const RANGE = { from: '2024-06-24', to: '2024-07-05' }
const SESSIONS = 9
const LANES = 2

/** A TWS that answers a request for bars only when the test lets it. */
class PatientTws {
  readonly workspace: string
  readonly simulator: Simulator
  #answersLeft = 0
  readonly #held: (() => void)[] = []
  readonly #asked = Promise.withResolvers<void>()

  private constructor(simulator: Simulator) {
    this.simulator = simulator
    this.workspace = newWorkspace({
      symbols: ['SPY'],
      port: simulator.port,
      tws: { maxBarsPerRequest: 390, maxConcurrentRequests: LANES, pacing: { barsSpacingMs: 0 } },
    })
  }

  static async start(): Promise<PatientTws> {
    let tws: PatientTws | undefined
    const patient: Market = {
      ...market,
      minuteBars: async (...args) => {
        await tws?.turn()
        return market.minuteBars(...args)
      },
    }
    tws = new PatientTws(await openSimulator({ market: patient }))
    patientOnes.push(tws)
    return tws
  }

  /** Requests for bars so far. */
  get asked(): number {
    return barRequests(this.simulator).length
  }

  /** Waits until a request for bars came from every lane. */
  async untilAsked(): Promise<void> {
    await this.#asked.promise
    while (this.asked < LANES) await nextTurn()
  }

  /** Answers as many requests, those that are there or the next ones. */
  answer(requests: number): void {
    this.#answersLeft += requests
    while (this.#answersLeft > 0 && this.#held.length > 0) {
      this.#answersLeft--
      this.#held.shift()?.()
    }
  }

  /** Answers what is being asked and everything from now on. */
  openUp(): void {
    this.answer(Infinity)
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve)
      // One connection's requests are answered one after the other.
      this.#asked.resolve()
      this.answer(0)
    })
  }
}

const patientOnes: PatientTws[] = []
// A simulator stops when it has answered.
afterEach(() => {
  for (const tws of patientOnes.splice(0)) tws.openUp()
})

function until(engine: Engine, id: string, wanted: (job: Job) => boolean): Promise<Job> {
  return new Promise((resolve) => {
    const look = (job: Job): void => {
      if (job.id !== id || !wanted(job)) return
      stop()
      resolve(job)
    }
    const stop = engine.jobs.onChange(look)
    look(engine.jobs.job(id))
  })
}

const ended = (engine: Engine, id: string): Promise<Job> => until(engine, id, ({ state }) => isFinal(state))
const detail = ({ progress }: Job): string | undefined => (progress.kind === 'working' ? progress.detail : undefined)
const says = (engine: Engine, id: string, words: string): Promise<Job> =>
  until(engine, id, (job) => detail(job) === words)

/** An ingest that was paused with both its requests under way. */
async function pausedIngest(tws: PatientTws): Promise<{ engine: Engine; id: string }> {
  const { engine } = openEngine(tws.workspace)
  const { id } = engine.jobs.submit('ingest', RANGE)
  await tws.untilAsked()
  const paused = engine.jobs.pause(id)
  expect(paused).toMatchObject({ state: 'running', control: 'pause', progress: { title: 'Fetching bars' } })
  expect(detail(paused)).toBe('Paused: 2 requests under way')
  return { engine, id }
}

/** The same when both have been answered. */
async function restingIngest(tws: PatientTws): Promise<{ engine: Engine; id: string }> {
  const { engine, id } = await pausedIngest(tws)
  tws.answer(1)
  await says(engine, id, 'Paused: 1 request under way')
  tws.answer(1)
  await says(engine, id, 'Paused')
  const { progress } = engine.jobs.job(id)
  expect(progress).toMatchObject({ done: 2, total: SESSIONS })
  expect(progress).not.toHaveProperty('remainingMs')
  return { engine, id }
}

describe('an ingest', () => {
  test('that is paused stores what it has asked for, asks for no more, and goes on when it is resumed', async () => {
    const tws = await PatientTws.start()
    const { engine, id } = await restingIngest(tws)
    expect(tws.asked).toBe(LANES)
    expect(engine.stores.raw.fetchedSessions('SPY', engine.config.canonical).size).toBe(2)
    tws.openUp()
    expect(tws.asked).toBe(LANES)
    engine.jobs.resume(id)
    const job = await ended(engine, id)
    expect(job).toMatchObject({ state: 'succeeded', hasFindings: false })
    expect(job.result).toMatchObject({ requests: SESSIONS, sessionsFetched: SESSIONS, sessionsLeft: 0 })
  })

  test('that is drained ends with what it has asked for and says what is left; the next one does the rest', async () => {
    const tws = await PatientTws.start()
    const { engine } = openEngine(tws.workspace)
    const { id } = engine.jobs.submit('ingest', RANGE)
    await tws.untilAsked()
    expect(detail(engine.jobs.drain(id))).toBe('Finishing: 2 requests under way')
    tws.openUp()
    const job = await ended(engine, id)
    // Exit code 3 on the command line: who goes on with these bars must know that they are not all.
    expect(job).toMatchObject({ state: 'succeeded', control: 'drain', hasFindings: true })
    expect(job.result).toMatchObject({ requests: 2, sessionsFetched: 2, sessionsLeft: 7, failed: [], withoutData: [] })
    expect(job.progress.title).toBe('780 bars of 2 sessions in 2 requests. Drained: 7 sessions are left.')
    expect(tws.asked).toBe(LANES)
    const next = await ended(engine, engine.jobs.submit('ingest', RANGE).id)
    expect(next.result).toMatchObject({ requests: 7, sessionsAlreadyStored: 2, sessionsLeft: 0 })
  })

  test('that is drained while it waits to look a symbol up again ends at once', async () => {
    const simulator = await openSimulator({ market })
    const tws = { verify: { retries: 5, retryDelayMs: 60_000 } }
    const { engine } = openEngine(newWorkspace({ symbols: ['SPY'], port: simulator.port, tws }))
    // The first request of the kind is for the schedule.
    simulator.inject({ kind: 'historicalError', meaning: 'processingError', when: { request: 1 } })
    const { id } = engine.jobs.submit('ingest', RANGE)
    await expect.poll(() => scheduleRequests(simulator).length).toBe(1)
    engine.jobs.drain(id)
    expect((await ended(engine, id)).result).toMatchObject({ sessionsFetched: 0, sessionsLeft: 9, failed: [] })
    expect(barRequests(simulator)).toEqual([])
  })

  test('that is paused can be drained', async () => {
    const tws = await PatientTws.start()
    const { engine, id } = await restingIngest(tws)
    engine.jobs.drain(id)
    expect((await ended(engine, id)).result).toMatchObject({ sessionsFetched: 2, sessionsLeft: 7 })
  })

  test('that is paused takes its requests back when it is cancelled', async () => {
    const tws = await PatientTws.start()
    const { engine, id } = await pausedIngest(tws)
    engine.jobs.cancel(id)
    expect(await ended(engine, id)).toMatchObject({ state: 'cancelled', control: 'run' })
    await expect
      .poll(() => tws.simulator.requests.filter(({ message }) => message === 'cancelHistoricalData').length)
      .toBe(LANES)
  })

  test('that is paused when the engine is closed asks TWS for nothing until it is resumed after the restart', async () => {
    const tws = await PatientTws.start()
    const first = await restingIngest(tws)
    await first.engine.close()
    tws.openUp()

    const { engine } = openEngine(tws.workspace)
    const { id } = first
    await says(engine, id, 'Paused')
    // What is asked for in another lane shows that jobs do run.
    await ended(engine, engine.jobs.submit('verify', {}).id)
    expect(engine.jobs.job(id)).toMatchObject({ control: 'pause', attempts: 0 })
    expect(engine.tws.connection.state).toBe('disconnected')
    engine.jobs.resume(id)
    const result = (await ended(engine, id)).result as IngestResult
    expect(result).toMatchObject({ sessionsAlreadyStored: 2, sessionsFetched: 7, requests: 7 })
  })

  test('whose connection is lost while it rests says so when it is resumed', async () => {
    const tws = await PatientTws.start()
    const { engine, id } = await restingIngest(tws)
    await engine.tws.disconnect()
    expect(engine.jobs.job(id)).toMatchObject({ state: 'running', control: 'pause' })
    engine.jobs.resume(id)
    const job = await ended(engine, id)
    expect(job).toMatchObject({ state: 'failed', control: 'run', error: { code: 'TWS_DISCONNECTED' } })
  })

  test('that is paused ends when the request that is still under way fails', async () => {
    const tws = await PatientTws.start()
    const { engine, id } = await pausedIngest(tws)
    tws.answer(1)
    await says(engine, id, 'Paused: 1 request under way')
    await engine.tws.disconnect()
    const job = await ended(engine, id)
    expect(job).toMatchObject({ state: 'failed', control: 'run', error: { code: 'TWS_DISCONNECTED' } })
  })
})
