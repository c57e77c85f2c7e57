import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { CompareResult } from '#shared/jobs/job-kinds.ts'
import { RowClass, type UnequalRows } from './compare-session.ts'

export type LargestDifference = CompareResult['largest'][number]

/**
 * The rows with the largest absolute difference, at most `most` per field, largest first within a field and fields in their
 * usual order. Of equal differences the earlier one stands first, so that the answer does not depend on the order of reading.
 */
export class LargestDifferences {
  readonly #most: number
  readonly #fields: readonly string[]
  readonly #byField: readonly LargestDifference[][]

  /** @param fields of the rows, in the order of their columns. */
  constructor(most: number, fields: readonly string[] = COMPARED_FIELDS) {
    this.#most = most
    this.#fields = fields
    this.#byField = fields.map(() => [])
  }

  /** Takes the unequal rows of one session into account; only minutes that both sides have can differ. */
  add(symbol: string, sessionDate: string, rows: UnequalRows): void {
    const count = rows.ts.length
    this.#fields.forEach((field, f) => {
      const kept = this.#byField[f]
      for (let i = 0; i < count; i++) {
        if (rows.class[i] !== RowClass.Different && rows.class[i] !== RowClass.WithinTolerance) continue
        const oldValue = rows.oldValues[f * count + i]
        const newValue = rows.newValues[f * count + i]
        const size = Math.abs(newValue - oldValue)
        if (!(size > 0)) continue
        if (kept.length === this.#most && size < difference(kept[kept.length - 1])) continue
        kept.push({ symbol, sessionDate, ts: rows.ts[i], field, oldValue, newValue })
        kept.sort(byDifference)
        if (kept.length > this.#most) kept.pop()
      }
    })
  }

  /** All kept differences, field by field. */
  list(): readonly LargestDifference[] {
    return this.#byField.flat()
  }
}

/** Joins lists made apart (one per symbol) into what one pass over everything would have kept. */
export function mergeLargest(
  lists: readonly (readonly LargestDifference[])[],
  most: number,
  fields: readonly string[] = COMPARED_FIELDS,
): LargestDifference[] {
  const all = lists.flat()
  return fields.flatMap((field) =>
    all
      .filter((entry) => entry.field === field)
      .sort(byDifference)
      .slice(0, most),
  )
}

function difference(entry: LargestDifference): number {
  return Math.abs(entry.newValue - entry.oldValue)
}

function byDifference(a: LargestDifference, b: LargestDifference): number {
  return difference(b) - difference(a) || a.ts - b.ts || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0)
}
