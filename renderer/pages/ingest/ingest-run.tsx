import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import { selectionSchema } from '#shared/jobs/job-kinds.ts'
import { Figure, Figures } from '../../components/figure.tsx'
import { ExplainedJobControls } from '../../components/job-controls.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProgressLine } from '../../components/progress-line.tsx'
import { JobStateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { useOverview } from '../../engine-queries.ts'
import { shownReport } from '../../error-report.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDuration } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { jobResult, jobScopeWords, selectionWords } from '../../wording/job-words.ts'
import classes from './ingest-run.module.css'

interface IngestRunProps {
  readonly job: Job | undefined
  /** Ingests that wait behind it. */
  readonly waiting: number
}

/** The ingest that runs, with what can be asked of it, or what came of the last one. */
export function IngestRun({ job, waiting }: IngestRunProps) {
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
      title={titleOf(job)}
      note={jobScopeWords(job)}
      controls={<JobStateMark job={job} />}
    >
      <div className={classes.run} aria-live={isFinal(job.state) ? 'polite' : 'off'}>
        {isFinal(job.state) ? (
          <Outcome job={job} />
        ) : (
          <>
            <ProgressLine job={job} />
            <ExplainedJobControls key={job.id} job={job} />
          </>
        )}
        {waiting > 0 && (
          <p className={classes.plain}>
            {formatQuantity(waiting, 'more ingest', 'more ingests')} {waiting === 1 ? 'waits' : 'wait'} for this one
            {job.control === 'pause' ? ' to be resumed and to end, or to be cancelled.' : ' to end.'}
          </p>
        )}
      </div>
    </Panel>
  )
}

function titleOf({ state, control }: Job): string {
  if (isFinal(state)) return 'Last run'
  if (control === 'pause') return 'Paused'
  return state === 'queued' ? 'Waiting' : 'Running now'
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
      {result.sessionsLeft > 0 && (
        <p className={classes.plain}>
          Drained: {formatQuantity(result.sessionsLeft, 'session')} left. A new run over the same dates fetches them.
        </p>
      )}
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
      <Figure label="Failed" value={formatCount(result.failed.length)} unit="sessions" />
      <Figure label="Short" value={formatCount(result.short.length)} unit="sessions" />
      <Figure label="Without data" value={formatCount(result.withoutData.length)} unit="sessions" />
      <Figure label="Revised" value={formatCount(result.revisedSessions)} unit="sessions" />
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
