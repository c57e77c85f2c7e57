import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { Progress } from '#shared/progress.ts'
import { createEngine } from '#main/engine/create-engine.ts'

/** What the parent hears: how far the import is, and in the end what became of it. */
export type ImportMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | {
      readonly kind: 'ended'
      readonly job: Job
      readonly seconds: number
      /** Largest resident set of this process. */
      readonly peakMiB: number
      /** Longest time for which the engine could do nothing else. */
      readonly longestHoldMs: number
    }

/** Entry of a process of its own, whose memory is measured: imports into the workspace that it is given, until `cancel` comes. */
const engine = createEngine({ workspace: process.argv[2] })
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const from = performance.now()
const ended = Promise.withResolvers<Job>()
const send = (message: ImportMessage): void => void process.send?.(message)
engine.jobs.onChange((job) => {
  if (isFinal(job.state)) ended.resolve(job)
  else send({ kind: 'progress', progress: job.progress })
})
const { id } = engine.jobs.submit('legacy-import', {})
process.on('message', () => engine.jobs.cancel(id))
const job = await ended.promise
const seconds = (performance.now() - from) / 1000
const longestHoldMs = delay.max / 1e6
await engine.close()
const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
send({ kind: 'ended', job, seconds, peakMiB: Number(kibibytes) / 1024, longestHoldMs })
process.disconnect()
