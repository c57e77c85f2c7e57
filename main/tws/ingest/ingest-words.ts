import type { ShortReason } from '#main/stores/raw-types.ts'
import type { IngestPiece } from './plan-ingest.ts'

/** Why a session has fewer bars than minutes, in a sentence. */
export const REASON_WORDS = {
  'no-data': 'The broker has no bars of this session.',
  'no-trades': 'The broker has no bars for some minutes; nobody may have traded.',
  halted: 'The broker has no bars for a run of minutes; trading was probably halted.',
  'not-listed': 'The broker has no bars that far back: the session is before its first one.',
  closed: "The broker's schedule has no session on this day.",
  'no-permission': 'The account has no permission for this data.',
  unstable: 'Answers for this session differed each time; what came is kept.',
} as const satisfies Readonly<Record<ShortReason, string>>

/** `SPY 2024-07-01 to 2024-07-05`, for messages. */
export function describePiece({ symbol, sessions }: IngestPiece): string {
  const first = sessions[0].date
  const last = sessions[sessions.length - 1].date
  return first === last ? `${symbol} ${first}` : `${symbol} ${first} to ${last}`
}
