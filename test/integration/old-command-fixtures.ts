import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Job } from '#shared/jobs/job.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { newWorkspace } from './workspace-fixtures.ts'

const SCRIPT = fileURLToPath(new URL('old-command-script.ts', import.meta.url))

/** The command that runs the script in a mode with everything that the placeholders give it. */
export function commandOf(mode: string, ...more: readonly string[]): string[] {
  const window = ['--from', '{from}', '--to', '{to}', '--symbols', '{symbols}', '--out', '{out}']
  return [process.execPath, SCRIPT, mode, ...window, ...more]
}

/** An old pipeline that is run with `argv` and leaves a CSV file for each symbol in its folder. */
export function oldPipelineOf(argv: readonly string[], more: Readonly<Record<string, unknown>> = {}): object {
  return { name: 'scripts', bars: { files: '{out}/{symbol}.csv' }, command: { argv, graceSeconds: 0.3, ...more } }
}

/** A workspace whose old pipeline is run with `argv`. */
export function workspaceOf(argv: readonly string[], more: Readonly<Record<string, unknown>> = {}): string {
  return newWorkspace({ symbols: ['SPY', 'AAPL'], more: { oldPipeline: oldPipelineOf(argv, more) } })
}

/** Follows a job until it says something that begins like this; fails when it ends without. */
export async function untilDetail(client: EngineClient, id: string, beginning: string): Promise<string> {
  let job: Job | undefined
  for await (const state of await client.jobs.watch({ id })) {
    job = state
    const { progress } = job
    if (progress.kind === 'working' && progress.detail?.includes(beginning) === true) return progress.detail
  }
  throw new Error(`job ${id} ended as ${job?.state}: ${job?.error?.message}`)
}

/** Whether a process runs; one that has ended and that nobody has collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

export const pidsIn = (detail: string): number[] => (detail.match(/\d+/g) ?? []).map(Number)
