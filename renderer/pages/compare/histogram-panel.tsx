import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ComparisonRunDetail, Histogram } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatShare } from '../../format/numbers.ts'
import type { ViewContext } from '../../view-context.ts'
import { binRange, HistogramChart } from './histogram-chart.tsx'
import classes from './histogram-panel.module.css'

const HEIGHT = 309

interface HistogramPanelProps {
  readonly run: ComparisonRunDetail
  readonly field: string
  readonly symbol: string | undefined
  readonly context: ViewContext
}

type Scale = 'log' | 'linear'

/** How the differences of one field are spread, over the whole run or one symbol. */
export function HistogramPanel({ run, field, symbol, context }: HistogramPanelProps) {
  const [isOneSymbol, setOneSymbol] = useState(context.symbol !== undefined)
  const [scale, setScale] = useState<Scale>('log')
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const wanted = isOneSymbol ? symbol : undefined
  const histogram = useQuery(
    orpc.compare.histogram.queryOptions({
      input: { runId: run.runId, field, ...(wanted === undefined ? {} : { symbol: wanted }) },
      placeholderData: keepPreviousData,
    }),
  )
  return (
    <Panel
      title={`Differences of ${field}`}
      note="new − old"
      controls={
        <>
          {symbol !== undefined && (
            <SegmentedControl
              aria-label="Symbols counted"
              data={[
                { value: 'all', label: 'All symbols' },
                { value: 'one', label: symbol },
              ]}
              value={isOneSymbol ? 'one' : 'all'}
              onChange={(value) => setOneSymbol(value === 'one')}
            />
          )}
          <SegmentedControl
            aria-label="Count axis"
            data={[
              { value: 'log', label: 'Log' },
              { value: 'linear', label: 'Linear' },
            ]}
            value={scale}
            onChange={setScale}
          />
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
      <QueryView query={histogram} height={HEIGHT + 28}>
        {(data) => (
          <div className={classes.content} data-stale={histogram.isPlaceholderData || undefined}>
            <p className={classes.words}>{wordsOf(data)}</p>
            {data.bins.length === 0 ? (
              <EmptyState title="Nothing to count">No minute of the run has {field} on both sides.</EmptyState>
            ) : data.zeros === data.count ? (
              <EmptyState title="No differences">
                Old and new have the same {field} in every one of {formatCount(data.count)} minutes.
              </EmptyState>
            ) : view === 'chart' ? (
              <HistogramChart histogram={data} isLog={scale === 'log'} height={HEIGHT} />
            ) : (
              <BinTable histogram={data} />
            )}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

function wordsOf({ field, count, zeros, min, max, mean }: Histogram): string {
  if (count === 0) return ''
  return [
    `${formatCount(zeros)} of ${formatCount(count)} minutes are exactly zero (${formatShare(zeros, count)} %).`,
    mean === null ? '' : `Mean ${formatDifference(field, Number(mean.toPrecision(3)))},`,
    min === null || max === null ? '' : `from ${formatDifference(field, min)} to ${formatDifference(field, max)}.`,
  ].join(' ')
}

type Bin = Histogram['bins'][number]

function BinTable({ histogram }: { readonly histogram: Histogram }) {
  const columns: readonly Column<Bin>[] = [
    { key: 'range', header: 'New − old', cell: (bin) => binRange(histogram, histogram.bins.indexOf(bin)) },
    {
      key: 'count',
      header: 'Minutes',
      numeric: true,
      cell: (bin) => formatCount(bin.count),
      sortValue: (bin) => bin.count,
    },
    { key: 'share', header: 'Share', unit: '%', numeric: true, cell: (bin) => formatShare(bin.count, histogram.count) },
  ]
  return (
    <DataTable
      label={`Differences of ${histogram.field} by size`}
      columns={columns}
      rows={histogram.bins}
      rowKey={(bin) => String(bin.from)}
      maxHeight={HEIGHT}
    />
  )
}
