import type { ControlState } from '#shared/jobs/job.ts'
import type { Progress } from '#shared/progress.ts'

/** What a job that is not simply running says of itself when its definition says nothing better. */
export const CONTROL_DETAILS: Readonly<Record<ControlState, string | undefined>> = {
  run: undefined,
  pause: 'Paused',
  drain: 'Finishing what is under way',
}

/**
 * The progress of a job at the moment in which the operator paused, resumed or drained it: as far as before, saying so, and
 * without an estimate, which only a job at work has.
 */
export function steeredProgress(progress: Progress, control: ControlState): Progress {
  switch (progress.kind) {
    case 'waiting':
      return { ...progress, title: control === 'pause' ? 'Paused' : 'Waiting' }
    case 'working':
      return { ...progress, detail: CONTROL_DETAILS[control], remainingMs: undefined }
    case 'finished':
      return progress
  }
}
