import { useId } from 'react'
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
import type { PacingBudget } from '#shared/contract/connection.ts'
import { AXIS, GRID, noContent } from '../../charts/chart-style.ts'
import classes from '../../charts/chart-tooltip.module.css'
import { formatCount } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { formatPace } from '../../format/rates.ts'
import type { TrafficRow } from './traffic-rows.ts'
import { MEASURES } from './traffic-rows.ts'

interface TrafficChartProps {
  readonly rows: readonly TrafficRow[]
  readonly budget: PacingBudget
  readonly width: number
  readonly height: number
}

const AXIS_HEIGHT = 20
const MARGIN = { top: 14, right: 12, bottom: 0, left: 0 } as const

/** The use of each limit over the last hour, one beneath the other, each from nothing to its limit. */
export function TrafficChart({ rows, budget, width, height }: TrafficChartProps) {
  const syncId = useId()
  const each = Math.floor((height - AXIS_HEIGHT) / MEASURES.length)
  const ticks = rows.filter(({ atMs }) => atMs % TICK_MS === 0).map(({ atMs }) => atMs)
  return (
    <>
      {MEASURES.map(({ key, name, unit, limit: of }, index) => {
        const isLast = index === MEASURES.length - 1
        const { limit } = budget[of]
        return (
          <BarChart
            key={key}
            data={rows}
            width={width}
            height={isLast ? each + AXIS_HEIGHT : each}
            margin={MARGIN}
            barCategoryGap={0}
            syncId={syncId}
            title={`${name} ${unit} over the last hour, limit ${limit}`}
          >
            <CartesianGrid {...GRID} vertical={false} />
            <XAxis
              {...AXIS}
              dataKey="atMs"
              ticks={ticks}
              interval={0}
              height={isLast ? AXIS_HEIGHT : 1}
              tick={isLast ? AXIS.tick : false}
              tickLine={isLast ? AXIS.tickLine : false}
              tickFormatter={clock}
            />
            <YAxis {...AXIS} width={40} domain={[0, limit]} ticks={[0, limit]} allowDataOverflow />
            <ReferenceLine
              y={limit}
              stroke="var(--sy-ink-3)"
              strokeDasharray="4 3"
              label={{
                value: `${name} ${unit}, limit ${formatCount(limit)}`,
                position: 'insideBottomLeft',
                fill: 'var(--sy-ink-2)',
                offset: 3,
              }}
            />
            <Tooltip
              content={index === 0 ? <TrafficTooltip budget={budget} /> : noContent}
              cursor={{ fill: 'var(--sy-hover)' }}
              isAnimationActive={false}
              {...(index === 0 ? { wrapperStyle: { zIndex: 2 } } : {})}
            />
            <Bar dataKey={key} fill="var(--sy-new)" isAnimationActive={false} />
          </BarChart>
        )
      })}
    </>
  )
}

const TICK_MS = 600_000

const clock = (ms: number): string => formatLocalMoment(ms).slice(11, 16)

function TrafficTooltip({ budget }: { readonly budget: PacingBudget }) {
  const isActive = useIsTooltipActive()
  const row = useActiveTooltipDataPoints<TrafficRow>()?.[0]
  if (!isActive || row === undefined) return null
  return (
    <dl className={classes.tooltip}>
      <dt>{LOCAL_ZONE}</dt>
      <dd>{formatLocalMoment(row.atMs).slice(11)}</dd>
      {row.pace === null ? (
        <>
          <dt>nothing sent</dt>
          <dd>–</dd>
        </>
      ) : (
        <>
          {MEASURES.map(({ key, name, limit }) => (
            <Values
              key={key}
              name={name}
              value={`${formatCount(row[key] ?? 0)} of ${formatCount(budget[limit].limit)}`}
            />
          ))}
          <Values name="pace" value={formatPace(row.pace)} />
        </>
      )}
    </dl>
  )
}

function Values({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
