import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import { systemClock } from '#main/tws/clock.ts'
import { createEngine, type Engine } from '#main/engine/create-engine.ts'
import { MAX_ATTEMPTS } from '#main/stores/ops-store.ts'
import { barsOf, OPEN_TS } from './bars-fixtures.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const engines = new Set<Engine>()
let workspaces = 0

/** A TWS that takes connections and never says a word, so that an ingest runs for as long as a test wants. */
let silentTws: Server
const sockets = new Set<Socket>()

beforeAll(async () => {
  silentTws = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.resume()
  })
  silentTws.listen(0, '127.0.0.1')
  await once(silentTws, 'listening')
})
afterAll(async () => {
  for (const engine of engines) await engine.close()
  for (const socket of sockets) socket.destroy()
  silentTws.close()
})

function newWorkspace(): string {
  const workspace = join(folder, `workspace-${workspaces++}`)
  mkdirSync(workspace)
  const { port } = silentTws.address() as AddressInfo
  const tws = { host: '127.0.0.1', port, connectTimeoutMs: 600_000 }
  const config = { version: 1, tws, symbols: [{ symbol: 'SPY' }, { symbol: 'IBM' }] }
  writeFileSync(join(workspace, 'switchyard.yaml'), JSON.stringify(config))
  return workspace
}

function open(workspace = newWorkspace()): Engine {
  const engine = createEngine({ workspace })
  engines.add(engine)
  return engine
}

async function close(engine: Engine): Promise<void> {
  engines.delete(engine)
  await engine.close()
}

/** Waits until the job is as wanted. */
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
const running = (engine: Engine, id: string): Promise<Job> => until(engine, id, ({ state }) => state === 'running')

const INGEST = { from: '2024-07-01', to: '2024-07-02', symbols: ['SPY'] }
const startIngest = (engine: Engine): Job => engine.jobs.submit('ingest', INGEST)
const stateOf = (engine: Engine, id: string): string => engine.jobs.job(id).state

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Puts two raw bars of one session into the workspace. */
function fillRaw(engine: Engine): void {
  const { raw } = engine.stores
  raw.saveInstrument(
    {
      symbol: 'SPY',
      conId: 1,
      secType: 'STK',
      exchange: 'SMART',
      primaryExchange: null,
      currency: 'USD',
      localSymbol: null,
      tradingClass: null,
      longName: null,
      minTick: null,
      timeZone: null,
    },
    0,
  )
  const series = { barSize: '1 min', whatToShow: 'TRADES', useRth: true }
  const request = raw.beginRequest({ ...series, symbol: 'SPY', endTs: 0, duration: '1 D', sessions: [] }, 0)
  raw.storeResponse(request, barsOf([{ ts: OPEN_TS }, { ts: OPEN_TS + 60 }]), [], 1)
}

