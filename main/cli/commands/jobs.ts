import { SwitchyardError } from '#shared/errors.ts'
import { isFinal, type Job } from '#shared/jobs/job.ts'
import { JOB_ACTIONS } from '#shared/jobs/job-actions.ts'
import { type Command, type CommandInput, ExitCode } from '../command.ts'
import { withEngine } from '../engine-access.ts'

type Request = { readonly verb: 'list' } | { readonly verb: (typeof JOB_ACTIONS)[number]; readonly id: string }

/** `switchyard jobs`: what ran and runs, and the ways to steer it. */
export const jobs: Command = {
  name: 'jobs',
  summary: 'List jobs, or pause, resume, drain (finish what is under way, then end) or cancel one',
  usage: `[list | ${JOB_ACTIONS.join(' ID | ')} ID]`,
  options: {},
  allowPositionals: true,
  run: async (input) => {
    const request = parseRequest(input)
    return withEngine(input.workspace, async (client) => {
      if (request.verb === 'list') {
        const list = await client.jobs.list({})
        return { exitCode: ExitCode.Done, json: list, text: list.map(describeJob) }
      }
      const job = await client.jobs[request.verb]({ id: request.id })
      return { exitCode: ExitCode.Done, json: job, text: [describeJob(job)] }
    })
  },
}

function parseRequest({ positionals }: CommandInput): Request {
  const [verb, id, ...rest] = positionals
  if (verb === undefined || (verb === 'list' && id === undefined)) return { verb: 'list' }
  const action = JOB_ACTIONS.find((known) => known === verb)
  if (action === undefined || id === undefined || rest.length > 0) {
    throw new SwitchyardError('BAD_ARGUMENTS', `"jobs ${positionals.join(' ')}" is not understood.`, {
      hint: `Use "jobs" or "jobs list" for the list with its ids, or "jobs ACTION ID" with ${JOB_ACTIONS.join(', ')}.`,
    })
  }
  return { verb: action, id }
}

function describeJob(job: Job): string {
  return `${job.id}  ${job.kind.padEnd(13)} ${stateWord(job).padEnd(9)} ${job.error?.message ?? progressWords(job)}`
}

/** The state as an operator calls it: one that is paused or drained is not simply queued or running. */
function stateWord({ state, control }: Job): string {
  if (isFinal(state) || control === 'run') return state
  return control === 'pause' ? 'paused' : 'draining'
}

function progressWords({ progress }: Job): string {
  if (progress.kind !== 'working' || progress.detail === undefined) return progress.title
  return `${progress.title}: ${progress.detail}`
}
