import { useMemo } from 'react'
import type { Traffic } from '#shared/contract/connection.ts'
import { CHART_HEAD_HEIGHT, ChartFrame } from '../../charts/chart-frame.tsx'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatCount } from '../../format/numbers.ts'
import { formatPace } from '../../format/rates.ts'
import { formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { useNow } from '../../use-now.ts'
import { useTraffic } from '../../use-traffic.ts'
import { TrafficChart } from './traffic-chart.tsx'
import { trafficCsv } from './traffic-csv.ts'
import classes from './traffic-panel.module.css'
import type { TrafficRow } from './traffic-rows.ts'
import { trafficRows } from './traffic-rows.ts'

const HEIGHT = 184

/** The use of the limits over the last hour. */
export function TrafficPanel() {
  const traffic = useTraffic()
  return (
    <Panel title="The last hour" note={LOCAL_ZONE} className={classes.panel}>
      <QueryView query={traffic} height={HEIGHT + CHART_HEAD_HEIGHT}>
        {(data) => <TrafficFrame traffic={data} />}
      </QueryView>
    </Panel>
  )
}

function TrafficFrame({ traffic }: { readonly traffic: Traffic }) {
  const nowMs = useNow(traffic.sampleMs)
  const rows = useMemo(() => trafficRows(traffic, nowMs), [traffic, nowMs])
  const stretch = formatDuration(traffic.sampleMs)
  return (
    <ChartFrame
      title="Use of what TWS allows over the last hour"
      note={`Highest use in each ${stretch}; no bar where nothing was sent.`}
      fileName={fileName(['tws-traffic', new Date(nowMs).toISOString().slice(0, 16)])}
      height={HEIGHT}
      empty={
        rows.every((row) => row.pace === null)
          ? { title: 'Quiet', text: 'Nothing was sent to TWS in the last hour. A run or live bars fill this chart.' }
          : undefined
      }
      csv={() => trafficCsv(rows, traffic.budget)}
      renderTable={(maxHeight) => (
        <DataTable
          label="Use of what TWS allows, stretch by stretch"
          columns={COLUMNS}
          rows={rows.filter((row) => row.pace !== null).toReversed()}
          rowKey={(row) => String(row.atMs)}
          maxHeight={maxHeight}
        />
      )}
    >
      {(width) => <TrafficChart rows={rows} budget={traffic.budget} width={width} height={HEIGHT} />}
    </ChartFrame>
  )
}

const COLUMNS: readonly Column<TrafficRow>[] = [
  { key: 'at', header: 'Stretch start', unit: LOCAL_ZONE, cell: (row) => formatLocalMoment(row.atMs).slice(11) },
  {
    key: 'messages',
    header: 'Messages',
    unit: 'a second',
    numeric: true,
    cell: (row) => formatCount(row.messagesPerSecond ?? 0),
  },
  {
    key: 'small',
    header: 'Small-bar requests',
    unit: 'in 10 min',
    numeric: true,
    cell: (row) => formatCount(row.smallBarRequests ?? 0),
  },
  { key: 'open', header: 'Open requests', numeric: true, cell: (row) => formatCount(row.openRequests ?? 0) },
  { key: 'pace', header: 'Pace', numeric: true, cell: (row) => formatPace(row.pace ?? 0) },
]
