import type { SessionFetch } from '#shared/contract/ingest.ts'
import type { JobParamsInput } from '#shared/jobs/job-kinds.ts'

/** What can be done about a session, in words, or why nothing can. */
export type SessionActions =
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'start'
      readonly start: {
        readonly verb: string
        readonly does: string
        readonly runs: readonly JobParamsInput<'ingest'>[]
      }
    }

/** What asking for sessions that are not there does. */
export const FETCH_DOES =
  'Asks TWS and stores what it answers. Can be cancelled at any time; what is stored stays and is never overwritten.'

/** What asking again for sessions that are there does. */
export const REFETCH_DOES =
  'Asks TWS anew. Both answers are kept, so nothing is lost; values that differ are listed under Revisions, and the next Curate uses the newer ones.'

/** What can be done about one session. */
export function sessionActions({ symbol, sessionDate, state }: SessionFetch): SessionActions {
  const range = { symbols: [symbol], from: sessionDate, to: sessionDate }
  switch (state) {
    case 'missing':
    case 'failed':
    case 'unconfirmed':
      return { kind: 'start', start: { verb: 'Fetch', does: FETCH_DOES, runs: [range] } }
    case 'complete':
    case 'short':
    case 'absent':
      return { kind: 'start', start: { verb: 'Ask again', does: REFETCH_DOES, runs: [{ ...range, refetch: true }] } }
    case 'running':
      return { kind: 'none', why: 'It is being asked for. The run above can be paused, drained or cancelled.' }
    case 'waiting':
      return {
        kind: 'none',
        why: 'It can be fetched two minutes after its close. Until then its bars come with Follow live.',
      }
  }
}
