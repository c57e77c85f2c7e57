import { z } from 'zod'
import { ERROR_CODES } from '#shared/errors.ts'
import { JOB_KIND_NAMES } from './job-kinds.ts'

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
  attempts: z.int(),
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
