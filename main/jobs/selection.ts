import { SwitchyardError } from '#shared/errors.ts'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import type { SessionDate } from '#shared/time.ts'
import type { JobServices } from './job-services.ts'

/** The symbols of a selection, all configured ones when it names none. Throws UNKNOWN_SYMBOL. */
export function selectedSymbols(selection: Pick<Selection, 'symbols'>, services: JobServices): readonly string[] {
  if (selection.symbols === undefined) return services.config.symbols.map(({ symbol }) => symbol)
  return [...new Set(selection.symbols)].map((symbol) => services.symbolConfig(symbol).symbol)
}

/** First and last date of a selection; an open end reaches as far as dates go. Throws BAD_ARGUMENTS when they are reversed. */
export function selectedDates(selection: Selection): { from: SessionDate; to: SessionDate } {
  const from = selection.from ?? '0000-00-00'
  const to = selection.to ?? '9999-99-99'
  if (from > to) {
    throw new SwitchyardError('BAD_ARGUMENTS', `The range ends before it begins: ${from} to ${to}.`, {
      hint: 'Give the earlier date first.',
    })
  }
  return { from, to }
}

/** Checks what every selection needs; for the `check` of a job. */
export function checkSelection(selection: Selection, services: JobServices): void {
  selectedSymbols(selection, services)
  selectedDates(selection)
}

/** What a summary says of blocks that were taken out, with a space before it; nothing when there were none. */
export function removedWords({ sessionsRemoved }: { readonly sessionsRemoved: number }): string {
  if (sessionsRemoved === 0) return ''
  return ` ${sessionsRemoved} ${sessionsRemoved === 1 ? 'session' : 'sessions'} taken out that the calendar no longer has.`
}
