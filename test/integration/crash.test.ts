import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '#shared/jobs/job.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { type Market, type Simulator, startSimulator } from '#main/simulator/simulator.ts'
import { barRequests, missingMinutes } from './expected-requests.ts'
import {
  buildAll,
  market,
  RANGE,
  type QuietRun,
  quietRun,
  rowsOf,
  SESSIONS,
  storedResponses,
  SYMBOLS,
  workspaceFor,
} from './quiet-run.ts'
import { documentOf, runSwitchyard, SwitchyardProcess } from './switchyard-process.ts'
import { finished, hashesOf, openEngine, resultOf } from './workspace-fixtures.ts'

const DYING_ENGINE = fileURLToPath(new URL('dying-engine.ts', import.meta.url))

let quiet: QuietRun

beforeAll(async () => {
  quiet = await quietRun()
})

/** Sessions in which some minutes have no bar, as `SYMBOL YYYY-MM-DD`; their answers are believed when two agree. */
async function shortSessions(): Promise<ReadonlySet<string>> {
  const all = SYMBOLS.flatMap((symbol) => SESSIONS.map((date) => ({ symbol, date })))
  const missing = await Promise.all(all.map(({ symbol, date }) => missingMinutes(market, symbol, date)))
  return new Set(all.filter((_session, i) => missing[i] > 0).map(({ symbol, date }) => `${symbol} ${date}`))
}

/** Every session in the order of its name, those that are short twice. */
function onceOrTwice(sessions: Iterable<string>, short: ReadonlySet<string>): string[] {
  return [...sessions].flatMap((session) => (short.has(session) ? [session, session] : [session])).sort()
}

test('an undisturbed run stores one response for each session, and two where some minutes have no bar', async () => {
  expect(quiet.responses.size).toBe(SYMBOLS.length * SESSIONS.length)
  const short = await shortSessions()
  expect(short.size).toBe(8)
  expect(quiet.answers.toSorted()).toEqual(onceOrTwice(quiet.responses.keys(), short))
})

/** Sessions that were asked for, in order, as `SYMBOL YYYY-MM-DD`. */
function askedFor(simulator: Simulator, from = 0): string[] {
  return barRequests(simulator, from).map((request) => {
    const [symbol, , , day] = request.split(' ')
    return `${symbol} ${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`
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
      const settled = settledSessions(workspace)
      const known = simulator.requests.length
      const again = await runSwitchyard(['ingest', ...RANGE, '--workspace', workspace, '--json'])
      expect(again).toMatchObject({ code: 0 })
      // The interrupted job is taken up again and does the work; the new one finds everything there.
      expect(documentOf(again)).toMatchObject({ requests: 0, sessionsAlreadyStored: 21, failed: [], withoutData: [] })

      const after = storedResponses(workspace)
      expect(after.slice(0, before.length)).toEqual(before)
      expect(new Map(after.map(({ session, checksum }) => [session, checksum]))).toEqual(quiet.responses)
      // What was settled is not asked for again. An answer that waited to be confirmed is: twice, since both must agree.
      const open = [...quiet.responses.keys()].filter((session) => !settled.has(session))
      const asked = askedFor(simulator, known)
      expect(asked.slice().sort()).toEqual(onceOrTwice(open, await shortSessions()))
      expect(after).toHaveLength(before.length + asked.length)
      expect(settledSessions(workspace).size).toBe(21)

      const { engine, client } = openEngine(workspace)
      const [second, first] = await client.jobs.list()
      expect([first, second].map(({ kind, state, attempts }) => ({ kind, state, attempts }))).toEqual([
        { kind: 'ingest', state: 'succeeded', attempts: 2 },
        { kind: 'ingest', state: 'succeeded', attempts: 1 },
      ])
      await buildAll(client)
      expect(hashesOf(engine)).toEqual(quiet.hashes)
      await engine.close()
      // What was on its way when the process died is on record as abandoned, not as open for ever.
      const outcomes = rowsOf(
        workspace,
        'raw',
        "select outcome, count(*) as n from tws_requests where bar_size = '1 min' group by outcome",
      )
      expect(outcomes.map(({ outcome }) => String(outcome)).sort()).toEqual(['abandoned', 'complete'])
      expect(outcomes.find(({ outcome }) => outcome === 'complete')?.n).toBe(after.length)
      await simulator.stop()
    },
  )
})

