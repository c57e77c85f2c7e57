import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { allocateBars, BAR_COLUMNS, type BarColumns, type CuratedColumns, observedBars } from '#shared/bars.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { JobKind, JobResult } from '#shared/jobs/job-kinds.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { SwitchyardError } from '#shared/errors.ts'
import { createEngine, type Engine, type EngineOptions } from '#main/engine/create-engine.ts'
import { createInMemoryClient, type EngineClient } from '#main/rpc/router.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '#main/simulator/simulator.ts'

const folders: string[] = []
const closers: (() => Promise<unknown>)[] = []

/** Closes what the tests of the file opened, newest first, and removes their folders. */
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Calls `close` when the test file is done. */
export function closeAtEnd(close: () => Promise<unknown>): void {
  closers.push(close)
}

/** A new empty folder that is removed when the test file is done. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'))
  folders.push(folder)
  return folder
}

/** How the simulator's old pipeline writes its files, as switchyard.yaml says it. */
export const OLD_PIPELINE = {
  name: 'csv-scripts',
  bars: { files: 'old/{symbol}.csv', zone: 'America/New_York', label: 'end', volumeUnit: 'lots' },
}

export interface WorkspaceOptions {
  readonly symbols: readonly string[]
  /** Where TWS is expected; a port on which nothing can listen when left out. */
  readonly port?: number
  readonly tws?: Readonly<Record<string, unknown>>
  readonly more?: Readonly<Record<string, unknown>>
}

/** Makes a workspace folder. The configuration is JSON, which YAML contains. */
export function newWorkspace({ symbols, port = 1, tws = {}, more = {} }: WorkspaceOptions): string {
  const folder = newFolder()
  const config = {
    version: 1,
    name: 'test',
    tws: { port, ...tws },
    symbols: symbols.map((symbol) => ({ symbol })),
    ...more,
  }
  writeFileSync(join(folder, 'switchyard.yaml'), JSON.stringify(config, null, 2))
  return folder
}

/** Opens an engine with a client in memory; closed when the test file is done, if not before. */
export function openEngine(
  workspace: string,
  options: Partial<EngineOptions> = {},
): { engine: Engine; client: EngineClient } {
  const engine = createEngine({ workspace, ...options })
  closeAtEnd(() => engine.close())
  return { engine, client: createInMemoryClient(engine) }
}

/** Starts a simulator that is stopped when the test file is done, if not before. */
export async function openSimulator(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  closeAtEnd(() => simulator.stop())
  return simulator
}

/** Follows a job to its end, whatever that is. */
export async function finished(client: EngineClient, started: Promise<Job>): Promise<Job> {
  let job = await started
  for await (const state of await client.jobs.watch({ id: job.id })) job = state
  if (!isFinal(job.state)) throw new Error(`job ${job.id} was left ${job.state}`)
  return job
}

/** Follows a job to its end and returns its result; throws when it did not succeed. */
export async function resultOf<K extends JobKind>(client: EngineClient, started: Promise<Job>): Promise<JobResult<K>> {
  const job = await finished(client, started)
  if (job.state !== 'succeeded') throw new Error(`${job.kind} ${job.state}: ${job.error?.message ?? ''}`)
  return job.result as JobResult<K>
}

/** The operator error that `call` is rejected with; fails when it is not one. */
export async function operatorErrorOf(
  call: Promise<unknown>,
): Promise<{ code: string; message: string; hint?: string }> {
  const thrown = await call.then(
    () => {
      throw new Error('the call was answered')
    },
    (error: unknown) => error as { code?: unknown; data?: unknown },
  )
  if (thrown.code !== 'OPERATOR_ERROR') throw thrown
  return thrown.data as { code: string; message: string; hint?: string }
}

/** What `work` throws. */
export function thrownBy(work: () => unknown): SwitchyardError {
  try {
    work()
  } catch (thrown) {
    return thrown as SwitchyardError
  }
  throw new Error('nothing was thrown')
}

/** Content hash of every curated and feature session of the workspace, and checksum of every raw response, by what it is of. */
export function hashesOf(engine: Engine): ReadonlyMap<string, string> {
  const { curated, features } = engine.stores
  const hashes = new Map<string, string>()
  for (const symbol of curated.symbols()) {
    for (const { session, contentHash } of curated.sessions(symbol))
      hashes.set(`curated ${symbol} ${session.date}`, contentHash)
  }
  for (const name of features.setNames()) {
    const set = features.set(name)
    if (set === undefined) continue
    for (const symbol of features.symbols(set)) {
      for (const { sessionDate, contentHash } of features.sessions(set, symbol))
        hashes.set(`${name} ${symbol} ${sessionDate}`, contentHash)
    }
  }
  return hashes
}

/** The bars of a curated block that were received: those that stand for minutes without trades left out. */
export function receivedBars(block: { readonly bars: CuratedColumns } | undefined): BarColumns {
  return block === undefined ? allocateBars(0) : observedBars(block.bars)
}

/** Bars as plain arrays, so that a failed comparison shows what differs. */
export function plain(bars: BarColumns): Record<string, number[]> {
  return Object.fromEntries(BAR_COLUMNS.map((name) => [name, [...bars[name]]]))
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
