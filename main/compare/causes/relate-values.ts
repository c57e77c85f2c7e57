import type { ValuePairs } from './collect-evidence.ts'
import { bestRounding, gridOf, isExact, isRounded, type Relation } from './find-rounding.ts'
import { LEAST_FIT, MOST_MISFIT_LEFT } from './thresholds.ts'

/** A relation that holds from one session to another, both included (indices). */
export interface Period {
  readonly from: number
  readonly to: number
  readonly relation: Relation
}

export const PLAIN: Relation = { ratio: 1, basis: 0 }

/** Pairs that are looked at when relations are compared; more would change nothing. */
const MOST_PAIRS_PER_PERIOD = 3_000
/** Usual ratios tried for a period. */
const MOST_SIMPLE = 30
const CEIL_HANDICAP = 0.01
/** A less simple relation must make this part of the pairs more follow. */
const MARGIN = 0.0005
/** Part of all pairs that must follow from rounding alone for nothing else to be looked for. */
const PLAIN_ROUNDING_SHARE = 0.98
/** Part of a session's pairs that must follow from a plain relation (and rounding) for it to count as plain. */
const PLAIN_SHARE = 0.6
/** Relative error of a 32-bit floating point number; a ratio that changes by less has not changed. */
const FLOAT32_ERROR = 1.2e-7
/** A relation that changes more often than this, and than every fourth session, is no relation. */
const MOST_PERIODS = 12

/** Within tolerance, by field; what is hidden by the tolerance is no difference to explain. */
export type IsClose = (old: number, fresh: number) => boolean

/**
 * How old values of one field follow from new ones: periods with a ratio, or with a basis where `mayHaveBasis`; all sessions are
 * covered. Plain wherever nothing else makes far more values follow.
 *
 * A session's ratio is known up to the rounding of its values; a period is a run of sessions whose ranges of possible ratios
 * overlap. Of the ratios in what they have in common, those that people use are tried first (hundreds, fractions, few digits).
 */
export function relateValues(
  sessions: readonly ValuePairs[],
  mayHaveBasis: boolean,
  quanta: readonly number[],
  isClose: IsClose,
  hints: readonly Relation[],
): Period[] {
  const last = sessions.length - 1
  const plain: Period[] = [{ from: 0, to: last, relation: PLAIN }]
  const { old: allOld, fresh: allFresh } = joinPairs(sessions, 0, last)
  if (allOld.length === 0) return plain
  const { rounding: likely, fits } = bestRounding(allOld, allFresh, PLAIN, quanta)
  const rounding = fits >= PLAIN_ROUNDING_SHARE * allOld.length ? likely : null
  const isPlain = (a: number, b: number): boolean =>
    isClose(a, b) || (rounding !== null && isRounded(a, b, PLAIN, rounding))
  if (sessions.every((pairs) => shareOf(pairs, isPlain) >= PLAIN_SHARE)) return plain

  const grid = gridOf(allOld, quanta) ?? 0
  const byRatio = judge(periodsOf(sessions, grid, 'ratio'), sessions, quanta, isClose, hints)
  if (!mayHaveBasis) return byRatio.periods
  const byBasis = judge(periodsOf(sessions, grid, 'basis'), sessions, quanta, isClose, hints)
  const isBasis = byBasis.fit > byRatio.fit || (byBasis.fit === byRatio.fit && byBasis.changes < byRatio.changes)
  return isBasis ? byBasis.periods : byRatio.periods
}

function shareOf(pairs: ValuePairs, is: IsClose): number {
  return pairs.old.length === 0 ? 1 : countOf(pairs, is) / pairs.old.length
}

function countOf({ old, fresh }: ValuePairs, is: IsClose): number {
  let sum = 0
  for (let i = 0; i < old.length; i++) if (is(old[i], fresh[i])) sum++
  return sum
}

