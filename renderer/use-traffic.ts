import { useQuery } from '@tanstack/react-query'
import { orpc } from './engine-client.ts'

/** Use of a budget falls by the passing of time alone, which no event of the engine tells of. */
const REFRESH_MS = 2_000

/** The budgets of requests to TWS, now and over the last hour, kept current while they are shown. */
export function useTraffic() {
  return useQuery(orpc.connection.traffic.queryOptions({ refetchInterval: REFRESH_MS }))
}
