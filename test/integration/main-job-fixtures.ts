import { join } from 'node:path'
import { allocateBars, type BarColumns } from '#shared/bars.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Market, type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { at, XNYS } from './simulator-fixtures.ts'
import { finished, newWorkspace, OLD_PIPELINE, openEngine, openSimulator, resultOf } from './workspace-fixtures.ts'

export const SYMBOLS = ['SPY', 'AAPL', 'DJCO']
export const FROM = '2024-06-24'
export const TO = '2024-07-05'
/** Sessions of XNYS in that range; Thursday the 4th is a holiday and the 3rd closes at 13:00. */
export const SESSIONS = [
  '2024-06-24',
  '2024-06-25',
  '2024-06-26',
  '2024-06-27',
  '2024-06-28',
  '2024-07-01',
  '2024-07-02',
  '2024-07-03',
  '2024-07-05',
]
/** New York is four hours behind UTC throughout. */
export const openOf = (date: string): number => at(`${date}T13:30:00Z`)
export const closeOf = (date: string): number => at(`${date}T${date === '2024-07-03' ? '17' : '20'}:00:00Z`)
export const minutesOf = (date: string): number => (closeOf(date) - openOf(date)) / 60

/** A market with bars from 2024-06-20 to 2024-07-09, in which one thin name did not trade on one day. */
function marketWithHole(): Market {
  const market = syntheticMarket({ seed: 7, calendar: XNYS, symbols: SYMBOLS, from: '2024-06-20', to: '2024-07-09' })
  const holeFrom = at('2024-07-02T00:00:00Z')
  return {
    ...market,
    minuteBars: async (symbol, fromTs, toTs, useRth) => {
      const bars = await market.minuteBars(symbol, fromTs, toTs, useRth)
      if (symbol !== 'DJCO') return bars
      const rows = [...bars.ts.keys()].filter((i) => bars.ts[i] < holeFrom || bars.ts[i] >= holeFrom + 86_400)
      const kept = allocateBars(rows.length)
      for (const [name, column] of Object.entries(kept) as [keyof BarColumns, Float64Array][]) {
        rows.forEach((row, i) => (column[i] = bars[name][row]))
      }
      return kept
    },
  }
}

export const market = marketWithHole()
export const regularBars = (symbol: string, date: string): Promise<BarColumns> =>
  market.minuteBars(symbol, openOf(date), closeOf(date), true)

export interface MainJob {
  readonly simulator: Simulator
  readonly workspace: string
  readonly engine: Engine
  readonly client: EngineClient
  readonly ingest: Job
  readonly transform: Job
  readonly compare: JobResult<'compare'>
}

/** Ingest, curated bars, features, the old pipeline's files, their import and the comparison, in a new workspace. */
export async function runMainJob(): Promise<MainJob> {
  // Nothing of what is stored or exported may depend on where the machine stands.
  process.env['TZ'] = 'Asia/Tokyo'
  const simulator = await openSimulator({ market })
  const workspace = newWorkspace({ symbols: SYMBOLS, port: simulator.port, more: { oldPipeline: OLD_PIPELINE } })
  const { engine, client } = openEngine(workspace)
  const ingest = await finished(client, client.ingest.start({ from: FROM, to: TO }))
  const transform = await finished(client, client.transform.start({}))
  await resultOf<'features'>(client, client.features.build({}))
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, from: FROM, to: TO, dir: join(workspace, 'old') })
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  const compare = await resultOf<'compare'>(client, client.compare.start({}))
  return { simulator, workspace, engine, client, ingest, transform, compare }
}
