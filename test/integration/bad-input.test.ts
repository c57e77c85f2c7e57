import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#main/tws/clock.ts'
import { createEngine } from '#main/engine/create-engine.ts'
import { syntheticMarket } from '#main/simulator/simulator.ts'
import { barRequests } from './expected-requests.ts'
import { XNYS } from './simulator-fixtures.ts'
import { documentOf, errorOf, runSwitchyard } from './switchyard-process.ts'
import { canMount, mountSmallDisk } from './small-disk.ts'
import {
  finished,
  newFolder,
  newWorkspace,
  OLD_PIPELINE,
  openEngine,
  openSimulator,
  operatorErrorOf,
  resultOf,
  thrownBy,
} from './workspace-fixtures.ts'

const market = syntheticMarket({
  seed: 5,
  calendar: XNYS,
  symbols: ['SPY', 'AAPL'],
  from: '2024-06-03',
  to: '2024-07-05',
})
const WEEK = { from: '2024-06-24', to: '2024-06-28' }

/** One request a session, one at a time. */
const ONE_BY_ONE = { maxBarsPerRequest: 390, maxConcurrentRequests: 1 }

function integrityOf(workspace: string): unknown[] {
  return ['raw', 'curated', 'features', 'legacy', 'comparisons', 'ops'].map((store) => {
    const database = new Sqlite(join(workspace, 'store', `${store}.db`), { readonly: true })
    try {
      return database.pragma('integrity_check', { simple: true })
    } finally {
      database.close()
    }
  })
}

const ALL_SOUND = Array.from({ length: 6 }, () => 'ok')

describe('a wrong configuration', () => {
  const refused = async (text: string): Promise<{ code: string; message: string; hint?: string }> => {
    const folder = newFolder()
    writeFileSync(join(folder, 'switchyard.yaml'), text)
    const { code, message, hint } = thrownBy(() => createEngine({ workspace: folder }))
    // Nothing was made in a folder that is not understood.
    expect(readdirSync(folder)).toEqual(['switchyard.yaml'])
    return { code, message: message.replaceAll(folder, ''), ...(hint === undefined ? {} : { hint }) }
  }

  test('is refused with line and key of every mistake', async () => {
    const { code, message, hint } = await refused(
      [
        'version: 1',
        'tws:',
        '  host: 127.0.0.1',
        '  port: 70000',
        'symbols:',
        '  - symbol: SPY',
        '    calender: XNYS',
        '  - symbol: AAPL',
        '  - symbol: SPY',
        'quality: { minimumCoverage: 2 }',
        'oldPipeline:',
        '  name: scripts',
        '  bars:',
        '    files: old.csv',
      ].join('\n'),
    )
    expect(code).toBe('CONFIG_INVALID')
    expect(hint).toMatch(/Correct the file/)
    const lines = message.split('\n').map((line) => line.split(': ').slice(0, 2).join(': '))
    expect(lines.sort()).toEqual([
      '/switchyard.yaml:10: quality.minimumCoverage',
      '/switchyard.yaml:14: oldPipeline.bars.files',
      '/switchyard.yaml:4: tws.port',
      '/switchyard.yaml:7: symbols[0].calender',
      '/switchyard.yaml:9: symbols[2].symbol',
    ])
  })

  test('with a symbol twice is refused at the second', async () => {
    const { message } = await refused('version: 1\nsymbols:\n  - symbol: SPY\n  - symbol: AAPL\n  - symbol: SPY\n')
    expect(message).toBe('/switchyard.yaml:5: symbols[2].symbol: SPY is listed twice')
  })

  test.each([
    ['a list that is not closed', 'version: 1\nsymbols: [\n', /^\/switchyard\.yaml:\d+: /],
    ['a key twice', 'version: 1\nversion: 1\nsymbols: [{ symbol: SPY }]\n', /^\/switchyard\.yaml:2: /],
    ['no symbols', 'version: 1\n', /symbols: is required/],
    ['nothing in it', '', /the whole file/],
    ['a version from the future', 'version: 2\nsymbols: [{ symbol: SPY }]\n', /:1: version: /],
    ['a path for a symbol', 'version: 1\nsymbols: [{ symbol: ../../x }]\n', /:2: symbols\[0\]\.symbol: /],
  ])('with %s is refused', async (_name, text, words) => {
    const { code, message } = await refused(text)
    expect(code).toBe('CONFIG_INVALID')
    expect(message).toMatch(words)
  })

  test('that names a calendar or feature set that does not exist says which there are', async () => {
    const calendar = await refused('version: 1\nsymbols: [{ symbol: SPY, calendar: XMARS }]\n')
    expect(calendar).toMatchObject({ code: 'UNKNOWN_CALENDAR', hint: expect.stringContaining('XNYS') })
    const set = await refused('version: 1\nsymbols: [{ symbol: SPY }]\nfeatures: { sets: [none_v1] }\n')
    expect(set).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('none_v1') })
  })

  test('is one JSON document and exit code 1 on the command line', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'switchyard.yaml'), 'version: 1\nsymbols:\n  - symbol: SPY\n    colour: red\n')
    const failed = await runSwitchyard(['status', '--json', '--workspace', folder])
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(':4: symbols[0].colour'),
    })
    expect(errorOf(await runSwitchyard(['status', '--json', '--workspace', newFolder()])).code).toBe(
      'WORKSPACE_NOT_FOUND',
    )
  })
})

