import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { IngestMeasurement } from './ingest-process.ts'

/** A year of four names that trade in every minute. */
const SYMBOLS = 'SPY,AAPL,MSFT,JPM'
const FROM = '2023-07-03'
const TO = '2024-06-28'
const SIZES = [2_000, 5_000]
const ROUNDS = 3

export interface IngestRow extends IngestMeasurement {
  readonly maxBarsPerRequest: number
}

/** Backfills from the simulator over loopback, pacing relaxed, each process by itself; of every figure the median of three. */
export async function measureIngest(): Promise<readonly IngestRow[]> {
  const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
  const cli = script('../../main/cli/switchyard.ts')
  const simulator = spawn(
    process.execPath,
    [cli, 'simulate', '--json', '--symbols', SYMBOLS, '--from', FROM, '--to', TO],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  try {
    const [line] = (await once(simulator.stdout, 'data')) as [Buffer]
    const { port } = JSON.parse(line.toString()) as { port: number }
    const measureOnce = (maxBarsPerRequest: number): IngestMeasurement => {
      const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-ingest-'))
      try {
        const { stdout, status } = spawnSync(
          process.execPath,
          [script('./ingest-process.ts'), folder, String(port), SYMBOLS, FROM, TO, String(maxBarsPerRequest)],
          { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
        )
        if (status !== 0) throw new Error('The backfill failed.')
        return JSON.parse(stdout) as IngestMeasurement
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
    // The simulator makes its bars when they are first asked for.
    measureOnce(SIZES[0])
    return SIZES.map((maxBarsPerRequest) => {
      const runs = Array.from({ length: ROUNDS }, () => measureOnce(maxBarsPerRequest))
      const of = (figure: (run: IngestMeasurement) => number): number =>
        runs.map(figure).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]
      return {
        maxBarsPerRequest,
        bars: of(({ bars }) => bars),
        requests: of(({ requests }) => requests),
        milliseconds: of(({ milliseconds }) => milliseconds),
        loop: { p50: of(({ loop }) => loop.p50), p99: of(({ loop }) => loop.p99), max: of(({ loop }) => loop.max) },
        peakMiB: of(({ peakMiB }) => peakMiB),
      }
    })
  } finally {
    simulator.kill()
  }
}

/** The figures as a table. */
export function ingestLines(rows: readonly IngestRow[]): readonly string[] {
  return [
    `Backfill over loopback, ${SYMBOLS}, ${FROM} to ${TO}, pacing relaxed. Medians of ${ROUNDS} runs, a process each; the simulator has another.`,
    '',
    '| bars a request | bars | requests | seconds | bars/s | loop delay p50 ms | p99 ms | longest ms | peak MiB |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(({ maxBarsPerRequest, bars, requests, milliseconds, loop, peakMiB }) => {
      const cells = [
        maxBarsPerRequest.toLocaleString('en'),
        bars.toLocaleString('en'),
        String(requests),
        (milliseconds / 1000).toFixed(2),
        Math.round(bars / (milliseconds / 1000)).toLocaleString('en'),
        loop.p50.toFixed(1),
        loop.p99.toFixed(1),
        loop.max.toFixed(1),
        String(Math.round(peakMiB)),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  ]
}
