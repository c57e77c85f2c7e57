import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { Figure, Figures } from '../../components/figure.tsx'
import { ExplainedJobControls } from '../../components/job-controls.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { ProgressLine } from '../../components/progress-line.tsx'
import { JobStateMark } from '../../components/state-mark.tsx'
import { shownReport } from '../../error-report.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { jobResult, jobScopeWords } from '../../wording/job-words.ts'
import classes from './import-panel.module.css'

/** The import that runs, with how far it is and the way to stop it, or what came of the last one. */
export function ImportPanel({ job }: { readonly job: Job }) {
  const isOver = isFinal(job.state)
  const finished = job.finishedAtMs === undefined ? '' : `${formatLocalMoment(job.finishedAtMs)} ${LOCAL_ZONE}, `
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel
        title={isOver ? 'Last import' : 'Import under way'}
        note={`${finished}${jobScopeWords(job)}`}
        controls={<JobStateMark job={job} />}
      >
        <div className={classes.run} aria-live={isOver ? 'polite' : 'off'}>
          {isOver ? (
            <Outcome job={job} />
          ) : (
            <>
              <ProgressLine job={job} />
              <ExplainedJobControls key={job.id} job={job} />
            </>
          )}
        </div>
      </Panel>
    </PanelGrid>
  )
}

function Outcome({ job }: { readonly job: Job }) {
  const result = jobResult(job, 'legacy-import')
  if (job.state === 'failed' && job.error !== undefined) {
    return (
      <OperatorError
        error={shownReport(job.error)}
        context="Symbols whose files could be read were imported; the others are as they were."
      />
    )
  }
  if (result === undefined)
    return (
      <p className={classes.plain}>Stopped. Symbols that were finished stay imported; the next import does the rest.</p>
    )
  const { startedAtMs, finishedAtMs } = job
  return (
    <>
      <Figures>
        <Figure label="Bars" value={formatCount(result.rows)} />
        <Figure label="Read" value={formatCount(result.files)} unit="files" />
        <Figure label="Unchanged" value={formatCount(result.filesUnchanged)} unit="files" />
        <Figure label="Refused" value={formatCount(result.rejected)} unit="rows" />
        <Figure label="Duplicates" value={formatCount(result.duplicates)} unit="rows" />
        <Figure label="In several files" value={formatCount(result.overlappingMinutes)} unit="minutes" />
        {startedAtMs !== undefined && finishedAtMs !== undefined && (
          <Figure label="Took" value={formatDuration(finishedAtMs - startedAtMs)} />
        )}
      </Figures>
      <Names words="No file was found for" names={result.missingFiles} />
      <Names words="No longer there; what came from them was taken out:" names={result.vanishedFiles} />
    </>
  )
}

const MOST_NAMES = 8

function Names({ words, names }: { readonly words: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null
  return (
    <p className={classes.plain}>
      {words} {names.slice(0, MOST_NAMES).join(', ')}
      {names.length > MOST_NAMES && ` and ${names.length - MOST_NAMES} more`}
    </p>
  )
}
