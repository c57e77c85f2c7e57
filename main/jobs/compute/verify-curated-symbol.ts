import type { VerifyResult } from '#shared/jobs/job-kinds.ts'
import type { CurationConfig } from '#main/pipeline/transform/curation-config.ts'
import { hashCurated } from '#main/stores/bar-blocks.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { RawStore } from '#main/stores/raw-store.ts'
import type { Delivery, VerifyCuratedTask } from './compute-task.ts'
import { curate, ResponseReader } from './transform-symbol.ts'

const SESSIONS_PER_BATCH = 64

/**
 * Rebuilds every stored session of a symbol from raw as it was (same responses, hours and configuration) and compares the
 * hashes, also with the bytes on disk. Writes nothing. Yields how many sessions were checked since the last time.
 */
export function* verifyCuratedSymbol(
  task: VerifyCuratedTask,
): Generator<Delivery<'verify-curated'>, VerifyResult['mismatches']> {
  const raw = new RawStore(task.rawFile)
  const curated = new CuratedStore(task.curatedFile)
  try {
    const mismatches: VerifyResult['mismatches'] = []
    const configs = new Map<string, CurationConfig>()
    const responses = new ResponseReader(raw)
    let checked = 0
    for (const info of curated.sessions(task.symbol, task.from, task.to)) {
      const { session, window, configHash, contentHash, rawWatermark } = info
      let config = configs.get(configHash)
      if (config === undefined) {
        config = JSON.parse(curated.config(configHash) ?? 'null') as CurationConfig
        configs.set(configHash, config)
      }
      const ids = raw
        .responseIds(task.symbol, task.barSize, task.whatToShow, window.fromTs, window.toTs)
        .filter((id) => id <= rawWatermark)
      const rebuilt = curate(
        { symbol: task.symbol, config, configHash },
        { session, window, responseIds: ids },
        responses.read(ids),
      ).contentHash
      const blobs = curated.blobs(task.symbol, session.date)
      const onDisk = blobs === undefined ? 'missing' : hashCurated(blobs)
      const key = { symbol: task.symbol, sessionDate: session.date, layer: 'curated' as const }
      if (onDisk !== contentHash) mismatches.push({ ...key, stored: contentHash, rebuilt: onDisk })
      else if (rebuilt !== contentHash) mismatches.push({ ...key, stored: contentHash, rebuilt })
      if (++checked === SESSIONS_PER_BATCH) {
        yield { batch: checked, memory: [] }
        checked = 0
      }
    }
    if (checked > 0) yield { batch: checked, memory: [] }
    return mismatches
  } finally {
    raw.close()
    curated.close()
  }
}
