/** A row that passed a filter: its session, in the order in which they were added, and its place among the rows of it. */
export interface RankedRow {
  readonly session: number
  readonly row: number
}

/** So many rows are kept in order; the others are only counted. */
export const MOST_RANKED = 1_000_000

/**
 * The first million of any number of rows, the largest first or as they come; of equally large ones those that come first. Takes
 * 24 bytes a row and sorts nothing but numbers, so that a page of millions of rows does not keep the engine busy.
 */
export class RankedRows {
  /** Rows that were added. */
  total = 0
  readonly #order: 'largest' | 'time'
  readonly #most: number
  #kept = 0
  #session = new Int32Array(1_024)
  #row = new Int32Array(1_024)
  #size = new Float64Array(1_024)
  /** Sizes of the rows that are kept, ascending; null while rows are added. */
  #sorted: Float64Array | null = null

  /** @param most rows that are kept at least, and twice of it at most. */
  constructor(order: 'largest' | 'time', most = MOST_RANKED) {
    this.#order = order
    this.#most = most
  }

  /** @param size what rows are ordered by; any number, infinite ones included, but not NaN. */
  add(session: number, row: number, size: number): void {
    this.total++
    if (this.#order === 'time' && this.#kept === this.#most) return
    if (this.#kept === 2 * this.#most) this.#keep(this.#select(0, this.#most))
    if (this.#kept === this.#size.length) this.#grow()
    this.#session[this.#kept] = session
    this.#row[this.#kept] = row
    this.#size[this.#kept++] = size
    this.#sorted = null
  }

  /** The rows from place `from` up to place `to`, excluded, at most {@link MOST_RANKED}. */
  page(from: number, to: number): RankedRow[] {
    const size = this.#size
    const places = this.#select(from, Math.min(to, this.#most))
    if (this.#order === 'largest') places.sort((a, b) => (size[a] === size[b] ? a - b : size[b] > size[a] ? 1 : -1))
    return Array.from(places, (at) => ({ session: this.#session[at], row: this.#row[at] }))
  }

  /** Where the rows from one rank up to another stand, ascending. */
  #select(from: number, to: number): Int32Array {
    const end = Math.min(to, this.#kept)
    const count = Math.max(0, end - from)
    if (this.#order === 'time') return Int32Array.from({ length: count }, (_, i) => from + i)
    if (count === 0) return new Int32Array(0)
    const size = this.#size
    const sorted = (this.#sorted ??= size.slice(0, this.#kept).sort())
    const sizeAt = (rank: number): number => sorted[this.#kept - 1 - rank]
    const [most, least] = [sizeAt(from), sizeAt(end - 1)]
    // Those that are as large as the first one wanted, and come before it.
    let before = from
    while (before > 0 && sizeAt(before - 1) === most) before--
    let skip = from - before
    let larger = 0
    for (let rank = from; rank < end && sizeAt(rank) > least; rank++) larger++
    let ties = count - larger
    const places = new Int32Array(count)
    let found = 0
    for (let at = 0; at < this.#kept && found < count; at++) {
      if (size[at] > most || size[at] < least) continue
      if (size[at] === most && skip > 0) {
        skip--
        continue
      }
      if (size[at] === least && ties-- <= 0) continue
      places[found++] = at
    }
    return places
  }

  /** Keeps only the rows at these places, which ascend. */
  #keep(places: Int32Array): void {
    places.forEach((at, i) => {
      this.#session[i] = this.#session[at]
      this.#row[i] = this.#row[at]
      this.#size[i] = this.#size[at]
    })
    this.#kept = places.length
    this.#sorted = null
  }

  #grow(): void {
    const rows = 2 * this.#kept
    const grown = <Column extends Int32Array | Float64Array>(column: Column, larger: Column): Column => {
      larger.set(column)
      return larger
    }
    this.#session = grown(this.#session, new Int32Array(rows))
    this.#row = grown(this.#row, new Int32Array(rows))
    this.#size = grown(this.#size, new Float64Array(rows))
  }
}
