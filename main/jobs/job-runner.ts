import { randomBytes } from 'node:crypto'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import { JOB_KINDS, type JobKind, type JobParams, type JobParamsInput } from '#shared/jobs/job-kinds.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import { estimateRemainingMs, type Progress, weightedFraction } from '#shared/progress.ts'
import { storeError } from '#main/stores/store-error.ts'
import { JOB_DEFINITIONS } from './definitions/definitions.ts'
import type { JobContext, JobDefinition } from './job-definition.ts'
import type { JobServices } from './job-services.ts'

export interface JobRunnerOptions {
  readonly services: JobServices
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

interface Running {
  readonly abort: AbortController
  readonly lane: string
  readonly done: Promise<void>
}

/** Progress reaches listeners and the disk at most this often, so that reporting costs nothing. */
const PROGRESS_INTERVAL_MS = 200

/** Why a job is stopped that goes on after the next start. */
const INTERRUPTION = new SwitchyardError('CANCELLED', 'The engine is shutting down.')

/**
 * The persisted queue at work. Jobs of one lane run one after the other in the order in which they were asked for; jobs of
 * different lanes run at the same time. What was running when the engine died is taken up again.
 */
export class JobRunner {
  readonly #services: JobServices
  readonly #log: JobRunnerOptions['log']
  readonly #running = new Map<string, Running>()
  /** Jobs whose end could not be stored. The queue still has them; they are not begun again before the next start. */
  readonly #endNotStored = new Map<string, Job>()
  readonly #listeners = new Set<(job: Job) => void>()
  #draining = false

  constructor(options: JobRunnerOptions) {
    this.#services = options.services
    this.#log = options.log
  }

  /** Puts interrupted jobs back into the queue and begins to work. */
  start(): void {
    this.#services.stores.ops.requeueInterrupted(this.#services.nowMs())
    this.#startNext()
  }

  get runningJobs(): number {
    return this.#running.size
  }

