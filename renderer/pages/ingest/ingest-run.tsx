import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import { selectionSchema } from '#shared/jobs/job-kinds.ts'
import { CancelJob } from '../../components/cancel-job.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProgressLine } from '../../components/progress-line.tsx'
import { SessionReasons } from '../../components/session-reasons.tsx'
import { JobStateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { useOverview } from '../../engine-queries.ts'
import { shownReport } from '../../error-report.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatDuration } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { jobResult, jobScopeWords, selectionWords } from '../../wording/job-words.ts'
import classes from './ingest-run.module.css'

/** The ingest that runs, or what came of the last one. */
export function IngestRun({ job }: { readonly job: Job | undefined }) {
  if (job === undefined) {
    return (
      <Panel title="Run" className={classes.panel}>
        <p className={classes.words}>When an ingest runs, its progress stands here, and its result when it is over.</p>
      </Panel>
    )
  }
  return (
    <Panel
      className={classes.panel}
      title={isFinal(job.state) ? 'Last run' : 'Running now'}
      note={jobScopeWords(job)}
      controls={
        isFinal(job.state) ? <JobStateMark job={job} /> : <CancelJob job={job} />
      }
    >
      <div className={classes.run} aria-live={isFinal(job.state) ? 'polite' : 'off'}>
        {isFinal(job.state) ? <Outcome job={job} /> : <ProgressLine job={job} />}
      </div>
    </Panel>
  )
}

function Outcome({ job }: { readonly job: Job }) {
  const result = jobResult(job, 'ingest')
  if (job.state === 'failed' && job.error !== undefined) {
    return (
      <OperatorError
        error={shownReport(job.error)}
        context="What was stored before stays; the next run goes on from there."
      />
    )
  }
  if (result === undefined)
    return <p className={classes.plain}>Stopped. What was stored stays; the next run goes on from there.</p>
  return (
    <>
      <Result result={result} tookMs={tookMs(job)} />
      <SessionReasons title="Failed; asked for again by the next ingest" sessions={result.failed} />
      <SessionReasons title="Without data" sessions={result.withoutData} />
      {result.bars > 0 && <CurateNext job={job} />}
    </>
  )
}

function Result({ result, tookMs: took }: { readonly result: IngestResult; readonly tookMs: number | undefined }) {
  return (
    <Figures>
      <Figure label="Bars" value={formatCount(result.bars)} />
      <Figure label="Fetched" value={formatCount(result.sessionsFetched)} unit="sessions" />
      <Figure label="Requests" value={formatCount(result.requests)} />
      <Figure label="Without data" value={formatCount(result.withoutData.length)} unit="sessions" />
      <Figure label="Failed" value={formatCount(result.failed.length)} unit="sessions" />
      {took !== undefined && <Figure label="Took" value={formatDuration(took)} />}
    </Figures>
  )
}

/** Fetched bars are of no use until they are curated; nothing once they were. */
function CurateNext({ job }: { readonly job: Job }) {
  const curated = useOverview().data?.layers.find((entry) => entry.layer === 'curated')
  const { success, data } = selectionSchema.safeParse(job.params)
  if (!success || (curated?.updatedAtMs ?? 0) > (job.finishedAtMs ?? 0)) return null
  return (
    <div className={classes.next}>
      <JobStarter
        action={JOB_ACTIONS.transform}
        scope={selectionWords(data)}
        start={() => orpc.transform.start.call(data)}
      />
      Curate what was fetched, so that features and comparisons can use it.
    </div>
  )
}

function tookMs(job: Job): number | undefined {
  if (job.startedAtMs === undefined || job.finishedAtMs === undefined) return undefined
  return job.finishedAtMs - job.startedAtMs
}
