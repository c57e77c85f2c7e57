import { skipToken, useQuery } from '@tanstack/react-query'
import type { TrendPoint } from '#shared/contract/comparison.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { useLocation } from 'wouter'
import { ActionPopover } from '../../components/action-popover.tsx'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { formatDates, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import type { ChangeView, CompareView } from './compare-address.ts'
import { compareAddress } from './compare-address.ts'
import { DriftTable } from './drift-table.tsx'
import { NoiseFloorPanel } from './noise-floor-panel.tsx'
import classes from './runs-view.module.css'
import { TrendPanel } from './trend-panel.tsx'

interface RunsViewProps {
  readonly run: ComparisonRunDetail
  readonly view: CompareView
  readonly onChange: ChangeView
}

/** Runs that are shown at most. */
const LIMIT = 200

/** Every run, how they went from one to the next, and this one beside the old pipeline's own noise and the reference. */
export function RunsView({ run, view, onChange }: RunsViewProps) {
  const [, navigate] = useLocation()
  const trend = useQuery(orpc.compare.trend.queryOptions({ input: { limit: LIMIT } }))
  const { field } = view
  return (
    <div className={classes.view}>
      <QueryView query={trend} height={320}>
        {(points) => (
          <>
            <Panel
              title="Runs"
              note={`${formatQuantity(points.length, 'run')}; a run never changes and is never deleted`}
            >
              <DataTable
                label="Comparison runs"
                columns={COLUMNS}
                rows={points.toReversed()}
                rowKey={({ runId }) => runId}
                selectedKey={run.runId}
                onSelect={({ runId }) => navigate(compareAddress(runId, view))}
                maxHeight={29 + 28 * 9}
              />
            </Panel>
            <TrendPanel
              points={points}
              runId={run.runId}
              field={field}
              fields={Object.keys(run.counts.fields)}
              onField={(chosen) => onChange({ field: chosen })}
              onRun={(runId) => navigate(compareAddress(runId, view))}
            />
          </>
        )}
      </QueryView>
      <NoiseFloorPanel run={run} p99={trend.data?.find(({ runId }) => runId === run.runId)?.p99} />
      <ReferencePanel run={run} />
    </div>
  )
}

/** Whether the differences of the run are distributed as those of the run that others are measured by. */
function ReferencePanel({ run }: { readonly run: ComparisonRunDetail }) {
  const reference = useQuery(orpc.compare.reference.queryOptions())
  const referenceId = reference.data?.runId
  const isOther = referenceId !== undefined && referenceId !== run.runId
  const drift = useQuery(orpc.compare.drift.queryOptions({ input: isOther ? { runId: run.runId } : skipToken }))
  return (
    <Panel
      title="Reference"
      note={
        reference.data === undefined || reference.data === null
          ? 'none is marked'
          : isOther
            ? `this run beside ${referenceId}`
            : 'this run'
      }
      controls={
        reference.data !== undefined && run.oldRuns === null && <ReferenceActions run={run} referenceId={referenceId} />
      }
    >
      <QueryView query={reference} height={120}>
        {(data) =>
          data === null ? (
            <EmptyState title="No run is the reference">
              Mark one whose differences are understood: every later run then says whether its differences are
              distributed as those were.
            </EmptyState>
          ) : isOther ? (
            <QueryView query={drift} height={200}>
              {({ fields }) => <DriftTable fields={fields} />}
            </QueryView>
          ) : (
            <EmptyState title="This run is the reference">
              Choose another run above to see whether its differences are distributed as the ones here.
            </EmptyState>
          )
        }
      </QueryView>
    </Panel>
  )
}

interface ReferenceActionsProps {
  readonly run: ComparisonRunDetail
  readonly referenceId: string | undefined
}

function ReferenceActions({ run: { runId, sample }, referenceId }: ReferenceActionsProps) {
  return (
    <>
      {referenceId !== runId && (
        <ActionPopover
          label="Make this run the reference…"
          title="Make this run the reference"
          facts={[
            ['Does', 'Measures the differences of every run by how they are distributed in this one.'],
            ['Leaves alone', 'Every run.'],
            ['Undo', 'Mark another run, or none, at any time.'],
            ...(sample === null ? [] : [['Mind', 'It is of a sample; a reference is better of all minutes.'] as const]),
          ]}
          confirm="Make it the reference"
          busyWords="Marking"
          act={() => orpc.compare.markReference.call({ runId })}
        />
      )}
      {referenceId !== undefined && (
        <ActionPopover
          label="Mark none…"
          title="Mark no run as the reference"
          facts={[
            ['Does', 'No run is measured by another any more.'],
            ['Leaves alone', 'Every run.'],
            ['Undo', 'Mark a run again at any time.'],
          ]}
          confirm="Mark none"
          busyWords="Marking"
          act={() => orpc.compare.markReference.call({ runId: null })}
        />
      )}
    </>
  )
}

const COLUMNS: readonly Column<TrendPoint>[] = [
  {
    key: 'made',
    header: 'Made',
    unit: LOCAL_ZONE,
    cell: ({ createdAtMs }) => formatLocalMoment(createdAtMs),
    sortValue: ({ createdAtMs }) => createdAtMs,
  },
  { key: 'symbols', header: 'Symbols', numeric: true, cell: ({ symbols }) => formatCount(symbols) },
  { key: 'dates', header: 'Sessions', grow: true, cell: ({ from, to }) => formatDates(from, to) },
  {
    key: 'minutes',
    header: 'Minutes',
    numeric: true,
    cell: ({ minutes }) => formatCount(minutes),
    sortValue: ({ minutes }) => minutes,
  },
  {
    key: 'unequal',
    header: 'Unequal',
    unit: '%',
    numeric: true,
    cell: ({ unequalShare }) => (unequalShare === null ? '–' : formatShare(unequalShare, 1)),
    sortValue: ({ unequalShare }) => unequalShare ?? undefined,
  },
  {
    key: 'cause',
    header: 'No cause',
    unit: '%',
    numeric: true,
    wideOnly: true,
    cell: ({ withoutCauseShare }) => (withoutCauseShare === null ? '–' : formatShare(withoutCauseShare, 1)),
    sortValue: ({ withoutCauseShare }) => withoutCauseShare ?? undefined,
  },
  {
    key: 'marks',
    header: 'Marks',
    cell: ({ sample, isReference }) => (
      <span className={classes.marks}>
        {sample !== null && <StateMark kind="unsure" word={`Sample, ${Number((sample * 100).toPrecision(6))} %`} />}
        {isReference && <StateMark kind="pass" word="Reference" />}
        {sample === null && !isReference && '–'}
      </span>
    ),
  },
]
