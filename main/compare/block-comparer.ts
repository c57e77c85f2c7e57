import type { Limit } from './tolerances.ts'

/** What a compared minute is; a minute is as bad as its worst field. Stored as one byte. */
export const RowClass = {
  Equal: 0,
  WithinTolerance: 1,
  Different: 2,
  OldOnly: 3,
  NewOnly: 4,
  /** Too young at the moment of the run: not compared. */
  NotSettled: 5,
} as const

/** One side: minutes ascending and a column for each compared field. */
export interface Side {
  readonly ts: Float64Array
  readonly columns: readonly Float64Array[]
}

/** Repeatable choice of minutes: those whose hash over symbol and minute falls into the share. */
export interface RowSample {
  /** 0 to 1. */
  readonly share: number
  /** Of the symbol, see {@link sampleSeed}. */
  readonly seed: number
}

export interface BlockRules {
  /** Per field; for the middle of the session where there are edges. */
  readonly limits: readonly Limit[]
  readonly edges?: {
    readonly openUntilTs: number
    readonly closeFromTs: number
    readonly open: readonly Limit[]
    readonly close: readonly Limit[]
  }
  /** Minutes that start at this moment or later are not settled. */
  readonly unsettledFromTs?: number
  readonly sample?: RowSample
  /** Minutes of which the old side had several rows before it was read; they are counted as duplicate keys, too. */
  readonly duplicateTs?: ReadonlySet<number>
  /** Fields that are not compared; all are when left out. */
  readonly isLeftOut?: readonly boolean[]
  /** Gets the common minutes of each compared field: values at `0 <= i < count`. The arrays hold something else afterwards. */
  readonly observe?: (field: number, old: Float64Array, fresh: Float64Array, ts: Float64Array, count: number) => void
}

export interface BlockCounts {
  common: number
  oldOnly: number
  newOnly: number
  equal: number
  withinTolerance: number
  different: number
  /** Common minutes in which one side has a value that the other has not; they are among `different`. */
  nullVersusValue: number
  /** Minutes of which the old side had several rows. */
  duplicateKeys: number
  notSettled: number
}

/** Verdicts of one field over the common minutes. */
export const Verdict = { WithinTolerance: 0, Different: 1, NullVersusValue: 2 } as const
const VERDICTS = 3

/** The result of one block, valid until the next one: minutes of both sides, ascending, with their class and rows. */
export interface BlockResult {
  readonly counts: BlockCounts
  /** Verdict v of field f at `3 * f + v`; the rest of the common minutes are equal. */
  readonly verdicts: Uint32Array
  readonly minutes: number
  readonly ts: Float64Array
  readonly class: Uint8Array
  /** Row on either side, -1 where it has none. */
  readonly oldRow: Int32Array
  readonly newRow: Int32Array
}

/**
 * Compares blocks of bars on their minutes, column by column, without an object a row; the memory of one block is used again
 * for the next.
 *
 * Both sides must ascend in time. The old one may have several rows of a minute: the last of them is compared and the minute is
 * counted as a duplicate key.
 */
export class BlockComparer {
  readonly #fields: number
  #room = 0
  #ts = new Float64Array(0)
  #class = new Uint8Array(0)
  #oldRow = new Int32Array(0)
  #newRow = new Int32Array(0)
  /** Place of a common minute among all minutes. */
  #place = new Int32Array(0)
  #commonTs = new Float64Array(0)
  #old = new Float64Array(0)
  #new = new Float64Array(0)
  #worst = new Uint8Array(0)
  readonly #verdicts: Uint32Array

  constructor(fields: number) {
    this.#fields = fields
    this.#verdicts = new Uint32Array(VERDICTS * fields)
  }

