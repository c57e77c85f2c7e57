import { randomBytes } from 'node:crypto'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import { JOB_KINDS, type JobKind, type JobParams, type JobParamsInput, type JobResult } from '#shared/jobs/job-kinds.ts'
import { actionRefusal, hasBegun } from '#shared/jobs/job-actions.ts'
import { type ControlState, isFinal, type Job } from '#shared/jobs/job.ts'
import type { Progress } from '#shared/progress.ts'
import { storeError } from '#main/stores/store-error.ts'
import { JOB_DEFINITIONS } from './definitions/definitions.ts'
import { INTERRUPTION, isInterruption } from './interruption.ts'
import { OperatorControl } from './job-control.ts'
import type { DonePart, JobContext, JobDefinition, JobDefinitions } from './job-definition.ts'
import type { JobServices } from './job-services.ts'
import { progressReporter } from './progress-reporter.ts'
import { steeredProgress } from './steered-progress.ts'

export interface JobRunnerOptions {
  readonly services: JobServices
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  /** What each kind of job does; the real definitions when left out. */
  readonly definitions?: JobDefinitions
}

interface Running {
  readonly abort: AbortController
  readonly control: OperatorControl
  readonly lane: string
  readonly done: Promise<void>
}

/** A service that has run for so long is stable: the deaths of the engine before count no longer against it. */
export const STABLE_AFTER_MS = 5 * 60_000

/**
 * The persisted queue at work. Jobs of one lane run one after the other in the order in which they were asked for; jobs of
 * different lanes run at the same time. What was running when the engine died is taken up again.
 *
 * A job that is paused after it has begun keeps its lane, also over a restart of the engine. One that is paused before it has
 * begun is passed over: later jobs of its lane run, and when it is resumed it has its old place among those that wait.
 */
export class JobRunner {
  readonly #services: JobServices
  readonly #log: JobRunnerOptions['log']
  readonly #definitions: JobDefinitions
  readonly #running = new Map<string, Running>()
  /** Jobs whose end could not be stored. The queue still has them; they are not begun again before the next start. */
  readonly #endNotStored = new Map<string, Job>()
  readonly #listeners = new Set<(job: Job) => void>()
  #isShuttingDown = false

