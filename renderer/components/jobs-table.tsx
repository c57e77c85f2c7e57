import { useState } from 'react'
import type { Job } from '#shared/jobs/job.ts'
import { shownReport } from '../error-report.ts'
import { formatProgress } from '../format/numbers.ts'
import { formatDuration, formatLocalMoment, LOCAL_ZONE } from '../format/times.ts'
import { isUnmeasured, JOB_NAMES, jobResultWords, jobScopeWords } from '../wording/job-words.ts'
import type { Column } from './data-table.tsx'
import { DataTable } from './data-table.tsx'
import { JobDetail } from './job-detail.tsx'
import { JobStateMark } from './state-mark.tsx'

interface JobsTableProps {
  readonly label: string
  readonly jobs: readonly Job[]
  /** Leaves out what kind of job a row is. */
  readonly areOfOneKind?: boolean
  readonly maxHeight: number
  readonly empty: string
}

/** Jobs, newest first: state, what, on what, when, how long, and what came of it. A selected one unfolds. */
export function JobsTable({ label, jobs, areOfOneKind = false, maxHeight, empty }: JobsTableProps) {
  const [openId, setOpenId] = useState<string>()
  return (
    <DataTable
      label={label}
      columns={areOfOneKind ? COLUMNS_OF_ONE_KIND : COLUMNS}
      rows={jobs}
      rowKey={(job) => job.id}
      selectedKey={openId}
      onSelect={(job) => setOpenId(job.id === openId ? undefined : job.id)}
      renderDetail={(job) => <JobDetail job={job} />}
      maxHeight={maxHeight}
      empty={empty}
    />
  )
}

const COLUMNS: readonly Column<Job>[] = [
  {
    key: 'state',
    header: 'State',
    cell: (job) => <JobStateMark job={job} />,
  },
  { key: 'kind', header: 'Job', cell: (job) => JOB_NAMES[job.kind] },
  { key: 'scope', header: 'Works on', cell: jobScopeWords },
  {
    key: 'started',
    header: 'Started',
    unit: LOCAL_ZONE,
    numeric: true,
    cell: (job) => (job.startedAtMs === undefined ? '–' : formatLocalMoment(job.startedAtMs)),
  },
  { key: 'took', header: 'Took', numeric: true, cell: durationOf },
  { key: 'result', header: 'Result', grow: true, cell: outcomeOf },
]

const COLUMNS_OF_ONE_KIND = COLUMNS.filter((column) => column.key !== 'kind')

function durationOf(job: Job): string {
  if (job.startedAtMs === undefined || job.finishedAtMs === undefined) return '–'
  return formatDuration(job.finishedAtMs - job.startedAtMs)
}

function outcomeOf(job: Job): string {
  switch (job.state) {
    case 'queued':
      return job.control === 'pause' ? 'Waits to be resumed' : 'Waits for its turn'
    case 'running':
      if (isUnmeasured(job.kind)) return workingDetail(job) ?? job.progress.title
      return `${formatProgress(job.progress.fraction)}, ${job.progress.title}`
    case 'failed':
      return job.error === undefined ? 'Failed' : shownReport(job.error).message
    case 'cancelled':
      return 'Stopped by the operator; what was finished stays'
    case 'succeeded':
      return jobResultWords(job) ?? 'Done'
  }
}

function workingDetail({ progress }: Job): string | undefined {
  return progress.kind === 'working' ? progress.detail : undefined
}
