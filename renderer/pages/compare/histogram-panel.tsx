import { SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ComparisonRunDetail, Histogram } from '#shared/contract/contract.ts'
import { CHART_HEAD_HEIGHT, ChartFrame } from '../../charts/chart-frame.tsx'
import { fileName } from '../../charts/file-name.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatDifference, formatShare } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import { symbolWords } from '../../wording/job-words.ts'
import type { ViewContext } from '../../view-context.ts'
import { binRange, HistogramChart } from './histogram-chart.tsx'
import { histogramCsv } from './histogram-csv.ts'

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
  const wanted = isOneSymbol ? symbol : undefined
  const symbols = wanted === undefined ? run.symbols : [wanted]
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
        </>
      }
    >
      <QueryView query={histogram} height={HEIGHT + CHART_HEAD_HEIGHT}>
        {(data) => (
          <ChartFrame
            title={`Differences of ${data.field} (new − old), ${symbolWords(symbols)}, ${formatDates(run.from, run.to)}`}
            note={wordsOf(data)}
            fileName={fileName([symbolWords(symbols), formatDates(run.from, run.to), data.field, 'differences'])}
            height={HEIGHT}
            isStale={histogram.isPlaceholderData}
            empty={emptyWords(data)}
            csv={() => histogramCsv(data)}
            renderTable={(maxHeight) => <BinTable histogram={data} maxHeight={maxHeight} />}
          >
            {(width) => <HistogramChart histogram={data} isLog={scale === 'log'} width={width} height={HEIGHT} />}
          </ChartFrame>
        )}
      </QueryView>
    </Panel>
  )
}

/** What is said where there are no differences to draw. */
function emptyWords({ field, bins, zeros, count }: Histogram) {
  if (bins.length === 0) {
    return { title: 'Nothing to count', text: `No minute of the run has ${field} on both sides.` }
  }
  if (zeros < count) return undefined
  return {
    title: 'No differences',
    text: `Old and new have the same ${field} in every one of ${formatCount(count)} minutes.`,
  }
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

interface BinTableProps {
  readonly histogram: Histogram
  readonly maxHeight: number
}

function BinTable({ histogram, maxHeight }: BinTableProps) {
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
      maxHeight={maxHeight}
    />
  )
}
