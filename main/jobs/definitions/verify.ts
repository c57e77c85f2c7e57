import type { VerifyResult } from '#shared/jobs/job-kinds.ts'
import { compileFeatureSet } from '#main/pipeline/features/compute-features.ts'
import { featureSetSchema } from '#shared/features/definition.ts'
import { hashFeatures, type RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { checkSelection, selectedDates, selectedSymbols } from '../selection.ts'
import { planFeatures } from './plan-features.ts'

/**
 * Proves that curated bars and features are functions of what they claim to be made of: everything is computed again and the
 * hashes are compared with the stored ones and with the bytes on disk. Writes nothing.
 */
export const verifyJob: JobDefinition<'verify'> = {
  kind: 'verify',
  title: 'Verify against raw',
  lane: 'curated',
  steps: [
    { title: 'Rebuilding curated bars', weight: 2 },
    { title: 'Recomputing features', weight: 3 },
  ],
  check: checkSelection,
  run: async (params, context) => {
    const curatedPart = await verifyCurated(params, context)
    const featurePart = await verifyFeatures(params, context)
    return {
      sessionsChecked: curatedPart.checked,
      featureSessionsChecked: featurePart.checked,
      featureSessionsStale: featurePart.stale,
      mismatches: [...curatedPart.mismatches, ...featurePart.mismatches],
    }
  },
  hasFindings: (result) => result.mismatches.length > 0 || result.featureSessionsStale > 0,
  summary: (result) =>
    result.mismatches.length === 0
      ? `${result.sessionsChecked} curated and ${result.featureSessionsChecked} feature sessions have the hash that they should have.`
      : `${result.mismatches.length} sessions do not have the hash that they should have.`,
}

type Params = Parameters<JobDefinition<'verify'>['run']>[0]
type Mismatches = VerifyResult['mismatches']

async function verifyCurated(
  params: Params,
  { services, signal, report }: JobContext,
): Promise<{ checked: number; mismatches: Mismatches }> {
  const { raw, curated } = services.stores
  const { from, to } = selectedDates(params)
  const symbols = selectedSymbols(params, services)
  const total = symbols.reduce((sum, symbol) => sum + curated.sessions(symbol, from, to).length, 0)
  let checked = 0
  const lists = await services.pool.runAll<'verify-curated'>(
    symbols.map((symbol) => ({
      kind: 'verify-curated',
      rawFile: raw.file,
      curatedFile: curated.file,
      symbol,
      barSize: services.config.canonical.barSize,
      whatToShow: services.config.canonical.whatToShow,
      from,
      to,
    })),
    (sessions, index) => {
      checked += sessions
      report(0, total === 0 ? 1 : checked / total, { detail: symbols[index], done: checked, total, unit: 'sessions' })
    },
    signal,
  )
  return { checked, mismatches: lists.flat() }
}

async function verifyFeatures(
  params: Params,
  { services, signal, report }: JobContext,
): Promise<{ checked: number; stale: number; mismatches: Mismatches }> {
  const { curated, features } = services.stores
  const range = selectedDates(params)
  const mismatches: Mismatches = []
  let checked = 0
  let stale = 0
  for (const name of features.setNames()) {
    const set = features.set(name) as RegisteredFeatureSet
    const definition = featureSetSchema.parse(JSON.parse(set.definition))
    const { historySessions } = compileFeatureSet(definition)
    for (const symbol of selectedSymbols(params, services)) {
      const stored = new Map(
        features.sessions(set, symbol, range.from, range.to).map((info) => [info.sessionDate, info]),
      )
      const plan = planFeatures({
        calendar: services.calendarOf(symbol),
        curated: curated.sessions(symbol),
        stored: [],
        definitionHash: set.definitionHash,
        historySessions,
        ...range,
      })
      if (stored.size === 0 || plan.wanted === 0) continue
      await services.pool.run<'features'>(
        { kind: 'features', curatedFile: curated.file, symbol, definition, runs: plan.runs },
        (batch) => {
          for (const rebuilt of batch) {
            const known = stored.get(rebuilt.sessionDate)
            if (known === undefined) continue
            // Features whose curated bars have changed since are out of date, not wrong.
            if (known.inputsHash !== rebuilt.inputsHash) {
              stale++
              continue
            }
            checked++
            const blobs = features.blobs(set, symbol, rebuilt.sessionDate)
            const onDisk = blobs === undefined ? 'missing' : hashFeatures(blobs, set.columns)
            const key = {
              symbol,
              sessionDate: rebuilt.sessionDate,
              layer: 'features' as const,
              stored: known.contentHash,
            }
            if (onDisk !== known.contentHash) mismatches.push({ ...key, rebuilt: onDisk })
            else if (rebuilt.contentHash !== known.contentHash)
              mismatches.push({ ...key, rebuilt: rebuilt.contentHash })
          }
          report(1, 0.5, { detail: symbol, done: checked, unit: 'sessions' })
        },
        signal,
      )
    }
  }
  return { checked, stale, mismatches }
}
