import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import type { Progress } from '#shared/progress.ts'
import { MAX_ATTEMPTS, OpsStore, WritableOpsStore } from '#main/stores/ops-store.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const open: { close(): void }[] = []
let files = 0

afterEach(() => {
  for (const store of open.splice(0)) store.close()
})

function newStore(): WritableOpsStore {
  const store = new WritableOpsStore(join(folder, `ops-${files++}.db`))
  open.push(store)
  return store
}

const WORKING: Progress = { kind: 'working', fraction: 0.25, title: 'Fetching', done: 1, total: 4, unit: 'sessions' }

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a job', () => {
  test('waits, works and is done', () => {
    const store = newStore()
    const params = { symbols: ['SPY'], from: '2024-07-01' }
    expect(store.enqueue('job-1', 'transform', params, 1000)).toEqual({
      id: 'job-1',
      kind: 'transform',
      state: 'queued',
      params,
      progress: { kind: 'waiting', fraction: 0, title: 'Waiting' },
      hasFindings: false,
      control: 'run',
      controls: [],
      attempts: 0,
      runs: 0,
      createdAtMs: 1000,
    })
    expect(store.begin('job-1', WORKING, 2000)).toMatchObject({ state: 'running', attempts: 1, startedAtMs: 2000 })
    store.saveProgress('job-1', { ...WORKING, fraction: 0.5 })
    expect(store.job('job-1').progress).toEqual({ ...WORKING, fraction: 0.5 })
    expect(store.succeed('job-1', { bars: 390 }, true, '390 bars', 3000)).toEqual({
      id: 'job-1',
      kind: 'transform',
      state: 'succeeded',
      params,
      progress: { kind: 'finished', fraction: 1, title: '390 bars' },
      result: { bars: 390 },
      hasFindings: true,
      control: 'run',
      controls: [],
      attempts: 1,
      runs: 1,
      createdAtMs: 1000,
      startedAtMs: 2000,
      finishedAtMs: 3000,
    })
    expect(store.queued()).toEqual([])
  })

  test.each(['failed', 'cancelled'] as const)('that %s keeps its error', (state) => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    store.begin('job-1', WORKING, 2000)
    const error = { code: 'TWS_UNREACHABLE', message: 'No TWS listens.', hint: 'Start TWS.' } as const
    expect(store.fail('job-1', state, error, 3000)).toMatchObject({ state, error, finishedAtMs: 3000 })
  })

  test('that is not queued is not begun', () => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    store.fail('job-1', 'cancelled', { code: 'CANCELLED', message: 'Cancelled.' }, 1500)
    expect(store.begin('job-1', WORKING, 2000)).toMatchObject({ state: 'cancelled', attempts: 0 })
  })

  test('that does not run takes no progress', () => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    store.saveProgress('job-1', WORKING)
    expect(store.job('job-1').progress.kind).toBe('waiting')
  })

  test('that is not there is named', () => {
    const error = errorOf(() => newStore().job('job-9'))
    expect(error.code).toBe('NOT_FOUND')
    expect(error.message).toContain('job-9')
  })

  test('of an unknown kind comes from a newer Switchyard', () => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    const database = new Sqlite(store.file)
    database.exec("update jobs set kind = 'teleport'")
    database.close()
    expect(errorOf(() => store.job('job-1')).code).toBe('STORE_FROM_FUTURE')
  })
})

