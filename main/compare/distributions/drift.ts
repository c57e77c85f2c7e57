import type { Drift } from '#shared/contract/comparison.ts'
import type { ErrorProfile } from './error-profile.ts'
import { benjaminiHochberg, kolmogorovSmirnov, populationStability, wasserstein } from './two-samples.ts'

type FieldDrift = Drift['fields'][number]

/**
 * Whether the differences new - old of a run are distributed as those of a reference run, field by field; p-values are adjusted
 * for the number of fields. Both are cut into the same bins first, 1.6 % wide, so that the rounding of differences plays no part. Fields that one of them does not have are left out.
 */
export function driftOf(
  run: Readonly<Record<string, ErrorProfile>>,
  reference: Readonly<Record<string, ErrorProfile>>,
): readonly FieldDrift[] {
  const found = Object.entries(run).flatMap(([field, profile]): FieldDrift[] => {
    const known = reference[field]
    if (known === undefined) return []
    const [now, before] = [profile.sketch.binned(), known.sketch.binned()]
    const stability = populationStability(before, now)
    const test = kolmogorovSmirnov(before, now)
    const distance = wasserstein(before, now)
    if (stability === null || test === null || distance === null) return []
    const { psi, expected: psiExpected, upper99: psiUpper99, isBeyondChance, bins, edges } = stability
    return [
      {
        field,
        count: profile.count,
        referenceCount: known.count,
        psi,
        psiExpected,
        psiUpper99,
        isBeyondChance,
        bins,
        edges: [...edges],
        ...test,
        adjustedPValue: test.pValue,
        wasserstein: distance,
      },
    ]
  })
  const adjusted = benjaminiHochberg(found.map(({ pValue }) => pValue))
  return found.map((drift, i) => ({ ...drift, adjustedPValue: adjusted[i] }))
}
