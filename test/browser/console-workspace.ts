import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { configTemplate } from '#main/engine/config-template.ts'
import { BUILT_IN_CALENDARS } from '#main/engine/data-folder.ts'
import { loadCalendar } from '#main/engine/load-calendar.ts'
import { createWorkspace } from '#main/engine/workspace.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Simulator, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import type { ConsoleHost } from './console-host.ts'
import { succeeded } from './console-host.ts'
import type { TwsLine } from './tws-line.ts'
import { openTwsLine } from './tws-line.ts'

/** SPY trades in every minute, DJCO in about half of them. */
export const SYMBOLS = ['SPY', 'DJCO']

/**
 * What {@link fill} stores: XNYS was open on Monday 25th, Tuesday, Wednesday and (until 13:00) Friday of the week of
 * Thanksgiving 2024, then on Monday 2nd and Tuesday 3rd of December.
 */
export const STORED = { from: '2024-11-25', to: '2024-12-03', sessions: 6, fullSessions: 5, shortSessions: 1 }
/** Market data goes on until then. */
const LAST_DATE = '2024-12-20'
/** With this seed the market's bad tick and halt come after everything that a test fetches. */
const SEED = 27

/** A workspace folder with a simulated TWS at the other end of a line. */
export interface ConsoleWorkspace {
  readonly folder: string
  readonly line: TwsLine
  readonly simulator: Simulator
  remove(): Promise<void>
}

export interface WorkspaceOptions {
  /** {@link SYMBOLS} unless given. */
  readonly symbols?: readonly string[]
  /** First session of the market; that of {@link STORED} unless given. */
  readonly marketFrom?: string
  /** Sessions that the old pipeline has; those of {@link STORED} unless given. */
  readonly old?: { readonly from: string; readonly to: string }
  /** How the old files are described; as they are unless given. */
  readonly oldBars?: Readonly<Record<string, unknown>>
  /** How long an answer with bars takes, milliseconds. */
  readonly answerMs?: number
  /** Further lines of the section tws of the configuration, indented by two spaces. */
  readonly tws?: string
}

/** Makes a workspace that knows where TWS is and what the old pipeline left, and holds nothing yet. */
export async function makeWorkspace(name: string, options: WorkspaceOptions = {}): Promise<ConsoleWorkspace> {
  const { symbols = SYMBOLS, marketFrom = STORED.from, old = STORED, answerMs, tws = '' } = options
  const folder = mkdtempSync(path.join(tmpdir(), 'switchyard-console-'))
  const market = syntheticMarket({
    seed: SEED,
    calendar: loadCalendar('XNYS', [BUILT_IN_CALENDARS]),
    symbols,
    from: marketFrom,
    to: LAST_DATE,
  })
  const simulator = await startSimulator({ market })
  const line = await openTwsLine(simulator.port, answerMs)
  const config = configTemplate({
    name,
    host: '127.0.0.1',
    port: line.port,
    clientId: 17,
    symbols,
    oldPipeline: {
      name: 'csv-scripts',
      bars: { files: 'old-pipeline/{symbol}.csv', ...(options.oldBars ?? { label: 'end', volumeUnit: 'lots' }) },
    },
  })
  // One request at a time, so that a test knows which answer comes next.
  createWorkspace(folder, config.replace('clientId: 17\n', `clientId: 17\n  maxConcurrentRequests: 1\n${tws}`))
  await writeOldPipelineOutput({
    market,
    symbols,
    from: old.from,
    to: old.to,
    dir: path.join(folder, 'old-pipeline'),
  })
  return {
    folder,
    line,
    simulator,
    remove: async () => {
      await line.close()
      await simulator.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Does the main job once over {@link STORED}: ingest, curate, features, import, compare. */
export async function fill(host: ConsoleHost): Promise<void> {
  const client = await host.client()
  await succeeded(client, await client.ingest.start({ from: STORED.from, to: STORED.to }))
  await succeeded(client, await client.transform.start({}))
  await succeeded(client, await client.features.build({}))
  await succeeded(client, await client.legacy.import({}))
  await succeeded(client, await client.compare.start({}))
}
