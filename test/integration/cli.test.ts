import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '#shared/jobs/job.ts'
import { main } from '#main/cli/main.ts'
import { writeOldPipelineOutput } from '#main/simulator/old-pipeline.ts'
import { type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { inProcess } from './command-in-process.ts'
import { XNYS } from './simulator-fixtures.ts'
import { documentOf, errorOf, type Finished, runSwitchyard } from './switchyard-process.ts'
import { newFolder, newWorkspace, OLD_PIPELINE, openEngine, openSimulator } from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 3,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL', 'DJCO'],
  from: '2024-06-24',
  to: '2024-07-05',
})
const RANGE = ['--from', '2024-06-24', '--to', '2024-06-28']

/** Commands that end by themselves, with arguments under which they reach the workspace. */
const COMMANDS: readonly (readonly string[])[] = [
  ['ingest', ...RANGE],
  ['transform'],
  ['rebuild'],
  ['rebuild', '--verify'],
  ['features', 'build'],
  ['legacy', 'import'],
  ['legacy', 'files'],
  ['legacy', 'rejected'],
  ['compare'],
  ['compare', 'runs'],
  ['compare', 'trend'],
  ['compare', 'report', 'r'],
  ['export'],
  ['status'],
  ['findings'],
  ['jobs'],
  ['sql', 'select 1'],
  ['serve'],
]
const NAMES = [
  'init',
  'simulate',
  'simulate control',
  'ingest',
  'transform',
  'rebuild',
  'features build',
  'legacy import',
  'legacy sniff',
  'legacy files',
  'legacy preview',
  'legacy rejected',
  'legacy remove',
  'compare',
  'compare runs',
  'compare report',
  'compare trend',
  'compare reference',
  'compare drift',
  'export',
  'status',
  'findings',
  'jobs',
  'calendar',
  'sql',
  'serve',
  'start',
  'demo',
]

describe.concurrent('--help', () => {
  test.each(NAMES)('of %s explains it on standard output and does nothing', async (name) => {
    const cwd = newFolder()
    const help = await runSwitchyard([...name.split(' '), '--help'], { cwd })
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout.startsWith(`switchyard ${name}`)).toBe(true)
    for (const option of ['--workspace', '--json', '--help']) expect(help.stdout).toContain(option)
    expect(readdirSync(cwd)).toEqual([])
  })

  test('without a command lists them all', async () => {
    const help = await runSwitchyard(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const name of NAMES) expect(help.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect((await inProcess()).code).toBe(2)
  })
})

describe('arguments that make no sense', () => {
  const workspace = newWorkspace({ symbols: ['SPY'] })
  const bad: readonly (readonly [string[], RegExp])[] = [
    [['fetch'], /fetch/],
    [['features'], /features/],
    [[], /command/],
    [['--colour'], /colour/],
    [['status', '--colour'], /colour/],
    [['status', 'please'], /please/],
    [['ingest', '--from', '2024-07-01'], /--to/],
    [['ingest', '--to', '2024-07-01'], /--from/],
    [['ingest', '--from', '2024-02-30', '--to', '2024-03-01'], /2024-02-30/],
    [['ingest', '--from', '20240701', '--to', '2024-07-02'], /20240701/],
    [['ingest', '--from', '2024-07-02', '--to', '2024-07-01'], /before it begins/],
    [['ingest', ...RANGE, '--port', '0'], /--port/],
    [['ingest', ...RANGE, '--port', '70000'], /--port/],
    [['ingest', ...RANGE, '--port', '74 97'], /--port/],
    [['transform', '--symbols', 'SPY,'], /--symbols/],
    [['transform', '--symbols', ''], /--symbols/],
    [['transform', '--from', 'yesterday'], /yesterday/],
    [['export', '--layers', 'raw'], /raw/],
    [['export', '--formats', 'xlsx'], /xlsx/],
    [['findings', '--limit', '0'], /--limit/],
    [['jobs', 'stop', 'x'], /jobs stop x/],
    [['jobs', 'list', 'x'], /jobs list x/],
    [['jobs', 'pause'], /jobs pause/],
    [['jobs', 'resume', 'x', 'y'], /jobs resume x y/],
    [['sql'], /query/],
    [['sql', 'select 1', 'select 2'], /query/],
    [['serve', '--port', 'x'], /--port/],
    [['simulate', '--seed', 'x'], /--seed/],
    [['init', '--port', '-1'], /port/],
  ]

  test.each(bad)('%j is exit code 2 with an error that names them', async (args, words) => {
    const json = await inProcess(...args, '--workspace', workspace, '--json')
    expect(json.code).toBe(2)
    const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string; hint?: string } }
    expect(error.code).toBe('BAD_ARGUMENTS')
    expect(error.message).toMatch(words)
    const text = await inProcess(...args, '--workspace', workspace)
    expect(text).toMatchObject({ code: 2, stdout: '' })
    expect(text.stderr).toMatch(words)
  })

  test('are the same from a real command line', async () => {
    const failed = await runSwitchyard(['status', '--colour', '--json'])
    expect(failed.code).toBe(2)
    expect(errorOf(failed)).toMatchObject({ code: 'BAD_ARGUMENTS', hint: expect.stringContaining('status --help') })
    expect(failed.stderr).toContain('--colour')
  })
})

