import { Button, SegmentedControl, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation, useParams, useSearch } from 'wouter'
import type { ComparisonRun, ComparisonRunDetail, Overview } from '#shared/contract/contract.ts'
import type { JobKind } from '#shared/jobs/job-kinds.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { Page } from '../../components/page.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { WorkPanel } from '../../components/work-panel.tsx'
import { orpc } from '../../engine-client.ts'
import { useJobs, useOverview } from '../../engine-queries.ts'
import { formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { selectionWords, symbolWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'
import classes from './compare-page.module.css'
import { RunView } from './run-view.tsx'

/** What a comparison is made from, the comparison itself, and its files. */
const WORK: ReadonlySet<JobKind> = new Set<JobKind>(['compare', 'legacy-import', 'export', 'noise-floor', 'dual-run'])

/** Whether new is as good as old: the verdict of a run, its causes, sessions, fields and rows, and the runs before it. */
export default function ComparePage() {
  const params = useParams<{ runId?: string }>()
  const runs = useQuery(orpc.compare.runs.queryOptions())
  const overview = useOverview()
  const jobs = useJobs().data ?? []
  // A link to a run shows that run or says that it is gone, never silently another one.
  const runId = params.runId ?? newestFirst(runs.data ?? [])[0]?.runId
  const run = useQuery(orpc.compare.run.queryOptions({ input: { runId: runId ?? '' }, enabled: runId !== undefined }))

  return (
    <Page
      title="Compare"
      sentence={sentenceOf(runs.data, run.data, overview.data)}
      actions={
        <>
          {runs.data !== undefined && (runs.data.length > 0 || run.data !== undefined) && (
            <RunSelect key={runId} runs={runs.data} runId={runId} run={run.data} />
          )}
          {overview.data !== undefined && <StartCompare overview={overview.data} isFirst={runs.data?.length === 0} />}
        </>
      }
    >
      <WorkPanel jobs={jobs} kinds={WORK} />
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

interface RunSelectProps {
  readonly runs: readonly ComparisonRun[]
  readonly runId: string | undefined
  /** The run that is shown, once it is there. */
  readonly run: ComparisonRun | undefined
}

function RunSelect({ runs, runId, run }: RunSelectProps) {
  const [, navigate] = useLocation()
  const search = useSearch()
  // A run of old against old is in no list, and is shown when it is asked for.
  const isListed = run === undefined || run.runId !== runId || runs.some((one) => one.runId === runId)
  return (
    <Select
      className={classes.run ?? ''}
      aria-label="Comparison run"
      data={newestFirst(isListed ? runs : [...runs, run]).map((one) => ({ value: one.runId, label: runWords(one) }))}
      value={runId ?? null}
      // What is looked at stays what is looked at.
      onChange={(value) => value !== null && navigate(`/compare/${encodeURIComponent(value)}?${search}`)}
      allowDeselect={false}
      placeholder="Run that is not there"
    />
  )
}

function runWords({ createdAtMs, symbols, sample, oldRuns }: ComparisonRun): string {
  const against = oldRuns === null ? '' : ', old against old'
  const sampled = sample === null ? '' : `, sample of ${Number((sample * 100).toPrecision(6))} %`
  return `${formatLocalMoment(createdAtMs)} ${LOCAL_ZONE}, ${formatQuantity(symbols.length, 'symbol')}${sampled}${against}`
}

const SAMPLES = [
  { value: 'all', label: 'All' },
  { value: '0.1', label: '10 %' },
  { value: '0.01', label: '1 %' },
] as const

function StartCompare({ overview, isFirst }: { readonly overview: Overview; readonly isFirst: boolean }) {
  const [context] = useViewContext()
  const [sample, setSample] = useState<(typeof SAMPLES)[number]['value']>('all')
  const selection = selectionOf(context)
  const blocker = missingSide(overview)
  return (
    <JobStarter
      action={JOB_ACTIONS.compare}
      scope={selectionWords(selection)}
      isNext={isFirst && blocker === undefined}
      start={() => orpc.compare.start.call({ ...selection, ...(sample === 'all' ? {} : { sample: Number(sample) }) })}
      blockedBy={blocker}
    >
      <div className={classes.sample}>
        <SegmentedControl
          aria-label="Minutes to compare"
          data={[...SAMPLES]}
          value={sample}
          onChange={setSample}
          fullWidth
        />
        <p>
          {sample === 'all'
            ? 'Compares every minute and searches for causes.'
            : 'Compares a sample of the minutes, the same ones every time. It is quicker, is marked as a sample everywhere, and no causes are searched for.'}
        </p>
      </div>
    </JobStarter>
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
          actions={
            blocker !== undefined && (
              <>
                <Button onClick={() => navigate('/')}>Go to the overview</Button>
                {overview?.hasOldPipeline === true && (
                  <Button onClick={() => navigate('/old-data?part=runs')}>Run both pipelines</Button>
                )}
              </>
            )
          }
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
  const against = run.oldRuns === null ? 'curated bars' : `itself (${run.oldRuns.join(' and ')})`
  const what = `${run.oldPipeline} against ${against}: ${symbolWords(run.symbols)}, ${formatQuantity(run.sessions, 'session')}, ${formatDates(run.from, run.to)}.`
  const changed = overview?.layers.some(
    (entry) => (entry.layer === 'curated' || entry.layer === 'legacy') && (entry.updatedAtMs ?? 0) > run.createdAtMs,
  )
  return changed === true
    ? `${what} Bars have changed since this run; compare again to bring its counts up to date.`
    : what
}
