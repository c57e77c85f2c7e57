import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { OldRunRecord } from '#shared/jobs/job-kinds.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { inProcess } from './command-in-process.ts'
import { commandOf, isRunning, oldPipelineOf, pidsIn, untilDetail, workspaceOf } from './old-command-fixtures.ts'
import { SwitchyardProcess } from './switchyard-process.ts'
import {
  finished,
  newFolder,
  newWorkspace,
  openEngine,
  operatorErrorOf,
  resultOf,
  thrownBy,
} from './workspace-fixtures.ts'

const WINDOW = { from: '2024-06-24', to: '2024-06-25' }

function opened(argv: readonly string[], more: Readonly<Record<string, unknown>> = {}) {
  const workspace = workspaceOf(argv, more)
  return { workspace, ...openEngine(workspace) }
}

const recordOf = (workspace: string, runId: string): OldRunRecord =>
  JSON.parse(readFileSync(join(workspace, 'old-runs', runId, 'run.json'), 'utf8')) as OldRunRecord

const run = (client: EngineClient, symbols?: string[]): Promise<OldRunRecord> =>
  resultOf<'old-run'>(client, client.legacy.run({ ...WINDOW, symbols }))

beforeAll(() => {
  process.env['SWITCHYARD_TEST_HIDDEN'] = 'not for the old pipeline'
  process.env['SWITCHYARD_TEST_WANTED'] = 'inherited-value-48151'
})

