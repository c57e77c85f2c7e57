import { canonicalJson } from '#shared/canonical-json.ts'
import { compileFeatureSet } from '#main/pipeline/features/compute-features.ts'
import type { RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { checkSelection, removedWords, selectedDates, selectedSymbols } from '../selection.ts'
import { planFeatures } from './plan-features.ts'

/** Name of the feature set that is meant when none is named. */
export function defaultFeatureSet(services: JobServices): string {
  return services.config.features.sets[0]
}

export const featuresJob: JobDefinition<'features'> = {
  kind: 'features',
  title: 'Build features',
  lane: 'features',
  controls: [],
  steps: [
    { title: 'Finding what changed', weight: 1 },
    { title: 'Computing features', weight: 20 },
  ],
  check: (params, services) => {
    checkSelection(params, services)
    services.featureSet(params.featureSet ?? defaultFeatureSet(services))
  },
  run: async (params, { services, signal, report, jobId }) => {
    const { curated, features } = services.stores
    const { hash, ...definition } = services.featureSet(params.featureSet ?? defaultFeatureSet(services))
    const compiled = compileFeatureSet(definition)
    const set: RegisteredFeatureSet = {
      name: definition.name,
      definitionHash: hash,
      definition: canonicalJson(definition),
      columns: compiled.columnNames,
    }
    features.register(set, services.nowMs())
    report(0, 0)
    const range = selectedDates(params)
    const plans = selectedSymbols(params, services).map((symbol) => ({
      symbol,
      ...planFeatures({
        calendar: services.calendarOf(symbol),
        curated: curated.sessions(symbol),
        stored: features.sessions(set, symbol),
        definitionHash: hash,
        historySessions: compiled.historySessions,
        ...range,
      }),
    }))
    const total = plans.reduce((sum, { wanted }) => sum + wanted, 0)
    let sessionsBuilt = 0
    let sessionsRemoved = 0
    let rows = 0
    for (const { symbol, gone } of plans) {
      if (gone.length === 0) continue
      features.removeSessions(set, symbol, gone)
      services.publish({ kind: 'layer', layer: 'features' })
      sessionsRemoved += gone.length
    }
    await services.pool.runAll<'features'>(
      plans
        .filter(({ wanted }) => wanted > 0)
        .map(({ symbol, runs }) => ({ kind: 'features', curatedFile: curated.file, symbol, definition, runs })),
      (batch) => {
        features.replaceSessions(set, batch, jobId, services.nowMs())
        services.publish({ kind: 'layer', layer: 'features' })
        for (const { count } of batch) rows += count
        sessionsBuilt += batch.length
        const last = batch[batch.length - 1]
        report(1, sessionsBuilt / total, {
          detail: `${last.symbol} ${last.sessionDate}`,
          done: sessionsBuilt,
          total,
          unit: 'sessions',
        })
      },
      signal,
    )
    return {
      featureSet: set.name,
      columns: set.columns.length,
      sessionsBuilt,
      sessionsUnchanged: plans.reduce((sum, { unchanged }) => sum + unchanged, 0),
      sessionsRemoved,
      rows,
    }
  },
  hasFindings: () => false,
  summary: (result) =>
    `${result.columns} features for ${result.rows} bars of ${result.sessionsBuilt} sessions, ${result.sessionsUnchanged} sessions were up to date.${removedWords(result)}`,
}
