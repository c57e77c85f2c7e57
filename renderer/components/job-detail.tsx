import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { shownReport } from '../error-report.ts'
import { jobResult, jobResultWords, jobScopeWords } from '../wording/job-words.ts'
import { JobControls } from './job-controls.tsx'
import classes from './job-detail.module.css'
import { OperatorError } from './operator-error.tsx'
import { ProgressLine } from './progress-line.tsx'
import { SessionReasons } from './session-reasons.tsx'

/** Everything about one job that a row has no room for. */
export function JobDetail({ job }: { readonly job: Job }) {
  const ingest = jobResult(job, 'ingest')
  const verify = jobResult(job, 'verify')
  const words = jobResultWords(job)
  return (
    <div className={classes.detail}>
      {!isFinal(job.state) && (
        <div className={classes.running}>
          <ProgressLine job={job} />
          <JobControls job={job} />
        </div>
      )}
      {job.state === 'failed' && job.error !== undefined && <OperatorError error={shownReport(job.error)} />}
      {words !== undefined && <p>{words}</p>}
      {ingest !== undefined && (
        <>
          <SessionReasons title="Failed; asked for again by the next ingest" sessions={ingest.failed} />
          <SessionReasons title="Without data" sessions={ingest.withoutData} />
          <SessionReasons title="Short" sessions={ingest.short} />
        </>
      )}
      {verify !== undefined && (
        <SessionReasons
          title="Did not reproduce"
          sessions={verify.mismatches.map((mismatch) => ({
            ...mismatch,
            reason: `${mismatch.layer}: stored ${mismatch.stored.slice(0, 12)}, rebuilt ${mismatch.rebuilt.slice(0, 12)}`,
          }))}
        />
      )}
      <p className={classes.id}>
        Job <code>{job.id}</code> on {jobScopeWords(job)}
        {job.attempts > 1 && `, attempt ${job.attempts}`}
      </p>
    </div>
  )
}
