import type { WhatIf } from '#shared/contract/comparison.ts'
import type { FeatureComparison, FeatureTotals } from '#shared/jobs/feature-comparison.ts'
import { alignColumns } from '../align-columns.ts'

/** What the commands of the comparison say of features; nothing of a run that compared none. */

/** Counts by feature, and why they may not be what a build would give now. */
export function featureLines(features: FeatureComparison | null): string[] {
  if (features === null) return []
  const { set, counts, sessions, sessionsOutOfDate, sessionsNotBuilt } = features
  return [
    `  features of ${set}, ${sessions} sessions`,
    ...alignColumns([
      ['  feature', 'old column', 'equal', 'within', 'different', 'null against value', 'only in old', 'only in new'],
      ...features.features.map(({ name, oldColumn }) => {
        const own = counts.byFeature[name]
        return [
          `  ${name}`,
          oldColumn,
          ...[own.equal, own.withinTolerance, own.different, own.nullVersusValue, own.oldOnly, own.newOnly].map(String),
        ]
      }),
    ]),
    ...(sessionsOutOfDate === 0
      ? []
      : [
          `  out of date in ${sessionsOutOfDate} of the sessions: built from other curated bars than there are now; "switchyard features build" builds them`,
        ]),
    ...(sessionsNotBuilt === 0
      ? []
      : [`  not built in ${sessionsNotBuilt} of the sessions; "switchyard features build" builds them`]),
  ]
}

/** The errors of every feature. */
export function featureErrorLines(
  features: FeatureComparison | null,
  digits: (value: number | null) => string,
): string[] {
  if (features === null) return []
  return [
    ...alignColumns([
      ['  feature', 'bias', 'MAE', 'RMSE', 'correlation', '|d| p50', 'p90', 'p99', 'max'],
      ...Object.entries(features.errors).map(([name, { bias, mae, rmse, correlation, absolute }]) => [
        `  ${name}`,
        ...[bias, mae, rmse, correlation, absolute.p50, absolute.p90, absolute.p99, absolute.max].map(digits),
      ]),
    ]),
    `  old features ${features.oldHash}`,
    `  new features ${features.newHash}`,
  ]
}

/** How features would count with other tolerances. */
export function featureWhatIfLines(features: WhatIf['features']): string[] {
  if (features === null) return []
  const change = (a: number, b: number): string => (a === b ? `${a}` : `${a} -> ${b}`)
  const { before, after } = features
  return Object.entries(after.byFeature).map(([name, counts]) => {
    const was = before.byFeature[name]
    return `  features.${name}  equal ${counts.equal}, within tolerance ${change(was.withinTolerance, counts.withinTolerance)}, different ${change(was.different, counts.different)}`
  })
}

/** Minutes with a feature that is different, or with features on one side only. */
export function unequalFeatures(totals: FeatureTotals | undefined): number {
  if (totals === undefined) return 0
  const { different, oldOnly, newOnly } = totals.minutes
  return different + oldOnly + newOnly
}
