import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { SwitchyardError } from '#shared/errors.ts'
import { BoundedOutput, type PrintedOutput } from './bounded-output.ts'
import { groupEnded, signalGroup } from './process-group.ts'

export interface RunCommandOptions {
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly string[]
  readonly folder: string
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Files that keep what it prints. */
  readonly stdoutFile: string
  readonly stderrFile: string
  readonly timeLimitMs: number
  readonly graceMs: number
  readonly signal: AbortSignal
  /** Called with the process id, which is that of its group, too, before anything else happens. */
  readonly onStart: (pid: number) => void
  /** The last line that it printed, now and then. */
  readonly onLine: (line: string) => void
}

export interface CommandEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly exitSignal: string | null
  /** Whether it ended by itself, or was ended. */
  readonly endedBy: 'itself' | 'time-limit' | 'cancel'
  readonly durationMs: number
  readonly stdout: PrintedOutput
  readonly stderr: PrintedOutput
  /** The last lines of both streams; empty where nothing was printed. */
  readonly lastOutput: string
  readonly lastError: string
}

/** Of each stream the beginning and the end are kept, so many bytes of each. */
export const KEPT_OUTPUT_BYTES = 1024 * 1024
const LINE_INTERVAL_MS = 500
/** How long output may still be on its way when every process of the group has ended. */
const DRAIN_MS = 1_000

/**
 * Runs a command in a process group of its own and waits until every process of the group has ended, also those that it left
 * running behind it. The time limit and the signal end the whole group: asked first (SIGTERM), killed after the grace.
 *
 * When this process dies, however it dies, a guard ends the group in the same way.
 *
 * @throws {SwitchyardError} JOB_FAILED when the program cannot be started.
 */
export async function runCommand(options: RunCommandOptions): Promise<CommandEnd> {
  const stdout = new BoundedOutput(options.stdoutFile, KEPT_OUTPUT_BYTES)
  const stderr = new BoundedOutput(options.stderrFile, KEPT_OUTPUT_BYTES)
  let end: Awaited<ReturnType<typeof watchCommand>>
  try {
    end = await watchCommand(options, stdout, stderr)
  } catch (thrown) {
    stdout.close()
    stderr.close()
    throw thrown
  }
  return {
    ...end,
    stdout: stdout.end(),
    stderr: stderr.end(),
    lastOutput: stdout.lastLine,
    lastError: stderr.lastLine,
  }
}

async function watchCommand(
  options: RunCommandOptions,
  stdout: BoundedOutput,
  stderr: BoundedOutput,
): Promise<Pick<CommandEnd, 'exitCode' | 'exitSignal' | 'endedBy' | 'durationMs'>> {
  const { argv, graceMs, signal } = options
  const startedAt = performance.now()
  const child = spawn(argv[0], argv.slice(1), {
    cwd: options.folder,
    env: options.environment,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  const pid = await startOf(child, argv[0])
  const guard = guardGroup(pid, graceMs)

  let endedBy: CommandEnd['endedBy'] = 'itself'
  let kill: NodeJS.Timeout | undefined
  const endGroup = (): void => {
    signalGroup(pid, 'SIGTERM')
    kill ??= setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
  }
  const endBecause = (why: 'time-limit' | 'cancel'): void => {
    if (endedBy !== 'itself') return
    endedBy = why
    endGroup()
  }
  let failure: { readonly thrown: unknown } | undefined
  const keepIn = (output: BoundedOutput) => (chunk: Buffer) => {
    if (failure !== undefined) return
    try {
      output.write(chunk)
    } catch (thrown) {
      // The disk is full, say. What can no longer be recorded must not go on.
      failure = { thrown }
      endGroup()
    }
  }
  let told = ''
  const tellLine = (): void => {
    const line = [stderr.lastLine, stdout.lastLine].find((each) => each !== '' && each !== told)
    if (line !== undefined) options.onLine((told = line))
  }

  const onAbort = (): void => endBecause('cancel')
  const limit = setTimeout(() => endBecause('time-limit'), options.timeLimitMs)
  const telling = setInterval(tellLine, LINE_INTERVAL_MS)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    child.stdout.on('data', keepIn(stdout))
    child.stderr.on('data', keepIn(stderr))
    options.onStart(pid)
    if (signal.aborted) onAbort()
    await exited
    await groupEnded(pid)
    // What left the group can hold the streams open for ever.
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })])
  } catch (thrown) {
    signalGroup(pid, 'SIGKILL')
    throw thrown
  } finally {
    clearTimeout(limit)
    clearTimeout(kill)
    clearInterval(telling)
    signal.removeEventListener('abort', onAbort)
    guard.dismiss()
    child.stdout.destroy()
    child.stderr.destroy()
  }
  if (failure !== undefined) throw failure.thrown
  return {
    exitCode: child.exitCode,
    exitSignal: child.signalCode,
    endedBy,
    durationMs: Math.round(performance.now() - startedAt),
  }
}

function startOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid as number))
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ENOENT' ? 'there is no such program' : cause.message
      reject(
        new SwitchyardError('JOB_FAILED', `The old pipeline's command could not be started: ${program}: ${why}.`, {
          hint: 'Check oldPipeline.command.argv in switchyard.yaml: the program must be on the PATH of the engine, or be named with its path.',
          cause,
        }),
      )
    })
  })
}

/** Ends the group unless a line comes before the end of its input: when the one who holds the other end is gone. */
const GUARD = `
read -r word && exit 0
kill -s TERM -- "-$1" 2>/dev/null || exit 0
left=$2
while [ "$left" -gt 0 ]; do
  sleep 1
  kill -s 0 -- "-$1" 2>/dev/null || exit 0
  left=$((left - 1))
done
kill -s KILL -- "-$1" 2>/dev/null
`

/**
 * A little process beside the group that outlives this one: the operating system closes its input when this process dies, also
 * when it is killed. Windows has no such guard.
 */
function guardGroup(pid: number, graceMs: number): { dismiss(): void } {
  if (process.platform === 'win32') return { dismiss: () => undefined }
  const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', String(pid), String(Math.ceil(graceMs / 1000))], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without it the group is ended by whoever takes the run up again, who finds it alive.
  guard.on('error', () => undefined)
  guard.stdin?.on('error', () => undefined)
  guard.unref()
  return { dismiss: () => guard.stdin?.end('over\n') }
}
