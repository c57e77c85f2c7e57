import type { UseQueryResult } from '@tanstack/react-query'
import type { IngestPlan } from '#shared/contract/ingest.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import classes from './plan-card.module.css'

interface PlanCardProps {
  readonly plan: UseQueryResult<IngestPlan>
  readonly problem: string | undefined
  /** False while the plan shown is of an earlier draft. */
  readonly isCurrent: boolean
}

/** What a run would fetch, worked out without asking TWS. */
export function PlanCard({ plan, problem, isCurrent }: PlanCardProps) {
  if (problem !== undefined) {
    return (
      <Panel title="Plan">
        <p className={classes.words}>The plan appears when the dates are right.</p>
      </Panel>
    )
  }
  return (
    <Panel title="Plan" note={plan.data === undefined ? '' : formatDates(plan.data.from, plan.data.to)}>
      <QueryView query={plan} height={220}>
        {(data) => (
          <div className={classes.plan} data-stale={!isCurrent || undefined} aria-busy={!isCurrent}>
            <Figures>
              <Figure label="To fetch" value={formatCount(data.sessionsToFetch)} unit="sessions" />
              <Figure label="Already stored" value={formatCount(data.sessionsAlreadyStored)} unit="sessions" />
              <Figure label="Requests to TWS" value={formatCount(data.requests)} />
              <Figure label="Bars, at most" value={formatCount(data.expectedBars)} />
            </Figures>
            {data.sessionsToFetch === 0 && data.sessionsNotFinished === 0 && (
              <p className={classes.words}>Every session of this range is stored. There is nothing to fetch.</p>
            )}
            {data.sessionsNotFinished > 0 && (
              <p className={classes.words}>
                {formatQuantity(data.sessionsNotFinished, 'session')} of this range not over yet: bars are final two
                minutes after the close.
              </p>
            )}
            <DataTable
              label="Plan by symbol"
              columns={COLUMNS}
              rows={data.symbols}
              rowKey={(row) => row.symbol}
              maxHeight={240}
            />
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

const COLUMNS: readonly Column<IngestPlan['symbols'][number]>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b> },
  {
    key: 'fetch',
    header: 'To fetch',
    unit: 'sessions',
    numeric: true,
    cell: (row) => formatCount(row.sessionsToFetch),
  },
  {
    key: 'stored',
    header: 'Already stored',
    unit: 'sessions',
    numeric: true,
    cell: (row) => formatCount(row.sessionsAlreadyStored),
  },
  { key: 'requests', header: 'Requests', numeric: true, cell: (row) => formatCount(row.requests) },
]
