import { useDebouncedValue } from '@mantine/hooks'
import type { SessionReport } from '#shared/contract/quality.ts'
import { Lineage } from './lineage.tsx'
import { RangeActions } from './range-actions.tsx'
import { SessionFindings } from './session-findings.tsx'
import { SessionFrame } from './session-frame.tsx'
import { SessionHours } from './session-hours.tsx'
import { SessionMetrics } from './session-metrics.tsx'
import { rangeOf } from '../../grid/session-range.ts'

/** While arrows are held down nothing is asked for. */
const SETTLE_MS = 120

interface SessionInspectorProps {
  readonly report: SessionReport
  /** The chosen bar, epoch seconds. */
  readonly atTs: number | undefined
  /** Whether only the time around the chosen bar is drawn. */
  readonly isNear: boolean
  readonly onBar: (ts: number | undefined) => void
}

/** One session: its bars, where the chosen one comes from, its metrics and findings, and what can be done. */
export function SessionInspector({ report, atTs, isNear, onBar }: SessionInspectorProps) {
  const { symbol, sessionDate, zone, findings } = report
  const [settledTs] = useDebouncedValue(atTs, SETTLE_MS, { leading: true })
  return (
    <>
      <SessionFrame report={report} atTs={atTs} isNear={isNear} onBar={onBar} />
      {atTs !== undefined && settledTs !== undefined && (
        <Lineage key={settledTs} symbol={symbol} ts={settledTs} zone={zone} onClose={() => onBar(undefined)} />
      )}
      <SessionMetrics report={report} />
      <SessionHours report={report} />
      <SessionFindings findings={findings} zone={zone} onBar={onBar} />
      <RangeActions
        range={rangeOf(symbol, sessionDate)}
        open={findings.filter(({ acknowledgement }) => acknowledgement === undefined)}
        isStale={report.stale !== undefined}
      />
    </>
  )
}