  /** Queues a job. Throws at once what its parameters have wrong; nothing is queued then. */
  submit<K extends JobKind>(kind: K, params: JobParamsInput<K>): Job {
    if (this.#draining) throw new SwitchyardError('CANCELLED', 'The engine is shutting down and takes no new work.')
    const parsed = JOB_KINDS[kind].params.parse(params) as JobParams<K>
    const definition = JOB_DEFINITIONS[kind] as JobDefinition<K>
    definition.check?.(parsed, this.#services)
    const { ops } = this.#services.stores
    const nowMs = this.#services.nowMs()
    let id = newJobId(nowMs)
    // A script can ask for so many jobs in one second that two of them draw the same digits.
    while (ops.hasJob(id)) id = newJobId(nowMs)
    const job = ops.enqueue(id, kind, parsed, nowMs)
    this.#publish(job)
    this.#startNext()
    return ops.job(job.id)
  }

  /** The job as it is now. Throws NOT_FOUND. */
  job(id: string): Job {
    return this.#endNotStored.get(id) ?? this.#services.stores.ops.job(id)
  }

  /** The newest jobs, newest first. */
  list(limit: number): readonly Job[] {
    return this.#services.stores.ops.jobs(limit).map((job) => this.#endNotStored.get(job.id) ?? job)
  }

  /** Cancels a queued job at once and asks a running one to stop; a finished one stays as it is. */
  cancel(id: string): Job {
    const { ops } = this.#services.stores
    const job = this.job(id)
    const running = this.#running.get(id)
    if (running !== undefined) running.abort.abort()
    else if (!isFinal(job.state)) {
      this.#publish(
        ops.fail(id, 'cancelled', { code: 'CANCELLED', message: 'Cancelled before it began.' }, this.#services.nowMs()),
      )
    }
    return this.job(id)
  }

  /** Calls `listener` on every change of any job until the returned function is called. */
  onChange(listener: (job: Job) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Stops taking jobs, interrupts the running ones and waits until they have come to rest. They stay in the queue and go on
   * after the next start.
   */
  async drain(): Promise<void> {
    this.#draining = true
    const resting = [...this.#running.values()].map(({ abort, done }) => {
      abort.abort(INTERRUPTION)
      return done
    })
    await Promise.all(resting)
  }

  #startNext(): void {
    if (this.#draining) return
    const busy = new Set([...this.#running.values()].map(({ lane }) => lane))
    for (const job of this.#services.stores.ops.queued()) {
      const { lane } = JOB_DEFINITIONS[job.kind]
      // An earlier job of the same lane that still waits keeps its place.
      if (busy.has(lane) || this.#endNotStored.has(job.id)) continue
      busy.add(lane)
      const abort = new AbortController()
      // The entry must be there before the job does anything, so that it can be cancelled from its first moment.
      const begin = Promise.withResolvers<void>()
      const done = begin.promise.then(() => this.#run(job, abort))
      this.#running.set(job.id, { abort, lane, done })
      begin.resolve()
    }
  }

  async #run(job: Job, abort: AbortController): Promise<void> {
    let ended: Job | undefined
    try {
      ended = await this.#work(job, abort.signal)
    } catch (thrown) {
      const error = reportError(storeError(thrown, this.#services.folder))
      // A job that the shutdown interrupts is not cancelled: it goes back into the queue for the next start. One that
      // the operator cancelled before has another reason.
      const interrupted = abort.signal.reason === INTERRUPTION && error.code === 'CANCELLED'
      this.#log.error({ jobId: job.id, kind: job.kind, error, thrown }, interrupted ? 'job interrupted' : 'job failed')
      if (interrupted) this.#release(job)
      else ended = this.#noteFailure(job, error)
    }
    this.#running.delete(job.id)
    if (ended !== undefined) this.#publish(ended)
    try {
      this.#startNext()
    } catch (thrown) {
      // Nobody waits for this, so that the error would end the engine. The next end or submission of a job looks again.
      this.#log.error({ thrown }, 'the queue could not be read')
    }
  }

  #release(job: Job): void {
    try {
      this.#services.stores.ops.release(job.id)
    } catch (thrown) {
      // It then stays `running`, and the next start takes it up as after a crash.
      this.#log.error({ jobId: job.id, thrown }, 'an interrupted job could not be put back into the queue')
    }
  }

  /** Stores that a job failed and returns it as it is now; whoever waits for it hears of the end also when it cannot be stored. */
  #noteFailure(job: Job, error: ReturnType<typeof reportError>): Job {
    const state = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    const nowMs = this.#services.nowMs()
    try {
      return this.#services.stores.ops.fail(job.id, state, error, nowMs)
    } catch (thrown) {
      // A full disk can keep even the failure from being written; the job is then taken up again on the next start.
      this.#log.error({ jobId: job.id, thrown }, 'the failure of a job could not be stored')
      const ended: Job = { ...job, state, error, finishedAtMs: nowMs }
      this.#endNotStored.set(job.id, ended)
      return ended
    }
  }

  async #work(job: Job, signal: AbortSignal): Promise<Job> {
    const { ops } = this.#services.stores
    const definition = JOB_DEFINITIONS[job.kind] as JobDefinition<JobKind>
    const params = JOB_KINDS[job.kind].params.parse(job.params) as JobParams<JobKind>
    const startedAtMs = this.#services.nowMs()
    this.#publish(ops.begin(job.id, { kind: 'working', fraction: 0, title: definition.steps[0].title }, startedAtMs))
    this.#log.info({ jobId: job.id, kind: job.kind, params }, 'job started')

    let lastReportMs = 0
    const report: JobContext['report'] = (step, stepFraction, extra) => {
      const nowMs = this.#services.nowMs()
      if (nowMs - lastReportMs < PROGRESS_INTERVAL_MS && stepFraction > 0) return
      lastReportMs = nowMs
      const fraction = weightedFraction(definition.steps, step, stepFraction)
      const progress: Progress = {
        kind: 'working',
        fraction,
        title: definition.steps[step].title,
        ...extra,
        remainingMs: estimateRemainingMs(fraction, nowMs - startedAtMs),
      }
      ops.saveProgress(job.id, progress)
      this.#publish({ ...ops.job(job.id), progress })
    }
    const result = await definition.run(params, { services: this.#services, jobId: job.id, signal, report })
    const title = definition.summary(result)
    this.#log.info({ jobId: job.id, kind: job.kind, result }, 'job done')
    return ops.succeed(job.id, result, definition.hasFindings(result), title, this.#services.nowMs())
  }

  #publish(job: Job): void {
    this.#services.publish({ kind: 'job', job })
    for (const listener of this.#listeners) {
      try {
        listener(job)
      } catch (thrown) {
        this.#log.error({ jobId: job.id, thrown }, 'a listener failed')
      }
    }
  }
}

/** An id that sorts by time and is short enough to read out: `20240703-143105-1f3a`. */
function newJobId(nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-')
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
