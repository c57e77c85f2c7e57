import { type Job, isFinal } from './job.ts'

/** What an operator can ask of a job. */
export const JOB_ACTIONS = ['pause', 'resume', 'drain', 'cancel'] as const
export type JobAction = (typeof JOB_ACTIONS)[number]

/** Everything about a job that decides what can be asked of it. */
export type ControllableJob = Pick<Job, 'id' | 'kind' | 'state' | 'control' | 'controls' | 'startedAtMs'>

export interface Refusal {
  readonly message: string
  readonly hint: string
}

/**
 * Why `action` cannot be asked of a job as it is now; undefined when it can. Asking again for what is already so is no
 * mistake: pausing a paused job, resuming one that runs, draining one that drains, cancelling one that has ended.
 */
export function actionRefusal(job: ControllableJob, action: JobAction): Refusal | undefined {
  if (action === 'cancel') return undefined
  if (isFinal(job.state)) {
    return {
      message: `Job ${job.id} has ended (${job.state}); there is nothing to ${action}.`,
      hint: 'Start a new one; it does what is still missing.',
    }
  }
  if (action === 'resume' && job.control === 'pause') return undefined
  const needed = action === 'drain' ? 'drain' : 'pause'
  if (!job.controls.includes(needed)) {
    return {
      message: `Jobs of the kind ${job.kind} cannot be ${PARTICIPLES[action]}.`,
      hint: 'Cancel it instead; started again it does what is still missing.',
    }
  }
  if (action === 'drain') {
    return hasBegun(job)
      ? undefined
      : { message: `Job ${job.id} has not begun; there is nothing to finish.`, hint: 'Cancel it instead.' }
  }
  if (job.control === 'drain') {
    return {
      message: `Job ${job.id} is being drained and cannot be ${PARTICIPLES[action]}.`,
      hint: 'It ends when what is under way is done; start a new one then, or cancel it now.',
    }
  }
  return undefined
}

/** What would change a job as it is now: the buttons to show, in this order. */
export function possibleActions(job: ControllableJob): readonly JobAction[] {
  if (isFinal(job.state)) return []
  return JOB_ACTIONS.filter((action) => job.control !== WANTED[action] && actionRefusal(job, action) === undefined)
}

/** Whether a job was begun at least once, be it before a restart. */
export function hasBegun(job: Pick<Job, 'startedAtMs'>): boolean {
  return job.startedAtMs !== undefined
}

const PARTICIPLES = { pause: 'paused', resume: 'resumed', drain: 'drained' } as const
const WANTED = { pause: 'pause', resume: 'run', drain: 'drain', cancel: undefined } as const
