import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import { orpc } from '../../engine-client.ts'

/** Sessions that sparks go back. */
export const TREND_SESSIONS = 30

/** Everything that the page shows of a selection as a whole. */
export function useQuality(selection: Selection) {
  return {
    grid: useQuery(
      orpc.quality.grid.queryOptions({
        input: selection,
        placeholderData: keepPreviousData,
        // Hundreds of thousands of cells: drawing them all anew is cheaper than finding out which ones are as before.
        structuralSharing: false,
      }),
    ),
    rules: useQuery(
      orpc.quality.rules.queryOptions({
        input: { ...selection, trendSessions: TREND_SESSIONS },
        placeholderData: keepPreviousData,
      }),
    ),
    trend: useQuery(orpc.quality.trend.queryOptions({ input: selection, placeholderData: keepPreviousData })),
    plan: useQuery(orpc.transform.plan.queryOptions({ input: selection, placeholderData: keepPreviousData })),
    thresholds: useQuery(orpc.config.get.queryOptions()).data?.config.quality.thresholds,
  }
}

export type Quality = ReturnType<typeof useQuality>
