import type { PointerEvent } from 'react'
import { CartesianGrid, ComposedChart, useXAxisScale, useYAxisScale, XAxis, YAxis } from 'recharts'
import { AXIS, FOOT_LABEL, GRID } from '../../charts/chart-style.ts'
import { niceTicks } from '../../charts/nice-ticks.ts'
import { formatFieldValue, unitOfField } from '../../format/numbers.ts'
import type { ScatterPoint } from './scatter-points.ts'
import { isLogarithmic, scatterDomain } from './scatter-points.ts'

interface ScatterChartProps {
  readonly field: string
  readonly points: readonly ScatterPoint[]
  readonly width: number
  readonly height: number
  /** The point under the pointer. */
  readonly onRead: (point: ScatterPoint | undefined) => void
  readonly onPoint: (point: ScatterPoint) => void
}

/** A point is under the pointer when it is no further away than this, in pixels. */
const REACH = 12

/** Old to the right, new upwards, on the same scale, with the diagonal on which both are equal. */
export function ScatterChart({ field, points, width, height, onRead, onPoint }: ScatterChartProps) {
  const isLog = isLogarithmic(field)
  const domain = scatterDomain(points, isLog)
  if (domain === undefined) return null
  const ticks = isLog ? powersIn(domain) : niceTicks(domain, 5)
  const axis = {
    ...AXIS,
    type: 'number' as const,
    domain: [...domain] as [number, number],
    scale: isLog ? ('log' as const) : ('linear' as const),
    ticks,
    allowDataOverflow: true,
    tickFormatter: (value: number) => formatFieldValue(field, value),
  }
  return (
    <ComposedChart
      data={[]}
      width={width}
      height={height}
      margin={{ top: 8, right: 40, bottom: 0, left: 0 }}
      accessibilityLayer={false}
      title={`Old against new ${field}, ${points.length} minutes`}
    >
      <CartesianGrid {...GRID} />
      <XAxis
        {...axis}
        dataKey="old"
        height={40}
        label={{ value: `old ${field} (${unitOfField(field)})`, ...FOOT_LABEL }}
      />
      <YAxis
        {...axis}
        dataKey="fresh"
        width={88}
        label={{
          value: `new ${field} (${unitOfField(field)})`,
          angle: -90,
          position: 'insideLeft',
          offset: 12,
          fill: 'var(--sy-ink-3)',
          style: { textAnchor: 'middle' },
        }}
      />
      <Points points={points} domain={domain} isLog={isLog} onRead={onRead} onPoint={onPoint} />
    </ComposedChart>
  )
}

type PointsProps = Pick<ScatterChartProps, 'points' | 'onRead' | 'onPoint'> & {
  readonly domain: readonly [number, number]
  readonly isLog: boolean
}

/** One path for all points: thousands of elements would hold up the page. */
function Points({ points, domain: [low, high], isLog, onRead, onPoint }: PointsProps) {
  const xScale = useXAxisScale()
  const yScale = useYAxisScale()
  if (xScale === undefined || yScale === undefined) return null
  const placed = points.flatMap((point) => {
    // What a logarithmic axis cannot hold lies on its edge.
    const at = (value: number): number => (isLog ? Math.max(low, value) : value)
    const [x, y] = [xScale(at(point.old)), yScale(at(point.fresh))]
    return x === undefined || y === undefined ? [] : [{ point, x, y }]
  })
  const [left, right, foot, top] = [xScale(low) ?? 0, xScale(high) ?? 0, yScale(low) ?? 0, yScale(high) ?? 0]

  const under = (event: PointerEvent<SVGRectElement>): ScatterPoint | undefined => {
    const bounds = event.currentTarget.getBoundingClientRect()
    const [x, y] = [left + event.clientX - bounds.left, top + event.clientY - bounds.top]
    let best: { readonly point: ScatterPoint; readonly distance: number } | undefined
    for (const entry of placed) {
      const distance = Math.hypot(entry.x - x, entry.y - y)
      if (distance <= REACH && (best === undefined || distance < best.distance)) best = { point: entry.point, distance }
    }
    return best?.point
  }

  return (
    <g>
      <path d={`M${left} ${foot}L${right} ${top}`} stroke="var(--sy-ink-3)" strokeDasharray="4 3" fill="none" />
      <text x={right - 6} y={top + 40} textAnchor="end" fill="var(--sy-ink-3)">
        equal
      </text>
      <path
        d={placed.map(({ x, y }) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join('')}
        stroke="var(--sy-diff)"
        strokeWidth={4}
        strokeLinecap="round"
        strokeOpacity={0.6}
        fill="none"
      />
      <rect
        x={left}
        y={top}
        width={Math.max(0, right - left)}
        height={Math.max(0, foot - top)}
        fill="transparent"
        onPointerMove={(event) => onRead(under(event))}
        onPointerLeave={() => onRead(undefined)}
        onClick={(event) => {
          const point = under(event as unknown as PointerEvent<SVGRectElement>)
          if (point !== undefined) onPoint(point)
        }}
      />
    </g>
  )
}

function powersIn([low, high]: readonly [number, number]): number[] {
  const from = Math.ceil(Math.log10(low) - 1e-9)
  const to = Math.floor(Math.log10(high) + 1e-9)
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
}
