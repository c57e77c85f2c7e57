import {
  Bar,
  BarChart,
  CartesianGrid,
  ReferenceLine,
  Tooltip,
  useActiveTooltipDataPoints,
  useIsTooltipActive,
  XAxis,
  YAxis,
} from 'recharts'
import type { Histogram } from '#shared/contract/contract.ts'
import { formatCount, formatDifference, formatShare, unitOfField } from '../../format/numbers.ts'
import { AXIS, GRID, FOOT_LABEL } from '../../charts/chart-style.ts'
import classes from '../../charts/chart-tooltip.module.css'

interface HistogramChartProps {
  readonly histogram: Histogram
  /** Whether counts are drawn on a logarithmic axis; a bin without minutes has no bar on either. */
  readonly isLog: boolean
  readonly width: number
  readonly height: number
}

interface BinRow {
  readonly index: number
  /** Null for an empty bin, which a logarithmic axis cannot hold. */
  readonly count: number | null
}

/** Bars of equal-width bins, labelled by the difference at their centre, with zero marked. */
export function HistogramChart({ histogram, isLog, width, height }: HistogramChartProps) {
  const { bins, field } = histogram
  const rows: BinRow[] = bins.map((bin, index) => ({ index, count: bin.count === 0 ? null : bin.count }))
  const zero = bins.findIndex((bin) => bin.from < 0 && bin.to > 0)
  const centre = (index: number): string => formatDifference(field, (bins[index].from + bins[index].to) / 2)
  return (
    <BarChart
      data={rows}
      width={width}
      height={height}
      margin={{ top: 8, right: 36, bottom: 0, left: 0 }}
      barCategoryGap={1}
      title={`Differences of ${field}, number of minutes by size`}
    >
      <CartesianGrid {...GRID} vertical={false} />
      <XAxis
        {...AXIS}
        dataKey="index"
        height={40}
        minTickGap={24}
        tickFormatter={centre}
        label={{ value: `new − old ${field} (${unitOfField(field)})`, ...FOOT_LABEL }}
      />
      <YAxis
        {...AXIS}
        width={64}
        scale={isLog ? 'log' : 'linear'}
        domain={isLog ? [0.5, 'dataMax'] : [0, 'dataMax']}
        {...(isLog ? { ticks: powersOfTen(bins), allowDataOverflow: true } : {})}
        tickFormatter={formatCount}
        label={{
          value: isLog ? 'minutes (log)' : 'minutes',
          angle: -90,
          position: 'insideLeft',
          offset: 12,
          fill: 'var(--sy-ink-3)',
        }}
      />
      {zero >= 0 && (
        <ReferenceLine
          x={zero}
          stroke="var(--sy-ink)"
          strokeDasharray="4 3"
          label={zeroLabel(zero < bins.length / 2)}
        />
      )}
      <Tooltip
        content={<BinTooltip histogram={histogram} />}
        cursor={{ fill: 'var(--sy-hover)' }}
        isAnimationActive={false}
      />
      <Bar dataKey="count" fill="var(--sy-diff)" isAnimationActive={false} />
    </BarChart>
  )
}

/** On the side where there is room. */
const zeroLabel = (isLeft: boolean) => ({
  value: 'zero',
  position: isLeft ? ('insideTopLeft' as const) : ('insideTopRight' as const),
  fill: 'var(--sy-ink)',
})

function powersOfTen(bins: Histogram['bins']): number[] {
  const most = Math.max(1, ...bins.map((bin) => bin.count))
  return Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, power) => 10 ** power)
}

/** What a bin takes in, in words; the outermost bins are open. */
export function binRange({ bins, field }: Histogram, index: number): string {
  const { from, to } = bins[index]
  if (bins.length === 1) return 'all'
  if (index === 0) return `below ${formatDifference(field, to)}`
  if (index === bins.length - 1) return `${formatDifference(field, from)} and above`
  return `${formatDifference(field, from)} to ${formatDifference(field, to)}`
}

function BinTooltip({ histogram }: { readonly histogram: Histogram }) {
  const isActive = useIsTooltipActive()
  const row = useActiveTooltipDataPoints<BinRow>()?.[0]
  if (!isActive || row === undefined) return null
  return (
    <dl className={classes.tooltip}>
      <dt>new − old</dt>
      <dd>{binRange(histogram, row.index)}</dd>
      <dt data-role="diff">minutes</dt>
      <dd>
        {formatCount(row.count ?? 0)} ({formatShare(row.count ?? 0, histogram.count)} %)
      </dd>
    </dl>
  )
}
