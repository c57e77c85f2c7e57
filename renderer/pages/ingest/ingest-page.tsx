import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import type { Job } from '#shared/jobs/job.ts'
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
import { IngestForm } from './ingest-form.tsx'
import type { IngestDraft } from './ingest-draft.ts'
import { draftProblem, initialDraft, paramsOf } from './ingest-draft.ts'
import { IngestRun } from './ingest-run.tsx'
import { PlanCard } from './plan-card.tsx'

/** Fetch bars from TWS: choose, see what it would take, start, watch, and read what came of it. */
export default function IngestPage() {
  const overview = useOverview()
  const jobs = useJobs()
  const [context] = useViewContext()
  const ingests = jobs.data?.filter((job) => job.kind === 'ingest')
  return (
    <Page title="Ingest" sentence={ingests === undefined ? '' : sentenceOf(ingests)}>
      <QueryView query={overview} height={400}>
        {(data) => <Workbench overview={data} context={context} ingests={ingests ?? []} />}
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
}

function Workbench({ overview, context, ingests }: WorkbenchProps) {
  const [draft, setDraft] = useState<IngestDraft>(() => initialDraft(overview, context, new Date()))
  const [settledDraft] = useDebouncedValue(draft, 250)
  const problem = draftProblem(settledDraft)
  const plan = useQuery(
    orpc.ingest.plan.queryOptions({
      input: paramsOf(settledDraft),
      enabled: problem === undefined,
      placeholderData: keepPreviousData,
    }),
  )
  // The plan of what was typed a moment ago must not be taken for the plan of what stands there now.
  const isCurrent = settledDraft === draft && !plan.isPlaceholderData && problem === undefined

  return (
    <PanelGrid columns="300px minmax(0, 1fr) minmax(0, 1fr)" narrow="280px minmax(0, 1fr)">
      <IngestForm
        overview={overview}
        draft={draft}
        onChange={setDraft}
        problem={draftProblem(draft)}
        plan={isCurrent ? plan.data : undefined}
      />
      <PlanCard plan={plan} problem={problem} isCurrent={isCurrent} />
      <IngestRun job={ingests.find((job) => job.state === 'running') ?? ingests[0]} />
    </PanelGrid>
  )
}

function sentenceOf(ingests: readonly Job[]): string {
  const active = ingests.find((job) => !isFinal(job.state))
  if (active !== undefined) {
    const { progress } = active
    const left =
      progress.kind === 'working' && progress.remainingMs !== undefined
        ? `, about ${formatDuration(progress.remainingMs)} left`
        : ''
    return active.state === 'queued'
      ? 'An ingest waits for its turn.'
      : `An ingest is running: ${formatProgress(progress.fraction)}${left}.`
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
