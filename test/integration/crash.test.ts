import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '#shared/jobs/job.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Market, type Simulator, startSimulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { XNYS } from './simulator-fixtures.ts'
import { documentOf, errorOf, type Finished, runSwitchyard, SwitchyardProcess } from './switchyard-process.ts'
import { finished, hashesOf, newWorkspace, OLD_PIPELINE, openEngine, resultOf, sha256 } from './workspace-fixtures.ts'

const SYMBOLS = ['SPY', 'AAPL', 'DJCO']
const FROM = '2024-06-24'
const TO = '2024-07-02'
const SESSIONS = ['2024-06-24', '2024-06-25', '2024-06-26', '2024-06-27', '2024-06-28', '2024-07-01', '2024-07-02']
const RANGE = ['--from', FROM, '--to', TO]
const DYING_ENGINE = fileURLToPath(new URL('dying-engine.ts', import.meta.url))

const market = syntheticMarket({ seed: 11, calendar: XNYS, symbols: SYMBOLS, from: FROM, to: TO })

/** A workspace that asks for every session by itself, so that there is a lot to interrupt. */
function workspaceFor(port: number): string {
  return newWorkspace({
    symbols: SYMBOLS,
    port,
    tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 3 },
    more: { oldPipeline: OLD_PIPELINE },
  })
}

/** Every stored response: what it is of, the checksum that it was stored with, and that of its bytes now. */
function storedResponses(workspace: string): { id: number; session: string; checksum: string; bytes: string }[] {
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

/** Runs the statements on a store's file without any of Switchyard's code. */
function tamper(workspace: string, store: string, ...statements: string[]): void {
  const database = new Sqlite(join(workspace, 'store', `${store}.db`))
  try {
    for (const statement of statements) database.exec(statement)
  } finally {
    database.close()
  }
}

async function buildAll(client: EngineClient): Promise<void> {
  await resultOf<'transform'>(client, client.transform.start({}))
  await resultOf<'features'>(client, client.features.build({}))
}

/** An undisturbed run. */
let quietWorkspace: string
let quietHashes: ReadonlyMap<string, string>
let quietResponses: Map<string, string>

beforeAll(async () => {
  const simulator = await startSimulator({ market })
  quietWorkspace = workspaceFor(simulator.port)
  const { engine, client } = openEngine(quietWorkspace)
  await resultOf<'ingest'>(client, client.ingest.start({ from: FROM, to: TO }))
  await buildAll(client)
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, from: FROM, to: TO, dir: join(quietWorkspace, 'old') })
  await resultOf<'legacy-import'>(client, client.legacy.import({}))
  quietHashes = hashesOf(engine)
  await engine.close()
  await simulator.stop()
  quietResponses = new Map(storedResponses(quietWorkspace).map(({ session, checksum }) => [session, checksum]))
})

test('an undisturbed run stores one response for each session', () => {
  expect(quietResponses.size).toBe(SYMBOLS.length * SESSIONS.length)
})

/** Sessions that were asked for, in order, as `SYMBOL YYYY-MM-DD`. */
function askedFor(simulator: Simulator, from = 0): string[] {
  return simulator.requests.slice(from).flatMap(({ historical }) => {
    if (historical === null) return []
    const day = historical.endText
    return [`${historical.contract.symbol} ${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`]
  })
}

