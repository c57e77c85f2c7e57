import { useQuery } from '@tanstack/react-query'
import type { RefObject } from 'react'
import type { OldRun } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { ExplainedJobControls } from '../../components/job-controls.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { JobStateMark, StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { shownReport } from '../../error-report.ts'
import { formatBytes, formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { useNow } from '../../use-now.ts'
import { commandText } from '../../wording/command-text.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { Fact, Facts } from './facts.tsx'
import { endWords, exitWords, purposeWords } from './old-run-words.ts'
import { PrintedView } from './printed-view.tsx'
import classes from './run-panel.module.css'

interface RunPanelProps {
  readonly run: OldRun
  /** The job of the run, while it is among the latest. */
  readonly job: Job | undefined
  /** Where what it printed stands, so that somebody can be led there. */
  readonly printedRef: RefObject<HTMLDivElement | null>
}

/** One run of the command: what it does or how it ended, as it was run, and what it printed. */
export function RunPanel({ run, job, printedRef }: RunPanelProps) {
  const { runId, state, params, record, error } = run
  const isActive = !isFinal(state)
  const output = useQuery(orpc.legacy.output.queryOptions({ input: { runId } }))
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel
        title={`Run of ${formatDates(params.from, params.to)}`}
        note={`${symbolWords(params.symbols)}; ${runId}`}
        controls={
          <JobStateMark
            job={{ state, control: 'run', hasFindings: record?.isImported === true && record.files === 0 }}
          />
        }
      >
        {isActive && job !== undefined && <Progress job={job} />}
        {state === 'failed' && error !== undefined && (
          <div className={classes.error}>
            <OperatorError error={shownReport(error)} />
          </div>
        )}
        {record !== null && (
          <Facts label="Facts of the run">
            <Fact term="Ended">
              {endWords(run)}, {record.exitCode === null ? 'signal' : 'exit code'} {exitWords(run)}, after{' '}
              {formatDuration(record.durationMs)}
            </Fact>
            <Fact term="Started">
              {formatLocalMoment(record.startedAtMs)} {LOCAL_ZONE}, for {FOR[purposeWords(run)]}
            </Fact>
            <Fact term="Command">
              <code>{commandText(record.argv)}</code>
            </Fact>
            <Fact term="Left">
              {formatQuantity(record.files, 'file')}, {formatBytes(record.bytes)}, in <code>{record.out}</code>
              {state === 'succeeded' && !record.isImported && params.purpose === 'import' && '; no import reads it'}
              {record.isImported && state === 'succeeded' && record.files === 0 && (
                <>
                  {' '}
                  <StateMark kind="attention" word="an import of this run would find no file" />
                </>
              )}
            </Fact>
            {record.environment.length > 0 && (
              <Fact term="Variables">{record.environment.join(', ')}; their values are kept nowhere</Fact>
            )}
          </Facts>
        )}
        <div ref={printedRef} tabIndex={-1} className={classes.printed}>
          <QueryView query={output} height={160}>
            {({ stdout, stderr }) => (
              <div className={classes.streams}>
                <PrintedView key={`${runId} out`} title="Standard output" printed={stdout} isActive={isActive} />
                <PrintedView key={`${runId} err`} title="Standard error" printed={stderr} isActive={isActive} />
              </div>
            )}
          </QueryView>
        </div>
      </Panel>
    </PanelGrid>
  )
}

const FOR: Readonly<Record<string, string>> = {
  Import: 'an import to read',
  'Dual run': 'a dual run',
  'Noise floor': 'the noise floor',
}

/** How long it runs, the last line that it printed, and the way to stop it. */
function Progress({ job }: { readonly job: Job }) {
  const nowMs = useNow(1_000)
  const { progress, startedAtMs, state } = job
  const line = progress.kind === 'working' ? progress.detail : undefined
  return (
    <div className={classes.progress}>
      <Facts label="Progress of the run">
        <Fact term={state === 'queued' ? 'Waits' : 'Runs for'}>
          {state === 'queued' || startedAtMs === undefined
            ? 'for its turn; one run goes on at a time'
            : formatDuration(Math.max(0, nowMs - startedAtMs))}
        </Fact>
        <Fact term="Last line">{line === undefined ? 'nothing printed yet' : <code>{line}</code>}</Fact>
      </Facts>
      <div className={classes.controls}>
        <ExplainedJobControls key={job.id} job={job} />
      </div>
    </div>
  )
}
