import { useQuery } from '@tanstack/react-query'
import { orpc } from './engine-client.ts'
import { JOBS_INPUT } from './engine-events.ts'

/** Workspace, layers, symbols, findings and the TWS connection. */
export function useOverview() {
  return useQuery(orpc.system.overview.queryOptions())
}

/** The latest jobs, newest first. */
export function useJobs() {
  return useQuery(orpc.jobs.list.queryOptions({ input: JOBS_INPUT }))
}
