import { useId, useMemo } from 'react'
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  LineChart,
  ReferenceLine,
  Tooltip,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts'
import type { DotItemDotProps } from 'recharts'
import type { Overlay } from '#shared/contract/contract.ts'
import { formatDifference, formatFieldValue, unitOfField } from '../../format/numbers.ts'
import { formatZoneClock } from '../../format/times.ts'
import { AXIS, barStartLabel, CURSOR, GRID, MARKED_MINUTE, noContent, noLabel } from '../../charts/chart-style.ts'
import { clockTicks } from '../../charts/clock-ticks.ts'
import { minMaxRows } from './min-max-rows.ts'
import type { OverlayRow } from './overlay-rows.ts'
import { differenceReach, isLonely } from './overlay-rows.ts'
import { OverlayTooltip } from './overlay-tooltip.tsx'
import type { Span } from './overlay-zoom.ts'
import { ZoomArea } from './zoom-area.tsx'

interface OverlayChartProps {
  readonly overlay: Overlay
  /** The minutes of `span`. */
  readonly rows: readonly OverlayRow[]
  readonly span: Span
  /** The whole session. */
  readonly whole: Span
  /** The marked minute, epoch seconds. */
  readonly atTs: number | undefined
  readonly onZoom: (span: Span | undefined) => void
  readonly onMinute: (ts: number | undefined) => void
  readonly width: number
}

export const OVERLAY_HEIGHT = 428
const STRIP_HEIGHT = 128
/** Both charts leave the same room at the sides, so that a minute is at the same place in both. */
const MARGIN = { top: 8, right: 44, bottom: 0, left: 0 } as const
/** Room for the axis label and values of eight digits: an index fund's minute at the close has millions of shares. */
const Y_WIDTH = 88

/**
 * Old and new on one axis, their difference with its zero line beneath, both with the same minutes and one tooltip. Dragging zooms, a click
 * chooses a minute.
 */
export function OverlayChart(props: OverlayChartProps) {
  const { overlay, span, whole, atTs, onZoom, onMinute, width } = props
  const plotWidth = Math.max(1, width - Y_WIDTH - MARGIN.right)
  const rows = useMemo(() => minMaxRows(props.rows, plotWidth), [props.rows, plotWidth])
  const ticks = clockTicks(span, tickStep(span))
  const reach = differenceReach(rows, overlay.field === 'volume' ? 1 : 0.01)
  const syncId = useId()
  const { field, zone } = overlay
  const shared = { data: rows as OverlayRow[], syncId, syncMethod: 'value' as const, margin: MARGIN }
  const marked = atTs === undefined ? null : <ReferenceLine x={atTs} {...MARKED_MINUTE} ifOverflow="hidden" />
  const clock = (ts: number): string => formatZoneClock(ts, zone)
  const timeAxis = {
    dataKey: 'ts',
    type: 'number' as const,
    domain: [...span] as [number, number],
    allowDataOverflow: true,
    ticks,
    tickFormatter: clock,
    ...AXIS,
  }

  return (
    <ZoomArea
      left={Y_WIDTH}
      right={MARGIN.right}
      span={span}
      whole={whole}
      atTs={atTs}
      onZoom={onZoom}
      onMinute={(ts) => onMinute(nearest(props.rows, ts))}
      isSampled={rows.length < props.rows.length}
    >
      <LineChart
        {...shared}
        width={width}
        height={OVERLAY_HEIGHT - STRIP_HEIGHT}
        title={`${field} of ${overlay.symbol} on ${overlay.sessionDate}, old and new`}
      >
        <CartesianGrid {...GRID} />
        <XAxis {...timeAxis} tickFormatter={noLabel} tickLine={false} height={8} />
        <YAxis
          {...AXIS}
          width={Y_WIDTH}
          domain={['auto', 'auto']}
          tickFormatter={(value: number) => formatFieldValue(field, value)}
          label={{ value: unitOfField(field), ...AXIS_LABEL }}
        />
        {marked}
        <Tooltip
          content={<OverlayTooltip field={field} zone={zone} />}
          cursor={CURSOR}
          isAnimationActive={false}
          offset={16}
        />
        {/* The new line is thinner and on top: where both agree, the old one frames it. Volume has no run of like
            values that a frame would be seen around. */}
        <Line
          {...LINE}
          dataKey="old"
          stroke="var(--sy-old)"
          strokeWidth={field === 'volume' ? 2 : 4}
          dot={lonelyDot(rows, 'old')}
        />
        <Line
          {...LINE}
          dataKey="new"
          stroke="var(--sy-new)"
          strokeWidth={field === 'volume' ? 1 : 1.5}
          dot={lonelyDot(rows, 'new')}
        />
        <DirectLabels rows={rows} />
      </LineChart>
      <ComposedChart {...shared} width={width} height={STRIP_HEIGHT} title={`Difference of ${field}, new minus old`}>
        <CartesianGrid {...GRID} />
        <XAxis {...timeAxis} height={36} label={barStartLabel(zone)} />
        <YAxis
          {...AXIS}
          width={Y_WIDTH}
          domain={[-reach, reach]}
          ticks={[-reach, 0, reach]}
          tickFormatter={(value: number) => formatDifference(field, value)}
          label={{ value: 'new − old', ...AXIS_LABEL }}
        />
        {marked}
        <ReferenceLine y={0} stroke="var(--sy-ink-3)" />
        <Tooltip content={noContent} cursor={CURSOR} isAnimationActive={false} />
        <Bar dataKey="difference" fill="var(--sy-diff)" barSize={2} isAnimationActive={false} />
      </ComposedChart>
    </ZoomArea>
  )
}

