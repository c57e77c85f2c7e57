import { useId } from 'react'
import type { SessionReport } from '#shared/contract/quality.ts'
import type { Run, SessionMinute } from './session-minutes.ts'
import {
  findingRuns,
  HALF_BAR,
  isChanged,
  isFilled,
  isMissing,
  isSecondSource,
  isSuspect,
  runsOf,
} from './session-minutes.ts'

const LANE = 13
const LANES = 6
/** Height of all lanes. They are always there, so that nothing jumps from one session to the next. */
export const LANES_HEIGHT = LANES * LANE + 6

interface MarkLanesProps {
  readonly report: SessionReport
  readonly minutes: readonly SessionMinute[]
  readonly span: readonly [fromTs: number, toTs: number]
  readonly width: number
  /** Room at the left and the right, as the chart above leaves it. */
  readonly left: number
  readonly right: number
}

/** Beneath the bars, minute by minute: findings, suspect and changed bars, filled ones, those of the second source, and gaps. */
export function MarkLanes({ report, minutes, span, width, left, right }: MarkLanesProps) {
  const hatchId = useId()
  const [fromTs, toTs] = span
  const xOf = (ts: number): number => left + ((ts - HALF_BAR - fromTs) / (toTs - fromTs)) * (width - left - right)
  const inView = ({ fromTs: from, toTs: to }: Run): boolean => to - HALF_BAR > fromTs && from - HALF_BAR < toTs
  const findings = findingRuns(report.findings).filter(inView)
  const lanes = [
    { name: 'suspect', runs: runsOf(minutes, isSuspect), fill: 'var(--sy-fail)' },
    { name: 'changed', runs: runsOf(minutes, isChanged), fill: 'var(--sy-ink-2)' },
    { name: 'filled', runs: runsOf(minutes, isFilled), fill: `url(#${hatchId})`, stroke: 'var(--sy-ink-3)' },
    { name: '2nd source', runs: runsOf(minutes, isSecondSource), fill: 'var(--sy-ink-3)' },
    { name: 'no bar', runs: runsOf(minutes, isMissing), fill: 'none', stroke: 'var(--sy-ink-2)' },
  ]
  const yOf = (lane: number): number => 3 + lane * LANE
  const barOf = (run: Run) => {
    const x = Math.max(left, xOf(run.fromTs))
    return { x, width: Math.max(1.5, Math.min(width - right, xOf(run.toTs)) - x) }
  }
  return (
    <svg width={width} height={LANES_HEIGHT}>
      <title>{lanesWords(lanes, findings.length)}</title>
      <defs>
        <pattern id={hatchId} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <path d="M0 0V4" stroke="var(--sy-ink-2)" strokeWidth={1.4} />
        </pattern>
      </defs>
      <LaneName name="findings" y={yOf(0)} left={left} isEmpty={findings.length === 0} />
      {findings.map(({ severity, isOpen, ...run }, index) => (
        // Findings have no name of their own; they are drawn in their order.
        // oxlint-disable-next-line react/no-array-index-key
        <FindingMark key={index} severity={severity} isOpen={isOpen} {...barOf(run)} y={yOf(0)} />
      ))}
      {lanes.map(({ name, runs, fill, stroke = 'none' }, index) => (
        <g key={name}>
          <LaneName name={name} y={yOf(index + 1)} left={left} isEmpty={runs.length === 0} />
          {runs.filter(inView).map((run) => (
            <rect
              key={run.fromTs}
              {...barOf(run)}
              y={yOf(index + 1) + 1.5}
              height={LANE - 4}
              fill={fill}
              stroke={stroke}
              strokeWidth={0.75}
            />
          ))}
        </g>
      ))}
      {Array.from({ length: LANES + 1 }, (_, lane) => (
        <path key={lane} d={`M${left} ${yOf(lane) - 0.5}H${width - right}`} stroke="var(--sy-line)" />
      ))}
    </svg>
  )
}

interface LaneNameProps {
  readonly name: string
  readonly y: number
  readonly left: number
  readonly isEmpty: boolean
}

function LaneName({ name, y, left, isEmpty }: LaneNameProps) {
  return (
    <text
      x={left - 6}
      y={y + LANE / 2}
      dy="0.32em"
      textAnchor="end"
      fill={isEmpty ? 'var(--sy-ink-3)' : 'var(--sy-ink)'}
      fontWeight={isEmpty ? 400 : 600}
    >
      {name}
    </text>
  )
}

interface FindingMarkProps {
  readonly severity: 'info' | 'warn' | 'error'
  readonly isOpen: boolean
  readonly x: number
  readonly y: number
  readonly width: number
}

/** An error is a cross, a warning a triangle, an information a ring; hollow or thin when it is acknowledged. */
function FindingMark({ severity, isOpen, x, y, width }: FindingMarkProps) {
  const middle = y + LANE / 2
  const at = x + width / 2
  const colour = severity === 'error' ? 'var(--sy-fail)' : severity === 'warn' ? 'var(--sy-ink)' : 'var(--sy-ink-3)'
  const opacity = isOpen ? 1 : 0.5
  return (
    <g stroke={colour} fill="none" opacity={opacity}>
      {width > 10 && <path d={`M${x} ${middle}h${width}`} strokeWidth={1} />}
      {severity === 'error' && <path d={`M${at - 3} ${middle - 3}l6 6m0 -6l-6 6`} strokeWidth={isOpen ? 1.8 : 1} />}
      {severity === 'warn' && (
        <path d={`M${at} ${middle - 3.5}l3.5 6.5h-7z`} fill={isOpen ? colour : 'var(--sy-panel)'} />
      )}
      {severity === 'info' && <circle cx={at} cy={middle} r={2} fill="var(--sy-panel)" />}
    </g>
  )
}

function lanesWords(
  lanes: readonly { readonly name: string; readonly runs: readonly Run[] }[],
  findings: number,
): string {
  const counted = lanes.map(({ name, runs }) => {
    const minutes = runs.reduce((sum, { fromTs, toTs }) => sum + (toTs - fromTs) / 60, 0)
    return `${name} ${minutes}`
  })
  return `Minutes by mark: findings ${findings}, ${counted.join(', ')}`
}
