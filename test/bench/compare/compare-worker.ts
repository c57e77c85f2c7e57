import { parentPort } from 'node:worker_threads'
import { BlockComparer, type Side } from '#main/compare/block-comparer.ts'
import { ErrorProfile, type ProfileData } from '#main/compare/distributions/error-profile.ts'
import { BENCH_FIELDS, BENCH_LIMITS, BlockReader, compareFiles } from './compare-files.ts'

/** Entry of a worker thread: compares one symbol after the other, block by block. */

export interface SymbolResult {
  readonly counts: {
    common: number
    oldOnly: number
    newOnly: number
    equal: number
    within: number
    different: number
  }
  /** Within, different, empty of each field in turn. */
  readonly verdicts: readonly number[]
  readonly profiles: readonly ProfileData[]
}

const NOTHING: Side = { ts: new Float64Array(0), columns: BENCH_FIELDS.map(() => new Float64Array(0)) }

const port = parentPort
if (port === null) throw new Error('compare-worker runs as a worker thread only.')

port.on('message', ({ folder, symbol }: { folder: string; symbol: number }) => {
  const files = compareFiles(folder)
  const readers = [new BlockReader(files.blocks('old')), new BlockReader(files.blocks('new'))]
  const [oldBlocks, newBlocks] = readers.map((reader) => reader.blocks(symbol))
  const comparer = new BlockComparer(BENCH_FIELDS.length)
  const profiles = BENCH_FIELDS.map(() => new ErrorProfile())
  const rules = {
    limits: BENCH_LIMITS,
    observe: (f: number, old: Float64Array, fresh: Float64Array, _ts: Float64Array, count: number): void =>
      profiles[f].addColumns(old, fresh, count),
  }
  const counts = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, within: 0, different: 0 }
  const verdicts = Array.from({ length: 3 * BENCH_FIELDS.length }, () => 0)
  let old = oldBlocks.next().value
  let fresh = newBlocks.next().value
  while (old !== undefined || fresh !== undefined) {
    const session = Math.min(old?.session ?? Infinity, fresh?.session ?? Infinity)
    const hasOld = old?.session === session
    const hasNew = fresh?.session === session
    const result = comparer.compare(hasOld ? (old ?? NOTHING) : NOTHING, hasNew ? (fresh ?? NOTHING) : NOTHING, rules)
    counts.common += result.counts.common
    counts.oldOnly += result.counts.oldOnly
    counts.newOnly += result.counts.newOnly
    counts.equal += result.counts.equal
    counts.within += result.counts.withinTolerance
    counts.different += result.counts.different
    for (let v = 0; v < verdicts.length; v++) verdicts[v] += result.verdicts[v]
    if (hasOld) old = oldBlocks.next().value
    if (hasNew) fresh = newBlocks.next().value
  }
  for (const reader of readers) reader.close()
  const result: SymbolResult = { counts, verdicts, profiles: profiles.map((profile) => profile.toData()) }
  port.postMessage(result)
})
