import { useQuery } from '@tanstack/react-query'
import type { IngestActivity } from '#shared/contract/ingest.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatDuration } from '../../format/times.ts'
import { useNow } from '../../use-now.ts'
import { purposeWords } from '../../wording/fetch-words.ts'

/** Requests for bars that are under way, longest first, and how many wait for their turn. */
export function ActivityPanel() {
  const activity = useQuery(orpc.ingest.activity.queryOptions())
  const waiting = activity.data?.requests.filter(({ sentAtMs }) => sentAtMs === undefined).length ?? 0
  return (
    <Panel
      title="Requests under way"
      note={waiting === 0 ? '' : `${formatQuantity(waiting, 'more')} waiting for a turn`}
    >
      <QueryView query={activity} height={120}>
        {({ requests }) => <Requests requests={requests.filter(({ sentAtMs }) => sentAtMs !== undefined)} />}
      </QueryView>
    </Panel>
  )
}

type Request = IngestActivity['requests'][number]

function Requests({ requests }: { readonly requests: readonly Request[] }) {
  const nowMs = useNow(1_000)
  const columns: readonly Column<Request>[] = [
    ...COLUMNS,
    {
      key: 'age',
      header: 'For',
      numeric: true,
      cell: ({ sentAtMs }) => (sentAtMs === undefined ? '–' : formatDuration(Math.max(0, nowMs - sentAtMs))),
    },
  ]
  return (
    <DataTable
      label="Requests under way"
      columns={columns}
      rows={requests}
      rowKey={(request) => String(request.requestId)}
      maxHeight={190}
      empty="Nothing is being asked for at the moment."
    />
  )
}

const COLUMNS: readonly Column<Request>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b> },
  { key: 'sessions', header: 'Sessions', cell: (row) => formatDates(row.from, row.to) },
  { key: 'purpose', header: 'Why', grow: true, cell: (row) => purposeWords(row.purpose) },
  { key: 'attempt', header: 'Try', numeric: true, cell: (row) => formatCount(row.attempt) },
]