describe('a range or a symbol that makes no sense', () => {
  test.each([
    ['a holiday', { from: '2024-07-04', to: '2024-07-04' }, 'NO_SESSIONS'],
    ['a weekend', { from: '2024-07-06', to: '2024-07-07' }, 'NO_SESSIONS'],
    ['days that have not come yet', { from: '2030-01-02', to: '2030-01-04' }, 'NO_SESSIONS'],
    ['reversed dates', { from: '2024-07-05', to: '2024-07-01' }, 'BAD_ARGUMENTS'],
    ['dates before the calendar', { from: '1980-01-01', to: '1980-02-01' }, 'CALENDAR_HORIZON'],
    ['dates after the calendar', { from: '2024-07-01', to: '2099-01-01' }, 'CALENDAR_HORIZON'],
    ['a symbol that is not configured', { ...WEEK, symbols: ['SPY', 'TSLA'] }, 'UNKNOWN_SYMBOL'],
  ])('%s is refused at once, with a hint and without a job', async (_name, params, code) => {
    const { engine, client } = openEngine(newWorkspace({ symbols: ['SPY'] }), {
      clock: { ...systemClock, nowMs: () => Date.parse('2024-08-01T12:00:00Z') },
    })
    const error = await operatorErrorOf(client.ingest.start(params))
    expect(error.code).toBe(code)
    expect(error.message).not.toBe('')
    expect(error.hint).toMatch(/^[A-Z].*\.$/)
    expect(await client.jobs.list()).toEqual([])
    expect(engine.tws.connection.state).toBe('disconnected')
    await engine.close()
  })

  test('a symbol that TWS does not know fails the run when it is alone, and is named when it is not', async () => {
    const simulator = await openSimulator({ market })
    const { engine, client } = openEngine(newWorkspace({ symbols: ['NOPE', 'SPY'], port: simulator.port }))
    const alone = await finished(client, client.ingest.start({ ...WEEK, symbols: ['NOPE'] }))
    expect(alone).toMatchObject({
      state: 'failed',
      error: {
        code: 'UNKNOWN_SYMBOL',
        message: expect.stringContaining('NOPE'),
        hint: expect.stringContaining('switchyard.yaml'),
      },
    })
    const both = await finished(client, client.ingest.start(WEEK))
    expect(both).toMatchObject({ state: 'succeeded', hasFindings: true, result: { sessionsFetched: 5, bars: 1950 } })
    expect((both.result as { failed: { symbol: string; reason: string }[] }).failed).toHaveLength(5)
    expect((both.result as { failed: { symbol: string; reason: string }[] }).failed[0]).toMatchObject({
      symbol: 'NOPE',
      sessionDate: '2024-06-24',
    })
    expect(engine.stores.raw.barsBySymbol()).toEqual(new Map([['SPY', 1950]]))
    const listed = await runSwitchyard([
      'ingest',
      '--from',
      WEEK.from,
      '--to',
      WEEK.to,
      '--symbols',
      'SPY,NOPE',
      '--json',
      '--workspace',
      newWorkspace({ symbols: ['NOPE', 'SPY'], port: simulator.port, tws: { clientId: 3 } }),
    ])
    expect(listed.code).toBe(3)
    expect(documentOf(listed)).toMatchObject({ sessionsFetched: 5 })
  })

  test('an old pipeline that left nothing, or is not described, is said to be missing', async () => {
    const { client } = openEngine(newWorkspace({ symbols: ['SPY'] }))
    expect(await operatorErrorOf(client.legacy.import({}))).toMatchObject({
      code: 'NOTHING_TO_DO',
      hint: expect.stringContaining('oldPipeline'),
    })
    expect(await operatorErrorOf(client.compare.start({}))).toMatchObject({ code: 'NOTHING_TO_DO' })
    const described = newWorkspace({ symbols: ['SPY'], more: { oldPipeline: OLD_PIPELINE } })
    const { client: other, engine } = openEngine(described)
    expect(await finished(other, other.legacy.import({}))).toMatchObject({
      state: 'failed',
      error: { code: 'LEGACY_FILE' },
    })
    mkdirSync(join(described, 'old'))
    writeFileSync(join(described, 'old', 'SPY.csv'), 'when,open,high,low,close,volume\n2024-06-24 09:31:00,1,1,1,1,1\n')
    expect(await finished(other, other.legacy.import({}))).toMatchObject({
      state: 'failed',
      error: {
        code: 'LEGACY_FILE',
        message: expect.stringContaining('datetime'),
        hint: expect.stringContaining('columns.time'),
      },
    })
    expect(engine.stores.legacy.summary()).toMatchObject({ sessions: 0, bars: 0 })
  })
})

