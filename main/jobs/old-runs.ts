import { existsSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import {
  descriptionsOf,
  type OldCommandConfig,
  type OldPipelineConfig,
  readsOutFolder,
} from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { JOB_KINDS, type OldRunRecord } from '#shared/jobs/job-kinds.ts'
import type { JobServices } from './job-services.ts'

/** The runs of the old pipeline's command: where they are, and which of them an import reads. */

/** Folder in the workspace with a folder for each run, named after its job. */
export const RUNS_FOLDER = 'old-runs'
/** Jobs that are looked through for a run that succeeded. */
const MOST_RUNS = 1_000

/** Names inside the folder of a run, as paths from the workspace folder. */
export function runPaths(
  runId: string,
): Record<'folder' | 'out' | 'stdout' | 'stderr' | 'record' | 'process' | 'bars', string> {
  const folder = posix.join(RUNS_FOLDER, runId)
  const inside = (name: string): string => posix.join(folder, name)
  return {
    folder,
    out: inside('out'),
    stdout: inside('stdout.txt'),
    stderr: inside('stderr.txt'),
    record: inside('run.json'),
    process: inside('process.json'),
    bars: inside('legacy.db'),
  }
}

/** Whether a path, as files are known by, lies in the folder of a run. */
export function isOfRun(file: string): boolean {
  return file.startsWith(`${RUNS_FOLDER}/`)
}

/** Whether some of what the old pipeline left is read from the folder of a run. */
export function hasOutFolder(oldPipeline: OldPipelineConfig): boolean {
  return descriptionsOf(oldPipeline).some(({ description }) => readsOutFolder(description))
}

/** The descriptions with the folder of a run in the place of `{out}`. */
export function withOutFolder(oldPipeline: OldPipelineConfig, runId: string): OldPipelineConfig {
  const { out } = runPaths(runId)
  const filled = <T extends { readonly files: string }>(description: T): T =>
    readsOutFolder(description) ? { ...description, files: description.files.replace('{out}', () => out) } : description
  return {
    ...oldPipeline,
    ...(oldPipeline.bars === undefined ? {} : { bars: filled(oldPipeline.bars) }),
    sources: oldPipeline.sources.map(filled),
  }
}

/** How the old pipeline is run. Throws NOTHING_TO_DO when switchyard.yaml does not say it. */
export function requireOldCommand(services: JobServices): OldCommandConfig {
  const command = services.config.oldPipeline?.command
  if (command === undefined) {
    throw new SwitchyardError('NOTHING_TO_DO', 'switchyard.yaml does not say how the old pipeline is run.', {
      hint: 'Add oldPipeline.command; docs/old-pipeline.md has an example.',
    })
  }
  return command
}

/** The working folder of the command, absolute. Throws CONFIG_INVALID when there is no such folder. */
export function commandFolder(command: OldCommandConfig, services: JobServices): string {
  const folder = resolve(services.folder, command.folder)
  if (existsSync(folder)) return folder
  throw new SwitchyardError(
    'CONFIG_INVALID',
    `The old pipeline's command cannot run in ${folder}: it does not exist.`,
    {
      hint: 'Correct oldPipeline.command.folder in switchyard.yaml; a relative path starts at the workspace folder.',
    },
  )
}

/** The newest run whose output an import may read; undefined when there is none. */
export function newestRun(services: JobServices): OldRunRecord | undefined {
  for (const job of services.stores.ops.jobsOfKind('old-run', MOST_RUNS)) {
    if (job.state !== 'succeeded') continue
    const { purpose } = JOB_KINDS['old-run'].params.parse(job.params)
    if (purpose === 'import') return JOB_KINDS['old-run'].result.parse(job.result)
  }
  return undefined
}

/**
 * What an import of files below `{out}` reads. Throws LEGACY_FILE when the command has not succeeded yet, or when what it wrote was
 * taken away: that must not look like an old pipeline that left nothing.
 */
export function requireNewestRun(services: JobServices): OldRunRecord {
  const run = newestRun(services)
  if (run === undefined) {
    throw new SwitchyardError(
      'LEGACY_FILE',
      'No run of the old pipeline has succeeded yet, so that there is no {out}.',
      {
        hint: 'Run it first: switchyard legacy run --from D --to D. Nothing was changed.',
      },
    )
  }
  if (!existsSync(join(services.folder, run.out))) {
    throw new SwitchyardError('LEGACY_FILE', `The folder ${run.out} of the newest run of the old pipeline is gone.`, {
      hint: 'Put it back, or run the old pipeline again. Nothing was changed.',
    })
  }
  return run
}
