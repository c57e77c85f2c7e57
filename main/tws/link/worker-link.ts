import { Worker } from 'node:worker_threads'
import type { LinkCommand, LinkEvent } from './link-protocol.ts'

/** One connection's way to TWS and back. */
export interface Link {
  post(command: LinkCommand): void
  /** Ends it for good; resolves when its socket is gone. No event comes after the call. */
  close(): Promise<void>
}

export interface LinkListener {
  onEvent(event: LinkEvent): void
  /** The thread ended by itself: it ran out of memory, or met a defect. */
  onDead(cause: Error): void
}

export type OpenLink = (listener: LinkListener) => Link

/** What the thread may hold at most, so that a hostile peer ends the connection and not the engine. */
const MEMORY_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 }

export interface LinkWorkerEntry {
  /** The thread's entry file. */
  readonly script: URL
  readonly env: NodeJS.ProcessEnv
}

/** Links whose socket lives in a worker thread, a new one for each connection. */
export function workerLinks({ script, env }: LinkWorkerEntry): OpenLink {
  return (listener) => {
    const worker = new Worker(script, { env, resourceLimits: MEMORY_LIMITS })
    let isClosed = false
    worker.on('message', (event: LinkEvent) => {
      if (!isClosed) listener.onEvent(event)
    })
    worker.on('error', (cause) => {
      if (!isClosed) listener.onDead(cause instanceof Error ? cause : new Error(String(cause)))
    })
    worker.on('exit', (code) => {
      if (!isClosed) listener.onDead(new Error(`the thread that held the socket ended (exit code ${code})`))
    })
    return {
      post: (command) => {
        if (!isClosed) worker.postMessage(command)
      },
      close: async () => {
        isClosed = true
        await worker.terminate()
      },
    }
  }
}