describe('a store file that is not what it should be', () => {
  const STORES = ['raw', 'curated', 'features', 'legacy', 'comparisons', 'ops']

  test.each(STORES)('%s.db full of other bytes is refused by name and left as it is', async (store) => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    mkdirSync(join(workspace, 'store'))
    const file = join(workspace, 'store', `${store}.db`)
    const content = 'This is a letter, not a database.\n'.repeat(200)
    writeFileSync(file, content)
    const error = thrownBy(() => createEngine({ workspace }))
    expect(error).toMatchObject({ code: 'STORE_NOT_A_DATABASE', hint: expect.stringContaining('Move the file away') })
    expect(error.message).toContain(file)
    expect(readFileSync(file, 'utf8')).toBe(content)
    // The lock is free again: the second try meets the same obstacle, not itself.
    expect(thrownBy(() => createEngine({ workspace })).code).toBe('STORE_NOT_A_DATABASE')
  })

  test('somebody else’s database, another layer’s, and one from the future are told apart', async () => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    const file = (name: string): string => join(workspace, 'store', name)
    mkdirSync(join(workspace, 'store'))
    const foreign = new Sqlite(file('curated.db'))
    foreign.exec('create table recipes (name text)')
    foreign.close()
    expect(thrownBy(() => createEngine({ workspace }))).toMatchObject({
      code: 'STORE_NOT_A_DATABASE',
      message: expect.stringContaining('did not make'),
    })

    const other = newWorkspace({ symbols: ['SPY'] })
    await openEngine(other).engine.close()
    cpSync(join(other, 'store', 'ops.db'), file('curated.db'))
    expect(thrownBy(() => createEngine({ workspace }))).toMatchObject({
      code: 'STORE_NOT_A_DATABASE',
      message: expect.stringContaining('not a curated store'),
    })

    const newer = new Sqlite(join(other, 'store', 'raw.db'))
    newer.pragma('user_version = 99')
    newer.close()
    expect(thrownBy(() => createEngine({ workspace: other }))).toMatchObject({
      code: 'STORE_FROM_FUTURE',
      hint: expect.stringContaining('Update'),
    })
  })

  test('a lock file that is no lock is not mistaken for another engine', () => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    mkdirSync(join(workspace, 'store'))
    writeFileSync(join(workspace, 'store', 'engine.lock'), 'locked by Bob, back at five\n'.repeat(100))
    const error = thrownBy(() => createEngine({ workspace }))
    expect(error.code).toBe('STORE_NOT_A_DATABASE')
    expect(error.message).toContain('engine.lock')
  })

  test('a log that cannot be opened ends the start and leaves nothing open', async () => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    mkdirSync(join(workspace, 'logs', 'engine.log'), { recursive: true })
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(thrownBy(() => createEngine({ workspace }))).toMatchObject({
        code: 'IO_ERROR',
        message: expect.stringContaining('engine.log'),
      })
    }
  })
})

