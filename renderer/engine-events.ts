import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { EngineEvent } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { orpc as consoleUtils } from './engine-client.ts'

/** One page of jobs feeds the tray, the runs and the histories. */
export const JOBS_INPUT = { limit: 200 } as const

/** Pushed changes of one kind that come closer together than this are answered by one fetch. */
const REFETCH_PAUSE_MS = 300

export interface EventSink {
  receive(event: EngineEvent): void
}

/** Applies what the engine pushes to the cached engine state: jobs and the connection directly, the rest by refetching. */
export function createEventSink(queryClient: QueryClient, orpc: typeof consoleUtils): EventSink {
  const refetch = createThrottledRefetch(queryClient)
  /** An answer on its way may be older than the event and would undo what the event has said. */
  const refetchIfUnderWay = (queryKey: QueryKey): void => {
    if (queryClient.isFetching({ queryKey }) > 0) refetch(queryKey)
  }
  const refetchLayers = (): void => {
    refetch(orpc.system.overview.key())
    refetch(orpc.ingest.plan.key())
  }

  return {
    receive(event) {
      switch (event.kind) {
        case 'job':
          queryClient.setQueryData(orpc.jobs.list.queryKey({ input: JOBS_INPUT }), (jobs) => withJob(jobs, event.job))
          refetchIfUnderWay(orpc.jobs.list.key())
          if (isFinal(event.job.state)) {
            refetchLayers()
            if (event.job.kind === 'compare') refetch(orpc.compare.runs.key())
          }
          return
        case 'layer':
          refetchLayers()
          if (event.layer === 'comparisons') refetch(orpc.compare.runs.key())
          if (event.layer === 'curated') refetch(orpc.quality.findings.key())
          if (event.layer === 'curated' || event.layer === 'legacy') refetch(orpc.compare.overlay.key())
          return
        case 'connection': {
          const { connection } = event
          queryClient.setQueryData(orpc.system.overview.queryKey(), (overview) =>
            overview === undefined ? undefined : { ...overview, connection },
          )
          refetchIfUnderWay(orpc.system.overview.key())
        }
      }
    },
  }
}

/** `jobs` (newest first) with `job` put in place or in front; undefined while the list was not fetched yet. */
function withJob(jobs: Job[] | undefined, job: Job): Job[] | undefined {
  if (jobs === undefined) return undefined
  const index = jobs.findIndex((known) => known.id === job.id)
  if (index >= 0) return jobs.with(index, job)
  return [job, ...jobs].toSorted((a, b) => b.createdAtMs - a.createdAtMs).slice(0, JOBS_INPUT.limit)
}

/** Refetches at once, then at most once per pause, and always once after the last call. */
function createThrottledRefetch(queryClient: QueryClient): (queryKey: QueryKey) => void {
  const waiting = new Map<string, { again: boolean }>()
  return function refetch(queryKey) {
    const name = JSON.stringify(queryKey)
    const entry = waiting.get(name)
    if (entry !== undefined) {
      entry.again = true
      return
    }
    const fresh = { again: false }
    waiting.set(name, fresh)
    void queryClient.invalidateQueries({ queryKey })
    setTimeout(() => {
      waiting.delete(name)
      if (fresh.again) refetch(queryKey)
    }, REFETCH_PAUSE_MS)
  }
}
