import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ErrorProfileReport } from '#shared/contract/comparison.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { CHART_HEAD_HEIGHT, ChartFrame } from '../../charts/chart-frame.tsx'
import { csvText } from '../../charts/csv-text.ts'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatFieldValue, unitOfField } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import { ProfileChart } from './profile-chart.tsx'

const HEIGHT = 309

interface ProfilePanelProps {
  readonly run: ComparisonRunDetail
  readonly field: string
}

export type Dimension = 'minute' | 'day' | 'symbol'

const DIMENSIONS = [
  { value: 'minute', label: 'Minute' },
  { value: 'day', label: 'Day' },
  { value: 'symbol', label: 'Symbol' },
] as const satisfies readonly { readonly value: Dimension; readonly label: string }[]

const DIMENSION_WORDS: Readonly<Record<Dimension, string>> = {
  minute: 'minute since the open',
  day: 'session',
  symbol: 'symbol',
}

/** How large the differences of a field are over the session, from day to day, or symbol by symbol. */
export function ProfilePanel({ run, field }: ProfilePanelProps) {
  const [dimension, setDimension] = useState<Dimension>('minute')
  const profiles = useQuery(
    orpc.compare.profiles.queryOptions({
      input: { runId: run.runId, field, dimension },
      placeholderData: keepPreviousData,
    }),
  )
  const rows = useMemo(() => inOrder(profiles.data ?? [], dimension), [profiles.data, dimension])
  const columns = useMemo(() => columnsFor(field, dimension), [field, dimension])
  const title = `Size of the differences of ${field} by ${DIMENSION_WORDS[dimension]}`
  const range = formatDates(run.from, run.to)
  return (
    <Panel
      title={`Where ${field} differs`}
      note="size of new − old"
      controls={<SegmentedControl aria-label="By" data={[...DIMENSIONS]} value={dimension} onChange={setDimension} />}
    >
      <QueryView query={profiles} height={HEIGHT + CHART_HEAD_HEIGHT}>
        {() => (
          <ChartFrame
            title={`${title}, ${range}`}
            note="Mean, and what 99 of 100 differences do not exceed."
            fileName={fileName([range, field, `differences by ${dimension}`])}
            height={HEIGHT}
            isStale={profiles.isPlaceholderData}
            empty={
              rows.length === 0
                ? { title: 'Nothing to show', text: 'The run has kept no distributions of this field.' }
                : undefined
            }
            csv={() => profilesCsv(field, dimension, rows)}
            renderTable={(maxHeight) => (
              <DataTable label={title} columns={columns} rows={rows} rowKey={({ key }) => key} maxHeight={maxHeight} />
            )}
          >
            {(width) => (
              <ProfileChart
                field={field}
                dimension={dimension}
                rows={rows}
                width={width}
                height={HEIGHT}
                title={title}
              />
            )}
          </ChartFrame>
        )}
      </QueryView>
    </Panel>
  )
}

function inOrder(profiles: readonly ErrorProfileReport[], dimension: Dimension): readonly ErrorProfileReport[] {
  return profiles.toSorted((a, b) =>
    dimension === 'minute'
      ? Number(a.key) - Number(b.key)
      : dimension === 'day'
        ? a.key.localeCompare(b.key)
        : (b.mae ?? 0) - (a.mae ?? 0) || a.key.localeCompare(b.key),
  )
}

function columnsFor(field: string, dimension: Dimension): readonly Column<ErrorProfileReport>[] {
  const size = (
    key: string,
    header: string,
    value: (row: ErrorProfileReport) => number | null,
  ): Column<ErrorProfileReport> => ({
    key,
    header,
    numeric: true,
    cell: (row) => formatFieldValue(field, rounded(value(row))),
    sortValue: (row) => value(row) ?? undefined,
  })
  return [
    {
      key: 'key',
      header: { minute: 'Minute', day: 'Session', symbol: 'Symbol' }[dimension],
      cell: ({ key }) => (dimension === 'symbol' ? <b>{key}</b> : key),
      sortValue: ({ key }) => (dimension === 'minute' ? Number(key) : key),
    },
    { key: 'count', header: 'Minutes', numeric: true, cell: ({ count }) => formatCount(count) },
    {
      key: 'bias',
      header: 'Bias',
      numeric: true,
      cell: ({ bias }) => formatDifference(field, rounded(bias)),
      sortValue: ({ bias }) => bias ?? undefined,
    },
    size('mae', 'MAE', ({ mae }) => mae),
    size('p50', 'p50', ({ absolute }) => absolute.p50),
    size('p90', 'p90', ({ absolute }) => absolute.p90),
    size('p99', 'p99', ({ absolute }) => absolute.p99),
    size('max', 'Max', ({ absolute }) => absolute.max),
  ]
}

const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(4)))

function profilesCsv(field: string, dimension: Dimension, rows: readonly ErrorProfileReport[]): string {
  const unit = unitOfField(field)
  return csvText<ErrorProfileReport>(
    [
      { header: DIMENSION_WORDS[dimension], value: ({ key }) => key },
      { header: 'minutes (count)', value: ({ count }) => count },
      { header: 'minutes without a difference (count)', value: ({ zeros }) => zeros },
      { header: `mean of new - old (${unit})`, value: ({ bias }) => bias },
      { header: `mean size (${unit})`, value: ({ mae }) => mae },
      { header: `root mean square (${unit})`, value: ({ rmse }) => rmse },
      { header: `p50 of the size (${unit})`, value: ({ absolute }) => absolute.p50 },
      { header: `p90 of the size (${unit})`, value: ({ absolute }) => absolute.p90 },
      { header: `p99 of the size (${unit})`, value: ({ absolute }) => absolute.p99 },
      { header: `largest size (${unit})`, value: ({ absolute }) => absolute.max },
      { header: 'correlation of old and new', value: ({ correlation }) => correlation },
    ],
    rows,
  )
}
