import { allocateBars, type BarColumns, barsBetween } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { SessionDate } from '#shared/time.ts'
import type { SessionPair, SupersededRow } from '#main/compare/causes/cause.ts'
import type { LegacyStore } from '#main/stores/legacy-store.ts'
import type { OpenNewSide } from './new-side.ts'

const NO_BARS: BarColumns = allocateBars(0)

export interface StoredPairsOptions {
  readonly newSide: OpenNewSide
  readonly legacy: LegacyStore
  readonly symbol: string
  readonly dates: readonly SessionDate[]
  /** Hours by the calendar, for sessions that the new side does not have. */
  readonly hours: readonly Session[]
  /** Rows from this moment on are not settled: neither side has them here. */
  readonly unsettledFromTs: number | null
}

/**
 * Both sides of the sessions of a symbol, read anew each time they are walked: the search for causes does so a few times, and
 * ten years of minutes are too much to hold. Sessions whose hours nobody knows are left out.
 */
export class StoredPairs implements Iterable<SessionPair> {
  readonly #options: StoredPairsOptions
  readonly #hours: ReadonlyMap<SessionDate, Session>
  readonly #superseded = new Map<number, SupersededRow[]>()

  constructor(options: StoredPairsOptions) {
    this.#options = options
    this.#hours = new Map(options.hours.map((session) => [session.date, session]))
    for (const row of options.legacy.duplicates(options.symbol)) {
      const known = this.#superseded.get(row.ts)
      if (known === undefined) this.#superseded.set(row.ts, [row])
      else known.push(row)
    }
  }

  *[Symbol.iterator](): Generator<SessionPair> {
    const { newSide, legacy, symbol, dates, unsettledFromTs } = this.#options
    for (const date of dates) {
      const block = newSide.block(symbol, date)
      const session = block?.hours ?? this.#hours.get(date)
      if (session === undefined) continue
      const old = settled(legacy.block(symbol, date)?.bars ?? NO_BARS, unsettledFromTs)
      const fresh = settled(block?.bars ?? NO_BARS, unsettledFromTs)
      yield { session, old, fresh, superseded: this.#supersededOf(old) }
    }
  }

  #supersededOf({ ts }: BarColumns): readonly SupersededRow[] {
    if (this.#superseded.size === 0) return []
    return Array.from(ts, (minute) => this.#superseded.get(minute) ?? []).flat()
  }
}

function settled(bars: BarColumns, unsettledFromTs: number | null): BarColumns {
  return unsettledFromTs === null ? bars : barsBetween(bars, -Infinity, unsettledFromTs)
}
