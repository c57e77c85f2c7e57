import { useMemo } from 'react'
import type { QualityGrid, QualityTrend, RuleReport } from '#shared/contract/quality.ts'
import type { QualityThresholds } from '#shared/config/quality-config.ts'
import { Spark } from '../../charts/spark.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity, formatShare } from '../../format/numbers.ts'
import { openFindings, sessionCounts, trendSums } from './quality-counts.ts'
import { TREND_SESSIONS } from './use-quality.ts'

interface QualityFiguresProps {
  readonly grid: QualityGrid
  readonly rules: readonly RuleReport[]
  readonly trend: QualityTrend
  readonly thresholds: QualityThresholds | undefined
}

/** Six figures with what they must reach and their course over the latest sessions. */
export function QualityFigures({ grid, rules, trend, thresholds }: QualityFiguresProps) {
  const { expected, coverage, missing, filled } = useMemo(() => trendSums(trend), [trend])
  const { built, stale, quarantined, belowThreshold } = useMemo(() => sessionCounts(grid), [grid])
  const open = openFindings(rules)
  const latest = trend.slice(-TREND_SESSIONS)
  const course = (key: 'missing' | 'filled' | 'findings', what: string) => (
    <Spark values={latest.map((entry) => entry[key])} label={`${what} in the latest ${latest.length} sessions`} />
  )
  return (
    <Figures>
      <Figure
        label="Coverage"
        value={coverage === undefined ? '–' : formatShare(coverage, 1)}
        unit="%"
        trend={
          <Spark
            values={latest.map((entry) => entry.coverage)}
            label={`Coverage in the latest ${latest.length} sessions`}
            foot="smallest"
          />
        }
        note={
          coverage !== undefined &&
          thresholds !== undefined && (
            <Limit
              isMet={coverage >= thresholds.minimumCoverage}
              words={`at least ${formatShare(thresholds.minimumCoverage, 1)} %`}
            />
          )
        }
      />
      <Figure
        label="Missing"
        value={formatCount(missing)}
        unit="min"
        trend={course('missing', 'Missing minutes')}
        note={`of ${formatCount(expected)}`}
      />
      <Figure
        label="Filled"
        value={formatCount(filled)}
        unit="min"
        trend={course('filled', 'Filled minutes')}
        note={
          thresholds !== undefined &&
          expected > 0 && (
            <Limit
              isMet={filled / expected <= thresholds.maximumFilled}
              words={`${formatShare(filled, expected)} %, at most ${formatShare(thresholds.maximumFilled, 1)} %`}
            />
          )
        }
      />
      <Figure
        label="Open findings"
        value={formatCount(open.toLookAt)}
        trend={course('findings', 'Findings')}
        note={openNote(open)}
      />
      <Figure
        label="Stale"
        value={formatCount(stale)}
        unit="sessions"
        note={
          stale === 0 ? <StateMark kind="pass" word="Up to date" /> : <StateMark kind="waiting" word="Rebuild them" />
        }
      />
      <Figure
        label="Miss a threshold"
        value={formatCount(belowThreshold)}
        unit="sessions"
        note={
          quarantined === 0 ? (
            `of ${formatCount(built)} built`
          ) : (
            <StateMark kind="fail" word={`${formatCount(quarantined)} quarantined`} />
          )
        }
      />
    </Figures>
  )
}

function openNote({ by, toLookAt, acknowledged }: ReturnType<typeof openFindings>) {
  if (toLookAt === 0) {
    return (
      <StateMark kind="pass" word={acknowledged === 0 ? 'None open' : `${formatCount(acknowledged)} acknowledged`} />
    )
  }
  if (by.error > 0) {
    const warnings = by.warn > 0 ? `, ${formatQuantity(by.warn, 'warning')}` : ''
    return <StateMark kind="fail" word={`${formatQuantity(by.error, 'error')}${warnings}`} />
  }
  return <StateMark kind="attention" word={formatQuantity(by.warn, 'warning')} />
}

/** Whether a figure is where it must be. Unmet, it carries the colour of failing. */
function Limit({ isMet, words }: { readonly isMet: boolean; readonly words: string }) {
  return <StateMark kind={isMet ? 'pass' : 'fail'} word={words} />
}
