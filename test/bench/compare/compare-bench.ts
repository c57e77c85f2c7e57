import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../contender-process.ts'
import { type ContenderSummary, markdownTable, summarise } from '../contender-summary.ts'
import { coresEach, runContender } from '../run-contender.ts'
import type { CompareDataset } from './compare-dataset.ts'
import { BENCH_FIELDS, type CompareBenchResult, type FieldResult, RESULT_FILE } from './compare-files.ts'

/** Comparing old with new on (symbol, minute), with tolerances, quantiles and histograms, by Switchyard, DuckDB and Polars in turn. */

const CONTENDERS = ['switchyard', 'duckdb', 'polars'] as const
type Name = (typeof CONTENDERS)[number]

type Row = ContenderSummary<Name>

export interface CompareBench {
  readonly cores: string
  readonly dataset: CompareDataset
  readonly rounds: number
  readonly rows: readonly Row[]
  /** Numbers that were compared, and the largest relative difference of a moment. */
  readonly same: Readonly<Record<string, { readonly numbers: number; readonly largest: number }>>
}

/** Compares the results of an uncounted first round, then measures; throws where the results are not the same. */
export function measureCompare(folder: string, bars: number, rounds: number): CompareBench {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const datasetFolder = join(folder, 'compare')
  say('Making both sides of a comparison')
  const maker = fileURLToPath(new URL('./make-dataset.ts', import.meta.url))
  const made = execFileSync(process.execPath, [maker, datasetFolder, String(bars)], { encoding: 'utf8' })
  const dataset = JSON.parse(made) as CompareDataset
  const runs: Record<Name, Measurement[]> = { switchyard: [], duckdb: [], polars: [] }
  const results: Partial<Record<Name, CompareBenchResult>> = {}
  const same: Record<string, { numbers: number; largest: number }> = {}
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'Comparing the results' : `Round ${round} of ${rounds}`)
    for (const name of CONTENDERS) {
      const output = join(folder, `compare-${name}`)
      const measured = runContender(`compare-${name}`, datasetFolder, output)
      if (round > 0) runs[name].push(measured)
      else results[name] = JSON.parse(readFileSync(join(output, RESULT_FILE), 'utf8')) as CompareBenchResult
      rmSync(output, { recursive: true })
    }
    if (round > 0) continue
    const { switchyard, ...peers } = results
    if (switchyard === undefined) throw new Error('Switchyard has no result.')
    for (const [name, peer] of Object.entries(peers)) same[name] = sameResult(switchyard, peer, name)
  }
  const compared = dataset.rows.old + dataset.rows.new
  const rows = CONTENDERS.map((name) => summarise(name, runs[name], runs.switchyard, compared))
  return { cores: coresEach(), dataset, rounds, rows, same }
}

/** Relative difference that moments may have: they are summed in another order. */
const MOMENT = 1e-6
/** A quantile of a sketch is off by 1/128 at most; a neighbour's rank is let through by the same. */
const QUANTILE = 1 / 100

function sameResult(
  own: CompareBenchResult,
  peer: CompareBenchResult,
  name: string,
): { numbers: number; largest: number } {
  let numbers = 0
  let largest = 0
  const check = (what: string, a: number, b: number, tolerance: number): void => {
    numbers++
    if (a === b) return
    const apart = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
    if (!(apart <= tolerance)) throw new Error(`${what} is ${a} for Switchyard and ${b} for ${name}.`)
    if (tolerance === MOMENT) largest = Math.max(largest, apart)
  }
  for (const count of ['common', 'oldOnly', 'newOnly', 'equal', 'within', 'different'] as const) {
    check(count, own[count], peer[count], 0)
  }
  for (const field of BENCH_FIELDS) {
    const [a, b]: readonly FieldResult[] = [own.fields[field], peer.fields[field]]
    for (const count of ['equal', 'within', 'different', 'empty'] as const)
      check(`${count} of ${field}`, a[count], b[count], 0)
    for (const moment of ['bias', 'mae', 'rmse', 'correlation', 'max'] as const) {
      check(`${moment} of ${field}`, a[moment], b[moment], MOMENT)
    }
    a.quantiles.forEach((quantile, q) => check(`quantile ${q} of ${field}`, quantile, b.quantiles[q], QUANTILE))
    for (const bin of new Set([...Object.keys(a.histogram), ...Object.keys(b.histogram)])) {
      check(`bin ${bin} of ${field}`, a.histogram[bin] ?? 0, b.histogram[bin] ?? 0, 0)
    }
  }
  return { numbers, largest }
}

export function compareLines({ dataset, rounds, rows, same }: CompareBench): readonly string[] {
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ['', ({ name }) => name],
    ['total ms', ({ totalMs }) => totalMs.toFixed(0)],
    ['CPU ms', ({ cpuMs }) => cpuMs.toFixed(0)],
    ['rows/s', ({ rowsPerSecond }) => Math.round(rowsPerSecond).toLocaleString('en')],
    ['peak MiB', ({ peakMiB }) => peakMiB.toFixed(0)],
    ['Switchyard / it', ({ ratio }) => ratio.toFixed(2)],
  ]
  return [
    `Comparing ${dataset.rows.old.toLocaleString('en')} old with ${dataset.rows.new.toLocaleString('en')} new rows, 8 fields, ${dataset.symbols} symbols, ${dataset.sessions} sessions.`,
    `Medians of ${rounds} rounds in turn, a process each, ${coresEach()}.`,
    '',
    ...markdownTable(columns, rows),
    '',
    ...Object.entries(same).map(
      ([name, { numbers, largest }]) =>
        `${name} gives the same ${numbers} numbers: counts and bins exactly, quantiles within 1 %, moments within ${largest.toExponential(1)}.`,
    ),
  ]
}