  constructor(options: JobRunnerOptions) {
    this.#services = options.services
    this.#log = options.log
    this.#definitions = options.definitions ?? JOB_DEFINITIONS
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
    if (this.#isShuttingDown)
      throw new SwitchyardError('CANCELLED', 'The engine is shutting down and takes no new work.')
    const { ops } = this.#services.stores
    const nowMs = this.#services.nowMs()
    let id = newJobId(nowMs)
    // A script can ask for so many jobs in one second that two of them draw the same digits.
    while (ops.hasJob(id)) id = newJobId(nowMs)
    return this.#submitAs(id, kind, params)
  }

  /** The job as it is now. Throws NOT_FOUND. */
  job(id: string): Job {
    return this.#endNotStored.get(id) ?? this.#services.stores.ops.job(id)
  }

  /** The newest jobs, newest first. */
  list(limit: number): readonly Job[] {
    return this.#services.stores.ops.jobs(limit).map((job) => this.#endNotStored.get(job.id) ?? job)
  }

  /**
   * Has a job begin nothing new, finish what is under way and wait; a queued one is not begun. Throws NOT_FOUND, and
   * BAD_ARGUMENTS when the kind does not support it, when the job drains or when it has ended.
   */
  pause(id: string): Job {
    return this.#steer(id, 'pause', 'pause')
  }

  /** Has a paused job go on. Throws as {@link pause}. */
  resume(id: string): Job {
    return this.#steer(id, 'resume', 'run')
  }

  /**
   * Has a job begin nothing new, finish what is under way and succeed with what it did; its result says what is left. Throws
   * NOT_FOUND, and BAD_ARGUMENTS when the kind does not support it, when the job has not begun or when it has ended.
   */
  drain(id: string): Job {
    return this.#steer(id, 'drain', 'drain')
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
  async shutDown(): Promise<void> {
    this.#isShuttingDown = true
    const resting = [...this.#running.values()].map(({ abort, done }) => {
      abort.abort(INTERRUPTION)
      return done
    })
    await Promise.all(resting)
  }

  #submitAs<K extends JobKind>(id: string, kind: K, params: JobParamsInput<K>): Job {
    const parsed = JOB_KINDS[kind].params.parse(params) as JobParams<K>
    const definition = this.#definitions[kind] as JobDefinition<K>
    definition.check?.(parsed, this.#services)
    const { ops } = this.#services.stores
    this.#publish(ops.enqueue(id, kind, parsed, this.#services.nowMs()))
    this.#startNext()
    return ops.job(id)
  }

  /** What {@link JobContext.runPart} promises, for the job `whole`. */
  async #runPart<K extends JobKind>(
    whole: Job,
    signal: AbortSignal,
    ...[part, kind, params, onProgress]: Parameters<JobContext['runPart']>
  ): Promise<DonePart<K>> {
    signal.throwIfAborted()
    const id = `${whole.id}-${part}`
    if (!this.#services.stores.ops.hasJob(id)) this.#submitAs(id, kind, params)
    // When the engine stops, the part goes back into the queue by itself, as this job does.
    const onAbort = (): void => void (signal.reason === INTERRUPTION || this.cancel(id))
    signal.addEventListener('abort', onAbort, { once: true })
    let job: Job
    try {
      job = await this.#whenEnded(id, signal, ({ progress }) => onProgress(progress.fraction, progressWords(progress)))
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    signal.throwIfAborted()
    if (job.state === 'succeeded') {
      const result = job.result as JobResult<K>
      return { jobId: id, kind: kind as K, result, hasFindings: job.hasFindings, summary: job.progress.title }
    }
    const { title } = this.#definitions[kind]
    const { code, message, hint } = job.error ?? { code: 'JOB_FAILED' as const, message: `It ended as ${job.state}.` }
    throw new SwitchyardError(code, `Stopped at "${title}" (job ${id}): ${message}`, { hint })
  }

  /** Waits until a job has ended; when the engine stops, until then at most. */
  #whenEnded(id: string, signal: AbortSignal, onChange: (job: Job) => void): Promise<Job> {
    return new Promise((resolve, reject) => {
      const look = (job: Job): void => {
        if (job.id !== id) return
        onChange(job)
        if (isFinal(job.state)) leave(() => resolve(job))
      }
      const onAbort = (): void => {
        if (signal.reason === INTERRUPTION) leave(() => reject(signal.reason as Error))
      }
      const stop = this.onChange(look)
      const leave = (then: () => void): void => {
        stop()
        signal.removeEventListener('abort', onAbort)
        then()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      look(this.job(id))
    })
  }

  #steer(id: string, action: 'pause' | 'resume' | 'drain', control: ControlState): Job {
    const { ops } = this.#services.stores
    const job = this.job(id)
    const { controls } = this.#definitions[job.kind]
    const refusal = actionRefusal({ ...job, controls: [...controls] }, action)
    if (refusal !== undefined) throw new SwitchyardError('BAD_ARGUMENTS', refusal.message, { hint: refusal.hint })
    if (job.control === control) return job
    // Stored first: what the job then says of itself replaces this.
    ops.setControl(id, control, steeredProgress(job.progress, control))
    this.#log.info({ jobId: id, kind: job.kind, control }, 'job steered')
    this.#running.get(id)?.control.set(control)
    this.#publish(ops.job(id))
    this.#startNext()
    return this.job(id)
  }

  #startNext(): void {
    if (this.#isShuttingDown) return
    const busy = new Set([...this.#running.values()].map(({ lane }) => lane))
    for (const job of this.#services.stores.ops.queued()) {
      const { lane } = this.#definitions[job.kind]
      // An earlier job of the same lane that still waits keeps its place.
      if (busy.has(lane) || this.#endNotStored.has(job.id) || isPassedOver(job)) continue
      busy.add(lane)
      const abort = new AbortController()
      const control = new OperatorControl(job.control, (thrown) =>
        this.#log.error({ jobId: job.id, thrown }, 'a job failed to follow its control'),
      )
      // The entry must be there before the job does anything, so that it can be cancelled from its first moment.
      const begin = Promise.withResolvers<void>()
      const done = begin.promise.then(() => this.#run(job, abort, control))
      this.#running.set(job.id, { abort, control, lane, done })
      begin.resolve()
    }
  }

  async #run(job: Job, abort: AbortController, control: OperatorControl): Promise<void> {
    let ended: Job | undefined
    try {
      // Paused in the moment of its submission: it gives the lane back.
      const isPaused = isPassedOver({ ...job, control: control.state }) && !abort.signal.aborted
      if (!isPaused) ended = await this.#work(job, abort.signal, control)
    } catch (thrown) {
      const error = reportError(storeError(thrown, this.#services.folder))
      // A job that the shutdown interrupts is not cancelled: it goes back into the queue for the next start. One that
      // the operator cancelled before has another reason.
      const interrupted = isInterruption(abort.signal) && error.code === 'CANCELLED'
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

  async #work(job: Job, signal: AbortSignal, control: OperatorControl): Promise<Job> {
    const { nowMs, stores } = this.#services
    const { ops } = stores
    const definition = this.#definitions[job.kind] as JobDefinition<JobKind>
    const params = JOB_KINDS[job.kind].params.parse(job.params) as JobParams<JobKind>
    if (control.state === 'pause') {
      // It was paused when the engine stopped. It waits here, in its lane and in the queue, so that an engine that stops
      // again and again meanwhile costs it no attempt; what it said to be under way is not any more.
      this.#publish(ops.setControl(job.id, 'pause', steeredProgress(job.progress, 'pause')))
      await control.waitWhilePaused(signal)
    }
    const begun = ops.begin(job.id, { kind: 'working', fraction: 0, title: definition.steps[0].title }, nowMs())
    this.#publish(begun)
    this.#log.info({ jobId: job.id, kind: job.kind, params }, 'job started')

    const report = progressReporter({
      steps: definition.steps,
      control,
      nowMs,
      deliver: (progress) => {
        ops.saveProgress(job.id, progress)
        this.#publish({ ...ops.job(job.id), progress })
      },
    })
    const proof = definition.isService === true ? this.#whenStable(job.id) : undefined
    let result
    try {
      result = await definition.run(params, {
        services: this.#services,
        jobId: job.id,
        attempt: begun.runs,
        signal,
        control,
        report,
        runPart: (...part) => this.#runPart(begun, signal, ...part),
      })
    } finally {
      clearTimeout(proof)
    }
    const title = definition.summary(result)
    this.#log.info({ jobId: job.id, kind: job.kind, result }, 'job done')
    return ops.succeed(job.id, result, definition.hasFindings(result), title, nowMs())
  }

  /** Forgets the earlier attempts of a service when it has run for long enough. */
  #whenStable(id: string): NodeJS.Timeout {
    const forget = (): void => {
      try {
        this.#services.stores.ops.forgetAttempts(id)
      } catch (thrown) {
        // They then count on, which ends the service early at worst.
        this.#log.error({ jobId: id, thrown }, 'the attempts of a service could not be forgotten')
      }
    }
    return setTimeout(forget, STABLE_AFTER_MS).unref()
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

/** Whether a queued job lets later ones of its lane go first. */
function isPassedOver(job: Job): boolean {
  return job.control === 'pause' && !hasBegun(job)
}

function progressWords(progress: Progress): string {
  return progress.kind === 'working' && progress.detail !== undefined
    ? `${progress.title}: ${progress.detail}`
    : progress.title
}

/** An id that sorts by time and is short enough to read out: `20240703-143105-1f3a`. */
function newJobId(nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '-')
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
