import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { ComparisonRunDetail, Overlay } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { CHART_HEAD_HEIGHT, ChartFrame } from '../../charts/chart-frame.tsx'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatFieldValue, formatQuantity, unitOfField } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import type { CellRef } from '../../grid/grid-cells.ts'
import type { CompareView } from './compare-address.ts'
import { OVERLAY_HEIGHT, OverlayChart } from './overlay-chart.tsx'
import { overlayCsv } from './overlay-csv.ts'
import type { OverlayRow } from './overlay-rows.ts'
import { overlayRows, overlaySpan } from './overlay-rows.ts'
import type { Span } from './overlay-zoom.ts'
import { ZoomButtons } from './zoom-buttons.tsx'

interface OverlayPanelProps {
  readonly run: ComparisonRunDetail
  /** Undefined when the run holds no session. */
  readonly cell: CellRef | undefined
  readonly view: Pick<CompareView, 'field' | 'atTs' | 'zoom'>
  readonly onField: (field: string) => void
  readonly onZoom: (span: Span | undefined) => void
  readonly onMinute: (ts: number | undefined) => void
}

/** Old and new of one symbol and session on one axis, with their difference beneath. */
export function OverlayPanel({ run, cell, view, onField, onZoom, onMinute }: OverlayPanelProps) {
  const { field } = view
  const overlay = useQuery(
    orpc.compare.overlay.queryOptions({
      input: cell === undefined ? skipToken : { ...cell, field },
      placeholderData: keepPreviousData,
    }),
  )
  if (cell === undefined) {
    return (
      <Panel title="Old and new">
        <EmptyState title="The run holds no sessions">Compare a range that both sides have bars in.</EmptyState>
      </Panel>
    )
  }
  return (
    <Panel
      title={`${cell.symbol} ${cell.sessionDate}`}
      note={sessionWords(run, cell)}
      controls={
        <SegmentedControl
          aria-label="Field"
          data={COMPARED_FIELDS.filter((name) => run.counts.fields[name] !== undefined)}
          value={field}
          onChange={onField}
        />
      }
    >
      <QueryView query={overlay} height={OVERLAY_HEIGHT + CHART_HEAD_HEIGHT}>
        {(data) => (
          <OverlayFrame
            overlay={data}
            view={view}
            isStale={overlay.isPlaceholderData}
            onZoom={onZoom}
            onMinute={onMinute}
          />
        )}
      </QueryView>
    </Panel>
  )
}

interface OverlayFrameProps {
  readonly overlay: Overlay
  readonly view: Pick<CompareView, 'atTs' | 'zoom'>
  readonly isStale: boolean
  readonly onZoom: (span: Span | undefined) => void
  readonly onMinute: (ts: number | undefined) => void
}

function OverlayFrame({ overlay, view: { atTs, zoom }, isStale, onZoom, onMinute }: OverlayFrameProps) {
  const { symbol, sessionDate, field, zone } = overlay
  const rows = useMemo(() => overlayRows(overlay), [overlay])
  const columns = useMemo(() => columnsFor(overlay), [overlay])
  const whole = overlaySpan(overlay, rows)
  // A zoom of another session lies outside of this one.
  const span = zoom !== undefined && zoom[0] < whole[1] && zoom[1] > whole[0] ? zoom : whole
  const [fromTs, toTs] = span
  const inView = useMemo(() => rows.filter(({ ts }) => ts >= fromTs && ts < toTs), [rows, fromTs, toTs])
  const isEmpty = rows.every((row) => row.old === null && row.new === null)
  const isWhole = fromTs <= whole[0] && toTs >= whole[1]
  const clock = (ts: number): string => formatZoneClock(ts, zone)
  return (
    <>
      <ChartFrame
        title={`${symbol} ${sessionDate}, old and new ${field}`}
        note={
          isWhole
            ? `${formatQuantity(rows.length, 'minute')}. Drag in the chart to zoom, click to choose a minute.`
            : `${clock(fromTs)} to ${clock(toTs)} ${zoneName(zone)}, ${formatQuantity(inView.length, 'minute')} of ${formatCount(rows.length)}.`
        }
        fileName={fileName([symbol, sessionDate, field, 'old and new'])}
        height={OVERLAY_HEIGHT}
        isStale={isStale}
        empty={
          isEmpty
            ? { title: 'Nothing to draw', text: `Neither side has ${field} in this session any more.` }
            : undefined
        }
        csv={() => overlayCsv(overlay, rows)}
        renderTable={(maxHeight) => (
          <DataTable
            label={`${field} of ${symbol}, ${sessionDate}, minute by minute`}
            columns={columns}
            rows={rows}
            rowKey={(row) => String(row.ts)}
            selectedKey={atTs === undefined ? undefined : String(atTs)}
            onSelect={({ ts }) => onMinute(ts)}
            maxHeight={maxHeight}
          />
        )}
      >
        {(width) => (
          <OverlayChart
            overlay={overlay}
            rows={inView}
            span={span}
            whole={whole}
            atTs={atTs}
            onZoom={onZoom}
            onMinute={onMinute}
            width={width}
          />
        )}
      </ChartFrame>
      {!isEmpty && <ZoomButtons span={span} whole={whole} atTs={atTs} onZoom={onZoom} />}
    </>
  )
}

/** What the run counted in this session. */
function sessionWords(run: ComparisonRunDetail, { symbol, sessionDate }: CellRef): string {
  const row = run.perSession.find((entry) => entry.symbol === symbol && entry.sessionDate === sessionDate)
  if (row === undefined) return 'not in this run'
  const onlyOld = row.oldOnly > 0 ? `, ${formatCount(row.oldOnly)} only in old` : ''
  const onlyNew = row.newOnly > 0 ? `, ${formatCount(row.newOnly)} only in new` : ''
  return `Of ${formatQuantity(row.common, 'minute')} in both, ${formatCount(row.different)} different in some field${onlyOld}${onlyNew}.`
}

function columnsFor({ field, zone }: Overlay): readonly Column<OverlayRow>[] {
  return [
    {
      key: 'ts',
      header: 'Minute',
      unit: zoneName(zone),
      cell: (row) => formatZoneClock(row.ts, zone),
      sortValue: (row) => row.ts,
    },
    {
      key: 'old',
      header: 'Old',
      unit: unitOfField(field),
      numeric: true,
      cell: (row) => formatFieldValue(field, row.old),
    },
    {
      key: 'new',
      header: 'New',
      unit: unitOfField(field),
      numeric: true,
      cell: (row) => formatFieldValue(field, row.new),
    },
    {
      key: 'difference',
      header: 'New − old',
      numeric: true,
      cell: (row) => formatDifference(field, row.difference),
      sortValue: (row) => (row.difference === null ? undefined : Math.abs(row.difference)),
    },
  ]
}
