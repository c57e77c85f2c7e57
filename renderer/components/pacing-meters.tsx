import type { PacingBudget } from '#shared/contract/connection.ts'
import { LimitMeter } from './limit-meter.tsx'
import classes from './pacing-meters.module.css'

/** How much of what TWS allows is used at the moment, a meter each. */
export function PacingMeters({ budget }: { readonly budget: PacingBudget }) {
  const { messages, smallBarRequests, openRequests } = budget
  return (
    <div className={classes.meters}>
      <LimitMeter label="Messages" unit="a second" {...messages} />
      <LimitMeter label="Small-bar requests" unit="in 10 min" {...smallBarRequests} />
      <LimitMeter label="Open requests" unit="at a time" {...openRequests} />
    </div>
  )
}
