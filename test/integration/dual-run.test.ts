import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { NoiseFloorRun } from '#shared/contract/comparison.ts'
import type { JobResult } from '#shared/jobs/job-kinds.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { inProcess } from './command-in-process.ts'
import { FROM, market, runMainJob, SESSIONS, SYMBOLS, TO } from './main-job-fixtures.ts'
import { commandOf, isRunning, oldPipelineOf, pidsIn, untilDetail, workspaceOf } from './old-command-fixtures.ts'
import {
  finished,
  newFolder,
  newWorkspace,
  OLD_PIPELINE,
  openEngine,
  openSimulator,
  operatorErrorOf,
  resultOf,
} from './workspace-fixtures.ts'

/** Where the simulator's old pipeline has left its files, for the command to copy. */
const source = newFolder()
let port: number

beforeAll(async () => {
  ;({ port } = await openSimulator({ market }))
  await writeOldPipelineOutput({ market, symbols: SYMBOLS, from: FROM, to: TO, dir: source })
})

const RANGE = { from: FROM, to: TO }

function opened(argv: readonly string[]) {
  const oldPipeline = oldPipelineOf(argv)
  const bars = { ...OLD_PIPELINE.bars, files: '{out}/{symbol}.csv' }
  const workspace = newWorkspace({ symbols: SYMBOLS, port, more: { oldPipeline: { ...oldPipeline, bars } } })
  return { workspace, ...openEngine(workspace) }
}

const kindsAndStates = async (client: EngineClient): Promise<string[]> =>
  (await client.jobs.list()).map(({ kind, state }) => `${kind} ${state}`)

describe('a dual run', () => {
  test('runs both pipelines over the same sessions and compares them', async () => {
    const { client, engine, workspace } = opened(commandOf('copy', '--source', source))
    const job = await finished(client, client.dualRun.start(RANGE))
    expect(job).toMatchObject({ state: 'succeeded' })
    const { parts, runId, counts } = job.result as JobResult<'dual-run'>
    expect(parts.map(({ kind }) => kind)).toEqual([
      'ingest',
      'transform',
      'features',
      'old-run',
      'legacy-import',
      'compare',
    ])
    expect(runId).toBe(`${job.id}-compare`)
    expect(job.progress.title).toBe(parts[5].summary)
    const run = await client.compare.run({ runId })
    expect(run).toMatchObject({ from: FROM, to: TO, symbols: SYMBOLS, oldRuns: null, counts })
    // The parts are ordinary jobs, and what they store is what the same jobs store one by one.
    for (const { jobId, kind } of parts)
      expect(await client.jobs.get({ id: jobId })).toMatchObject({ kind, state: 'succeeded' })
    expect(counts).toEqual((await runMainJob()).compare.counts)
    const { layers } = await client.system.overview()
    expect(layers.find(({ layer }) => layer === 'features')?.blocks).toBeGreaterThanOrEqual(3 * SESSIONS.length - 1)

    // Again, everything that is there is left alone, and the command runs anew.
    await engine.close()
    const { code, stdout } = await inProcess(
      'dual-run',
      '--from',
      FROM,
      '--to',
      TO,
      '--symbols',
      'SPY',
      '--workspace',
      workspace,
      '--json',
    )
    const again = JSON.parse(stdout) as JobResult<'dual-run'>
    expect(code).toBe(3)
    expect(again.parts[0].summary).toContain('Everything was there already')
    expect(readdirSync(join(workspace, 'old-runs')).sort()).toEqual([parts[3].jobId, again.parts[3].jobId].sort())
    const text = await inProcess('dual-run', '--from', FROM, '--workspace', workspace)
    expect(text).toMatchObject({ code: 2 })
    expect(text.stderr).toContain('--to is missing.')
  })

  test('stops at the first part that fails and says which', async () => {
    const { client } = opened(commandOf('fail'))
    const job = await finished(client, client.dualRun.start(RANGE))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'JOB_FAILED' } })
    expect(job.error?.message).toBe(
      `Stopped at "Run old pipeline" (job ${job.id}-old-run): The old pipeline failed with exit code 7: no connection to the broker`,
    )
    expect(await kindsAndStates(client)).toEqual([
      'old-run failed',
      'features succeeded',
      'transform succeeded',
      'ingest succeeded',
      'dual-run failed',
    ])
    expect(await client.compare.runs()).toEqual([])
  })

  test('that is cancelled cancels the part that runs', async () => {
    const { client } = opened(commandOf('stubborn'))
    const started = await client.dualRun.start({ from: FROM, to: FROM })
    const pids = pidsIn((await untilDetail(client, started.id, 'ready')).replace(/^.*ready/, ''))
    expect(pids.map(isRunning)).toEqual([true, true])
    await client.jobs.cancel({ id: started.id })
    const job = await finished(client, Promise.resolve(started))
    expect(job).toMatchObject({ state: 'cancelled' })
    expect((await kindsAndStates(client)).slice(0, 1)).toEqual(['old-run cancelled'])
    expect(pids.map(isRunning)).toEqual([false, false])
  })

  test('whose engine stops in between goes on with the part that ran', async () => {
    const folder = newFolder()
    const { client, engine, workspace } = opened(
      commandOf('hang-at-first', '--counter', join(folder, 'n'), '--source', folder),
    )
    const started = await client.dualRun.start({ from: FROM, to: FROM })
    await untilDetail(client, started.id, 'ready')
    await engine.close()
    const again = openEngine(workspace)
    const job = await finished(again.client, again.client.jobs.get({ id: started.id }))
    expect(job).toMatchObject({ state: 'succeeded', runs: 2 })
    const all = await again.client.jobs.list()
    expect(all).toHaveLength(7)
    expect(all.filter(({ runs }) => runs === 2).map(({ kind }) => kind)).toEqual(['old-run', 'dual-run'])
  })

  test('refuses sessions that the new pipeline cannot fetch before anything runs', async () => {
    const { client } = opened(commandOf('bars'))
    const holiday = client.dualRun.start({ from: '2024-07-04', to: '2024-07-04' })
    expect(await operatorErrorOf(holiday)).toMatchObject({ code: 'NO_SESSIONS' })
    expect(await client.jobs.list()).toEqual([])
  })
})

