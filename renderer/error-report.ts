import { isDefinedError, ORPCError } from '@orpc/client'
import { z } from 'zod'
import type { ErrorReport } from '#shared/errors.ts'
import { errorReportSchema } from '#shared/jobs/job.ts'
import { EngineUnreachableError } from './engine-connection.ts'

/** An error as the console shows it. */
export interface ShownError {
  readonly message: string
  readonly hint: string | undefined
  /** For the folded details: a code and whatever else helps to find the cause. */
  readonly details: string
}

/** Whether the request got no answer because the way to the engine was missing or ended, so that asking again can help. */
export function isTransportFailure(error: unknown): boolean {
  return !(error instanceof ORPCError)
}

const issuesSchema = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.unknown()).optional() })),
})

/** Turns anything a request was rejected with into what the operator reads. */
export function shownError(error: unknown): ShownError {
  if (error instanceof ORPCError) {
    const report = errorReportSchema.safeParse(error.data)
    if (isDefinedError(error) && report.success) return shownReport(report.data)
    const invalid = issuesSchema.safeParse(error.data)
    if (error.code === 'BAD_REQUEST' && invalid.success) {
      return {
        message: invalid.data.issues
          .map((issue) => [issue.path?.join('.'), issue.message].filter(Boolean).join(' '))
          .join('; '),
        hint: 'Correct the value and try again.',
        details: 'BAD_REQUEST',
      }
    }
    return {
      message: error.message,
      hint: 'This is a defect in Switchyard. The log in the workspace folder has the details.',
      details: `${error.code} (${error.status})`,
    }
  }
  if (error instanceof EngineUnreachableError) {
    return {
      message: 'The engine cannot be reached, so nothing was started.',
      hint: 'Wait until the connection is back and try again.',
      details: error.name,
    }
  }
  return {
    message: 'The connection to the engine ended before it answered.',
    hint: 'Look at the jobs when the connection is back: the request may have arrived.',
    details: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  }
}

/** The report stored with a failed job, as the console shows it. */
export function shownReport(report: ErrorReport): ShownError {
  return { message: report.message, hint: report.hint, details: report.code }
}