describe('two engines on one workspace', () => {
  test('the second is refused and the first is not disturbed', async () => {
    const workspace = newWorkspace({ symbols: ['SPY'] })
    const { engine, client } = openEngine(workspace)
    expect(thrownBy(() => createEngine({ workspace }))).toMatchObject({
      code: 'WORKSPACE_LOCKED',
      hint: expect.stringContaining('close it'),
    })
    const other = await runSwitchyard(['status', '--json', '--workspace', workspace])
    expect(other.code).toBe(1)
    expect(errorOf(other)).toMatchObject({ code: 'WORKSPACE_LOCKED' })
    expect((await client.system.overview()).workspace.folder).toBe(workspace)
    await engine.close()
    const after = await runSwitchyard(['status', '--json', '--workspace', workspace])
    expect(after.code).toBe(0)
  })
})

describe('a folder that cannot be written', () => {
  test('because a file stands in its way is refused', async () => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    const failed = await runSwitchyard(['init', '--json', '--workspace', join(file, 'workspace')])
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({ code: 'IO_ERROR', hint: expect.stringContaining('may write') })
    const workspace = newWorkspace({ symbols: ['SPY'] })
    writeFileSync(join(workspace, 'store'), '')
    expect(thrownBy(() => createEngine({ workspace }))).toMatchObject({ code: 'IO_ERROR' })
  })

  test.skipIf(!canMount)('because its disk is read-only is refused', async () => {
    const disk = await mountSmallDisk(4 * 1024 * 1024)
    cpSync(join(newWorkspace({ symbols: ['SPY'] }), 'switchyard.yaml'), join(disk.folder, 'switchyard.yaml'))
    expect((await runSwitchyard(['status', '--workspace', disk.folder])).code).toBe(0)
    disk.remount('ro')
    const error = thrownBy(() => createEngine({ workspace: disk.folder }))
    expect(error).toMatchObject({ code: 'IO_ERROR', hint: expect.stringContaining('may write') })
  })
})