describe('the command', () => {
  test('gets dates, symbols and a folder, its own working folder, and no environment but what it is given', async () => {
    const folder = newFolder()
    const more = {
      folder,
      symbolSeparator: ' + ',
      environment: { TOKEN: 'secret-value-1623' },
      inherit: ['SWITCHYARD_TEST_WANTED'],
    }
    const { workspace, client } = opened([...commandOf('tell'), '$HOME; {"json": 1} {}'], more)
    const result = await run(client)
    const printed = JSON.parse(readFileSync(join(workspace, result.stdout.file), 'utf8')) as {
      argv: string[]
      env: Record<string, string>
      cwd: string
    }
    const out = join(workspace, result.out)
    const window = ['--from', '2024-06-24', '--to', '2024-06-25', '--symbols', 'SPY + AAPL', '--out', out]
    expect(printed.argv).toEqual(['tell', ...window, '$HOME; {"json": 1} {}'])
    expect(printed.cwd).toBe(realpathSync(folder))
    const { TOKEN, SWITCHYARD_TEST_WANTED, PATH, ...rest } = printed.env
    expect([TOKEN, SWITCHYARD_TEST_WANTED, PATH]).toEqual([
      'secret-value-1623',
      'inherited-value-48151',
      process.env['PATH'],
    ])
    expect(Object.keys(rest)).not.toContain('SWITCHYARD_TEST_HIDDEN')
    expect(result).toMatchObject({ exitCode: 0, exitSignal: null, endedBy: 'itself', files: 0, bytes: 0 })
    expect(recordOf(workspace, result.runId)).toEqual(result)
    expect(result.environment).toEqual(['SWITCHYARD_TEST_WANTED', 'TOKEN'])
  })

  test('leaves the values of its environment nowhere', async () => {
    const { workspace, client, engine } = opened(commandOf('bars'), {
      environment: { TOKEN: 'secret-value-1623' },
      inherit: ['SWITCHYARD_TEST_WANTED'],
    })
    const job = await finished(client, client.legacy.run(WINDOW))
    const { config } = await client.config.get()
    expect(config.oldPipeline?.command?.environment).toEqual({ TOKEN: '(hidden)' })
    await engine.close()
    const texts = [JSON.stringify([job, config])]
    for (const entry of readdirSync(workspace, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name !== 'switchyard.yaml')
        texts.push(readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    }
    expect(texts.length).toBeGreaterThan(5)
    for (const text of texts) {
      expect(text).not.toContain('secret-value-1623')
      expect(text).not.toContain('inherited-value-48151')
    }
  })

  test('that fails fails its job with what it said, and keeps what it printed', async () => {
    const { workspace, client, engine } = opened(commandOf('fail'))
    const job = await finished(client, client.legacy.run(WINDOW))
    expect(job).toMatchObject({
      state: 'failed',
      error: {
        code: 'JOB_FAILED',
        message: 'The old pipeline failed with exit code 7: no connection to the broker',
      },
    })
    const record = recordOf(workspace, job.id)
    expect(record).toMatchObject({ exitCode: 7, files: 1, bytes: 11 })
    expect(readFileSync(join(workspace, record.stdout.file), 'utf8')).toBe('fetching\n')
    expect(readFileSync(join(workspace, record.stderr.file), 'utf8')).toContain('no connection')
    expect(await client.legacy.runs()).toMatchObject([{ runId: job.id, state: 'failed', record, isRead: false }])
    const { stdout, stderr } = await client.legacy.output({ runId: job.id })
    // The command prints in red; what it says is told without that.
    expect([stdout?.head, stderr?.head]).toEqual(['fetching\n', 'no connection to the broker\n'])
    await engine.close()
    const shown = await inProcess('legacy', 'output', job.id, '--workspace', workspace)
    expect(shown.stdout).toContain(`stderr: 37 bytes, old-runs/${job.id}/stderr.txt\nno connection to the broker\n`)
    expect((await inProcess('legacy', 'output', '--workspace', workspace)).code).toBe(2)
  })

  test('is told with names of variables only, and what it printed with its beginning and its end', async () => {
    const more = { environment: { TOKEN: 'secret-value-1623' }, inherit: ['SWITCHYARD_TEST_ABSENT'], folder: 'nowhere' }
    const { workspace, client } = opened(commandOf('print', '--bytes', '3000000'), more)
    const { command } = await client.legacy.described()
    expect(command).toMatchObject({
      argv: commandOf('print', '--bytes', '3000000'),
      folder: join(workspace, 'nowhere'),
      hasFolder: false,
      environment: ['TOKEN'],
      inherit: ['SWITCHYARD_TEST_ABSENT'],
      missing: ['SWITCHYARD_TEST_ABSENT'],
      timeLimitMinutes: 360,
      runsFolder: join(workspace, 'old-runs'),
      read: ['oldPipeline.bars'],
    })
    expect(JSON.stringify(await client.legacy.described())).not.toContain('secret-value-1623')

    // It is taken up when it is looked at, without a restart.
    const oldPipeline = oldPipelineOf(commandOf('print', '--bytes', '3000000'))
    const file = join(workspace, 'switchyard.yaml')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), oldPipeline }))
    expect((await client.legacy.described()).command).toMatchObject({ folder: workspace, hasFolder: true, missing: [] })
    const { runId } = await run(client)
    const { stdout, stderr } = await client.legacy.output({ runId })
    // 15 bytes, then 100 a line, and 14 at the end: of 32 KiB, 327 lines are whole.
    expect(stdout).toMatchObject({
      file: `old-runs/${runId}/stdout.txt`,
      bytes: 15 + 3_000_000 + 14,
      cutBytes: 3_000_000 - 2 * 32_700,
    })
    const line = 'x'.repeat(99)
    expect(stdout?.head).toBe(`the first line\n${`${line}\n`.repeat(327)}`)
    expect(stdout?.tail).toBe(`${`${line}\n`.repeat(327)}the last line\n`)
    expect(stderr).toMatchObject({ bytes: 0, head: '', tail: '', cutBytes: 0 })

    for (const id of ['../../etc', 'nothing']) {
      expect(await operatorErrorOf(client.legacy.output({ runId: id }))).toMatchObject({ code: 'NOT_FOUND' })
    }
    rmSync(join(workspace, 'old-runs'), { recursive: true })
    expect(await client.legacy.output({ runId })).toEqual({ stdout: null, stderr: null })
  })

  test('that takes too long is ended with everything it started, although it does not want to', async () => {
    const { workspace, client } = opened(commandOf('stubborn'), { timeLimitMinutes: 5 / 60 })
    const started = await client.legacy.run(WINDOW)
    const pids = pidsIn(await untilDetail(client, started.id, 'ready'))
    expect(pids.map(isRunning)).toEqual([true, true])
    const job = await finished(client, Promise.resolve(started))
    expect(job.state).toBe('failed')
    expect(job.error?.message).toContain('took longer than 0.0833 minutes and was ended')
    expect(pids.map(isRunning)).toEqual([false, false])
    const record = recordOf(workspace, job.id)
    expect(record).toMatchObject({ endedBy: 'time-limit', exitCode: null, exitSignal: 'SIGKILL' })
    expect(record.durationMs).toBeGreaterThanOrEqual(5_300)
  })

  test('is ended with everything it started when its job is cancelled', async () => {
    const { workspace, client } = opened(commandOf('stubborn'))
    const started = await client.legacy.run(WINDOW)
    const pids = pidsIn(await untilDetail(client, started.id, 'ready'))
    await client.jobs.cancel({ id: started.id })
    const job = await finished(client, Promise.resolve(started))
    expect(job).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED' } })
    expect(pids.map(isRunning)).toEqual([false, false])
    expect(recordOf(workspace, job.id)).toMatchObject({ endedBy: 'cancel', exitSignal: 'SIGKILL' })
  })

  test('is done when everything that it left running is done', async () => {
    const { workspace, client } = opened(commandOf('leave-behind'))
    const result = await run(client)
    expect(readFileSync(join(workspace, result.out, 'late.txt'), 'utf8')).toBe('done')
    expect(result).toMatchObject({ exitCode: 0, files: 1 })
  })

  test('can print without end: the beginning and the end are kept, and how much is left out', async () => {
    const { workspace, client } = opened(commandOf('print', '--bytes', '9000000'))
    const { stdout } = await run(client)
    // Two lines around 90,000 of a hundred bytes; a mebibyte is kept from either end.
    expect(stdout.bytes).toBe(15 + 9_000_000 + 14)
    expect(stdout.cutBytes).toBe(stdout.bytes - 2 * 1_048_576)
    const text = readFileSync(join(workspace, stdout.file), 'utf8')
    const marker = `\n[... ${stdout.cutBytes} bytes left out ...]\n`
    const [head, tail] = text.split(marker)
    const whole = `the first line\n${`${'x'.repeat(99)}\n`.repeat(90_000)}the last line\n`
    expect(head).toBe(whole.slice(0, 1_048_576))
    expect(tail).toBe(whole.slice(-1_048_576))
    expect(statSync(join(workspace, stdout.file)).mode & 0o077).toBe(0)
  })

  test('that cannot be started says why', async () => {
    const { client } = opened(['no-such-program', '{out}'])
    expect(await finished(client, client.legacy.run(WINDOW))).toMatchObject({
      state: 'failed',
      error: {
        message: "The old pipeline's command could not be started: no-such-program: there is no such program.",
      },
    })
    const elsewhere = opened(commandOf('bars'), { folder: 'no/such/folder' })
    expect(await operatorErrorOf(elsewhere.client.legacy.run(WINDOW))).toMatchObject({ code: 'CONFIG_INVALID' })
    const unset = opened(commandOf('bars'), { inherit: ['SWITCHYARD_TEST_UNSET'] })
    const error = await operatorErrorOf(unset.client.legacy.run(WINDOW))
    expect(error.message).toContain('SWITCHYARD_TEST_UNSET, which is not set')
  })

  test('is refused where there is none, or the range is reversed', async () => {
    const workspace = newWorkspace({
      symbols: ['SPY'],
      more: { oldPipeline: { name: 'x', bars: { files: '{symbol}.csv' } } },
    })
    const { client } = openEngine(workspace)
    expect(await operatorErrorOf(client.legacy.run(WINDOW))).toMatchObject({ code: 'NOTHING_TO_DO' })
    expect(await operatorErrorOf(client.dualRun.start(WINDOW))).toMatchObject({ code: 'NOTHING_TO_DO' })
    const other = opened(commandOf('bars'))
    const reversed = other.client.legacy.run({ from: WINDOW.to, to: WINDOW.from })
    expect(await operatorErrorOf(reversed)).toMatchObject({ code: 'BAD_ARGUMENTS' })
  })
})

