import { useMemo } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatDifference, formatFieldValue, unitOfField } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import type { Minute } from './minute-panel.tsx'

type LargestRow = ComparisonRunDetail['largest'][number]

interface LargestPanelProps {
  readonly run: ComparisonRunDetail
  readonly field: string
  /** One zone for the whole column. */
  readonly zone: string
  readonly onMinute: (minute: Minute) => void
}

/** The largest differences of a field that the run keeps. Choosing one shows its session with that minute marked. */
export function LargestPanel({ run, field, zone, onMinute }: LargestPanelProps) {
  const rows = useMemo(() => run.largest.filter((row) => row.field === field), [run, field])
  const columns = useMemo(() => columnsFor(field, zone), [field, zone])
  return (
    <Panel title="Largest differences" note={`of ${field}, choose one to see its minute`}>
      <DataTable
        key={field}
        label={`Largest differences of ${field}`}
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        onSelect={onMinute}
        maxHeight={29 + 28 * 13}
        empty={`No minute differs in ${field}.`}
      />
    </Panel>
  )
}

const keyOf = (row: LargestRow): string => `${row.symbol} ${row.ts}`

const columnsFor = (field: string, zone: string): readonly Column<LargestRow>[] => [
  { key: 'symbol', header: 'Symbol', grow: true, cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', numeric: true, cell: (row) => row.sessionDate, sortValue: (row) => row.ts },
  { key: 'time', header: 'Minute', unit: zoneName(zone), numeric: true, cell: (row) => formatZoneClock(row.ts, zone) },
  {
    key: 'old',
    header: 'Old',
    unit: unitOfField(field),
    numeric: true,
    cell: (row) => formatFieldValue(field, row.oldValue),
  },
  {
    key: 'new',
    header: 'New',
    unit: unitOfField(field),
    numeric: true,
    cell: (row) => formatFieldValue(field, row.newValue),
  },
  {
    key: 'difference',
    header: 'New − old',
    numeric: true,
    cell: (row) => formatDifference(field, row.newValue - row.oldValue),
    sortValue: (row) => Math.abs(row.newValue - row.oldValue),
  },
]
