import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, skipToken, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ComparisonRunDetail, Overlay } from '#shared/contract/contract.ts'
import { COMPARED_FIELDS } from '#shared/config/workspace-config.ts'
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
import classes from './overlay-panel.module.css'
import type { OverlayRow } from './overlay-rows.ts'
import { overlayRows } from './overlay-rows.ts'

/** Heights of the chart and of the table that stands in for it, which ends with a whole row. */
const HEIGHT = 428
const TABLE_HEIGHT = 421

interface OverlayPanelProps {
  readonly run: ComparisonRunDetail
  readonly selection: CompareSelection
  readonly onField: (field: string) => void
}

/** Old and new of one symbol and session on one axis, with their difference beneath. */
export function OverlayPanel({ run, selection, onField }: OverlayPanelProps) {
  const { symbol, sessionDate, field, atTs } = selection
  const [view, setView] = useState<'chart' | 'table'>('chart')
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
        <>
          <SegmentedControl aria-label="Field" data={[...COMPARED_FIELDS]} value={field} onChange={onField} />
          <SegmentedControl
            aria-label="Show as"
            data={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            value={view}
            onChange={setView}
          />
        </>
      }
    >
      <SessionNote run={run} selection={selection} />
      <QueryView query={overlay} height={HEIGHT}>
        {(data) => (
          <div className={classes.content} data-stale={overlay.isPlaceholderData || undefined}>
            {view === 'chart' ? (
              <OverlayChart overlay={data} atTs={atTs} height={HEIGHT} />
            ) : (
              <OverlayTable overlay={data} atTs={atTs} />
            )}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

/** What the run counted in this session. */
function SessionNote({ run, selection }: { readonly run: ComparisonRunDetail; readonly selection: CompareSelection }) {
  const row = run.perSession.find(
    (entry) => entry.symbol === selection.symbol && entry.sessionDate === selection.sessionDate,
  )
  if (row === undefined) return null
  return (
    <p className={classes.words}>
      Of {formatQuantity(row.common, 'minute')} in both, {formatCount(row.different)} different in some field
      {row.oldOnly > 0 && `, ${formatCount(row.oldOnly)} only in old`}
      {row.newOnly > 0 && `, ${formatCount(row.newOnly)} only in new`}.
    </p>
  )
}

function OverlayTable({ overlay, atTs }: { readonly overlay: Overlay; readonly atTs: number | undefined }) {
  const rows = useMemo(() => overlayRows(overlay), [overlay])
  const columns = useMemo(() => columnsFor(overlay), [overlay])
  return (
    <DataTable
      label={`${overlay.field} of ${overlay.symbol}, ${overlay.sessionDate}, minute by minute`}
      columns={columns}
      rows={rows}
      rowKey={(row) => String(row.ts)}
      selectedKey={atTs === undefined ? undefined : String(atTs)}
      maxHeight={TABLE_HEIGHT}
    />
  )
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
