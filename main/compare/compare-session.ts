import type { BarColumns } from '#shared/bars.ts'
import { COMPARED_FIELDS, type ComparedField, OPTIONAL_FIELDS } from '#shared/config/comparison-config.ts'
import type { ComparisonCounts, FieldCounts } from '#shared/jobs/job-kinds.ts'
import { BlockComparer, type BlockRules, RowClass, type RowSample, Verdict } from './block-comparer.ts'
import type { Limit, SessionEdges, Tolerances } from './tolerances.ts'

export { RowClass } from './block-comparer.ts'
export type { Tolerances } from './tolerances.ts'

/** Names of the values of {@link RowClass}. */
export const ROW_CLASS_NAMES = [
  'equal',
  'within_tolerance',
  'different',
  'old_only',
  'new_only',
  'not_settled',
] as const

/**
 * The rows of a comparison that are not plainly equal, ascending in time. Values are column-major: field f of row i stands at
 * `f * ts.length + i`, fields in the order in which they were compared (for bars COMPARED_FIELDS); NaN where a side has no value or no row.
 */
export interface UnequalRows {
  readonly ts: Float64Array
  readonly class: Uint8Array
  readonly oldValues: Float64Array
  readonly newValues: Float64Array
}

export interface SessionComparison {
  readonly counts: ComparisonCounts
  readonly rows: UnequalRows
}

/** What can be different from session to session, beside the tolerances. */
export interface SessionRules {
  /** Other tolerances at the ends of the session. */
  readonly edges?: SessionEdges
  /** Minutes that start at this moment or later are not settled: counted apart, not compared. */
  readonly unsettledFromTs?: number
  readonly sample?: RowSample
  /** Minutes of which the old side had several rows before it was read; they are counted as duplicate keys, too. */
  readonly duplicateTs?: ReadonlySet<number>
  /** Gets the common minutes of each compared field: values at `0 <= i < count`. The arrays hold something else afterwards. */
  readonly observe?: (
    field: ComparedField,
    old: Float64Array,
    fresh: Float64Array,
    ts: Float64Array,
    count: number,
  ) => void
}

/**
 * Compares the old and the new bars of one symbol and session on (symbol, minute). Both sides must ascend in time; the new one
 * has a minute once, of several old rows of a minute the last is compared and the minute is counted in `duplicateKeys`.
 *
 * A field is equal, within tolerance, different, or empty on one side; {@link BlockComparer} says when. The optional fields
 * (vwap, tradeCount) are compared where both sides have at least one settled value of them in the session; else `counts.fields` does
 * not have them.
 */
export function compareSession(
  old: BarColumns,
  fresh: BarColumns,
  tolerances: Tolerances,
  rules: SessionRules = {},
): SessionComparison {
  return new SessionComparer().compare(old, fresh, tolerances, rules)
}

/** {@link compareSession} for many sessions one after the other, which share their working memory. */
export class SessionComparer {
  readonly #blocks = new BlockComparer(COMPARED_FIELDS.length)

  compare(old: BarColumns, fresh: BarColumns, tolerances: Tolerances, rules: SessionRules = {}): SessionComparison {
    const oldColumns = COMPARED_FIELDS.map((field) => old[field])
    const newColumns = COMPARED_FIELDS.map((field) => fresh[field])
    const [oldRows, newRows] = [old, fresh].map(({ ts }) => settledRows(ts, rules.unsettledFromTs))
    const isLeftOut = COMPARED_FIELDS.map(
      (field, f) =>
        OPTIONAL_FIELDS.includes(field) && !(hasValue(oldColumns[f], oldRows) && hasValue(newColumns[f], newRows)),
    )
    const { observe, edges, ...others } = rules
    const result = this.#blocks.compare(
      { ts: old.ts, columns: oldColumns },
      { ts: fresh.ts, columns: newColumns },
      {
        limits: limitsOf(tolerances),
        isLeftOut,
        ...others,
        ...edgesOf(edges),
        ...(observe === undefined
          ? {}
          : { observe: (f, a, b, ts, count) => observe(COMPARED_FIELDS[f], a, b, ts, count) }),
      },
    )
    const { common } = result.counts
    const fields: Record<string, FieldCounts> = {}
    for (const [f, field] of COMPARED_FIELDS.entries()) {
      if (isLeftOut[f]) continue
      const withinTolerance = result.verdicts[3 * f + Verdict.WithinTolerance]
      const different = result.verdicts[3 * f + Verdict.Different]
      const nullVersusValue = result.verdicts[3 * f + Verdict.NullVersusValue]
      const equal = common - withinTolerance - different - nullVersusValue
      fields[field] = { equal, withinTolerance, different, nullVersusValue }
    }
    return { counts: { ...result.counts, fields }, rows: unequalRows(result, oldColumns, newColumns) }
  }
}

