import type { VerifyResult } from '#shared/jobs/job-kinds.ts'
import { RULE_IDS, RULES } from '#shared/quality/rule-catalogue.ts'
import { baselineOf } from '#main/pipeline/quality/baseline.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'
import { runTransformTwsBars } from '#main/pipeline/transform/run-transform-tws-bars.ts'
import { encodeCurated, hashCurated } from '#main/stores/bar-blocks.ts'
import { type BuildRecord, CuratedStore } from '#main/stores/curated-store.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { RawStore } from '#main/stores/raw-store.ts'
import type { Delivery, VerifyCuratedTask } from './compute-task.ts'
import { ResponseReader } from './transform-symbol.ts'

const SESSIONS_PER_BATCH = 64

/**
 * Rebuilds the newest build of every session of a symbol (as of a moment, where one is given) from raw with the inputs and the
 * configuration that it was made with, and compares the hashes; of what is stored now, also with the bytes on disk. Writes nothing.
 */
export function* verifyCuratedSymbol(
  task: VerifyCuratedTask,
): Generator<Delivery<'verify-curated'>, VerifyResult['mismatches']> {
  const raw = new RawStore(task.rawFile)
  const curated = new CuratedStore(task.curatedFile)
  const legacy = new LegacyStore(task.legacyFile)
  try {
    const mismatches: VerifyResult['mismatches'] = []
    const rebuild = rebuilder(task, raw, curated, legacy)
    const stored = new Map(curated.sessions(task.symbol, task.from, task.to).map((info) => [info.session.date, info]))
    let checked = 0
    let notRepeatable = 0
    for (const build of curated.builds(task.symbol, task.from, task.to, task.asOfMs ?? undefined)) {
      const info = task.asOfMs === null ? stored.get(build.sessionDate) : undefined
      // Of a session that was taken out the records of its builds stay.
      if (task.asOfMs === null && info === undefined) continue
      const key = { symbol: task.symbol, sessionDate: build.sessionDate, layer: 'curated' as const }
      const blobs = info === undefined ? undefined : curated.blobs(task.symbol, build.sessionDate)
      const onDisk = blobs === undefined ? info?.contentHash : hashCurated(blobs)
      const rebuilt = rebuild(build)
      if (info !== undefined && onDisk !== info.contentHash)
        mismatches.push({ ...key, stored: info.contentHash, rebuilt: onDisk ?? 'missing' })
      else if (rebuilt !== undefined && rebuilt !== build.contentHash)
        mismatches.push({ ...key, stored: build.contentHash, rebuilt })
      if (rebuilt === undefined) notRepeatable++
      else checked++
      if (checked + notRepeatable >= SESSIONS_PER_BATCH) {
        yield { batch: { checked, notRepeatable }, memory: [] }
        checked = 0
        notRepeatable = 0
      }
    }
    if (checked + notRepeatable > 0) yield { batch: { checked, notRepeatable }, memory: [] }
    return mismatches
  } finally {
    raw.close()
    curated.close()
    legacy.close()
  }
}

/** Gives the content hash of a build when it is made again; undefined where that is not possible. */
function rebuilder(
  task: VerifyCuratedTask,
  raw: RawStore,
  curated: CuratedStore,
  legacy: LegacyStore,
): (build: BuildRecord) => string | undefined {
  const configs = new Map<string, CurationConfig | null>()
  const reader = new ResponseReader(raw)
  return ({ inputs, configHash, sessionDate }) => {
    let config = configs.get(configHash)
    if (config === undefined) {
      config = JSON.parse(curated.config(configHash) ?? 'null') as CurationConfig | null
      configs.set(configHash, config)
    }
    if (inputs === undefined || config === null || !isOfThisVersion(config)) return undefined
    const second = inputs.secondSource === null ? undefined : legacy.block(task.symbol, sessionDate)
    if (inputs.secondSource !== null && second?.contentHash !== inputs.secondSource) return undefined
    const { bars } = runTransformTwsBars({
      session: inputs.session,
      ...inputs.window,
      responses: reader.read(inputs.responses),
      config,
      facts: inputs.facts,
      baseline: baselineOf(inputs.baseline),
      secondSource: second?.bars,
    })
    return hashCurated(encodeCurated(bars))
  }
}

/** Whether the transform and all rules are as they were; one that was changed or added since may give other bars. */
function isOfThisVersion({ transformVersion, rules }: CurationConfig): boolean {
  const versions: Partial<Record<string, { readonly version: number }>> = rules
  return transformVersion === TRANSFORM_VERSION && RULE_IDS.every((id) => versions[id]?.version === RULES[id].version)
}