/** Steps of the clock that leave room for their labels. */
function tickStep([fromTs, toTs]: Span): number {
  const minutes = (toTs - fromTs) / 60
  return minutes > 780 ? 7200 : minutes > 180 ? 1800 : minutes > 60 ? 900 : minutes > 20 ? 300 : 60
}

/** The minute that begins nearest to a time. */
function nearest(rows: readonly OverlayRow[], ts: number): number | undefined {
  return rows.reduce<number | undefined>(
    (best, row) => (best === undefined || Math.abs(row.ts - ts) < Math.abs(best - ts) ? row.ts : best),
    undefined,
  )
}

const LINE = {
  type: 'linear',
  connectNulls: false,
  isAnimationActive: false,
  activeDot: { r: 3, strokeWidth: 0 },
} as const

const AXIS_LABEL = {
  angle: -90,
  position: 'insideLeft',
  offset: 12,
  fill: 'var(--sy-ink-3)',
  style: { textAnchor: 'middle' },
} as const

/** A dot where a value has no neighbour to draw a line to; nothing elsewhere. */
function lonelyDot(rows: readonly OverlayRow[], side: 'old' | 'new') {
  return function LonelyDot({ cx, cy, index, key }: DotItemDotProps) {
    if (cx === undefined || cy === undefined || !isLonely(rows, side, index)) {
      return <g key={key} />
    }
    return <circle key={key} cx={cx} cy={cy} r={side === 'old' ? 2.5 : 1.5} fill={`var(--sy-${side})`} />
  }
}

const LABEL_DISTANCE = 13

/** The names of the lines at their right ends, kept apart where the lines are not. */
function DirectLabels({ rows }: { readonly rows: readonly OverlayRow[] }) {
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  if (xScale === undefined || yScale === undefined) return null
  const labels = (['old', 'new'] as const)
    .flatMap((side) => {
      const row = rows.findLast((entry) => entry[side] !== null)
      const x = row === undefined ? undefined : xScale(row.ts)
      const y = row === undefined ? undefined : yScale(row[side])
      return x === undefined || y === undefined ? [] : [{ side, x, y }]
    })
    .toSorted((a, b) => a.y - b.y)
  const [upper, lower] = labels
  const push = upper === undefined || lower === undefined ? 0 : Math.max(0, (LABEL_DISTANCE - (lower.y - upper.y)) / 2)
  return (
    <g fontWeight={600}>
      {labels.map(({ side, x, y }, index) => (
        <text key={side} x={x + 6} y={y + (index === 0 ? -push : push)} dy="0.35em" fill={`var(--sy-${side}-text)`}>
          {side}
        </text>
      ))}
    </g>
  )
}
