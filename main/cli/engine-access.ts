import { ORPCError } from '@orpc/client'
import { ERROR_CODES, type ErrorReport, SwitchyardError } from '#shared/errors.ts'
import type { JobKind, JobResult } from '#shared/jobs/job-kinds.ts'
import { hasBegun } from '#shared/jobs/job-actions.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import type { Progress } from '#shared/progress.ts'
import { createEngine } from '#main/engine/create-engine.ts'
import { readEndpoint } from '#main/hosts/endpoint.ts'
import { connectToServer } from '#main/hosts/web-socket-client.ts'
import { createInMemoryClient, type EngineClient } from '#main/rpc/router.ts'
import type { CommandInput } from './command.ts'

/**
 * Runs `work` with a client of the workspace's engine: the one that is serving it already, or one started for this command
 * alone. Both speak the same contract.
 */
export async function withEngine<T>(workspace: string, work: (client: EngineClient) => Promise<T>): Promise<T> {
  let engine
  try {
    engine = createEngine({ workspace })
  } catch (thrown) {
    const endpoint = readEndpoint(workspace)
    if (!(thrown instanceof SwitchyardError) || thrown.code !== 'WORKSPACE_LOCKED' || endpoint === undefined)
      throw thrown
    const server = await connectToServer(endpoint)
    try {
      return await work(server.client)
    } catch (failure) {
      throw isAbort(failure) ? serverStopped(failure) : operatorError(failure)
    } finally {
      server.close()
    }
  }
  try {
    return await work(createInMemoryClient(engine))
  } catch (failure) {
    throw operatorError(failure)
  } finally {
    await engine.close()
  }
}

/**
 * Follows a job to its end and returns its result. Ctrl-C cancels the job and waits until it has come to rest. Says so when
 * the job has to wait for one that is paused.
 *
 * @throws {SwitchyardError} with the job's own error when it failed or was cancelled.
 */
export async function followJob<K extends JobKind>(
  client: EngineClient,
  started: Job,
  input: Pick<CommandInput, 'signal' | 'progress' | 'say'>,
): Promise<{ job: Job; result: JobResult<K> }> {
  const cancel = (): void => {
    // An engine that cannot be reached any more ends the watching below, which says why.
    void client.jobs.cancel({ id: started.id }).catch(() => undefined)
  }
  // The key may have been pressed while the job was being started.
  if (input.signal.aborted) cancel()
  else input.signal.addEventListener('abort', cancel, { once: true })
  try {
    await sayIfBlocked(client, started, input)
    let job = started
    for await (const state of await client.jobs.watch({ id: started.id })) {
      job = state
      input.progress(describeProgress(job.progress))
    }
    if (!isFinal(job.state))
      throw new SwitchyardError('JOB_FAILED', `The engine stopped before job ${job.id} was done.`)
    if (job.state !== 'succeeded') throw errorOf(job)
    return { job, result: job.result as JobResult<K> }
  } finally {
    input.signal.removeEventListener('abort', cancel)
  }
}

/** Says which paused job keeps a queued one of its kind from beginning: without that, waiting looks like hanging. */
async function sayIfBlocked(client: EngineClient, started: Job, input: Pick<CommandInput, 'say'>): Promise<void> {
  if (started.state !== 'queued') return
  const paused = (await client.jobs.list({ limit: 500 })).find(
    (job) => job.kind === started.kind && job.control === 'pause' && !isFinal(job.state) && hasBegun(job),
  )
  if (paused === undefined) return
  input.say(`Job ${started.id} waits for job ${paused.id}, which is paused.`)
  input.say(
    `Let it go on with "switchyard jobs resume ${paused.id}" or end it with "switchyard jobs cancel ${paused.id}". ` +
      'Where no server runs, end this command with Ctrl-C first.',
  )
}

/** What every call that waits for an answer is rejected with when its connection ends. */
function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError'
}

function serverStopped(cause: unknown): SwitchyardError {
  return new SwitchyardError('JOB_FAILED', 'The Switchyard that holds this workspace stopped before it was done.', {
    hint: 'A job that was running goes on when the workspace is opened again; "switchyard jobs" shows it.',
    cause,
  })
}

/** The report inside an error that crossed the contract; other errors pass through unchanged. */
export function operatorError(thrown: unknown): unknown {
  if (!(thrown instanceof ORPCError)) return thrown
  const data = thrown.data as Partial<ErrorReport> & { issues?: { path?: PropertyKey[]; message: string }[] }
  const code = ERROR_CODES.find((known) => known === data?.code)
  if (code !== undefined)
    return new SwitchyardError(code, data.message ?? thrown.message, { hint: data.hint, cause: thrown })
  if (thrown.code === 'BAD_REQUEST') {
    const issues = (data?.issues ?? []).map(({ path, message }) =>
      `${(path ?? []).map(String).join('.')} ${message}`.trim(),
    )
    return new SwitchyardError('BAD_ARGUMENTS', issues.length === 0 ? thrown.message : `${issues.join('; ')}.`, {
      hint: 'See --help.',
      cause: thrown,
    })
  }
  return thrown
}

function errorOf(job: Job): SwitchyardError {
  const { code, message, hint } = job.error ?? {
    code: 'JOB_FAILED' as const,
    message: `Job ${job.id} ended as ${job.state}.`,
  }
  return new SwitchyardError(code, message, { hint })
}

function describeProgress(progress: Progress): string {
  if (progress.kind !== 'working') return progress.title
  const share = `${Math.floor(progress.fraction * 100)} %`
  const count = progress.total === undefined ? '' : ` ${progress.done ?? 0} of ${progress.total} ${progress.unit ?? ''}`
  const left = progress.remainingMs === undefined ? '' : `, about ${Math.ceil(progress.remainingMs / 1000)} s left`
  return `${progress.title} ${share}${count}${progress.detail === undefined ? '' : `, ${progress.detail}`}${left}`
}
