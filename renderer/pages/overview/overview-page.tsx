import { Button } from '@mantine/core'
import { useLocation } from 'wouter'
import type { Overview } from '#shared/contract/contract.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { JobsTable } from '../../components/jobs-table.tsx'
import { Page } from '../../components/page.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { formatBytes } from '../../format/numbers.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import { ExportStarter } from './export-starter.tsx'
import { FindingsPanel } from './findings-panel.tsx'
import { isEmptyWorkspace, layerOf, overviewSentence } from './overview-words.ts'
import { PipelinePicture } from './pipeline-picture.tsx'
import classes from './overview-page.module.css'
import { SymbolsTable } from './symbols-table.tsx'

/** Where the workspace stands: the layers, the symbols, what was found, what ran, and every step that can be taken. */
export default function OverviewPage() {
  const overview = useOverview()
  const jobs = useJobs()
  return (
    <Page
      title="Overview"
      sentence={overview.data === undefined ? '' : overviewSentence(overview.data, jobs.data ?? [])}
      actions={overview.data !== undefined && <WorkspaceActions overview={overview.data} />}
    >
      <QueryView query={overview} height={560}>
        {(data) => (
          <>
            {isEmptyWorkspace(data) && <FirstSteps overview={data} />}
            <CalendarWarnings warnings={data.calendarWarnings} />
            <PanelGrid columns="minmax(0, 1fr)">
              <Panel
                title="Layers"
                note={`${data.workspace.folder}, ${formatBytes(data.freeDiskBytes)} free on its disk`}
              >
                <PipelinePicture overview={data} jobs={jobs.data ?? []} />
              </Panel>
            </PanelGrid>
            <PanelGrid columns="minmax(0, 1fr) minmax(280px, 27%)" narrow="minmax(0, 1fr)">
              <Panel title="Symbols" note="choose one to narrow every page to it">
                <SymbolsTable symbols={data.symbols} />
              </Panel>
              <FindingsPanel overview={data} />
            </PanelGrid>
          </>
        )}
      </QueryView>
      <PanelGrid columns="minmax(0, 1fr)">
        <Panel title="Last runs">
          <QueryView query={jobs} height={200}>
            {(list) => (
              <JobsTable label="Last runs" jobs={list} maxHeight={400} empty="Nothing has run in this workspace yet." />
            )}
          </QueryView>
        </Panel>
      </PanelGrid>
    </Page>
  )
}

/** The steps that are not a way from one layer to the next. */
function WorkspaceActions({ overview }: { readonly overview: Overview }) {
  const [context] = useViewContext()
  const selection = selectionOf(context)
  return (
    <>
      <ExportStarter overview={overview} />
      <JobStarter
        action={JOB_ACTIONS.verify}
        scope={selectionWords(selection)}
        start={() => orpc.transform.verify.call(selection)}
        blockedBy={layerOf(overview, 'curated')?.rows ? undefined : 'There are no curated bars to verify yet.'}
      />
    </>
  )
}

/** A calendar that ends soon: sessions after its end are not guessed, so nothing would be fetched for them. */
function CalendarWarnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Calendars">
        <ul className={classes.warnings}>
          {warnings.map((warning) => (
            <li key={warning}>
              <StateMark kind="attention" word={warning} />
            </li>
          ))}
        </ul>
      </Panel>
    </PanelGrid>
  )
}

function FirstSteps({ overview }: { readonly overview: Overview }) {
  const [, navigate] = useLocation()
  const { host, port } = overview.connection
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <EmptyState
        title="Nothing is stored yet"
        actions={
          <Button variant="filled" onClick={() => navigate('/ingest')}>
            Go to ingest
          </Button>
        }
      >
        An ingest fetches 1-minute bars from TWS at {host}:{port} for the symbols in switchyard.yaml (
        {overview.symbols.map((entry) => entry.symbol).join(', ')}). The steps below then turn them into curated bars
        and features{overview.hasOldPipeline ? ', and compare them with what the old pipeline left.' : '.'}
      </EmptyState>
    </PanelGrid>
  )
}
