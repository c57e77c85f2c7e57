import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../contender-process.ts'
import { type ContenderSummary, markdownTable, summarise } from '../contender-summary.ts'
import { coresEach, runContender } from '../run-contender.ts'
import type { ImportDataset } from './import-dataset.ts'
import { LAYOUTS, type Layout } from './import-files.ts'
import { sameImport } from './same-import.ts'

/** Importing a CSV of the old pipeline, beside DuckDB that only reads it and DuckDB that does the same, in turn. */

const CONTENDERS = ['switchyard', 'duckdb-plain', 'duckdb'] as const
type Name = (typeof CONTENDERS)[number]

const TITLES: Readonly<Record<Name, string>> = {
  switchyard: 'Switchyard',
  'duckdb-plain': 'DuckDB, plain read',
  duckdb: 'DuckDB, the same work',
}

type Row = ContenderSummary<Name>

export interface ImportBench {
  readonly layout: Layout
  readonly dataset: ImportDataset
  readonly rounds: number
  readonly rows: readonly Row[]
  /** Values that Switchyard and DuckDB have alike. */
  readonly same: number
}

/** Compares the results of an uncounted first round, then measures; throws where the results are not the same. */
export async function measureImport(folder: string, bars: number, rounds: number): Promise<readonly ImportBench[]> {
  const benches: ImportBench[] = []
  for (const layout of LAYOUTS) benches.push(await measureLayout(folder, layout, bars, rounds))
  return benches
}

async function measureLayout(folder: string, layout: Layout, bars: number, rounds: number): Promise<ImportBench> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const datasetFolder = join(folder, `import-${layout}`)
  say(`Writing a CSV: ${layout}`)
  const maker = fileURLToPath(new URL('./make-import-dataset.ts', import.meta.url))
  const made = execFileSync(process.execPath, [maker, datasetFolder, layout, String(bars)], { encoding: 'utf8' })
  const dataset = JSON.parse(made) as ImportDataset
  const runs: Record<Name, Measurement[]> = { switchyard: [], 'duckdb-plain': [], duckdb: [] }
  const outputOf = (name: Name): string => join(folder, `import-${name}`)
  let same = 0
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'Comparing the results' : `Round ${round} of ${rounds}`)
    for (const name of CONTENDERS) {
      const measured = runContender(`import-${name}`, datasetFolder, outputOf(name))
      if (round > 0) runs[name].push(measured)
    }
    if (round === 0) same = await sameImport(outputOf('switchyard'), outputOf('duckdb'), dataset.symbols)
    for (const name of CONTENDERS) rmSync(outputOf(name), { recursive: true })
  }
  rmSync(datasetFolder, { recursive: true })
  const rows = CONTENDERS.map((name) => summarise(name, runs[name], runs.switchyard, dataset.rows))
  return { layout, dataset, rounds, rows, same }
}

export function importLines(benches: readonly ImportBench[]): readonly string[] {
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ['', ({ name }) => TITLES[name]],
    ['total ms', ({ totalMs }) => totalMs.toFixed(0)],
    ['CPU ms', ({ cpuMs }) => cpuMs.toFixed(0)],
    ['rows/s', ({ rowsPerSecond }) => Math.round(rowsPerSecond).toLocaleString('en')],
    ['peak MiB', ({ peakMiB }) => peakMiB.toFixed(0)],
    ['output MiB', ({ outputMiB }) => outputMiB.toFixed(0)],
    ['Switchyard / it', ({ ratio }) => ratio.toFixed(2)],
    ['by CPU', ({ cpuRatio }) => cpuRatio.toFixed(2)],
  ]
  return benches.flatMap(({ layout, dataset, rounds, rows, same }) => [
    `Importing a CSV (${layout}): ${dataset.rows.toLocaleString('en')} rows, ${(dataset.bytes / 2 ** 20).toFixed(0)} MiB, ${dataset.symbols.length} symbols, ${dataset.sessions} sessions.`,
    `Medians of ${rounds} rounds in turn, a process each, ${coresEach()}. ${same.toLocaleString('en')} values are the same.`,
    '',
    ...markdownTable(columns, rows),
    '',
  ])
}
