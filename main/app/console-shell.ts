import { existsSync } from 'node:fs'
import { app, shell } from 'electron'
import type { BrowserWindow } from 'electron'
import type { EngineState } from '#shared/host-api.ts'
import { APP_INDEX_URL } from './app-address.ts'
import type { AppPaths } from './app-paths.ts'
import { setApplicationMenu } from './application-menu.ts'
import { forkEngine } from './engine-process.ts'
import { EngineSupervisor } from './engine-supervisor.ts'
import type { EngineLaunch } from './engine-supervisor.ts'
import { TWS_API_DOCUMENTATION_URL } from './external-link.ts'
import { createMainWindow } from './main-window.ts'
import { askAfterFailure, askAfterPageEnded, askForWorkspace, confirmStoppingJobs } from './operator-dialogs.ts'
import type { ShellLog } from './shell-log.ts'
import { readShellState, writeShellState } from './shell-state.ts'
import type { ShellState } from './shell-state.ts'
import { serveWindowChannels } from './window-channels.ts'

export interface ConsoleShellOptions {
  readonly paths: AppPaths
  /** File that keeps the last workspace and the window's place. */
  readonly stateFile: string
  readonly devTools: boolean
  readonly log: ShellLog
}

/** The running application: one window, one engine, and what the operator can do to both. Created once, when Electron is ready. */
export class ConsoleShell {
  readonly #options: ConsoleShellOptions
  readonly #engine: EngineSupervisor
  #remembered: ShellState
  #window: BrowserWindow | undefined
  #workspace: string | undefined
  /** 'preparing' while the engine is being ended; 'ready' when Electron may quit. */
  #quit: 'no' | 'preparing' | 'ready' = 'no'
  /** A question about a workspace or a failure is on the screen; another one would only hide it. */
  #asking = false