describe('without a workspace', () => {
  test.each(COMMANDS.map((args) => [args.join(' '), args] as const))(
    '%s says so in one document and exits with 1',
    async (_line, args) => {
      const folder = newFolder()
      const failed = await inProcess(...args, '--json', '--workspace', folder)
      expect(failed.code).toBe(1)
      const { error } = JSON.parse(failed.stdout) as { error: { code: string; message: string; hint: string } }
      expect(error.code).toBe('WORKSPACE_NOT_FOUND')
      expect(failed.stderr).toBe(`${error.message}\n${error.hint}\n`)
      expect(readdirSync(folder)).toEqual([])
    },
  )

  test('a real command line does the same', async () => {
    const failed = await runSwitchyard(['ingest', ...RANGE, '--json', '--workspace', newFolder()])
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({ code: 'WORKSPACE_NOT_FOUND', hint: expect.stringContaining('init') })
    expect(failed.stderr).toContain(errorOf(failed).message)
  })
})

test('a command whose job waits for a paused one says so, and what to do', async () => {
  const workspace = newWorkspace({ symbols: ['SPY'] })
  const { engine } = openEngine(workspace)
  const { ops } = engine.stores
  const progress = { kind: 'working', fraction: 0, title: 'Fetching bars' } as const
  ops.enqueue('the-paused-one', 'ingest', { from: '2024-06-24', to: '2024-06-28' }, 0)
  ops.begin('the-paused-one', progress, 0)
  ops.setControl('the-paused-one', 'pause', progress)
  await engine.close()

  const ctrlC = new AbortController()
  let stderr = ''
  const code = await main(['ingest', ...RANGE, '--workspace', workspace], {
    stdout: () => undefined,
    stderr: (text) => {
      stderr += text
      if (stderr.includes('Ctrl-C')) ctrlC.abort()
    },
    isInteractive: false,
    env: {},
    signal: ctrlC.signal,
  })
  expect(code).toBe(1)
  expect(stderr).toMatch(/waits for job the-paused-one, which is paused\.\n.*jobs resume the-paused-one/)
  expect(stderr).toContain('Cancelled before it began.')
})

