import type { CoverageState, LiveSymbol, SessionRequest } from '#shared/contract/ingest.ts'

/** How far a session is fetched: the icon and the word, and what the word means. */
export const COVERAGE_WORDS = {
  complete: { kind: 'pass', word: 'Complete', means: 'Every expected minute came.' },
  short: { kind: 'attention', word: 'Short', means: 'Some minutes did not come, and a second answer had no more.' },
  unconfirmed: {
    kind: 'unsure',
    word: 'Unconfirmed',
    means: 'Fewer bars came than expected. It is asked for again before that is believed.',
  },
  failed: { kind: 'fail', word: 'Failed', means: 'The last request for it failed. The next ingest asks again.' },
  missing: { kind: 'open', word: 'Missing', means: 'Nobody has asked for it yet.' },
  running: { kind: 'running', word: 'Running', means: 'It is being asked for.' },
  waiting: { kind: 'waiting', word: 'Not over', means: 'Its bars are final two minutes after the close.' },
  absent: { kind: 'none', word: 'No data', means: 'The broker has no bars of it.' },
} as const satisfies Readonly<
  Record<CoverageState, { readonly kind: string; readonly word: string; readonly means: string }>
>

const REASONS: Readonly<Record<string, string>> = {
  'no-data': 'The broker has no bars of this session.',
  'no-trades': 'The broker has no bars for some minutes; nobody may have traded in them.',
  halted: 'The broker has no bars for a run of minutes; trading was probably halted.',
  'not-listed': 'The session is before the broker’s first bar of this symbol.',
  closed: 'The broker’s schedule has no session on this day.',
  'no-permission': 'The account has no permission for this data.',
  unstable: 'Answers for this session differed each time; what came is kept.',
}

/** Why a session has fewer bars than minutes, in a sentence. What is no known reason is TWS's own text and stays as it is. */
export function reasonWords(reason: string): string {
  return REASONS[reason] ?? reason
}

const PURPOSES: Readonly<Record<string, string>> = {
  fetch: 'First fetch',
  confirm: 'Confirm, was short',
  refetch: 'Asked again',
  reconcile: 'History after live',
  refill: 'Refill after a gap',
  poll: 'Poll',
  live: 'Live stream',
}

/** Why a request is made. */
export function purposeWords(purpose: string): string {
  return PURPOSES[purpose] ?? purpose
}

const REQUEST_KINDS: Readonly<Record<string, string>> = {
  schedule: 'Broker’s schedule',
  'head-timestamp': 'First bar at the broker',
}

/** What a request asked for, and why. */
export function requestWords({ kind, purpose }: Pick<SessionRequest, 'kind' | 'purpose'>): string {
  return REQUEST_KINDS[kind] ?? purposeWords(purpose)
}

const OUTCOMES = {
  complete: { kind: 'pass', word: 'Answered' },
  no_data: { kind: 'none', word: 'No data' },
  rejected: { kind: 'fail', word: 'Not used' },
  failed: { kind: 'fail', word: 'Failed' },
  cancelled: { kind: 'stopped', word: 'Cancelled' },
  abandoned: { kind: 'stopped', word: 'Abandoned' },
} as const

/** What came of a request. */
export function outcomeWords(outcome: string | undefined) {
  if (outcome === undefined) return { kind: 'running', word: 'Under way' } as const
  return Object.hasOwn(OUTCOMES, outcome)
    ? OUTCOMES[outcome as keyof typeof OUTCOMES]
    : ({ kind: 'info', word: outcome } as const)
}

/** A symbol whose bars are followed as they are made. */
export const LIVE_WORDS = {
  waiting: { kind: 'waiting', word: 'Waiting' },
  streaming: { kind: 'running', word: 'Streaming' },
  polling: { kind: 'running', word: 'Polling' },
  refilling: { kind: 'retrying', word: 'Refilling' },
  closed: { kind: 'pass', word: 'Closed' },
  failed: { kind: 'fail', word: 'Failed' },
} as const satisfies Readonly<Record<LiveSymbol['state'], { readonly kind: string; readonly word: string }>>
