import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { isFinal } from '#shared/jobs/job.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Page } from '../../components/page.tsx'
import { PanelGrid } from '../../components/panel.tsx'
import { LoadingSpace } from '../../components/loading-space.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { shownError } from '../../error-report.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { DescriptionsPanel } from './descriptions-panel.tsx'
import { FilesPanel } from './files-panel.tsx'
import { ImportPanel } from './import-panel.tsx'
import classes from './old-data-page.module.css'
import { oldDataSentence } from './old-data-words.ts'
import { oldRunsSentence } from './old-run-words.ts'
import { RejectsPanel } from './rejects-panel.tsx'
import { RunStarters } from './run-starters.tsx'
import { RunsPart } from './runs-part.tsx'
import { useDescribed, useImportedFiles, useLastImport, useOldRuns } from './use-old-data.ts'

type Part = 'files' | 'runs'

const PARTS = [
  { value: 'files', label: 'Files and import' },
  { value: 'runs', label: 'Command and runs' },
] as const satisfies readonly { readonly value: Part; readonly label: string }[]

/** What the old pipeline left: how it is described, what was imported of it, every row that was not; and the runs of its command. */
export default function OldDataPage() {
  const described = useDescribed()
  const files = useImportedFiles()
  const job = useLastImport()
  const jobs = useJobs().data ?? []
  const runs = useOldRuns()
  const overview = useOverview().data
  const [, navigate] = useLocation()
  const search = new URLSearchParams(useSearch())
  const runId = search.get('run') ?? undefined
  const [file, setFile] = useState<string>()
  const isRunning = job !== undefined && !isFinal(job.state)
  const hasDescriptions = (described.data?.descriptions.length ?? 0) > 0
  const isEmpty = described.data !== undefined && !hasDescriptions && files.data?.length === 0
  const part: Part = !isEmpty && (search.get('part') === 'runs' || runId !== undefined) ? 'runs' : 'files'
  const describe = (): void => navigate('/old-data/describe')
  return (
    <Page
      title="Old data"
      sentence={
        described.error !== null
          ? 'What is described cannot be read, so that nothing can be imported or run.'
          : part === 'files'
            ? oldDataSentence(described.data, files.data ?? [], job)
            : described.data !== undefined && runs.data !== undefined
              ? oldRunsSentence(
                  described.data.command !== null,
                  runs.data,
                  jobs.find(({ kind }) => kind === 'dual-run'),
                )
              : ''
      }
      actions={
        !isEmpty &&
        (part === 'runs' ? (
          overview !== undefined &&
          described.data !== undefined && (
            <RunStarters
              overview={overview}
              command={described.data.command}
              isFirst={runs.data?.length === 0}
              onStarted={() => navigate('/old-data?part=runs')}
            />
          )
        ) : (
          <>
            <Button onClick={describe}>Describe files…</Button>
            <JobStarter
              action={JOB_ACTIONS.legacyImport}
              scope={symbolWords(undefined)}
              isNext={hasDescriptions && files.data?.length === 0 && !isRunning}
              start={() => orpc.legacy.import.call({})}
              blockedBy={
                isRunning
                  ? 'An import is under way.'
                  : described.error !== null
                    ? 'What switchyard.yaml describes cannot be read.'
                    : hasDescriptions
                      ? undefined
                      : 'No file of the old pipeline is described yet.'
              }
            />
          </>
        ))
      }
    >
      {!isEmpty && (
        <div className={classes.parts}>
          <SegmentedControl
            aria-label="Part"
            data={[...PARTS]}
            value={part}
            onChange={(chosen) => navigate(chosen === 'runs' ? '/old-data?part=runs' : '/old-data')}
          />
        </div>
      )}
      {described.error !== null && (
        <PanelGrid columns="minmax(0, 1fr)">
          <OperatorError
            error={shownError(described.error)}
            context="What was imported stays. An import would be refused with the same words."
            onRetry={() => void described.refetch()}
          />
        </PanelGrid>
      )}
      {isEmpty ? (
        <PanelGrid columns="minmax(0, 1fr)">
          <EmptyState
            title="No old data is described yet"
            actions={
              <Button variant="filled" onClick={describe}>
                Describe files…
              </Button>
            }
          >
            To compare old with new, Switchyard has to read what the old pipeline left: text, Parquet, JSON or SQLite.
            Choose a file, see how its rows are read, correct what is not right, and save the description into
            switchyard.yaml. The files themselves are only read.
          </EmptyState>
        </PanelGrid>
      ) : part === 'runs' ? (
        <RunsPart
          described={described}
          runs={runs}
          jobs={jobs}
          runId={runId}
          onRun={(chosen) => navigate(`/old-data?part=runs&run=${encodeURIComponent(chosen)}`)}
        />
      ) : (
        <>
          {described.data === undefined && described.error === null && <LoadingSpace height={300} />}
          {described.data !== undefined && <DescriptionsPanel described={described.data} />}
          {job !== undefined && <ImportPanel job={job} />}
          <FilesPanel files={files} selected={file} onSelect={setFile} />
          <RejectsPanel files={files.data ?? []} file={file} onFile={setFile} />
        </>
      )}
    </Page>
  )
}
