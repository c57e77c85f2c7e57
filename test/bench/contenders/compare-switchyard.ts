import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Verdict } from '#main/compare/block-comparer.ts'
import { ErrorProfile } from '#main/compare/distributions/error-profile.ts'
import { workerEnvironment } from '#main/jobs/worker-environment.ts'
import { BENCH_SYMBOLS } from '../compare/compare-dataset.ts'
import {
  BENCH_FIELDS,
  BENCH_QUANTILES,
  type CompareBenchResult,
  type FieldResult,
  RESULT_FILE,
} from '../compare/compare-files.ts'
import type { SymbolResult } from '../compare/compare-worker.ts'
import type { Contender } from './contender.ts'

const THREADS = 2
const SCRIPT = new URL('../compare/compare-worker.ts', import.meta.url)

/** The comparison of Switchyard as its workers run it: a symbol at a time in each of two threads, block by block from SQLite. */
export const switchyard: Contender = {
  prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
  run: async (datasetFolder, outputFolder, phase) => {
    await phase('open', () => undefined)
    await phase('transform', async () => {
      const symbols = Array.from({ length: BENCH_SYMBOLS }, (_, symbol) => symbol)
      const results: SymbolResult[] = []
      await Promise.all(Array.from({ length: THREADS }, () => workOff(datasetFolder, symbols, results)))
      writeFileSync(join(outputFolder, RESULT_FILE), JSON.stringify(joined(results)))
    })
    await phase('close', () => undefined)
  },
  outputs: [RESULT_FILE],
}

async function workOff(folder: string, symbols: number[], results: SymbolResult[]): Promise<void> {
  const worker = new Worker(SCRIPT, { env: workerEnvironment(SCRIPT) })
  await new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const symbol = symbols.shift()
      if (symbol === undefined) resolve()
      else worker.postMessage({ folder, symbol })
    }
    worker.on('error', reject)
    worker.on('message', (result: SymbolResult) => {
      results.push(result)
      next()
    })
    next()
  })
  await worker.terminate()
}

function joined(results: readonly SymbolResult[]): CompareBenchResult {
  const counts = { common: 0, oldOnly: 0, newOnly: 0, equal: 0, within: 0, different: 0 }
  for (const result of results) {
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += result.counts[name]
  }
  const fields = BENCH_FIELDS.map((field, f): [string, FieldResult] => {
    const profile = new ErrorProfile()
    for (const result of results) profile.merge(ErrorProfile.from(result.profiles[f]))
    const { bias, mae, rmse, correlation, absolute } = profile.summary()
    const of = (verdict: number): number => results.reduce((sum, { verdicts }) => sum + verdicts[3 * f + verdict], 0)
    const [within, different, empty] = [Verdict.WithinTolerance, Verdict.Different, Verdict.NullVersusValue].map(of)
    const histogram = profile.sketch.histogram().map(({ from, to, count }): [string, number] => {
      if (from === 0 && to === 0) return ['0', count]
      return [String(from < 0 ? -(2000 + Math.log2(-to)) : 2000 + Math.log2(from)), count]
    })
    return [
      field,
      {
        equal: counts.common - within - different - empty,
        within,
        different,
        empty,
        bias: bias ?? NaN,
        mae: mae ?? NaN,
        rmse: rmse ?? NaN,
        correlation: correlation ?? NaN,
        quantiles: BENCH_QUANTILES.map((q) => profile.sketch.sizeQuantile(q)),
        max: absolute.max ?? NaN,
        histogram: Object.fromEntries(histogram),
      },
    ]
  })
  return { ...counts, fields: Object.fromEntries(fields) }
}
