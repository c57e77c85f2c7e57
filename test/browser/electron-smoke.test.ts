import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron } from 'playwright'
import type { ElectronApplication, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findElectron } from './electron-binary.ts'

/**
 * The built application in the real Electron runtime. What only that can prove is listed in docs/electron.md; the rest is in
 * test/integration/electron-*.test.ts, which need no runtime.
 */
const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const electron = findElectron()
if (electron.kind === 'absent') console.info(`SKIPPED: the Electron smoke test, because ${electron.reason}.`)

describe.skipIf(electron.kind === 'absent')('the application in Electron', () => {
  let folder: string
  let workspace: string
  let application: ElectronApplication
  let page: Page

  beforeAll(async () => {
    if (electron.kind === 'absent') return
    if (!existsSync(path.join(PROJECT, 'out/main/index.js'))) throw new Error('Run "npm run build" first.')
    folder = mkdtempSync(path.join(tmpdir(), 'switchyard-smoke-'))
    workspace = path.join(folder, 'smoke-desk')
    execFileSync(process.execPath, [path.join(PROJECT, 'main/cli/switchyard.ts'), 'init', '--workspace', workspace])
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    application = await _electron.launch({
      executablePath: electron.executable,
      args: [...asRoot, `--user-data-dir=${path.join(folder, 'user')}`, PROJECT, '--workspace', workspace],
    })
    page = await application.firstWindow()
  })

  afterAll(async () => {
    await application?.close()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test('serves the page under its own scheme, with the policy enforced', async () => {
    await expect.poll(() => page.url(), { timeout: 20_000 }).toMatch(/^app:\/\/switchyard\//)
    expect(await page.evaluate(() => [location.origin, isSecureContext])).toEqual(['app://switchyard', true])
    const inline = await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.inlineScriptRan = true'
      document.body.append(script)
      return 'inlineScriptRan' in window
    })
    expect(inline).toBe(false)
    expect(await page.evaluate(() => fetch('/..%2fmain%2findex.js').then((answer) => answer.status))).toBe(403)
  })

  test('isolates the page from Node and Electron', async () => {
    const reachable = await page.evaluate(() => ['require', 'process', 'module'].filter((name) => name in window))
    expect(reachable).toEqual([])
    expect(await page.evaluate(() => Object.keys(window.switchyardHost ?? {}).toSorted())).toEqual([
      'connect',
      'kind',
      'onEngineState',
      'openWorkspace',
      'platform',
      'restartEngine',
    ])
    expect(await page.evaluate(() => Object.isFrozen(window.switchyardHost))).toBe(true)
  })

  test('denies permissions and windows', async () => {
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
    expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true)
    expect(application.windows()).toHaveLength(1)
  })

  test('shows what the engine says, and again after the engine was killed', async () => {
    const showsWorkspace = (): Promise<boolean> => page.evaluate(() => document.body.innerText.includes('smoke-desk'))
    await expect.poll(showsWorkspace, { timeout: 20_000 }).toBe(true)
    const enginePid = (): Promise<number | undefined> =>
      application.evaluate(
        ({ app }) => app.getAppMetrics().find((process) => process.name === 'Switchyard engine')?.pid,
      )
    const pid = await enginePid()
    if (pid === undefined) throw new Error('There is no engine process.')
    const upAgain = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let first: number | undefined
          window.switchyardHost?.onEngineState((state) => {
            if (state.kind !== 'up') return
            first ??= state.run
            if (state.run > first) resolve(state.run)
          })
        }),
    )
    process.kill(pid, 'SIGKILL')
    expect(await upAgain).toBe(2)
    expect(await enginePid()).not.toBe(pid)
    await page.reload()
    await expect.poll(showsWorkspace, { timeout: 20_000 }).toBe(true)
  })
})