/** The pairs of some sessions, thinned evenly. */
function joinPairs(sessions: readonly ValuePairs[], from: number, to: number): ValuePairs {
  let length = 0
  for (let i = from; i <= to; i++) length += sessions[i].old.length
  const stride = Math.max(1, Math.ceil(length / MOST_PAIRS_PER_PERIOD))
  const old: number[] = []
  const fresh: number[] = []
  let at = 0
  for (let i = from; i <= to; i++) {
    for (let k = 0; k < sessions[i].old.length; k++) {
      if (at++ % stride !== 0) continue
      old.push(sessions[i].old[k])
      fresh.push(sessions[i].fresh[k])
    }
  }
  return { old: Float64Array.from(old), fresh: Float64Array.from(fresh) }
}

interface Range {
  readonly from: number
  readonly to: number
  readonly kind: 'ratio' | 'basis'
  readonly low: number
  readonly high: number
  readonly estimates: readonly number[]
  /** By how much cutting off to the grid makes an estimate too small. */
  readonly bias: number
}

/** Runs of sessions whose ratio (or basis) may be the same. */
function periodsOf(sessions: readonly ValuePairs[], grid: number, kind: 'ratio' | 'basis'): Range[] {
  const ranges: Range[] = []
  sessions.forEach((pairs, index) => {
    const own = kind === 'ratio' ? ratioRange(pairs, grid) : basisRange(pairs, grid)
    const last = ranges.at(-1)
    if (last === undefined) {
      ranges.push({ from: 0, to: index, kind, low: -Infinity, high: Infinity, estimates: [], bias: 0, ...own })
    } else if (own === null) {
      ranges[ranges.length - 1] = { ...last, to: index }
    } else {
      const low = Math.max(last.low, own.low)
      const high = Math.min(last.high, own.high)
      if (low <= high) {
        ranges[ranges.length - 1] = { ...last, to: index, low, high, estimates: [...last.estimates, ...own.estimates] }
      } else ranges.push({ from: index, to: index, kind, ...own })
    }
  })
  return ranges
}

type Bounds = Pick<Range, 'low' | 'high' | 'estimates' | 'bias'>

/**
 * Sum of old values over sum of new ones: exact where nothing was rounded; every rounded value is off by up to a step. Noise
 * widens the range by three standard errors.
 */
function ratioRange({ old, fresh }: ValuePairs, grid: number): Bounds | null {
  const ratios = old.map((value, i) => value / fresh[i]).filter((ratio) => Number.isFinite(ratio) && ratio !== 0)
  const typical = median(ratios)
  if (Number.isNaN(typical)) return null
  let [sumOld, sumNew, squares, used] = [0, 0, 0, 0]
  for (let i = 0; i < old.length; i++) {
    const off = old[i] - typical * fresh[i]
    // A bad tick, or a bar that has another cause as well, must not decide.
    if (Math.abs(off) > 0.5 * Math.abs(typical * fresh[i]) + grid) continue
    sumOld += old[i]
    sumNew += fresh[i]
    squares += off * off
    used++
  }
  if (!(Math.abs(sumOld) > 0) || !(Math.abs(sumNew) > 0)) return null
  const middle = sumOld / sumNew
  const noise = grid > 0 ? 0 : typicalError(old, fresh, typical)
  const width = (grid * used + 3 * noise * Math.sqrt(used)) / Math.abs(sumNew) + FLOAT32_ERROR * Math.abs(middle)
  if (!Number.isFinite(squares)) return null
  return {
    low: Math.min(middle, typical) - width,
    high: Math.max(middle, typical) + width,
    estimates: [typical, middle],
    bias: (grid * used) / 2 / Math.abs(sumNew),
  }
}

function typicalError(old: Float64Array, fresh: Float64Array, ratio: number): number {
  return 1.5 * median(old.map((value, i) => Math.abs(value - ratio * fresh[i])))
}

