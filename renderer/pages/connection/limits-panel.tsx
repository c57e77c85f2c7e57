import type { Connection, PacingBudget } from '#shared/contract/connection.ts'
import { Panel } from '../../components/panel.tsx'
import { PacingMeters } from '../../components/pacing-meters.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatCount } from '../../format/numbers.ts'
import { formatPace } from '../../format/rates.ts'
import { useTraffic } from '../../use-traffic.ts'
import classes from './limits-panel.module.css'

/** What TWS allows, how much of it is used now, and what waits for it. */
export function LimitsPanel({ connection }: { readonly connection: Connection }) {
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
            <p className={classes.reason}>{outgoingWords(connection, budget)}</p>
          </>
        )}
      </QueryView>
    </Panel>
  )
}

/** What becomes of requests at the moment. */
function outgoingWords({ state, consequence }: Connection, { reason, pace }: PacingBudget): string {
  if (state === 'degraded') return consequence
  if (state !== 'ready') return 'Nothing goes out while TWS is not connected.'
  if (reason !== undefined) return reason
  return pace < 1 ? 'Requests go out more slowly than they could.' : 'Requests go out as fast as these limits allow.'
}
