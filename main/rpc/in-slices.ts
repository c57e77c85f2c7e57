import { setImmediate } from 'node:timers/promises'
import type { Engine } from '#main/engine/create-engine.ts'
import { ComparisonStore } from '#main/stores/comparison-store.ts'

/** How long items are gone through before the engine attends to something else. */
const SLICE_MS = 20

/** The items one by one; in between the engine attends to everything else. */
export async function* inSlices<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  let sinceMs = performance.now()
  for (const item of items) {
    yield item
    if (performance.now() - sinceMs < SLICE_MS) continue
    await setImmediate()
    sinceMs = performance.now()
  }
}

/** Reads comparisons on a connection of its own: a half-read table would keep the writer from writing. */
export async function readingApart<Result>(
  engine: Engine,
  read: (comparisons: ComparisonStore) => Promise<Result>,
): Promise<Result> {
  const comparisons = new ComparisonStore(engine.stores.comparisons.file)
  try {
    return await read(comparisons)
  } finally {
    comparisons.close()
  }
}
