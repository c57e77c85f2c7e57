import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Readable } from 'node:stream'
import { closeAtEnd } from './workspace-fixtures.ts'

const SCRIPT = fileURLToPath(new URL('../../main/cli/switchyard.ts', import.meta.url))

export interface Finished {
  /** Null when a signal ended the process. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface SpawnOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Script to run instead of the command line. */
  readonly script?: string
  /** Largest file the process may write, bytes: what a full disk looks like to it. */
  readonly largestFileBytes?: number
}

/** A `switchyard` command as a child process. It is killed when the test file is done and it still runs. */
export class SwitchyardProcess {
  readonly exited: Promise<Finished>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #stdout = ''
  #stderr = ''
  #linesRead = 0

  constructor(args: readonly string[], options: SpawnOptions = {}) {
    const env: NodeJS.ProcessEnv = { ...process.env, ...options.env }
    if (options.env?.['SWITCHYARD_WORKSPACE'] === undefined) delete env['SWITCHYARD_WORKSPACE']
    // Vitest's own settings must not reach a process that is not one of its workers.
    delete env['NODE_OPTIONS']
    const command = [process.execPath, options.script ?? SCRIPT, ...args]
    const limited =
      options.largestFileBytes === undefined
        ? command
        : // POSIX counts in blocks of 512 bytes.
          ['sh', '-c', `ulimit -f ${Math.floor(options.largestFileBytes / 512)}; exec "$@"`, 'sh', ...command]
    this.#child = spawn(limited[0], limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }))
    closeAtEnd(async () => {
      this.#child.kill('SIGKILL')
      await this.exited
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** The next line of standard output that was not asked for yet; rejects when the process ends without one. */
  async line(): Promise<string> {
    for (;;) {
      const lines = this.#stdout.split('\n')
      if (lines.length - 1 > this.#linesRead) return lines[this.#linesRead++]
      const ended = await Promise.race([once(this.#child.stdout, 'data'), this.exited])
      if (!Array.isArray(ended)) throw new Error(`the process ended with ${ended.code}: ${ended.stderr}`)
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

/** Runs a command to its end. */
export function runSwitchyard(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return new SwitchyardProcess(args, options).exited
}

/** The one JSON document that a command printed; throws when standard output is anything else. */
export function documentOf(finished: Pick<Finished, 'stdout' | 'stderr'>): unknown {
  const lines = finished.stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') {
    throw new Error(
      `standard output has ${lines.length - 1} lines: ${finished.stdout.slice(0, 400)}\n${finished.stderr}`,
    )
  }
  return JSON.parse(lines[0])
}

/** The error of a command that failed with --json, as its one document. */
export function errorOf(finished: Pick<Finished, 'stdout' | 'stderr'>): {
  code: string
  message: string
  hint?: string
} {
  const document = documentOf(finished) as { error?: { code: string; message: string; hint?: string } }
  if (document.error === undefined) throw new Error(`no error in ${finished.stdout}`)
  return document.error
}
