import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ElectronHost } from '../electron-host/electron-host.ts'
import { Harness } from '../electron-host/harness.ts'
import { stageFixtureApp } from '../electron-host/stage-app.ts'

let harness: Harness

beforeAll(async () => {
  harness = await Harness.open()
})

afterAll(async () => harness?.close())

function remembered(userData: string): unknown {
  const file = path.join(harness.userData(userData), 'shell-state.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

function openWorkspaceOf(host: ElectronHost): Promise<string> {
  return host.page<string>('fixture.client().then((client) => client.about()).then((about) => about.workspace)')
}

describe('the first start', () => {
  test('asks for a workspace, opens it, and opens it again the next time, where the window was', async () => {
    const workspace = harness.workspace('first')
    const host = harness.start('first-user')
    const options = await host.pressInBox('Open a workspace…')
    expect(options.buttons).toEqual(['Open a workspace…', 'Make a new workspace…', 'Cancel'])
    const dialog = await host.next('open-dialog')
    expect(dialog.options.properties).toEqual(['openDirectory'])
    await host.call('answerOpenDialog', dialog.id, [workspace])
    await host.next('window-shown')
    expect(await openWorkspaceOf(host)).toBe(workspace)
    await host.call('moveWindow', { x: 300, y: 200, width: 1100, height: 750 })
    await host.call('quit')
    expect(await host.exited()).toBe(0)
    expect(remembered('first-user')).toEqual({
      workspace,
      bounds: { x: 300, y: 200, width: 1100, height: 750 },
      maximized: false,
    })

    const again = harness.start('first-user')
    await again.next('window-shown')
    expect(await openWorkspaceOf(again)).toBe(workspace)
    expect(await again.call('currentBounds')).toEqual({ x: 300, y: 200, width: 1100, height: 750 })
    await again.kill()
  })

  test('makes a workspace where the operator wants one', async () => {
    const workspace = path.join(harness.folder, 'made')
    const host = harness.start('maker')
    await host.pressInBox('Make a new workspace…')
    const dialog = await host.next('open-dialog')
    expect(dialog.options.properties).toContain('createDirectory')
    await host.call('answerOpenDialog', dialog.id, [workspace])
    expect((await host.next('engine-started')).args).toContain('--create')
    await host.next('window-shown')
    expect(await openWorkspaceOf(host)).toBe(workspace)
    await host.kill()
  })

  test('without a choice ends, with no window and no engine', async () => {
    const host = harness.start('undecided')
    await host.pressInBox('Open a workspace…')
    const { id } = await host.next('open-dialog')
    await host.call('answerOpenDialog', id, [])
    expect(await host.exited()).toBe(0)
    expect(host.untaken('window-shown')).toEqual([])
    expect(host.untaken('engine-started')).toEqual([])
    expect(remembered('undecided')).toBeUndefined()
  })

  test('asks again when the last workspace is gone', async () => {
    const workspace = harness.workspace('gone')
    const host = await harness.startConnected('gone-user', workspace)
    await host.kill()
    expect(remembered('gone-user')).toEqual({ workspace })
    rmSync(workspace, { recursive: true })
    const again = harness.start('gone-user')
    expect((await again.next('message-box')).options.message).toBe('Which workspace?')
    await again.kill()
  })
})

describe('another workspace', () => {
  test('replaces the engine and loads the page anew, after asking about running jobs', async () => {
    const [first, second] = [harness.workspace('one'), harness.workspace('two')]
    const host = await harness.startConnected('switcher', first)
    await host.next('page-loaded')
    await host.page('fixture.client().then((client) => client.setRunningJobs(1))')
    await host.call('clickMenu', 'File', 'Open workspace…')
    await host.pressInBox('Open a workspace…')
    await host.call('answerOpenDialog', (await host.next('open-dialog')).id, [second])
    const options = await host.pressInBox('Stop and open the other workspace')
    expect(options.message).toBe('One job is running.')
    expect((await host.next('engine-exited')).code).toBe(0)
    await host.next('page-loaded')
    expect(await openWorkspaceOf(host)).toBe(second)
    expect(await host.page('fixture.ports().received')).toBe(1)
    expect(remembered('switcher')).toEqual({ workspace: second })
    await host.kill()
  })

  test('of a second start is opened in the window that is there', async () => {
    const [first, second] = [harness.workspace('three'), harness.workspace('four')]
    const host = await harness.startConnected('second', first)
    expect((await host.call('records')).lockData).toEqual({ workspace: first })
    await host.next('page-loaded')

    for (const harmless of [undefined, 'x', { workspace: null }, { workspace: 'relative' }, { workspace: first }]) {
      await host.call('secondInstance', harmless)
      await host.next('focused')
    }
    await host.call('secondInstance', { workspace: second })
    await host.next('focused')
    await host.next('page-loaded')
    expect(await openWorkspaceOf(host)).toBe(second)
    expect(host.untaken('engine-started')).toHaveLength(2)
    expect((await host.call('records')).windowOptions).toHaveLength(1)
    await host.kill()
  })
})

test('a start without the single-instance lock ends at once', async () => {
  const host = harness.start('locked', { singleInstanceLock: false })
  expect(await host.exited()).toBe(0)
  expect(host.untaken('engine-started')).toEqual([])
  expect(host.untaken('message-box')).toEqual([])
})

test('an application that is not built says what is missing and how to build it', async () => {
  const incomplete = await stageFixtureApp()
  const engine = path.join(incomplete.appPath, 'out', 'main', 'engine.js')
  rmSync(engine)
  const host = harness.start('incomplete', { appPath: incomplete.appPath })
  const { content } = await host.next('error-box')
  expect(content).toBe(`${engine} is missing. Run "npm run build" and start again.`)
  expect(await host.exited()).toBe(1)
  incomplete.remove()
})

test('a packaged application has no developer tools and finds its data beside the archive', async () => {
  const workspace = harness.workspace('packaged')
  const host = harness.start('packaged', { args: ['--workspace', workspace], isPackaged: true })
  await host.next('window-shown')
  const { windowOptions } = await host.call('records')
  expect(windowOptions[0].webPreferences?.devTools).toBe(false)
  const view = (await host.call('menu')).find((entry) => entry.label === 'View')
  expect(view?.submenu.map((entry) => entry.role)).not.toContain('toggleDevTools')
  const { args } = await host.next('engine-started')
  expect(args[args.indexOf('--data') + 1]).toBe(path.join(path.dirname(harness.staged.appPath), 'data'))
  await host.kill()
})
