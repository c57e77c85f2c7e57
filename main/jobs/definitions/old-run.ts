import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fillCommand } from '#shared/config/fill-command.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { OldRunRecord } from '#shared/jobs/job-kinds.ts'
import { commandEnvironment } from '#main/legacy/command-environment.ts'
import { groupEnded } from '#main/legacy/process-group.ts'
import { type CommandEnd, runCommand } from '#main/legacy/run-command.ts'
import type { JobDefinition } from '../job-definition.ts'
import { commandFolder, hasOutFolder, requireOldCommand, runPaths } from '../old-runs.ts'
import { checkSelection, selectedSymbols } from '../selection.ts'
import { requireOldPipeline } from './legacy-import.ts'

/** Beyond the grace, how long the guard of a run that the engine's death interrupted may take to end it. */
const GUARD_MS = 5_000

export const oldRunJob: JobDefinition<'old-run'> = {
  kind: 'old-run',
  title: 'Run old pipeline',
  lane: 'old-pipeline',
  controls: [],
  steps: [{ title: 'Running the old pipeline', weight: 1 }],
  check: (params, services) => {
    const command = requireOldCommand(services)
    checkSelection(params, services)
    commandFolder(command, services)
    commandEnvironment(command, process.env)
  },
  run: async (params, { services, signal, report, jobId, attempt }) => {
    const command = requireOldCommand(services)
    const folder = commandFolder(command, services)
    const symbols = selectedSymbols(params, services)
    const paths = runPaths(jobId)
    const at = (path: string): string => join(services.folder, path)
    const record = readRecord(at(paths.record))
    // The engine may have died between the end of the run and noting that the job is done.
    if (attempt > 1 && record?.exitCode === 0) return record

    const graceMs = command.graceSeconds * 1_000
    await awaitEarlierProcess(at(paths.process), graceMs)
    try {
      // An earlier attempt may have left half of its output.
      rmSync(at(paths.folder), { recursive: true, force: true })
      mkdirSync(at(paths.out), { recursive: true })
      const startedAtMs = services.nowMs()
      const argv = fillCommand(command, { from: params.from, to: params.to, symbols, out: at(paths.out) })
      const end = await runCommand({
        argv,
        folder,
        environment: commandEnvironment(command, process.env),
        stdoutFile: at(paths.stdout),
        stderrFile: at(paths.stderr),
        timeLimitMs: command.timeLimitMinutes * 60_000,
        graceMs,
        signal,
        onStart: (pid) => writeWhole(at(paths.process), { pid }),
        onLine: (line) => report(0, 0, { detail: line }),
      })
      rmSync(at(paths.process), { force: true })
      const { lastOutput: _output, lastError: _error, stdout, stderr, ...ended } = end
      const result: OldRunRecord = {
        runId: jobId,
        from: params.from,
        to: params.to,
        symbols: [...symbols],
        argv: [...argv],
        environment: [...new Set([...command.inherit, ...Object.keys(command.environment)])].sort(),
        out: paths.out,
        ...(await contentOf(at(paths.out))),
        startedAtMs,
        ...ended,
        stdout: { file: paths.stdout, ...stdout },
        stderr: { file: paths.stderr, ...stderr },
        isImported: params.purpose === 'import' && hasOutFolder(requireOldPipeline(services)),
      }
      writeWhole(at(paths.record), result)
      throwUnlessDone(end, signal, command.timeLimitMinutes, paths.folder)
      return result
    } catch (thrown) {
      throw fileError(thrown, at(paths.folder))
    }
  },
  hasFindings: (result) => leftNothing(result),
  summary: (result) => {
    const took = `${(result.durationMs / 1000).toFixed(1)} s`
    if (leftNothing(result)) return `The old pipeline ran for ${took} and left no file below {out}.`
    return result.isImported
      ? `The old pipeline ran for ${took} and left ${result.files} files.`
      : `The old pipeline ran for ${took}.`
  },
}

function leftNothing({ isImported, files }: OldRunRecord): boolean {
  return isImported && files === 0
}

/** Throws when the command did not end well by itself: CANCELLED, or JOB_FAILED with what it said last. */
function throwUnlessDone(end: CommandEnd, signal: AbortSignal, timeLimitMinutes: number, folder: string): void {
  if (end.endedBy === 'cancel') signal.throwIfAborted()
  if (end.endedBy === 'itself' && end.exitCode === 0) return
  const last = end.lastError || end.lastOutput
  const how =
    end.endedBy === 'time-limit'
      ? `took longer than ${Number(timeLimitMinutes.toPrecision(3))} minutes and was ended`
      : end.exitCode === null
        ? `was ended by ${end.exitSignal}`
        : `failed with exit code ${end.exitCode}`
  throw new SwitchyardError('JOB_FAILED', `The old pipeline ${how}${last === '' ? '.' : `: ${last}`}`, {
    hint: `${folder} in the workspace has what it printed and wrote. What was imported before stays as it is.`,
  })
}

/**
 * Waits until the process of a run that the death of the engine interrupted has ended, so that two never run at once. It is not
 * ended here: after a restart of the machine its number may be that of another program.
 */
async function awaitEarlierProcess(file: string, graceMs: number): Promise<void> {
  if (!existsSync(file)) return
  const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number }
  if (await groupEnded(pid, graceMs + GUARD_MS)) return
  throw new SwitchyardError(
    'JOB_FAILED',
    `The old pipeline may still run as process ${pid} from before the engine stopped.`,
    {
      hint: `End that process if it is the old pipeline's, or remove ${file} if it is not. Then run the old pipeline again.`,
    },
  )
}

function readRecord(file: string): OldRunRecord | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as OldRunRecord) : undefined
}

/** Writes a file whole or not at all. */
function writeWhole(file: string, content: object): void {
  writeFileSync(`${file}.partial`, `${JSON.stringify(content, null, 2)}\n`)
  renameSync(`${file}.partial`, file)
}

async function contentOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name))),
  )
  return { files: sizes.length, bytes: sizes.reduce((sum, { size }) => sum + size, 0) }
}

function fileError(thrown: unknown, folder: string): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  if (code === 'ENOSPC') {
    return new SwitchyardError('DISK_FULL', `The disk is full: the run of the old pipeline in ${folder} was ended.`, {
      hint: 'Free some space and run it again.',
      cause: thrown,
    })
  }
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EIO'].includes(code)) return thrown
  return new SwitchyardError('IO_ERROR', `${folder} cannot be written (${(thrown as Error).message}).`, {
    hint: 'Check that the folder can be made and that you may write there.',
    cause: thrown,
  })
}
