import type { OldRun } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'

/** How a run ended, in a few words; what it waits for when it has not. */
export function endWords({ state, record, error }: Pick<OldRun, 'state' | 'record' | 'error'>): string {
  if (state === 'queued') return 'Waits for its turn'
  if (state === 'running') return 'Not yet'
  if (record === null) return state === 'cancelled' ? 'Stopped before it began' : (error?.message ?? 'Did not begin')
  switch (record.endedBy) {
    case 'time-limit':
      return 'Ended at the time limit'
    case 'cancel':
      return 'Stopped by the operator'
    case 'itself':
      if (record.exitCode === null) return 'Ended by a signal'
      return record.exitCode === 0 ? 'By itself' : 'Failed by itself'
  }
}

/** `0`, `7`, `SIGKILL`; a dash while there is none. */
export function exitWords({ record }: Pick<OldRun, 'record'>): string {
  if (record === null) return '–'
  return record.exitCode === null ? (record.exitSignal ?? '–') : String(record.exitCode)
}

/** The job that ran the command as a part of itself. Parts are named after the whole. */
export function purposeWords({ runId, params }: Pick<OldRun, 'runId' | 'params'>): string {
  if (params.purpose === 'noise-floor') return 'Noise floor'
  return runId.endsWith('-old-run') ? 'Dual run' : 'Import'
}

/**
 * A run with the state that its job has by now, which comes sooner than the list of runs. One that is over counts as running until the
 * list says how it ended.
 */
export function withJob(run: OldRun, jobs: readonly Job[]): OldRun {
  const job = jobs.find(({ id }) => id === run.runId)
  if (job === undefined || isFinal(run.state)) return run
  return { ...run, state: isFinal(job.state) ? 'running' : job.state }
}

/** The state of the command in a sentence or two. */
export function oldRunsSentence(hasCommand: boolean, runs: readonly OldRun[], dualRun: Job | undefined): string {
  if (dualRun !== undefined && !isFinal(dualRun.state)) return 'A dual run is under way.'
  const [newest] = runs
  if (newest === undefined) {
    return hasCommand
      ? 'The old pipeline’s command has not been run yet.'
      : 'switchyard.yaml does not say how the old pipeline is run.'
  }
  const window = formatDates(newest.params.from, newest.params.to)
  if (!isFinal(newest.state)) return `The old pipeline’s command is at work on ${window}.`
  const read = runs.find(({ isRead }) => isRead)
  const at = (run: OldRun): string => `${formatLocalMoment(run.createdAtMs).slice(0, 16)} ${LOCAL_ZONE}`
  return [
    `${formatQuantity(runs.length, 'run')} of the old pipeline’s command. The newest, of ${window}, ${OUTCOMES[newest.state]}`,
    newest.state === 'failed' && newest.record?.exitCode ? ` with exit code ${newest.record.exitCode}.` : '.',
    read === undefined
      ? ' None has succeeded that an import could read.'
      : read === newest
        ? ' Imports read it.'
        : ` Imports read the one of ${at(read)}.`,
  ].join('')
}

const OUTCOMES = {
  queued: 'waits',
  running: 'runs',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'was stopped',
}
