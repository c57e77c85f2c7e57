import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserServer } from 'playwright'
import { serveChromium } from '../browser/launch-chromium.ts'
import { ElectronHost } from './electron-host.ts'
import type { ElectronHostOptions } from './electron-host.ts'
import { stageFixtureApp } from './stage-app.ts'
import type { StagedApp } from './stage-app.ts'

/**
 * Electron gives the page's MessagePort a `close` event (electron/electron#22532); Chromium has the same event behind a switch.
 */
const LIKE_ELECTRON = ['--enable-blink-features=MessagePortCloseEvent']

/** How the fixture's engine behaves in a workspace. */
export type EngineBehaviour = 'serve' | 'end-at-once' | 'refuse' | 'hang'

/** A browser, a staged application and a temporary folder for the tests of one file. */
export class Harness {
  readonly staged: StagedApp
  readonly folder: string
  readonly #browser: BrowserServer
  readonly #hosts: ElectronHost[] = []

  static async open(): Promise<Harness> {
    const [browser, staged] = await Promise.all([serveChromium(LIKE_ELECTRON), stageFixtureApp()])
    return new Harness(browser, staged)
  }

  private constructor(browser: BrowserServer, staged: StagedApp) {
    this.#browser = browser
    this.staged = staged
    this.folder = mkdtempSync(path.join(tmpdir(), 'switchyard-electron-'))
  }

  /** Makes a workspace folder of that name. */
  workspace(name: string, behaviour: EngineBehaviour = 'serve'): string {
    const workspace = path.join(this.folder, name)
    mkdirSync(workspace, { recursive: true })
    this.setBehaviour(workspace, behaviour)
    return workspace
  }

  /** The folder for what the application remembers under that name. */
  userData(name: string): string {
    return path.join(this.folder, 'users', name)
  }

  setBehaviour(workspace: string, behaviour: EngineBehaviour): void {
    writeFileSync(path.join(workspace, 'behaviour'), behaviour)
  }

  /** Starts the application; `userData` is a name below the temporary folder, so that two starts can share what is remembered. */
  start(userData: string, options: Partial<Omit<ElectronHostOptions, 'browser' | 'userData'>> = {}): ElectronHost {
    const host = new ElectronHost({
      appPath: this.staged.appPath,
      ...options,
      browser: this.#browser.wsEndpoint(),
      userData: this.userData(userData),
    })
    this.#hosts.push(host)
    return host
  }

  /** Starts the application on `workspace` and waits until its page talks to the engine. */
  async startConnected(userData: string, workspace: string): Promise<ElectronHost> {
    const host = this.start(userData, { args: ['--workspace', workspace] })
    await host.next('window-shown')
    await host.page('fixture.client().then(() => undefined)')
    return host
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.kill()))
    await this.#browser.close()
    this.staged.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