  compare(old: Side, fresh: Side, rules: BlockRules): BlockResult {
    this.#makeRoom(old.ts.length + fresh.ts.length)
    const counts: BlockCounts = {
      common: 0,
      oldOnly: 0,
      newOnly: 0,
      equal: 0,
      withinTolerance: 0,
      different: 0,
      nullVersusValue: 0,
      duplicateKeys: 0,
      notSettled: 0,
    }
    const isPlain =
      rules.sample === undefined &&
      rules.duplicateTs === undefined &&
      (rules.unsettledFromTs === undefined ||
        !(lastOf(old.ts) >= rules.unsettledFromTs || lastOf(fresh.ts) >= rules.unsettledFromTs))
    const isAligned = isPlain && isSameAscending(old.ts, fresh.ts)
    const minutes = isAligned ? this.#takeAligned(old.ts, counts) : this.#align(old.ts, fresh.ts, rules, counts)
    const { common } = counts
    const commonTs = isAligned ? old.ts : this.#commonTs
    const worst = this.#worst
    worst.fill(0, 0, common)
    this.#verdicts.fill(0)

    const [openEnd, closeStart] = partBounds(commonTs, common, rules)
    for (let f = 0; f < this.#fields; f++) {
      if (rules.isLeftOut?.[f] === true) continue
      const a = isAligned ? old.columns[f] : gather(old.columns[f], this.#oldRow, this.#place, common, this.#old)
      const b = isAligned ? fresh.columns[f] : gather(fresh.columns[f], this.#newRow, this.#place, common, this.#new)
      const at = VERDICTS * f
      if (rules.edges !== undefined) {
        classify(a, b, 0, openEnd, rules.edges.open[f], worst, this.#verdicts, at)
        classify(a, b, closeStart, common, rules.edges.close[f], worst, this.#verdicts, at)
      }
      classify(a, b, openEnd, closeStart, rules.limits[f], worst, this.#verdicts, at)
      rules.observe?.(f, a, b, commonTs, common)
    }
    this.#settleClasses(isAligned, counts)
    return {
      counts,
      verdicts: this.#verdicts,
      minutes,
      ts: this.#ts,
      class: this.#class,
      oldRow: this.#oldRow,
      newRow: this.#newRow,
    }
  }

  /** Counts the common minutes by their worst field and writes their classes. */
  #settleClasses(isAligned: boolean, counts: BlockCounts): void {
    const worst = this.#worst
    for (let c = 0; c < counts.common; c++) {
      const value = worst[c]
      if (value === 0) continue
      if (value === WITHIN) counts.withinTolerance++
      else {
        counts.different++
        if (value >= EMPTY) counts.nullVersusValue++
      }
      this.#class[isAligned ? c : this.#place[c]] = value === WITHIN ? RowClass.WithinTolerance : RowClass.Different
    }
    counts.equal = counts.common - counts.withinTolerance - counts.different
  }

  #takeAligned(ts: Float64Array, counts: BlockCounts): number {
    const minutes = ts.length
    counts.common = minutes
    this.#class.fill(RowClass.Equal, 0, minutes)
    this.#ts.set(ts)
    for (let i = 0; i < minutes; i++) {
      this.#oldRow[i] = i
      this.#newRow[i] = i
    }
    return minutes
  }

  /** Joins the minutes of both sides; returns how many there are. */
  #align(oldTs: Float64Array, newTs: Float64Array, rules: BlockRules, counts: BlockCounts): number {
    const unsettledFrom = rules.unsettledFromTs ?? Infinity
    const { sample, duplicateTs } = rules
    const isWhole = sample === undefined
    const below = isWhole ? 0 : sample.share * 4_294_967_296
    const seed = isWhole ? 0 : sample.seed
    let minutes = 0
    let i = 0
    let j = 0
    while (i < oldTs.length || j < newTs.length) {
      const a = i < oldTs.length ? oldTs[i] : Infinity
      const b = j < newTs.length ? newTs[j] : Infinity
      const ts = a < b ? a : b
      let oldRow = -1
      let newRow = -1
      let isDuplicate = false
      if (a === ts) {
        // The last row of a minute counts, as in the import of files.
        while (i + 1 < oldTs.length && oldTs[i + 1] === ts) {
          i++
          isDuplicate = true
        }
        oldRow = i++
      }
      if (b === ts) newRow = j++
      if (!isWhole && minuteHash(ts, seed) >= below) continue
      this.#ts[minutes] = ts
      this.#oldRow[minutes] = oldRow
      this.#newRow[minutes] = newRow
      if (ts >= unsettledFrom) {
        counts.notSettled++
        this.#class[minutes++] = RowClass.NotSettled
        continue
      }
      if (isDuplicate || (oldRow >= 0 && duplicateTs?.has(ts) === true)) counts.duplicateKeys++
      if (newRow < 0) {
        counts.oldOnly++
        this.#class[minutes] = RowClass.OldOnly
      } else if (oldRow < 0) {
        counts.newOnly++
        this.#class[minutes] = RowClass.NewOnly
      } else {
        this.#class[minutes] = RowClass.Equal
        this.#commonTs[counts.common] = ts
        this.#place[counts.common++] = minutes
      }
      minutes++
    }
    return minutes
  }

  #makeRoom(minutes: number): void {
    if (minutes <= this.#room) return
    this.#room = Math.max(minutes, 2 * this.#room, 1_024)
    this.#ts = new Float64Array(this.#room)
    this.#class = new Uint8Array(this.#room)
    this.#oldRow = new Int32Array(this.#room)
    this.#newRow = new Int32Array(this.#room)
    this.#place = new Int32Array(this.#room)
    this.#commonTs = new Float64Array(this.#room)
    this.#old = new Float64Array(this.#room)
    this.#new = new Float64Array(this.#room)
    this.#worst = new Uint8Array(this.#room)
  }
}

/** Bits of a minute's worst verdict; a larger number is worse. */
const WITHIN = 1
const DIFFERENT = 2
const EMPTY = 4

/**
 * Whether two numbers that are not the same are within tolerance: `|new - old| <= abs + rel * |old|` but for the rounding of the
 * numbers themselves. Differences are compared, not rounded values.
 *
 * Prices are decimals, and a double is off its decimal by up to half a unit in its last place: 33.34 - 33.33 is a little more
 * than 0.01. A limit is therefore exceeded only by more than that error of both values. Without a tolerance nothing is forgiven.
 * Infinity is near nothing but itself, although a share of it is infinite too.
 */
export function isWithin(old: number, fresh: number, abs: number, rel: number): boolean {
  const difference = Math.abs(fresh - old)
  const size = Math.abs(old)
  const limit = abs + rel * size
  const rounding = limit > 0 ? Number.EPSILON * size + Number.EPSILON * Math.abs(fresh) : 0
  return difference < Infinity && difference <= limit + rounding
}

/** A field is equal when both sides have the same number or both have none. */
function classify(
  old: Float64Array,
  fresh: Float64Array,
  from: number,
  to: number,
  { abs, rel }: Limit,
  worst: Uint8Array,
  verdicts: Uint32Array,
  at: number,
): void {
  let within = 0
  let different = 0
  let empty = 0
  for (let i = from; i < to; i++) {
    const a = old[i]
    const b = fresh[i]
    if (a === b) continue
    if (a !== a || b !== b) {
      if (a !== a && b !== b) continue
      empty++
      worst[i] |= EMPTY
    } else if (isWithin(a, b, abs, rel)) {
      within++
      worst[i] |= WITHIN
    } else {
      different++
      worst[i] |= DIFFERENT
    }
  }
  verdicts[at + Verdict.WithinTolerance] += within
  verdicts[at + Verdict.Different] += different
  verdicts[at + Verdict.NullVersusValue] += empty
}

function gather(
  column: Float64Array,
  rows: Int32Array,
  places: Int32Array,
  count: number,
  target: Float64Array,
): Float64Array {
  for (let c = 0; c < count; c++) target[c] = column[rows[places[c]]]
  return target
}

/** Whether both sides have the same minutes, each once. */
function isSameAscending(old: Float64Array, fresh: Float64Array): boolean {
  const { length } = old
  if (length !== fresh.length) return false
  let before = -Infinity
  for (let i = 0; i < length; i++) {
    const ts = old[i]
    if (ts !== fresh[i] || !(ts > before)) return false
    before = ts
  }
  return true
}

function lastOf(ts: Float64Array): number {
  return ts.length === 0 ? -Infinity : ts[ts.length - 1]
}

/** Number of common minutes that belong to the open, and place of the first one of the close; all are middle without edges. */
function partBounds(ts: Float64Array, count: number, { edges }: BlockRules): readonly [number, number] {
  if (edges === undefined) return [0, count]
  let openEnd = 0
  while (openEnd < count && ts[openEnd] < edges.openUntilTs) openEnd++
  let closeStart = count
  while (closeStart > openEnd && ts[closeStart - 1] >= edges.closeFromTs) closeStart--
  return [openEnd, closeStart]
}

/** Seed of a symbol for {@link RowSample}: FNV-1a over its UTF-16 code units. */
export function sampleSeed(symbol: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < symbol.length; i++) hash = Math.imul(hash ^ symbol.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** 32 well-mixed bits of a minute: the finalizer of MurmurHash3 over the number of the minute and the seed. */
function minuteHash(ts: number, seed: number): number {
  let hash = Math.floor(ts / 60) ^ seed
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
