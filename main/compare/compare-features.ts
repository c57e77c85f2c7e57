import type { FeatureCounts, FeatureTotals } from '#shared/jobs/feature-comparison.ts'
import { BlockComparer, type BlockRules, Verdict } from './block-comparer.ts'
import { type UnequalRows, unequalRows } from './compare-session.ts'
import type { Limit } from './tolerances.ts'

/**
 * Features differ in their last digits in most minutes, where bars are mostly equal, and there are more of them: without less exact
 * sketches of days and minutes, those of ten years would not fit into memory. Quantiles are off by at most 1/8 and 1/32 of themselves.
 */
export const FEATURE_PROFILE_BITS = { day: 2, minute: 4 }

/** Features of one session on one side; a column that the side does not have there is undefined. NaN is null. */
export interface FeatureSide {
  /** Epoch seconds of bar starts, ascending. */
  readonly ts: Float64Array
  readonly columns: readonly (Float64Array | undefined)[]
}

export interface FeatureSessionComparison {
  readonly counts: FeatureTotals
  /** Values in the order of the features. */
  readonly rows: UnequalRows
}

export type FeatureRules = Pick<BlockRules, 'unsettledFromTs' | 'sample' | 'observe'>

/**
 * Compares features of one session after the other on (symbol, minute), by the rules of the bars.
 *
 * A feature whose column the old side does not have in a session is not compared there: the minutes of the new side count as `newOnly` of
 * that feature, and the class of a minute comes from the others.
 */
export class FeatureComparer {
  readonly #names: readonly string[]
  readonly #limits: readonly Limit[]
  readonly #blocks: BlockComparer

  /** @param limits of the features, in the order of `names`. */
  constructor(names: readonly string[], limits: readonly Limit[]) {
    this.#names = names
    this.#limits = limits
    this.#blocks = new BlockComparer(names.length)
  }

  compare(old: FeatureSide, fresh: FeatureSide, rules: FeatureRules = {}): FeatureSessionComparison {
    const oldColumns = wholeColumns(old)
    const newColumns = wholeColumns(fresh)
    const isLeftOut = this.#names.map((_name, f) => old.columns[f] === undefined || fresh.columns[f] === undefined)
    const result = this.#blocks.compare(
      { ts: old.ts, columns: oldColumns },
      { ts: fresh.ts, columns: newColumns },
      { limits: this.#limits, isLeftOut, ...rules },
    )
    const { duplicateKeys: _counted, ...minutes } = result.counts
    const byFeature: Record<string, FeatureCounts> = {}
    for (const [f, name] of this.#names.entries()) {
      const { common } = minutes
      if (isLeftOut[f]) {
        byFeature[name] = {
          ...noFeatureCounts(),
          oldOnly: old.columns[f] === undefined ? 0 : common + minutes.oldOnly,
          newOnly: fresh.columns[f] === undefined ? 0 : common + minutes.newOnly,
        }
        continue
      }
      const withinTolerance = result.verdicts[3 * f + Verdict.WithinTolerance]
      const different = result.verdicts[3 * f + Verdict.Different]
      const nullVersusValue = result.verdicts[3 * f + Verdict.NullVersusValue]
      const equal = common - withinTolerance - different - nullVersusValue
      const { oldOnly, newOnly } = minutes
      byFeature[name] = { common, oldOnly, newOnly, equal, withinTolerance, different, nullVersusValue }
    }
    return { counts: { minutes, byFeature }, rows: unequalRows(result, oldColumns, newColumns) }
  }
}

/** Columns that are not there have no values. */
function wholeColumns({ ts, columns }: FeatureSide): readonly Float64Array[] {
  return columns.map((column) => column ?? new Float64Array(ts.length).fill(NaN))
}

const FEATURE_COUNTS = [
  'common',
  'oldOnly',
  'newOnly',
  'equal',
  'withinTolerance',
  'different',
  'nullVersusValue',
] as const
const MINUTE_COUNTS = [...FEATURE_COUNTS, 'notSettled'] as const

const noFeatureCounts = (): FeatureCounts => ({
  common: 0,
  oldOnly: 0,
  newOnly: 0,
  equal: 0,
  withinTolerance: 0,
  different: 0,
  nullVersusValue: 0,
})

/** Totals of nothing, the start of a sum. */
export function emptyTotals(names: readonly string[]): FeatureTotals {
  return {
    minutes: { ...noFeatureCounts(), notSettled: 0 },
    byFeature: Object.fromEntries(names.map((name) => [name, noFeatureCounts()])),
  }
}

/** Sum of totals of the same features. */
export function addTotals(a: FeatureTotals, b: FeatureTotals): FeatureTotals {
  const sum = emptyTotals(Object.keys(a.byFeature))
  for (const count of MINUTE_COUNTS) sum.minutes[count] = a.minutes[count] + b.minutes[count]
  for (const [name, counts] of Object.entries(sum.byFeature)) {
    for (const count of FEATURE_COUNTS) counts[count] = a.byFeature[name][count] + b.byFeature[name][count]
  }
  return sum
}
