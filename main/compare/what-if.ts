import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { ComparisonCounts } from '#shared/jobs/job-kinds.ts'
import { isWithin, RowClass } from './block-comparer.ts'
import type { UnequalRows } from './compare-session.ts'
import { sessionEdges, type SymbolTolerances } from './tolerances.ts'

/** A stored session: what it counted, and its rows that are not plainly equal. */
export interface StoredSession extends UnequalRows {
  readonly counts: ComparisonCounts
  /** Null where the hours were not kept; all minutes are the middle then. */
  readonly openTs: number | null
  readonly closeTs: number | null
}

/**
 * What a stored session would have counted with other tolerances, exactly. Minutes that are equal stay equal with any, so that the
 * rows that were kept are all that is needed; minutes of one side only, and those not settled, stay what they are.
 */
export function recountSession(session: StoredSession, tolerances: SymbolTolerances): ComparisonCounts {
  const { counts, ts, oldValues, newValues } = session
  const rows = ts.length
  const edges =
    session.openTs === null || session.closeTs === null
      ? undefined
      : sessionEdges(tolerances, session.openTs, session.closeTs)
  const compared = COMPARED_FIELDS.map((field, f) => ({ field, f })).filter(
    ({ field }) => counts.fields[field] !== undefined,
  )
  const after: ComparisonCounts = {
    ...counts,
    withinTolerance: 0,
    different: 0,
    fields: Object.fromEntries(
      compared.map(({ field }) => [field, { ...counts.fields[field], withinTolerance: 0, different: 0 }]),
    ),
  }
  for (let i = 0; i < rows; i++) {
    const known = session.class[i]
    if (known !== RowClass.WithinTolerance && known !== RowClass.Different) continue
    const limits =
      edges === undefined
        ? tolerances.middle
        : ts[i] < edges.openUntilTs
          ? edges.open
          : ts[i] >= edges.closeFromTs
            ? edges.close
            : tolerances.middle
    let isDifferent = false
    for (const { field, f } of compared) {
      const a = oldValues[f * rows + i]
      const b = newValues[f * rows + i]
      if (a === b || (a !== a && b !== b)) continue
      if (a !== a || b !== b) isDifferent = true
      else if (isWithin(a, b, limits[field].abs, limits[field].rel)) after.fields[field].withinTolerance++
      else {
        after.fields[field].different++
        isDifferent = true
      }
    }
    if (isDifferent) after.different++
    else after.withinTolerance++
  }
  return after
}
