import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ElectronHost } from '../electron-host/electron-host.ts'
import { Harness } from '../electron-host/harness.ts'

let harness: Harness
let host: ElectronHost
let workspace: string

beforeAll(async () => {
  harness = await Harness.open()
  workspace = harness.workspace('desk')
  host = await harness.startConnected('window', workspace)
})

afterAll(async () => harness?.close())

/** Runs statements in the page and returns what they return. */
function inPage<Result>(statements: string): Promise<Result> {
  return host.page<Result>(`(async () => { ${statements} })()`)
}

describe('the window', () => {
  test('gives its pages nothing that a web page has not', async () => {
    const { windowOptions, sandboxEnabled } = await host.call('records')
    expect(sandboxEnabled).toBe(true)
    expect(windowOptions).toHaveLength(1)
    expect(windowOptions[0].show).toBe(false)
    const { preload, ...preferences } = windowOptions[0].webPreferences ?? {}
    expect(preload).toBe(`${harness.staged.appPath}/out/preload/index.cjs`)
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: true,
    })
  })

  test('serves the application scheme as a standard, secure one that bypasses no policy', async () => {
    const { schemes } = await host.call('records')
    expect(schemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
    ])
  })

  test('has a menu for the workspace, the engine and the usual commands', async () => {
    const menu = await host.call('menu')
    const names = menu.map((entry) => entry.label || entry.role)
    expect(names.filter((name) => name !== 'appMenu')).toEqual(['File', 'editMenu', 'View', 'windowMenu', 'help'])
    const file = menu.find((entry) => entry.label === 'File')
    expect(file?.submenu.map((entry) => entry.label).filter((label) => label !== '')).toEqual([
      'Open workspace…',
      'Reveal workspace folder',
      'Restart engine',
    ])
    await host.call('clickMenu', 'File', 'Reveal workspace folder')
    expect((await host.next('revealed')).path).toBe(workspace)
  })
})

describe('the exposed API', () => {
  test('has exactly its keys, frozen, and cannot be replaced', async () => {
    const api = await inPage<Record<string, unknown>>(`
      const host = window.switchyardHost
      const descriptor = Object.getOwnPropertyDescriptor(window, 'switchyardHost')
      return {
        types: Object.fromEntries(Object.keys(host).toSorted().map((key) => [key, typeof host[key]])),
        kind: host.kind,
        platform: host.platform,
        frozen: Object.isFrozen(host),
        writable: descriptor.writable,
        configurable: descriptor.configurable,
      }
    `)
    expect(api).toEqual({
      types: {
        connect: 'function',
        kind: 'string',
        onEngineState: 'function',
        openWorkspace: 'function',
        platform: 'string',
        restartEngine: 'function',
      },
      kind: 'electron',
      platform: process.platform,
      frozen: true,
      writable: false,
      configurable: false,
    })
  })

  test('is all that reaches the page', async () => {
    const reachable = await inPage<string[]>(`
      return ['require', 'process', 'module', 'Buffer', 'ipcRenderer', 'electron'].filter((name) => name in window)
    `)
    expect(reachable).toEqual([])
    // The same name does exist where the preload script runs, so the check above can fail.
    expect(await host.call('evaluateIsolated', 'typeof reportError')).toBe('function')
    expect(await host.call('evaluateIsolated', "'switchyardHost' in window")).toBe(false)
  })

  test('refuses a listener that is no function', async () => {
    const message = await inPage<string>(`
      try { window.switchyardHost.onEngineState('x') } catch (error) { return error.message }
    `)
    expect(message).toBe('onEngineState needs a function.')
  })

  test('calls a listener with the present state, and no more once it unsubscribed', async () => {
    const seen = await inPage<unknown[]>(`
      const seen = []
      const stop = window.switchyardHost.onEngineState((state) => seen.push(state.kind))
      stop()
      return seen
    `)
    expect(seen).toEqual(['up'])
  })
})

