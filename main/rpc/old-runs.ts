import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { descriptionsOf, readsOutFolder } from '#shared/config/legacy-config.ts'
import type { OldCommand, OldOutput } from '#shared/contract/old-runs.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { JOB_KINDS, type OldRunRecord, oldRunRecordSchema } from '#shared/jobs/job-kinds.ts'
import type { OldRun } from '#shared/contract/contract.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { newestRun, RUNS_FOLDER, runPaths } from '#main/jobs/old-runs.ts'
import { printedText } from '#main/legacy/printed-text.ts'

/** The runs of the old pipeline's command, newest first, also those that failed. */
export function oldRunsOf({ services, folder, stores }: Engine, limit: number): OldRun[] {
  const read = newestRun(services)?.runId
  return stores.ops.jobsOfKind('old-run', limit).map(({ id, state, params, createdAtMs, error }) => ({
    runId: id,
    state,
    params: JOB_KINDS['old-run'].params.parse(params),
    createdAtMs,
    record: recordOf(join(folder, runPaths(id).record)),
    ...(error === undefined ? {} : { error }),
    isRead: id === read,
  }))
}

/** How the old pipeline is run; null when switchyard.yaml does not say it. */
export function oldCommandOf({ config, folder }: Engine): OldCommand | null {
  const { oldPipeline } = config
  if (oldPipeline?.command === undefined) return null
  const { environment, ...command } = oldPipeline.command
  const workingFolder = resolve(folder, command.folder)
  return {
    ...command,
    folder: workingFolder,
    hasFolder: existsSync(workingFolder),
    environment: Object.keys(environment).sort(),
    missing: command.inherit.filter((name) => process.env[name] === undefined),
    runsFolder: join(folder, RUNS_FOLDER),
    read: descriptionsOf(oldPipeline)
      .filter(({ description }) => readsOutFolder(description))
      .map(({ key }) => key),
  }
}

/** What a run of the command printed. Throws NOT_FOUND when `runId` is of no run. */
export async function oldOutputOf({ folder, stores }: Engine, runId: string): Promise<OldOutput> {
  // The id becomes part of a path: nothing is looked for but what a job of this kind has written.
  if (!stores.ops.hasJob(runId) || stores.ops.job(runId).kind !== 'old-run') {
    throw new SwitchyardError('NOT_FOUND', `There is no run ${runId} of the old pipeline.`, {
      hint: 'List the runs to see their ids: switchyard legacy runs.',
    })
  }
  const paths = runPaths(runId)
  const record = recordOf(join(folder, paths.record))
  const textOf = async (stream: 'stdout' | 'stderr'): Promise<OldOutput['stdout']> => {
    const text = await printedText(join(folder, paths[stream]), record?.[stream].bytes)
    return text === undefined ? null : { file: paths[stream], ...text }
  }
  return { stdout: await textOf('stdout'), stderr: await textOf('stderr') }
}

function recordOf(file: string): OldRunRecord | null {
  return existsSync(file) ? oldRunRecordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null
}
