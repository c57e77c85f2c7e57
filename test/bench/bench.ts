import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareLines, measureCompare } from './compare/compare-bench.ts'
import type { Measurement } from './contender-process.ts'
import { PHASES } from './contenders/contender.ts'
import { createDataset } from './dataset.ts'
import { importLines, measureImport } from './import/import-bench.ts'
import { ingestLines, measureIngest } from './ingest-bench.ts'
import { measurePacing, pacingLines } from './pacing-bench.ts'
import { measureQuality, qualityLines } from './quality/quality-bench.ts'
import { markdownTable } from './contender-summary.ts'
import { coresEach, median, runContender } from './run-contender.ts'
import { type Agreement, sameResults } from './same-results.ts'

/**
 * `npm run bench [-- --only pacing|ingest|quality|pipeline|import|compare --bars N --rounds N --json]`: how close pacing comes to what the rules allow, how fast a
 * backfill from the simulator is and how long it holds up the engine, then curating with all quality rules, raw -> curated -> features, importing a CSV of 1,000,000 rows, and comparing 10,000,000 old rows with as many new ones,
 * each by Switchyard and its peers in one run. Each contender has a process of its own and they take turns,
 * so that a machine that slows down slows all of them. Prints medians.
 */

const CONTENDERS = ['switchyard', 'duckdb', 'polars'] as const
type Name = (typeof CONTENDERS)[number]

interface Row {
  readonly name: Name
  readonly transformMs: number
  readonly featuresMs: number
  readonly totalMs: number
  readonly cpuMs: number
  readonly rowsPerSecond: number
  readonly peakMiB: number
  readonly outputMiB: number
  /** Switchyard's time divided by this contender's, the median of the rounds; below 1 Switchyard is faster. */
  readonly ratio: number
}

interface Pipeline {
  readonly cores: string
  readonly dataset: Awaited<ReturnType<typeof createDataset>>
  readonly rounds: number
  readonly rows: readonly Row[]
  readonly agreements: Partial<Record<Name, Agreement>>
}

