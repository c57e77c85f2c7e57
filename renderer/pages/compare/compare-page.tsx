import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useParams } from 'wouter'
import type { ComparisonRun, ComparisonRunDetail, Overview } from '#shared/contract/contract.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { Page } from '../../components/page.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { useOverview } from '../../engine-queries.ts'
import { formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords, symbolWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import classes from './compare-page.module.css'
import { RunView } from './run-view.tsx'

/** Where old and new agree and where not: the verdict of a run, its fields, its sessions, and any session minute by minute. */
export default function ComparePage() {
  const params = useParams<{ runId?: string }>()
  const runs = useQuery(orpc.compare.runs.queryOptions())
  const overview = useOverview()
  // A link to a run shows that run or says that it is gone, never silently another one.
  const runId = params.runId ?? newestFirst(runs.data ?? [])[0]?.runId
  const run = useQuery(orpc.compare.run.queryOptions({ input: { runId: runId ?? '' }, enabled: runId !== undefined }))

  return (
    <Page
      title="Compare"
      sentence={sentenceOf(runs.data, run.data, overview.data)}
      actions={
        <>
          {runs.data !== undefined && runs.data.length > 0 && <RunSelect key={runId} runs={runs.data} runId={runId} />}
          {overview.data !== undefined && <StartCompare overview={overview.data} isFirst={runs.data?.length === 0} />}
        </>
      }
    >
      <QueryView query={runs} height={640}>
        {(list) =>
          runId === undefined && list.length === 0 ? (
            <NoRuns overview={overview.data} />
          ) : (
            <QueryView query={run} height={640}>
              {(detail) => <RunView key={detail.runId} run={detail} />}
            </QueryView>
          )
        }
      </QueryView>
    </Page>
  )
}

function newestFirst(runs: readonly ComparisonRun[]): readonly ComparisonRun[] {
  return runs.toSorted((a, b) => b.createdAtMs - a.createdAtMs)
}

function RunSelect({ runs, runId }: { readonly runs: readonly ComparisonRun[]; readonly runId: string | undefined }) {
  const [, navigate] = useLocation()
  return (
    <Select
      className={classes.run ?? ''}
      aria-label="Comparison run"
      data={newestFirst(runs).map((run) => ({
        value: run.runId,
        label: `${formatLocalMoment(run.createdAtMs)} ${LOCAL_ZONE}, ${formatQuantity(run.symbols.length, 'symbol')}`,
      }))}
      value={runId ?? null}
      onChange={(value) => value !== null && navigate(`/compare/${encodeURIComponent(value)}`)}
      allowDeselect={false}
      placeholder="Run that is not there"
    />
  )
}

function StartCompare({ overview, isFirst }: { readonly overview: Overview; readonly isFirst: boolean }) {
  const [context] = useViewContext()
  const selection = selectionOf(context)
  const blocker = missingSide(overview)
  return (
    <JobStarter
      action={JOB_ACTIONS.compare}
      scope={selectionWords(selection)}
      isNext={isFirst && blocker === undefined}
      start={() => orpc.compare.start.call(selection)}
      blockedBy={blocker}
    />
  )
}

/** Why old and new cannot be compared yet. */
function missingSide(overview: Overview): string | undefined {
  const has = (name: 'curated' | 'legacy'): boolean =>
    overview.layers.some((entry) => entry.layer === name && entry.rows > 0)
  if (!has('curated')) return 'There are no curated bars yet.'
  if (!has('legacy')) return 'The old pipeline’s bars have not been imported yet.'
  return undefined
}

function NoRuns({ overview }: { readonly overview: Overview | undefined }) {
  const [, navigate] = useLocation()
  const blocker = overview === undefined ? undefined : missingSide(overview)
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Runs">
        <EmptyState
          title="Nothing has been compared yet"
          actions={blocker !== undefined && <Button onClick={() => navigate('/')}>Go to the overview</Button>}
        >
          A comparison aligns the old pipeline’s bars with the curated bars by symbol and minute, counts per field what
          is equal, within tolerance and different, and keeps the largest differences.{' '}
          {blocker === undefined
            ? 'Start one with Compare above.'
            : `${blocker} The overview has the steps that lead here.`}
        </EmptyState>
      </Panel>
    </PanelGrid>
  )
}

function sentenceOf(
  runs: readonly ComparisonRun[] | undefined,
  run: ComparisonRunDetail | undefined,
  overview: Overview | undefined,
): string {
  if (runs === undefined) return ''
  if (run === undefined) return runs.length === 0 ? 'No comparison has been made in this workspace.' : ''
  const what = `${run.oldPipeline} against curated bars: ${symbolWords(run.symbols)}, ${formatQuantity(run.sessions, 'session')}, ${formatDates(run.from, run.to)}.`
  const sampled =
    run.sample === null
      ? ''
      : ` Only a sample of ${Number((run.sample * 100).toPrecision(6))} % of the minutes was compared.`
  const unsettled =
    run.counts.notSettled === 0 ? '' : ` ${formatQuantity(run.counts.notSettled, 'minute')} not settled yet.`
  const changed = overview?.layers.some(
    (entry) => (entry.layer === 'curated' || entry.layer === 'legacy') && (entry.updatedAtMs ?? 0) > run.createdAtMs,
  )
  return changed === true
    ? `${what}${sampled}${unsettled} Bars have changed since this run; compare again to bring its counts up to date.`
    : `${what}${sampled}${unsettled}`
}
