import { BAR_SECONDS } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { isWithin } from '../block-comparer.ts'
import type { Limit, SymbolTolerances } from '../tolerances.ts'
import { type AlignedSession, alignSessions, isInHours, NULL_BITS, ONE_SIDE } from './align-sessions.ts'
import type { SessionPair } from './cause.ts'
import type { CauseSample, RowValues } from '#shared/comparison/cause.ts'
import { isRounded, type Relation, type Rounding, SLACK } from './find-rounding.ts'
import type { Rows } from './old-rows.ts'
import type { Proposal, Undoing } from './plan.ts'
import { RowLimits } from './row-limits.ts'
import { PLAIN } from './relate-values.ts'

const FIELDS = COMPARED_FIELDS.length
const [OPEN, HIGH, LOW, CLOSE, VOLUME] = [0, 1, 2, 3, 4]
const PRICES = [OPEN, HIGH, LOW, CLOSE]
const SAMPLES = 3
/** No set of causes explains it. */
export const UNEXPLAINED = -1

/** What the second pass found out about one proposal. */
export interface Tally {
  /** Differences whose explanation needs it. */
  explained: number
  /** Differences that are explained only when this one and none after it are undone. */
  last: number
  /** Rows or values that it is about, and those of them that it accounts for. */
  about: number
  fits: number
  /** Sessions, by index, in which it explains something. */
  readonly sessions: Set<number>
  readonly samples: CauseSample[]
  /** Extended hours: how far from open or close the rows lie, in seconds; a stray bar at the close is always at one place. */
  readonly places: Set<number>
  /** Extended hours: rows before the open, after the close, in a break. Filling: by kind of prices and volume. */
  readonly kinds: Map<string, number>
}

/**
 * Gets every difference once: the session (index) that it was handed over with, its minute, the field (its place in
 * COMPARED_FIELDS, or {@link NEW_ONLY}, {@link OLD_ONLY}, {@link DOUBLED_ROW}) and the set of proposals that its explanation needs (bit i:
 * proposal i), {@link UNEXPLAINED} for none.
 */
export type OnDifference = (session: number, ts: number, field: number, set: number) => void

/** A minute that only the new side has. */
export const NEW_ONLY = -1
/** A minute that only the old side has. */
export const OLD_ONLY = -2
/** An old row whose minute comes again, or that has no time. */
export const DOUBLED_ROW = -3

export interface Attribution {
  total: number
  /** By set of causes (bit i: proposal i). */
  readonly bySet: Map<number, number>
  readonly different: number[]
  readonly nullVersusValue: number[]
  oldOnly: number
  newOnly: number
  readonly tallies: readonly Tally[]
  /** Part of the last bars of sessions, and of all other bars, that differ for no reason found but being unfinished. */
  readonly lastBars: { sessions: number; differing: number; others: number; othersDiffering: number }
  /** New rows, and those with an old row. */
  newRows: number
  covered: number
}

/** What is undone in one session. */
interface Undo {
  readonly relations: readonly Relation[]
  readonly relationSets: readonly number[]
  readonly roundings: readonly (Rounding | null)[]
  readonly roundingSets: readonly number[]
  readonly shiftSet: number
}

/**
 * Undoes the proposals on the old side of all sessions, compares again, and says for every difference which proposals its
 * explanation needs. A difference that nothing explains is counted by its class.
 */
export function attributeDifferences(
  sessions: Iterable<SessionPair>,
  hours: readonly Session[],
  proposals: readonly Proposal[],
  tolerances: SymbolTolerances,
  onDifference?: OnDifference,
): Attribution {
  return new Attributor(hours, proposals, tolerances, onDifference).run(sessions)
}

class Attributor {
  readonly #hours: readonly Session[]
  readonly #proposals: readonly Proposal[]
  readonly #tolerances: SymbolTolerances
  readonly #limits: RowLimits
  readonly #onDifference: OnDifference | undefined
  /** At the minute that is looked at. */
  #allowed: readonly Limit[]
  readonly #result: Attribution
  readonly #bits = new Map<Undoing['act'], number>()
  readonly #cuts: { bit: number; undoing: Extract<Undoing, { act: 'cut' }> }[] = []
  #previousClose = NaN

