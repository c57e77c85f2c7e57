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
import type { CompareSelection } from './compare-selection.ts'
import { OverlayChart } from './overlay-chart.tsx'
import { overlayCsv } from './overlay-csv.ts'
import classes from './overlay-panel.module.css'
import type { OverlayRow } from './overlay-rows.ts'
import { overlayRows } from './overlay-rows.ts'

const HEIGHT = 428

interface OverlayPanelProps {
  readonly run: ComparisonRunDetail
  readonly selection: CompareSelection
  readonly onField: (field: string) => void
}

/** Old and new of one symbol and session on one axis, with their difference beneath. */
export function OverlayPanel({ run, selection, onField }: OverlayPanelProps) {
  const { symbol, sessionDate, field, atTs } = selection
  const overlay = useQuery(
    orpc.compare.overlay.queryOptions({
      input: symbol === undefined || sessionDate === undefined ? skipToken : { symbol, sessionDate, field },
      placeholderData: keepPreviousData,
    }),
  )
  if (symbol === undefined || sessionDate === undefined) {
    return (
      <Panel title="Old and new">
        <EmptyState title="The run holds no sessions">Compare a range that both sides have bars in.</EmptyState>
      </Panel>
    )
  }
  return (
    <Panel
      className={classes.panel}
      title={`${symbol} ${sessionDate}`}
      controls={
        <SegmentedControl
          aria-label="Field"
          data={COMPARED_FIELDS.filter((name) => run.counts.fields[name] !== undefined)}
          value={field}
          onChange={onField}
        />
      }
    >
      <QueryView query={overlay} height={HEIGHT + CHART_HEAD_HEIGHT}>
        {(data) => (
          <OverlayFrame
            overlay={data}
            note={sessionWords(run, selection)}
            atTs={atTs}
            isStale={overlay.isPlaceholderData}
          />
        )}
      </QueryView>
    </Panel>
  )
}

interface OverlayFrameProps {
  readonly overlay: Overlay
  readonly note: string
  readonly atTs: number | undefined
  readonly isStale: boolean
}

function OverlayFrame({ overlay, note, atTs, isStale }: OverlayFrameProps) {
  const { symbol, sessionDate, field } = overlay
  const rows = useMemo(() => overlayRows(overlay), [overlay])
  const columns = useMemo(() => columnsFor(overlay), [overlay])
  const isEmpty = rows.every((row) => row.old === null && row.new === null)
  return (
    <ChartFrame
      title={`${symbol} ${sessionDate}, old and new ${field}`}
      note={note}
      fileName={fileName([symbol, sessionDate, field, 'old and new'])}
      height={HEIGHT}
      isStale={isStale}
      empty={
        isEmpty ? { title: 'Nothing to draw', text: `Neither side has ${field} in this session any more.` } : undefined
      }
      csv={() => overlayCsv(overlay, rows)}
      renderTable={(maxHeight) => (
        <DataTable
          label={`${field} of ${symbol}, ${sessionDate}, minute by minute`}
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.ts)}
          selectedKey={atTs === undefined ? undefined : String(atTs)}
          maxHeight={maxHeight}
        />
      )}
    >
      {(width) => <OverlayChart overlay={overlay} rows={rows} atTs={atTs} width={width} height={HEIGHT} />}
    </ChartFrame>
  )
}

/** What the run counted in this session. */
function sessionWords(run: ComparisonRunDetail, { symbol, sessionDate }: CompareSelection): string {
  const row = run.perSession.find((entry) => entry.symbol === symbol && entry.sessionDate === sessionDate)
  if (row === undefined) return ''
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