describe('an ingest whose process is killed', () => {
  test.each([1, 4, 10, 21])(
    'at request %i loses no stored response and ends like an undisturbed one',
    async (fatal) => {
      // The market is asked for bars when a request is answered: the moment to kill the one who asked.
      let child: SwitchyardProcess | undefined
      let simulator: Simulator | undefined
      const deadly: Market = {
        ...market,
        minuteBars: async (...args) => {
          if (child !== undefined && simulator !== undefined && askedFor(simulator).length >= fatal)
            child.kill('SIGKILL')
          return market.minuteBars(...args)
        },
      }
      simulator = await startSimulator({ market: deadly })
      const workspace = workspaceFor(simulator.port)
      child = new SwitchyardProcess(['ingest', ...RANGE, '--workspace', workspace, '--json'])
      expect(await child.exited).toMatchObject({ code: null, signal: 'SIGKILL', stdout: '' })
      child = undefined

      const before = storedResponses(workspace)
      expect(before.length).toBeLessThan(21)
      const known = simulator.requests.length
      const again = await runSwitchyard(['ingest', ...RANGE, '--workspace', workspace, '--json'])
      expect(again).toMatchObject({ code: 0 })
      // The interrupted job is taken up again and does the work; the new one finds everything there.
      expect(documentOf(again)).toMatchObject({ requests: 0, sessionsAlreadyStored: 21, failed: [], withoutData: [] })

      const after = storedResponses(workspace)
      expect(after.slice(0, before.length)).toEqual(before)
      expect(new Map(after.map(({ session, checksum }) => [session, checksum]))).toEqual(quietResponses)
      expect(after).toHaveLength(21)
      const asked = askedFor(simulator, known)
      const stored = new Set(before.map(({ session }) => session))
      expect(asked.filter((session) => stored.has(session))).toEqual([])
      expect(asked.slice().sort()).toEqual([...quietResponses.keys()].filter((session) => !stored.has(session)).sort())

      const { engine, client } = openEngine(workspace)
      const [second, first] = await client.jobs.list()
      expect([first, second].map(({ kind, state, attempts }) => ({ kind, state, attempts }))).toEqual([
        { kind: 'ingest', state: 'succeeded', attempts: 2 },
        { kind: 'ingest', state: 'succeeded', attempts: 1 },
      ])
      await buildAll(client)
      expect(hashesOf(engine)).toEqual(quietHashes)
      await engine.close()
      // What was on its way when the process died is on record as abandoned, not as open for ever.
      const database = new Sqlite(join(workspace, 'store', 'raw.db'), { readonly: true })
      const outcomes = database.prepare('select outcome, count(*) as n from tws_requests group by outcome').all() as {
        outcome: string
        n: number
      }[]
      database.close()
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['abandoned', 'complete'])
      expect(outcomes.find(({ outcome }) => outcome === 'complete')?.n).toBe(21)
      await simulator.stop()
    },
  )
})

/** A new workspace with these stores, and the old files, of the undisturbed one. */
function copyOf(...stores: readonly string[]): string {
  const workspace = workspaceFor(1)
  mkdirSync(join(workspace, 'store'))
  for (const store of stores) {
    cpSync(join(quietWorkspace, 'store', `${store}.db`), join(workspace, 'store', `${store}.db`))
  }
  cpSync(join(quietWorkspace, 'old'), join(workspace, 'old'), { recursive: true })
  return workspace
}

async function dieIn(workspace: string, job: string, at: string, count = 1): Promise<void> {
  const args = ['--workspace', workspace, '--job', job, '--at', at, '--count', String(count)]
  const died = await runSwitchyard(args, { script: DYING_ENGINE })
  expect(died, died.stderr).toMatchObject({ code: null, signal: 'SIGKILL' })
}

/** Opens the workspace again and waits for the job that was interrupted. */
async function takenUp(
  workspace: string,
): Promise<{ client: EngineClient; job: Job; hashes: ReadonlyMap<string, string> }> {
  const { engine, client } = openEngine(workspace)
  const [interrupted] = await client.jobs.list()
  const job = await finished(client, Promise.resolve(interrupted))
  return { client, job, hashes: hashesOf(engine) }
}

function rowsOf(workspace: string, store: string, sql: string): Record<string, unknown>[] {
  const database = new Sqlite(join(workspace, 'store', `${store}.db`), { readonly: true })
  try {
    return database.prepare(sql).all() as Record<string, unknown>[]
  } finally {
    database.close()
  }
}

const only = (layer: string): ReadonlyMap<string, string> =>
  new Map([...quietHashes].filter(([key]) => key.startsWith(layer)))

describe('a transform whose process is killed', () => {
  // The seven sessions of a symbol are one batch.
  test.each([
    { at: 'after-batch', count: 1, symbols: 1 },
    { at: 'after-batch', count: 2, symbols: 2 },
    { at: 'in-batch', count: 1, symbols: 0 },
    { at: 'before-end', count: 1, symbols: 3 },
  ])('$at $count keeps whole batches only and ends like an undisturbed one', async ({ at, count, symbols }) => {
    const workspace = copyOf('raw')
    await dieIn(workspace, 'transform', at, count)
    const blocks = rowsOf(workspace, 'curated', 'select symbol, count(*) as n from curated_tws_1m_bars group by symbol')
    expect(blocks.map(({ n }) => n)).toEqual(Array.from({ length: symbols }, () => 7))
    const names = blocks.map(({ symbol }) => symbol)
    for (const table of ['session_quality', 'curated_builds']) {
      expect(rowsOf(workspace, 'curated', `select symbol, count(*) as n from ${table} group by symbol`)).toEqual(blocks)
    }
    const findings = rowsOf(workspace, 'curated', 'select distinct symbol from dq_findings')
    expect(findings.every(({ symbol }) => names.includes(symbol))).toBe(true)

    const { client, job, hashes } = await takenUp(workspace)
    expect(job).toMatchObject({ kind: 'transform', state: 'succeeded', attempts: 2 })
    expect(job.result).toMatchObject({ sessionsBuilt: 21 - 7 * symbols, sessionsUnchanged: 7 * symbols })
    expect(hashes).toEqual(only('curated'))
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      sessionsChecked: 21,
      mismatches: [],
    })
  })
})

