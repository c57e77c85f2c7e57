import { skipToken, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import { CHART_HEAD_HEIGHT, ChartFrame } from '../../charts/chart-frame.tsx'
import { csvText } from '../../charts/csv-text.ts'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatFieldValue, formatQuantity, unitOfField } from '../../format/numbers.ts'
import { formatDates, formatZoneClock, zoneName } from '../../format/times.ts'
import { isoUtc } from '#shared/time.ts'
import type { Minute } from './minute-panel.tsx'
import { ScatterChart } from './scatter-chart.tsx'
import type { ScatterPoint } from './scatter-points.ts'
import { scatterPoints, spreadOffsets } from './scatter-points.ts'

const HEIGHT = 360
const PAGE = 1_000
/** More points would lie on each other. */
const MOST_PAGES = 5

interface ScatterPanelProps {
  readonly run: ComparisonRunDetail
  readonly field: string
  readonly zone: string
  readonly onMinute: (minute: Minute) => void
}

/** Old against new of the minutes in which a field is not equal. */
export function ScatterPanel({ run, field, zone, onMinute }: ScatterPanelProps) {
  const equal = run.counts.fields[field]?.equal ?? 0
  const [reading, setReading] = useState<ScatterPoint>()
  const rows = useRowsOf(run, field)
  const points = useMemo(() => scatterPoints(rows.data?.rows ?? [], field), [rows.data, field])
  const columns = useMemo(() => columnsFor(field, zone), [field, zone])
  const range = formatDates(run.from, run.to)
  const total = rows.data?.total ?? 0
  const drawn =
    points.length < total
      ? `${formatCount(points.length)} of ${formatQuantity(total, 'unequal minute')}, evenly spread over time`
      : `all ${formatQuantity(total, 'unequal minute')}`
  return (
    <Panel
      title={`Old against new ${field}`}
      note={reading === undefined ? 'point to read, click to see the minute' : wordsOf(field, reading, zone)}
    >
      <QueryView query={rows} height={HEIGHT + CHART_HEAD_HEIGHT}>
        {() => (
          <ChartFrame
            title={`Old against new ${field}, ${range}`}
            note={`Drawn: ${drawn}. ${formatQuantity(equal, 'equal minute lies', 'equal minutes lie')} on the diagonal and ${equal === 1 ? 'is' : 'are'} not drawn.`}
            fileName={fileName([range, field, 'old against new'])}
            height={HEIGHT}
            empty={
              points.length === 0
                ? {
                    title: 'Nothing off the diagonal',
                    text: `${field} is equal in every minute that both sides have.`,
                  }
                : undefined
            }
            csv={() => scatterCsv(field, points)}
            renderTable={(maxHeight) => (
              <DataTable
                label={`Old against new ${field}`}
                columns={columns}
                rows={points}
                rowKey={({ symbol, ts }) => `${symbol} ${ts}`}
                onSelect={onMinute}
                maxHeight={maxHeight}
              />
            )}
          >
            {(width) => (
              <ScatterChart
                field={field}
                points={points}
                width={width}
                height={HEIGHT}
                onRead={setReading}
                onPoint={onMinute}
              />
            )}
          </ChartFrame>
        )}
      </QueryView>
    </Panel>
  )
}

/** The rows in which a field is not equal; of many, pages that are evenly spread over time. */
function useRowsOf({ runId, counts }: ComparisonRunDetail, field: string) {
  return useQuery({
    // Beneath the key of all rows, so that it is asked for anew with them.
    queryKey: [...orpc.compare.rows.key(), 'scatter', runId, field],
    queryFn:
      counts.fields[field] === undefined
        ? skipToken
        : async () => {
            const input = {
              runId,
              field,
              classes: ['different' as const, 'within_tolerance' as const],
              order: 'time' as const,
              limit: PAGE,
            }
            const first = await orpc.compare.rows.call(input)
            const others = await Promise.all(
              spreadOffsets(first.total, PAGE, MOST_PAGES)
                .slice(1)
                .map((offset) => orpc.compare.rows.call({ ...input, offset })),
            )
            return { total: first.total, rows: [first, ...others].flatMap((page) => page.rows) }
          },
  })
}

function wordsOf(field: string, { symbol, sessionDate, ts, old, fresh }: ScatterPoint, zone: string): string {
  const when = `${symbol} ${sessionDate} ${formatZoneClock(ts, zone)} ${zoneName(zone)}`
  return `${when}: old ${formatFieldValue(field, old)}, new ${formatFieldValue(field, fresh)}, ${formatDifference(field, fresh - old)}`
}

function columnsFor(field: string, zone: string): readonly Column<ScatterPoint>[] {
  return [
    { key: 'symbol', header: 'Symbol', cell: ({ symbol }) => <b>{symbol}</b>, sortValue: ({ symbol }) => symbol },
    { key: 'session', header: 'Session', cell: ({ sessionDate }) => sessionDate, sortValue: ({ ts }) => ts },
    { key: 'time', header: 'Minute', unit: zoneName(zone), cell: ({ ts }) => formatZoneClock(ts, zone) },
    {
      key: 'old',
      header: 'Old',
      unit: unitOfField(field),
      numeric: true,
      cell: ({ old }) => formatFieldValue(field, old),
      sortValue: ({ old }) => old,
    },
    {
      key: 'new',
      header: 'New',
      unit: unitOfField(field),
      numeric: true,
      cell: ({ fresh }) => formatFieldValue(field, fresh),
      sortValue: ({ fresh }) => fresh,
    },
    {
      key: 'difference',
      header: 'New − old',
      numeric: true,
      cell: ({ old, fresh }) => formatDifference(field, fresh - old),
      sortValue: ({ old, fresh }) => Math.abs(fresh - old),
    },
  ]
}

function scatterCsv(field: string, points: readonly ScatterPoint[]): string {
  const unit = unitOfField(field)
  return csvText<ScatterPoint>(
    [
      { header: 'symbol', value: ({ symbol }) => symbol },
      { header: 'session', value: ({ sessionDate }) => sessionDate },
      { header: 'bar start (UTC)', value: ({ ts }) => isoUtc(ts) },
      { header: `old ${field} (${unit})`, value: ({ old }) => old },
      { header: `new ${field} (${unit})`, value: ({ fresh }) => fresh },
    ],
    points,
  )
}