describe('the noise floor', () => {
  const WINDOW = { from: '2024-06-24', to: '2024-06-26' }
  /** Three sessions of two symbols. */
  const MINUTES = 3 * 390 * 2

  function noisy(shift: string) {
    const folder = newFolder()
    const workspace = workspaceOf(commandOf('bars', '--counter', join(folder, 'counter'), '--shift', shift))
    return { workspace, ...openEngine(workspace) }
  }

  test('of a pipeline that repeats itself is zero', async () => {
    const { client, engine, workspace } = noisy('0')
    const job = await finished(client, client.compare.noiseFloor(WINDOW))
    expect(job).toMatchObject({ state: 'succeeded', hasFindings: false })
    const { fields, oldRuns, onlyFirst, onlySecond, rows, rejected } = job.result as JobResult<'noise-floor'>
    expect(Object.keys(fields)).toEqual(['open', 'high', 'low', 'close', 'volume'])
    for (const field of Object.values(fields))
      expect(field).toEqual({ minutes: MINUTES, unequal: 0, unequalShare: 0, p99: 0, max: 0 })
    expect({ onlyFirst, onlySecond, rows, rejected }).toEqual({
      onlyFirst: 0,
      onlySecond: 0,
      rows: [MINUTES, MINUTES],
      rejected: [0, 0],
    })
    expect(oldRuns).toEqual([`${job.id}-first`, `${job.id}-second`])
    // Nothing of it is in the operator's own store, and no import reads it.
    expect(engine.stores.legacy.symbols()).toEqual([])
    expect(readdirSync(join(workspace, 'old-runs', oldRuns[0]))).toContain('legacy.db')
    expect((await finished(client, client.legacy.import({}))).error?.message).toContain('No run of the old pipeline')
  })

  test('of one that does not is how far it is off, and is never taken for old against new', async () => {
    const { client, engine, workspace } = noisy('0.05')
    const { fields, runId } = await resultOf<'noise-floor'>(client, client.compare.noiseFloor(WINDOW))
    // Every tenth close is five cents off the second time: more than one in a hundred, so that the p99 is five cents.
    const { close, ...others } = fields
    expect(close).toMatchObject({ minutes: MINUTES, unequal: MINUTES / 10, unequalShare: 0.1 })
    expect(close.max).toBeCloseTo(0.05, 12)
    expect(close.p99).toBeCloseTo(0.05, 3)
    for (const field of Object.values(others)) expect(field).toMatchObject({ unequal: 0, max: 0 })

    const report = await client.compare.report({ runId })
    expect(report.oldRuns).toEqual((await client.compare.noiseFloors())[0].oldRuns)
    expect(report.inputs.oldHash).not.toBe(report.inputs.newHash)
    expect((await client.compare.reportHtml({ runId })).html).toContain('scripts against itself')
    expect(await client.compare.runs()).toEqual([])
    expect(await client.compare.trend({})).toEqual([])
    const { layers } = await client.system.overview()
    expect(layers.find(({ layer }) => layer === 'comparisons')).toMatchObject({ blocks: 0, rows: 0 })
    expect(await operatorErrorOf(client.compare.markReference({ runId }))).toMatchObject({ code: 'BAD_ARGUMENTS' })
    expect(await operatorErrorOf(client.compare.drift({ runId }))).toMatchObject({ code: 'BAD_ARGUMENTS' })
    const { after } = await client.compare.whatIf({ runId, tolerances: { close: { abs: 0.06 } } })
    expect(after).toMatchObject({ different: 0, withinTolerance: MINUTES / 10 })
    const exported = await finished(client, client.export.start({ layers: ['comparison'] }))
    expect(exported.error?.code).toBe('NOTHING_TO_DO')
    const chosen = await resultOf<'export'>(client, client.export.start({ layers: ['comparison'], runId }))
    expect(readFileSync(chosen.manifest, 'utf8')).toContain('old is the first of these runs, new the second')

    await engine.close()
    const { code, stdout } = await inProcess('compare', 'noise-floor', '--workspace', workspace, '--json')
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as NoiseFloorRun).fields['close']).toEqual(close)
    const { stdout: text } = await inProcess('compare', 'noise-floor', '--workspace', workspace)
    expect(text).toMatch(/close +2340 +234 +10 +0\.0/)
    const measured = await inProcess(
      'compare',
      'noise-floor',
      '--from',
      '2024-06-24',
      '--to',
      '2024-06-24',
      '--workspace',
      workspace,
    )
    expect(measured.code).toBe(3)
    expect(measured.stdout).toContain('Run twice, the old pipeline gave other values for close.')
    expect((await inProcess('compare', 'runs', '--workspace', workspace)).stdout).toBe(
      'There are no comparison runs.\n',
    )
  })

  test('needs a command that writes to a folder of its own', async () => {
    const command = { argv: commandOf('bars') }
    const workspace = newWorkspace({
      symbols: ['SPY'],
      more: { oldPipeline: { name: 'x', bars: { files: 'old/{symbol}.csv' }, command } },
    })
    const { client } = openEngine(workspace)
    const refused = await operatorErrorOf(client.compare.noiseFloor(WINDOW))
    expect(refused).toMatchObject({ code: 'BAD_ARGUMENTS' })
    expect(refused.message).toContain('no description says {out}')
    // Comparing two runs of somebody's choice is not for clients to ask.
    const smuggled = { oldRuns: ['a', 'b'] } as object
    const compared = await finished(client, client.compare.start(smuggled))
    expect(compared.error?.message).toContain('Neither the old nor the new pipeline')
  })

  test('says so when a run leaves nothing', async () => {
    const { client } = openEngine(workspaceOf(commandOf('tell')))
    const job = await finished(client, client.compare.noiseFloor(WINDOW))
    expect(job).toMatchObject({ state: 'failed', error: { code: 'LEGACY_FILE' } })
    expect(job.error?.message).toContain(`old-runs/${job.id}-first/out`)
  })
})
