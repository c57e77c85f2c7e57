import { useMemo } from 'react'
import type { Coverage } from '#shared/contract/ingest.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import type { CoverageCell } from './coverage-cells.ts'
import { allCells } from './coverage-cells.ts'

interface CoverageTableProps {
  readonly coverage: Coverage
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange) => void
  readonly maxHeight: number
}

/** The grid's cells as rows, sortable by what is known of them. */
export function CoverageTable({ coverage, selection, onSelect, maxHeight }: CoverageTableProps) {
  const cells = useMemo(() => allCells(coverage), [coverage])
  return (
    <DataTable
      label="Coverage"
      columns={COLUMNS}
      rows={cells}
      rowKey={keyOf}
      selectedKey={selection === undefined ? undefined : keyOf(selection.focus)}
      onSelect={(cell) => onSelect({ anchor: cell, focus: cell })}
      maxHeight={maxHeight}
    />
  )
}

const keyOf = ({ symbol, sessionDate }: Pick<CoverageCell, 'symbol' | 'sessionDate'>): string =>
  `${symbol} ${sessionDate}`

const COLUMNS: readonly Column<CoverageCell>[] = [
  { key: 'symbol', header: 'Symbol', cell: (cell) => <b>{cell.symbol}</b>, sortValue: (cell) => cell.symbol },
  { key: 'session', header: 'Session', cell: (cell) => cell.sessionDate, sortValue: (cell) => cell.sessionDate },
  {
    key: 'state',
    header: 'State',
    cell: (cell) => <StateMark {...COVERAGE_WORDS[cell.state]} />,
    sortValue: (cell) => COVERAGE_WORDS[cell.state].word,
  },
  {
    key: 'bars',
    header: 'Bars',
    numeric: true,
    cell: (cell) => formatCount(cell.bars),
    sortValue: (cell) => cell.bars,
  },
  {
    key: 'expected',
    header: 'Expected',
    numeric: true,
    cell: (cell) => formatCount(cell.expected),
    sortValue: (cell) => cell.expected,
  },
  {
    key: 'share',
    header: 'Share',
    unit: '%',
    numeric: true,
    cell: (cell) => formatShare(cell.bars, cell.expected),
    sortValue: (cell) => (cell.expected === 0 ? undefined : cell.bars / cell.expected),
  },
]
