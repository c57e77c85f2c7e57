import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { EngineEvent } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import type { orpc as consoleUtils } from './engine-client.ts'

/** One page of jobs feeds the tray, the runs and the histories. */
export const JOBS_INPUT = { limit: 200 } as const

/** Pushed changes of one kind that come closer together than this are answered by one fetch. */
const REFETCH_PAUSE_MS = 300
/** The same for answers that grow with the workspace. */
const LARGE_REFETCH_PAUSE_MS = 1_000

/** Jobs after which curated bars, or what makes them stale, are others. */
const CHANGE_QUALITY: ReadonlySet<JobKind> = new Set<JobKind>(['ingest', 'live', 'transform', 'rebuild'])

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
  const refetchQuality = (): void => {
    refetch(orpc.quality.key(), LARGE_REFETCH_PAUSE_MS)
    refetch(orpc.transform.plan.key(), LARGE_REFETCH_PAUSE_MS)
  }
  /** Runs themselves never change; which there are, and what was decided about them, does. */
  const refetchRuns = (): void => {
    const { runs, trend, reference, drift, causes, acceptances, grid, rows, noiseFloors } = orpc.compare
    for (const part of [runs, trend, reference, drift, causes, acceptances, grid, rows, noiseFloors])
      refetch(part.key())
  }
  const refetchOldRun = ({ state, progress }: Job): void => {
    refetch(orpc.legacy.output.key())
    if (isFinal(state) || progress.kind !== 'working') refetch(orpc.legacy.runs.key())
    // An import reads other files from now on.
    if (isFinal(state)) refetch(orpc.legacy.described.key())
  }
  const refetchOldData = (): void => {
    refetch(orpc.legacy.files.key())
    refetch(orpc.legacy.rejected.key())
  }
  const refetchFetched = (): void => {
    refetch(orpc.ingest.coverage.key(), LARGE_REFETCH_PAUSE_MS)
    refetch(orpc.ingest.session.key(), LARGE_REFETCH_PAUSE_MS)
  }

  return {
    receive(event) {
      switch (event.kind) {
        case 'job':
          queryClient.setQueryData(orpc.jobs.list.queryKey({ input: JOBS_INPUT }), (jobs) => withJob(jobs, event.job))
          refetchIfUnderWay(orpc.jobs.list.key())
          if (event.job.kind === 'old-run') refetchOldRun(event.job)
          if (isFinal(event.job.state)) {
            refetchLayers()
            if (event.job.kind === 'compare') refetchRuns()
            if (event.job.kind === 'legacy-import') refetchOldData()
            if (event.job.kind === 'live') refetch(orpc.live.status.key())
            if (CHANGE_QUALITY.has(event.job.kind)) refetchQuality()
          }
          return
        case 'layer':
          refetchLayers()
          if (event.layer === 'raw') {
            refetchFetched()
            refetch(orpc.ingest.revisions.key(), LARGE_REFETCH_PAUSE_MS)
          }
          if (event.layer === 'comparisons') refetchRuns()
          if (event.layer === 'curated') refetchQuality()
          if (event.layer === 'legacy') refetchOldData()
          if (event.layer === 'curated' || event.layer === 'legacy') refetch(orpc.compare.overlay.key())
          if (event.layer === 'legacy') refetch(orpc.compare.oldSource.key())
          return
        case 'connection': {
          const { connection } = event
          queryClient.setQueryData(orpc.system.overview.queryKey(), (overview) =>
            overview === undefined ? undefined : { ...overview, connection },
          )
          refetchIfUnderWay(orpc.system.overview.key())
          refetch(orpc.connection.traffic.key())
          return
        }
        case 'config':
          refetch(orpc.system.overview.key())
          refetch(orpc.config.get.key())
          refetch(orpc.legacy.described.key())
          return
        case 'connection-log':
          refetch(orpc.connection.log.key())
          return
        case 'ingest':
          refetch(orpc.ingest.activity.key())
          refetch(orpc.connection.traffic.key())
          refetchFetched()
          return
        case 'live':
          refetch(orpc.live.status.key())
          return
        case 'quality':
          refetchQuality()
          refetch(orpc.system.overview.key())
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

/**
 * Refetches at once, then again only when the answer is there and the pause is over, and always once after the last call: an
 * answer that takes longer than changes keep coming still arrives.
 */
function createThrottledRefetch(queryClient: QueryClient): (queryKey: QueryKey, pauseMs?: number) => void {
  const waiting = new Map<string, { again: boolean }>()
  return function refetch(queryKey, pauseMs = REFETCH_PAUSE_MS) {
    const name = JSON.stringify(queryKey)
    const entry = waiting.get(name)
    if (entry !== undefined) {
      entry.again = true
      return
    }
    const fresh = { again: false }
    waiting.set(name, fresh)
    const pause = new Promise((resolve) => setTimeout(resolve, pauseMs))
    void Promise.all([queryClient.invalidateQueries({ queryKey }), pause]).then(() => {
      waiting.delete(name)
      if (fresh.again) refetch(queryKey, pauseMs)
    })
  }
}
