import { UNEXPLAINED } from './attribute-differences.ts'

/** Differences of one session that have the same field and the same explanation. */
export interface LedgerEntry {
  /** Place in COMPARED_FIELDS, or NEW_ONLY, OLD_ONLY, DOUBLED_ROW. */
  readonly field: number
  /** Bit i: cause i of the explanation is needed; 0 when nothing explains them. */
  readonly causes: number
  readonly count: number
}

/** A minute with differences: every cause that any of them needs, and whether one of them is not explained. */
export interface LedgerRow {
  readonly ts: number
  readonly causes: number
  readonly hasOpen: boolean
}

/** A field and a set of causes as one number: there are at most 16 of them, those for rows included. */
const FIELD_STEP = 16
const FIELD_OFFSET = 3

/**
 * Keeps of every difference what it needs to be explained: exact counts by session, field and set of causes, and for each
 * minute the causes of its differences, 13 bytes a minute.
 */
export class DifferenceLedger {
  readonly #entries = new Map<number, Map<number, number>>()
  #session = new Int32Array(256)
  #ts = new Float64Array(256)
  #causes = new Int32Array(256)
  #hasOpen = new Uint8Array(256)
  #rows = 0

  /** An {@link OnDifference}. Differences of one minute must follow each other; `causes` is {@link UNEXPLAINED} for none. */
  add(session: number, ts: number, field: number, causes: number): void {
    let entries = this.#entries.get(session)
    if (entries === undefined) this.#entries.set(session, (entries = new Map()))
    const known = Math.max(0, causes)
    const key = known * FIELD_STEP + field + FIELD_OFFSET
    entries.set(key, (entries.get(key) ?? 0) + 1)
    const last = this.#rows - 1
    const isSame = last >= 0 && this.#session[last] === session && this.#ts[last] === ts
    const row = isSame ? last : this.#addRow(session, ts)
    this.#causes[row] |= known
    if (causes === UNEXPLAINED) this.#hasOpen[row] = 1
  }

  /** Gives every set of causes another number; called once, when it is known which of the proposals are causes. */
  renumber(toCauses: (set: number) => number): void {
    for (const [session, entries] of this.#entries) {
      const renumbered = new Map<number, number>()
      for (const [key, count] of entries) {
        const field = key % FIELD_STEP
        const next = toCauses((key - field) / FIELD_STEP) * FIELD_STEP + field
        renumbered.set(next, (renumbered.get(next) ?? 0) + count)
      }
      this.#entries.set(session, renumbered)
    }
    for (let row = 0; row < this.#rows; row++) this.#causes[row] = toCauses(this.#causes[row])
  }

  /** Sessions (indices, ascending) that have differences. */
  sessions(): readonly number[] {
    return [...this.#entries.keys()].sort((a, b) => a - b)
  }

  entriesOf(session: number): readonly LedgerEntry[] {
    return [...(this.#entries.get(session) ?? [])]
      .map(([key, count]) => ({
        field: (key % FIELD_STEP) - FIELD_OFFSET,
        causes: Math.floor(key / FIELD_STEP),
        count,
      }))
      .sort((a, b) => a.field - b.field || a.causes - b.causes)
  }

  /** Minutes with differences by session, ascending in time; several entries of one minute are put together. */
  rowsBySession(): ReadonlyMap<number, readonly LedgerRow[]> {
    const bySession = new Map<number, Map<number, { ts: number; causes: number; hasOpen: boolean }>>()
    for (let i = 0; i < this.#rows; i++) {
      if (Number.isNaN(this.#ts[i])) continue
      let rows = bySession.get(this.#session[i])
      if (rows === undefined) bySession.set(this.#session[i], (rows = new Map()))
      const ts = this.#ts[i]
      const row = rows.get(ts) ?? { ts, causes: 0, hasOpen: false }
      row.causes |= this.#causes[i]
      row.hasOpen ||= this.#hasOpen[i] !== 0
      rows.set(ts, row)
    }
    return new Map(
      [...bySession].map(([session, rows]) => [session, [...rows.values()].sort((a, b) => a.ts - b.ts)] as const),
    )
  }

  #addRow(session: number, ts: number): number {
    const row = this.#rows++
    if (row === this.#ts.length) {
      const grown = 2 * row
      const grow = <Column extends Int32Array | Float64Array | Uint8Array>(column: Column, larger: Column): Column => {
        larger.set(column)
        return larger
      }
      this.#session = grow(this.#session, new Int32Array(grown))
      this.#ts = grow(this.#ts, new Float64Array(grown))
      this.#causes = grow(this.#causes, new Int32Array(grown))
      this.#hasOpen = grow(this.#hasOpen, new Uint8Array(grown))
    }
    this.#session[row] = session
    this.#ts[row] = ts
    this.#causes[row] = 0
    this.#hasOpen[row] = 0
    return row
  }
}
