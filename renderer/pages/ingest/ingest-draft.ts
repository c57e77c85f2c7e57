import type { Overview } from '#shared/contract/contract.ts'
import type { JobParamsInput } from '#shared/jobs/job-kinds.ts'
import { addDays } from '#shared/time.ts'
import type { ViewContext } from '../../view-context.ts'

/** What stands in the form. */
export interface IngestDraft {
  /** None means every symbol of the configuration. */
  readonly symbols: readonly string[]
  readonly from: string | undefined
  readonly to: string | undefined
  /** Ask also for sessions that are there. */
  readonly refetch: boolean
  /** Wait for a TWS that is not there. */
  readonly waitForTws: boolean
}

/** The global context, else the sessions that raw holds, else the week before `now`. */
export function initialDraft(overview: Overview, context: ViewContext, now: Date): IngestDraft {
  const raw = overview.layers.find((entry) => entry.layer === 'raw')
  const yesterday = addDays(now.toISOString().slice(0, 10), -1)
  return {
    symbols: context.symbol === undefined ? [] : [context.symbol],
    from: context.from ?? raw?.firstSession ?? addDays(yesterday, -6),
    to: context.to ?? raw?.lastSession ?? yesterday,
    refetch: false,
    waitForTws: false,
  }
}

/** What keeps the draft from being a range of sessions; a full sentence. */
export function draftProblem({ from, to }: IngestDraft): string | undefined {
  if (from === undefined) return 'Choose the first session.'
  if (to === undefined) return 'Choose the last session.'
  if (from > to) return 'The first session is after the last.'
  return undefined
}

/** The sessions of the draft as the engine takes them; only for a draft without a problem. */
export function rangeOf({ symbols, from, to }: Pick<IngestDraft, 'symbols' | 'from' | 'to'>) {
  return { from: from ?? '', to: to ?? '', ...(symbols.length === 0 ? {} : { symbols: [...symbols] }) }
}

/** The draft as the engine takes it to start a run; only for a draft without a problem. */
export function paramsOf(draft: IngestDraft): JobParamsInput<'ingest'> {
  const { refetch, waitForTws } = draft
  return { ...rangeOf(draft), refetch, waitForTws }
}