describe('a feature build whose process is killed', () => {
  test.each([
    { at: 'after-batch', count: 2, symbols: 2 },
    { at: 'in-batch', count: 1, symbols: 0 },
  ])('$at $count keeps whole batches only and ends like an undisturbed one', async ({ at, count, symbols }) => {
    const workspace = copyOf('raw', 'curated')
    await dieIn(workspace, 'features', at, count)
    const blocks = rowsOf(
      workspace,
      'features',
      'select symbol, count(*) as n from features_price_1m_v1 group by symbol',
    )
    expect(blocks.map(({ n }) => n)).toEqual(Array.from({ length: symbols }, () => 7))
    const { client, job, hashes } = await takenUp(workspace)
    expect(job).toMatchObject({ kind: 'features', state: 'succeeded', attempts: 2 })
    expect(job.result).toMatchObject({ sessionsBuilt: 21 - 7 * symbols, sessionsUnchanged: 7 * symbols })
    expect(hashes).toEqual(quietHashes)
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      featureSessionsChecked: 21,
      mismatches: [],
    })
  })
})

describe('a comparison whose process is killed', () => {
  test('when its run is finished and its end is not stored is there once', async () => {
    const workspace = copyOf('raw', 'curated', 'legacy')
    await dieIn(workspace, 'compare', 'before-end')
    const { client, job } = await takenUp(workspace)
    expect(job).toMatchObject({ state: 'succeeded', attempts: 2, result: { sessions: 21 } })
    const runs = await client.compare.runs()
    expect(runs.map(({ runId }) => runId)).toEqual([job.id])
    const again = await resultOf<'compare'>(client, client.compare.start({}))
    expect(again.counts).toEqual(runs[0].counts)
  })
})

describe('an export whose process is killed', () => {
  test('while it writes leaves nothing that looks like an export, and is written anew', async () => {
    const workspace = copyOf('raw', 'curated', 'features')
    await dieIn(workspace, 'export', 'reading', 10)
    const left = readdirSync(join(workspace, 'exports'))
    expect(left).toEqual([expect.stringMatching(/\.partial$/)])
    expect(existsSync(join(workspace, 'exports', left[0], 'manifest.json'))).toBe(false)

    const { job } = await takenUp(workspace)
    expect(job).toMatchObject({ kind: 'export', state: 'succeeded', attempts: 2 })
    expect(readdirSync(join(workspace, 'exports'))).toEqual([job.id])
    const { manifest, rows } = job.result as JobResult<'export'>
    const bars = rowsOf(workspace, 'curated', 'select sum(count) as bars from curated_tws_1m_bars')[0]['bars']
    expect(rows['curated']).toBe(bars)
    expect(existsSync(manifest)).toBe(true)
  })

  test('when it is complete and its end is not stored is not written twice', async () => {
    const workspace = copyOf('raw', 'curated', 'features')
    await dieIn(workspace, 'export', 'before-end')
    const [folder] = readdirSync(join(workspace, 'exports'))
    const manifest = join(workspace, 'exports', folder, 'manifest.json')
    const written = statSync(manifest).mtimeMs
    const { job } = await takenUp(workspace)
    expect(job).toMatchObject({ id: folder, state: 'succeeded', attempts: 2, result: { manifest } })
    const { files } = job.result as JobResult<'export'>
    const onDisk = readdirSync(join(workspace, 'exports', folder), { recursive: true, withFileTypes: true })
    expect(onDisk.filter((entry) => entry.isFile())).toHaveLength(files + 1)
    expect(statSync(manifest).mtimeMs).toBe(written)
    expect(readdirSync(join(workspace, 'exports'))).toEqual([folder])
  })
})

