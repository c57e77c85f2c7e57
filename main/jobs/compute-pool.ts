import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ErrorReport, SwitchyardError } from '#shared/errors.ts'
import { workerEnvironment } from './worker-environment.ts'
import type { BatchOf, ComputeTask, ResultOf, TaskKind } from './compute/compute-task.ts'

/** From a worker: a part of the answer, the end of it, or why there is none. */
export type WorkerMessage =
  | { readonly type: 'batch'; readonly batch: unknown; readonly memory: readonly ArrayBuffer[] }
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'failed'; readonly error: ErrorReport }

/** To a worker: a task, the permission to go on after a batch, or the order to stop at the next one. */
export type PoolMessage =
  | { readonly type: 'task'; readonly task: ComputeTask }
  | { readonly type: 'next' }
  | { readonly type: 'cancel' }

/**
 * Worker threads for heavy pure work. A task runs on one worker, which reads the stores through connections of its own and
 * hands back encoded blocks in batches; the caller, who owns the writers, stores each batch before the next is computed.
 */
export class ComputePool {
  readonly #script: URL
  readonly #size: number
  readonly #idle: Worker[] = []
  readonly #all = new Set<Worker>()
  readonly #waiting: PromiseWithResolvers<Worker>[] = []
  #closed = false

  /**
   * @param script the worker's entry file.
   * @param size number of threads; all cores but at most 8 when left out.
   */
  constructor(script: URL, size = Math.min(8, Math.max(1, availableParallelism()))) {
    this.#script = script
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /**
   * Runs a task; `onBatch` is called for every batch in order. A batch's blobs are gone when it returns. Rejects with the
   * task's error, with what `onBatch` threw, or with CANCELLED.
   */
  async run<K extends TaskKind>(
    task: Extract<ComputeTask, { kind: K }>,
    onBatch: (batch: BatchOf<K>) => void,
    signal: AbortSignal,
  ): Promise<ResultOf<K>> {
    signal.throwIfAborted()
    const worker = await this.#take()
    worker.ref()
    let broken = false
    try {
      // It may have taken a while until a worker was free.
      signal.throwIfAborted()
      return await new Promise<ResultOf<K>>((resolve, reject) => {
        const post = (message: PoolMessage): void => worker.postMessage(message)
        let failure: unknown
        const onMessage = (message: WorkerMessage): void => {
          if (message.type === 'batch') {
            try {
              if (failure === undefined && !signal.aborted) onBatch(message.batch as BatchOf<K>)
            } catch (thrown) {
              failure = thrown
            }
            // Freed at once: the collector does not see how much they hold and would run again and again to find out.
            for (const buffer of message.memory) buffer.transfer(0)
            post({ type: failure !== undefined || signal.aborted ? 'cancel' : 'next' })
            return
          }
          finish()
          if (failure !== undefined) reject(failure)
          else if (message.type === 'done') resolve(message.result as ResultOf<K>)
          else if (signal.aborted) reject(signal.reason)
          else reject(new SwitchyardError(message.error.code, message.error.message, message.error))
        }
        const onBroken = (cause: unknown): void => {
          broken = true
          finish()
          reject(
            this.#closed
              ? shuttingDown()
              : new SwitchyardError('INTERNAL', 'A worker thread stopped in the middle of its work.', { cause }),
          )
        }
        const finish = (): void => {
          worker.off('message', onMessage)
          worker.off('error', onBroken)
          worker.off('exit', onBroken)
        }
        worker.on('message', onMessage)
        worker.on('error', onBroken)
        worker.on('exit', onBroken)
        post({ type: 'task', task })
      })
    } finally {
      this.#giveBack(broken ? undefined : worker)
    }
  }

  /** Runs several tasks, as many at a time as there are workers; the first failure cancels the others. */
  async runAll<K extends TaskKind>(
    tasks: readonly Extract<ComputeTask, { kind: K }>[],
    onBatch: (batch: BatchOf<K>, index: number) => void,
    signal: AbortSignal,
  ): Promise<ResultOf<K>[]> {
    const failed = new AbortController()
    const either = AbortSignal.any([signal, failed.signal])
    const results: ResultOf<K>[] = []
    let firstError: { readonly error: unknown } | undefined
    let next = 0
    const lane = async (): Promise<void> => {
      for (let index = next++; index < tasks.length; index = next++) {
        try {
          results[index] = await this.run(tasks[index], (batch) => onBatch(batch, index), either)
        } catch (error) {
          firstError ??= { error }
          failed.abort()
          return
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(this.#size, tasks.length) }, lane))
    if (firstError !== undefined) throw firstError.error
    return results
  }

  /** Stops all workers; tasks that run or wait are rejected with CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting.splice(0)) reject(shuttingDown())
    await Promise.all([...this.#all].map((worker) => worker.terminate()))
  }

  #take(): Promise<Worker> | Worker {
    if (this.#closed) throw shuttingDown()
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#all.size < this.#size) return this.#start()
    const turn = Promise.withResolvers<Worker>()
    this.#waiting.push(turn)
    return turn.promise
  }

  #giveBack(worker: Worker | undefined): void {
    // An idle worker must not keep the process alive.
    worker?.unref()
    const next = this.#waiting.shift()
    if (next !== undefined) next.resolve(worker ?? this.#start())
    else if (worker !== undefined) this.#idle.push(worker)
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { env: workerEnvironment(this.#script) })
    this.#all.add(worker)
    // A worker that broke is not handed out again, also when it broke between two tasks.
    const forget = (): void => {
      this.#all.delete(worker)
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
    }
    worker.on('error', forget)
    worker.on('exit', forget)
    return worker
  }
}

function shuttingDown(): SwitchyardError {
  return new SwitchyardError('CANCELLED', 'The engine is shutting down.')
}
