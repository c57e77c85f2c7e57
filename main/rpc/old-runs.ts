import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { JOB_KINDS, type OldRunRecord, oldRunRecordSchema } from '#shared/jobs/job-kinds.ts'
import type { OldRun } from '#shared/contract/contract.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { newestRun, runPaths } from '#main/jobs/old-runs.ts'

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

function recordOf(file: string): OldRunRecord | null {
  return existsSync(file) ? oldRunRecordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null
}