/** The rows of a compared block that are not plainly equal, with the values of all columns. */
export function unequalRows(
  { minutes, ts, class: classes, oldRow, newRow }: ReturnType<BlockComparer['compare']>,
  oldColumns: readonly Float64Array[],
  newColumns: readonly Float64Array[],
): UnequalRows {
  let rows = 0
  for (let m = 0; m < minutes; m++) if (classes[m] !== RowClass.Equal) rows++
  const kept = new Int32Array(rows)
  for (let m = 0, r = 0; m < minutes; m++) if (classes[m] !== RowClass.Equal) kept[r++] = m
  const values = (columns: readonly Float64Array[], at: Int32Array): Float64Array => {
    const gathered = new Float64Array(columns.length * rows)
    for (const [f, column] of columns.entries()) {
      for (let r = 0; r < rows; r++) {
        const row = at[kept[r]]
        gathered[f * rows + r] = row < 0 ? NaN : column[row]
      }
    }
    return gathered
  }
  return {
    ts: Float64Array.from(kept, (m) => ts[m]),
    class: Uint8Array.from(kept, (m) => classes[m]),
    oldValues: values(oldColumns, oldRow),
    newValues: values(newColumns, newRow),
  }
}

function limitsOf(tolerances: Tolerances): readonly Limit[] {
  return COMPARED_FIELDS.map((field) => tolerances[field])
}

function edgesOf(edges: SessionEdges | undefined): Pick<BlockRules, 'edges'> {
  if (edges === undefined) return {}
  return { edges: { ...edges, open: limitsOf(edges.open), close: limitsOf(edges.close) } }
}

/** How many rows are settled; minutes ascend. */
function settledRows(ts: Float64Array, unsettledFromTs = Infinity): number {
  let rows = ts.length
  while (rows > 0 && ts[rows - 1] >= unsettledFromTs) rows--
  return rows
}

function hasValue(column: Float64Array, rows: number): boolean {
  for (let i = 0; i < rows; i++) if (column[i] === column[i]) return true
  return false
}

const MINUTE_COUNTS = [
  'common',
  'oldOnly',
  'newOnly',
  'equal',
  'withinTolerance',
  'different',
  'nullVersusValue',
  'duplicateKeys',
  'notSettled',
] as const
const FIELD_COUNTS = ['equal', 'withinTolerance', 'different', 'nullVersusValue'] as const
const noFieldCounts = (): FieldCounts => ({ equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 })

/** Counts of nothing, the start of a sum: it has the fields that are always compared. */
export function emptyCounts(): ComparisonCounts {
  return {
    common: 0,
    oldOnly: 0,
    newOnly: 0,
    equal: 0,
    withinTolerance: 0,
    different: 0,
    nullVersusValue: 0,
    duplicateKeys: 0,
    notSettled: 0,
    fields: Object.fromEntries(
      COMPARED_FIELDS.filter((field) => !OPTIONAL_FIELDS.includes(field)).map((field) => [field, noFieldCounts()]),
    ),
  }
}

/** Sum of counts, field by field; a field that one of them does not have counts as nothing there. */
export function addCounts(a: ComparisonCounts, b: ComparisonCounts): ComparisonCounts {
  const sum: ComparisonCounts = { ...emptyCounts(), fields: {} }
  for (const name of MINUTE_COUNTS) sum[name] = a[name] + b[name]
  for (const field of COMPARED_FIELDS) {
    if (a.fields[field] === undefined && b.fields[field] === undefined) continue
    const one = a.fields[field] ?? noFieldCounts()
    const other = b.fields[field] ?? noFieldCounts()
    const both = noFieldCounts()
    for (const name of FIELD_COUNTS) both[name] = one[name] + other[name]
    sum.fields[field] = both
  }
  return sum
}