/** Sessions that need not be asked for again, as `SYMBOL YYYY-MM-DD`. */
function settledSessions(workspace: string): ReadonlySet<string> {
  const rows = rowsOf(
    workspace,
    'raw',
    `select distinct i.symbol || ' ' || s.session_date as session
     from tws_request_sessions s join instruments i on i.id = s.instrument_id where s.settled = 1`,
  )
  return new Set(rows.map(({ session }) => String(session)))
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

const only = (layer: string): ReadonlyMap<string, string> =>
  new Map([...quiet.hashes].filter(([key]) => key.startsWith(layer)))

describe('a transform whose process is killed', () => {
  // The seven sessions of a symbol are one batch.
  test.each([
    { at: 'after-batch', count: 1, symbols: 1 },
    { at: 'after-batch', count: 2, symbols: 2 },
    { at: 'in-batch', count: 1, symbols: 0 },
    { at: 'before-end', count: 1, symbols: 3 },
  ])('$at $count keeps whole batches only and ends like an undisturbed one', async ({ at, count, symbols }) => {
    const workspace = quiet.copyOf('raw')
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
    const workspace = quiet.copyOf('raw', 'curated')
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
    expect(hashes).toEqual(quiet.hashes)
    expect(await resultOf<'verify'>(client, client.transform.verify({}))).toMatchObject({
      featureSessionsChecked: 21,
      mismatches: [],
    })
  })
})

describe('a comparison whose process is killed', () => {
  test('when its run is finished and its end is not stored is there once', async () => {
    const workspace = quiet.copyOf('raw', 'curated', 'legacy')
    await dieIn(workspace, 'compare', 'before-end')
    const { client, job } = await takenUp(workspace)
    expect(job).toMatchObject({ state: 'succeeded', attempts: 2, result: { sessions: 21 } })
    const runs = await client.compare.runs()
    expect(runs.map(({ runId }) => runId)).toEqual([job.id])
    const again = await resultOf<'compare'>(client, client.compare.start({}))
    expect(again.counts).toEqual(runs[0].counts)
  })
})

describe('a comparison whose process is killed between two symbols', () => {
  const begunAtMs = (workspace: string): unknown =>
    rowsOf(workspace, 'comparisons', 'select created_at_ms from comparison_runs')[0]['created_at_ms']

  test('goes on with the next one and ends like an undisturbed one', async () => {
    const workspace = quiet.copyOf('raw', 'curated', 'legacy')
    await dieIn(workspace, 'compare', 'after-symbol')
    const done = rowsOf(workspace, 'comparisons', 'select symbol from comparison_symbols').length
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(3)
    const begun = begunAtMs(workspace)
    const { client, job } = await takenUp(workspace)
    expect(job).toMatchObject({ state: 'succeeded', attempts: 2 })
    expect(begunAtMs(workspace)).toBe(begun)
    const again = await resultOf<'compare'>(client, client.compare.start({}))
    expect({ ...(job.result as JobResult<'compare'>), runId: '' }).toEqual({ ...again, runId: '' })
    const [first, second] = await Promise.all([job.id, again.runId].map((runId) => client.compare.causes({ runId })))
    expect({ ...first, runId: '' }).toEqual({ ...second, runId: '' })
  })

  test('compares a symbol anew whose old bars have changed since', async () => {
    const workspace = quiet.copyOf('raw', 'curated', 'legacy')
    await dieIn(workspace, 'compare', 'after-symbol')
    const database = new Sqlite(join(workspace, 'store', 'legacy.db'))
    database.exec("update legacy_bars set content_hash = 'of other bars'")
    database.close()
    const { job } = await takenUp(workspace)
    expect(job).toMatchObject({ state: 'succeeded', attempts: 2 })
    const hashes = rowsOf(
      workspace,
      'comparisons',
      'select distinct old_hash from comparison_sessions where old_hash is not null',
    )
    expect(hashes).toEqual([{ old_hash: 'of other bars' }])
  })
})

describe('an export whose process is killed', () => {
  test('while it writes leaves nothing that looks like an export, and is written anew', async () => {
    const workspace = quiet.copyOf('raw', 'curated', 'features')
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
    const workspace = quiet.copyOf('raw', 'curated', 'features')
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
