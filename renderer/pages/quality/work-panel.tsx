import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { JobControls } from '../../components/job-controls.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { ProgressLine } from '../../components/progress-line.tsx'
import { JobStateMark } from '../../components/state-mark.tsx'
import { JOB_NAMES, jobScopeWords } from '../../wording/job-words.ts'
import classes from './work-panel.module.css'

/** What is fetched or built at the moment, with the way to stop it; nothing when nothing is. */
export function WorkPanel({ jobs }: { readonly jobs: readonly Job[] }) {
  const active = jobs.filter(({ kind, state }) => WORK.has(kind) && !isFinal(state))
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

const WORK: ReadonlySet<string> = new Set(['ingest', 'transform', 'rebuild'])
