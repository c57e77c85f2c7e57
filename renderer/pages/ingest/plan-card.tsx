import type { UseQueryResult } from '@tanstack/react-query'
import type { IngestPlan } from '#shared/contract/ingest.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Figure, Figures } from '../../components/figure.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates, formatDuration, formatZoneDate, zoneName } from '../../format/times.ts'
import { PacingMeters } from '../../components/pacing-meters.tsx'
import { useTraffic } from '../../use-traffic.ts'
import classes from './plan-card.module.css'

interface PlanCardProps {
  readonly plan: UseQueryResult<IngestPlan>
  readonly problem: string | undefined
  /** IANA zone in which a symbol's first bar is dated. */
  readonly zoneOf: (symbol: string) => string
  /** False while the plan shown is of an earlier draft. */
  readonly isCurrent: boolean
}

/** What a run would fetch, worked out without asking TWS. */
export function PlanCard({ plan, problem, zoneOf, isCurrent }: PlanCardProps) {
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
              <Figure label="Requests" value={formatCount(data.requests)} />
              <Figure label="Bars, at most" value={formatCount(data.expectedBars)} />
              <Figure label="Takes about" {...durationOf(data)} />
            </Figures>
            {data.sessionsToFetch === 0 && data.sessionsNotFinished === 0 && (
              <p className={classes.words}>Every session of this range is stored. There is nothing to fetch.</p>
            )}
            {data.sessionsKnownAbsent > 0 && (
              <p className={classes.words}>
                {formatQuantity(data.sessionsKnownAbsent, 'session')} the broker is known not to have: before its first
                bar, or not in its schedule. A run records them without a request.
              </p>
            )}
            {data.sessionsNotFinished > 0 && (
              <p className={classes.words}>
                {formatQuantity(data.sessionsNotFinished, 'session')} of this range not over yet: bars are final two
                minutes after the close.
              </p>
            )}
            <DataTable
              label="Plan by symbol"
              columns={columnsFor(zoneOf)}
              rows={data.symbols}
              rowKey={(row) => row.symbol}
              maxHeight={141}
            />
            <Limits />
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

/** At the speed of the latest answers. */
function durationOf({ requests, estimatedMs }: IngestPlan) {
  if (requests === 0) return { value: '–' }
  if (estimatedMs === undefined) return { value: '–', note: 'known after the first answer' }
  return { value: formatDuration(estimatedMs) }
}

/** Where the requests of this plan have to find room. */
function Limits() {
  const traffic = useTraffic().data
  if (traffic === undefined) return null
  return (
    <div className={classes.limits}>
      <PacingMeters budget={traffic.budget} />
      {traffic.budget.reason !== undefined && <p className={classes.words}>{traffic.budget.reason}</p>}
    </div>
  )
}

type SymbolPlan = IngestPlan['symbols'][number]

const columnsFor = (zoneOf: (symbol: string) => string): readonly Column<SymbolPlan>[] => [
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
    header: 'Stored',
    unit: 'sessions',
    numeric: true,
    cell: (row) => formatCount(row.sessionsAlreadyStored),
  },
  { key: 'requests', header: 'Requests', numeric: true, cell: (row) => formatCount(row.requests) },
  {
    key: 'head',
    header: 'First bar there',
    numeric: true,
    cell: ({ symbol, headTs }) =>
      headTs === undefined ? 'not asked yet' : `${formatZoneDate(headTs, zoneOf(symbol))} ${zoneName(zoneOf(symbol))}`,
  },
]
