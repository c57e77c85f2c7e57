import { useId } from 'react'
import type { DotItemDotProps } from 'recharts'
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  Tooltip,
  useActiveTooltipDataPoints,
  useIsTooltipActive,
  XAxis,
  YAxis,
} from 'recharts'
import type { TrendPoint } from '#shared/contract/comparison.ts'
import { AXIS, CURSOR, FOOT_LABEL, GRID, MARKED_MINUTE, noContent, noLabel } from '../../charts/chart-style.ts'
import classes from '../../charts/chart-tooltip.module.css'
import { niceTicks } from '../../charts/nice-ticks.ts'
import { formatCount, formatFieldValue, formatShare, unitOfField } from '../../format/numbers.ts'
import { formatLocalDate, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'

interface TrendChartProps {
  readonly points: readonly TrendPoint[]
  readonly runId: string
  readonly field: string
  readonly onRun: (runId: string) => void
  readonly width: number
}

const SHARE_HEIGHT = 112
const P99_HEIGHT = 152
export const TREND_HEIGHT = SHARE_HEIGHT + P99_HEIGHT
const MARGIN = { top: 8, right: 24, bottom: 0, left: 0 } as const
const Y_WIDTH = 80

interface Entry {
  readonly index: number
  readonly point: TrendPoint
  readonly share: number | null
  readonly withoutCause: number | null
  readonly p99: number | null
}

/** Two charts over the same runs. Runs stand at equal distances; those of a sample are hollow. */
export function TrendChart({ points, runId, field, onRun, width }: TrendChartProps) {
  const syncId = useId()
  const data: Entry[] = points.map((point, index) => ({
    index,
    point,
    share: point.unequalShare === null ? null : point.unequalShare * 100,
    withoutCause: point.withoutCauseShare === null ? null : point.withoutCauseShare * 100,
    p99: point.p99[field] ?? null,
  }))
  const isOneDay = new Set(points.map(({ createdAtMs }) => formatLocalDate(createdAtMs))).size === 1
  const chosen = points.findIndex((point) => point.runId === runId)
  const reference = points.findIndex(({ isReference }) => isReference)
  const shared = {
    data,
    syncId,
    margin: MARGIN,
    width,
    onClick: ({ activeTooltipIndex }: { activeTooltipIndex?: number | string | null | undefined }) => {
      const point = points[Number(activeTooltipIndex ?? -1)]
      if (point !== undefined) onRun(point.runId)
    },
  }
  const runAxis = {
    ...AXIS,
    dataKey: 'index',
    type: 'number' as const,
    domain: [0, Math.max(1, points.length - 1)] as [number, number],
    padding: { left: 12, right: 12 },
    allowDecimals: false,
    tickFormatter: (index: number) => {
      const point = points[index]
      if (point === undefined) return ''
      return isOneDay ? formatLocalMoment(point.createdAtMs).slice(11, 16) : formatLocalDate(point.createdAtMs)
    },
  }
  const chosenLine = chosen >= 0 && <ReferenceLine x={chosen} {...MARKED_MINUTE} />
  const referenceLine = (label: string) =>
    reference >= 0 && (
      <ReferenceLine
        x={reference}
        stroke="var(--sy-ink-3)"
        label={{
          value: label,
          // On the side where there is room.
          position: reference > points.length / 2 ? 'insideBottomRight' : 'insideBottomLeft',
          fill: 'var(--sy-ink-3)',
          fontSize: 11,
        }}
      />
    )
  return (
    <>
      <LineChart {...shared} height={SHARE_HEIGHT} title="Unequal share of the minutes, from run to run">
        <CartesianGrid {...GRID} vertical={false} />
        <XAxis {...runAxis} tickFormatter={noLabel} tickLine={false} height={4} />
        <YAxis
          {...AXIS}
          width={Y_WIDTH}
          {...reachOf(data.flatMap(({ share, withoutCause }) => [share, withoutCause]))}
          label={{ value: 'share, %', ...AXIS_LABEL }}
        />
        {chosenLine}
        {referenceLine('reference')}
        <Tooltip content={<TrendTooltip field={field} />} cursor={CURSOR} isAnimationActive={false} offset={16} />
        <Line
          dataKey="withoutCause"
          stroke="var(--sy-ink-2)"
          strokeDasharray="4 2"
          strokeWidth={1.5}
          dot={runDot('var(--sy-ink-2)')}
          isAnimationActive={false}
        />
        <Line
          dataKey="share"
          stroke="var(--sy-fail)"
          strokeWidth={1.5}
          dot={runDot('var(--sy-fail)')}
          isAnimationActive={false}
        />
      </LineChart>
      <LineChart
        {...shared}
        height={P99_HEIGHT}
        title={`99th percentile of the differences of ${field}, from run to run`}
      >
        <CartesianGrid {...GRID} vertical={false} />
        <XAxis {...runAxis} height={40} minTickGap={24} label={{ value: `run, made (${LOCAL_ZONE})`, ...FOOT_LABEL }} />
        <YAxis
          {...AXIS}
          width={Y_WIDTH}
          {...reachOf(data.map(({ p99 }) => p99))}
          tickFormatter={(value: number) => formatFieldValue(field, value)}
          label={{ value: `p99, ${unitOfField(field)}`, ...AXIS_LABEL }}
        />
        {chosenLine}
        {referenceLine('')}
        <Tooltip content={noContent} cursor={CURSOR} isAnimationActive={false} />
        <Line
          dataKey="p99"
          stroke="var(--sy-diff)"
          strokeWidth={1.5}
          dot={runDot('var(--sy-diff)')}
          isAnimationActive={false}
        />
      </LineChart>
    </>
  )
}

/** From zero to a little above the largest value, with round ticks. */
function reachOf(values: readonly (number | null)[]) {
  const most = Math.max(...values.map((value) => value ?? 0))
  const domain: [number, number] = [0, most > 0 ? most * 1.08 : 1]
  return { domain, ticks: niceTicks(domain, 3) }
}

const AXIS_LABEL = {
  angle: -90,
  position: 'insideLeft',
  offset: 12,
  fill: 'var(--sy-ink-3)',
  style: { textAnchor: 'middle' },
} as const

/** Filled for a run of all minutes, hollow for one of a sample. */
function runDot(colour: string) {
  return function RunDot({ cx, cy, key, payload }: DotItemDotProps) {
    if (cx === undefined || cy === undefined) return <g key={key} />
    const { point } = payload as Entry
    const isSample = point.sample !== null
    return (
      <circle
        key={key}
        cx={cx}
        cy={cy}
        r={3}
        fill={isSample ? 'var(--sy-panel)' : colour}
        stroke={colour}
        strokeWidth={1.5}
      />
    )
  }
}

/** `3.20 % of the differences` */
export function withoutCauseWords({ withoutCauseShare }: TrendPoint): string {
  return withoutCauseShare === null ? '–' : `${formatShare(withoutCauseShare, 1)} % of the differences`
}

function TrendTooltip({ field }: { readonly field: string }) {
  const isActive = useIsTooltipActive()
  const entry = useActiveTooltipDataPoints<Entry>()?.[0]
  if (!isActive || entry === undefined) return null
  const { point } = entry
  return (
    <dl className={classes.tooltip}>
      <dt>made</dt>
      <dd>
        {formatLocalMoment(point.createdAtMs)} {LOCAL_ZONE}
      </dd>
      {point.sample !== null && (
        <>
          <dt>sample</dt>
          <dd>{Number((point.sample * 100).toPrecision(6))} %</dd>
        </>
      )}
      <dt>minutes</dt>
      <dd>{formatCount(point.minutes)}</dd>
      <dt>unequal</dt>
      <dd>{point.unequalShare === null ? '–' : `${formatShare(point.unequalShare, 1)} %`}</dd>
      <dt>no cause found</dt>
      <dd>{withoutCauseWords(point)}</dd>
      <dt data-role="diff">p99 of {field}</dt>
      <dd>{formatFieldValue(field, point.p99[field] ?? null)}</dd>
    </dl>
  )
}
