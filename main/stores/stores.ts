import { join } from 'node:path'
import { WritableComparisonStore } from './comparison-store.ts'
import { WritableCuratedStore } from './curated-store.ts'
import { WritableFeatureStore } from './feature-store.ts'
import { WritableLegacyStore } from './legacy-store.ts'
import { WritableOpsStore } from './ops-store.ts'
import { WritableRawStore } from './raw-store.ts'

/** The stores of one workspace, each the only writer of its file. */
export interface Stores {
  readonly raw: WritableRawStore
  readonly curated: WritableCuratedStore
  readonly features: WritableFeatureStore
  readonly legacy: WritableLegacyStore
  readonly comparisons: WritableComparisonStore
  readonly ops: WritableOpsStore
}

/**
 * Opens every store in `folder` for writing, creating those that are missing. When one cannot be opened, those already open
 * are closed again before its error is thrown.
 */
export function openStores(folder: string): Stores {
  const open: { close(): void }[] = []
  const keep = <T extends { close(): void }>(store: T): T => {
    open.push(store)
    return store
  }
  try {
    return {
      raw: keep(new WritableRawStore(join(folder, 'raw.db'))),
      curated: keep(new WritableCuratedStore(join(folder, 'curated.db'))),
      features: keep(new WritableFeatureStore(join(folder, 'features.db'))),
      legacy: keep(new WritableLegacyStore(join(folder, 'legacy.db'))),
      comparisons: keep(new WritableComparisonStore(join(folder, 'comparisons.db'))),
      ops: keep(new WritableOpsStore(join(folder, 'ops.db'))),
    }
  } catch (thrown) {
    for (const store of open) store.close()
    throw thrown
  }
}

export function closeStores(stores: Stores): void {
  for (const store of Object.values(stores) as { close(): void }[]) store.close()
}
