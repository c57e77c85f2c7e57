import { useActiveTooltipDataPoints, useIsTooltipActive } from 'recharts'
import { formatDifference, formatFieldValue } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import classes from '../../charts/chart-tooltip.module.css'
import type { OverlayRow } from './overlay-rows.ts'

/** The exact values of old, new and their difference at the minute under the pointer. */
export function OverlayTooltip({ field, zone }: { readonly field: string; readonly zone: string }) {
  const isActive = useIsTooltipActive()
  const row = useActiveTooltipDataPoints<OverlayRow>()?.[0]
  if (!isActive || row === undefined) return null
  return (
    <dl className={classes.tooltip}>
      <dt>{zoneName(zone)}</dt>
      <dd>{formatZoneClock(row.ts, zone)}</dd>
      <dt data-role="old">old</dt>
      <dd>{formatFieldValue(field, row.old)}</dd>
      <dt data-role="new">new</dt>
      <dd>{formatFieldValue(field, row.new)}</dd>
      <dt data-role="diff">new − old</dt>
      <dd>{formatDifference(field, row.difference)}</dd>
    </dl>
  )
}
