import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { os } from './base.ts'

export const jobs = os.jobs.router({
  list: os.jobs.list.handler(({ context, input }) => [...context.engine.jobs.list(input.limit)]),
  get: os.jobs.get.handler(({ context, input }) => context.engine.jobs.job(input.id)),
  watch: os.jobs.watch.handler(({ context, input, signal }) => {
    // Fails here, not at the first event, when there is no such job.
    context.engine.jobs.job(input.id)
    return watchJob(context.engine, input.id, signal)
  }),
  pause: os.jobs.pause.handler(({ context, input }) => context.engine.jobs.pause(input.id)),
  resume: os.jobs.resume.handler(({ context, input }) => context.engine.jobs.resume(input.id)),
  drain: os.jobs.drain.handler(({ context, input }) => context.engine.jobs.drain(input.id)),
  cancel: os.jobs.cancel.handler(({ context, input }) => context.engine.jobs.cancel(input.id)),
})

/** The job now and on every change, until it has ended. Only its newest state waits for a slow consumer. */
async function* watchJob(engine: Engine, id: string, signal: AbortSignal | undefined): AsyncGenerator<Job, void> {
  let newest: Job | undefined
  let wake = Promise.withResolvers<void>()
  const stop = engine.jobs.onChange((job) => {
    if (job.id !== id) return
    newest = job
    wake.resolve()
  })
  const onAbort = (): void => wake.resolve()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    newest ??= engine.jobs.job(id)
    while (signal?.aborted !== true) {
      if (newest !== undefined) {
        const job: Job = newest
        newest = undefined
        yield job
        if (isFinal(job.state)) return
        continue
      }
      await wake.promise
      wake = Promise.withResolvers<void>()
    }
  } finally {
    stop()
    signal?.removeEventListener('abort', onAbort)
  }
}
