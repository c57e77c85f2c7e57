import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { isFinal } from '#shared/jobs/job.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Page } from '../../components/page.tsx'
import { PanelGrid } from '../../components/panel.tsx'
import { LoadingSpace } from '../../components/loading-space.tsx'
import { orpc } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { DescriptionsPanel } from './descriptions-panel.tsx'
import { FilesPanel } from './files-panel.tsx'
import { ImportPanel } from './import-panel.tsx'
import { oldDataSentence } from './old-data-words.ts'
import { RejectsPanel } from './rejects-panel.tsx'
import { useDescribed, useImportedFiles, useLastImport } from './use-old-data.ts'

/** What the old pipeline left: how it is described, what was imported of it, and every row that was not. */
export default function OldDataPage() {
  const described = useDescribed()
  const files = useImportedFiles()
  const job = useLastImport()
  const [, navigate] = useLocation()
  const [file, setFile] = useState<string>()
  const isRunning = job !== undefined && !isFinal(job.state)
  const hasDescriptions = (described.data?.descriptions.length ?? 0) > 0
  const isEmpty = described.data !== undefined && !hasDescriptions && files.data?.length === 0
  const describe = (): void => navigate('/old-data/describe')
  return (
    <Page
      title="Old data"
      sentence={
        described.error === null
          ? oldDataSentence(described.data, files.data ?? [], job)
          : 'What is described cannot be read, so that nothing can be imported.'
      }
      actions={
        !isEmpty && (
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
        )
      }
    >
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
