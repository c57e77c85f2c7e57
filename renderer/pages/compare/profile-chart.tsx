import {
  CartesianGrid,
  Line,
  LineChart,
  Tooltip,
  useActiveTooltipDataPoints,
  useIsTooltipActive,
  XAxis,
  YAxis,
} from 'recharts'
import type { ErrorProfileReport } from '#shared/contract/comparison.ts'
import { AXIS, CURSOR, FOOT_LABEL, GRID } from '../../charts/chart-style.ts'
import classes from '../../charts/chart-tooltip.module.css'
import { formatCount, formatFieldValue, unitOfField } from '../../format/numbers.ts'
import type { Dimension } from './profile-panel.tsx'

interface ProfileChartProps {
  readonly field: string
  readonly dimension: Dimension
  /** In the order in which they are drawn. */
  readonly rows: readonly ErrorProfileReport[]
  readonly width: number
  readonly height: number
  readonly title: string
}

interface Point {
  readonly key: string
  readonly count: number
  readonly mae: number | null
  readonly p99: number | null
}

const FOOT: Readonly<Record<Dimension, string>> = {
  minute: 'minutes since the open',
  day: 'session',
  symbol: 'symbol, the largest first',
}

/** Mean and 99th percentile of the size of the differences. */
export function ProfileChart({ field, dimension, rows, width, height, title }: ProfileChartProps) {
  const data: Point[] = rows.map(({ key, count, mae, absolute }) => ({ key, count, mae, p99: absolute.p99 }))
  // Symbols have no course; dots alone stand for them.
  const stroke = (colour: string) => (dimension === 'symbol' ? 'none' : colour)
  const dot = (colour: string) => (data.length <= 60 ? { r: 2, fill: colour, strokeWidth: 0 } : false)
  return (
    <LineChart
      data={data}
      width={width}
      height={height}
      margin={{ top: 20, right: 24, bottom: 0, left: 0 }}
      title={title}
    >
      <CartesianGrid {...GRID} vertical={false} />
      <XAxis {...AXIS} dataKey="key" height={40} minTickGap={28} label={{ value: FOOT[dimension], ...FOOT_LABEL }} />
      <YAxis
        {...AXIS}
        width={80}
        domain={[0, 'auto']}
        tickFormatter={(value: number) => formatFieldValue(field, value)}
        label={{ value: unitOfField(field), angle: -90, position: 'insideLeft', offset: 12, fill: 'var(--sy-ink-3)' }}
      />
      <Tooltip content={<ProfileTooltip field={field} />} cursor={CURSOR} isAnimationActive={false} offset={16} />
      <Line
        dataKey="p99"
        stroke={stroke('var(--sy-diff)')}
        strokeWidth={1}
        strokeDasharray="4 2"
        dot={dot('var(--sy-diff)')}
        isAnimationActive={false}
      />
      <Line
        dataKey="mae"
        stroke={stroke('var(--sy-ink)')}
        strokeWidth={1.5}
        dot={dot('var(--sy-ink)')}
        isAnimationActive={false}
      />
      <g fontWeight={600} fontSize={11}>
        <text x={88} y={12} fill="var(--sy-ink)">
          ━ mean
        </text>
        <text x={148} y={12} fill="var(--sy-diff-text)">
          ╌ 99th percentile
        </text>
      </g>
    </LineChart>
  )
}

function ProfileTooltip({ field }: { readonly field: string }) {
  const isActive = useIsTooltipActive()
  const point = useActiveTooltipDataPoints<Point>()?.[0]
  if (!isActive || point === undefined) return null
  const size = (value: number | null): string =>
    formatFieldValue(field, value === null ? null : Number(value.toPrecision(4)))
  return (
    <dl className={classes.tooltip}>
      <dt>at</dt>
      <dd>{point.key}</dd>
      <dt>minutes</dt>
      <dd>{formatCount(point.count)}</dd>
      <dt>mean</dt>
      <dd>{size(point.mae)}</dd>
      <dt data-role="diff">99th percentile</dt>
      <dd>{size(point.p99)}</dd>
    </dl>
  )
}
