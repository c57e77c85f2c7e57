import { useMemo } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import type { ViewContext } from '../../view-context.ts'
import type { CompareSelection } from './compare-selection.ts'
import classes from './sessions-panel.module.css'
import { ShareBar } from './share-bar.tsx'

type SessionRow = ComparisonRunDetail['perSession'][number]

interface SessionsPanelProps {
  readonly run: ComparisonRunDetail
  readonly selection: CompareSelection
  readonly context: ViewContext
  readonly onSelect: (change: Partial<CompareSelection>) => void
}

/** Every symbol and session of the run that the global context lets through. Choosing one shows it minute by minute. */
export function SessionsPanel({ run, selection, context, onSelect }: SessionsPanelProps) {
  const rows = useMemo(() => run.perSession.filter((row) => isInContext(row, context)), [run, context])
  const isNarrowed = rows.length < run.perSession.length
  return (
    <Panel
      title="Sessions"
      note={
        isNarrowed
          ? `${formatCount(rows.length)} of ${formatQuantity(run.perSession.length, 'session')}, as chosen in the header`
          : formatQuantity(rows.length, 'session')
      }
    >
      <DataTable
        label="Sessions of the run"
        columns={COLUMNS}
        rows={rows}
        rowKey={keyOf}
        selectedKey={`${selection.symbol} ${selection.sessionDate}`}
        onSelect={(row) => onSelect({ symbol: row.symbol, sessionDate: row.sessionDate, atTs: undefined })}
        maxHeight={337}
        empty="The run holds no session of what is chosen in the header."
      />
    </Panel>
  )
}

function isInContext(row: SessionRow, { symbol, from, to }: ViewContext): boolean {
  if (symbol !== undefined && row.symbol !== symbol) return false
  if (from !== undefined && row.sessionDate < from) return false
  return to === undefined || row.sessionDate <= to
}

const keyOf = (row: SessionRow): string => `${row.symbol} ${row.sessionDate}`

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
