import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAppUrl } from '#main/app/app-address.ts'
import { parseEngineMessage } from '#main/app/engine-message.ts'
import { isExternalLink } from '#main/app/external-link.ts'
import { readRendererFile } from '#main/app/renderer-file.ts'
import { decideRestart } from '#main/app/restart-policy.ts'
import { parseShellState, readShellState, writeShellState } from '#main/app/shell-state.ts'
import { placeWindow } from '#main/app/window-placement.ts'
import { workspaceArgument } from '#main/app/workspace-argument.ts'
import { isPortMessage } from '#shared/host-api.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'switchyard-shell-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('addresses', () => {
  test.each([
    ['app://switchyard/index.html', true],
    ['app://switchyard/', true],
    ['app://switchyard', false],
    ['app://switchyard.example/index.html', false],
    ['app://switchyard@example/index.html', false],
    ['app://switchyard:80/index.html', false],
    ['app://example/index.html', false],
    ['https://switchyard/index.html', false],
    ['file:///index.html', false],
    ['about:blank', false],
    ['', false],
  ])('%s is a page of the console: %s', (url, expected) => {
    expect(isAppUrl(url)).toBe(expected)
  })

  test.each([
    ['https://www.interactivebrokers.com/en/trading/tws.php', true],
    ['https://interactivebrokers.github.io/tws-api/', true],
    ['http://www.interactivebrokers.com/', false],
    ['https://www.interactivebrokers.com:8443/', false],
    ['https://user@www.interactivebrokers.com/', false],
    ['https://www.interactivebrokers.com.example/', false],
    ['https://example.com/?https://www.interactivebrokers.com/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['not a url', false],
  ])('%s may be opened outside: %s', (url, expected) => {
    expect(isExternalLink(url)).toBe(expected)
  })
})

describe('files of the console', () => {
  let root: string

  beforeAll(() => {
    root = path.join(folder, 'out', 'renderer')
    mkdirSync(path.join(root, 'assets'), { recursive: true })
    writeFileSync(path.join(root, 'index.html'), '<p>index</p>')
    writeFileSync(path.join(root, 'assets', 'main.js'), 'export {}')
    writeFileSync(path.join(root, 'assets', 'unknown.xyz'), '?')
    writeFileSync(path.join(folder, 'out', 'secret.txt'), 'secret')
    mkdirSync(path.join(folder, 'out', 'renderer-other'))
    writeFileSync(path.join(folder, 'out', 'renderer-other', 'secret.txt'), 'secret')
    symlinkSync(path.join(folder, 'out', 'secret.txt'), path.join(root, 'assets', 'link.txt'))
  })

  test.each([
    ['app://switchyard/index.html', '<p>index</p>', 'text/html; charset=utf-8'],
    ['app://switchyard/', '<p>index</p>', 'text/html; charset=utf-8'],
    ['app://switchyard/compare/SPY?date=2024-07-01#top', '<p>index</p>', 'text/html; charset=utf-8'],
    ['app://switchyard/assets/main.js?v=1', 'export {}', 'text/javascript; charset=utf-8'],
    ['app://switchyard/assets/unknown.xyz', '?', 'application/octet-stream'],
  ])('%s is served', async (url, body, contentType) => {
    const file = await readRendererFile(root, url)
    expect(file).toMatchObject({ kind: 'file', contentType })
    expect(file.kind === 'file' && Buffer.from(file.body).toString()).toBe(body)
  })

  test.each([
    ['app://switchyard/assets/missing.js', 404],
    ['app://switchyard/assets.js/', 404],
    ['app://switchyard/index.html/x.js', 404],
    ['app://switchyard/..%2fsecret.txt', 403],
    ['app://switchyard/%2e%2e%2fsecret.txt', 403],
    ['app://switchyard/assets/..%2f..%2f..%2fsecret.txt', 403],
    ['app://switchyard/..%2frenderer-other%2fsecret.txt', 403],
    ['app://switchyard/assets/link.txt', 403],
    ['app://switchyard/..%5csecret.txt', 400],
    ['app://switchyard/secret%00.txt', 400],
    ['app://switchyard/%E0%A4%A.txt', 400],
    ['app://example/index.html', 403],
    ['app://user@switchyard/index.html', 403],
    ['file:///index.html', 403],
  ])('%s is refused with %i', async (url, status) => {
    expect(await readRendererFile(root, url)).toEqual({ kind: 'refused', status })
  })
})

describe('restarts', () => {
  const limits = { firstDelayMs: 100, maxDelayMs: 1000, giveUpAfter: 6, stableAfterMs: 60_000 }

  test('delays double up to the limit, then the attempts end', () => {
    const decisions = [0, 1, 2, 3, 4, 5].map((previous) => decideRestart(previous, 0, limits))
    expect(decisions).toEqual([
      { kind: 'restart', failures: 1, delayMs: 100 },
      { kind: 'restart', failures: 2, delayMs: 200 },
      { kind: 'restart', failures: 3, delayMs: 400 },
      { kind: 'restart', failures: 4, delayMs: 800 },
      { kind: 'restart', failures: 5, delayMs: 1000 },
      { kind: 'give-up', failures: 6 },
    ])
  })

  test('an engine that served long enough starts the count again', () => {
    expect(decideRestart(5, 59_999, limits)).toEqual({ kind: 'give-up', failures: 6 })
    expect(decideRestart(5, 60_000, limits)).toEqual({ kind: 'restart', failures: 1, delayMs: 100 })
  })
})

describe('messages of the engine', () => {
  test.each([
    [{ kind: 'ready', workspace: '/w' }],
    [{ kind: 'activity', runningJobs: 2 }],
    [{ kind: 'failed', error: { code: 'WORKSPACE_LOCKED', message: 'In use.', hint: 'Close the other one.' } }],
  ])('%o is understood', (message) => {
    expect(parseEngineMessage({ ...message, extra: true })).toEqual(message)
  })

  test.each([
    [undefined],
    ['ready'],
    [{ kind: 'ready' }],
    [{ kind: 'activity', runningJobs: -1 }],
    [{ kind: 'activity', runningJobs: 1.5 }],
    [{ kind: 'failed', error: { code: 'NO_SUCH_CODE', message: 'x' } }],
    [{ kind: 'failed', error: 'x' }],
    [{ kind: 'connect' }],
  ])('%o is not', (message) => {
    expect(parseEngineMessage(message)).toBeUndefined()
  })
})

describe('what is remembered', () => {
  test('comes back as it was written', () => {
    const file = path.join(folder, 'state', 'shell-state.json')
    const state = { workspace: '/desk', bounds: { x: -5, y: 0, width: 1200, height: 800 }, maximized: true }
    writeShellState(file, state)
    expect(readShellState(file)).toEqual(state)
  })

  test('is nothing where there is no file', () => {
    expect(readShellState(path.join(folder, 'absent.json'))).toEqual({})
  })

  test.each([
    ['{', {}],
    ['[]', {}],
    ['{"workspace": "relative/folder"}', {}],
    ['{"workspace": "/desk", "bounds": {"x": 0, "y": 0, "width": 0, "height": 5}}', { workspace: '/desk' }],
    ['{"bounds": {"x": 0.5, "y": 0, "width": 10, "height": 5}, "maximized": false}', { maximized: false }],
    ['{"bounds": {"x": 1e9, "y": 0, "width": 10, "height": 5}}', {}],
    [
      '{"bounds": {"x": 1, "y": 2, "width": 3, "height": 4}, "maximized": "yes"}',
      { bounds: { x: 1, y: 2, width: 3, height: 4 } },
    ],
  ])('keeps the valid parts of %s', (text, expected) => {
    expect(parseShellState(text)).toEqual(expected)
  })
})

describe('the place of the window', () => {
  const laptop = { x: 0, y: 25, width: 1512, height: 920 }
  const wide = { x: 1512, y: 0, width: 2560, height: 1440 }

  test('is the centre of the primary screen at first', () => {
    expect(placeWindow(undefined, [wide])).toEqual({ x: 1512 + 560, y: 270, width: 1440, height: 900 })
  })

  test('is where it was, on whichever screen that is', () => {
    const saved = { x: 1600, y: 100, width: 1300, height: 800 }
    expect(placeWindow(saved, [laptop, wide])).toEqual(saved)
  })

  test('is the primary screen again when the other screen is gone', () => {
    const saved = { x: 1600, y: 100, width: 1300, height: 800 }
    expect(placeWindow(saved, [laptop])).toEqual({ x: 36, y: 35, width: 1440, height: 900 })
  })

  test('is not where the title bar cannot be reached', () => {
    const centred = { x: 36, y: 35, width: 1440, height: 900 }
    expect(placeWindow({ x: 100, y: -300, width: 1300, height: 800 }, [laptop])).toEqual(centred)
    expect(placeWindow({ x: -1250, y: 100, width: 1300, height: 800 }, [laptop])).toEqual(centred)
    expect(placeWindow({ x: 100, y: 930, width: 1300, height: 800 }, [laptop])).toEqual(centred)
  })

  test('is no larger than the screen and no smaller than the console needs', () => {
    expect(placeWindow({ x: 10, y: 30, width: 5000, height: 200 }, [laptop])).toEqual({
      x: 10,
      y: 30,
      width: 1512,
      height: 700,
    })
    expect(placeWindow(undefined, [{ x: 0, y: 0, width: 800, height: 600 }])).toEqual({
      x: 0,
      y: 0,
      width: 800,
      height: 600,
    })
  })
})

describe('the workspace argument', () => {
  test.each([
    [['electron', '.', '--workspace', '/desk'], '/desk'],
    [['electron', '.', '--workspace=/desk'], '/desk'],
    [['electron', '.', '--workspace', 'desk'], '/home/desk'],
    [['electron', '.', '--workspace', '/a', '--workspace', '/b'], '/b'],
    [['electron', '.', '--workspace', '--inspect'], undefined],
    [['electron', '.', '--workspace'], undefined],
    [['electron', '.', '--workspace='], undefined],
    [['electron', '.', '--workspaces', '/desk'], undefined],
    [['electron', '.'], undefined],
  ])('%j gives %s', (argv, expected) => {
    const absolute = expected === undefined ? undefined : path.resolve(expected)
    expect(workspaceArgument(argv, path.resolve('/home'))).toBe(absolute)
  })
})

describe('the message that hands over a port', () => {
  const page = { location: { origin: 'app://switchyard' } }
  const genuine = { data: { type: 'switchyard:port' }, origin: 'app://switchyard', source: page, ports: [{}] }

  test('is recognised', () => {
    expect(isPortMessage(genuine, page)).toBe(true)
  })

  test.each([
    ['another window', { source: {} }],
    ['no window', { source: null }],
    ['another origin', { origin: 'https://example.com' }],
    ['no port', { ports: [] }],
    ['two ports', { ports: [{}, {}] }],
    ['another type', { data: { type: 'other' } }],
    ['no object', { data: 'switchyard:port' }],
    ['null', { data: null }],
  ])('is not taken from %s', (_what, change) => {
    expect(isPortMessage({ ...genuine, ...change }, page)).toBe(false)
  })
})
