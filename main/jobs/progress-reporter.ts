import { estimateRemainingMs, type Progress, type ProgressStep, weightedFraction } from '#shared/progress.ts'
import type { JobControl } from './job-control.ts'
import type { JobContext } from './job-definition.ts'
import { CONTROL_DETAILS } from './steered-progress.ts'

/** Progress reaches listeners and the disk at most this often, so that reporting costs nothing. */
const PROGRESS_INTERVAL_MS = 200

export interface ReporterOptions {
  readonly steps: readonly ProgressStep[]
  readonly control: JobControl
  readonly nowMs: () => number
  readonly deliver: (progress: Progress) => void
}

/**
 * Makes the `report` of a job that begins now: weights its steps, thins out its reports and estimates the time left. The time
 * during which it is paused does not count as work; a paused or draining job has no estimate.
 */
export function progressReporter({ steps, control, nowMs, deliver }: ReporterOptions): JobContext['report'] {
  const startedAtMs = nowMs()
  let pausedMs = 0
  let pausedSinceMs = control.state === 'pause' ? startedAtMs : undefined
  control.onChange((state) => {
    if (pausedSinceMs !== undefined) pausedMs += nowMs() - pausedSinceMs
    pausedSinceMs = state === 'pause' ? nowMs() : undefined
  })

  let lastReportMs = 0
  let lastState = control.state
  return (step, stepFraction, extra) => {
    const { state } = control
    const now = nowMs()
    // A paused job reports seldom, and each time there is something to see: less is under way.
    const isNews = stepFraction === 0 || state === 'pause' || state !== lastState
    if (now - lastReportMs < PROGRESS_INTERVAL_MS && !isNews) return
    lastReportMs = now
    lastState = state
    const fraction = weightedFraction(steps, step, stepFraction)
    deliver({
      kind: 'working',
      fraction,
      title: steps[step].title,
      ...extra,
      detail: extra?.detail ?? CONTROL_DETAILS[state],
      remainingMs: state === 'run' ? estimateRemainingMs(fraction, now - startedAtMs - pausedMs) : undefined,
    })
  }
}
