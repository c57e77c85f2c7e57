import type { MessagePortMain, UtilityProcess } from 'electron'
import type { ErrorReport } from '#shared/errors.ts'
import type { EngineState } from '#shared/host-api.ts'
import type { HostToEngine } from '#shared/host-protocol.ts'
import { parseEngineMessage } from './engine-message.ts'
import { outputTail } from './output-tail.ts'
import type { OutputTail } from './output-tail.ts'
import { RESTART_LIMITS, decideRestart } from './restart-policy.ts'
import type { RestartLimits } from './restart-policy.ts'
import type { ShellLog } from './shell-log.ts'

/** What is asked of the engine's process when it starts. */
export interface EngineLaunch {
  /** Absolute path of the workspace folder. */
  readonly workspace: string
  /** Make the workspace in that folder first. It holds for the first start only: a restart finds it made. */
  readonly create: boolean
}

/** The part of Electron's utility process that the supervisor uses. */
export type EngineProcess = Pick<UtilityProcess, 'kill' | 'on' | 'pid' | 'postMessage' | 'stderr' | 'stdout'>

export interface SupervisorOptions {
  /** Starts a process that speaks `shared/host-protocol.ts`. */
  readonly fork: (launch: EngineLaunch) => EngineProcess
  readonly log: ShellLog
  readonly limits?: RestartLimits
  /** How long the engine may take to finish after it was asked to; then it is ended. 10 s unless given. */
  readonly shutdownGraceMs?: number
  /** How long it may take to end after SIGTERM; then it gets SIGKILL. 2 s unless given. */
  readonly killGraceMs?: number
}

/** One engine process, from fork to exit. Messages and exits of an earlier one are told apart by identity. */
interface Run {
  readonly child: EngineProcess
  readonly number: number
  readonly workspace: string
  readonly exited: Promise<void>
  readonly errorOutput: OutputTail
  /** Monotonic milliseconds when it became ready. */
  readySinceMs: number | undefined
  /** It said that it cannot start; its exit is expected. */
  reported: ErrorReport | undefined
  stopping: boolean
}

/**
 * Keeps one engine running for one workspace: starts it, hands ports to it, starts it again with growing delays when it ends
 * unexpectedly, gives up after several quick failures, and ends it in bounded time.
 */
