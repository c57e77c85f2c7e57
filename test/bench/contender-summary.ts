import type { Measurement } from './contender-process.ts'
import { PHASES } from './contenders/contender.ts'
import { median } from './run-contender.ts'

/** What the rounds of one contender come to. */
export interface ContenderSummary<Name extends string> {
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

/** @param reference Switchyard's rounds; `rows` is how many rows each of them did. */
export function summarise<Name extends string>(
  name: Name,
  own: readonly Measurement[],
  reference: readonly Measurement[],
  rows: number,
): ContenderSummary<Name> {
  const sum = (times: Measurement['milliseconds']): number => PHASES.reduce((total, phase) => total + times[phase], 0)
  const wall = ({ milliseconds }: Measurement): number => sum(milliseconds)
  const cpu = ({ cpuMilliseconds }: Measurement): number => sum(cpuMilliseconds)
  const ratioBy = (of: (measured: Measurement) => number): number =>
    median(own.map((measured, round) => of(reference[round]) / of(measured)))
  const totalMs = median(own.map(wall))
  return {
    name,
    totalMs,
    cpuMs: median(own.map(cpu)),
    rowsPerSecond: rows / (totalMs / 1000),
    peakMiB: median(own.map(({ peakBytes }) => peakBytes / 2 ** 20)),
    outputMiB: median(own.map(({ outputBytes }) => outputBytes / 2 ** 20)),
    ratio: ratioBy(wall),
    cpuRatio: ratioBy(cpu),
  }
}

/** A table in Markdown, a row an entry; all columns but the first are aligned as numbers. */
export function markdownTable<Entry>(
  columns: readonly (readonly [title: string, text: (entry: Entry) => string])[],
  entries: readonly Entry[],
): string[] {
  return [
    `| ${columns.map(([title]) => title).join(' | ')} |`,
    `| ${columns.map((_column, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`,
    ...entries.map((entry) => `| ${columns.map(([, text]) => text(entry)).join(' | ')} |`),
  ]
}