  constructor(
    hours: readonly Session[],
    proposals: readonly Proposal[],
    tolerances: SymbolTolerances,
    onDifference: OnDifference | undefined,
  ) {
    this.#hours = hours
    this.#proposals = proposals
    this.#tolerances = tolerances
    this.#onDifference = onDifference
    this.#limits = new RowLimits(tolerances)
    this.#allowed = this.#limits.middle
    this.#result = {
      total: 0,
      bySet: new Map(),
      different: COMPARED_FIELDS.map(() => 0),
      nullVersusValue: COMPARED_FIELDS.map(() => 0),
      oldOnly: 0,
      newOnly: 0,
      tallies: proposals.map(() => ({
        explained: 0,
        last: 0,
        about: 0,
        fits: 0,
        sessions: new Set(),
        samples: [],
        kinds: new Map(),
        places: new Set(),
      })),
      lastBars: { sessions: 0, differing: 0, others: 0, othersDiffering: 0 },
      newRows: 0,
      covered: 0,
    }
    proposals.forEach(({ undoing }, bit) => {
      if (undoing.act === 'cut') this.#cuts.push({ bit, undoing })
      else this.#bits.set(undoing.act, bit)
    })
  }

  run(sessions: Iterable<SessionPair>): Attribution {
    const shifts = new Float64Array(this.#hours.length)
    for (const { undoing } of this.#proposals) {
      if (undoing.act === 'shift') undoing.secondsBySession.forEach((seconds, i) => (shifts[i] += seconds))
    }
    for (const aligned of alignSessions(sessions, this.#hours, shifts, this.#tolerances)) this.#session(aligned)
    return this.#result
  }

  #undoOf({ index, origins }: AlignedSession): Undo {
    const relations: Relation[] = COMPARED_FIELDS.map(() => PLAIN)
    const relationSets = COMPARED_FIELDS.map(() => 0)
    const roundings: (Rounding | null)[] = COMPARED_FIELDS.map(() => null)
    const roundingSets = COMPARED_FIELDS.map(() => 0)
    let shiftSet = 0
    this.#proposals.forEach(({ undoing }, bit) => {
      if (undoing.act === 'shift' && origins.some((at) => undoing.secondsBySession[at] !== 0)) shiftSet |= 1 << bit
      if (undoing.act === 'relation') {
        const relation = undoing.bySession[index]
        for (const f of relation === null ? [] : undoing.fields) {
          relations[f] = relation as Relation
          relationSets[f] |= 1 << bit
        }
      }
      if (undoing.act === 'rounding') {
        for (const f of undoing.fields) {
          roundings[f] = undoing.rounding
          roundingSets[f] |= 1 << bit
        }
      }
    })
    return { relations, relationSets, roundings, roundingSets, shiftSet }
  }

  #session(aligned: AlignedSession): void {
    const { session, old, fresh, oldOnly, marks } = aligned
    const undo = this.#undoOf(aligned)
    let j = 0
    let common = 0
    const freshRowOf = new Int32Array(old.ts.length).fill(-1)
    const oldRowOf = new Int32Array(fresh.ts.length).fill(-1)
    for (let i = 0; i < old.ts.length; i++) {
      while (j < fresh.ts.length && fresh.ts[j] < old.ts[i]) j++
      if (j < fresh.ts.length && fresh.ts[j] === old.ts[i] && oldRowOf[j] < 0) {
        freshRowOf[i] = j
        oldRowOf[j] = i
        common++
      }
    }
    this.#result.newRows += fresh.ts.length
    this.#result.covered += common
    const cuts =
      common === 0 ? [] : this.#cuts.map((cut) => ({ bit: cut.bit, ...cutRows(cut.undoing, session, fresh) }))
    const zeroBit = this.#bits.get('zero_volume')

    const rowSets = new Int32Array(fresh.ts.length)
    const fieldSets = new Int32Array(FIELDS)
    for (let row = 0; row < fresh.ts.length; row++) {
      const isMissing = oldRowOf[row] < 0
      let missingSet = UNEXPLAINED
      if (zeroBit !== undefined && fresh.fields[VOLUME][row] === 0) {
        this.#about(1 << zeroBit, isMissing)
        missingSet = undo.shiftSet | (1 << zeroBit)
      }
      for (const { bit, from, to } of cuts) {
        if (missingSet !== UNEXPLAINED || row < from || row >= to) continue
        this.#about(1 << bit, isMissing)
        missingSet = undo.shiftSet | (1 << bit)
      }
      rowSets[row] = isMissing ? missingSet : this.#commonRow(aligned, oldRowOf[row], row, undo, fieldSets)
      const mark = marks[row]
      if (mark === 0) continue
      if (mark === ONE_SIDE) {
        this.#onDifference?.(aligned.index, fresh.ts[row], NEW_ONLY, rowSets[row])
        this.#count(aligned, rowSets[row], oldRowOf[row], row, undo)
        if (rowSets[row] === UNEXPLAINED) this.#result.newOnly++
        continue
      }
      for (let f = 0; f < FIELDS; f++) {
        if ((mark & (1 << f)) === 0) continue
        const set = oldRowOf[row] < 0 ? rowSets[row] : fieldSets[f]
        this.#onDifference?.(aligned.index, fresh.ts[row], f, set)
        this.#count(aligned, set, oldRowOf[row], row, undo)
        if (set !== UNEXPLAINED) continue
        if ((mark & (1 << (f + NULL_BITS))) !== 0) this.#result.nullVersusValue[f]++
        else this.#result.different[f]++
      }
    }
    for (let row = 0; row < old.ts.length; row++) {
      const freshRow = freshRowOf[row]
      const set = freshRow >= 0 ? rowSets[freshRow] : this.#extraRow(aligned, row, undo)
      if (oldOnly[row] === 0) continue
      this.#onDifference?.(aligned.originOf[row], aligned.receivedTs[row], OLD_ONLY, set)
      this.#count(aligned, set, row, freshRow, undo)
      if (set === UNEXPLAINED) this.#result.oldOnly++
    }
    this.#superseded(aligned)
    if (old.ts.length > 0) this.#previousClose = old.fields[CLOSE][old.ts.length - 1]
  }

  /** The causes that a minute on both sides needs; by field in `fieldSets`, all together as the answer. */
  #commonRow(aligned: AlignedSession, oldRow: number, freshRow: number, undo: Undo, fieldSets: Int32Array): number {
    const { session, old, fresh } = aligned
    this.#allowed = this.#limits.at(session, fresh.ts[freshRow])
    let hasMisfit = false
    for (let f = 0; f < FIELDS; f++) {
      const set = this.#fieldSet(f, old.fields[f][oldRow], fresh.fields[f][freshRow], undo)
      fieldSets[f] = set === UNEXPLAINED ? UNEXPLAINED : set | undo.shiftSet
      if (set === UNEXPLAINED) hasMisfit = true
    }
    this.#fitShift(undo, fieldSets)
    const isLast = freshRow === fresh.ts.length - 1
    if (hasMisfit || isLast) this.#unfinished(aligned, oldRow, freshRow, undo, fieldSets, isLast)
    else this.#result.lastBars.others++
    this.#volumeSource(old.fields[VOLUME][oldRow], fresh.fields[VOLUME][freshRow], undo, fieldSets)
    let all = undo.shiftSet
    for (let f = 0; f < FIELDS; f++) {
      if (fieldSets[f] === UNEXPLAINED) return UNEXPLAINED
      all |= fieldSets[f]
    }
    return all
  }

  /** The causes that make one value equal: none, a relation, or a relation and rounding. */
  #fieldSet(f: number, a: number, b: number, undo: Undo): number {
    const relation = undo.relations[f]
    const relationSet = undo.relationSets[f]
    const rounding = undo.roundings[f]
    const roundingSet = undo.roundingSets[f]
    const isMissing = a !== a || b !== b
    if (isMissing) return a !== a && b !== b ? 0 : UNEXPLAINED
    const isEqual = a === b || this.#isWithin(f, a, b)
    let set: number = isEqual ? 0 : UNEXPLAINED
    if (!isEqual && relationSet !== 0 && this.#isUndone(f, a, b, relation)) set = relationSet
    else if (!isEqual && rounding !== null && isRounded(a, b, relation, rounding)) set = relationSet | roundingSet
    // Zero is zero on any scale: it speaks neither for nor against a relation.
    if (a === 0 && b === 0) return set
    if (relationSet !== 0) {
      this.#about(relationSet, set !== UNEXPLAINED && (!isEqual || this.#isUndone(f, a, b, relation)))
    }
    if (roundingSet !== 0) {
      const isRight = !isEqual || isRounded(a, b, relation, rounding as Rounding)
      this.#about(roundingSet, set !== UNEXPLAINED && (isRight || this.#isWithin(f, a, b)))
    }
    return set
  }

  #isWithin(f: number, a: number, b: number): boolean {
    const { abs, rel } = this.#allowed[f]
    return isWithin(a, b, abs, rel)
  }

  #isUndone(f: number, a: number, b: number, { ratio, basis }: Relation): boolean {
    const undone = (a - basis) / ratio
    if (this.#isWithin(f, undone, b)) return true
    return Math.abs(undone - b) <= SLACK * (Math.abs(undone) + Math.abs(basis) / Math.abs(ratio))
  }

  #about(set: number, fits: boolean): void {
    for (let bit = 0; set >> bit !== 0; bit++) {
      if ((set & (1 << bit)) === 0) continue
      this.#result.tallies[bit].about++
      if (fits) this.#result.tallies[bit].fits++
    }
  }

  /** A shift is right where closes (or else volumes) are explained. */
  #fitShift({ shiftSet }: Undo, fieldSets: Int32Array): void {
    if (shiftSet === 0) return
    this.#about(shiftSet, fieldSets[CLOSE] !== UNEXPLAINED || fieldSets[VOLUME] !== UNEXPLAINED)
  }

  /**
   * The last bar of a session that was taken before it was over: it opens alike, lies within the finished bar, and has traded no
   * more. `fieldSets` of fields that nothing else explains are set.
   */
  #unfinished(
    aligned: AlignedSession,
    oldRow: number,
    freshRow: number,
    undo: Undo,
    fieldSets: Int32Array,
    isLast: boolean,
  ): void {
    const { lastBars } = this.#result
    const bit = this.#bits.get('unfinished')
    const isOtherVolume = this.#bits.has('volume_source')
    let differs = false
    for (let f = 0; f < FIELDS; f++) {
      if (fieldSets[f] === UNEXPLAINED && !(f === VOLUME && isOtherVolume)) differs = true
    }
    if (!isLast) {
      lastBars.others++
      if (differs) lastBars.othersDiffering++
      return
    }
    lastBars.sessions++
    if (!differs) return
    lastBars.differing++
    if (bit === undefined) return
    const { old, fresh } = aligned
    const step = (f: number): number => {
      const rounding = undo.roundings[f]
      const { ratio } = undo.relations[f]
      const quantum = rounding?.quantum ?? 0
      return (rounding?.space === 'old' ? quantum / Math.abs(ratio) : quantum) + this.#allowed[f].abs
    }
    const undone = (f: number): number => (old.fields[f][oldRow] - undo.relations[f].basis) / undo.relations[f].ratio
    const isAtMost = (a: number, b: number, f: number): boolean => a <= b + step(f) + 1e-9 * Math.abs(b)
    const [high, low] = [fresh.fields[HIGH][freshRow], fresh.fields[LOW][freshRow]]
    const fits =
      fieldSets[OPEN] !== UNEXPLAINED &&
      isAtMost(undone(HIGH), high, HIGH) &&
      isAtMost(low, undone(LOW), LOW) &&
      isAtMost(undone(CLOSE), high, CLOSE) &&
      isAtMost(low, undone(CLOSE), CLOSE) &&
      (isOtherVolume || isAtMost(undone(VOLUME), fresh.fields[VOLUME][freshRow], VOLUME))
    this.#about(1 << bit, fits)
    if (!fits) return
    for (let f = 0; f < FIELDS; f++) {
      if (fieldSets[f] !== UNEXPLAINED || (f === VOLUME && isOtherVolume)) continue
      fieldSets[f] = undo.shiftSet | undo.relationSets[f] | (1 << bit)
    }
  }

  #volumeSource(a: number, b: number, undo: Undo, fieldSets: Int32Array): void {
    const bit = this.#bits.get('volume_source')
    if (bit === undefined || !(a >= 0 && b >= 0) || a === b) return
    const { undoing } = this.#proposals[bit] as { undoing: Extract<Undoing, { act: 'volume_source' }> }
    const { ratio } = undo.relations[VOLUME]
    // The rounding of a few units leaves small ratios anywhere.
    const unit = Math.max(1, Math.abs(1 / ratio))
    const isInReach = a / ratio >= b * undoing.lowest - unit && a / ratio <= b * undoing.highest + unit
    const isExplained = fieldSets[VOLUME] !== UNEXPLAINED
    const pricesAgree = fieldSets.subarray(OPEN, VOLUME).every((set) => set !== UNEXPLAINED)
    this.#about(1 << bit, isExplained || isInReach)
    if (!isExplained && isInReach && pricesAgree) {
      fieldSets[VOLUME] = undo.shiftSet | undo.relationSets[VOLUME] | (1 << bit)
    }
  }

  /** Causes that an old row without a new one needs. */
  #extraRow({ session, old, fresh }: AlignedSession, row: number, undo: Undo): number {
    const ts = old.ts[row]
    if (!isInHours(session, ts)) {
      const bit = this.#bits.get('extended')
      if (bit === undefined) return UNEXPLAINED
      this.#about(1 << bit, true)
      this.#result.tallies[bit].places.add(ts < session.openTs ? ts - session.openTs : ts - session.closeTs)
      this.#kind(bit, ts < session.openTs ? 'before' : ts >= session.closeTs ? 'after' : 'break')
      return undo.shiftSet | (1 << bit)
    }
    const bit = this.#bits.get('fill')
    if (bit === undefined || fresh.ts.length === 0) return UNEXPLAINED
    const kinds = this.#fillKinds(old, row, undo)
    this.#about(1 << bit, kinds.length > 0)
    if (kinds.length === 0) return UNEXPLAINED
    for (const kind of kinds) this.#kind(bit, kind)
    return undo.shiftSet | (1 << bit)
  }

  #kind(bit: number, name: string): void {
    const { kinds } = this.#result.tallies[bit]
    kinds.set(name, (kinds.get(name) ?? 0) + 1)
  }

  /** How the row repeats the one before: `close`, `row` or both, and what became of the volume; empty when it does not. */
  #fillKinds({ fields }: Rows, row: number, undo: Undo): string[] {
    const same = (f: number, before: number): boolean => {
      const value = fields[f][row]
      if (value === before) return true
      // Fields may stand on scales of their own and be rounded apart from each other.
      const a = (value - undo.relations[f].basis) / undo.relations[f].ratio
      const b = (before - undo.relations[CLOSE].basis) / undo.relations[CLOSE].ratio
      return Math.abs(a - b) <= 1e-9 * Math.abs(b) + this.#stepOf(f, undo) + this.#stepOf(CLOSE, undo)
    }
    const close = row > 0 ? fields[CLOSE][row - 1] : this.#previousClose
    const kinds: string[] = []
    if (PRICES.every((f) => same(f, close))) kinds.push('close')
    if (row > 0 && PRICES.every((f) => fields[f][row] === fields[f][row - 1])) kinds.push('row')
    if (kinds.length === 0) return []
    const volume = fields[VOLUME][row]
    const prices = kinds.length
    if (volume === 0) kinds.push('zero')
    if (Number.isNaN(volume)) kinds.push('none')
    if (row > 0 && volume === fields[VOLUME][row - 1]) kinds.push('copied')
    return kinds.length > prices ? kinds : []
  }

  /** What rounding of a price field may leave between equal prices on different scales; 0 where scales do not differ. */
  #stepOf(f: number, undo: Undo): number {
    const isScaled = PRICES.some((g) => undo.relations[g] !== undo.relations[f])
    const isRoundedApart = PRICES.some((g) => undo.roundingSets[g] !== undo.roundingSets[f])
    const quantum = undo.roundings[f]?.quantum ?? 0
    if (!isScaled && !isRoundedApart) return 0
    return undo.roundings[f]?.space === 'old' ? quantum / Math.abs(undo.relations[f].ratio) : quantum
  }

  #superseded(aligned: AlignedSession): void {
    const bit = this.#bits.get('duplicates')
    for (const { kept, values, isCopy } of aligned.received.superseded) {
      if (bit !== undefined) this.#about(1 << bit, isCopy)
      const set = bit !== undefined && isCopy ? 1 << bit : UNEXPLAINED
      this.#onDifference?.(aligned.index, aligned.received.ts[kept], DOUBLED_ROW, set)
      this.#result.total++
      if (set === UNEXPLAINED) this.#result.oldOnly++
      else {
        this.#add(set, aligned.index)
        this.#sample(set, aligned, () => ({
          old: rowOf(values, aligned.received.ts[kept]),
          fresh: null,
          undone: () => null,
        }))
      }
    }
    for (let i = 0; i < aligned.received.untimed; i++) {
      this.#onDifference?.(aligned.index, NaN, DOUBLED_ROW, UNEXPLAINED)
    }
    this.#result.total += aligned.received.untimed
    this.#result.oldOnly += aligned.received.untimed
  }

  /** Counts one difference. */
  #count(aligned: AlignedSession, set: number, oldRow: number, freshRow: number, undo: Undo): void {
    this.#result.total++
    // A difference that is gone when nothing is undone would be none; this only guards against counting it for nobody.
    if (set === UNEXPLAINED) return
    this.#add(set, aligned.index)
    this.#sample(set, aligned, () => {
      const values = oldRow < 0 ? null : aligned.old.fields.map((column) => column[oldRow])
      const fresh = freshRow < 0 ? null : aligned.fresh.fields.map((column) => column[freshRow])
      return {
        old: values === null ? null : rowOf(values, aligned.receivedTs[oldRow]),
        fresh: fresh === null ? null : rowOf(fresh, aligned.fresh.ts[freshRow]),
        undone: (bit) =>
          values === null || fresh === null ? null : this.#undone(bit, values, fresh, aligned.fresh.ts[freshRow], undo),
      }
    })
  }

  #add(set: number, index: number): void {
    const { bySet, tallies } = this.#result
    bySet.set(set, (bySet.get(set) ?? 0) + 1)
    let last = -1
    for (let bit = 0; set >> bit !== 0; bit++) {
      if ((set & (1 << bit)) === 0) continue
      tallies[bit].explained++
      tallies[bit].sessions.add(index)
      last = bit
    }
    if (last >= 0) tallies[last].last++
  }

  #sample(
    set: number,
    { session }: AlignedSession,
    rows: () => Pick<CauseSample, 'old' | 'fresh'> & { readonly undone: (bit: number) => RowValues | null },
  ): void {
    for (let bit = 0; set >> bit !== 0; bit++) {
      if ((set & (1 << bit)) === 0) continue
      const { samples } = this.#result.tallies[bit]
      if (samples.length === SAMPLES || samples.at(-1)?.sessionDate === session.date) continue
      const { old, fresh, undone } = rows()
      samples.push({ sessionDate: session.date, old, fresh, undone: undone(bit) })
    }
  }

  /** The old row when the proposals up to `bit` are undone. */
  #undone(bit: number, old: readonly number[], fresh: readonly number[], ts: number, undo: Undo): RowValues {
    const upTo = 2 * (1 << bit) - 1
    const values = old.map((value, f) => {
      const hasRelation = (undo.relationSets[f] & upTo) !== 0
      const { ratio, basis } = hasRelation ? undo.relations[f] : PLAIN
      const rounding = (undo.roundingSets[f] & upTo) === 0 ? null : undo.roundings[f]
      if (rounding !== null && isRounded(value, fresh[f], undo.relations[f], rounding)) return fresh[f]
      return (value - basis) / ratio
    })
    return rowOf(values, ts)
  }
}

/** The new rows (indices) that a cut takes away. */
function cutRows(
  { end, count, unit, skipsZeroVolume }: Extract<Undoing, { act: 'cut' }>,
  { openTs, closeTs }: Session,
  fresh: Rows,
): { readonly from: number; readonly to: number } {
  const { length } = fresh.ts
  let rows = 0
  let counted = 0
  for (; rows < length; rows++) {
    const row = end === 'open' ? rows : length - 1 - rows
    const ts = fresh.ts[row]
    if (unit === 'minutes') {
      const seconds = end === 'open' ? ts - openTs : closeTs - BAR_SECONDS - ts
      if (seconds >= count * BAR_SECONDS) break
    } else {
      if (counted === count) break
      if (!skipsZeroVolume || fresh.fields[VOLUME][row] !== 0) counted++
    }
  }
  return end === 'open' ? { from: 0, to: rows } : { from: length - rows, to: length }
}

function rowOf(values: readonly number[], ts: number): RowValues {
  const [open, high, low, close, volume, vwap, tradeCount] = values
  return { ts, open, high, low, close, volume, vwap, tradeCount }
}
