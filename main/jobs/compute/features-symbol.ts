import { allocateBars, BarFlag, type CuratedColumns } from '#shared/bars.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { compileFeatureSet, createFeatureBuilder } from '#main/pipeline/features/compute-features.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { encodeFeatures, type FeatureSession, hashFeatures } from '#main/stores/feature-store.ts'
import type { Delivery, FeaturesTask } from './compute-task.ts'

const SESSIONS_PER_BATCH = 64
const NO_BARS: CuratedColumns = { ...allocateBars(0), flags: new Uint16Array(0) }

/** Computes the features of one symbol, batch by batch. */
export function* featuresSymbol(task: FeaturesTask): Generator<Delivery<'features'>, null> {
  const curated = new CuratedStore(task.curatedFile)
  try {
    const compiled = compileFeatureSet(task.definition)
    let batch: FeatureSession[] = []
    for (const run of task.runs) {
      const builder = createFeatureBuilder(compiled)
      for (const { session, wanted, curated: hasBars, inputsHash } of run) {
        const bars = hasBars ? readBars(curated, task.symbol, session.date) : NO_BARS
        if (!wanted) {
          builder.prime({ session, bars })
          continue
        }
        const { ts, columns } = builder.push({ session, bars })
        const blobs = encodeFeatures(ts, columns)
        batch.push({
          symbol: task.symbol,
          sessionDate: session.date,
          count: ts.length,
          inputsHash,
          contentHash: hashFeatures(blobs, compiled.columnNames),
          blobs,
        })
        if (batch.length === SESSIONS_PER_BATCH) {
          yield deliver(batch)
          batch = []
        }
      }
    }
    if (batch.length > 0) yield deliver(batch)
    return null
  } finally {
    curated.close()
  }
}

function deliver(batch: readonly FeatureSession[]): Delivery<'features'> {
  const memory = new Set<ArrayBuffer>()
  for (const { blobs } of batch) for (const blob of [blobs.ts, ...blobs.columns]) memory.add(blob.buffer as ArrayBuffer)
  return { batch, memory: [...memory] }
}

function readBars(store: CuratedStore, symbol: string, sessionDate: string): CuratedColumns {
  const block = store.block(symbol, sessionDate)
  if (block === undefined) {
    throw new SwitchyardError('NOT_FOUND', `The curated bars of ${symbol} on ${sessionDate} are gone.`, {
      hint: 'Curate the session again, then build the features.',
    })
  }
  // Nothing is made from a session in quarantine: it counts as one without bars.
  const isQuarantined = block.bars.flags.some((flag) => (flag & BarFlag.Quarantined) !== 0)
  return isQuarantined ? NO_BARS : block.bars
}
