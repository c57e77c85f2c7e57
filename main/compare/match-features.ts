import type { FeaturesComparisonConfig } from '#shared/config/comparison-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { ComparedFeature } from '#shared/jobs/feature-comparison.ts'
import type { Limit } from './tolerances.ts'

/**
 * Checks that everything that `comparison.features` names is a feature of the set.
 *
 * @throws {SwitchyardError} CONFIG_INVALID, naming the key.
 */
export function checkFeatureNames(
  { columns, tolerances }: FeaturesComparisonConfig,
  set: string,
  features: readonly string[],
): void {
  for (const [key, names] of Object.entries({ columns, tolerances })) {
    for (const name of Object.keys(names)) {
      if (features.includes(name)) continue
      throw new SwitchyardError('CONFIG_INVALID', `comparison.features.${key}: ${set} has no feature ${name}.`, {
        hint: `Its features are ${features.join(', ')}.`,
      })
    }
  }
}

/**
 * The features that both pipelines have, in the order of the set: those with a column in the configuration, and those of whose name the
 * old pipeline has a column.
 *
 * @param oldColumns columns that the old pipeline has beside the bars, in any session.
 * @throws {SwitchyardError} CONFIG_INVALID when the configuration names a column that the old pipeline does not have.
 */
export function matchFeatures(
  { columns, tolerance, tolerances }: FeaturesComparisonConfig,
  features: readonly string[],
  oldColumns: readonly string[],
): readonly ComparedFeature[] {
  const known = new Set(oldColumns)
  return features.flatMap((name) => {
    const named = columns[name]
    if (named === null) return []
    if (named !== undefined && !known.has(named)) {
      throw new SwitchyardError(
        'CONFIG_INVALID',
        `comparison.features.columns: ${name} is to be compared with ${named}, which the old pipeline does not have.`,
        {
          hint:
            oldColumns.length === 0
              ? 'No column beside the bars was imported. List the columns under features of oldPipeline (or write features: rest), and import again.'
              : `Its columns beside the bars are ${oldColumns.join(', ')}. Others must be listed under features of oldPipeline and imported.`,
        },
      )
    }
    const oldColumn = named ?? (known.has(name) ? name : undefined)
    return oldColumn === undefined ? [] : [{ name, oldColumn, tolerance: tolerances[name] ?? tolerance }]
  })
}

/** The limits of features, in their order. */
export function featureLimits(features: readonly Pick<ComparedFeature, 'tolerance'>[]): readonly Limit[] {
  return features.map(({ tolerance: { abs, rel, bp } }) => ({ abs, rel: rel + bp / 10_000 }))
}