describe('switchyard.yaml', () => {
  const problemOf = (oldPipeline: object): string =>
    thrownBy(() => openEngine(newWorkspace({ symbols: ['SPY'], more: { oldPipeline } }))).message

  test('may name known placeholders only', () => {
    expect(problemOf(oldPipelineOf(['run', '--day={date}']))).toContain(
      'oldPipeline.command.argv[1]: has an unknown placeholder {date}; the known ones are {from}, {to}, {symbols}, {out}',
    )
    expect(problemOf(oldPipelineOf(['run', '{ from }']))).toContain('unknown placeholder { from }')
    expect(problemOf(oldPipelineOf([' ']))).toContain('must be the program to run')
    expect(problemOf(oldPipelineOf(['run'], { environment: { 'A B': '1' } }))).toContain('environment')
  })

  test('may say {out} at the beginning of files, where there is a command', () => {
    const command = { argv: ['run', '{out}'] }
    expect(problemOf({ name: 'x', bars: { files: '{out}/{symbol}.csv' } })).toContain(
      'oldPipeline.bars.files: says {out}, and there is no command that writes there',
    )
    for (const files of ['data/{out}/{symbol}.csv', '{out}{symbol}.csv', '{out}/{out}/{symbol}.csv']) {
      expect(problemOf({ name: 'x', sources: [{ files }], command })).toContain('must begin with {out}/')
    }
  })
})

