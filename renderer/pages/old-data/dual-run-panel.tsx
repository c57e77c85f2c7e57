import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { ExplainedJobControls } from '../../components/job-controls.tsx'
import { JobDetail } from '../../components/job-detail.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { ProgressLine } from '../../components/progress-line.tsx'
import { JobStateMark, StateMark } from '../../components/state-mark.tsx'
import { shownReport } from '../../error-report.ts'
import { formatProgress } from '../../format/numbers.ts'
import { formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { isUnmeasured, JOB_NAMES, jobResult, jobResultWords, jobScopeWords } from '../../wording/job-words.ts'
import classes from './dual-run-panel.module.css'

/** The parts in the order in which they run; features are built set by set. */
const KINDS = ['ingest', 'transform', 'features', 'old-run', 'legacy-import', 'compare'] as const satisfies JobKind[]

interface Part {
  readonly key: string
  readonly kind: JobKind
  /** Undefined when it was not begun. */
  readonly job: Job | undefined
  readonly isOver: boolean
}

interface DualRunPanelProps {
  readonly job: Job
  /** The latest jobs, the parts among them. */
  readonly jobs: readonly Job[]
  /** Shows what the old pipeline printed in a run. */
  readonly onPrinted: (runId: string) => void
}

/** The dual run that goes on, part by part, or what came of the last one, with the way to its comparison. */
export function DualRunPanel({ job, jobs, onPrinted }: DualRunPanelProps) {
  const [openKey, setOpenKey] = useState<string>()
  const [, navigate] = useLocation()
  const isOver = isFinal(job.state)
  const parts = partsOf(job, jobs)
  const oldRun = parts.find(({ kind }) => kind === 'old-run')?.job
  const result = jobResult(job, 'dual-run')
  const at = job.finishedAtMs === undefined ? '' : `${formatLocalMoment(job.finishedAtMs)} ${LOCAL_ZONE}, `
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel
        title={isOver ? 'Last dual run' : 'Dual run under way'}
        note={`${at}${jobScopeWords(job)}`}
        controls={<JobStateMark job={job} />}
      >
        <div className={classes.run} aria-live={isOver ? 'polite' : 'off'}>
          {!isOver && (
            <>
              <ProgressLine job={job} />
              <ExplainedJobControls key={job.id} job={job} />
            </>
          )}
          {job.state === 'failed' && job.error !== undefined && (
            <OperatorError
              error={shownReport(job.error)}
              context="The steps before it are done and keep what they stored; the steps after it did not begin."
            />
          )}
          {job.state === 'cancelled' && <p>Stopped. Steps that were done keep what they stored.</p>}
          {isOver && (
            <div className={classes.ways}>
              {result !== undefined && (
                <Button variant="filled" onClick={() => navigate(`/compare/${encodeURIComponent(result.runId)}`)}>
                  See the comparison
                </Button>
              )}
              {oldRun !== undefined && (
                <Button onClick={() => onPrinted(oldRun.id)}>Show what the old pipeline printed</Button>
              )}
              {result !== undefined && <span>{jobResultWords(job)}</span>}
            </div>
          )}
        </div>
        <DataTable
          label="Steps of the dual run"
          columns={COLUMNS}
          rows={parts}
          rowKey={({ key }) => key}
          selectedKey={openKey}
          onSelect={({ key }) => setOpenKey(key === openKey ? undefined : key)}
          renderDetail={({ job: part }) =>
            part === undefined ? <p>It has not begun, so that there is nothing to tell.</p> : <JobDetail job={part} />
          }
        />
      </Panel>
    </PanelGrid>
  )
}

/** Parts are ordinary jobs, named after the whole. */
function partsOf({ id, state }: Job, jobs: readonly Job[]): readonly Part[] {
  const isOver = isFinal(state)
  return KINDS.flatMap((kind): Part[] => {
    const ofKind = jobs.filter((job) => job.kind === kind && job.id.startsWith(`${id}-`)).toReversed()
    return ofKind.length === 0
      ? [{ key: kind, kind, job: undefined, isOver }]
      : ofKind.map((job) => ({ key: job.id, kind, job, isOver }))
  })
}

const COLUMNS: readonly Column<Part>[] = [
  {
    key: 'state',
    header: 'State',
    cell: ({ job, isOver }) =>
      job === undefined ? (
        <StateMark kind={isOver ? 'none' : 'waiting'} word={isOver ? 'Not begun' : 'To come'} />
      ) : (
        <JobStateMark job={job} />
      ),
  },
  { key: 'step', header: 'Step', cell: ({ kind }) => JOB_NAMES[kind] },
  {
    key: 'took',
    header: 'Took',
    numeric: true,
    cell: ({ job }) =>
      job?.startedAtMs === undefined || job.finishedAtMs === undefined
        ? '–'
        : formatDuration(job.finishedAtMs - job.startedAtMs),
  },
  { key: 'what', header: 'What came of it', grow: true, cell: ({ job }) => (job === undefined ? '–' : outcomeOf(job)) },
]

function outcomeOf(job: Job): string {
  const { state, progress, error } = job
  if (state === 'failed') return error?.message ?? 'Failed'
  if (state === 'cancelled') return 'Stopped'
  if (state === 'succeeded') return jobResultWords(job) ?? 'Done'
  const detail = progress.kind === 'working' ? progress.detail : undefined
  if (isUnmeasured(job.kind)) return detail ?? progress.title
  return [formatProgress(progress.fraction), progress.title, detail].filter((words) => words !== undefined).join(', ')
}
