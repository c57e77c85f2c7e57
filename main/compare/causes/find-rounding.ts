import type { RoundingMode } from '#shared/comparison/cause.ts'
import { LEAST_GRID_VALUES, LEAST_ON_GRID } from './thresholds.ts'

/** Steps that people round to, largest first. */
const QUANTA = [
  10_000, 1_000, 500, 100, 50, 25, 10, 5, 2.5, 1, 0.5, 0.25, 0.125, 0.1, 0.0625, 0.05, 0.03125, 0.025, 0.02, 0.01,
  0.005, 0.001, 0.0005, 0.0001,
]

/** Relative error of a value that was multiplied, shifted and rounded in double precision. */
export const SLACK = 1e-11

/** A linear relation between the sides: old = ratio * new + basis. */
export interface Relation {
  readonly ratio: number
  readonly basis: number
}

/** Where rounding happened: to the old values as they stand, or to the new values before the relation was applied. */
export interface Rounding {
  readonly mode: RoundingMode
  readonly quantum: number | null
  readonly space: 'old' | 'fresh'
}

/** Quanta to look for, largest first: the usual ones and the tick size. */
export function quantaToTry(tickSize: number | null): number[] {
  const all = tickSize !== null && tickSize > 0 && tickSize < Infinity ? [...QUANTA, tickSize] : QUANTA
  return [...new Set(all)].sort((a, b) => b - a)
}

/** The largest quantum of which (nearly) all values are multiples; null when there is none or too few are not zero. */
export function gridOf(values: Float64Array, quanta: readonly number[]): number | null {
  let nonZero = 0
  for (const value of values) if (value !== 0) nonZero++
  if (nonZero < LEAST_GRID_VALUES) return null
  for (const quantum of quanta) {
    let off = 0
    const most = (1 - LEAST_ON_GRID) * nonZero
    for (let i = 0; i < values.length && off <= most; i++) {
      if (values[i] !== 0 && !isOnGrid(values[i], quantum)) off++
    }
    if (off <= most) return quantum
  }
  return null
}

export function isOnGrid(value: number, quantum: number): boolean {
  const steps = value / quantum
  return Math.abs(steps - Math.round(steps)) <= 1e-6 + SLACK * Math.abs(steps)
}

/**
 * Whether `old` is what rounding makes of `fresh` under a relation. A tie may have gone either way: half up, half even and half
 * away from zero all count as `round`.
 */
export function isRounded(old: number, fresh: number, { ratio, basis }: Relation, rounding: Rounding): boolean {
  const { mode, quantum, space } = rounding
  const is = space === 'old' ? old : (old - basis) / ratio
  const exact = space === 'old' ? ratio * fresh + basis : fresh
  const slack = SLACK * (Math.abs(exact) + Math.abs(old) + Math.abs(basis))
  if (mode === 'float32') return Math.abs(is - Math.fround(exact)) <= slack && Number.isFinite(is)
  const step = quantum as number
  const difference = is - exact
  const isNear =
    mode === 'round'
      ? Math.abs(difference) <= step / 2 + slack
      : mode === 'floor'
        ? (difference <= slack && difference > slack - step) || isStep(Math.floor(exact / step), step, is, slack)
        : (difference >= -slack && difference < step - slack) || isStep(Math.ceil(exact / step), step, is, slack)
  return isNear && isOnGrid(is, step)
}

/** Whether a value is so many steps: 4.35 / 0.01 is a little less than 435, and what is cut off there is 4.34. */
function isStep(steps: number, step: number, value: number, slack: number): boolean {
  return Math.abs(steps * step - value) <= slack
}

/** Whether `old` follows from `fresh` by the relation alone, but for the errors of double precision. */
export function isExact(old: number, fresh: number, { ratio, basis }: Relation): boolean {
  const expected = ratio * fresh + basis
  return Math.abs(old - expected) <= SLACK * (Math.abs(old) + Math.abs(basis))
}

export interface RoundingFit {
  readonly rounding: Rounding | null
  /** Pairs that follow exactly from relation and rounding. */
  readonly fits: number
}

const MODES = ['round', 'floor', 'ceil'] as const

/** The rounding under which most pairs follow from the relation; none when it makes no more of them follow. */
export function bestRounding(
  old: Float64Array,
  fresh: Float64Array,
  relation: Relation,
  quanta: readonly number[],
): RoundingFit {
  let best: RoundingFit = { rounding: null, fits: count(old, fresh, (a, b) => isExact(a, b, relation)) }
  if (best.fits === old.length) return best
  const attempts: Rounding[] = []
  const oldGrid = gridOf(old, quanta)
  if (oldGrid !== null) attempts.push(...MODES.map((mode): Rounding => ({ mode, quantum: oldGrid, space: 'old' })))
  const isPlain = relation.ratio === 1 && relation.basis === 0
  if (!isPlain) {
    const undone = old.map((value) => (value - relation.basis) / relation.ratio)
    const grid = gridOf(undone, quanta)
    if (grid !== null) attempts.push(...MODES.map((mode): Rounding => ({ mode, quantum: grid, space: 'fresh' })))
    attempts.push({ mode: 'float32', quantum: null, space: 'fresh' })
  }
  attempts.push({ mode: 'float32', quantum: null, space: 'old' })
  for (const rounding of attempts) {
    const fits = count(old, fresh, (a, b) => isRounded(a, b, relation, rounding))
    if (fits > best.fits) best = { rounding, fits }
  }
  return best
}

function count(old: Float64Array, fresh: Float64Array, is: (old: number, fresh: number) => boolean): number {
  let sum = 0
  for (let i = 0; i < old.length; i++) if (is(old[i], fresh[i])) sum++
  return sum
}
