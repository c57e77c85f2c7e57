import { canonicalJson } from '#shared/canonical-json.ts'
import type { Selection, TransformResult } from '#shared/jobs/job-kinds.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { checkSelection, removedWords, selectedDates, selectedSymbols } from '../selection.ts'
import { planTransform } from './plan-transform.ts'

const STEPS = [
  { title: 'Finding what changed', weight: 1 },
  { title: 'Curating bars', weight: 20 },
]

async function transform(params: Selection, context: JobContext, rebuildAll: boolean): Promise<TransformResult> {
  const { services, signal, report, jobId } = context
  const { raw, curated } = services.stores
  const { barSize, whatToShow } = services.config.canonical
  const config: CurationConfig = { transformVersion: TRANSFORM_VERSION, quality: services.config.quality }
  const configHash = hashJson(config)
  const symbols = selectedSymbols(params, services)
  const range = selectedDates(params)
  curated.saveConfig(configHash, canonicalJson(config))

  report(0, 0)
  const plans = symbols.map((symbol) => ({
    symbol,
    ...planTransform({
      calendar: services.calendarOf(symbol),
      spans: raw.responseSpans(symbol, barSize, whatToShow),
      settled: new Set(raw.fetchedSessions(symbol, services.config.canonical).keys()),
      stored: curated.sessions(symbol, range.from, range.to),
      configHash,
      ...range,
      rebuildAll,
    }),
  }))
  const total = plans.reduce((sum, { stale }) => sum + stale.length, 0)
  const result = { sessionsBuilt: 0, sessionsUnchanged: 0, sessionsRemoved: 0, bars: 0, dropped: 0, flagged: 0 }
  for (const { symbol, unchanged, gone } of plans) {
    result.sessionsUnchanged += unchanged
    if (gone.length === 0) continue
    curated.removeSessions(symbol, gone)
    services.publish({ kind: 'layer', layer: 'curated' })
    result.sessionsRemoved += gone.length
  }

  await services.pool.runAll<'transform'>(
    plans
      .filter(({ stale }) => stale.length > 0)
      .map(({ symbol, stale }) => ({
        kind: 'transform',
        rawFile: raw.file,
        symbol,
        sessions: stale,
        config,
        configHash,
      })),
    (batch) => {
      curated.replaceSessions(batch, jobId, services.nowMs())
      services.publish({ kind: 'layer', layer: 'curated' })
      for (const { count, quality } of batch) {
        result.sessionsBuilt++
        result.bars += count
        result.dropped += quality.dropped
        result.flagged += quality.flagged
      }
      const last = batch[batch.length - 1]
      report(1, result.sessionsBuilt / total, {
        detail: `${last.symbol} ${last.session.date}`,
        done: result.sessionsBuilt,
        total,
        unit: 'sessions',
      })
    },
    signal,
  )
  const counts = curated.findingCounts({ symbols, ...range }).filter(({ severity }) => severity !== 'info')
  const findings: Record<string, number> = {}
  for (const { rule, count } of counts) findings[rule] = (findings[rule] ?? 0) + count
  return { ...result, findings }
}

const hasFindings = (result: TransformResult): boolean => Object.keys(result.findings).length > 0

const summary = (result: TransformResult): string =>
  `${result.bars} bars of ${result.sessionsBuilt} sessions curated, ${result.sessionsUnchanged} sessions were up to date.${removedWords(result)}`

export const transformJob: JobDefinition<'transform'> = {
  kind: 'transform',
  title: 'Curate bars',
  lane: 'curated',
  controls: [],
  steps: STEPS,
  check: checkSelection,
  run: (params, context) => transform(params, context, false),
  hasFindings,
  summary,
}

export const rebuildJob: JobDefinition<'rebuild'> = {
  kind: 'rebuild',
  title: 'Rebuild curated bars',
  lane: 'curated',
  controls: [],
  steps: STEPS,
  check: checkSelection,
  run: (params, context) => transform(params, context, true),
  hasFindings,
  summary,
}
