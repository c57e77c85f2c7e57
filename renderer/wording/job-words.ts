import type { Job } from '#shared/jobs/job.ts'
import type { JobKind, JobResult, Selection } from '#shared/jobs/job-kinds.ts'
import { JOB_KINDS, selectionSchema } from '#shared/jobs/job-kinds.ts'
import { formatBytes, formatCount, formatQuantity, formatShare } from '../format/numbers.ts'
import { formatDates, formatDuration } from '../format/times.ts'

/** What a kind of job is called, as a noun for tables. */
export const JOB_NAMES: Readonly<Record<JobKind, string>> = {
  ingest: 'Ingest',
  live: 'Live bars',
  transform: 'Curate',
  features: 'Build features',
  'legacy-import': 'Import old pipeline',
  'old-run': 'Run old pipeline',
  compare: 'Compare',
  'noise-floor': 'Noise floor',
  'dual-run': 'Dual run',
  export: 'Export',
  rebuild: 'Rebuild',
  verify: 'Verify',
}

/** The state of a job in a word or two. A paused one is asked for nothing new; a finishing one ends with what is under way. */
export function jobStateWords({ state, control, hasFindings }: Pick<Job, 'state' | 'control' | 'hasFindings'>): string {
  switch (state) {
    case 'queued':
      return control === 'pause' ? 'Paused' : 'Queued'
    case 'running':
      return control === 'pause' ? 'Paused' : control === 'drain' ? 'Finishing' : 'Running'
    case 'succeeded':
      return hasFindings ? 'Done, look' : 'Done'
    case 'failed':
      return 'Failed'
    case 'cancelled':
      return 'Cancelled'
  }
}

/** Whether there is no telling how far jobs of this kind are: they go on until they are stopped, or are somebody's program. */
export function isUnmeasured(kind: JobKind): boolean {
  return kind === 'live' || kind === 'old-run'
}

/** `SPY, AIG, 2013-10-04 to 2013-10-11`; `all symbols, all sessions` when nothing is left out. */
export function selectionWords(selection: Selection): string {
  return `${symbolWords(selection.symbols)}, ${sessionWords(selection)}`
}

/** `SPY, AIG`, `12 symbols` or `all symbols`. */
export function symbolWords(symbols: readonly string[] | undefined): string {
  if (symbols === undefined) return 'all symbols'
  return symbols.length <= 4 ? symbols.join(', ') : formatQuantity(symbols.length, 'symbol')
}

function sessionWords({ from, to }: Selection): string {
  if (from === undefined && to === undefined) return 'all sessions'
  if (from === undefined) return `sessions up to ${to}`
  if (to === undefined) return `sessions from ${from}`
  return formatDates(from, to)
}

/** What a job works on, in words. */
export function jobScopeWords(job: Job): string {
  const selection = selectionSchema.safeParse(job.params)
  if (!selection.success) return '–'
  return job.kind === 'legacy-import' ? symbolWords(selection.data.symbols) : selectionWords(selection.data)
}

/** The result of a succeeded job, checked against the schema of its kind; undefined when there is none or it does not fit. */
export function jobResult<K extends JobKind>(job: Job, kind: K): JobResult<K> | undefined {
  if (job.kind !== kind || job.result === undefined) return undefined
  const parsed = JOB_KINDS[kind].result.safeParse(job.result)
  return parsed.success ? (parsed.data as JobResult<K>) : undefined
}

/** Turns words for the result of one kind into words for a job of that kind. */
function words<K extends JobKind>(kind: K, describe: (result: JobResult<K>) => string) {
  return (job: Job): string | undefined => {
    const result = jobResult(job, kind)
    return result === undefined ? undefined : describe(result)
  }
}

const transformWords = (result: JobResult<'transform'>): string =>
  list(
    `${formatQuantity(result.bars, 'bar')} in ${formatQuantity(result.sessionsBuilt, 'session')}`,
    result.sessionsUnchanged > 0 && `${formatCount(result.sessionsUnchanged)} unchanged`,
    result.sessionsRemoved > 0 && `${formatCount(result.sessionsRemoved)} taken out`,
    result.dropped > 0 && `${formatQuantity(result.dropped, 'bar')} dropped`,
    result.flagged > 0 && `${formatCount(result.flagged)} flagged`,
  )

