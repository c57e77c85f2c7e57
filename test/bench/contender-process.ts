import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Contender, Phase, PhaseName } from './contenders/contender.ts'

/** What one run of a contender took. */
export interface Measurement {
  readonly milliseconds: Readonly<Record<PhaseName, number>>
  /** Time on a core, all threads together. */
  readonly cpuMilliseconds: Readonly<Record<PhaseName, number>>
  readonly peakBytes: number
  readonly outputBytes: number
}

/**
 * Entry of a contender's own process: `node contender-process.ts <contender> <data set folder> <output folder>`. Prints one
 * JSON document, the {@link Measurement}.
 */
async function main([name, datasetFolder, outputFolder]: readonly string[]): Promise<void> {
  // Imported by name, so that a process holds the library of its own contender only.
  const module = (await import(`./contenders/${name}.ts`)) as Record<string, Contender>
  const [contender] = Object.values(module)
  contender.prepare(datasetFolder, outputFolder)
  const milliseconds: Record<PhaseName, number> = { open: 0, transform: 0, features: 0, close: 0 }
  const cpuMilliseconds = { ...milliseconds }
  const phase: Phase = async (phaseName, work) => {
    const cpuFrom = process.cpuUsage()
    const from = performance.now()
    const result = await work()
    milliseconds[phaseName] = performance.now() - from
    const { user, system } = process.cpuUsage(cpuFrom)
    cpuMilliseconds[phaseName] = (user + system) / 1000
    return result
  }
  await contender.run(datasetFolder, outputFolder, phase)
  const outputBytes = contender.outputs.reduce((sum, file) => sum + statSync(join(outputFolder, file)).size, 0)
  const measurement: Measurement = { milliseconds, cpuMilliseconds, peakBytes: peakBytes(), outputBytes }
  process.stdout.write(JSON.stringify(measurement))
}

/** Largest resident set of this process so far. */
function peakBytes(): number {
  // The kernel hands the resource usage of the parent down through fork and exec; this one starts anew with the program.
  if (process.platform === 'linux') {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kibibytes !== undefined) return Number(kibibytes) * 1024
  }
  return process.resourceUsage().maxRSS * 1024
}

await main(process.argv.slice(2))
