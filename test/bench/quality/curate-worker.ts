import { parentPort } from 'node:worker_threads'
import { curateSymbol, type CurateTask } from './curate-symbol.ts'

/** Entry of a worker thread: curates one symbol after the other and goes on after each batch when it is told to. */

const port = parentPort
if (port === null) throw new Error('curate-worker runs as a worker thread only.')

let running: ReturnType<typeof curateSymbol> | undefined

port.on('message', (task: CurateTask | 'next') => {
  if (task !== 'next') running = curateSymbol(task)
  const step = running?.next()
  if (step === undefined || step.done === true) port.postMessage('done')
  else
    port.postMessage(
      step.value,
      step.value.map(({ blobs }) => blobs.ts.buffer as ArrayBuffer),
    )
})
