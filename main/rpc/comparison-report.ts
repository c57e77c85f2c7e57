import type { ComparisonReport } from '#shared/contract/comparison.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { runCausesOf } from './comparison-causes.ts'
import { driftFrom, profilesOf, runDetail } from './comparison-runs.ts'
import { featureHistograms } from './feature-comparison.ts'

/** Everything about a run that fits on paper. Throws NOT_FOUND when there is no such run. */
export async function runReport(engine: Engine, runId: string): Promise<ComparisonReport> {
  const { comparisons } = engine.stores
  const { summary, oldRuns } = comparisons.run(runId)
  const reference = comparisons.reference()
  const hasReference = reference !== undefined && reference.runId !== runId && oldRuns === null
  return {
    ...runDetail(comparisons, runId),
    explanation: await runCausesOf(engine, runId),
    errors: summary.errors,
    histograms: Object.fromEntries(
      Object.keys(summary.errors).map((field) => [
        field,
        profilesOf(comparisons, runId, field, 'all')[0]?.histogram ?? [],
      ]),
    ),
    featureHistograms: featureHistograms(comparisons, runId),
    tests: summary.tests,
    drift: hasReference ? (driftFrom(comparisons, runId, reference) ?? null) : null,
  }
}
