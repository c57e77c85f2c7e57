import type { QualityThresholds } from '#shared/config/quality-config.ts'
import type { SessionMetrics } from './session-metrics.ts'

/** The thresholds that a session misses, each in words; none when it is good. Shares are of the session's minutes. */
export function missedThresholds(
  {
    expected,
    coverage,
    filled,
    outliers,
    nullVolume,
    nullVwap,
  }: Pick<SessionMetrics, 'expected' | 'coverage' | 'filled' | 'outliers' | 'nullVolume' | 'nullVwap'>,
  thresholds: QualityThresholds,
): readonly string[] {
  const words: string[] = []
  if (coverage < thresholds.minimumCoverage)
    words.push(`coverage ${percent(coverage)} is below ${percent(thresholds.minimumCoverage)}`)
  const above = (name: string, count: number, limit: number): void => {
    const share = expected === 0 ? 0 : count / expected
    if (share > limit) words.push(`${name} ${percent(share)} is above ${percent(limit)}`)
  }
  above('share of filled minutes', filled, thresholds.maximumFilled)
  above('share of outliers', outliers, thresholds.maximumOutliers)
  above('share of bars without volume', nullVolume, thresholds.maximumNullVolume)
  above('share of bars without average price', nullVwap, thresholds.maximumNullVwap)
  return words
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}
