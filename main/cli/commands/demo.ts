import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { createEngine } from '#main/engine/create-engine.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { newWorkspace } from '#main/engine/new-workspace.ts'
import { CONFIG_FILE, readConfig } from '#main/engine/workspace.ts'
import { createInMemoryClient } from '#main/rpc/router.ts'
import { startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { JobKind, JobResult } from '#shared/jobs/job-kinds.ts'
import type { Job } from '#shared/jobs/job.ts'
import { type Command, type CommandInput, ExitCode } from '../command.ts'
import { followJob, operatorError } from '../engine-access.ts'
import { textOption } from '../options.ts'

/** The demo is the same on every day: fifty sessions with two early closes. */
const SEED = 20241021
const FROM = '2024-10-21'
const TO = '2024-12-31'
const SYMBOLS = ['SPY', 'AAPL', 'MSFT', 'JPM', 'DJCO', 'SEB']
const NAME = 'demo'
/** Where the demo's workspace expects TWS, so that a simulator started by hand can be found by the console. */
const PORT = 14002

const OLD_PIPELINE = {
  name: 'csv-scripts',
  bars: {
    files: 'old-pipeline/{symbol}.csv',
    columns: { time: 'datetime', open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' },
    timeFormat: '%Y-%m-%d %H:%M:%S',
    zone: 'America/New_York',
    label: 'end',
    volumeUnit: 'lots',
  },
}

/** `switchyard demo`: the main job from end to end on the built-in simulator. */
export const demo: Command = {
  name: 'demo',
  summary: 'Run the main job on the built-in simulator: ingest, curate, features, old pipeline, compare, export',
  usage: '[--workspace DIR]',
  options: {},
  run: async (input) => {
    const folder = resolve(textOption(input, 'workspace') ?? 'demo-workspace')
    prepareWorkspace(folder)
    const calendar = loadCalendar('XNYS', [BUILT_IN_CALENDARS])
    const market = syntheticMarket({ seed: SEED, calendar, symbols: SYMBOLS, from: FROM, to: TO })
    // First what can be refused: a simulator that already listens would keep the process alive.
    const engine = createEngine({ workspace: folder })
    const simulator = await startSimulator({ market }).catch(async (thrown: unknown) => {
      await engine.close()
      throw thrown
    })
    const client = createInMemoryClient(engine)
    const report: Record<string, unknown> = { workspace: folder }
    const step = async <K extends JobKind>(words: string, start: () => Promise<Job>): Promise<JobResult<K>> => {
      const { job, result } = await followJob<K>(client, await start(), input)
      report[job.kind] = result
      tell(input, words, job.progress.title)
      return result
    }
    try {
      tell(input, 'Simulated TWS', `127.0.0.1:${simulator.port}, ${SYMBOLS.join(', ')}, ${FROM} to ${TO}.`)
      const ingested = await step<'ingest'>('Ingest', () =>
        client.ingest.start({ from: FROM, to: TO, host: '127.0.0.1', port: simulator.port }),
      )
      for (const { symbol, sessionDate, reason } of ingested.withoutData)
        tell(input, '', `${symbol} ${sessionDate}: ${reason}`)
      const curated = await step<'transform'>('Curate', () => client.transform.start({}))
      for (const [rule, count] of Object.entries(curated.findings)) tell(input, '', `finding ${rule}: ${count}`)
      await step<'features'>('Features', () => client.features.build({}))
      const old = await writeOldPipelineOutput({
        market,
        symbols: SYMBOLS,
        from: FROM,
        to: TO,
        dir: join(folder, 'old-pipeline'),
      })
      tell(input, 'Old pipeline', `wrote ${old.rows} rows in ${old.files.length} CSV files, as such scripts do.`)
      await step<'legacy-import'>('Import', () => client.legacy.import({}))
      const { counts } = await step<'compare'>('Compare', () => client.compare.start({}))
      for (const [field, { equal, withinTolerance, different }] of Object.entries(counts.fields)) {
        tell(
          input,
          '',
          `${field.padEnd(6)} equal ${equal}, within tolerance ${withinTolerance}, different ${different}`,
        )
      }
      const exported = await step<'export'>('Export', () => client.export.start({ formats: ['parquet', 'csv'] }))
      tell(input, '', relative(process.cwd(), exported.manifest))
      const { mismatches } = await step<'verify'>('Verify', () => client.transform.verify({}))
      if (mismatches.length > 0) {
        throw new SwitchyardError('VERIFY_FAILED', `${mismatches.length} sessions are not what they were made from.`, {
          hint: `See "switchyard rebuild --verify --workspace ${folder}", or take a new folder.`,
        })
      }
    } catch (thrown) {
      throw operatorError(thrown)
    } finally {
      await engine.close()
      await simulator.stop()
    }
    return {
      exitCode: ExitCode.Done,
      json: report,
      text: [
        '',
        `The workspace is ${folder}.`,
        'Look at it:            npm start',
        `Query it:              npm run -s switchyard -- sql --workspace ${relative(process.cwd(), folder) || '.'} "select * from curated_tws_1m_bars_rows limit 5"`,
        `Fetch more in it:      npm run -s switchyard -- simulate --port ${PORT} --seed ${SEED} --symbols ${SYMBOLS.join(',')} --from ${FROM} --to ${TO}`,
      ],
    }
  },
}

/** Makes the demo's workspace, or takes the one of an earlier demo; a workspace of another kind is left alone. */
function prepareWorkspace(folder: string): void {
  if (!existsSync(join(folder, CONFIG_FILE))) {
    newWorkspace(folder, { name: NAME, port: PORT, symbols: SYMBOLS, oldPipeline: OLD_PIPELINE })
    return
  }
  if (readConfig(folder).name !== NAME) {
    throw new SwitchyardError('WORKSPACE_EXISTS', `${folder} is a workspace of yours, not one of the demo.`, {
      hint: 'Name another folder with --workspace.',
    })
  }
}

function tell(input: CommandInput, what: string, words: string): void {
  const line = `${what.padEnd(14)} ${words}`
  // With --json standard output belongs to the report.
  if (input.json) input.say(line)
  else input.announce(line)
}
