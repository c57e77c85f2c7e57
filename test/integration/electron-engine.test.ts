import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineState } from '#shared/host-api.ts'
import type { ElectronHost } from '../electron-host/electron-host.ts'
import { Harness } from '../electron-host/harness.ts'

let harness: Harness

beforeAll(async () => {
  harness = await Harness.open()
})

afterAll(async () => harness?.close())

function states(host: ElectronHost): Promise<EngineState[]> {
  return host.page<EngineState[]>('fixture.states')
}

describe('an engine that ends unexpectedly', () => {
  test('is started again, and the page talks to the new one', async () => {
    const workspace = harness.workspace('crash')
    const host = await harness.startConnected('crash', workspace)
    const first = await host.next('engine-started')
    const before = await host.page<{ pid: number }>('fixture.client().then((client) => client.about())')
    expect(before.pid).toBe(first.pid)

    // A request that is under way when the engine dies is rejected, not forgotten.
    const pending = host.page<string>(`(async () => {
      const iterator = await (await fixture.client()).count({ to: 1 })
      try {
        for await (const number of iterator) window.streaming = number
        return 'ended'
      } catch {
        return 'rejected'
      }
    })()`)
    await host.pageUntil('window.streaming === 1')
    process.kill(first.pid, 'SIGKILL')
    expect((await host.next('engine-exited')).pid).toBe(first.pid)
    expect(await pending).toBe('rejected')

    const second = await host.next('engine-started')
    expect(second.args).toEqual(first.args)
    const after = await host.page<{ pid: number }>('fixture.client().then((client) => client.about())')
    expect(after.pid).toBe(second.pid)
    const heard = await states(host)
    expect(await host.page('fixture.statesHeardBeside')).toEqual(heard)
    const seen = [...heard]
    // Whether the page hears of the first start depends on which of the two is ready first.
    if (seen[0].kind === 'starting') seen.shift()
    expect(seen.map(({ kind }) => kind)).toEqual(['up', 'restarting', 'starting', 'up'])
    expect(seen[1]).toMatchObject({ failures: 1, delayMs: 250, workspace })
    expect([seen[0], seen[3]].map((state) => state.kind === 'up' && state.run)).toEqual([1, 2])
    expect(await host.page('fixture.ports()')).toEqual({ received: 2, closed: 1 })
    await host.kill()
  })

  test('five times at once is left alone, with its last words and a way to start it', async () => {
    const workspace = harness.workspace('dead', 'end-at-once')
    const host = harness.start('dead', { args: ['--workspace', workspace] })
    const { id, options } = await host.next('message-box')
    expect(options.type).toBe('error')
    expect(options.message).toBe('The engine ended unexpectedly 5 times in a row (exit code 7).')
    expect(options.detail).toContain('This engine cannot live.')
    expect(options.detail).toContain(workspace)
    expect(options.buttons).toEqual(['Restart engine', 'Open another workspace…', 'Quit', 'Close'])
    expect(host.untaken('engine-started')).toHaveLength(5)
    await host.pageUntil("fixture.states.at(-1).kind === 'failed'")
    const restarts = (await states(host)).filter((state) => state.kind === 'restarting')
    // The page may load after the first of them.
    expect(restarts.at(-1)).toMatchObject({ failures: 4, delayMs: 2000 })
    expect(readFileSync(path.join(harness.userData('dead'), 'logs', 'shell.log'), 'utf8')).toContain(
      'This engine cannot live.',
    )

    harness.setBehaviour(workspace, 'serve')
    await host.call('answerMessageBox', id, 0)
    await host.pageUntil("fixture.states.at(-1).kind === 'up'")
    expect(await host.page('fixture.client().then((client) => client.about()).then((about) => about.workspace)')).toBe(
      workspace,
    )
    await host.kill()
  })
})

describe('an engine that cannot start', () => {
  test('is not tried again; its error and hint are shown, and the page can start it', async () => {
    const workspace = harness.workspace('refused', 'refuse')
    const host = harness.start('refused', { args: ['--workspace', workspace] })
    const options = await host.pressInBox('Close')
    expect(options.message).toBe('switchyard.yaml line 3: no such key.')
    expect(host.untaken('engine-started')).toHaveLength(1)
    await host.next('window-shown')
    await host.pageUntil("'fixture' in window && fixture.states.at(-1)?.kind === 'failed'")
    const seen = await states(host)
    expect(seen.at(-1)).toEqual({
      kind: 'failed',
      workspace,
      error: { code: 'CONFIG_INVALID', message: 'switchyard.yaml line 3: no such key.' },
    })
    // A page that is there early sees the engine start, once.
    expect(seen.slice(0, -1).filter(({ kind }) => kind !== 'starting')).toEqual([])
    expect(host.untaken('engine-started')).toHaveLength(1)
    harness.setBehaviour(workspace, 'serve')
    await host.page('switchyardHost.restartEngine()')
    await host.pageUntil("fixture.states.at(-1).kind === 'up'")
    await host.kill()
  })

  test('for want of a workspace offers to make one there', async () => {
    const workspace = path.join(harness.folder, 'not-yet')
    const host = harness.start('maker', { args: ['--workspace', workspace] })
    const options = await host.pressInBox('Make workspace here')
    expect(options.detail).toContain('Open another folder, or make a workspace here.')
    await host.next('engine-started')
    expect((await host.next('engine-started')).args).toEqual([
      '--workspace',
      workspace,
      '--data',
      path.join(harness.staged.appPath, 'data'),
      '--create',
    ])
    await host.next('window-shown')
    await host.page('fixture.client().then(() => undefined)')
    expect(existsSync(workspace)).toBe(true)
    await host.kill()
  })
})

describe('quitting', () => {
  test('ends the engine first, and asks nothing when the last job has ended', async () => {
    const host = await harness.startConnected('quit', harness.workspace('quit'))
    await host.page('fixture.client().then((client) => client.setRunningJobs(1).then(() => client.setRunningJobs(0)))')
    await host.call('quit')
    expect((await host.next('engine-exited')).code).toBe(0)
    expect(await host.exited()).toBe(0)
    expect(host.untaken('message-box')).toEqual([])
  })

  test('asks while jobs run, and closing the window is quitting', async () => {
    const host = await harness.startConnected('quit-jobs', harness.workspace('quit-jobs'))
    await host.page('fixture.client().then((client) => client.setRunningJobs(2))')
    await host.call('closeWindow')
    const options = await host.pressInBox('Keep running')
    expect(options.message).toBe('2 jobs are running.')
    expect(options.buttons).toEqual(['Stop and quit', 'Keep running'])
    expect([options.defaultId, options.cancelId]).toEqual([1, 1])
    // It did keep running: the page still talks to the same engine.
    expect(await host.page('fixture.client().then((client) => client.openPorts())')).toBe(1)

    await host.call('closeWindow')
    await host.pressInBox('Stop and quit')
    expect((await host.next('engine-exited')).code).toBe(0)
    await host.next('window-closed')
    expect(await host.exited()).toBe(0)
  })
})

describe('the page', () => {
  test('that ends is loaded again when the operator wants it, and the engine is not touched', async () => {
    const host = await harness.startConnected('page', harness.workspace('page'))
    await host.next('page-loaded')
    await host.call('endPage', 'oom')
    const options = await host.pressInBox('Load again')
    expect(options.message).toBe("The console's page ended (oom).")
    await host.next('page-loaded')
    expect(await host.page('fixture.client().then((client) => client.openPorts())')).toBe(1)
    expect(host.untaken('engine-started')).toHaveLength(1)
    await host.kill()
  })
})
