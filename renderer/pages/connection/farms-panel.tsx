import type { Connection, Farm } from '#shared/contract/connection.ts'
import { DataTable } from '../../components/data-table.tsx'
import type { Column } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatLocalMoment, formatRecentMoment, LOCAL_ZONE } from '../../format/times.ts'
import { useNow } from '../../use-now.ts'
import { FARM_KIND_WORDS, FARM_STATE_WORDS } from '../../wording/connection-words.ts'

/** The broker's data farms as TWS has told of them, one row each; broken ones first. */
export function FarmsPanel({ connection }: { readonly connection: Connection }) {
  const isThere = connection.state === 'ready' || connection.state === 'degraded'
  return (
    <Panel title="Data farms" note="of the broker">
      <DataTable
        label="Data farms"
        columns={COLUMNS}
        rows={connection.farms.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])}
        rowKey={(farm) => `${farm.kind} ${farm.name}`}
        maxHeight={196}
        empty={
          isThere
            ? 'TWS has not told of any farm yet. It does so after a connection is made, and whenever one changes.'
            : 'No farm is known: TWS tells of them while it is connected.'
        }
      />
    </Panel>
  )
}

const ORDER: Readonly<Record<Farm['state'], number>> = { broken: 0, connecting: 1, inactive: 2, ok: 3 }

const COLUMNS: readonly Column<Farm>[] = [
  { key: 'state', header: 'State', cell: (farm) => <StateMark {...FARM_STATE_WORDS[farm.state]} /> },
  {
    key: 'farm',
    header: 'Farm',
    grow: true,
    cell: (farm) => (
      <span title={`${farm.name}: ${FARM_KIND_WORDS[farm.kind]}`}>
        <b>{farm.name}</b> {FARM_KIND_WORDS[farm.kind].toLowerCase()}
      </span>
    ),
  },
  {
    key: 'since',
    header: 'Since',
    unit: LOCAL_ZONE,
    numeric: true,
    cell: (farm) => <Since atMs={farm.sinceMs} />,
  },
]

function Since({ atMs }: { readonly atMs: number }) {
  const words = formatRecentMoment(atMs, useNow(60_000))
  return <span title={`${formatLocalMoment(atMs)} ${LOCAL_ZONE}`}>{words.replace(` ${LOCAL_ZONE}`, '')}</span>
}
