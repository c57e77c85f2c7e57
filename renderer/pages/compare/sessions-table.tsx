import { useMemo } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import type { CellRange, CellRef } from '../../grid/grid-cells.ts'
import type { ViewContext } from '../../view-context.ts'
import classes from './sessions-table.module.css'
import { ShareBar } from './share-bar.tsx'

type SessionRow = ComparisonRunDetail['perSession'][number]

interface SessionsTableProps {
  readonly run: ComparisonRunDetail
  readonly context: ViewContext
  readonly selection: CellRange | undefined
  readonly onSelect: (cell: CellRef) => void
  readonly maxHeight: number
}

/** Every symbol and session of the run that the global context lets through. */
export function SessionsTable({ run, context, selection, onSelect, maxHeight }: SessionsTableProps) {
  const rows = useMemo(() => run.perSession.filter((row) => isInContext(row, context)), [run, context])
  return (
    <DataTable
      label="Sessions of the run"
      columns={COLUMNS}
      rows={rows}
      rowKey={keyOf}
      selectedKey={selection === undefined ? undefined : keyOf(selection.focus)}
      onSelect={({ symbol, sessionDate }) => onSelect({ symbol, sessionDate })}
      maxHeight={maxHeight}
      empty="The run holds no session of what is chosen in the header."
    />
  )
}

function isInContext(row: SessionRow, { symbol, from, to }: ViewContext): boolean {
  if (symbol !== undefined && row.symbol !== symbol) return false
  if (from !== undefined && row.sessionDate < from) return false
  return to === undefined || row.sessionDate <= to
}

const keyOf = ({ symbol, sessionDate }: CellRef): string => `${symbol} ${sessionDate}`

const wholeOf = (row: SessionRow): number => row.common + row.oldOnly + row.newOnly

const countColumn = (key: 'different' | 'oldOnly' | 'newOnly', header: string): Column<SessionRow> => ({
  key,
  header,
  numeric: true,
  cell: (row) => formatCount(row[key]),
  sortValue: (row) => row[key],
})

const COLUMNS: readonly Column<SessionRow>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: keyOf },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.sessionDate },
  {
    key: 'shares',
    header: 'Shares',
    grow: true,
    cell: (row) => (
      <div className={classes.shares}>
        <ShareBar counts={row} height={8} />
      </div>
    ),
  },
  {
    key: 'equal',
    header: 'Equal',
    unit: '%',
    numeric: true,
    cell: (row) => formatShare(row.equal, wholeOf(row)),
    sortValue: (row) => row.equal / Math.max(1, wholeOf(row)),
  },
  countColumn('different', 'Different'),
  countColumn('oldOnly', 'Only old'),
  countColumn('newOnly', 'Only new'),
]