const RESULT_WORDS: Readonly<Record<JobKind, (job: Job) => string | undefined>> = {
  ingest: words('ingest', (result) =>
    list(
      `${formatQuantity(result.bars, 'bar')} of ${formatQuantity(result.sessionsFetched, 'session')}`,
      result.sessionsAlreadyStored > 0 && `${formatCount(result.sessionsAlreadyStored)} already stored`,
      result.sessionsNotFinished > 0 && `${formatCount(result.sessionsNotFinished)} not over yet`,
      result.withoutData.length > 0 && `${formatCount(result.withoutData.length)} without data`,
      result.short.length > 0 && `${formatCount(result.short.length)} short`,
      result.failed.length > 0 && `${formatCount(result.failed.length)} failed`,
      result.revisedSessions > 0 && `${formatCount(result.revisedSessions)} revised`,
      result.sessionsLeft > 0 && `${formatCount(result.sessionsLeft)} left`,
    ),
  ),
  live: words('live', (result) =>
    list(
      `${formatQuantity(result.bars, 'bar')} in ${formatQuantity(result.sessions, 'session')}`,
      result.interruptions > 0 && formatQuantity(result.interruptions, 'interruption'),
      result.revisedSessions > 0 && `${formatCount(result.revisedSessions)} revised`,
    ),
  ),
  transform: words('transform', transformWords),
  rebuild: words('rebuild', transformWords),
  features: words('features', (result) =>
    list(
      `${formatQuantity(result.rows, 'row')} of ${formatQuantity(result.columns, 'feature')} in ${formatQuantity(result.sessionsBuilt, 'session')}`,
      result.sessionsUnchanged > 0 && `${formatCount(result.sessionsUnchanged)} unchanged`,
      result.sessionsRemoved > 0 && `${formatCount(result.sessionsRemoved)} taken out`,
    ),
  ),
  verify: words('verify', (result) =>
    list(
      result.mismatches.length === 0
        ? `All hashes reproduced: ${formatQuantity(result.sessionsChecked, 'curated session')}, ${formatQuantity(result.featureSessionsChecked, 'feature session')}`
        : `${formatQuantity(result.mismatches.length, 'session')} did not reproduce`,
      result.sessionsNotRepeatable > 0 &&
        `${formatCount(result.sessionsNotRepeatable)} built by an earlier version and not repeatable`,
    ),
  ),
  'legacy-import': words('legacy-import', (result) =>
    list(
      `${formatQuantity(result.rows, 'row')} of ${formatQuantity(result.files, 'file')} in ${formatQuantity(result.sessions, 'session')}`,
      result.filesUnchanged > 0 && `${formatCount(result.filesUnchanged)} unchanged`,
      result.rejected > 0 && `${formatCount(result.rejected)} rejected`,
      result.missingFiles.length > 0 && `${formatCount(result.missingFiles.length)} missing`,
    ),
  ),
  'old-run': words('old-run', (result) =>
    list(`${formatQuantity(result.files, 'file')}, ${formatBytes(result.bytes)}`, formatDuration(result.durationMs)),
  ),
  compare: words('compare', ({ counts, sessions, oldRuns }) => {
    const all = counts.common + counts.oldOnly + counts.newOnly
    return `${oldRuns === null ? '' : 'Old against old: '}${formatShare(counts.equal, all)} % equal, ${formatShare(counts.different, all)} % different over ${formatQuantity(sessions, 'session')}`
  }),
  'noise-floor': words('noise-floor', ({ fields }) => {
    const unequal = Object.entries(fields).filter((field) => field[1].unequal > 0)
    return unequal.length === 0
      ? 'The old pipeline gave the same values twice'
      : `Other values the second time: ${unequal.map(([field]) => field).join(', ')}`
  }),
  'dual-run': words('dual-run', ({ counts, parts }) => {
    const all = counts.common + counts.oldOnly + counts.newOnly
    return `${formatQuantity(parts.length, 'step')}, ${formatShare(counts.equal, all)} % equal, ${formatShare(counts.different, all)} % different`
  }),
  export: words(
    'export',
    (result) => `${formatQuantity(result.files, 'file')}, ${formatBytes(result.bytes)}, in ${result.folder}`,
  ),
}

/** What came of a succeeded job, in one line; undefined for any other job. */
export function jobResultWords(job: Job): string | undefined {
  return RESULT_WORDS[job.kind](job)
}

function list(...parts: readonly (string | false)[]): string {
  return parts.filter((part) => part !== false).join(', ')
}
