import { afterEach, describe, expect, test, vi } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import type { ControlState } from '#shared/jobs/job.ts'
import { STABLE_AFTER_MS } from '#main/jobs/job-runner.ts'
import { MAX_ATTEMPTS } from '#main/stores/ops-store.ts'
import { JobDesk } from './job-desk.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
const desks: JobDesk[] = []

afterEach(async () => {
  vi.useRealTimers()
  for (const desk of desks.splice(0)) await desk.close()
})

function newDesk(): JobDesk {
  const desk = new JobDesk(folder)
  desks.push(desk)
  return desk
}

/** Lets everything run that is due. */
const settle = (): Promise<void> => new Promise(setImmediate)

function refusalOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('pausing a running job', () => {
  test('lets what is under way finish, begins nothing, and resuming goes on', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    const working = await desk.begun(id, 1)
    expect(working.progress).toMatchObject({ detail: 'SPY', remainingMs: 30_000 })

    const paused = desk.jobs.pause(id)
    expect(paused).toMatchObject({ state: 'running', control: 'pause' })
    expect(paused.progress).toMatchObject({ title: 'Fetching', fraction: 0.25, detail: 'Paused: 1 piece under way' })
    expect(paused.progress).not.toHaveProperty('remainingMs')
    desk.lastRun.finishPiece()
    await settle()
    expect(desk.lastRun.begun).toBe(1)

    desk.clock += 3_600_000
    expect(desk.jobs.resume(id)).toMatchObject({ state: 'running', control: 'run' })
    const again = await desk.begun(id, 2)
    // Half is done in 20 s of work; the hour of the pause is none.
    expect(again.progress).toMatchObject({ fraction: 0.5, remainingMs: 20_000 })
    for (const nth of [3, 4]) {
      desk.lastRun.finishPiece()
      await desk.begun(id, nth)
    }
    desk.lastRun.finishPiece()
    expect(await desk.ended(id)).toMatchObject({
      state: 'succeeded',
      control: 'run',
      attempts: 1,
      runs: 1,
      result: { requests: 4, sessionsLeft: 0 },
    })
  })

  test('keeps its lane, and only its lane', async () => {
    const desk = newDesk()
    const [first, second] = [desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    desk.jobs.pause(first)
    desk.lastRun.finishPiece()
    await settle()
    expect(desk.jobs.job(second).state).toBe('queued')
    const service = desk.jobs.submit('transform', {})
    await desk.until(service.id, ({ state }) => state === 'running')
    expect(desk.runs).toHaveLength(1)
  })

  test('tells everybody who listens, once for each change', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    const heard: ControlState[] = []
    desk.jobs.onChange(({ control }) => heard.push(control))
    desk.jobs.pause(id)
    desk.jobs.pause(id)
    desk.jobs.resume(id)
    desk.jobs.resume(id)
    expect(heard.filter((control, i) => control !== heard[i - 1])).toEqual(['pause', 'run'])
  })

  test('and cancelling it stops what is under way, too', async () => {
    const desk = newDesk()
    const [first, second] = [desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    desk.jobs.pause(first)
    desk.jobs.cancel(first)
    expect(await desk.ended(first)).toMatchObject({ state: 'cancelled', control: 'run', error: { code: 'CANCELLED' } })
    await desk.begun(second, 1)
  })

  test('and cancelling it when nothing is under way ends it', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    desk.jobs.pause(id)
    desk.lastRun.finishPiece()
    await settle()
    desk.jobs.cancel(id)
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } })
    expect(desk.lastRun.begun).toBe(1)
  })
})

describe('draining a running job', () => {
  test('lets what is under way finish and ends it as succeeded with what it did', async () => {
    const desk = newDesk()
    const [first, second] = [desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    const draining = desk.jobs.drain(first)
    expect(draining).toMatchObject({ state: 'running', control: 'drain' })
    expect(draining.progress).toMatchObject({ title: 'Fetching', detail: 'Finishing what is under way' })
    expect(draining.progress).not.toHaveProperty('remainingMs')
    desk.lastRun.finishPiece()
    expect(await desk.ended(first)).toMatchObject({
      state: 'succeeded',
      control: 'drain',
      result: { requests: 1, sessionsLeft: 3 },
    })
    await desk.begun(second, 1)
  })

  test('that is paused ends it', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    desk.jobs.pause(id)
    desk.lastRun.finishPiece()
    await settle()
    desk.jobs.drain(id)
    expect(await desk.ended(id)).toMatchObject({ state: 'succeeded', result: { requests: 1, sessionsLeft: 3 } })
  })

  test('cannot be taken back, but cancelled', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    desk.jobs.drain(id)
    expect(desk.jobs.drain(id)).toMatchObject({ control: 'drain' })
    for (const action of ['pause', 'resume'] as const)
      expect(refusalOf(() => desk.jobs[action](id))).toMatchObject({ code: 'BAD_ARGUMENTS', hint: expect.any(String) })
    desk.jobs.cancel(id)
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled' })
  })
})