  constructor(options: ConsoleShellOptions) {
    this.#options = options
    this.#remembered = readShellState(options.stateFile)
    this.#engine = new EngineSupervisor({
      fork: (launch) => forkEngine(options.paths, launch),
      log: options.log,
    })
    this.#engine.onState((state) => this.#engineChanged(state))
    serveWindowChannels({
      window: () => this.#window,
      engine: this.#engine,
      openWorkspace: () => this.#openWorkspace(),
      restartEngine: () => this.#restartEngine(),
      log: options.log,
    })
    setApplicationMenu(
      {
        openWorkspace: () => this.#openWorkspace(),
        revealWorkspace: () => this.#revealWorkspace(),
        restartEngine: () => this.#restartEngine(),
        openDocumentation: () => this.#inBackground(shell.openExternal(TWS_API_DOCUMENTATION_URL)),
      },
      options.devTools,
    )
    app.on('before-quit', (event) => {
      if (this.#quit === 'ready') return
      event.preventDefault()
      this.#inBackground(this.#prepareQuit())
    })
    app.on('activate', () => this.showWindow())
    app.on('window-all-closed', () => {
      // On macOS an application, and with it the engine's work, outlives its windows.
      if (process.platform !== 'darwin') app.quit()
    })
  }

  /** Opens `workspace`, else the one that was open last, else the one the operator picks; quits when there is none. */
  async start(workspace: string | undefined): Promise<void> {
    const launch = this.#firstLaunch(workspace) ?? (await askForWorkspace(undefined))
    if (launch === undefined) {
      app.quit()
      return
    }
    await this.#launch(launch)
    this.showWindow()
  }

  /** Brings the window to the front; creates it where it was closed. */
  showWindow(): void {
    if (this.#workspace === undefined) return
    if (this.#window === undefined) {
      this.#window = this.#createWindow()
      return
    }
    if (this.#window.isMinimized()) this.#window.restore()
    this.#window.focus()
  }

  /** What another start of the application by the same user comes to: the window, and the workspace that start asked for. */
  secondInstance(workspace: string | undefined): void {
    // The first question, which workspace, is still open.
    if (this.#workspace === undefined) return
    this.showWindow()
    if (workspace !== undefined && workspace !== this.#workspace) {
      this.#inBackground(this.#switchTo({ workspace, create: false }))
    }
  }

  #firstLaunch(argument: string | undefined): EngineLaunch | undefined {
    if (argument !== undefined) return { workspace: argument, create: false }
    const last = this.#remembered.workspace
    return last !== undefined && existsSync(last) ? { workspace: last, create: false } : undefined
  }

  async #launch(launch: EngineLaunch): Promise<void> {
    this.#workspace = launch.workspace
    await this.#engine.start(launch)
  }

  #createWindow(): BrowserWindow {
    const { paths, devTools, log } = this.#options
    const window = createMainWindow(paths.preload, devTools, this.#remembered)
    window.on('close', (event) => {
      this.#rememberWindow(window)
      if (process.platform === 'darwin' || this.#quit === 'ready') return
      // Closing the only window ends the application, so jobs are asked about while the window still stands.
      event.preventDefault()
      app.quit()
    })
    window.on('closed', () => {
      this.#window = undefined
    })
    window.webContents.on('render-process-gone', (_event, details) => {
      if (details.reason === 'clean-exit') return
      log.warn(`The page ended: ${details.reason}, exit code ${details.exitCode}.`)
      this.#inBackground(this.#pageEnded(details.reason))
    })
    this.#inBackground(window.loadURL(APP_INDEX_URL))
    return window
  }

  #engineChanged(state: EngineState): void {
    if (state.kind === 'up' && state.workspace !== this.#remembered.workspace) {
      this.#remember({ ...this.#remembered, workspace: state.workspace })
    }
    if (state.kind === 'failed') this.#inBackground(this.#explainFailure(state))
  }

  async #explainFailure(failure: Extract<EngineState, { kind: 'failed' }>): Promise<void> {
    const choice = await this.#ask(() => askAfterFailure(this.#window, failure.workspace, failure.error))
    switch (choice) {
      case 'restart':
        return this.#engine.restart()
      case 'create':
        return this.#launch({ workspace: failure.workspace, create: true })
      case 'open':
        this.#openWorkspace()
        return
      case 'quit':
        app.quit()
        return
      case 'none':
      case undefined:
        return
    }
  }

  async #pageEnded(reason: string): Promise<void> {
    const choice = await askAfterPageEnded(this.#window, reason)
    if (choice === 'quit') app.quit()
    else await this.#window?.loadURL(APP_INDEX_URL)
  }

  #openWorkspace(): void {
    this.#inBackground(
      (async () => {
        const launch = await this.#ask(() => askForWorkspace(this.#window))
        if (launch !== undefined) await this.#switchTo(launch)
      })(),
    )
  }

  async #switchTo(launch: EngineLaunch): Promise<void> {
    if (!(await this.#mayStopJobs('open the other workspace'))) return
    await this.#launch(launch)
    // Nothing that the page holds belongs to the new workspace.
    await this.#window?.loadURL(APP_INDEX_URL)
  }

  #revealWorkspace(): void {
    if (this.#workspace !== undefined) shell.showItemInFolder(this.#workspace)
  }

  #restartEngine(): void {
    this.#inBackground(
      (async () => {
        if (await this.#mayStopJobs('restart the engine')) await this.#engine.restart()
      })(),
    )
  }

  async #mayStopJobs(purpose: string): Promise<boolean> {
    const jobs = this.#engine.runningJobs
    if (jobs === 0) return true
    return (await this.#ask(() => confirmStoppingJobs(this.#window, jobs, purpose))) === true
  }

  async #prepareQuit(): Promise<void> {
    if (this.#quit !== 'no') return
    this.#quit = 'preparing'
    if (!(await this.#mayStopJobs('quit'))) {
      this.#quit = 'no'
      return
    }
    await this.#engine.close()
    this.#quit = 'ready'
    app.quit()
  }

  /** Asks one question at a time; undefined when another one is still open. */
  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    if (this.#asking) return undefined
    this.#asking = true
    try {
      return await question()
    } finally {
      this.#asking = false
    }
  }

  #rememberWindow(window: BrowserWindow): void {
    if (window.isDestroyed()) return
    this.#remember({ ...this.#remembered, bounds: window.getNormalBounds(), maximized: window.isMaximized() })
  }

  #remember(state: ShellState): void {
    this.#remembered = state
    try {
      writeShellState(this.#options.stateFile, state)
    } catch (error) {
      this.#options.log.warn(`The window's place and the last workspace could not be saved: ${String(error)}`)
    }
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.warn(`The shell failed: ${String(error)}`))
  }
}
