import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Job } from '#shared/jobs/job.ts'
import { type Market, type Simulator, syntheticMarket } from '#main/simulator/simulator.ts'
import { startedClient, XNYS } from './simulator-fixtures.ts'
import { documentOf, errorOf, type Finished, runSwitchyard, SwitchyardProcess } from './switchyard-process.ts'
import { newFolder, newWorkspace, openEngine, openSimulator } from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 3,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL', 'DJCO'],
  from: '2024-06-24',
  to: '2024-07-05',
})
const RANGE = ['--from', '2024-06-24', '--to', '2024-06-28']

describe('simulate', () => {
  test('prints its port in one line, serves clients, and ends by SIGTERM with 0', async () => {
    const child = new SwitchyardProcess([
      'simulate',
      '--json',
      '--symbols',
      'SPY',
      '--from',
      '2024-06-24',
      '--to',
      '2024-06-28',
      '--seed',
      '3',
    ])
    const line = await child.line()
    const { port } = JSON.parse(line) as { port: number }
    expect(line).toBe(`{"port":${port}}`)
    const client = await startedClient(port, 'v100..193')
    client.socket.destroy()
    // The configured port is another one, on which nothing listens.
    const ingest = await runSwitchyard([
      'ingest',
      ...RANGE,
      '--json',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--workspace',
      newWorkspace({ symbols: ['SPY'] }),
    ])
    expect(documentOf(ingest)).toMatchObject({ sessionsFetched: 5, bars: expect.any(Number), failed: [] })
    child.kill('SIGTERM')
    const ended = await child.exited
    expect(ended).toMatchObject({ code: 0, stdout: `${line}\n` })
    expect(ended.stderr).toContain('started')
  })

  test('on a folder without bars, or a port that is taken, says so', async () => {
    const empty = await runSwitchyard(['simulate', '--json', '--bars', newFolder()])
    expect(empty.code).toBe(1)
    expect(errorOf(empty).code).toBe('BARS_FILE')
    const simulator = await openSimulator({ market })
    const taken = await runSwitchyard([
      'simulate',
      '--json',
      '--symbols',
      'SPY',
      '--from',
      '2024-06-24',
      '--to',
      '2024-06-28',
      '--port',
      String(simulator.port),
    ])
    expect(taken.code).toBe(1)
    expect(errorOf(taken)).toMatchObject({ code: 'IO_ERROR', hint: expect.stringContaining('another port') })
  })
})

/** A simulator that holds back the answer to the n-th request for bars and tells when it was asked for. */
async function holdingSimulator(
  nth: number,
): Promise<{ simulator: Simulator; asked: Promise<void>; release: () => void }> {
  const asked = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  let calls = 0
  const holding: Market = {
    ...market,
    minuteBars: async (...args) => {
      if (++calls === nth) {
        asked.resolve()
        await gate.promise
      }
      return market.minuteBars(...args)
    },
  }
  return { simulator: await openSimulator({ market: holding }), asked: asked.promise, release: gate.resolve }
}

describe('Ctrl-C during ingest', () => {
  test('cancels the job, takes the request back, keeps what came, and the next run goes on', async () => {
    const { simulator, asked, release } = await holdingSimulator(3)
    const workspace = newWorkspace({
      symbols: ['SPY'],
      port: simulator.port,
      tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 1 },
    })
    const child = new SwitchyardProcess(['ingest', ...RANGE, '--json', '--workspace', workspace])
    await asked
    child.kill('SIGINT')
    const ended = await child.exited
    expect(ended.code).toBe(1)
    expect(errorOf(ended)).toMatchObject({ code: 'CANCELLED' })
    release()
    const [job] = documentOf(await runSwitchyard(['jobs', '--json', '--workspace', workspace])) as Job[]
    expect(job).toMatchObject({ kind: 'ingest', state: 'cancelled', error: { code: 'CANCELLED' } })
    const outcomes = await runSwitchyard([
      'sql',
      '--json',
      '--workspace',
      workspace,
      'select outcome, count(*) as n from tws_requests group by outcome order by outcome',
    ])
    expect(documentOf(outcomes)).toEqual([
      { outcome: 'cancelled', n: 1 },
      { outcome: 'complete', n: 2 },
    ])
    expect(simulator.requests.filter(({ message }) => message === 'cancelHistoricalData')).toHaveLength(1)
    const next = await runSwitchyard(['ingest', ...RANGE, '--json', '--workspace', workspace])
    expect(documentOf(next)).toMatchObject({ requests: 3, sessionsAlreadyStored: 2, sessionsFetched: 3 })
  })
})