describe('an import of files below {out}', () => {
  test('reads the newest run that succeeded', async () => {
    const { workspace, client, engine } = opened(commandOf('bars'))
    const dates = (symbol: string): readonly string[] =>
      engine.stores.legacy.sessionDates(symbol, '0000-00-00', '9999-99-99')
    const imported = () => resultOf<'legacy-import'>(client, client.legacy.import({}))

    const none = await finished(client, client.legacy.import({}))
    expect(none.error).toMatchObject({ code: 'LEGACY_FILE' })
    expect(none.error?.message).toContain('No run of the old pipeline has succeeded yet')

    const first = await run(client)
    expect(await imported()).toMatchObject({ files: 2, rows: 4 * 390, oldRun: first.runId, vanishedFiles: [] })
    expect(await imported()).toMatchObject({ files: 0, filesUnchanged: 2, oldRun: first.runId })

    // A run for one symbol says nothing about the others.
    const second = await resultOf<'old-run'>(
      client,
      client.legacy.run({ from: '2024-06-26', to: '2024-06-26', symbols: ['SPY'] }),
    )
    expect(await imported()).toMatchObject({ files: 1, missingFiles: [], vanishedFiles: [], oldRun: second.runId })
    expect(dates('SPY')).toEqual(['2024-06-26'])
    expect(dates('AAPL')).toEqual(['2024-06-24', '2024-06-25'])
    expect(new Set((await client.legacy.files()).map(({ file }) => file))).toEqual(
      new Set([`old-runs/${first.runId}/out/AAPL.csv`, `old-runs/${second.runId}/out/SPY.csv`]),
    )

    // One that is cancelled or fails is not read; what stands there stays.
    const cancelled = await client.legacy.run(WINDOW)
    await client.jobs.cancel({ id: cancelled.id })
    await finished(client, Promise.resolve(cancelled))
    expect(await imported()).toMatchObject({ files: 0, filesUnchanged: 1, oldRun: second.runId })
    expect((await client.legacy.runs()).map(({ isRead }) => isRead)).toEqual([false, true, false])

    const third = await run(client)
    expect(await imported()).toMatchObject({ files: 2, vanishedFiles: [], oldRun: third.runId })
    expect([dates('SPY'), dates('AAPL')]).toEqual([dates('AAPL'), ['2024-06-24', '2024-06-25']])

    rmSync(join(workspace, third.out), { recursive: true })
    const gone = await finished(client, client.legacy.import({}))
    expect(gone.error?.message).toBe(`The folder ${third.out} of the newest run of the old pipeline is gone.`)
    expect(dates('SPY')).toEqual(['2024-06-24', '2024-06-25'])
  })
})

