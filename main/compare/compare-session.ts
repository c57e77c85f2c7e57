import type { BarColumns } from '#shared/bars.ts'
import { COMPARED_FIELDS, type ComparedField, type Tolerance } from '#shared/config/workspace-config.ts'
import type { ComparisonCounts, FieldCounts } from '#shared/jobs/job-kinds.ts'

/** What a compared minute is; a minute is as bad as its worst field. Stored as one byte. */
export const RowClass = {
  Equal: 0,
  WithinTolerance: 1,
  Different: 2,
  OldOnly: 3,
  NewOnly: 4,
} as const

export const ROW_CLASS_NAMES = ['equal', 'within_tolerance', 'different', 'old_only', 'new_only'] as const

export type Tolerances = Readonly<Record<ComparedField, Tolerance>>

/**
 * The rows of a comparison that are not plainly equal, ascending in time. Values are column-major: field f of row i stands at
 * `f * ts.length + i`, fields in the order of COMPARED_FIELDS; NaN where a side has no value or no row.
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

/**
 * Compares the old and the new bars of one symbol and session on (symbol, minute). Both sides must be strictly ascending.
 *
 * Differences are compared, not rounded values: a field is equal when both sides have the same number or both have none,
 * within tolerance when `|new - old| <= abs + rel * |old|` but for the rounding of the numbers themselves, different otherwise.
 * One side without a value is different and is counted apart.
 */
export function compareSession(old: BarColumns, fresh: BarColumns, tolerances: Tolerances): SessionComparison {
  const oldColumns = COMPARED_FIELDS.map((field) => old[field])
  const newColumns = COMPARED_FIELDS.map((field) => fresh[field])
  const allowed = COMPARED_FIELDS.map((field) => tolerances[field])
  const fields = COMPARED_FIELDS.length
  const most = old.ts.length + fresh.ts.length
  const ts = new Float64Array(most)
  const rowClass = new Uint8Array(most)
  const oldRow = new Int32Array(most)
  const newRow = new Int32Array(most)
  const tally = COMPARED_FIELDS.map(() => ({ equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 }))
  const counts = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, withinTolerance: 0, different: 0 }

  let rows = 0
  let i = 0
  let j = 0
  while (i < old.ts.length || j < fresh.ts.length) {
    const oldTs = i < old.ts.length ? old.ts[i] : Infinity
    const newTs = j < fresh.ts.length ? fresh.ts[j] : Infinity
    if (oldTs !== newTs) {
      const isOld = oldTs < newTs
      ts[rows] = isOld ? oldTs : newTs
      rowClass[rows] = isOld ? RowClass.OldOnly : RowClass.NewOnly
      oldRow[rows] = isOld ? i++ : -1
      newRow[rows] = isOld ? -1 : j++
      if (isOld) counts.oldOnly++
      else counts.newOnly++
      rows++
      continue
    }
    let worst: number = RowClass.Equal
    for (let f = 0; f < fields; f++) {
      const a = oldColumns[f][i]
      const b = newColumns[f][j]
      if (a === b || (a !== a && b !== b)) {
        tally[f].equal++
      } else if (a !== a || b !== b) {
        tally[f].nullVersusValue++
        worst = RowClass.Different
      } else if (isWithin(allowed[f], a, b)) {
        tally[f].withinTolerance++
        if (worst === RowClass.Equal) worst = RowClass.WithinTolerance
      } else {
        tally[f].different++
        worst = RowClass.Different
      }
    }
    counts.common++
    if (worst === RowClass.Equal) counts.equal++
    else {
      if (worst === RowClass.WithinTolerance) counts.withinTolerance++
      else counts.different++
      ts[rows] = oldTs
      rowClass[rows] = worst
      oldRow[rows] = i
      newRow[rows] = j
      rows++
    }
    i++
    j++
  }

  const gather = (columns: readonly Float64Array[], at: Int32Array): Float64Array => {
    const values = new Float64Array(fields * rows)
    for (let f = 0; f < fields; f++) {
      for (let r = 0; r < rows; r++) values[f * rows + r] = at[r] < 0 ? NaN : columns[f][at[r]]
    }
    return values
  }
  return {
    counts: { ...counts, fields: Object.fromEntries(COMPARED_FIELDS.map((field, f) => [field, tally[f]])) },
    rows: {
      ts: ts.slice(0, rows),
      class: rowClass.slice(0, rows),
      oldValues: gather(oldColumns, oldRow),
      newValues: gather(newColumns, newRow),
    },
  }
}

/**
 * Infinity is near nothing but itself, although a share of it is infinite too.
 *
 * Prices are decimals, and a double is off its decimal by up to half a unit in its last place: 33.34 - 33.33 is a little more
 * than 0.01. A limit is therefore exceeded only by more than that error of both values. Without a tolerance nothing is forgiven.
 */
function isWithin({ abs, rel }: Tolerance, old: number, fresh: number): boolean {
  const difference = Math.abs(fresh - old)
  const limit = abs + rel * Math.abs(old)
  const rounding = limit > 0 ? Number.EPSILON * Math.abs(old) + Number.EPSILON * Math.abs(fresh) : 0
  return difference < Infinity && difference <= limit + rounding
}

/** Counts of nothing, the start of a sum. */
export function emptyCounts(): ComparisonCounts {
  const none = (): FieldCounts => ({ equal: 0, withinTolerance: 0, different: 0, nullVersusValue: 0 })
  return {
    common: 0,
    oldOnly: 0,
    newOnly: 0,
    equal: 0,
    withinTolerance: 0,
    different: 0,
    fields: Object.fromEntries(COMPARED_FIELDS.map((field) => [field, none()])),
  }
}

/** Sum of counts, field by field. */
export function addCounts(a: ComparisonCounts, b: ComparisonCounts): ComparisonCounts {
  const sum = emptyCounts()
  for (const name of ['common', 'oldOnly', 'newOnly', 'equal', 'withinTolerance', 'different'] as const) {
    sum[name] = a[name] + b[name]
  }
  for (const field of COMPARED_FIELDS) {
    for (const name of ['equal', 'withinTolerance', 'different', 'nullVersusValue'] as const) {
      sum.fields[field][name] = a.fields[field][name] + b.fields[field][name]
    }
  }
  return sum
}
