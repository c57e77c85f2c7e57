import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { JOB_NAMES, jobScopeWords } from '../wording/job-words.ts'
import { JobControls } from './job-controls.tsx'
import { Panel, PanelGrid } from './panel.tsx'
import { ProgressLine } from './progress-line.tsx'
import { JobStateMark } from './state-mark.tsx'
import classes from './work-panel.module.css'

interface WorkPanelProps {
  readonly jobs: readonly Job[]
  /** Which jobs are of interest. */
  readonly kinds: ReadonlySet<JobKind>
}

/** What goes on at the moment, with the way to stop it; nothing when nothing does. */
export function WorkPanel({ jobs, kinds }: WorkPanelProps) {
  const active = jobs.filter(({ kind, state }) => kinds.has(kind) && !isFinal(state))
  if (active.length === 0) return null
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      {active.map((job) => (
        <Panel key={job.id} title={JOB_NAMES[job.kind]} note={jobScopeWords(job)} controls={<JobStateMark job={job} />}>
          <div className={classes.work}>
            <ProgressLine job={job} />
            <JobControls job={job} />
          </div>
        </Panel>
      ))}
    </PanelGrid>
  )
}