describe('a workspace that is being served', () => {
  /** Starts `serve` and returns it with its port and a way to call its HTTP API. */
  async function served(
    workspace: string,
  ): Promise<{ server: SwitchyardProcess; call: (path: string) => Promise<unknown> }> {
    const server = new SwitchyardProcess(['serve', '--json', '--workspace', workspace])
    const { port, url } = JSON.parse(await server.line()) as { port: number; url: string }
    const { port: noted, token } = JSON.parse(readFileSync(join(workspace, 'engine.json'), 'utf8')) as {
      port: number
      token: string
    }
    expect(noted).toBe(port)
    expect(url).toBe(`http://127.0.0.1:${port}/?token=${token}`)
    const call = async (path: string): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(answer.status).toBe(200)
      return answer.json()
    }
    return { server, call }
  }

  test('is worked on through the running server, with the same documents, exit codes and cancelling', async () => {
    const { simulator, asked, release } = await holdingSimulator(7)
    const workspace = newWorkspace({
      symbols: ['SPY', 'AAPL'],
      port: simulator.port,
      tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 1, verify: { dailyBars: false } },
    })
    const { server, call } = await served(workspace)

    const ingest = await runSwitchyard(['ingest', ...RANGE, '--symbols', 'SPY', '--json', '--workspace', workspace])
    expect(ingest).toMatchObject({ code: 0, stderr: '' })
    const result = documentOf(ingest) as { job: string }
    expect(result).toMatchObject({ requests: 5, bars: 1950, sessionsFetched: 5 })
    expect(await call(`/jobs/${result.job}`)).toMatchObject({ state: 'succeeded', result: { bars: 1950 } })
    expect(await call('/connection')).toMatchObject({ state: 'ready', port: simulator.port })
    const unknown = await runSwitchyard(['transform', '--symbols', 'TSLA', '--json', '--workspace', workspace])
    expect(unknown.code).toBe(1)
    expect(errorOf(unknown)).toMatchObject({ code: 'UNKNOWN_SYMBOL', hint: expect.stringContaining('SPY, AAPL') })
    const reversed = await runSwitchyard([
      'transform',
      '--from',
      '2024-07-02',
      '--to',
      '2024-07-01',
      '--json',
      '--workspace',
      workspace,
    ])
    expect(reversed.code).toBe(2)

    // Ctrl-C cancels the job in the server; the server goes on.
    const child = new SwitchyardProcess(['ingest', ...RANGE, '--json', '--workspace', workspace])
    await asked
    child.kill('SIGINT')
    const ended = await child.exited
    release()
    expect(ended.code).toBe(1)
    expect(errorOf(ended).code).toBe('CANCELLED')
    const [newest] = (await call('/jobs')) as Job[]
    expect(newest).toMatchObject({ kind: 'ingest', state: 'cancelled' })

    server.kill('SIGTERM')
    expect(await server.exited).toMatchObject({ code: 0 })
    expect(existsSync(join(workspace, 'engine.json'))).toBe(false)
    const status = await runSwitchyard(['status', '--json', '--workspace', workspace])
    expect(documentOf(status)).toMatchObject({
      symbols: [
        { symbol: 'SPY', rawBars: 1950 },
        { symbol: 'AAPL', rawBars: 390 },
      ],
    })
  })

  test('has its jobs paused, resumed and drained by "jobs", and the command that waits for one says what is left', async () => {
    const { simulator, asked, release } = await holdingSimulator(2)
    const workspace = newWorkspace({
      symbols: ['SPY'],
      port: simulator.port,
      tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 1 },
    })
    const { server } = await served(workspace)
    const jobs = (...args: string[]): Promise<Finished> =>
      runSwitchyard(['jobs', ...args, '--json', '--workspace', workspace])
    const ingest = new SwitchyardProcess(['ingest', ...RANGE, '--json', '--workspace', workspace])
    await asked
    const [{ id }] = documentOf(await jobs('list')) as Job[]

    const paused = await jobs('pause', id)
    expect(paused).toMatchObject({ code: 0, stderr: '' })
    expect(documentOf(paused)).toMatchObject({ id, state: 'running', control: 'pause' })
    const shown = await runSwitchyard(['jobs', '--workspace', workspace])
    expect(shown.stdout).toBe(`${id}  ingest        paused    Fetching bars: Paused: 1 request under way\n`)
    expect(documentOf(await jobs('resume', id))).toMatchObject({ id, control: 'run' })
    expect(documentOf(await jobs('drain', id))).toMatchObject({ id, control: 'drain' })
    release()
    const ended = await ingest.exited
    expect(ended).toMatchObject({ code: 3, stderr: '' })
    expect(documentOf(ended)).toMatchObject({ job: id, requests: 2, sessionsFetched: 2, sessionsLeft: 3 })

    const late = await jobs('pause', id)
    expect(late.code).toBe(2)
    expect(errorOf(late)).toMatchObject({ code: 'BAD_ARGUMENTS', message: expect.stringContaining('has ended') })
    server.kill('SIGTERM')
    expect(await server.exited).toMatchObject({ code: 0 })
  })

  test('by a server that dies under a command says so, and its note does not keep the next engine out', async () => {
    const { simulator, asked, release } = await holdingSimulator(2)
    const workspace = newWorkspace({
      symbols: ['SPY'],
      port: simulator.port,
      tws: { maxBarsPerRequest: 390, maxConcurrentRequests: 1 },
    })
    const { server } = await served(workspace)
    const child = new SwitchyardProcess(['ingest', ...RANGE, '--json', '--workspace', workspace])
    await asked
    server.kill('SIGKILL')
    const ended = await child.exited
    release()
    expect(ended.code).toBe(1)
    expect(errorOf(ended)).toMatchObject({
      code: 'JOB_FAILED',
      message: expect.stringContaining('stopped'),
      hint: expect.any(String),
    })
    expect(existsSync(join(workspace, 'engine.json'))).toBe(true)
    const again = await runSwitchyard(['ingest', ...RANGE, '--json', '--workspace', workspace])
    expect(again).toMatchObject({ code: 0 })
    expect(documentOf(again)).toMatchObject({ requests: 0, sessionsAlreadyStored: 5 })
  })
})