describe('the control of a job', () => {
  const WAITING: Progress = { kind: 'waiting', fraction: 0, title: 'Paused' }

  test('is kept with the progress that says so, whether it waits or runs', () => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    expect(store.job('job-1')).toMatchObject({ control: 'run', controls: ['pause', 'drain'] })
    expect(store.setControl('job-1', 'pause', WAITING)).toMatchObject({
      state: 'queued',
      control: 'pause',
      progress: WAITING,
    })
    store.setControl('job-1', 'run', WAITING)
    store.begin('job-1', WORKING, 2000)
    const progress = { ...WORKING, detail: 'Paused' }
    expect(store.setControl('job-1', 'pause', progress)).toMatchObject({ state: 'running', control: 'pause', progress })
    const reader = new OpsStore(store.file)
    open.push(reader)
    expect(reader.job('job-1')).toMatchObject({ control: 'pause', progress })
  })

  test.each(['release', 'requeueInterrupted'] as const)('outlives the engine (%s)', (stop) => {
    const store = newStore()
    for (const control of ['pause', 'drain', 'run'] as const) {
      store.enqueue(control, 'ingest', {}, 1000)
      store.begin(control, WORKING, 2000)
      store.setControl(control, control, WORKING)
      if (stop === 'release') store.release(control)
    }
    if (stop === 'requeueInterrupted') store.requeueInterrupted(3000)
    for (const control of ['pause', 'drain', 'run'] as const)
      expect(store.job(control)).toMatchObject({ state: 'queued', control })
  })

  test('of a job that has ended is never pause, and does not change', () => {
    const store = newStore()
    for (const id of ['paused', 'drained', 'exhausted']) {
      store.enqueue(id, 'ingest', {}, 1000)
      store.begin(id, WORKING, 2000)
    }
    store.setControl('paused', 'pause', WORKING)
    const cancelled = store.fail('paused', 'cancelled', { code: 'CANCELLED', message: 'Cancelled.' }, 3000)
    expect(cancelled.control).toBe('run')
    expect(store.setControl('paused', 'pause', WAITING)).toEqual(cancelled)
    store.setControl('drained', 'drain', WORKING)
    expect(store.succeed('drained', {}, false, 'done', 3000).control).toBe('drain')
    store.setControl('exhausted', 'pause', WORKING)
    for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt++) {
      store.requeueInterrupted(3000)
      store.begin('exhausted', WORKING, 3000)
    }
    store.requeueInterrupted(4000)
    expect(store.job('exhausted')).toMatchObject({ state: 'failed', control: 'run' })
  })

  test('of another kind than the known ones is refused by the database', () => {
    const store = newStore()
    store.enqueue('job-1', 'ingest', {}, 1000)
    expect(() => store.setControl('job-1', 'hurry' as 'run', WAITING)).toThrow(/constraint/i)
  })
})

test('jobs come newest first, queued ones in the order in which they were asked for', () => {
  const store = newStore()
  // Neither the ids nor a clock that stands still decide.
  for (const id of ['c', 'a', 'b']) store.enqueue(id, 'ingest', {}, 1000)
  expect(store.jobs(10).map((job) => job.id)).toEqual(['b', 'a', 'c'])
  expect(store.jobs(1).map((job) => job.id)).toEqual(['b'])
  expect(store.queued().map((job) => job.id)).toEqual(['c', 'a', 'b'])
  const reader = new OpsStore(store.file)
  open.push(reader)
  expect(reader.queued()).toHaveLength(3)
})

