import type { Overview } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { formatCount } from '../../format/numbers.ts'
import { useViewContext } from '../../view-context.ts'

type SymbolStatus = Overview['symbols'][number]

/** How far every symbol is in each layer. Choosing a row narrows the global context to it, choosing it again widens it. */
export function SymbolsTable({ symbols }: { readonly symbols: readonly SymbolStatus[] }) {
  const [context, change] = useViewContext()
  const hasOneCalendar = new Set(symbols.map((entry) => entry.calendar)).size === 1
  const columns = COLUMNS.filter((column) => column.key !== 'calendar' || !hasOneCalendar)
  return (
    <DataTable
      label="Symbols"
      columns={columns}
      rows={symbols}
      rowKey={(row) => row.symbol}
      selectedKey={context.symbol}
      onSelect={(row) => change({ symbol: row.symbol === context.symbol ? undefined : row.symbol })}
      maxHeight={330}
    />
  )
}

const countColumn = (
  key: 'rawBars' | 'curatedSessions' | 'curatedBars' | 'featureSessions' | 'legacySessions' | 'findings',
  header: string,
  unit?: string,
): Column<SymbolStatus> => ({
  key,
  header,
  ...(unit === undefined ? {} : { unit }),
  numeric: true,
  cell: (row) => formatCount(row[key]),
  sortValue: (row) => row[key],
})

const COLUMNS: readonly Column<SymbolStatus>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'calendar', header: 'Calendar', cell: (row) => row.calendar },
  countColumn('rawBars', 'Raw', 'bars'),
  countColumn('curatedBars', 'Curated', 'bars'),
  countColumn('curatedSessions', 'Curated', 'sessions'),
  countColumn('featureSessions', 'Features', 'sessions'),
  countColumn('legacySessions', 'Old', 'sessions'),
  countColumn('findings', 'Findings'),
  { key: 'first', header: 'First session', numeric: true, cell: (row) => row.firstSession ?? '–' },
  { key: 'last', header: 'Last session', numeric: true, cell: (row) => row.lastSession ?? '–' },
]
