import { z } from 'zod'
import { ERROR_CODES } from '#shared/errors.ts'
import { JOB_CONTROLS, JOB_KIND_NAMES } from './job-kinds.ts'

export const progressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('waiting'), fraction: z.literal(0), title: z.string() }),
  z.object({
    kind: z.literal('working'),
    fraction: z.number().min(0).max(1),
    title: z.string(),
    detail: z.string().optional(),
    done: z.number().optional(),
    total: z.number().optional(),
    unit: z.string().optional(),
    remainingMs: z.number().optional(),
  }),
  z.object({ kind: z.literal('finished'), fraction: z.literal(1), title: z.string() }),
])

export const errorReportSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  hint: z.string().optional(),
})

/**
 * queued -> running -> succeeded | failed | cancelled. A job that was running when the engine died is queued again on the
 * next start, at most `MAX_ATTEMPTS` times.
 */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const

/**
 * What the operator wants of a job: `run` as usual; `pause`: begin nothing new, finish what is under way, then wait; `drain`:
 * begin nothing new, finish what is under way, then end as succeeded. It stands beside the state: a paused job is queued or
 * running. run <-> pause, and from both to `drain`, from which there is no way back.
 */
export const CONTROL_STATES = ['run', 'pause', 'drain'] as const
export type ControlState = (typeof CONTROL_STATES)[number]

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KIND_NAMES),
  state: z.enum(JOB_STATES),
  /** Parameters as given when the job was started. */
  params: z.record(z.string(), z.unknown()),
  progress: progressSchema,
  /** Present when the job succeeded; its shape is the result schema of the kind. */
  result: z.record(z.string(), z.unknown()).optional(),
  error: errorReportSchema.optional(),
  /** True when it succeeded and left something that an operator should look at (exit code 3 on the command line). */
  hasFindings: z.boolean(),
  /** What the operator wants of it. A job that has ended is never paused; one that was drained still says so. */
  control: z.enum(CONTROL_STATES),
  /** What its kind supports; see `possibleActions` for what can be asked of this job now. */
  controls: z.array(z.enum(JOB_CONTROLS)),
  /** How often it was begun, not counting the runs that an orderly stop of the engine ended; at most `MAX_ATTEMPTS`. */
  attempts: z.int(),
  /** How often it was begun altogether. */
  runs: z.int(),
  createdAtMs: z.number(),
  startedAtMs: z.number().optional(),
  finishedAtMs: z.number().optional(),
})
export type Job = z.infer<typeof jobSchema>
export type JobState = Job['state']

/** Whether a job in `state` will never change again. */
export function isFinal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled'
}
