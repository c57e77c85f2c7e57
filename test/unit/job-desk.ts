import { join } from 'node:path'
import type { IngestResult, TransformResult } from '#shared/jobs/job-kinds.ts'
import { type ControlState, isFinal, type Job } from '#shared/jobs/job.ts'
import { JOB_DEFINITIONS } from '#main/jobs/definitions/definitions.ts'
import type { JobContext, JobDefinition } from '#main/jobs/job-definition.ts'
import { JobRunner } from '#main/jobs/job-runner.ts'
import type { JobServices } from '#main/jobs/job-services.ts'
import { WritableOpsStore } from '#main/stores/ops-store.ts'

let files = 0

const PIECES = 4
const RANGE = { from: '2024-07-01', to: '2024-07-02' }

/** One run of the desk's ingest: what it was given, how many pieces it began, and how the last one is finished. */
interface Run {
  readonly context: JobContext
  readonly stateAtStart: ControlState
  begun: number
  finishPiece: () => void
}

/**
 * An engine's queue without the rest of the engine. Its ingest does four pieces one after the other, each of which takes
 * until the test finishes it; its transform is a service in the lane `live`.
 */
export class JobDesk {
  readonly runs: Run[] = []
  /** The attempt of each run of the service. */
  readonly serviceAttempts: number[] = []
  clock = 1_000_000
  readonly #folder: string
  readonly #file: string
  #store: WritableOpsStore
  #runner: JobRunner

  /** @param folder where its queue is kept. */
  constructor(folder: string) {
    this.#folder = folder
    this.#file = join(folder, `ops-${files++}.db`)
    this.#store = new WritableOpsStore(this.#file)
    this.#runner = this.#start()
  }

  get jobs(): JobRunner {
    return this.#runner
  }

  get lastRun(): Run {
    return this.runs[this.runs.length - 1]
  }

  /** Stops in good order. */
  async close(): Promise<void> {
    await this.#runner.shutDown()
    this.#store.close()
  }

  /** Forgets everything that is not on the disk. */
  die(): void {
    this.#store.close()
  }

  openAgain(): void {
    this.#store = new WritableOpsStore(this.#file)
    this.#runner = this.#start()
  }

  ingest(): string {
    return this.#runner.submit('ingest', RANGE).id
  }

  /** Waits until the job is as wanted. */
  until(id: string, wanted: (job: Job) => boolean): Promise<Job> {
    return new Promise((resolve) => {
      const look = (job: Job): void => {
        if (job.id !== id || !wanted(job)) return
        stop()
        resolve(job)
      }
      const stop = this.#runner.onChange(look)
      look(this.#runner.job(id))
    })
  }

  ended(id: string): Promise<Job> {
    return this.until(id, ({ state }) => isFinal(state))
  }

  /** Waits until the n-th piece of a run of the job is under way. */
  begun(id: string, nth: number): Promise<Job> {
    return this.until(
      id,
      ({ state, progress }) => state === 'running' && progress.kind === 'working' && progress.done === nth,
    )
  }

  #start(): JobRunner {
    const services = {
      stores: { ops: this.#store },
      folder: this.#folder,
      nowMs: () => this.clock,
      publish: () => undefined,
    } as unknown as JobServices
    const runner = new JobRunner({
      services,
      log: { info: () => undefined, error: () => undefined },
      definitions: { ...JOB_DEFINITIONS, ingest: this.#ingest(), transform: this.#service() },
    })
    runner.start()
    return runner
  }

  #ingest(): JobDefinition<'ingest'> {
    return {
      ...JOB_DEFINITIONS.ingest,
      steps: [{ title: 'Fetching', weight: 1 }],
      check: () => undefined,
      run: async (_params, context) => {
        const { control, signal, report } = context
        const run: Run = { context, stateAtStart: control.state, begun: 0, finishPiece: () => undefined }
        this.runs.push(run)
        const stop = control.onChange((state) => {
          if (state === 'pause') report(0, run.begun / PIECES, { detail: 'Paused: 1 piece under way', done: run.begun })
        })
        try {
          while (run.begun < PIECES) {
            await control.waitWhilePaused(signal)
            if (control.state === 'drain') break
            run.begun++
            const piece = Promise.withResolvers<void>()
            run.finishPiece = piece.resolve
            signal.addEventListener('abort', () => piece.reject(signal.reason), { once: true })
            this.clock += 10_000
            report(0, run.begun / PIECES, { detail: 'SPY', done: run.begun })
            await piece.promise
          }
          return { ...NOTHING, requests: run.begun, sessionsLeft: PIECES - run.begun }
        } finally {
          stop()
        }
      },
    }
  }

  #service(): JobDefinition<'transform'> {
    return {
      ...JOB_DEFINITIONS.transform,
      lane: 'live',
      isService: true,
      check: () => undefined,
      run: (_params, { signal, attempt }) =>
        new Promise<TransformResult>((_resolve, reject) => {
          this.serviceAttempts.push(attempt)
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    }
  }
}

const NOTHING: IngestResult = {
  requests: 0,
  bars: 0,
  sessionsFetched: 0,
  sessionsAlreadyStored: 0,
  sessionsNotFinished: 0,
  sessionsLeft: 0,
  withoutData: [],
  short: [],
  failed: [],
  retries: 0,
  revisedSessions: 0,
  scheduleDifferences: [],
}
