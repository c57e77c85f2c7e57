import type { JobControls, JobKind, JobParams, JobParamsInput, JobResult } from '#shared/jobs/job-kinds.ts'
import type { ProgressStep } from '#shared/progress.ts'
import type { JobControl } from './job-control.ts'
import type { JobServices } from './job-services.ts'

/** A job that another one ran as a part of itself, when it has succeeded. */
export interface DonePart<K extends JobKind> {
  readonly jobId: string
  readonly kind: K
  readonly result: JobResult<K>
  readonly hasFindings: boolean
  /** The result in a few words. */
  readonly summary: string
}

/** What a running job gets. */
export interface JobContext {
  readonly services: JobServices
  readonly jobId: string
  /** 1 when the job is begun for the first time, more when it goes on after a restart of the engine, whatever the reason. */
  readonly attempt: number
  /** Aborted when the job is cancelled or the engine stops: what is under way is given up, too. */
  readonly signal: AbortSignal
  /** Whether the operator wants it paused or drained; `run` for ever where the kind supports neither. */
  readonly control: JobControl
  /**
   * Reports how far step `step` is, 0 to 1; `detail` says what is being done, of a paused job what is still under way. Cheap
   * enough to call for every item.
   */
  readonly report: (
    step: number,
    fraction: number,
    extra?: { detail?: string; done?: number; total?: number; unit?: string },
  ) => void
  /**
   * Runs another job as a part of this one, in its own lane, and returns when it has succeeded. It is an ordinary job with the id
   * `<id of this job>-<part>`, so that this one finds it again after a restart. When this job is cancelled, so is the part.
   *
   * @param onProgress gets how far the part is, 0 to 1, and what it does.
   * @throws {SwitchyardError} with the part's error, naming the part, when it does not succeed.
   */
  readonly runPart: <K extends JobKind>(
    part: string,
    kind: K,
    params: JobParamsInput<K>,
    onProgress: (fraction: number, detail: string) => void,
  ) => Promise<DonePart<K>>
}

/**
 * One kind of work. Every job is repeatable: started again after an interruption it finds what is done and does the rest, so
 * that a restart of the engine needs nothing else.
 */
export interface JobDefinition<K extends JobKind> {
  readonly kind: K
  /** What an operator reads while it runs. */
  readonly title: string
  /**
   * Jobs of the same lane never run at the same time: a lane is a database that they write, `old-pipeline` for its command, `live` for
   * what runs beside them until it is cancelled, or `chain` for jobs whose parts do all the work.
   */
  readonly lane:
    | 'raw'
    | 'curated'
    | 'features'
    | 'legacy'
    | 'old-pipeline'
    | 'comparisons'
    | 'exports'
    | 'live'
    | 'chain'
  /** What `run` does when `control` asks for it; the same as JOB_KINDS tells clients. */
  readonly controls: JobControls<K>
  /**
   * True for a job that runs until it is cancelled or drained. It is taken up again after every restart: once it has run for
   * `STABLE_AFTER_MS`, earlier deaths of the engine count no longer, so that only one that keeps killing the engine soon
   * after its start uses up its attempts. An error that it throws ends it like any other job.
   */
  readonly isService?: boolean
  readonly steps: readonly ProgressStep[]
  /** Refuses bad parameters at once, before the job is queued. */
  readonly check?: (params: JobParams<K>, services: JobServices) => void
  readonly run: (params: JobParams<K>, context: JobContext) => Promise<JobResult<K>>
  /** Whether a result leaves something for the operator to look at. */
  readonly hasFindings: (result: JobResult<K>) => boolean
  /** The result in a few words. */
  readonly summary: (result: JobResult<K>) => string
}

/** A definition for every kind. */
export type JobDefinitions = { readonly [K in JobKind]: JobDefinition<K> }
