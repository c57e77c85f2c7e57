import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Measurement } from './contender-process.ts'

const CORES = 2
const pinned = pinToCores()

/** Runs the contender in `contenders/<name>.ts` once, in a process of its own on two cores. */
export function runContender(name: string, datasetFolder: string, outputFolder: string): Measurement {
  const script = fileURLToPath(new URL('./contender-process.ts', import.meta.url))
  const [command, ...rest] = [...pinned, process.execPath, script, name, datasetFolder, outputFolder]
  const text = execFileSync(command, rest, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, POLARS_MAX_THREADS: String(CORES) },
  })
  return JSON.parse(text) as Measurement
}

/** What to put before a command to keep it on two cores of a machine that has more; nothing where that cannot be done. */
function pinToCores(): readonly string[] {
  if (availableParallelism() <= CORES || spawnSync('taskset', ['--version']).status !== 0) return []
  return ['taskset', '--cpu-list', `0-${CORES - 1}`]
}

export function coresEach(): string {
  if (pinned.length > 0 || availableParallelism() <= CORES) return `on ${CORES} cores`
  return `DuckDB and Polars with ${CORES} threads, Switchyard on all cores (there is no taskset to limit it)`
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
