import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createEngine } from '#main/engine/create-engine.ts'
import { isFinal } from '#shared/jobs/job.ts'

/**
 * One backfill in a process of its own, so that nothing but the engine is in its event loop:
 *
 *   node ingest-process.ts FOLDER PORT SYMBOLS FROM TO MAX_BARS_PER_REQUEST
 *
 * Prints what it measured as one line of JSON.
 */

/** One backfill. */
export interface IngestMeasurement {
  readonly bars: number
  readonly requests: number
  readonly milliseconds: number
  /** Delays of the event loop, milliseconds. */
  readonly loop: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly peakMiB: number
}

/** How often the event loop is looked at. A delay shorter than this is not seen. */
const RESOLUTION_MS = 5

const [folder, port, symbols, from, to, maxBarsPerRequest] = process.argv.slice(2)
writeFileSync(
  join(folder, 'switchyard.yaml'),
  JSON.stringify({
    version: 1,
    tws: {
      port: Number(port),
      maxBarsPerRequest: Number(maxBarsPerRequest),
      pacing: { messagesPerSecond: 500, barsSpacingMs: 0 },
    },
    symbols: symbols.split(',').map((symbol) => ({ symbol })),
  }),
)
const engine = createEngine({ workspace: folder })
await engine.tws.connect()
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
const startMs = performance.now()
const { id } = engine.jobs.submit('ingest', { from, to })
const ended = await new Promise<ReturnType<typeof engine.jobs.job>>((resolve) => {
  engine.jobs.onChange((job) => {
    if (job.id === id && isFinal(job.state)) resolve(job)
  })
})
const milliseconds = performance.now() - startMs
delays.disable()
if (ended.state !== 'succeeded') throw new Error(ended.error?.message ?? ended.state)
const { bars, requests } = ended.result as { bars: number; requests: number }
await engine.close()
const loop = (percentile: number): number => Math.max(0, delays.percentile(percentile) / 1e6 - RESOLUTION_MS)
const measurement: IngestMeasurement = {
  bars,
  requests,
  milliseconds,
  loop: { p50: loop(50), p99: loop(99), max: Math.max(0, delays.max / 1e6 - RESOLUTION_MS) },
  peakMiB: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(`${JSON.stringify(measurement)}\n`)