describe('the content policy', () => {
  test('comes with every answer, refusals too', async () => {
    for (const url of ['app://switchyard/index.html', 'app://switchyard/missing.js', 'app://switchyard/..%2fx.js']) {
      const { headers } = await host.call('request', { url })
      const directives = new Map(
        headers['content-security-policy'].split('; ').map((each) => [each.split(' ')[0], each.split(' ').slice(1)]),
      )
      expect(directives.get('default-src')).toEqual(["'none'"])
      expect(directives.get('script-src')).toEqual(["'self'"])
      expect(directives.get('style-src')).toEqual(["'self'", "'unsafe-inline'"])
      expect(directives.get('connect-src')).toEqual(["'self'"])
      expect(directives.get('frame-ancestors')).toEqual(["'none'"])
      expect(directives.get('object-src')).toEqual(["'none'"])
      expect(directives.get('base-uri')).toEqual(["'none'"])
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })

  test('stops inline scripts, code from strings, foreign requests and frames, and lets inline styles be', async () => {
    const foreign = await inPage<string>(`
      const script = document.createElement('script')
      script.textContent = 'window.inlineScriptRan = true'
      document.body.append(script)
      setTimeout('window.stringRan = true')
      const frame = document.createElement('iframe')
      frame.src = '/index.html'
      document.body.append(frame)
      document.body.style.cssText = 'color: rgb(1, 2, 3)'
      return fetch('https://example.com/').then(() => 'answered', () => 'refused')
    `)
    expect(foreign).toBe('refused')
    await host.pageUntil('fixture.policyViolations.length >= 4')
    expect(await inPage('return fixture.policyViolations.toSorted()')).toEqual([
      'connect-src',
      'frame-src',
      'script-src',
      'script-src-elem',
    ])
    expect(await inPage("return 'inlineScriptRan' in window || 'stringRan' in window")).toBe(false)
    expect(await inPage('return getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)')
    // The policy stopped it in the page: nothing was asked of the network.
    expect((await host.call('records')).blockedRequests).toEqual([])
  })
})

describe('the protocol handler', () => {
  test('serves the built console to the page', async () => {
    const answer = await host.call('request', { url: 'app://switchyard/index.html' })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toContain('<title>Shell fixture</title>')
  })

  test('refuses to leave the folder, also when the page asks', async () => {
    const statuses = await inPage<number[]>(`
      const paths = ['/..%2fmain%2fengine.js', '/assets/..%2f..%2f..%2f..%2fpackage.json', '/%2e%2e%2fmain%2fengine.js']
      return Promise.all(paths.map(async (path) => (await fetch(path)).status))
    `)
    expect(statuses).toEqual([403, 403, 403])
  })

  test('answers GET and HEAD only, on its own host only', async () => {
    expect((await host.call('request', { url: 'app://switchyard/index.html', method: 'POST' })).status).toBe(405)
    expect((await host.call('request', { url: 'app://elsewhere/index.html' })).status).toBe(403)
    const head = await host.call('request', { url: 'app://switchyard/index.html', method: 'HEAD' })
    expect({ status: head.status, body: head.body }).toEqual({ status: 200, body: '' })
  })
})

describe('leaving the console', () => {
  test('a link to anywhere does nothing, a link to the documentation opens outside', async () => {
    await inPage('window.stillHere = true')
    await inPage(`
      const click = (href, target) => {
        const link = Object.assign(document.createElement('a'), { href, target, textContent: 'x' })
        document.body.append(link)
        link.click()
        link.remove()
      }
      click('https://example.com/', '')
      click('https://www.interactivebrokers.com/en/', '')
    `)
    // The second click is a navigation too; both stay refused, so the page and what it holds are still there.
    expect((await host.next('opened')).url).toBe('https://www.interactivebrokers.com/en/')
    expect(await inPage('return window.stillHere')).toBe(true)
    expect((await host.call('records')).opened).toEqual(['https://www.interactivebrokers.com/en/'])
  })

  test.each([
    ['app://switchyard/index.html', true],
    ['app://elsewhere/index.html', false],
    ['https://example.com/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['data:text/html,x', false],
  ])('the main frame may go to %s: %s', async (url, allowed) => {
    expect(await host.call('navigationAllowed', url, 'main')).toBe(allowed)
    expect(await host.call('navigationAllowed', url, 'redirect')).toBe(allowed)
    // A frame within the page may go nowhere at all.
    expect(await host.call('navigationAllowed', url, 'child')).toBe(false)
  })

  test('no window opens; the documentation opens outside', async () => {
    await inPage(`
      window.open('https://example.com/')
      window.open('/index.html')
      const link = Object.assign(document.createElement('a'), { target: '_blank', textContent: 'x' })
      link.href = 'https://interactivebrokers.github.io/tws-api/'
      document.body.append(link)
      link.click()
    `)
    expect((await host.next('opened')).url).toBe('https://interactivebrokers.github.io/tws-api/')
    const { refusedWindows, windowOptions } = await host.call('records')
    expect(refusedWindows).toEqual([
      'https://example.com/',
      'app://switchyard/index.html',
      'https://interactivebrokers.github.io/tws-api/',
    ])
    expect(windowOptions).toHaveLength(1)
  })

  test('the Help menu opens the documentation outside', async () => {
    await host.call('clickMenu', 'help', 'TWS API documentation')
    expect((await host.next('opened')).url).toBe('https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/')
  })

  test('no webview is attached', async () => {
    expect(await host.call('webviewAllowed')).toBe(false)
  })

  test.each([
    ['blob:app://switchyard/4b3f', true],
    ['data:text/csv,a', true],
    ['blob:https://example.com/4b3f', false],
    ['https://example.com/setup.exe', false],
  ])('a download of %s may start: %s', async (url, allowed) => {
    expect(await host.call('downloadAllowed', url)).toBe(allowed)
  })
})

describe('permissions', () => {
  test.each([
    'clipboard-read',
    'clipboard-sanitized-write',
    'display-capture',
    'fullscreen',
    'geolocation',
    'hid',
    'media',
    'midiSysex',
    'notifications',
    'openExternal',
    'pointerLock',
    'serial',
    'usb',
    'unknown',
  ])('%s is denied, asked for or checked', async (name) => {
    expect(await host.call('permission', name)).toEqual({ request: false, check: false, device: false })
  })
})