function basisRange({ old, fresh }: ValuePairs, grid: number): Bounds | null {
  const offsets = old.map((value, i) => value - fresh[i])
  const middle = median(offsets)
  if (Number.isNaN(middle)) return null
  const level = median(old.map(Math.abs))
  const noise = 1.5 * median(offsets.map((value) => Math.abs(value - middle)))
  const width = grid + (grid > 0 ? 0 : (3 * noise) / Math.sqrt(old.length)) + FLOAT32_ERROR * level
  return { low: middle - width, high: middle + width, estimates: [middle], bias: grid / 2 }
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort()
  return sorted.length === 0 ? NaN : sorted[sorted.length >> 1]
}

interface Judgement {
  readonly periods: Period[]
  /** Pairs that follow from the relations, weighted by period; plain ones included. */
  readonly fit: number
  readonly changes: number
}

function judge(
  ranges: readonly Range[],
  sessions: readonly ValuePairs[],
  quanta: readonly number[],
  isClose: IsClose,
  hints: readonly Relation[],
): Judgement {
  if (ranges.length > MOST_PERIODS && ranges.length > sessions.length / 4) {
    return { periods: [{ from: 0, to: sessions.length - 1, relation: PLAIN }], fit: 0, changes: 0 }
  }
  const periods: Period[] = []
  let fit = 0
  for (const range of ranges) {
    const pairs = joinPairs(sessions, range.from, range.to)
    let length = 0
    for (let i = range.from; i <= range.to; i++) length += sessions[i].old.length
    const best = bestRelation(range, pairs, quanta, isClose, [...hints, ...periods.map(({ relation }) => relation)])
    fit += (best.fit / Math.max(1, pairs.old.length)) * length
    const before = periods.at(-1)
    if (before !== undefined && isSame(before.relation, best.relation)) {
      periods[periods.length - 1] = { ...before, to: range.to }
    } else periods.push({ from: range.from, to: range.to, relation: best.relation })
  }
  return { periods, fit, changes: periods.length - 1 }
}

export function isSame(a: Relation, b: Relation): boolean {
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= 1e-9 * Math.max(Math.abs(x), Math.abs(y))
  return near(a.ratio, b.ratio) && near(a.basis, b.basis)
}

/** The simplest relation of a range that makes most pairs follow; plain unless the gain is large. */
function bestRelation(
  range: Range,
  pairs: ValuePairs,
  quanta: readonly number[],
  isClose: IsClose,
  hints: readonly Relation[],
): { relation: Relation; fit: number } {
  const total = pairs.old.length
  // What follows exactly counts before what is merely close: a tolerance would let a rounder number win over the right one. And
  // where nothing was rounded, a ratio that is a little off must not pass by rounding.
  const score = (relation: Relation): Score => {
    const exactly = countOf(pairs, (a, b) => isExact(a, b, relation))
    const { rounding, fits } = bestRounding(pairs.old, pairs.fresh, relation, quanta)
    // Rounding up is cutting off with another basis; nobody's script rounds up.
    const exact = rounding?.mode === 'ceil' ? (1 - CEIL_HANDICAP) * fits : fits
    const { ratio, basis } = relation
    const close = countOf(pairs, (a, b) => isClose((a - basis) / ratio, b))
    return { unrounded: exactly >= LEAST_FIT * total ? exactly : 0, exact, close }
  }
  const margin = MARGIN * total
  const isBetter = (a: Score, b: Score): boolean => {
    for (const key of ['unrounded', 'exact', 'close'] as const) {
      if (Math.abs(a[key] - b[key]) > margin) return a[key] > b[key]
    }
    return false
  }
  const plain = { relation: PLAIN, ...score(PLAIN) }
  let best = plain
  for (const relation of candidatesOf(range, hints)) {
    const next = { relation, ...score(relation) }
    if (isBetter(next, best)) best = next
    if (best.unrounded === total || best.exact === total) break
  }
  const fit = (value: Score): number => Math.max(value.exact, value.close)
  const isEnough = fit(best) >= LEAST_FIT * total && total - fit(best) <= MOST_MISFIT_LEFT * (total - fit(plain))
  return isEnough ? { relation: best.relation, fit: best.exact } : { relation: PLAIN, fit: plain.exact }
}