describe('after a restart', () => {
  test('what was running is queued again in its place, and nothing else changes', () => {
    const store = newStore()
    for (const id of ['a', 'b', 'c', 'd', 'e']) store.enqueue(id, 'ingest', {}, 1000)
    for (const id of ['a', 'b', 'c', 'd']) store.begin(id, WORKING, 2000)
    store.succeed('b', {}, false, 'done', 3000)
    store.fail('c', 'failed', { code: 'INTERNAL', message: 'no' }, 3000)
    store.requeueInterrupted(4000)
    expect(store.queued().map((job) => job.id)).toEqual(['a', 'd', 'e'])
    expect(store.job('a')).toMatchObject({ state: 'queued', attempts: 1, startedAtMs: 2000 })
    expect(store.job('b')).toMatchObject({ state: 'succeeded', finishedAtMs: 3000 })
    expect(store.job('c')).toMatchObject({ state: 'failed', finishedAtMs: 3000 })
  })

  test('a job keeps the moment of its first start', () => {
    const store = newStore()
    store.enqueue('a', 'ingest', {}, 1000)
    store.begin('a', WORKING, 2000)
    store.requeueInterrupted(4000)
    expect(store.begin('a', WORKING, 5000)).toMatchObject({ state: 'running', attempts: 2, startedAtMs: 2000 })
  })

  test(`a job is begun ${MAX_ATTEMPTS} times and then fails, saying so`, () => {
    const store = newStore()
    store.enqueue('a', 'ingest', {}, 1000)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      expect(store.job('a').state).toBe('queued')
      expect(store.begin('a', WORKING, 2000).attempts).toBe(attempt)
      store.requeueInterrupted(3000 + attempt)
    }
    const job = store.job('a')
    expect(job).toMatchObject({ state: 'failed', attempts: MAX_ATTEMPTS, finishedAtMs: 3000 + MAX_ATTEMPTS })
    expect(job.error).toMatchObject({ code: 'JOB_FAILED' })
    expect(job.error?.message).toContain(`${MAX_ATTEMPTS} times`)
    expect(job.error?.hint).toBeDefined()
  })

  test('every run is counted, also those that an orderly stop ended', () => {
    const store = newStore()
    store.enqueue('a', 'ingest', {}, 1000)
    expect(store.begin('a', WORKING, 2000)).toMatchObject({ attempts: 1, runs: 1 })
    store.release('a')
    expect(store.begin('a', WORKING, 3000)).toMatchObject({ attempts: 1, runs: 2 })
    store.requeueInterrupted(4000)
    expect(store.begin('a', WORKING, 5000)).toMatchObject({ attempts: 2, runs: 3 })
  })

  test('a job whose attempts were forgotten has all of them again', () => {
    const store = newStore()
    store.enqueue('a', 'ingest', {}, 1000)
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
      store.begin('a', WORKING, 2000)
      store.requeueInterrupted(3000)
    }
    store.begin('a', WORKING, 4000)
    store.forgetAttempts('a')
    expect(store.job('a')).toMatchObject({ state: 'running', attempts: 1, runs: MAX_ATTEMPTS })
    store.requeueInterrupted(5000)
    expect(store.job('a').state).toBe('queued')
    // What does not run has proved nothing.
    store.forgetAttempts('a')
    expect(store.begin('a', WORKING, 6000).attempts).toBe(2)
  })
})

describe('the log of the connection', () => {
  test('is read newest first, each entry with what it has and nothing else', () => {
    const store = newStore()
    const refused = {
      atMs: 10,
      kind: 'request',
      severity: 'warn',
      code: 162,
      text: 'pacing violation',
      meaning: 'Too fast.',
      subject: 'SPY 2024-07-02',
    } as const
    store.appendConnectionEntry(refused)
    store.appendConnectionEntry({ atMs: 20, kind: 'state', severity: 'info', text: 'Connected.' })
    expect(store.connectionEntries(9)).toEqual([
      { id: 2, atMs: 20, kind: 'state', severity: 'info', text: 'Connected.' },
      { id: 1, ...refused },
    ])
    expect(store.connectionEntries(1).map(({ id }) => id)).toEqual([2])
  })

  test('keeps the last 20,000 entries', () => {
    const store = newStore()
    const writer = new Sqlite(store.file)
    writer.exec(
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
       insert into connection_log (id, at_ms, kind, severity, text) select i, i, 'notice', 'info', 'text' from n`,
    )
    writer.close()
    const append = (atMs: number): void =>
      store.appendConnectionEntry({ atMs, kind: 'notice', severity: 'info', text: 'text' })
    append(20_001)
    const kept = store.connectionEntries(99_999)
    expect(kept).toHaveLength(20_000)
    expect([kept[0].atMs, kept[19_999].atMs]).toEqual([20_001, 2])
    append(20_002)
    expect(store.connectionEntries(99_999)).toHaveLength(20_000)
  })
})
