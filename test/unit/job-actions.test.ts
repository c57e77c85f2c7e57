import { describe, expect, test } from 'vitest'
import { actionRefusal, type ControllableJob, type JobAction, possibleActions } from '#shared/jobs/job-actions.ts'

const queued: ControllableJob = {
  id: 'j',
  kind: 'ingest',
  state: 'queued',
  control: 'run',
  controls: ['pause', 'drain'],
}
const running: ControllableJob = { ...queued, state: 'running', startedAtMs: 1 }
const of = (job: ControllableJob, changes: Partial<ControllableJob>): ControllableJob => ({ ...job, ...changes })

describe('what can be asked of a job that', () => {
  test.each<[string, ControllableJob, readonly JobAction[]]>([
    ['runs', running, ['pause', 'drain', 'cancel']],
    ['is paused', of(running, { control: 'pause' }), ['resume', 'drain', 'cancel']],
    ['drains', of(running, { control: 'drain' }), ['cancel']],
    ['waits for its turn', queued, ['pause', 'cancel']],
    ['was paused before its turn', of(queued, { control: 'pause' }), ['resume', 'cancel']],
    [
      'was paused when the engine stopped',
      of(queued, { control: 'pause', startedAtMs: 1 }),
      ['resume', 'drain', 'cancel'],
    ],
    ['supports nothing', of(running, { kind: 'transform', controls: [] }), ['cancel']],
    ['supports draining alone', of(running, { controls: ['drain'] }), ['drain', 'cancel']],
    ['supports pausing alone', of(running, { controls: ['pause'] }), ['pause', 'cancel']],
    // As after an update of Switchyard: it must not stay paused for ever.
    [
      'is paused and does not support it any more',
      of(running, { control: 'pause', controls: [] }),
      ['resume', 'cancel'],
    ],
    ['succeeded', of(running, { state: 'succeeded' }), []],
    ['was drained', of(running, { state: 'succeeded', control: 'drain' }), []],
    ['failed', of(running, { state: 'failed' }), []],
    ['was cancelled', of(queued, { state: 'cancelled' }), []],
  ])('%s', (_name, job, actions) => {
    expect(possibleActions(job)).toEqual(actions)
  })
})

describe('a refusal names what is wrong and what to do', () => {
  test.each<[string, ControllableJob, JobAction, RegExp]>([
    ['a kind that cannot be paused', of(running, { kind: 'export', controls: [] }), 'pause', /export cannot be paused/],
    [
      'a kind that cannot be resumed',
      of(running, { kind: 'export', controls: [] }),
      'resume',
      /export cannot be resumed/,
    ],
    [
      'a kind that cannot be drained',
      of(running, { kind: 'export', controls: [] }),
      'drain',
      /export cannot be drained/,
    ],
    ['pausing what has ended', of(running, { state: 'failed' }), 'pause', /j has ended \(failed\)/],
    ['resuming what has ended', of(running, { state: 'succeeded' }), 'resume', /j has ended \(succeeded\)/],
    ['draining what has ended', of(running, { state: 'cancelled' }), 'drain', /j has ended \(cancelled\)/],
    ['pausing what drains', of(running, { control: 'drain' }), 'pause', /is being drained/],
    ['resuming what drains', of(running, { control: 'drain' }), 'resume', /is being drained/],
    ['draining what has not begun', queued, 'drain', /has not begun/],
  ])('%s', (_name, job, action, words) => {
    const refusal = actionRefusal(job, action)
    expect(refusal?.message).toMatch(words)
    expect(refusal?.hint).toMatch(/\.$/)
  })
})

test('asking for what is already so is no mistake', () => {
  expect(actionRefusal(of(running, { control: 'pause' }), 'pause')).toBeUndefined()
  expect(actionRefusal(running, 'resume')).toBeUndefined()
  expect(actionRefusal(of(running, { control: 'drain' }), 'drain')).toBeUndefined()
  expect(actionRefusal(of(running, { state: 'succeeded' }), 'cancel')).toBeUndefined()
})
