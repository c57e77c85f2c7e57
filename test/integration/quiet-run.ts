import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { EngineClient } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import { hashesOf, newWorkspace, OLD_PIPELINE, openEngine, resultOf, sha256 } from './workspace-fixtures.ts'

export const SYMBOLS = ['SPY', 'AAPL', 'DJCO']
export const FROM = '2024-06-24'
export const TO = '2024-07-02'
export const SESSIONS = [
  '2024-06-24',
  '2024-06-25',
  '2024-06-26',
  '2024-06-27',
  '2024-06-28',
  '2024-07-01',
  '2024-07-02',
]
export const RANGE = ['--from', FROM, '--to', TO]
export const market = syntheticMarket({ seed: 11, calendar: XNYS, symbols: SYMBOLS, from: FROM, to: TO })

/** A workspace that asks for every session by itself, so that there is a lot to interrupt. */
export function workspaceFor(port: number): string {
  return newWorkspace({
    symbols: SYMBOLS,
    port,
    tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 3 },
    more: { oldPipeline: OLD_PIPELINE },
  })
}

/** Every stored response: what it is of, the checksum that it was stored with, and that of its bytes now. */
export function storedResponses(workspace: string): { id: number; session: string; checksum: string; bytes: string }[] {
  const database = new Sqlite(join(workspace, 'store', 'raw.db'), { readonly: true })
  try {
    const rows = database
      .prepare(
        `select b.id, i.symbol || ' ' || s.session_date as session, b.checksum, b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
         from raw_tws_bars b join instruments i on i.id = b.instrument_id join tws_request_sessions s on s.request_id = b.request_id order by b.id`,
      )
      .all() as ({ id: number; session: string; checksum: string } & Record<string, Buffer>)[]
    return rows.map(({ id, session, checksum, ...blobs }) => ({
      id,
      session,
      checksum,
      bytes: sha256(Buffer.concat(Object.values(blobs))),
    }))
  } finally {
    database.close()
  }
}

export function rowsOf(workspace: string, store: string, sql: string): Record<string, unknown>[] {
  const database = new Sqlite(join(workspace, 'store', `${store}.db`), { readonly: true })
  try {
    return database.prepare(sql).all() as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

export async function buildAll(client: EngineClient): Promise<void> {
  await resultOf<'transform'>(client, client.transform.start({}))
  await resultOf<'features'>(client, client.features.build({}))
}

/** A workspace on which everything was done once without disturbance; its engine is closed. */
export interface QuietRun {
  /** Content hash of every curated and feature session. */
  readonly hashes: ReadonlyMap<string, string>
  /** Checksum of the response of every session, by `SYMBOL YYYY-MM-DD`. */
  readonly responses: ReadonlyMap<string, string>
  /** The session of every response, in the order in which they came. */
  readonly answers: readonly string[]
  /** A new workspace with these stores of it, and the old pipeline's files. */
  copyOf(...stores: readonly string[]): string
}

export async function quietRun(): Promise<QuietRun> {
  const simulator = await startSimulator({ market })
  const original = workspaceFor(simulator.port)
  const { engine, client } = openEngine(original)
  await resultOf<'ingest'>(client, client.ingest.start({ from: FROM, to: TO }))
  await buildAll(client)
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, from: FROM, to: TO, dir: join(original, 'old') })
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  const hashes = hashesOf(engine)
  await engine.close()
  await simulator.stop()
  const responses = storedResponses(original)
  return {
    hashes,
    responses: new Map(responses.map(({ session, checksum }) => [session, checksum])),
    answers: responses.map(({ session }) => session),
    copyOf: (...stores) => {
      const workspace = workspaceFor(1)
      mkdirSync(join(workspace, 'store'))
      for (const store of stores) {
        cpSync(join(original, 'store', `${store}.db`), join(workspace, 'store', `${store}.db`))
      }
      cpSync(join(original, 'old'), join(workspace, 'old'), { recursive: true })
      return workspace
    },
  }
}
