import { parentPort } from 'node:worker_threads'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { PoolMessage, WorkerMessage } from './compute-pool.ts'
import { compareFeaturesSymbol } from './compute/compare-features-symbol.ts'
import { compareSymbol } from './compute/compare-symbol.ts'
import type { ComputeTask, Delivery, TaskKind } from './compute/compute-task.ts'
import { featuresSymbol } from './compute/features-symbol.ts'
import { transformSymbol } from './compute/transform-symbol.ts'
import { verifyCuratedSymbol } from './compute/verify-curated-symbol.ts'

/** Entry of a worker thread: runs one task at a time and waits for leave after each batch, so that results do not pile up. */

const port = parentPort
if (port === null) throw new SwitchyardError('INTERNAL', 'compute-worker runs as a worker thread only.')

function start(task: ComputeTask): Generator<Delivery<TaskKind>, unknown> {
  switch (task.kind) {
    case 'transform':
      return transformSymbol(task)
    case 'features':
      return featuresSymbol(task)
    case 'compare':
      return compareSymbol(task)
    case 'compare-features':
      return compareFeaturesSymbol(task)
    case 'verify-curated':
      return verifyCuratedSymbol(task)
  }
}

let running: Generator<Delivery<TaskKind>, unknown> | undefined

function post(message: WorkerMessage): void {
  port?.postMessage(message, message.type === 'batch' ? [...message.memory] : [])
}

function advance(): void {
  try {
    const step = running?.next()
    if (step === undefined) return
    post(step.done === true ? { type: 'done', result: step.value } : { type: 'batch', ...step.value })
  } catch (thrown) {
    post({ type: 'failed', error: reportError(thrown) })
  }
}

port.on('message', (message: PoolMessage) => {
  if (message.type === 'task') running = start(message.task)
  if (message.type === 'cancel') {
    running?.return(undefined)
    post({ type: 'failed', error: { code: 'CANCELLED', message: 'The work was cancelled.' } })
    return
  }
  advance()
})
