import type { JobKind, JobParams, JobResult } from '#shared/jobs/job-kinds.ts'
import type { ProgressStep } from '#shared/progress.ts'
import type { JobServices } from './job-services.ts'

/** What a running job gets. */
export interface JobContext {
  readonly services: JobServices
  readonly jobId: string
  readonly signal: AbortSignal
  /** Reports how far step `step` is, 0 to 1; `detail` says what is being done. Cheap enough to call for every item. */
  readonly report: (
    step: number,
    fraction: number,
    extra?: { detail?: string; done?: number; total?: number; unit?: string },
  ) => void
}

/**
 * One kind of work. Every job is repeatable: started again after an interruption it finds what is done and does the rest, so
 * that a restart of the engine needs nothing else.
 */
export interface JobDefinition<K extends JobKind> {
  readonly kind: K
  /** What an operator reads while it runs. */
  readonly title: string
  /** Jobs of the same lane never run at the same time: a lane is a database that they write. */
  readonly lane: 'raw' | 'curated' | 'features' | 'legacy' | 'comparisons' | 'exports'
  readonly steps: readonly ProgressStep[]
  /** Refuses bad parameters at once, before the job is queued. */
  readonly check?: (params: JobParams<K>, services: JobServices) => void
  readonly run: (params: JobParams<K>, context: JobContext) => Promise<JobResult<K>>
  /** Whether a result leaves something for the operator to look at. */
  readonly hasFindings: (result: JobResult<K>) => boolean
  /** The result in a few words. */
  readonly summary: (result: JobResult<K>) => string
}
