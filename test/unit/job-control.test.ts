import { describe, expect, test } from 'vitest'
import type { ControlState } from '#shared/jobs/job.ts'
import { OperatorControl } from '#main/jobs/job-control.ts'

const never = new AbortController().signal

function newControl(state: ControlState): OperatorControl {
  return new OperatorControl(state, (thrown) => {
    throw thrown
  })
}

/** Whether a promise is settled after everything that was due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await new Promise(setImmediate)
  return settled
}

describe('waiting while paused', () => {
  test.each(['run', 'drain'] as const)('is over at once in the state %s', async (state) => {
    expect(await isSettled(newControl(state).waitWhilePaused(never))).toBe(true)
  })

  test.each(['run', 'drain'] as const)('ends with the state %s, for everybody who waits', async (state) => {
    const control = newControl('pause')
    const waiting = [control.waitWhilePaused(never), control.waitWhilePaused(never)]
    expect(await isSettled(Promise.race(waiting))).toBe(false)
    control.set(state)
    await Promise.all(waiting)
    expect(control.state).toBe(state)
  })

  test('goes on when it is paused again in the same moment', async () => {
    const control = newControl('pause')
    const waiting = control.waitWhilePaused(never)
    control.set('run')
    control.set('pause')
    expect(await isSettled(waiting)).toBe(false)
    control.set('run')
    await waiting
  })

  test('is given up with the reason of the signal', async () => {
    const control = newControl('pause')
    const stop = new AbortController()
    const waiting = control.waitWhilePaused(stop.signal)
    const reason = new Error('stop')
    stop.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    control.set('run')
    await expect(control.waitWhilePaused(stop.signal)).rejects.toBe(reason)
  })
})

describe('a listener', () => {
  test('hears of every change and of nothing else, until it leaves', () => {
    const control = newControl('run')
    const heard: ControlState[] = []
    const stop = control.onChange((state) => heard.push(state))
    for (const state of ['run', 'pause', 'pause', 'run', 'drain'] as const) control.set(state)
    stop()
    control.set('run')
    expect(heard).toEqual(['pause', 'run', 'drain'])
  })

  test('that throws keeps nobody else from hearing', async () => {
    const errors: unknown[] = []
    const control = new OperatorControl('pause', (thrown) => errors.push(thrown))
    const failure = new Error('a listener of somebody else')
    control.onChange(() => {
      throw failure
    })
    const waiting = control.waitWhilePaused(never)
    control.set('run')
    await waiting
    expect(errors).toEqual([failure])
  })
})
