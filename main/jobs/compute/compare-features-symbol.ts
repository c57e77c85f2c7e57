import { type CuratedColumns, NOT_OBSERVED } from '#shared/bars.ts'
import type { FeatureState } from '#shared/jobs/feature-comparison.ts'
import { FEATURE_PROFILE_BITS, FeatureComparer, type FeatureSide } from '#main/compare/compare-features.ts'
import { ProfileBook, type ProfilePage } from '#main/compare/distributions/profile-book.ts'
import { LargestDifferences } from '#main/compare/largest-differences.ts'
import { featureLimits } from '#main/compare/match-features.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import type { FeatureComparisonSession } from '#main/stores/feature-comparisons.ts'
import { type FeatureBlock, FeatureStore, type RegisteredFeatureSet } from '#main/stores/feature-store.ts'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { encodeDoubles, encodeTimes } from '#main/stores/session-block.ts'
import type { CompareFeaturesTask, Delivery, ResultOf } from './compute-task.ts'

const SESSIONS_PER_BATCH = 64

/** Compares the old and the new features of one symbol: all sessions that at least one side has, in batches. */
export function* compareFeaturesSymbol(
  task: CompareFeaturesTask,
): Generator<Delivery<'compare-features'>, ResultOf<'compare-features'>> {
  const { symbol, from, to, set, unsettledFromTs, sample } = task
  const curated = new CuratedStore(task.curatedFile)
  const legacy = new LegacyStore(task.legacyFile)
  const features = new FeatureStore(task.featuresFile)
  try {
    const names = task.features.map(({ name }) => name)
    const oldColumns = task.features.map(({ oldColumn }) => oldColumn)
    const comparer = new FeatureComparer(names, featureLimits(task.features))
    const book = new ProfileBook(FEATURE_PROFILE_BITS)
    const days: ProfilePage[] = []
    const largest = new LargestDifferences(task.largestDifferences, names)
    const dates = new Set([
      ...legacy.featureDates(symbol, from, to, oldColumns),
      ...(set === null ? [] : features.sessions(set, symbol, from, to).map(({ sessionDate }) => sessionDate)),
    ])
    let batch: FeatureComparisonSession[] = []
    for (const sessionDate of [...dates].sort()) {
      const old = legacy.featureBlock(symbol, sessionDate, oldColumns)
      const built = set === null ? undefined : blockOf(features, set, symbol, sessionDate)
      const bars = curated.block(symbol, sessionDate)
      const hours = bars?.session
      const oldSide: FeatureSide = {
        ts: old?.ts ?? new Float64Array(0),
        columns: oldColumns.map((name) => old?.columns.get(name)),
      }
      const newSide = observedFeatures(newSideOf(set, built, names), bars?.bars)
      // Days are many: one that is done is kept in the form in which it is handed over.
      const day = new ProfileBook(FEATURE_PROFILE_BITS)
      const { counts, rows } = comparer.compare(oldSide, newSide, {
        ...(unsettledFromTs === null ? {} : { unsettledFromTs }),
        ...(sample === null ? {} : { sample }),
        observe: (f, a, b, ts, count) => {
          if (count === 0) return
          day.profile('day', names[f], sessionDate).addColumns(a, b, count)
          book.profile('symbol', names[f], symbol).addColumns(a, b, count)
          if (hours === undefined) return
          for (let i = 0; i < count; i++) {
            book.profile('minute', names[f], String(Math.floor((ts[i] - hours.openTs) / 60))).add(a[i], b[i])
          }
        },
      })
      days.push(...day.pages())
      largest.add(symbol, sessionDate, rows)
      // A session of one side only is said by its counts; its values would make up most of the file.
      const isKept = oldSide.ts.length > 0 && newSide.ts.length > 0
      batch.push({
        symbol,
        sessionDate,
        state: stateOf(built?.inputsHash, task.inputsHashes.get(sessionDate)),
        oldHash: old?.contentHash ?? null,
        newHash: built?.contentHash ?? null,
        counts,
        rowCount: isKept ? rows.ts.length : 0,
        blobs: {
          ts: isKept ? encodeTimes(rows.ts) : NOTHING,
          class: isKept ? rows.class : NOTHING,
          old_values: isKept ? encodeDoubles(rows.oldValues) : NOTHING,
          new_values: isKept ? encodeDoubles(rows.newValues) : NOTHING,
        },
      })
      if (batch.length === SESSIONS_PER_BATCH) {
        yield { batch, memory: [] }
        batch = []
      }
    }
    if (batch.length > 0) yield { batch, memory: [] }
    return { largest: largest.list(), pages: [...book.pages(), ...days] }
  } finally {
    curated.close()
    legacy.close()
    features.close()
  }
}

const NOTHING = new Uint8Array(0)

function blockOf(
  store: FeatureStore,
  set: RegisteredFeatureSet,
  symbol: string,
  sessionDate: string,
): FeatureBlock | undefined {
  for (const block of store.blocks(set, symbol, sessionDate, sessionDate)) return block
  return undefined
}

function newSideOf(
  set: RegisteredFeatureSet | null,
  block: FeatureBlock | undefined,
  names: readonly string[],
): FeatureSide {
  if (set === null || block === undefined) return { ts: new Float64Array(0), columns: names.map(() => undefined) }
  return { ts: block.ts, columns: names.map((name) => block.columns[set.columns.indexOf(name)]) }
}

/** What is built is judged by what was read, not by what was there when the run began. */
function stateOf(builtFrom: string | undefined, inputsHash: string | undefined): FeatureState {
  if (builtFrom === undefined) return inputsHash === undefined ? 'current' : 'not-built'
  return builtFrom === inputsHash ? 'current' : 'out-of-date'
}

/** Without the rows of bars that are no observation of the market, which the bars are compared without as well. */
function observedFeatures({ ts, columns }: FeatureSide, bars: CuratedColumns | undefined): FeatureSide {
  const unobserved = new Set(bars?.ts.filter((_ts, row) => (bars.flags[row] & NOT_OBSERVED) !== 0))
  if (unobserved.size === 0) return { ts, columns }
  return {
    ts: ts.filter((minute) => !unobserved.has(minute)),
    columns: columns.map((column) => column?.filter((_value, row) => !unobserved.has(ts[row]))),
  }
}
