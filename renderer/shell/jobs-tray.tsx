import { Button } from '@mantine/core'
import { IconStack2 } from '@tabler/icons-react'
import { useState } from 'react'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { JobControls } from '../components/job-controls.tsx'
import { PanelPopover } from '../components/panel-popover.tsx'
import { FractionBar, ProgressLine } from '../components/progress-line.tsx'
import { JobStateMark } from '../components/state-mark.tsx'
import { useJobs } from '../engine-queries.ts'
import { formatProgress, formatQuantity } from '../format/numbers.ts'
import { isUnmeasured, JOB_NAMES, jobResultWords, jobScopeWords } from '../wording/job-words.ts'
import classes from './jobs-tray.module.css'

/** Finished jobs that the tray still shows. */
const RECENT = 4

/** What runs and waits, how far it all is, and the way to stop it. */
export function JobsTray() {
  const [isOpen, setOpen] = useState(false)
  const jobs = useJobs().data ?? []
  const active = jobs.filter((job) => !isFinal(job.state)).toReversed()
  const recent = jobs.filter((job) => isFinal(job.state)).slice(0, RECENT)
  const measured = active.filter((job) => !isUnmeasured(job.kind))
  const fraction = measured.reduce((sum, job) => sum + job.progress.fraction, 0) / Math.max(1, measured.length)
  const paused = active.filter((job) => job.control === 'pause').length
  const words = active.length === 0 ? 'No jobs' : formatQuantity(active.length, 'job')

  return (
    <PanelPopover
      width={400}
      position="bottom-end"
      className={classes.dropdown}
      isOpen={isOpen}
      onOpenChange={setOpen}
      renderTrigger={(props) => (
        <Button
          {...props}
          variant="subtle"
          color="gray"
          className={classes.button ?? ''}
          leftSection={<IconStack2 size={16} stroke={1.8} aria-hidden />}
        >
          {words}
          {paused > 0 && (
            <span className={classes.paused}>{paused === active.length ? 'paused' : `${paused} paused`}</span>
          )}
          {measured.length > 0 && (
            <>
              <span className={classes.fraction}>{formatProgress(fraction)}</span>
              <span className={classes.bar}>
                <FractionBar fraction={fraction} label="All running and waiting jobs" />
              </span>
            </>
          )}
        </Button>
      )}
    >
      {active.length === 0 && <p className={classes.none}>Nothing runs or waits.</p>}
      {active.map((job) => (
        <ActiveJob key={job.id} job={job} />
      ))}
      {recent.length > 0 && <h3 className={classes.heading}>Finished</h3>}
      {recent.map((job) => (
        <div key={job.id} className={classes.finished}>
          <b>{JOB_NAMES[job.kind]}</b>
          <JobStateMark job={job} />
          <span className={classes.outcome}>{outcomeOf(job)}</span>
        </div>
      ))}
    </PanelPopover>
  )
}

function outcomeOf(job: Job): string {
  if (job.state === 'failed' && job.error !== undefined) return job.error.message
  return jobResultWords(job) ?? jobScopeWords(job)
}

function ActiveJob({ job }: { readonly job: Job }) {
  return (
    <div className={classes.job}>
      <div className={classes.words}>
        <b>{JOB_NAMES[job.kind]}</b> <span className={classes.scope}>{jobScopeWords(job)}</span>
      </div>
      <JobStateMark job={job} />
      <div className={classes.progress}>
        <ProgressLine job={job} />
      </div>
      <div className={classes.controls}>
        <JobControls job={job} />
      </div>
    </div>
  )
}
