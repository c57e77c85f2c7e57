import { useMemo } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS, type Tolerance } from '#shared/config/comparison-config.ts'
import type { FieldCounts } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import classes from './fields-panel.module.css'

interface FieldRow extends FieldCounts {
  readonly field: string
  readonly tolerance: string
  readonly all: number
}

interface FieldsPanelProps {
  readonly run: ComparisonRunDetail
  readonly field: string
  readonly onSelect: (field: string) => void
}

/** Per field, over the minutes that both sides have. Choosing one shows its differences beside. */
export function FieldsPanel({ run, field, onSelect }: FieldsPanelProps) {
  const rows = useMemo(() => fieldRows(run), [run])
  return (
    <Panel title="Fields" note={`over ${formatCount(run.counts.common)} minutes in both`}>
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

function fieldRows(run: ComparisonRunDetail): readonly FieldRow[] {
  return COMPARED_FIELDS.flatMap((field) => {
    const counts = run.counts.fields[field]
    if (counts === undefined) return []
    const all = counts.equal + counts.withinTolerance + counts.different + counts.nullVersusValue
    return [{ ...counts, field, all, tolerance: toleranceWords(run.tolerances[field]) }]
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
  { key: 'null', header: 'One empty', numeric: true, cell: (row) => formatCount(row.nullVersusValue) },
]