describe('a job', () => {
  test('is queued, runs and succeeds, and everybody who listens hears of each step', async () => {
    const engine = open()
    fillRaw(engine)
    const heard: Job[] = []
    const stop = engine.jobs.onChange((job) => heard.push(job))
    const submitted = engine.jobs.submit('transform', {})
    const done = await ended(engine, submitted.id)
    expect(done).toMatchObject({
      kind: 'transform',
      state: 'succeeded',
      attempts: 1,
      result: { sessionsBuilt: 1, bars: 2 },
      progress: { kind: 'finished', fraction: 1 },
    })
    expect(engine.jobs.job(submitted.id)).toEqual(done)
    expect(new Set(heard.map(({ id }) => id))).toEqual(new Set([submitted.id]))
    const states = heard.map(({ state }) => state)
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['queued', 'running', 'succeeded'])
    const fractions = heard.map(({ progress }) => progress.fraction)
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    stop()
    await ended(engine, engine.jobs.submit('transform', {}).id)
    expect(heard[heard.length - 1].id).toBe(submitted.id)
  })

  test.each([
    ['a symbol that the workspace does not have', { symbols: ['QQQ'] }, 'UNKNOWN_SYMBOL'],
    ['dates that are reversed', { from: '2024-07-03', to: '2024-07-02' }, 'BAD_ARGUMENTS'],
  ])('with %s is refused at once and not queued', (_name, selection, code) => {
    const engine = open()
    expect(errorOf(() => engine.jobs.submit('transform', selection)).code).toBe(code)
    expect(engine.jobs.list(10)).toEqual([])
  })

  test('has an id of its own, however many are asked for in one second', async () => {
    const engine = createEngine({
      workspace: newWorkspace(),
      clock: { ...systemClock, nowMs: () => Date.UTC(2024, 6, 3) },
    })
    engines.add(engine)
    // Of so many draws of four digits two are the same, but for one time in a hundred.
    const ids = Array.from({ length: 800 }, () => engine.jobs.submit('transform', {}).id)
    expect(new Set(ids).size).toBe(ids.length)
    await close(engine)
  }, 30_000)

  test('with a date that is none is refused at once and not queued', () => {
    const engine = open()
    expect(() => engine.jobs.submit('transform', { from: '2024-02-30' })).toThrow(/YYYY-MM-DD/)
    expect(engine.jobs.list(10)).toEqual([])
  })

  test('that fails says why, and the next of its lane begins', async () => {
    const engine = open()
    const elsewhere = { ...INGEST, host: '127.0.0.1', port: 1 }
    const [first, second] = [engine.jobs.submit('ingest', elsewhere), engine.jobs.submit('ingest', elsewhere)]
    for (const { id } of [first, second]) {
      expect(await ended(engine, id)).toMatchObject({
        state: 'failed',
        attempts: 1,
        error: { code: 'TWS_UNREACHABLE', message: expect.stringContaining('127.0.0.1'), hint: expect.any(String) },
      })
    }
  })

  test('is not harmed by a listener that throws', async () => {
    const engine = open()
    fillRaw(engine)
    engine.jobs.onChange(() => {
      throw new Error('a listener of somebody else')
    })
    const submitted = engine.jobs.submit('transform', {})
    const next = engine.jobs.submit('transform', {})
    expect(await ended(engine, submitted.id)).toMatchObject({ state: 'succeeded' })
    expect(await ended(engine, next.id)).toMatchObject({ state: 'succeeded' })
  })
})

describe('lanes', () => {
  test('let one job run at a time, in the order of asking, and leave other lanes alone', async () => {
    const engine = open()
    fillRaw(engine)
    const [first, second, third] = [startIngest(engine), startIngest(engine), startIngest(engine)]
    await running(engine, first.id)
    expect(await ended(engine, engine.jobs.submit('transform', {}).id)).toMatchObject({ state: 'succeeded' })
    expect([first, second, third].map(({ id }) => stateOf(engine, id))).toEqual(['running', 'queued', 'queued'])
    expect(engine.jobs.runningJobs).toBe(1)

    engine.jobs.cancel(first.id)
    await running(engine, second.id)
    expect([first, second, third].map(({ id }) => stateOf(engine, id))).toEqual(['cancelled', 'running', 'queued'])

    engine.jobs.cancel(third.id)
    engine.jobs.cancel(second.id)
    await ended(engine, second.id)
    expect([first, second, third].map(({ id }) => stateOf(engine, id))).toEqual(['cancelled', 'cancelled', 'cancelled'])
    expect(engine.jobs.runningJobs).toBe(0)
  })
})

test('a queue that cannot be read once does not end the engine, and the next job goes on with it', async () => {
  const engine = open()
  fillRaw(engine)
  const first = engine.jobs.submit('transform', {})
  const waiting = engine.jobs.submit('transform', {})
  const queued = vi.spyOn(engine.stores.ops, 'queued').mockImplementationOnce(() => {
    throw new Error('disk I/O error')
  })
  expect(await ended(engine, first.id)).toMatchObject({ state: 'succeeded' })
  await vi.waitFor(() => expect(queued).toHaveBeenCalled())
  expect(stateOf(engine, waiting.id)).toBe('queued')
  const last = engine.jobs.submit('transform', {})
  expect(await ended(engine, last.id)).toMatchObject({ state: 'succeeded' })
  expect(stateOf(engine, waiting.id)).toBe('succeeded')
  await close(engine)
})