describe('a queued job', () => {
  test('that is paused is passed over, and has its old place when it is resumed', async () => {
    const desk = newDesk()
    const [first, second, third, fourth] = [desk.ingest(), desk.ingest(), desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    expect(desk.jobs.pause(second)).toMatchObject({
      state: 'queued',
      control: 'pause',
      progress: { kind: 'waiting', title: 'Paused' },
    })
    desk.jobs.cancel(first)
    await desk.begun(third, 1)
    expect(desk.jobs.resume(second)).toMatchObject({
      state: 'queued',
      control: 'run',
      progress: { kind: 'waiting', title: 'Waiting' },
    })
    desk.jobs.cancel(third)
    await desk.begun(second, 1)
    expect(desk.jobs.job(fourth).state).toBe('queued')
  })

  test('that is paused in the moment of its submission gives its lane back, and begins when it is resumed', async () => {
    const desk = newDesk()
    const first = desk.ingest()
    desk.jobs.pause(first)
    const second = desk.ingest()
    await desk.begun(second, 1)
    expect(desk.jobs.job(first)).toMatchObject({ state: 'queued', control: 'pause', attempts: 0 })
    desk.jobs.cancel(second)
    await desk.ended(second)
    desk.jobs.resume(first)
    await desk.begun(first, 1)
  })

  test('that is paused and cancelled in the moment of its submission is cancelled', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    desk.jobs.pause(id)
    desk.jobs.cancel(id)
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled', control: 'run' })
  })

  test('that is paused can be cancelled', async () => {
    const desk = newDesk()
    const [first, second] = [desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    desk.jobs.pause(second)
    expect(desk.jobs.cancel(second)).toMatchObject({ state: 'cancelled', control: 'run', attempts: 0 })
  })

  test('stays paused over a restart, and is passed over there too', async () => {
    const desk = newDesk()
    const [first, second, third] = [desk.ingest(), desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    desk.jobs.pause(second)
    desk.jobs.cancel(first)
    await desk.begun(third, 1)
    await desk.close()
    desk.openAgain()
    await desk.begun(third, 1)
    expect(desk.jobs.job(second)).toMatchObject({ state: 'queued', control: 'pause' })
  })

  test('has nothing to drain', async () => {
    const desk = newDesk()
    const [first, second] = [desk.ingest(), desk.ingest()]
    await desk.begun(first, 1)
    expect(refusalOf(() => desk.jobs.drain(second))).toMatchObject({
      code: 'BAD_ARGUMENTS',
      hint: 'Cancel it instead.',
    })
    expect(desk.jobs.job(second)).toMatchObject({ state: 'queued', control: 'run' })
  })
})

describe('what cannot be is refused, and changes nothing:', () => {
  test('a kind that does not support it', async () => {
    const desk = newDesk()
    const { id } = desk.jobs.submit('transform', {})
    const running = await desk.until(id, ({ state }) => state === 'running')
    for (const action of ['pause', 'resume', 'drain'] as const) {
      const error = refusalOf(() => desk.jobs[action](id))
      expect(error.code).toBe('BAD_ARGUMENTS')
      expect(error.message).toContain('transform')
      expect(error.hint).toMatch(/Cancel/)
    }
    expect(desk.jobs.job(id)).toEqual(running)
  })

  test('a job that has ended', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    desk.jobs.cancel(id)
    const ended = await desk.ended(id)
    for (const action of ['pause', 'resume', 'drain'] as const)
      expect(refusalOf(() => desk.jobs[action](id))).toMatchObject({ code: 'BAD_ARGUMENTS', hint: expect.any(String) })
    expect(desk.jobs.job(id)).toEqual(ended)
  })

  test('a job that does not exist', () => {
    const desk = newDesk()
    for (const action of ['pause', 'resume', 'drain'] as const)
      expect(refusalOf(() => desk.jobs[action]('nothing')).code).toBe('NOT_FOUND')
  })
})

describe.each(['is closed', 'dies'] as const)('when the engine %s', (how) => {
  const stop = async (desk: JobDesk): Promise<void> => {
    if (how === 'dies') desk.die()
    else await desk.close()
  }

  /** A job with one piece done and another in the queue behind it, paused, after a restart. */
  async function pausedOverRestart(): Promise<{ desk: JobDesk; id: string; behind: string }> {
    const desk = newDesk()
    const [id, behind] = [desk.ingest(), desk.ingest()]
    await desk.begun(id, 1)
    desk.jobs.pause(id)
    desk.lastRun.finishPiece()
    await settle()
    await stop(desk)
    desk.openAgain()
    await settle()
    return { desk, id, behind }
  }

  test('a paused job is taken up again paused: it keeps its lane and does not begin', async () => {
    const { desk, id, behind } = await pausedOverRestart()
    expect(desk.jobs.job(id)).toMatchObject({
      control: 'pause',
      attempts: how === 'dies' ? 1 : 0,
      progress: { kind: 'working', title: 'Fetching', fraction: 0.25, detail: 'Paused' },
    })
    expect(desk.jobs.job(behind).state).toBe('queued')
    expect(desk.runs).toHaveLength(1)
  })

  test('and it goes on when it is resumed, knowing that this is not its first run', async () => {
    const { desk, id } = await pausedOverRestart()
    desk.jobs.resume(id)
    await desk.begun(id, 1)
    expect(desk.runs.map(({ context }) => context.attempt)).toEqual([1, 2])
    expect(desk.jobs.job(id)).toMatchObject({
      state: 'running',
      control: 'run',
      attempts: how === 'dies' ? 2 : 1,
      runs: 2,
    })
  })

  test('and it can be drained, cancelled or paused again from there', async () => {
    const drained = await pausedOverRestart()
    drained.desk.jobs.drain(drained.id)
    expect(await drained.desk.ended(drained.id)).toMatchObject({ state: 'succeeded', result: { requests: 0 } })
    expect(drained.desk.runs[1].stateAtStart).toBe('drain')
    await drained.desk.begun(drained.behind, 1)

    const cancelled = await pausedOverRestart()
    cancelled.desk.jobs.cancel(cancelled.id)
    expect(await cancelled.desk.ended(cancelled.id)).toMatchObject({ state: 'cancelled', control: 'run' })
    await cancelled.desk.begun(cancelled.behind, 1)

    const { desk, id } = await pausedOverRestart()
    desk.jobs.resume(id)
    await desk.begun(id, 1)
    expect(desk.jobs.pause(id)).toMatchObject({ state: 'running', control: 'pause' })
  })

  test('again and again, a paused job is none the worse for it', async () => {
    const { desk, id } = await pausedOverRestart()
    const before = desk.jobs.job(id)
    for (let restart = 0; restart < MAX_ATTEMPTS + 2; restart++) {
      await stop(desk)
      desk.openAgain()
      await settle()
    }
    expect(desk.jobs.job(id)).toEqual(before)
    desk.jobs.resume(id)
    await desk.begun(id, 1)
  })

  test('a job that was being drained begins nothing new and ends', async () => {
    const desk = newDesk()
    const id = desk.ingest()
    await desk.begun(id, 1)
    desk.jobs.drain(id)
    await stop(desk)
    desk.openAgain()
    expect(await desk.ended(id)).toMatchObject({ state: 'succeeded', control: 'drain', result: { sessionsLeft: 4 } })
    expect(desk.runs[1]).toMatchObject({ stateAtStart: 'drain', begun: 0 })
  })
})

describe('a service', () => {
  /** Opens the desk, waits until the service runs, lets time pass and kills the engine. */
  async function liveAndDie(desk: JobDesk, id: string, ms: number): Promise<void> {
    await desk.until(id, ({ state }) => state === 'running')
    vi.advanceTimersByTime(ms)
    desk.die()
    desk.openAgain()
  }

  test('that runs for a while before each death of the engine is taken up again any number of times', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const desk = newDesk()
    const { id } = desk.jobs.submit('transform', {})
    for (let death = 0; death < MAX_ATTEMPTS + 2; death++) await liveAndDie(desk, id, STABLE_AFTER_MS)
    const job = await desk.until(id, ({ state }) => state === 'running')
    expect(job).toMatchObject({ attempts: 2, runs: MAX_ATTEMPTS + 3 })
    expect(desk.serviceAttempts).toEqual(Array.from({ length: MAX_ATTEMPTS + 3 }, (_, i) => i + 1))
  })

  test('with which the engine dies too soon uses up its attempts', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const desk = newDesk()
    const { id } = desk.jobs.submit('transform', {})
    for (let death = 0; death < MAX_ATTEMPTS; death++) await liveAndDie(desk, id, STABLE_AFTER_MS - 1)
    expect(desk.jobs.job(id)).toMatchObject({ state: 'failed', attempts: MAX_ATTEMPTS, error: { code: 'JOB_FAILED' } })
  })

  test('outlives orderly stops like any other job', async () => {
    const desk = newDesk()
    const { id } = desk.jobs.submit('transform', {})
    for (let stop = 0; stop < MAX_ATTEMPTS + 2; stop++) {
      await desk.until(id, ({ state }) => state === 'running')
      await desk.close()
      desk.openAgain()
    }
    expect(await desk.until(id, ({ state }) => state === 'running')).toMatchObject({ attempts: 1 })
    desk.jobs.cancel(id)
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled' })
  })
})

test('any other job keeps its attempts however long it runs', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const desk = newDesk()
  const id = desk.ingest()
  for (let death = 0; death < MAX_ATTEMPTS; death++) {
    await desk.begun(id, 1)
    vi.advanceTimersByTime(2 * STABLE_AFTER_MS)
    desk.die()
    desk.openAgain()
  }
  expect(desk.jobs.job(id)).toMatchObject({ state: 'failed', attempts: MAX_ATTEMPTS })
})
