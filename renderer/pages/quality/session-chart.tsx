import type { KeyboardEvent, MouseEvent } from 'react'
import { useId } from 'react'
import {
  Bar,
  BarChart,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  Tooltip,
  useXAxisScale,
  XAxis,
  YAxis,
} from 'recharts'
import type { SessionReport } from '#shared/contract/quality.ts'
import { AXIS, barStartLabel, CURSOR, GRID, MARKED_MINUTE, noContent, noLabel } from '../../charts/chart-style.ts'
import { clockTicks } from '../../charts/clock-ticks.ts'
import { niceTicks } from '../../charts/nice-ticks.ts'
import { formatFieldValue } from '../../format/numbers.ts'
import { formatZoneClock } from '../../format/times.ts'
import { Candles } from './candles.tsx'
import { LANES_HEIGHT, MarkLanes } from './mark-lanes.tsx'
import classes from './session-chart.module.css'
import type { SessionMinute } from './session-minutes.ts'
import { HALF_BAR, isFilled, priceReach, runsOf } from './session-minutes.ts'
import { SessionTooltip } from './session-tooltip.tsx'

const PRICE_HEIGHT = 176
const VOLUME_HEIGHT = 88
export const SESSION_CHART_HEIGHT = PRICE_HEIGHT + LANES_HEIGHT + VOLUME_HEIGHT
/** All parts leave the same room at the sides, so that a minute is at the same place in each. */
const LEFT = 72
const RIGHT = 12
const MARGIN = { top: 8, right: RIGHT, bottom: 0, left: 0 } as const

interface SessionChartProps {
  readonly report: SessionReport
  /** The minutes of the session that are in `span`. */
  readonly minutes: readonly SessionMinute[]
  readonly span: readonly [fromTs: number, toTs: number]
  /** The chosen bar, epoch seconds. */
  readonly atTs: number | undefined
  readonly onBar: (ts: number | undefined) => void
  readonly width: number
}

/** Prices, beneath them what is marked minute by minute, and the volume. A click or the arrow keys choose a bar. */
export function SessionChart({ report, minutes, span, atTs, onBar, width }: SessionChartProps) {
  const syncId = useId()
  const { zone, symbol, sessionDate } = report
  const ticks = clockTicks(span, span[1] - span[0] > 3 * 3600 ? 3600 : 900)
  const reach = priceReach(minutes) ?? [0, 1]
  const clock = (ts: number): string => formatZoneClock(ts, zone)
  const shared = {
    data: minutes as SessionMinute[],
    syncId,
    syncMethod: 'value' as const,
    margin: MARGIN,
    width,
    // The keys choose bars here.
    accessibilityLayer: false,
  }
  const timeAxis = {
    dataKey: 'ts',
    type: 'number' as const,
    domain: [...span] as [number, number],
    ticks,
    tickFormatter: clock,
    allowDataOverflow: true,
    ...AXIS,
  }
  const marked = atTs === undefined ? null : <ReferenceLine x={atTs} {...MARKED_MINUTE} />

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = chosenBy(event.key, minutes, atTs)
    if (next === undefined) return
    event.preventDefault()
    event.stopPropagation()
    onBar(next === 'none' ? undefined : next)
  }

  const onClick = (event: MouseEvent<HTMLDivElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left
    if (x < LEFT || x > width - RIGHT) return
    onBar(nearest(minutes, span[0] + ((x - LEFT) / (width - LEFT - RIGHT)) * (span[1] - span[0])))
  }

  return (
    // The whole chart is one control; the part about the chosen bar stands beneath it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className={classes.chart}
      role="application"
      aria-label={`Bars of ${symbol} on ${sessionDate}. Arrow keys choose a bar.`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onClick={onClick}
      onKeyDown={onKeyDown}
    >
      <ComposedChart {...shared} height={PRICE_HEIGHT} title={`Prices of ${symbol} on ${sessionDate}`}>
        <CartesianGrid {...GRID} />
        <XAxis {...timeAxis} tickFormatter={noLabel} tickLine={false} height={4} />
        <YAxis
          {...AXIS}
          width={LEFT}
          domain={reach}
          ticks={niceTicks(reach, 5)}
          tickFormatter={(value: number) => formatFieldValue('close', value)}
          label={{ value: 'price', ...AXIS_LABEL }}
        />
        <FilledBands minutes={minutes} />
        {marked}
        <Tooltip content={<SessionTooltip zone={zone} />} cursor={CURSOR} isAnimationActive={false} offset={16} />
        {/* Nothing but the place that the pointer finds a bar by. */}
        <Line dataKey="close" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />
        <Candles minutes={minutes} />
      </ComposedChart>
      <MarkLanes report={report} minutes={minutes} span={span} width={width} left={LEFT} right={RIGHT} />
      <BarChart {...shared} height={VOLUME_HEIGHT} title={`Volume of ${symbol} on ${sessionDate}`} barCategoryGap={0}>
        <CartesianGrid {...GRID} vertical={false} />
        <XAxis {...timeAxis} height={34} label={barStartLabel(zone)} />
        <YAxis
          {...AXIS}
          width={LEFT}
          tickCount={3}
          tickFormatter={shortCount}
          label={{ value: 'shares', ...AXIS_LABEL }}
        />
        {marked}
        <Tooltip content={noContent} cursor={CURSOR} isAnimationActive={false} />
        <Bar dataKey="volume" fill="var(--sy-ink-3)" barSize={barSize(minutes, width)} isAnimationActive={false} />
      </BarChart>
    </div>
  )
}