export class EngineSupervisor {
  readonly #options: SupervisorOptions
  readonly #limits: RestartLimits
  readonly #listeners = new Set<(state: EngineState) => void>()
  #state: EngineState = { kind: 'stopped' }
  #launch: EngineLaunch | undefined
  #run: Run | undefined
  #runs = 0
  #failures = 0
  #restartTimer: NodeJS.Timeout | undefined
  #runningJobs = 0
  #closed = false
  /** Starts and stops follow one another; two at once could leave two engines on one workspace. */
  #sequence: Promise<void> = Promise.resolve()

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#limits = options.limits ?? RESTART_LIMITS
  }

  get state(): EngineState {
    return this.#state
  }

  /** How many jobs the engine runs, as it reported last; 0 when there is no engine. */
  get runningJobs(): number {
    return this.#runningJobs
  }

  /** Calls `listener` on every change of the state; returns a function that ends it. */
  onState(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Starts the engine for `launch`, after ending the one that runs. Does nothing once `close` was called. */
  start(launch: EngineLaunch): Promise<void> {
    return this.#inSequence(() => this.#startAfterStop(launch))
  }

  /** Starts the engine anew for the same workspace, whatever state it is in. */
  restart(): Promise<void> {
    return this.#inSequence(async () => {
      if (this.#launch !== undefined) await this.#startAfterStop(this.#launch)
    })
  }

  /** Hands one end of a channel to the engine. False, and the port is still the caller's, when the engine is not up. */
  connect(port: MessagePortMain): boolean {
    if (this.#run === undefined || this.#state.kind !== 'up') return false
    send(this.#run.child, { kind: 'connect' }, [port])
    return true
  }

  /** Ends the engine for good; resolves when its process is gone, at the latest after both grace times. */
  close(): Promise<void> {
    this.#closed = true
    return this.#inSequence(() => this.#stop())
  }

  #inSequence(step: () => Promise<void>): Promise<void> {
    const done = this.#sequence.then(step)
    this.#sequence = done.catch(() => undefined)
    return done
  }

  async #startAfterStop(launch: EngineLaunch): Promise<void> {
    await this.#stop()
    if (this.#closed) return
    this.#launch = launch
    this.#failures = 0
    this.#fork(launch)
  }

  #fork(launch: EngineLaunch): void {
    const child = this.#options.fork(launch)
    const { promise: exited, resolve: markExited } = Promise.withResolvers<void>()
    const run: Run = {
      child,
      number: ++this.#runs,
      workspace: launch.workspace,
      exited,
      errorOutput: outputTail(child.stderr, (text) => this.#options.log.warn(`engine: ${text}`)),
      readySinceMs: undefined,
      reported: undefined,
      stopping: false,
    }
    outputTail(child.stdout, (text) => this.#options.log.info(`engine: ${text}`))
    this.#run = run
    child.on('message', (message: unknown) => this.#receive(run, message))
    child.on('exit', (code) => {
      markExited()
      this.#ended(run, code)
    })
    this.#change({ kind: 'starting', workspace: launch.workspace })
  }

  #receive(run: Run, value: unknown): void {
    if (run !== this.#run || run.stopping) return
    const message = parseEngineMessage(value)
    switch (message?.kind) {
      case undefined:
        this.#options.log.warn('The engine sent a message that the shell does not know.')
        return
      case 'ready':
        run.readySinceMs = performance.now()
        // The folder was made; a restart must open it, not make it again.
        this.#launch = { workspace: run.workspace, create: false }
        this.#change({ kind: 'up', workspace: run.workspace, run: run.number })
        return
      case 'failed':
        run.reported = message.error
        this.#fail(message.error)
        return
      case 'activity':
        this.#runningJobs = message.runningJobs
    }
  }

  #ended(run: Run, code: number): void {
    if (run !== this.#run) return
    this.#run = undefined
    this.#runningJobs = 0
    if (run.stopping || run.reported !== undefined || this.#launch === undefined) return
    const servedMs = run.readySinceMs === undefined ? 0 : performance.now() - run.readySinceMs
    const decision = decideRestart(this.#failures, servedMs, this.#limits)
    this.#failures = decision.failures
    const error = describeEnd(code, decision.failures, run.errorOutput.text())
    this.#options.log.warn(`${error.message} ${decision.kind === 'restart' ? 'Starting it again.' : 'Giving up.'}`)
    if (decision.kind === 'give-up') {
      this.#fail(error)
      return
    }
    const launch = this.#launch
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined
      this.#fork(launch)
    }, decision.delayMs)
    this.#change({
      kind: 'restarting',
      workspace: launch.workspace,
      delayMs: decision.delayMs,
      failures: decision.failures,
      error,
    })
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restartTimer)
    this.#restartTimer = undefined
    const run = this.#run
    if (run !== undefined) {
      if (!run.stopping) {
        run.stopping = true
        this.#runningJobs = 0
        send(run.child, { kind: 'shutdown' })
      }
      this.#change({ kind: 'stopped' })
      await this.#endWithin(run)
      if (this.#run === run) this.#run = undefined
    }
    this.#change({ kind: 'stopped' })
  }

  async #endWithin(run: Run): Promise<void> {
    if (await settlesWithin(run.exited, this.#options.shutdownGraceMs ?? 10_000)) return
    this.#options.log.warn('The engine did not finish in time and is ended. Its stores recover at the next start.')
    const { pid } = run.child
    run.child.kill()
    const killGraceMs = this.#options.killGraceMs ?? 2_000
    if (await settlesWithin(run.exited, killGraceMs)) return
    if (pid !== undefined) killNow(pid)
    await settlesWithin(run.exited, killGraceMs)
  }

  #fail(error: ErrorReport): void {
    this.#change({ kind: 'failed', workspace: this.#launch?.workspace ?? '', error })
  }

  #change(state: EngineState): void {
    if (state.kind === 'stopped' && this.#state.kind === 'stopped') return
    this.#state = state
    // A copy, because a listener may add or remove listeners.
    for (const listener of Array.from(this.#listeners)) listener(state)
  }
}

function send(child: EngineProcess, message: HostToEngine, transfer: MessagePortMain[] = []): void {
  child.postMessage(message, transfer)
}

/** Ends a process that ignored SIGTERM; one that is gone meanwhile is what was wanted. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function describeEnd(code: number, failures: number, errorOutput: string): ErrorReport {
  const times = failures === 1 ? '' : ` ${failures} times in a row`
  const lastWords = errorOutput === '' ? '' : ` Its last output was:\n${errorOutput}`
  return {
    code: 'INTERNAL',
    message: `The engine ended unexpectedly${times} (exit code ${code}).`,
    hint: `Stored data is safe. If it ends again, the log in the workspace folder has the details.${lastWords}`,
  }
}

/** Whether `promise` settles within `timeoutMs`. */
async function settlesWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  const settled = await Promise.race([promise.then(() => true as const), timeout])
  clearTimeout(timer)
  return settled
}
