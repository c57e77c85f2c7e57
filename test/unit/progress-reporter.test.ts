import { describe, expect, test } from 'vitest'
import type { Progress } from '#shared/progress.ts'
import { OperatorControl } from '#main/jobs/job-control.ts'
import { progressReporter } from '#main/jobs/progress-reporter.ts'
import { steeredProgress } from '#main/jobs/steered-progress.ts'

/** A reporter of two equal steps whose clock stands at 1,000 s until it is moved. */
function newReporter() {
  const control = new OperatorControl('run', (thrown) => {
    throw thrown
  })
  const delivered: Progress[] = []
  let now = 1_000_000
  const report = progressReporter({
    steps: [
      { title: 'Looking', weight: 1 },
      { title: 'Doing', weight: 1 },
    ],
    control,
    nowMs: () => now,
    deliver: (progress) => delivered.push(progress),
  })
  return {
    control,
    delivered,
    report,
    last: () => delivered.at(-1),
    pass: (ms: number) => {
      now += ms
    },
  }
}

describe('reports', () => {
  test('carry the step, the weighted fraction and an estimate', () => {
    const { report, pass, delivered } = newReporter()
    report(0, 0)
    pass(10_000)
    report(1, 0.5, { detail: 'SPY', done: 1, total: 2, unit: 'sessions' })
    expect(delivered).toEqual([
      { kind: 'working', fraction: 0, title: 'Looking', detail: undefined, remainingMs: undefined },
      {
        kind: 'working',
        fraction: 0.75,
        title: 'Doing',
        detail: 'SPY',
        done: 1,
        total: 2,
        unit: 'sessions',
        // A quarter at the pace of three quarters in ten seconds.
        remainingMs: 3333,
      },
    ])
  })

  test('that come thick and fast are thinned out', () => {
    const { report, pass, delivered } = newReporter()
    for (let i = 1; i <= 100; i++) {
      pass(10)
      report(1, i / 100)
    }
    expect(delivered).toHaveLength(5)
  })
})

describe('a job that is paused', () => {
  test('has no estimate, and the time of its pause does not spoil the one afterwards', () => {
    const { control, report, pass, last } = newReporter()
    pass(10_000)
    report(1, 0)
    expect(last()).toMatchObject({ fraction: 0.5, remainingMs: 10_000 })
    control.set('pause')
    pass(3_600_000)
    report(1, 0.2)
    expect(last()).toMatchObject({ fraction: 0.6, remainingMs: undefined })
    control.set('run')
    pass(5000)
    report(1, 0.5)
    // 15 s of work for three quarters leave 5 s.
    expect(last()).toMatchObject({ fraction: 0.75, remainingMs: 5000 })
  })

  test('reports every change of what is under way, in its own words or in ours', () => {
    const { control, report, delivered } = newReporter()
    report(1, 0.5, { detail: 'SPY' })
    control.set('pause')
    report(1, 0.6, { detail: 'Paused: 1 request under way' })
    report(1, 0.7)
    expect(delivered.map((progress) => progress.kind === 'working' && progress.detail)).toEqual([
      'SPY',
      'Paused: 1 request under way',
      'Paused',
    ])
    control.set('run')
    report(1, 0.7, { detail: 'SPY' })
    expect(delivered.at(-1)).toMatchObject({ detail: 'SPY' })
  })

  test('and then drained has no estimate either', () => {
    const { control, report, pass, last } = newReporter()
    control.set('pause')
    pass(60_000)
    control.set('drain')
    pass(60_000)
    report(1, 0.5)
    expect(last()).toMatchObject({ detail: 'Finishing what is under way', remainingMs: undefined })
  })
})

describe('progress at the moment of steering', () => {
  const working: Progress = { kind: 'working', fraction: 0.25, title: 'Doing', detail: 'SPY', done: 1, remainingMs: 9 }

  test.each([
    ['pause', 'Paused'],
    ['drain', 'Finishing what is under way'],
    ['run', undefined],
  ] as const)('of a job at work says %s, and keeps title, fraction and counts', (control, detail) => {
    expect(steeredProgress(working, control)).toEqual({ ...working, detail, remainingMs: undefined })
  })

  test('of a job that waits says whether it waits for its turn', () => {
    const waiting: Progress = { kind: 'waiting', fraction: 0, title: 'Waiting' }
    const paused = steeredProgress(waiting, 'pause')
    expect(paused).toEqual({ kind: 'waiting', fraction: 0, title: 'Paused' })
    expect(steeredProgress(paused, 'run')).toEqual(waiting)
  })
})
