import { useMemo } from 'react'
import type { QualityGrid } from '#shared/contract/quality.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import type { CellRange, CellRef } from '../../grid/grid-cells.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import type { SelectionStep } from '../../grid/session-grid.tsx'
import { SEVERITY_RANKS, SEVERITY_WORDS, STALE_WORDS } from '../../wording/quality-words.ts'
import type { QualityCell } from './quality-cells.ts'
import { allCells } from './quality-cells.ts'

interface QualityTableProps {
  readonly grid: QualityGrid
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange, step: SelectionStep) => void
  readonly maxHeight: number
}

/** The grid's cells as rows, sortable by what is known of them. */
export function QualityTable({ grid, selection, onSelect, maxHeight }: QualityTableProps) {
  const cells = useMemo(() => allCells(grid), [grid])
  return (
    <DataTable
      label="Sessions"
      columns={COLUMNS}
      rows={cells}
      rowKey={keyOf}
      selectedKey={selection === undefined ? undefined : keyOf(selection.focus)}
      onSelect={(cell) => onSelect(oneCell(cell), 'new')}
      maxHeight={maxHeight}
      empty="Nothing is stored of these sessions yet."
    />
  )
}

const keyOf = ({ symbol, sessionDate }: CellRef): string => `${symbol} ${sessionDate}`

function Worst({ cell }: { readonly cell: QualityCell }) {
  if (cell.coverage === undefined) return '–'
  if (cell.worst === 'none') return <StateMark kind="pass" word="None" />
  return <StateMark {...SEVERITY_WORDS[cell.worst]} />
}

function Stale({ cell: { stale } }: { readonly cell: QualityCell }) {
  if (stale === undefined) return <StateMark kind="pass" word="Up to date" />
  return <StateMark kind="waiting" word={STALE_WORDS[stale].word} />
}

const COLUMNS: readonly Column<QualityCell>[] = [
  { key: 'symbol', header: 'Symbol', cell: (cell) => <b>{cell.symbol}</b>, sortValue: (cell) => cell.symbol },
  { key: 'session', header: 'Session', cell: (cell) => cell.sessionDate, sortValue: (cell) => cell.sessionDate },
  {
    key: 'coverage',
    header: 'Coverage',
    unit: '%',
    numeric: true,
    cell: (cell) => (cell.coverage === undefined ? '–' : formatShare(cell.coverage, 1)),
    sortValue: (cell) => cell.coverage,
  },
  {
    key: 'threshold',
    header: 'Thresholds',
    cell: (cell) =>
      cell.coverage === undefined ? (
        '–'
      ) : cell.isBelowThreshold ? (
        <StateMark kind="fail" word="Missed" />
      ) : (
        <StateMark kind="pass" word="Met" />
      ),
    sortValue: (cell) => (cell.isBelowThreshold ? 0 : 1),
  },
  {
    key: 'worst',
    header: 'Worst open',
    cell: (cell) => <Worst cell={cell} />,
    sortValue: (cell) => (cell.worst === 'none' ? 3 : SEVERITY_RANKS[cell.worst]),
  },
  {
    key: 'open',
    header: 'Open',
    numeric: true,
    cell: (cell) => formatCount(cell.openFindings),
    sortValue: (cell) => cell.openFindings,
  },
  {
    key: 'acknowledged',
    header: 'Acknowledged',
    numeric: true,
    cell: (cell) => formatCount(cell.acknowledged),
    sortValue: (cell) => cell.acknowledged,
  },
  {
    key: 'filled',
    header: 'Filled',
    unit: 'min',
    numeric: true,
    cell: (cell) => formatCount(cell.filled),
    sortValue: (cell) => cell.filled,
  },
  {
    key: 'stale',
    header: 'Built',
    cell: (cell) => <Stale cell={cell} />,
    sortValue: (cell) => (cell.stale === undefined ? 'z' : STALE_WORDS[cell.stale].word),
  },
]
