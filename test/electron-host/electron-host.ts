import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  HostCommands,
  HostConfig,
  HostEvent,
  HostEventOf,
  HostMessage,
  HostRectangle,
  HostRequest,
} from './control-protocol.ts'
import { PROJECT } from './stage-app.ts'

const RUN = fileURLToPath(new URL('./host/run.ts', import.meta.url))

/** How long the test waits for anything that should happen at once, on a slow machine. */
export const PATIENCE_MS = 30_000

export interface ElectronHostOptions {
  /** WebSocket address of a Chromium served by Playwright. */
  readonly browser: string
  /** The built application's folder. */
  readonly appPath: string
  /** A folder for what the application remembers. */
  readonly userData: string
  /** Command-line arguments after the application's folder. */
  readonly args?: readonly string[]
  /** The main process's entry relative to the project; its source unless given. */
  readonly entry?: string
  readonly isPackaged?: boolean
  readonly workAreas?: readonly HostRectangle[]
  readonly singleInstanceLock?: boolean
}

interface Waiting {
  readonly matches: (event: HostEvent) => boolean
  readonly resolve: (event: HostEvent) => void
}

/** A main process that runs under the emulated Electron, seen from the test. */
export class ElectronHost {
  readonly #child: ChildProcess
  readonly #replies = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  /** Events that no `next` has taken yet, oldest first. */
  readonly #events: HostEvent[] = []
  readonly #waiting = new Set<Waiting>()
  readonly #exit: Promise<number | null>
  #lastRequest = 0
  #output = ''

  constructor(options: ElectronHostOptions) {
    const config: HostConfig = {
      browser: options.browser,
      appPath: options.appPath,
      userData: options.userData,
      isPackaged: options.isPackaged ?? false,
      workAreas: options.workAreas ?? [{ x: 0, y: 0, width: 1920, height: 1040 }],
      singleInstanceLock: options.singleInstanceLock ?? true,
    }
    const entry = path.join(PROJECT, options.entry ?? 'main/app/index.ts')
    this.#child = spawn(process.execPath, [RUN, entry, ...(options.args ?? [])], {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, ELECTRON_HOST: JSON.stringify(config), NODE_OPTIONS: '' },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
      })
    }
    this.#child.on('message', (message: HostMessage) => this.#receive(message))
    this.#exit = new Promise((resolve) => this.#child.on('exit', (code) => resolve(code)))
    void this.#exit.then((code) => {
      for (const { reject } of this.#replies.values()) reject(this.#explain(`The main process ended (${code}).`))
    })
  }

  /** Runs a command in the main process. */
  call<Name extends keyof HostCommands>(
    command: Name,
    ...args: Parameters<HostCommands[Name]>
  ): Promise<Awaited<ReturnType<HostCommands[Name]>>> {
    const id = ++this.#lastRequest
    const request: HostRequest = { id, command, args }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#replies.set(id, { resolve, reject })
    this.#child.send(request)
    return this.#within(promise, `a reply to "${command}"`) as Promise<Awaited<ReturnType<HostCommands[Name]>>>
  }

  /** Evaluates an expression in the page and awaits its promise. The caller names the type of what the page returns. */
  async page<Result>(expression: string): Promise<Result> {
    return (await this.call('evaluate', expression)) as Result
  }

  /** Waits in the page, and in the page that replaces it, until `expression` is true. */
  async pageUntil(expression: string): Promise<void> {
    const poll = `new Promise((resolve) => {
      const look = () => ((${expression}) ? resolve() : requestAnimationFrame(look))
      look()
    })`
    for (;;) {
      try {
        await this.call('evaluate', poll)
        return
      } catch (error) {
        if (!String(error).includes('Execution context was destroyed')) throw error
      }
    }
  }

  /** The next event of that name that no one has taken yet and `matches`; waits for it. */
  async next<Name extends HostEvent['event']>(
    name: Name,
    matches: (event: HostEventOf<Name>) => boolean = () => true,
  ): Promise<HostEventOf<Name>> {
    const isIt = (event: HostEvent): boolean => event.event === name && matches(event as HostEventOf<Name>)
    const index = this.#events.findIndex(isIt)
    if (index !== -1) return this.#events.splice(index, 1)[0] as HostEventOf<Name>
    const waiting = new Promise<HostEvent>((resolve) => this.#waiting.add({ matches: isIt, resolve }))
    return (await this.#within(waiting, `the event "${name}"`)) as HostEventOf<Name>
  }

  /** Events of that name that nobody waited for. */
  untaken<Name extends HostEvent['event']>(name: Name): HostEventOf<Name>[] {
    return this.#events.filter((event): event is HostEventOf<Name> => event.event === name)
  }

  /** Waits for the next message box and presses the button with that label. Returns what the box said. */
  async pressInBox(label: string): Promise<HostEventOf<'message-box'>['options']> {
    const { id, options } = await this.next('message-box')
    const index = options.buttons?.indexOf(label) ?? -1
    if (index === -1) throw this.#explain(`No button "${label}" in ${JSON.stringify(options)}.`)
    await this.call('answerMessageBox', id, index)
    return options
  }

  /** Waits until the main process ended; its exit code. */
  exited(): Promise<number | null> {
    return this.#within(this.#exit, 'the end of the main process')
  }

  /** Everything the main process printed. */
  get output(): string {
    return this.#output
  }

  /** Ends the main process, whatever it does; its engine ends with it. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#exit
  }

  #receive(message: HostMessage): void {
    if (message.event === 'reply' || message.event === 'reply-error') {
      const reply = this.#replies.get(message.id)
      this.#replies.delete(message.id)
      if (message.event === 'reply') reply?.resolve(message.result)
      else reply?.reject(new Error(message.message))
      return
    }
    for (const waiting of this.#waiting) {
      if (!waiting.matches(message)) continue
      this.#waiting.delete(waiting)
      waiting.resolve(message)
      return
    }
    this.#events.push(message)
  }

  async #within<Result>(promise: Promise<Result>, what: string): Promise<Result> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(this.#explain(`Waited ${PATIENCE_MS / 1000} s in vain for ${what}.`)),
        PATIENCE_MS,
      )
    })
    try {
      return await Promise.race([promise, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  #explain(message: string): Error {
    return new Error(`${message}\nThe main process printed:\n${this.#output}\nEvents: ${JSON.stringify(this.#events)}`)
  }
}
