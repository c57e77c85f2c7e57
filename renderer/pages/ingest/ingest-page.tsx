import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { useCallback, useMemo, useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
import { hasBegun } from '#shared/jobs/job-actions.ts'
import { isFinal } from '#shared/jobs/job.ts'
import { JobsTable } from '../../components/jobs-table.tsx'
import { Page } from '../../components/page.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { formatProgress } from '../../format/numbers.ts'
import { formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { jobResultWords } from '../../wording/job-words.ts'
import type { ViewContext } from '../../view-context.ts'
import { useViewContext } from '../../view-context.ts'
import { ActivityPanel } from './activity-panel.tsx'
import type { CellRange } from '../../grid/grid-cells.ts'
import { CoveragePanel } from './coverage-panel.tsx'
import { IngestForm } from './ingest-form.tsx'
import type { IngestDraft } from './ingest-draft.ts'
import { draftProblem, initialDraft, rangeOf } from './ingest-draft.ts'
import { IngestRun } from './ingest-run.tsx'
import { Inspector } from './inspector.tsx'
import { LivePanel } from './live-panel.tsx'
import { OutcomePanel } from './outcome-panel.tsx'
import { PlanCard } from './plan-card.tsx'
import { RevisionsPanel } from './revisions-panel.tsx'

/** Fetch bars from TWS: choose, see what it would take, start, watch and steer, and read what came of it, session by session. */
export default function IngestPage() {
  const overview = useOverview()
  const jobs = useJobs()
  const [context] = useViewContext()
  const ingests = jobs.data?.filter((job) => job.kind === 'ingest')
  return (
    <Page title="Ingest" sentence={ingests === undefined ? '' : sentenceOf(ingests)}>
      <QueryView query={overview} height={400}>
        {(data) => (
          <Workbench
            overview={data}
            context={context}
            ingests={ingests ?? []}
            liveRuns={jobs.data?.filter((job) => job.kind === 'live') ?? []}
          />
        )}
      </QueryView>
      <PanelGrid columns="minmax(0, 1fr)">
        <Panel title="History">
          <QueryView query={jobs} height={200}>
            {() => (
              <JobsTable
                label="Ingest history"
                jobs={ingests ?? []}
                areOfOneKind
                maxHeight={420}
                empty="No ingest has run in this workspace yet."
              />
            )}
          </QueryView>
        </Panel>
      </PanelGrid>
    </Page>
  )
}

interface WorkbenchProps {
  readonly overview: Overview
  readonly context: ViewContext
  /** Newest first. */
  readonly ingests: readonly Job[]
  /** Live runs, newest first. */
  readonly liveRuns: readonly Job[]
}

function Workbench({ overview, context, ingests, liveRuns }: WorkbenchProps) {
  const [draft, setDraft] = useState<IngestDraft>(() => initialDraft(overview, context, new Date()))
  const [selection, setSelection] = useState<CellRange>()
  const [settledDraft] = useDebouncedValue(draft, 250)
  const problem = draftProblem(settledDraft)
  const { refetch } = settledDraft
  const plan = useQuery(
    orpc.ingest.plan.queryOptions({
      input: { ...rangeOf(settledDraft), refetch },
      enabled: problem === undefined,
      placeholderData: keepPreviousData,
    }),
  )
  const coverage = useQuery(
    orpc.ingest.coverage.queryOptions({
      input: rangeOf(settledDraft),
      enabled: problem === undefined,
      placeholderData: keepPreviousData,
      // Hundreds of thousands of cells: drawing them all anew is cheaper than finding out which ones are as before.
      structuralSharing: false,
    }),
  )
  // The plan of what was typed a moment ago must not be taken for the plan of what stands there now.
  const isCurrent = settledDraft === draft && !plan.isPlaceholderData && problem === undefined
  const zones = useMemo(() => new Map(overview.symbols.map(({ symbol, zone }) => [symbol, zone])), [overview.symbols])
  const zoneOf = useCallback((symbol: string): string => zones.get(symbol) ?? 'UTC', [zones])
  const shown = shownRun(ingests)

  return (
    <>
      <PanelGrid columns="280px minmax(0, 1fr) minmax(0, 0.85fr)" narrow="280px minmax(0, 1fr)">
        <IngestForm
          overview={overview}
          draft={draft}
          onChange={setDraft}
          problem={draftProblem(draft)}
          plan={isCurrent ? plan.data : undefined}
        />
        <PlanCard plan={plan} problem={problem} zoneOf={zoneOf} isCurrent={isCurrent} />
        <IngestRun job={shown} waiting={ingests.filter((job) => !isFinal(job.state) && job.id !== shown?.id).length} />
      </PanelGrid>
      <PanelGrid columns="minmax(0, 1fr) 340px" narrow="minmax(0, 1fr) 300px">
        <CoveragePanel
          coverage={coverage}
          isBlocked={problem !== undefined || plan.error !== null}
          selection={selection}
          onSelect={setSelection}
        />
        <Inspector coverage={coverage} selection={selection} zoneOf={zoneOf} />
      </PanelGrid>
      <PanelGrid columns="minmax(0, 0.7fr) minmax(0, 1fr)" narrow="minmax(0, 1fr)">
        <ActivityPanel />
        <LivePanel runs={liveRuns} symbols={rangeOf(settledDraft).symbols} zoneOf={zoneOf} />
      </PanelGrid>
      <PanelGrid columns="minmax(0, 1fr)">
        <OutcomePanel ingests={ingests} onSelect={setSelection} />
        <RevisionsPanel
          range={problem === undefined ? rangeOf(settledDraft) : undefined}
          selection={selection}
          onSelect={setSelection}
        />
      </PanelGrid>
    </>
  )
}

/** The run that is looked at: the one at work or paused, else the next one, else the last one. */
function shownRun(ingests: readonly Job[]): Job | undefined {
  const active = ingests.filter((job) => !isFinal(job.state))
  return (
    active.find((job) => job.state === 'running') ??
    active.findLast((job) => hasBegun(job)) ??
    active.at(-1) ??
    ingests[0]
  )
}

function sentenceOf(ingests: readonly Job[]): string {
  const active = shownRun(ingests)
  if (active !== undefined && !isFinal(active.state)) {
    const { progress } = active
    const far = formatProgress(progress.fraction)
    if (active.control === 'pause') {
      return `An ingest is paused at ${far}. Nothing new is asked for until it is resumed; what is stored stays.`
    }
    if (active.control === 'drain') return `An ingest finishes what is under way and then stops, at ${far}.`
    const left =
      progress.kind === 'working' && progress.remainingMs !== undefined
        ? `, about ${formatDuration(progress.remainingMs)} left`
        : ''
    return active.state === 'queued' ? 'An ingest waits for its turn.' : `An ingest is running: ${far}${left}.`
  }
  const last = ingests[0]
  if (last === undefined) return 'Nothing has been ingested yet. Choose symbols and sessions, look at the plan, start.'
  const when = last.finishedAtMs === undefined ? '' : ` at ${formatLocalMoment(last.finishedAtMs)} ${LOCAL_ZONE}`
  switch (last.state) {
    case 'failed':
      return `The last ingest failed${when}. What it had stored stays; the next run goes on from there.`
    case 'cancelled':
      return `The last ingest was cancelled${when}. What it had stored stays; the next run goes on from there.`
    default:
      return `The last ingest finished${when}: ${jobResultWords(last) ?? 'done'}.`
  }
}
