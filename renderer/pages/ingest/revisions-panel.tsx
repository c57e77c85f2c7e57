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
import { symbolWords } from '../../wording/job-words.ts'
import type { CellRange, CellRef } from '../../grid/grid-cells.ts'
import { isLotsChange } from './revision-words.ts'
import classes from './revisions-panel.module.css'

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
          <>
            <LotsWarning rows={rows} />
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
          </>
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
  { key: 'at', header: 'Came', unit: LOCAL_ZONE, cell: (row) => formatLocalMoment(row.atMs).slice(0, 16) },
  { key: 'cause', header: 'By', cell: (row) => (row.cause === 'reconciliation' ? 'After live' : 'Asked again') },
  { key: 'prices', header: 'Prices', unit: 'min', numeric: true, cell: (row) => formatCount(row.pricesChanged) },
  { key: 'volumes', header: 'Volumes', unit: 'min', numeric: true, cell: (row) => formatCount(row.volumesChanged) },
  { key: 'added', header: 'New', unit: 'min', numeric: true, cell: (row) => formatCount(row.added) },
  { key: 'lacking', header: 'Lacking', unit: 'min', numeric: true, cell: (row) => formatCount(row.lacking) },
  {
    key: 'largest',
    header: 'Price',
    unit: 'at most %',
    numeric: true,
    cell: (row) => (row.largestPriceChange * 100).toFixed(3),
  },
  {
    key: 'ratio',
    header: 'Volume',
    unit: 'ratio',
    numeric: true,
    cell: (row) => (row.volumeRatio === undefined ? '–' : row.volumeRatio.toPrecision(2)),
  },
]

/** What an operator is likely to have done without noticing, and where to look. */
function LotsWarning({ rows }: { readonly rows: readonly Revision[] }) {
  const symbols = [...new Set(rows.filter(isLotsChange).map(({ symbol }) => symbol))]
  if (symbols.length === 0) return null
  return (
    <div className={classes.warning}>
      <StateMark kind="attention" word={`Volumes of ${symbolWords(symbols)} changed by a factor of about 100`} />
      <p>
        TWS may have changed between shares and lots of 100. Look at its setting for the volume of US stocks before the
        next Curate, then ask again for these sessions.
      </p>
    </div>
  )
}