/** Pairs that follow from a relation by itself (0 unless most do), with the best rounding, and within tolerance. */
interface Score {
  readonly unrounded: number
  readonly exact: number
  readonly close: number
}

const SIMPLE_RATIOS = [1 / 100, 100, 1 / 10, 10, 1 / 1000, 1000, 1e-4, 1e4, 1e-6, 1e6]
const MOST_DENOMINATOR = 10
const MOST_NUMERATOR = 50

function* candidatesOf(range: Range, hints: readonly Relation[]): Generator<Relation> {
  let given = 0
  const isIn = (value: number): boolean => value >= range.low && value <= range.high
  if (range.kind === 'basis') {
    for (const { ratio, basis } of hints) if (ratio === 1 && basis !== 0 && isIn(basis)) yield { ratio, basis }
    const middles = middleOf(range)
    // Rounding leaves a basis open by up to a step: the coarsest number that fits is the likely one.
    for (const step of USUAL_BASES) {
      const first = Math.ceil(range.low / step)
      if (range.high - range.low > MOST_MULTIPLES * step) continue
      for (let n = first; n * step <= range.high; n++) {
        const basis = Number((n * step).toFixed(6))
        if (basis !== 0) yield { ratio: 1, basis }
      }
    }
    for (let digits = 1; digits <= MOST_DIGITS; digits++) {
      for (const basis of withDigits(middles, digits)) if (isIn(basis)) yield { ratio: 1, basis }
    }
    for (const basis of middles) if (basis !== 0) yield { ratio: 1, basis }
    return
  }
  const ratios = function* (): Generator<number> {
    for (const { ratio, basis } of hints) if (basis === 0 && ratio !== 1) yield ratio
    yield* SIMPLE_RATIOS
    for (let q = 1; q <= MOST_DENOMINATOR; q++) {
      for (let p = 1; p <= MOST_NUMERATOR; p++) {
        if (p === q) continue
        yield p / q
        yield q / p
      }
    }
  }
  for (const ratio of ratios()) {
    if (!isIn(ratio)) continue
    if (given++ >= MOST_SIMPLE) break
    yield { ratio, basis: 0 }
  }
  const middles = middleOf(range).filter((middle) => middle !== 0)
  const inverses = middles.map((middle) => 1 / middle)
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    for (const ratio of withDigits(middles, digits)) if (isIn(ratio)) yield { ratio, basis: 0 }
    for (const inverse of withDigits(inverses, digits)) if (isIn(1 / inverse)) yield { ratio: 1 / inverse, basis: 0 }
  }
  for (const ratio of middles) yield { ratio, basis: 0 }
}

function middleOf({ estimates, low, high, bias }: Range): number[] {
  const sorted = [...estimates].sort((a, b) => a - b)
  if (sorted.length === 0) return []
  const typical = sorted[sorted.length >> 1]
  const middle = (low + high) / 2
  return [typical, middle, typical + bias].filter(Number.isFinite)
}

const USUAL_BASES = [10, 5, 1, 0.5, 0.25, 0.1, 0.05, 0.01]
const MOST_MULTIPLES = 20
const MOST_DIGITS = 10

/** The estimates written with so many significant digits, and the numbers above and below. */
function withDigits(estimates: readonly number[], digits: number): number[] {
  const values = estimates.flatMap((value) => {
    const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) + 1 - digits)
    return [value, value - unit, value + unit].map((near) => Number(near.toPrecision(digits)))
  })
  return [...new Set(values)].filter((value) => value !== 0 && Number.isFinite(value))
}
