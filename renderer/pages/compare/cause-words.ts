import type { Acceptance, AcceptanceScope, RunCause } from '#shared/contract/causes.ts'
import type { StateKind } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatLocalDate } from '../../format/times.ts'
import { symbolWords } from '../../wording/job-words.ts'

interface Decision {
  readonly state: 'explained' | 'waiting'
  readonly kind: StateKind
  readonly word: string
}

/** What was decided about a cause, as far as it counts at present. */
export function decisionOf({ acceptances, accepted, explained, symbols }: RunCause): Decision {
  if (!acceptances.some(({ state }) => state === 'active')) {
    return acceptances.some(({ state }) => state === 'expired')
      ? { state: 'waiting', kind: 'waiting', word: 'Expired' }
      : { state: 'waiting', kind: 'waiting', word: 'Waiting' }
  }
  if (symbols.some(({ isOutgrown }) => isOutgrown)) return { state: 'waiting', kind: 'waiting', word: 'Has grown' }
  return accepted < explained
    ? { state: 'explained', kind: 'signed', word: 'Accepted in part' }
    : { state: 'explained', kind: 'signed', word: 'Accepted' }
}

/** Why a cause that somebody accepted waits again; undefined when it does not. */
export function outgrownWords({ symbols }: Pick<RunCause, 'symbols'>): string | undefined {
  const grown = symbols.filter(({ isOutgrown }) => isOutgrown).map(({ symbol }) => symbol)
  if (grown.length === 0) return undefined
  return `More than twice as large in ${symbolWords(grown)} as when it was accepted: its differences there wait again.`
}

/** `SPY, AIG, all sessions, close and volume` */
export function scopeWords({ symbols, fields }: Pick<RunCause, 'symbols' | 'fields'>): string {
  const spans = symbols.flatMap(({ dates }) => dates ?? [])
  const isEverywhere = symbols.every(({ dates }) => dates === null)
  const from = spans.map((span) => span.from).toSorted()[0]
  const to = spans
    .map((span) => span.to)
    .toSorted()
    .at(-1)
  return [
    symbolWords(symbols.map(({ symbol }) => symbol)),
    isEverywhere ? 'all sessions' : `sessions from ${formatDates(from, to)}`,
    fields === null ? 'whole rows' : listWords(fields),
  ].join(', ')
}

/** `open, high and close` */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** What an acceptance covers, in words; `everything it explains` when nothing is left out. */
export function acceptedScopeWords({ symbols, from, to, fields }: AcceptanceScope): string {
  const parts = [
    symbols !== undefined && symbolWords(symbols),
    (from !== undefined || to !== undefined) && formatDates(from, to),
    fields !== undefined && listWords(fields),
  ].filter((part) => part !== false)
  return parts.length === 0 ? 'everything it explains' : parts.join(', ')
}

/** `Ends on 2027-01-31`, in the operator's zone. */
export function expiryWords({ expiresAtMs }: Pick<Acceptance, 'expiresAtMs'>): string {
  // Acceptances end with a day, at the midnight after it.
  return expiresAtMs === null ? 'No end' : `Ends on ${formatLocalDate(expiresAtMs - 1)}`
}

/** The midnight at which a day ends in the operator's zone, epoch milliseconds. */
export function endOfDay(date: string): number {
  const [year, month, day] = date.split('-').map(Number)
  return new Date(year, month - 1, day + 1).getTime()
}

export interface AcceptPreview {
  /** Differences that the scope covers; undefined when only the minutes are known. */
  readonly differences: number | undefined
  /** Minutes that the scope covers; undefined while it is not known. */
  readonly minutes: number | undefined
  /** Causes that part of the differences need besides, and that nobody accepted. */
  readonly alsoNeeded: readonly string[]
  /** Last day on which it counts. */
  readonly lastDate: string | undefined
}

/** What accepting a cause would do, in sentences. */
export function acceptWords({ differences, minutes, alsoNeeded, lastDate }: AcceptPreview): string {
  const upTo = alsoNeeded.length > 0 ? 'Up to ' : ''
  const what =
    differences !== undefined
      ? `${upTo}${formatQuantity(differences, 'difference becomes', 'differences become')} explained`
      : minutes !== undefined
        ? `Differences in ${upTo.toLowerCase()}${formatQuantity(minutes, 'minute')} become explained`
        : 'The differences in this scope become explained'
  const others =
    alsoNeeded.length === 0
      ? ''
      : ` Those that also need ${listWords(alsoNeeded.map((words) => `“${words}”`))} wait until that is accepted, too.`
  const end = lastDate === undefined ? 'It holds until it is withdrawn.' : `It ends on ${lastDate}.`
  return `${what}; they are never counted as equal. The same cause in other runs counts as explained, too.${others} ${end}`
}

/** `0 of 12,480 count as explained now` */
export function acceptedWords({ accepted, explained }: Pick<RunCause, 'accepted' | 'explained'>): string {
  return `${formatCount(accepted)} of ${formatCount(explained)} count as explained now`
}
