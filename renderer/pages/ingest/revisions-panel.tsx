import { useQuery } from '@tanstack/react-query'
import type { Revision } from '#shared/contract/ingest.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import type { CellRange, CellRef } from './coverage-cells.ts'
import { isLotsChange } from './revision-words.ts'

interface RevisionsPanelProps {
  /** The chosen sessions; undefined while they are no range. */
  readonly range: { readonly from: string; readonly to: string; readonly symbols?: string[] } | undefined
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange) => void
}

/** Sessions of which a later answer had other values, newest first. */
export function RevisionsPanel({ range, selection, onSelect }: RevisionsPanelProps) {
  const revisions = useQuery(orpc.ingest.revisions.queryOptions({ input: range ?? {} }))
  return (
    <Panel title="Revisions" note="the newest answer counts, earlier ones are kept">
      <QueryView query={revisions} height={90}>
        {(rows) => (
          <DataTable
            label="Revisions"
            columns={COLUMNS}
            rows={rows}
            rowKey={(row) => `${row.responseId} ${row.sessionDate}`}
            selectedKey={selectedKey(rows, selection)}
            onSelect={({ symbol, sessionDate }) => {
              const cell = { symbol, sessionDate }
              onSelect({ anchor: cell, focus: cell })
            }}
            maxHeight={210}
            empty="No answer has changed what an earlier one said of these sessions."
          />
        )}
      </QueryView>
    </Panel>
  )
}

function selectedKey(rows: readonly Revision[], selection: CellRange | undefined): string | undefined {
  const row = rows.find((entry) => isAt(entry, selection?.focus))
  return row === undefined ? undefined : `${row.responseId} ${row.sessionDate}`
}

function isAt(row: Revision, cell: CellRef | undefined): boolean {
  return row.symbol === cell?.symbol && row.sessionDate === cell.sessionDate
}

const COLUMNS: readonly Column<Revision>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b> },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate },
  { key: 'at', header: 'Came', unit: LOCAL_ZONE, numeric: true, cell: (row) => formatLocalMoment(row.atMs) },
  {
    key: 'cause',
    header: 'By',
    cell: (row) => (row.cause === 'reconciliation' ? 'History after live' : 'Asked again'),
  },
  {
    key: 'prices',
    header: 'Other prices',
    unit: 'minutes',
    numeric: true,
    cell: (row) => formatCount(row.pricesChanged),
  },
  {
    key: 'volumes',
    header: 'Other volumes',
    unit: 'minutes',
    numeric: true,
    cell: (row) => formatCount(row.volumesChanged),
  },
  { key: 'added', header: 'More', unit: 'minutes', numeric: true, cell: (row) => formatCount(row.added) },
  { key: 'lacking', header: 'Not sent again', unit: 'minutes', numeric: true, cell: (row) => formatCount(row.lacking) },
  {
    key: 'largest',
    header: 'Largest price change',
    unit: '%',
    numeric: true,
    cell: (row) => (row.largestPriceChange * 100).toFixed(3),
  },
  {
    key: 'note',
    header: 'Note',
    grow: true,
    cell: (row) =>
      isLotsChange(row) ? <StateMark kind="attention" word="TWS may have changed between shares and lots" /> : '',
  },
]