describe('a full disk', () => {
  test('in the middle of an ingest fails it, keeps what was stored, and the next run goes on', async () => {
    const simulator = await openSimulator({ market })
    const workspace = newWorkspace({ symbols: ['SPY', 'AAPL'], port: simulator.port, tws: ONE_BY_ONE })
    const command = ['ingest', '--from', '2024-06-03', '--to', '2024-07-05', '--json', '--workspace', workspace]
    const failed = await runSwitchyard(command, { largestFileBytes: 400 * 1024 })
    expect(failed.code).toBe(1)
    expect(errorOf(failed)).toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('raw.db'),
      hint: expect.stringContaining('Free some space'),
    })
    expect(integrityOf(workspace)).toEqual(ALL_SOUND)

    const { engine, client } = openEngine(workspace)
    const { responses } = engine.stores.raw.summary()
    expect(responses).toBeGreaterThan(0)
    expect(responses).toBeLessThan(46)
    const settled = ['SPY', 'AAPL'].reduce(
      (sum, symbol) => sum + engine.stores.raw.fetchedSessions(symbol, engine.config.canonical).size,
      0,
    )
    const [job] = await client.jobs.list()
    expect(job).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
    await engine.close()
    // Those that came were full; the halt is further on.
    expect(settled).toBe(responses)
    const asked = simulator.requests.length
    const again = await runSwitchyard(command)
    // The halt is worth a look.
    expect(again.code).toBe(3)
    const sessions = XNYS.sessionsBetween('2024-06-03', '2024-07-05').length
    expect(documentOf(again)).toMatchObject({
      sessionsAlreadyStored: responses,
      sessionsFetched: 2 * sessions - responses,
      short: [{ symbol: 'AAPL', sessionDate: '2024-06-28', cause: 'halted', bars: 375, expected: 390 }],
      failed: [],
    })
    const bars = barRequests(simulator, asked)
    expect(new Set(bars).size).toBe(2 * sessions - responses)
    // Only the halt is asked for a second time.
    expect(bars.filter((request, i) => bars.indexOf(request) !== i)).toEqual(['AAPL 1 D 20240628-20:00:00'])
    expect(integrityOf(workspace)).toEqual(ALL_SOUND)
  })

  test.skipIf(!canMount)(
    'on which not even a failure can be noted ends every job, and the engine goes on',
    async () => {
      const disk = await mountSmallDisk(1100 * 1024)
      const simulator = await openSimulator({ market })
      cpSync(
        join(newWorkspace({ symbols: ['SPY', 'AAPL'], port: simulator.port, tws: ONE_BY_ONE }), 'switchyard.yaml'),
        join(disk.folder, 'switchyard.yaml'),
      )
      const { engine, client } = openEngine(disk.folder)
      const range = { from: '2024-06-03', to: '2024-07-05' }
      const started = [await client.ingest.start(range), await client.ingest.start(range)]
      const ended = await Promise.all(started.map((job) => finished(client, Promise.resolve(job))))
      for (const job of ended) expect(job).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } })
      // Asked again, it says the same, although the file still has the job as it was.
      for (const job of started) expect(await client.jobs.get({ id: job.id })).toMatchObject({ state: 'failed' })
      expect((await client.jobs.list()).map(({ state }) => state)).toEqual(['failed', 'failed'])
      expect((await client.system.overview()).workspace.folder).toBe(disk.folder)
      await engine.close()
      const full = await runSwitchyard([
        'ingest',
        '--from',
        range.from,
        '--to',
        range.to,
        '--json',
        '--workspace',
        disk.folder,
      ])
      expect(full.code).toBe(1)
      expect(errorOf(full).code).toBe('DISK_FULL')

      disk.remount(`size=${64 * 1024 * 1024}`)
      expect(integrityOf(disk.folder)).toEqual(ALL_SOUND)
      const { client: after } = openEngine(disk.folder)
      for (const { id } of started) {
        for await (const job of await after.jobs.watch({ id }))
          if (job.state !== 'running' && job.state !== 'queued') expect(job.state).toBe('succeeded')
      }
      expect(await resultOf<'ingest'>(after, after.ingest.start(range))).toMatchObject({
        requests: 0,
        sessionsAlreadyStored: 2 * XNYS.sessionsBetween(range.from, range.to).length,
      })
    },
  )

  test.skipIf(!canMount)('under an export leaves no file of it', async () => {
    const disk = await mountSmallDisk(16 * 1024 * 1024)
    const simulator = await openSimulator({ market })
    cpSync(
      join(newWorkspace({ symbols: ['SPY', 'AAPL'], port: simulator.port }), 'switchyard.yaml'),
      join(disk.folder, 'switchyard.yaml'),
    )
    const { client } = openEngine(disk.folder)
    await resultOf<'ingest'>(client, client.ingest.start(WEEK))
    await resultOf<'transform'>(client, client.transform.start({}))
    await resultOf<'features'>(client, client.features.build({}))
    disk.fillUpTo(150 * 1024)
    const job = await finished(client, client.export.start({ formats: ['csv', 'parquet'] }))
    expect(job).toMatchObject({
      state: 'failed',
      error: { code: 'DISK_FULL', hint: expect.stringContaining('Free some space') },
    })
    expect(readdirSync(join(disk.folder, 'exports'))).toEqual([])
    disk.empty()
    const exported = await resultOf<'export'>(client, client.export.start({ formats: ['csv', 'parquet'] }))
    expect(existsSync(exported.manifest)).toBe(true)
  })
})
