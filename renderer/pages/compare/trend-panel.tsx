import { Select } from '@mantine/core'
import type { TrendPoint } from '#shared/contract/comparison.ts'
import { isoUtc } from '#shared/time.ts'
import { ChartFrame } from '../../charts/chart-frame.tsx'
import { csvText } from '../../charts/csv-text.ts'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatFieldValue, formatQuantity, formatShare, unitOfField } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { TREND_HEIGHT, TrendChart } from './trend-chart.tsx'
import classes from './trend-panel.module.css'

interface TrendPanelProps {
  /** In the order in which the runs were made. */
  readonly points: readonly TrendPoint[]
  /** The run that is looked at. */
  readonly runId: string
  readonly field: string
  readonly fields: readonly string[]
  readonly onField: (field: string) => void
  readonly onRun: (runId: string) => void
}

/** How runs went from one to the next: the share that is unequal, and how far a field is apart. */
export function TrendPanel({ points, runId, field, fields, onField, onRun }: TrendPanelProps) {
  const sampled = points.filter(({ sample }) => sample !== null).length
  return (
    <Panel
      title="Trend"
      note="from run to run"
      controls={
        <Select
          className={classes.field ?? ''}
          aria-label="Field of the trend"
          data={[...fields]}
          value={field}
          onChange={(value) => value !== null && onField(value)}
          allowDeselect={false}
        />
      }
    >
      <ChartFrame
        title={`Unequal share, differences without a cause, and 99th percentile of the differences of ${field}, from run to run`}
        note={
          sampled === 0
            ? `${LINES} Click a run to see it.`
            : `${LINES} Click a run to see it. ${formatQuantity(sampled, 'run')} of a sample: hollow.`
        }
        fileName={fileName(['runs', field, 'trend'])}
        height={TREND_HEIGHT}
        empty={
          points.length < 2
            ? { title: 'One run has no trend', text: 'Compare again after something has changed to see how it goes.' }
            : undefined
        }
        csv={() => trendCsv(points, field)}
        renderTable={(maxHeight) => (
          <DataTable
            label="Trend from run to run"
            columns={columnsFor(field)}
            rows={points}
            rowKey={(point) => point.runId}
            selectedKey={runId}
            onSelect={(point) => onRun(point.runId)}
            maxHeight={maxHeight}
          />
        )}
      >
        {(width) => <TrendChart points={points} runId={runId} field={field} onRun={onRun} width={width} />}
      </ChartFrame>
    </Panel>
  )
}

const LINES = 'Red: unequal, of the minutes. Dashed: without a cause, of the differences.'

const columnsFor = (field: string): readonly Column<TrendPoint>[] => [
  {
    key: 'made',
    header: 'Made',
    unit: LOCAL_ZONE,
    grow: true,
    cell: ({ createdAtMs }) => formatLocalMoment(createdAtMs),
    sortValue: ({ createdAtMs }) => createdAtMs,
  },
  {
    key: 'sample',
    header: 'Sample',
    unit: '%',
    numeric: true,
    cell: ({ sample }) => (sample === null ? 'all' : Number((sample * 100).toPrecision(6))),
  },
  {
    key: 'unequal',
    header: 'Unequal',
    unit: '%',
    numeric: true,
    cell: ({ unequalShare }) => (unequalShare === null ? '–' : formatShare(unequalShare, 1)),
  },
  {
    key: 'p99',
    header: `p99 of ${field}`,
    unit: unitOfField(field),
    numeric: true,
    cell: ({ p99 }) => formatFieldValue(field, p99[field] ?? null),
  },
]

function trendCsv(points: readonly TrendPoint[], field: string): string {
  return csvText<TrendPoint>(
    [
      { header: 'run', value: ({ runId }) => runId },
      { header: 'made (UTC)', value: ({ createdAtMs }) => isoUtc(Math.floor(createdAtMs / 1000)) },
      { header: 'from', value: ({ from }) => from },
      { header: 'to', value: ({ to }) => to },
      { header: 'sample (share of minutes; 1 is all)', value: ({ sample }) => sample ?? 1 },
      { header: 'minutes (count)', value: ({ minutes }) => minutes },
      { header: 'unequal (share)', value: ({ unequalShare }) => unequalShare },
      { header: 'without a cause (share of the differences)', value: ({ withoutCauseShare }) => withoutCauseShare },
      {
        header: `99th percentile of the size of the differences of ${field} (${unitOfField(field)})`,
        value: ({ p99 }) => p99[field] ?? null,
      },
      { header: 'reference', value: ({ isReference }) => (isReference ? 'yes' : 'no') },
    ],
    points,
  )
}
