import type { Connection } from '#shared/contract/connection.ts'
import { Panel } from '../../components/panel.tsx'
import { PacingMeters } from '../../components/pacing-meters.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatCount } from '../../format/numbers.ts'
import { formatPace } from '../../format/rates.ts'
import { useTraffic } from '../../use-traffic.ts'
import classes from './limits-panel.module.css'

/** What TWS allows, how much of it is used now, and what waits for it. */
export function LimitsPanel({ state }: { readonly state: Connection['state'] }) {
  const traffic = useTraffic()
  return (
    <Panel title="What TWS allows" note="used now">
      <QueryView query={traffic} height={160}>
        {({ budget }) => (
          <>
            <PacingMeters budget={budget} />
            <dl className={classes.facts}>
              <div>
                <dt>Pace</dt>
                <dd>{formatPace(budget.pace)}</dd>
              </div>
              <div>
                <dt>Waiting, backfill</dt>
                <dd>{formatCount(budget.waiting.backfill)}</dd>
              </div>
              <div>
                <dt>Waiting, live</dt>
                <dd>{formatCount(budget.waiting.live)}</dd>
              </div>
            </dl>
            <p className={classes.reason}>
              {isThere(state)
                ? (budget.reason ?? paceWords(budget.pace))
                : 'Nothing goes out while TWS is not connected.'}
            </p>
          </>
        )}
      </QueryView>
    </Panel>
  )
}

function isThere(state: Connection['state']): boolean {
  return state === 'ready' || state === 'degraded'
}

function paceWords(pace: number): string {
  return pace < 1 ? 'Requests go out more slowly than they could.' : 'Requests go out as fast as these limits allow.'
}
