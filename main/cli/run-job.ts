import type { JobKind, JobResult } from '#shared/jobs/job-kinds.ts'
import type { Job } from '#shared/jobs/job.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import { type CommandInput, type CommandOutput, ExitCode } from './command.ts'
import { followJob, withEngine } from './engine-access.ts'

/** Starts a job, follows it, and prints its summary and result. */
export async function runJob<K extends JobKind>(
  input: CommandInput,
  start: (client: EngineClient) => Promise<Job>,
  details: (result: JobResult<K>) => readonly string[] = () => [],
): Promise<CommandOutput> {
  return withEngine(input.workspace, async (client) => {
    const { job, result } = await followJob<K>(client, await start(client), input)
    return {
      exitCode: job.hasFindings ? ExitCode.Findings : ExitCode.Done,
      json: { job: job.id, ...result },
      text: [job.progress.title, ...details(result)],
    }
  })
}
