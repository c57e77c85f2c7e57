import type { Cause } from '#shared/comparison/cause.ts'
import type { BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { ComparedField } from '#shared/config/comparison-config.ts'
import type { SessionDate } from '#shared/time.ts'
import type { SymbolTolerances } from '../tolerances.ts'
import type { DifferenceLedger } from './difference-ledger.ts'

/** What both pipelines have for one session of the symbol. */
export interface SessionPair {
  readonly session: Session
  /** Old bars in any order, also such as lie outside the session's hours and minutes given more than once. */
  readonly old: BarColumns
  /** New bars, strictly ascending. */
  readonly fresh: BarColumns
  /** Old rows that are not in `old` any more, because a later row of the same minute took their place. */
  readonly superseded?: readonly SupersededRow[]
}

export interface SupersededRow {
  /** Its minute, epoch seconds. */
  readonly ts: number
  /** Whether it had the same values as the row that took its place. */
  readonly isCopy: boolean
}

export interface ExplainOptions {
  /** As the comparison uses them, in every part of the session. */
  readonly tolerances: SymbolTolerances
  /** Smallest price step of the instrument, in its currency; null when unknown. Tried as a rounding quantum. */
  readonly tickSize: number | null
}

export interface DifferenceCounts {
  readonly different: Readonly<Record<ComparedField, number>>
  readonly nullVersusValue: Readonly<Record<ComparedField, number>>
  readonly oldOnly: number
  readonly newOnly: number
}

export interface Explanation {
  /**
   * All differences: for every minute that both sides have, one for each field that is different or null on one side only; one
   * for every minute that only one side has; one for every old row whose minute comes again later, or that has no time.
   */
  readonly total: number
  readonly explained: number
  readonly unexplained: number
  /** What is unexplained, by class. */
  readonly rest: DifferenceCounts
  /** Ranked: those that explain most first. */
  readonly causes: readonly Cause[]
  /**
   * Every explained difference once, by the set of causes (indices into `causes`, ascending) that its explanation needs. A
   * difference counts as explained only when all of them are accepted.
   */
  readonly combinations: readonly { readonly causes: readonly number[]; readonly differences: number }[]
  /** Dates of the sessions in the order of time, which is that of the ledger. */
  readonly dates: readonly SessionDate[]
  /** Every difference with the causes it needs, by session (its place in `dates`), field and minute. */
  readonly ledger: DifferenceLedger
}
