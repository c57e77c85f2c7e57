import type { FeatureTotals } from '#shared/jobs/feature-comparison.ts'
import { isWithin, RowClass } from './block-comparer.ts'
import type { UnequalRows } from './compare-session.ts'
import type { Limit } from './tolerances.ts'

/** A stored session of features: what it counted, and its rows that are not plainly equal. */
export interface StoredFeatureSession extends UnequalRows {
  readonly counts: FeatureTotals
}

/**
 * What a stored session would have counted with other limits, exactly, for the reasons that hold for bars (`recountSession`).
 *
 * @param limits of the features, in the order of `names`, which is the order of the stored values.
 */
export function recountFeatures(
  session: StoredFeatureSession,
  names: readonly string[],
  limits: readonly Limit[],
): FeatureTotals {
  const { counts, ts, oldValues, newValues } = session
  const rows = ts.length
  const after: FeatureTotals = {
    minutes: { ...counts.minutes, withinTolerance: 0, different: 0 },
    byFeature: Object.fromEntries(
      names.map((name) => [name, { ...counts.byFeature[name], withinTolerance: 0, different: 0 }]),
    ),
  }
  const compared = [...names.entries()].filter(([, name]) => counts.byFeature[name].common > 0)
  for (let i = 0; i < rows; i++) {
    const known = session.class[i]
    if (known !== RowClass.WithinTolerance && known !== RowClass.Different) continue
    let isDifferent = false
    for (const [f, name] of compared) {
      const a = oldValues[f * rows + i]
      const b = newValues[f * rows + i]
      if (a === b || (a !== a && b !== b)) continue
      if (a !== a || b !== b) isDifferent = true
      else if (isWithin(a, b, limits[f].abs, limits[f].rel)) after.byFeature[name].withinTolerance++
      else {
        after.byFeature[name].different++
        isDifferent = true
      }
    }
    if (isDifferent) after.minutes.different++
    else after.minutes.withinTolerance++
  }
  return after
}