test('init on a disk that takes no more leaves no configuration that is cut short', async () => {
  const folder = join(newFolder(), 'new')
  const failed = await runSwitchyard(['init', '--json', '--workspace', folder], { largestFileBytes: 512 })
  expect(failed.code).toBe(1)
  expect(errorOf(failed).code).toBe('IO_ERROR')
  expect(existsSync(join(folder, 'switchyard.yaml'))).toBe(false)
  expect(await runSwitchyard(['init', '--workspace', folder])).toMatchObject({ code: 0 })
})

describe('demo', () => {
  test('runs the main job in a folder of its own, and a second time', async () => {
    const folder = join(newFolder(), 'demo')
    const first = await runSwitchyard(['demo', '--workspace', folder])
    expect(first, first.stderr).toMatchObject({ code: 0 })
    for (const words of ['Ingest', 'Curate', 'Features', 'Import', 'Compare', 'Export', 'manifest.json', 'npm start'])
      expect(first.stdout).toContain(words)
    const second = await runSwitchyard(['demo', '--workspace', folder, '--json'])
    expect(second, second.stderr).toMatchObject({ code: 0 })
    expect(documentOf(second)).toMatchObject({
      workspace: folder,
      ingest: { requests: 0, sessionsAlreadyStored: 300 },
      transform: { sessionsBuilt: 0, sessionsUnchanged: 300 },
      verify: { sessionsChecked: 300, featureSessionsChecked: 300, mismatches: [] },
    })
  })

  test('leaves a workspace of yours alone', async () => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    mkdirSync(join(workspace, 'store'))
    const failed = await runSwitchyard(['demo', '--json', '--workspace', workspace])
    expect(failed.code).toBe(1)
    expect(errorOf(failed).code).toBe('WORKSPACE_EXISTS')
  })

  test('ends at once when its workspace is open elsewhere', async () => {
    const workspace = newWorkspace({ symbols: ['SPY'], more: { name: 'demo' } })
    openEngine(workspace)
    const failed = await runSwitchyard(['demo', '--json', '--workspace', workspace])
    expect(failed.code).toBe(1)
    expect(errorOf(failed).code).toBe('WORKSPACE_LOCKED')
  })
})