describe('cancelling', () => {
  test('a queued job ends it at once, before it began', async () => {
    const engine = open()
    const [first, second] = [startIngest(engine), startIngest(engine)]
    expect(engine.jobs.cancel(second.id)).toMatchObject({
      state: 'cancelled',
      attempts: 0,
      error: { code: 'CANCELLED' },
    })
    engine.jobs.cancel(first.id)
    expect(await ended(engine, first.id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } })
    expect(stateOf(engine, second.id)).toBe('cancelled')
  })

  test('a job in the moment of its submission ends it, whatever it was about to do', async () => {
    const engine = open()
    const job = startIngest(engine)
    engine.jobs.cancel(job.id)
    expect(await ended(engine, job.id)).toMatchObject({ state: 'cancelled' })
  })

  test('a job that is done changes nothing', async () => {
    const engine = open()
    const done = await ended(engine, engine.jobs.submit('transform', {}).id)
    expect(engine.jobs.cancel(done.id)).toEqual(done)
    expect(engine.jobs.job(done.id)).toEqual(done)
  })

  test('a job that does not exist says so', () => {
    expect(errorOf(() => open().jobs.cancel('nothing')).code).toBe('NOT_FOUND')
  })
})

describe('an engine that is closed', () => {
  test('interrupts its jobs, and the next one takes them up in their order', async () => {
    const workspace = newWorkspace()
    const engine = open(workspace)
    const [first, second] = [startIngest(engine), startIngest(engine)]
    await running(engine, first.id)
    await close(engine)

    const next = open(workspace)
    // An orderly stop is no failed attempt.
    expect(await running(next, first.id)).toMatchObject({ attempts: 1 })
    expect(next.jobs.job(second.id)).toMatchObject({ state: 'queued', attempts: 0 })
    next.jobs.cancel(first.id)
    await running(next, second.id)
    next.jobs.cancel(second.id)
    expect(await ended(next, second.id)).toMatchObject({ state: 'cancelled', attempts: 1 })
  })

  test('can interrupt a job any number of times', async () => {
    const workspace = newWorkspace()
    let engine = open(workspace)
    const { id } = startIngest(engine)
    for (let stop = 0; stop < MAX_ATTEMPTS + 2; stop++) {
      await running(engine, id)
      await close(engine)
      engine = open(workspace)
    }
    expect(await running(engine, id)).toMatchObject({ attempts: 1 })
    engine.jobs.cancel(id)
    await ended(engine, id)
  })

  test('does not take up again what the operator cancelled just before', async () => {
    const workspace = newWorkspace()
    const engine = open(workspace)
    const job = startIngest(engine)
    await running(engine, job.id)
    engine.jobs.cancel(job.id)
    await close(engine)
    expect(stateOf(open(workspace), job.id)).toBe('cancelled')
  })

  test('takes no new work', async () => {
    const engine = open()
    await close(engine)
    expect(errorOf(() => startIngest(engine)).code).toBe('CANCELLED')
  })

  test('can be opened again with the results of what was done', async () => {
    const workspace = newWorkspace()
    const engine = open(workspace)
    fillRaw(engine)
    const done = await ended(engine, engine.jobs.submit('transform', {}).id)
    await close(engine)
    const next = open(workspace)
    expect(next.jobs.job(done.id)).toEqual(done)
    // The same work again finds everything as it should be.
    expect(await ended(next, next.jobs.submit('transform', {}).id)).toMatchObject({
      result: { sessionsBuilt: 0, sessionsUnchanged: 1 },
    })
  })
})

test('an engine that cannot start lets go of its workspace', async () => {
  const workspace = newWorkspace()
  const engine = open(workspace)
  startIngest(engine)
  await close(engine)
  const folderOfStores = join(workspace, 'store')
  const { default: Sqlite } = await import('better-sqlite3')
  const ops = new Sqlite(join(folderOfStores, 'ops.db'))
  ops.exec("update jobs set kind = 'teleport'")
  ops.close()
  expect(errorOf(() => open(workspace)).code).toBe('STORE_FROM_FUTURE')
  const again = new Sqlite(join(folderOfStores, 'ops.db'))
  again.exec('delete from jobs')
  again.close()
  expect(open(workspace).jobs.list(10)).toEqual([])
})