describe('an engine that is killed', () => {
  test('leaves no old pipeline running, and runs it again from an empty folder', async () => {
    const folder = newFolder()
    const counter = join(folder, 'counter')
    const workspace = workspaceOf(commandOf('hang-at-first', '--counter', counter, '--source', folder), {
      graceSeconds: 1,
    })
    const command = new SwitchyardProcess([
      'legacy',
      'run',
      '--from',
      WINDOW.from,
      '--to',
      WINDOW.to,
      '--workspace',
      workspace,
    ])
    const pid = Number(await contentOf(join(folder, 'pid')))
    expect(isRunning(pid)).toBe(true)
    command.kill('SIGKILL')
    expect(await command.exited).toMatchObject({ signal: 'SIGKILL' })

    // The job is taken up at once. It waits for the process of before, which ignores SIGTERM and is killed after its grace.
    const { client } = openEngine(workspace)
    const [interrupted] = await client.jobs.list()
    const job = await finished(client, Promise.resolve(interrupted))
    expect(isRunning(pid)).toBe(false)
    expect(job).toMatchObject({ kind: 'old-run', state: 'succeeded', attempts: 2 })
    expect(readdirSync(join(workspace, 'old-runs', job.id, 'out')).sort()).toEqual(['AAPL.csv', 'SPY.csv'])
    expect(existsSync(join(workspace, 'old-runs', job.id, 'process.json'))).toBe(false)
  })

  test('or that stops in good order ends it, and runs it again', async () => {
    const folder = newFolder()
    const more = ['--counter', join(folder, 'counter'), '--source', folder]
    const { workspace, client, engine } = opened(commandOf('hang-at-first', ...more))
    const started = await client.legacy.run(WINDOW)
    const [pid] = pidsIn(await untilDetail(client, started.id, 'ready'))
    await engine.close()
    expect(isRunning(pid)).toBe(false)
    const again = openEngine(workspace)
    const job = await finished(again.client, again.client.jobs.get({ id: started.id }))
    expect(job).toMatchObject({ state: 'succeeded', attempts: 1, result: { files: 2 } })
  })

  test('does not run it again beside one that may still be there', async () => {
    const { engine, workspace } = opened(commandOf('bars'), { graceSeconds: 0 })
    const job = engine.stores.ops.enqueue('20240703-143105-1f3a', 'old-run', WINDOW, 1)
    engine.stores.ops.begin(job.id, { kind: 'working', fraction: 0, title: 'x' }, 1)
    const folder = join(workspace, 'old-runs', job.id)
    mkdirSync(folder, { recursive: true })
    // A group that is there: that of this process or of its parent.
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
    writeFileSync(join(folder, 'process.json'), JSON.stringify({ pid: group }))
    await engine.close()
    const again = openEngine(workspace)
    const ended = await finished(again.client, again.client.jobs.get({ id: job.id }))
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'JOB_FAILED' } })
    expect(ended.error?.message).toContain(`may still run as process ${group}`)
  })
})

/** The content of a file as soon as it is there. */
async function contentOf(file: string): Promise<string> {
  const watcher = watch(dirname(file))
  try {
    for (;;) {
      const change = once(watcher, 'change')
      if (existsSync(file) && readFileSync(file, 'utf8') !== '') return readFileSync(file, 'utf8')
      await change
    }
  } finally {
    watcher.close()
  }
}