describe('rebuild --verify', () => {
  const verify = (workspace: string) => runSwitchyard(['rebuild', '--verify', '--json', '--workspace', workspace])

  /** Flips the lowest bit of one byte of a BLOB in the middle of its column. */
  function flip(workspace: string, store: string, table: string, where: string, column: string): void {
    const database = new Sqlite(join(workspace, 'store', `${store}.db`))
    try {
      database.exec('drop trigger if exists raw_tws_bars_no_update')
      const found = database.prepare(`select ${column} as blob from ${table} where ${where}`).all() as {
        blob: Buffer
      }[]
      expect(found).toHaveLength(1)
      const bytes = Buffer.from(found[0].blob)
      // The lowest byte of a double: a difference that no chart would show.
      bytes[8 * Math.floor(bytes.length / 16)] ^= 1
      database.prepare(`update ${table} set ${column} = ? where ${where}`).run(bytes)
    } finally {
      database.close()
    }
  }

  const mismatches = (finished: Finished): unknown[] =>
    (documentOf(finished) as JobResult<'verify'>).mismatches.map(
      ({ layer, symbol, sessionDate }) => `${layer} ${symbol} ${sessionDate}`,
    )

  test('reproduces every hash of an undisturbed workspace', async () => {
    const verified = await verify(copyOf('raw', 'curated', 'features'))
    expect(verified.code).toBe(0)
    expect(documentOf(verified)).toMatchObject({
      sessionsChecked: 21,
      featureSessionsChecked: 21,
      featureSessionsStale: 0,
      mismatches: [],
    })
  })

  test.each(['close', 'volume', 'ts'])(
    'names exactly the session of which one bit of %s was changed in curated.db',
    async (column) => {
      const workspace = copyOf('raw', 'curated', 'features')
      flip(workspace, 'curated', 'curated_tws_1m_bars', "symbol = 'AAPL' and session_date = '2024-06-26'", column)
      const verified = await verify(workspace)
      expect(mismatches(verified)).toEqual(['curated AAPL 2024-06-26'])
      expect(verified.code).toBe(1)
      // Features that look back to the damaged session cannot be judged; those before it and of other symbols are.
      expect(documentOf(verified)).toMatchObject({
        sessionsChecked: 21,
        featureSessionsChecked: 14 + 2,
        featureSessionsStale: 0,
      })
    },
  )

  test.each(['rsi_14', 'volume_z_20'])(
    'names exactly the session of which one bit of %s was changed in features.db',
    async (column) => {
      const workspace = copyOf('raw', 'curated', 'features')
      flip(workspace, 'features', 'features_price_1m_v1', "symbol = 'SPY' and session_date = '2024-07-01'", column)
      const verified = await verify(workspace)
      expect(mismatches(verified)).toEqual(['features SPY 2024-07-01'])
      expect(verified.code).toBe(1)
      expect(documentOf(verified)).toMatchObject({ sessionsChecked: 21, featureSessionsChecked: 21 })
    },
  )

  test.each(['open'])('names exactly the session of which one bit of %s was changed in raw.db', async (column) => {
    const workspace = copyOf('raw', 'curated', 'features')
    const [{ id }] = storedResponses(workspace).filter(({ session }) => session === 'DJCO 2024-06-25')
    flip(workspace, 'raw', 'raw_tws_bars', `id = ${id}`, column)
    const verified = await verify(workspace)
    expect(mismatches(verified)).toEqual(['raw DJCO 2024-06-25'])
    expect(verified.code).toBe(1)
    expect(documentOf(verified)).toMatchObject({ sessionsChecked: 20, featureSessionsChecked: 21 })
  })

  test('does not let a changed hash pass for a changed block', async () => {
    const workspace = copyOf('raw', 'curated', 'features')
    tamper(
      workspace,
      'curated',
      `update curated_tws_1m_bars set content_hash = '${'0'.repeat(64)}' where symbol = 'SPY' and session_date = '${TO}'`,
    )
    const verified = await verify(workspace)
    expect(verified.code).toBe(1)
    expect(mismatches(verified)).toEqual([`curated SPY ${TO}`])
  })

  test('says that a raw response is damaged when a rebuild needs it, and writes nothing', async () => {
    const workspace = copyOf('raw')
    const [{ id }] = storedResponses(workspace).filter(({ session }) => session === 'SPY 2024-06-25')
    flip(workspace, 'raw', 'raw_tws_bars', `id = ${id}`, 'close')
    const failed = await runSwitchyard(['transform', '--symbols', 'SPY', '--json', '--workspace', workspace])
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`Response ${id}`),
      hint: expect.stringContaining('backup'),
    })
    expect(rowsOf(workspace, 'curated', 'select * from curated_tws_1m_bars')).toEqual([])
  })
})
