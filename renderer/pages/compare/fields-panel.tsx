import { useMemo } from 'react'
import type { ComparisonReport } from '#shared/contract/comparison.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import type { Tolerance } from '#shared/config/comparison-config.ts'
import type { ErrorSummary } from '#shared/jobs/error-summary.ts'
import type { FieldCounts } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatDifference, formatFieldValue, formatQuantity, formatShare } from '../../format/numbers.ts'
import classes from './fields-panel.module.css'

interface FieldRow extends FieldCounts {
  readonly field: string
  readonly tolerance: string
  readonly all: number
  /** Undefined while it loads, and in runs from before it was kept. */
  readonly errors: ErrorSummary | undefined
}

interface FieldsPanelProps {
  readonly run: ComparisonRunDetail
  readonly errors: ComparisonReport['errors'] | undefined
  readonly field: string
  readonly onSelect: (field: string) => void
}

/** Per field, over the minutes that both sides have: what was counted, and how large the differences are. */
export function FieldsPanel({ run, errors, field, onSelect }: FieldsPanelProps) {
  const rows = useMemo(() => fieldRows(run, errors), [run, errors])
  return (
    <Panel
      title="Fields"
      note={`over ${formatCount(run.counts.common)} minutes in both; differences are new − old, quantiles of their size`}
    >
      <DataTable
        label="Counts by field"
        columns={COLUMNS}
        rows={rows}
        rowKey={(row) => row.field}
        selectedKey={field}
        onSelect={(row) => onSelect(row.field)}
      />
    </Panel>
  )
}

function fieldRows(run: ComparisonRunDetail, errors: ComparisonReport['errors'] | undefined): readonly FieldRow[] {
  return COMPARED_FIELDS.flatMap((field) => {
    const counts = run.counts.fields[field]
    if (counts === undefined) return []
    const all = counts.equal + counts.withinTolerance + counts.different + counts.nullVersusValue
    return [{ ...counts, field, all, tolerance: toleranceWords(run.tolerances[field]), errors: errors?.[field] }]
  })
}

function toleranceWords(tolerance: Tolerance | undefined): string {
  if (tolerance === undefined) return '–'
  const parts = [
    tolerance.abs > 0 ? `${tolerance.abs}` : undefined,
    tolerance.ticks > 0 ? formatQuantity(tolerance.ticks, 'tick') : undefined,
    tolerance.rel > 0 ? `${Number((tolerance.rel * 100).toPrecision(6))} %` : undefined,
    tolerance.bp > 0 ? `${tolerance.bp} bp` : undefined,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? 'exact' : `± ${parts.join(' + ')}`
}

/** Means are given with as many digits as can be told apart. */
const rounded = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value.toPrecision(4))

const sizeColumn = (
  key: string,
  header: string,
  wideOnly: boolean,
  value: (errors: ErrorSummary) => number | null,
): Column<FieldRow> => ({
  key,
  header,
  numeric: true,
  wideOnly,
  cell: ({ field, errors }) => formatFieldValue(field, errors === undefined ? null : rounded(value(errors))),
})

const COLUMNS: readonly Column<FieldRow>[] = [
  {
    key: 'field',
    header: 'Field',
    unit: 'tolerance',
    grow: true,
    cell: (row) => (
      <>
        <b>{row.field}</b> <span className={classes.tolerance}>{row.tolerance}</span>
      </>
    ),
  },
  { key: 'equal', header: 'Equal', unit: '%', numeric: true, cell: (row) => formatShare(row.equal, row.all) },
  {
    key: 'within',
    header: 'Within',
    unit: '%',
    numeric: true,
    cell: (row) => formatShare(row.withinTolerance, row.all),
  },
  { key: 'share', header: 'Different', unit: '%', numeric: true, cell: (row) => formatShare(row.different, row.all) },
  { key: 'count', header: 'Different', unit: 'minutes', numeric: true, cell: (row) => formatCount(row.different) },
  { key: 'null', header: 'One empty', numeric: true, wideOnly: true, cell: (row) => formatCount(row.nullVersusValue) },
  {
    key: 'bias',
    header: 'Bias',
    numeric: true,
    cell: ({ field, errors }) => formatDifference(field, rounded(errors?.bias)),
  },
  sizeColumn('mae', 'MAE', false, ({ mae }) => mae),
  sizeColumn('rmse', 'RMSE', true, ({ rmse }) => rmse),
  sizeColumn('p50', 'p50', false, ({ absolute }) => absolute.p50),
  sizeColumn('p90', 'p90', true, ({ absolute }) => absolute.p90),
  sizeColumn('p99', 'p99', false, ({ absolute }) => absolute.p99),
  sizeColumn('max', 'Max', false, ({ absolute }) => absolute.max),
  {
    key: 'correlation',
    header: 'Correlation',
    numeric: true,
    wideOnly: true,
    cell: ({ errors }) => formatCorrelation(errors?.correlation ?? null),
  },
]

/** Never 1 unless it is. */
function formatCorrelation(value: number | null): string {
  if (value === null) return '–'
  return value < 1 && value > 0.9999 ? '> 0.9999' : value.toFixed(4).replace('-', '\u2212')
}
