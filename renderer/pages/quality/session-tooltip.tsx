import { useActiveTooltipDataPoints, useIsTooltipActive } from 'recharts'
import classes from '../../charts/chart-tooltip.module.css'
import { formatFieldValue } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { flagWords } from '../../wording/quality-words.ts'
import type { SessionMinute } from './session-minutes.ts'
import { isMissing } from './session-minutes.ts'

const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const

/** The exact values of the bar under the pointer, and its flags. */
export function SessionTooltip({ zone }: { readonly zone: string }) {
  const isActive = useIsTooltipActive()
  const minute = useActiveTooltipDataPoints<SessionMinute>()?.[0]
  if (!isActive || minute === undefined) return null
  return (
    <dl className={classes.tooltip}>
      <dt>{zoneName(zone)}</dt>
      <dd>{formatZoneClock(minute.ts, zone)}</dd>
      {isMissing(minute) ? (
        <>
          <dt>bar</dt>
          <dd>none</dd>
        </>
      ) : (
        FIELDS.map((field) => <Value key={field} field={field} value={minute[field]} />)
      )}
      {minute.flags !== 0 && (
        <>
          <dt>flags</dt>
          <dd>{flagWords(minute.flags)}</dd>
        </>
      )}
    </dl>
  )
}

function Value({ field, value }: { readonly field: string; readonly value: number | null }) {
  return (
    <>
      <dt>{field}</dt>
      <dd>{formatFieldValue(field, value)}</dd>
    </>
  )
}