const AXIS_LABEL = {
  angle: -90,
  position: 'insideLeft',
  offset: 10,
  fill: 'var(--sy-ink-3)',
  style: { textAnchor: 'middle' },
} as const

const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const shortCount = (value: number): string => short.format(value)

const barSize = (minutes: readonly SessionMinute[], width: number): number =>
  Math.max(1, Math.floor(((width - LEFT - RIGHT) / Math.max(1, minutes.length)) * 0.7))

/** The minute whose bar is drawn nearest to a time. */
function nearest(minutes: readonly SessionMinute[], ts: number): number | undefined {
  return minutes.reduce<number | undefined>(
    (best, minute) => (best === undefined || Math.abs(minute.ts - ts) < Math.abs(best - ts) ? minute.ts : best),
    undefined,
  )
}

/** The bar that a key chooses; `none` when it takes the choice back, undefined when it is no such key. */
function chosenBy(
  key: string,
  minutes: readonly SessionMinute[],
  atTs: number | undefined,
): number | 'none' | undefined {
  const index = minutes.findIndex(({ ts }) => ts === atTs)
  const choose = (wanted: number): number | undefined =>
    minutes.at(Math.min(minutes.length - 1, Math.max(0, wanted)))?.ts
  switch (key) {
    case 'ArrowRight':
      return choose(index + 1)
    case 'ArrowLeft':
      return choose(index < 0 ? minutes.length - 1 : index - 1)
    case 'Home':
      return choose(0)
    case 'End':
      return choose(minutes.length - 1)
    case 'Escape':
      return atTs === undefined ? undefined : 'none'
    default:
      return undefined
  }
}

/** Hatched ground behind the minutes that were filled. */
function FilledBands({ minutes }: { readonly minutes: readonly SessionMinute[] }) {
  const hatchId = useId()
  const xScale = useXAxisScale()
  if (xScale === undefined) return null
  return (
    <g>
      <defs>
        <pattern id={hatchId} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0V5" stroke="var(--sy-line-strong)" strokeWidth={1.2} />
        </pattern>
      </defs>
      {runsOf(minutes, isFilled).map(({ fromTs, toTs }) => {
        const from = xScale(fromTs - HALF_BAR) ?? 0
        const to = xScale(toTs - HALF_BAR) ?? 0
        return (
          <rect
            key={fromTs}
            x={from}
            y={MARGIN.top}
            width={Math.max(1, to - from)}
            height={PRICE_HEIGHT - MARGIN.top - 4}
            fill={`url(#${hatchId})`}
          />
        )
      })}
    </g>
  )
}
