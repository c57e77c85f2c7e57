import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Measurement } from '../contender-process.ts'
import { PHASES } from '../contenders/contender.ts'
import { coresEach, median, runContender } from '../run-contender.ts'
import { createQualityDataset, type QualityDataset } from './quality-dataset.ts'
import { type SameCuration, sameCuration } from './same-curation.ts'

/** Curating with all quality rules and gap filling, by Switchyard, DuckDB and Polars in turn. */

const CONTENDERS = ['switchyard', 'duckdb', 'polars'] as const
type Name = (typeof CONTENDERS)[number]

interface Row {
  readonly name: Name
  readonly totalMs: number
  readonly cpuMs: number
  readonly rowsPerSecond: number
  readonly peakMiB: number
  readonly outputMiB: number
  /** Switchyard's time divided by this contender's, the median of the rounds; below 1 Switchyard is faster. */
  readonly ratio: number
  readonly cpuRatio: number
}

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
    `| ${columns.map(([title]) => title).join(' | ')} |`,
    `| ${columns.map((_column, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`,
    ...rows.map((row) => `| ${columns.map(([, text]) => text(row)).join(' | ')} |`),
    '',
    ...Object.entries(same).map(
      ([name, { bars, values, findings }]) =>
        `${name} gives the same: ${bars.toLocaleString('en')} bars (${values.toLocaleString('en')} values, equal to the last bit) and ${findings.toLocaleString('en')} findings.`,
    ),
  ]
}

function summarise(name: Name, own: readonly Measurement[], reference: readonly Measurement[], bars: number): Row {
  const sum = (times: Measurement['milliseconds']): number => PHASES.reduce((total, phase) => total + times[phase], 0)
  const wall = ({ milliseconds }: Measurement): number => sum(milliseconds)
  const cpu = ({ cpuMilliseconds }: Measurement): number => sum(cpuMilliseconds)
  const ratioOf = (of: (measured: Measurement) => number): number =>
    median(own.map((measured, round) => of(reference[round]) / of(measured)))
  const totalMs = median(own.map(wall))
  return {
    name,
    totalMs,
    cpuMs: median(own.map(cpu)),
    rowsPerSecond: bars / (totalMs / 1000),
    peakMiB: median(own.map(({ peakBytes }) => peakBytes / 2 ** 20)),
    outputMiB: median(own.map(({ outputBytes }) => outputBytes / 2 ** 20)),
    ratio: ratioOf(wall),
    cpuRatio: ratioOf(cpu),
  }
}
