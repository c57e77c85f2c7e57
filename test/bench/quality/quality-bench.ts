import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Measurement } from '../contender-process.ts'
import { type ContenderSummary, markdownTable, summarise } from '../contender-summary.ts'
import { coresEach, runContender } from '../run-contender.ts'
import { createQualityDataset, type QualityDataset } from './quality-dataset.ts'
import { type SameCuration, sameCuration } from './same-curation.ts'

/** Curating with all quality rules and gap filling, by Switchyard, DuckDB and Polars in turn. */

const CONTENDERS = ['switchyard', 'duckdb', 'polars'] as const
type Name = (typeof CONTENDERS)[number]

type Row = ContenderSummary<Name>

export interface QualityBench {
  readonly cores: string
  readonly dataset: QualityDataset
  readonly rounds: number
  readonly rows: readonly Row[]
  readonly same: Readonly<Record<string, SameCuration>>
}

/** Compares the results of an uncounted first round, then measures; throws where the results are not the same. */
export async function measureQuality(folder: string, bars: number, rounds: number): Promise<QualityBench> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const datasetFolder = join(folder, 'quality')
  say('Making bars with faults')
  const dataset = await createQualityDataset(datasetFolder, bars)
  const runs: Record<Name, Measurement[]> = { switchyard: [], duckdb: [], polars: [] }
  const same: Record<string, SameCuration> = {}
  const outputOf = (name: Name): string => join(folder, `quality-${name}`)
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'Comparing the results' : `Round ${round} of ${rounds}`)
    for (const name of CONTENDERS) {
      const measured = runContender(`quality-${name}`, datasetFolder, outputOf(name))
      if (round > 0) runs[name].push(measured)
    }
    if (round === 0) {
      for (const name of ['duckdb', 'polars'] as const) {
        same[name] = await sameCuration(dataset, datasetFolder, outputOf('switchyard'), outputOf(name))
      }
    }
    for (const name of CONTENDERS) rmSync(outputOf(name), { recursive: true })
  }
  const rows = CONTENDERS.map((name) => summarise(name, runs[name], runs.switchyard, dataset.rawBars))
  return { cores: coresEach(), dataset, rounds, rows, same }
}

export function qualityLines({ dataset, rounds, rows, same }: QualityBench): readonly string[] {
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ['', ({ name }) => name],
    ['total ms', ({ totalMs }) => totalMs.toFixed(0)],
    ['CPU ms', ({ cpuMs }) => cpuMs.toFixed(0)],
    ['rows/s', ({ rowsPerSecond }) => Math.round(rowsPerSecond).toLocaleString('en')],
    ['peak MiB', ({ peakMiB }) => peakMiB.toFixed(0)],
    ['output MiB', ({ outputMiB }) => outputMiB.toFixed(0)],
    ['Switchyard / it', ({ ratio }) => ratio.toFixed(2)],
    ['by CPU', ({ cpuRatio }) => cpuRatio.toFixed(2)],
  ]
  return [
    `Curating with 28 rules and gap filling: ${dataset.rawBars.toLocaleString('en')} rows, ${dataset.symbols.length} symbols, ${dataset.sessions} sessions.`,
    `Medians of ${rounds} rounds in turn, a process each, ${coresEach()}.`,
    '',
    ...markdownTable(columns, rows),
    '',
    ...Object.entries(same).map(
      ([name, { bars, values, findings }]) =>
        `${name} gives the same: ${bars.toLocaleString('en')} bars (${values.toLocaleString('en')} values, equal to the last bit) and ${findings.toLocaleString('en')} findings.`,
    ),
  ]
}
