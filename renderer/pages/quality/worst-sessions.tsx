import { useMemo } from 'react'
import type { QualityGrid } from '#shared/contract/quality.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatShare } from '../../format/numbers.ts'
import type { CellRef } from '../../grid/grid-cells.ts'
import { SEVERITY_RANKS, SEVERITY_WORDS } from '../../wording/quality-words.ts'
import type { QualityCell } from './quality-cells.ts'
import { allCells } from './quality-cells.ts'

const MOST = 12

interface WorstSessionsProps {
  readonly grid: QualityGrid
  readonly onSelect: (cell: CellRef) => void
}

/** The sessions that need a look most: gravest open finding first, then most of them, then newest. */
export function WorstSessions({ grid, onSelect }: WorstSessionsProps) {
  const worst = useMemo(() => worstOf(grid), [grid])
  return (
    <DataTable
      label="Sessions to look at first"
      columns={COLUMNS}
      rows={worst}
      rowKey={({ symbol, sessionDate }) => `${symbol} ${sessionDate}`}
      onSelect={onSelect}
      empty="No session has an open error or warning."
    />
  )
}

function worstOf(grid: QualityGrid): readonly QualityCell[] {
  return allCells(grid)
    .filter(({ worst }) => worst === 'error' || worst === 'warn')
    .toSorted(
      (a, b) => rank(a) - rank(b) || b.openFindings - a.openFindings || b.sessionDate.localeCompare(a.sessionDate),
    )
    .slice(0, MOST)
}

function rank({ worst }: QualityCell): number {
  return worst === 'none' ? 3 : SEVERITY_RANKS[worst]
}

const COLUMNS: readonly Column<QualityCell>[] = [
  {
    key: 'worst',
    header: 'Worst open',
    cell: ({ worst }) => (worst === 'none' ? '–' : <StateMark {...SEVERITY_WORDS[worst]} />),
  },
  { key: 'symbol', header: 'Symbol', cell: ({ symbol }) => <b>{symbol}</b> },
  { key: 'session', header: 'Session', grow: true, cell: ({ sessionDate }) => sessionDate },
  { key: 'open', header: 'Open', numeric: true, cell: ({ openFindings }) => formatCount(openFindings) },
  {
    key: 'coverage',
    header: 'Coverage',
    unit: '%',
    numeric: true,
    cell: ({ coverage }) => (coverage === undefined ? '–' : formatShare(coverage, 1)),
  },
]
