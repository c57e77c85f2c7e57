import { useQuery } from '@tanstack/react-query'
import { orpc } from '../../engine-client.ts'
import { useJobs } from '../../engine-queries.ts'

/** What switchyard.yaml describes. Read anew whenever it is looked at: it may have been changed by hand. */
export function useDescribed() {
  return useQuery(orpc.legacy.described.queryOptions({ staleTime: 0 }))
}

/** Files as they were imported last. */
export function useImportedFiles() {
  return useQuery(orpc.legacy.files.queryOptions())
}

/** The import that runs or waits, else the last one. */
export function useLastImport() {
  return useJobs().data?.find((job) => job.kind === 'legacy-import')
}

/** The newest runs of the old pipeline's command, newest first. */
export function useOldRuns() {
  return useQuery(orpc.legacy.runs.queryOptions({ input: { limit: 200 } }))
}
