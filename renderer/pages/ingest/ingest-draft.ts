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
}

/** The global context, else the sessions that raw holds, else the week before `now`. */
export function initialDraft(overview: Overview, context: ViewContext, now: Date): IngestDraft {
  const raw = overview.layers.find((entry) => entry.layer === 'raw')
  const yesterday = addDays(now.toISOString().slice(0, 10), -1)
  return {
    symbols: context.symbol === undefined ? [] : [context.symbol],
    from: context.from ?? raw?.firstSession ?? addDays(yesterday, -6),
    to: context.to ?? raw?.lastSession ?? yesterday,
  }
}

/** What keeps the draft from being a range of sessions; a full sentence. */
export function draftProblem({ from, to }: IngestDraft): string | undefined {
  if (from === undefined) return 'Choose the first session.'
  if (to === undefined) return 'Choose the last session.'
  if (from > to) return 'The first session is after the last.'
  return undefined
}

/** The draft as the engine takes it; only for a draft without a problem. */
export function paramsOf({ symbols, from, to }: IngestDraft): JobParamsInput<'ingest'> {
  return { from: from ?? '', to: to ?? '', ...(symbols.length === 0 ? {} : { symbols: [...symbols] }) }
}