describe('the main job by commands', () => {
  let simulator: Simulator
  let folder: string
  let made: Finished
  const run = (...args: string[]): Promise<Finished> =>
    runSwitchyard([...args, '--json'], { cwd: newFolder(), env: { SWITCHYARD_WORKSPACE: folder } })

  beforeAll(async () => {
    simulator = await openSimulator({ market })
    folder = join(newFolder(), 'desk')
    made = await runSwitchyard([
      'init',
      '--json',
      '--workspace',
      folder,
      '--symbols',
      'SPY,AAPL,DJCO',
      '--port',
      String(simulator.port),
      '--name',
      'desk: "A"',
    ])
    await writeOldPipelineOutput({
      market,
      symbols: ['SPY', 'AAPL', 'DJCO'],
      from: '2024-06-24',
      to: '2024-06-28',
      dir: join(folder, 'old'),
    })
  })

  test('init makes a workspace and says where', () => {
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(documentOf(made)).toEqual({ workspace: folder, config: join(folder, 'switchyard.yaml') })
  })

  test('init refuses what is a workspace already and leaves it alone', async () => {
    const before = readFileSync(join(folder, 'switchyard.yaml'), 'utf8')
    const again = await run('init', '--workspace', folder)
    expect(again.code).toBe(1)
    expect(errorOf(again).code).toBe('WORKSPACE_EXISTS')
    expect(readFileSync(join(folder, 'switchyard.yaml'), 'utf8')).toBe(before)
  })

  test('each command prints one document, exits with 0 or, with something to look at, 3, and keeps quiet otherwise', async () => {
    const [from, to] = ['2024-06-24', '2024-06-29'].map((date) => Date.parse(date) / 1000)
    const all = await Promise.all(['SPY', 'AAPL', 'DJCO'].map((symbol) => market.minuteBars(symbol, from, to, true)))
    const bars = all.reduce((sum, { ts }) => sum + ts.length, 0)
    const config = join(folder, 'switchyard.yaml')
    writeFileSync(config, `${readFileSync(config, 'utf8')}\noldPipeline: ${JSON.stringify(OLD_PIPELINE)}\n`)
    // DJCO trades a few hundred times a day: too few minutes have a bar, and the old files have the others filled in.
    const steps: readonly (readonly [number, string[], unknown])[] = [
      // DJCO came short on each of the five days, so its one request is made twice.
      [0, ['ingest', ...RANGE], { requests: 4, retries: 1, bars, sessionsFetched: 15, failed: [], withoutData: [] }],
      [0, ['ingest', ...RANGE, '--symbols', 'SPY'], { requests: 0, sessionsAlreadyStored: 5 }],
      [3, ['transform'], { sessionsBuilt: 15, findings: { low_coverage: 5 } }],
      [0, ['features', 'build'], { featureSet: 'features_price_1m_v1', columns: 23, sessionsBuilt: 15 }],
      [0, ['legacy', 'import'], { files: 3, rejected: 0, sessions: 15 }],
      [3, ['compare'], { sessions: 15, counts: { common: bars, newOnly: 0 } }],
      [
        0,
        ['export', '--layers', 'curated', '--formats', 'csv', '--symbols', 'AAPL'],
        { files: 1, rows: { curated: 1950 } },
      ],
      [
        0,
        ['rebuild', '--symbols', 'SPY', '--from', '2024-06-25', '--to', '2024-06-26'],
        { sessionsBuilt: 2, bars: 780 },
      ],
      [0, ['rebuild', '--verify'], { sessionsChecked: 15, featureSessionsChecked: 15, mismatches: [] }],
      [0, ['status'], { workspace: { name: 'desk: "A"', folder } }],
      [0, ['findings', '--rule', 'duplicate'], []],
    ]
    for (const [code, args, expected] of steps) {
      const done = await run(...args)
      expect(done, `${args.join(' ')}: ${done.stderr}`).toMatchObject({ code, stderr: '' })
      if (Array.isArray(expected)) expect(documentOf(done)).toEqual(expected)
      else expect(documentOf(done)).toMatchObject(expected as object)
    }
    const jobs = documentOf(await run('jobs')) as Job[]
    expect(jobs.map(({ kind, state }) => `${kind} ${state}`)).toEqual(
      ['verify', 'rebuild', 'export', 'compare', 'legacy-import', 'features', 'transform', 'ingest', 'ingest'].map(
        (kind) => `${kind} succeeded`,
      ),
    )
  })

  test('jobs lists them, and refuses to steer one that has ended or that is not there', async () => {
    const list = documentOf(await run('jobs', 'list')) as Job[]
    expect(list).toEqual(documentOf(await run('jobs')))
    const [{ id }] = list
    for (const verb of ['pause', 'resume', 'drain']) {
      const ended = await run('jobs', verb, id)
      expect(ended.code).toBe(2)
      expect(errorOf(ended)).toMatchObject({ code: 'BAD_ARGUMENTS', message: expect.stringContaining(id) })
      const missing = await run('jobs', verb, 'nothing')
      expect(missing.code).toBe(1)
      expect(errorOf(missing).code).toBe('NOT_FOUND')
    }
    const cancelled = await run('jobs', 'cancel', id)
    expect(cancelled.code).toBe(0)
    expect(documentOf(cancelled)).toEqual(list[0])
  })

  test('sql prints an array of rows, bar by bar, and changes nothing', async () => {
    const rows = await run(
      'sql',
      "select symbol, session_date, ts, close from curated_tws_1m_bars_rows where symbol = 'SPY' order by ts limit 2",
    )
    const first = await market.minuteBars(
      'SPY',
      Date.parse('2024-06-24T13:30:00Z') / 1000,
      Date.parse('2024-06-24T13:32:00Z') / 1000,
      true,
    )
    expect(documentOf(rows)).toEqual(
      [0, 1].map((i) => ({ symbol: 'SPY', session_date: '2024-06-24', ts: first.ts[i], close: first.close[i] })),
    )
    expect(rows.code).toBe(0)
    for (const view of ['raw_tws_bars_rows', 'legacy_bars_rows', 'features_price_1m_v1_rows']) {
      const [row] = documentOf(
        await run('sql', `select symbol, ts, session_date from ${view} where symbol = 'AAPL' order by ts limit 1`),
      ) as unknown[]
      expect(row, view).toEqual({ symbol: 'AAPL', ts: first.ts[0], session_date: '2024-06-24' })
    }
    for (const text of [
      'delete from jobs',
      'selec 1',
      'select * from nowhere',
      'pragma query_only = off',
      "attach 'x.db' as x",
    ]) {
      const failed = await inProcess('sql', text, '--json', '--workspace', folder)
      expect(failed.code, text).toBe(1)
      expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'SQL_ERROR' } })
    }
  })

  test('without --json prints words for people and no JSON', async () => {
    const status = await runSwitchyard(['status', '--workspace', folder])
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toMatch(/curated_tws_1m_bars +[45]\d{3} rows/)
    const ingest = await runSwitchyard(['ingest', ...RANGE, '--workspace', folder])
    expect(ingest).toMatchObject({ code: 0, stdout: 'Everything was there already: 15 sessions.\n', stderr: '' })
  })
})