const { values } = parseArgs({
  options: {
    /** 1,000,000 when left out, 10,000,000 for the comparison. */
    bars: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const PARTS = ['pacing', 'ingest', 'quality', 'pipeline', 'import', 'compare'] as const
if (values.only !== undefined && !PARTS.some((part) => part === values.only)) {
  throw new Error(`--only is ${PARTS.join(' or ')}, not ${values.only}.`)
}
const isWanted = (part: (typeof PARTS)[number]): boolean => values.only === undefined || values.only === part
const barsOr = (usual: number): number => (values.bars === undefined ? usual : Number(values.bars))
const rounds = Number(values.rounds)
const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const pacing = isWanted('pacing') ? measurePacing() : undefined
  if (pacing !== undefined && !values.json) {
    process.stdout.write(`${[...pacingLines(pacing), '', `${machine()}.`, ''].join('\n')}\n`)
  }
  const ingest = isWanted('ingest') ? await measureIngest() : undefined
  if (ingest !== undefined && !values.json) process.stdout.write(`${[...ingestLines(ingest), ''].join('\n')}\n`)
  const quality = isWanted('quality') ? await measureQuality(folder, barsOr(1_000_000), rounds) : undefined
  if (quality !== undefined && !values.json) {
    process.stdout.write(`${[...qualityLines(quality), '', `${machine()}.`, ''].join('\n')}\n`)
  }
  const imports = isWanted('import') ? await measureImport(folder, barsOr(1_000_000), rounds) : undefined
  if (imports !== undefined && !values.json) {
    process.stdout.write(`${[...importLines(imports), `${machine()}.`, ''].join('\n')}\n`)
  }
  const comparison = isWanted('compare') ? measureCompare(folder, barsOr(10_000_000), rounds) : undefined
  if (comparison !== undefined && !values.json) {
    process.stdout.write(`${[...compareLines(comparison), '', `${machine()}.`, ''].join('\n')}\n`)
  }
  const pipeline = isWanted('pipeline') ? await measurePipeline() : undefined
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ machine: machine(), pacing, ingest, quality, imports, comparison, ...pipeline })}\n`,
    )
  else if (pipeline !== undefined) process.stdout.write(`${pipelineLines(pipeline).join('\n')}\n`)
}

async function measurePipeline(): Promise<Pipeline> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const datasetFolder = join(folder, 'dataset')
  say('Making the bars')
  const dataset = await createDataset(datasetFolder, barsOr(1_000_000))
  const runs: Record<Name, Measurement[]> = { switchyard: [], duckdb: [], polars: [] }
  const agreements: Partial<Record<Name, Agreement>> = {}
  for (let round = 0; round <= rounds; round++) {
    // The first round warms the file cache and is not counted; its results are compared with each other.
    say(round === 0 ? 'Warming up' : `Round ${round} of ${rounds}`)
    const outputOf = (name: Name): string => join(folder, `${name}-output`)
    for (const name of CONTENDERS) {
      const measured = runContender(name, datasetFolder, outputOf(name))
      if (round > 0) runs[name].push(measured)
    }
    if (round === 0) {
      for (const name of ['duckdb', 'polars'] as const) {
        agreements[name] = await sameResults(dataset, outputOf('switchyard'), outputOf(name))
      }
    }
    for (const name of CONTENDERS) rmSync(outputOf(name), { recursive: true })
  }

  const rows = CONTENDERS.map((name) => summarise(name, runs[name], runs.switchyard, dataset.rawBars))
  return { cores: coresEach(), dataset, rounds, rows, agreements }
}

function pipelineLines({ dataset, rows, agreements }: Pipeline): readonly string[] {
  const columns: readonly (readonly [string, (row: Row) => string])[] = [
    ['', ({ name }) => name],
    ['transform ms', ({ transformMs }) => transformMs.toFixed(0)],
    ['features ms', ({ featuresMs }) => featuresMs.toFixed(0)],
    ['total ms', ({ totalMs }) => totalMs.toFixed(0)],
    ['CPU ms', ({ cpuMs }) => cpuMs.toFixed(0)],
    ['rows/s', ({ rowsPerSecond }) => Math.round(rowsPerSecond).toLocaleString('en')],
    ['peak MiB', ({ peakMiB }) => peakMiB.toFixed(0)],
    ['output MiB', ({ outputMiB }) => outputMiB.toFixed(0)],
    ['Switchyard / it', ({ ratio }) => ratio.toFixed(2)],
  ]
  return [
    `Raw -> curated -> 23 features: ${dataset.rawBars.toLocaleString('en')} rows, ${dataset.symbols.length} symbols, ${dataset.sessions} sessions. ${machine()}.`,
    `Medians of ${rounds} rounds in turn, a process each, ${coresEach()}.`,
    '',
    ...markdownTable(columns, rows),
    '',
    ...Object.entries(agreements).map(
      ([name, { values: compared, largest, column }]) =>
        `${name} gives the same: ${compared.toLocaleString('en')} values, nulls in the same places, largest difference ${largest.toExponential(1)} (${column}).`,
    ),
  ]
}

function summarise(name: Name, own: readonly Measurement[], reference: readonly Measurement[], bars: number): Row {
  const totalOf = ({ milliseconds }: Measurement): number => PHASES.reduce((sum, phase) => sum + milliseconds[phase], 0)
  const totalMs = median(own.map(totalOf))
  return {
    name,
    transformMs: median(own.map(({ milliseconds }) => milliseconds.transform)),
    featuresMs: median(own.map(({ milliseconds }) => milliseconds.features)),
    totalMs,
    cpuMs: median(own.map(({ cpuMilliseconds }) => PHASES.reduce((sum, phase) => sum + cpuMilliseconds[phase], 0))),
    rowsPerSecond: bars / (totalMs / 1000),
    peakMiB: median(own.map(({ peakBytes }) => peakBytes / 2 ** 20)),
    outputMiB: median(own.map(({ outputBytes }) => outputBytes / 2 ** 20)),
    ratio: median(own.map((measured, round) => totalOf(reference[round]) / totalOf(measured))),
  }
}

function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB`
}
