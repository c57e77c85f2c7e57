import { setImmediate } from 'node:timers/promises'
import type { ErrorProfileReport, WhatIf, WhatIfInput } from '#shared/contract/comparison.ts'
import type { FeatureDetail } from '#shared/contract/feature-comparison.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { FeatureComparison } from '#shared/jobs/feature-comparison.ts'
import { addTotals, emptyTotals } from '#main/compare/compare-features.ts'
import { ErrorProfile, type ProfileData } from '#main/compare/distributions/error-profile.ts'
import type { ProfileDimension } from '#main/compare/distributions/profile-book.ts'
import { featureLimits } from '#main/compare/match-features.ts'
import { recountFeatures } from '#main/compare/what-if-features.ts'
import type { ComparisonStore, StoredRun } from '#main/stores/comparison-store.ts'

/** Answers about the features of stored comparison runs. */

export function featureDetail(comparisons: ComparisonStore, { runId, summary }: StoredRun): FeatureDetail | null {
  if (summary.features === null) return null
  const perSession = comparisons.features
    .sessions(runId)
    .map(({ symbol, sessionDate, state, counts }) => ({ symbol, sessionDate, state, ...counts.minutes }))
  return { ...summary.features, perSession }
}

export function featureHistograms(
  comparisons: ComparisonStore,
  runId: string,
): Record<string, ErrorProfileReport['histogram']> {
  const compared = comparisons.run(runId).summary.features?.features ?? []
  return Object.fromEntries(
    compared.map(({ name }) => [name, featureProfiles(comparisons, runId, name, 'all')[0]?.histogram ?? []]),
  )
}

/** Throws BAD_ARGUMENTS for a feature that the run did not compare. */
export function featureProfiles(
  comparisons: ComparisonStore,
  runId: string,
  feature: string,
  dimension: ProfileDimension,
): ErrorProfileReport[] {
  checkFeature(comparisons.run(runId), feature)
  const stored = comparisons.features.profiles(runId, dimension, feature) ?? {}
  return profileReports(stored as Record<string, ProfileData>)
}

/** Stored profiles by their key, as they are told. */
export function profileReports(profiles: Readonly<Record<string, ProfileData>>): ErrorProfileReport[] {
  return Object.entries(profiles).map(([key, data]) => {
    const profile = ErrorProfile.from(data)
    return { key, ...profile.summary(), histogram: [...profile.sketch.histogram()] }
  })
}

function checkFeature({ runId, summary }: StoredRun, feature: string): FeatureComparison {
  const { features } = summary
  if (features?.features.some(({ name }) => name === feature) === true) return features
  throw new SwitchyardError('BAD_ARGUMENTS', `${feature} is not a feature that the run ${runId} compared.`, {
    hint:
      features === null
        ? 'It compared none: the old pipeline had no feature of the set.'
        : `Its features are ${features.features.map(({ name }) => name).join(', ')}.`,
  })
}

/** Sessions that are counted again before the engine attends to something else. */
const SESSIONS_AT_A_TIME = 64

/**
 * The features of a run counted again; null when it compared none.
 *
 * @param tolerances by feature, instead of those of the run. Throws BAD_ARGUMENTS for one that the run did not compare.
 */
export async function featureWhatIf(
  comparisons: ComparisonStore,
  run: StoredRun,
  tolerances: WhatIfInput['features'] = {},
): Promise<WhatIf['features']> {
  for (const name of Object.keys(tolerances)) checkFeature(run, name)
  const { features } = run.summary
  if (features === null) return null
  const names = features.features.map(({ name }) => name)
  const limits = featureLimits(
    features.features.map(({ name, tolerance }) => ({ tolerance: tolerances[name] ?? tolerance })),
  )
  let before = emptyTotals(names)
  let after = emptyTotals(names)
  let sessions = 0
  for (const session of comparisons.features.rows(run.runId)) {
    before = addTotals(before, session.counts)
    after = addTotals(after, recountFeatures(session, names, limits))
    if (++sessions % SESSIONS_AT_A_TIME === 0) await setImmediate()
  }
  return { before, after }
}
