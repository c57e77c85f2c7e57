import { useQuery } from '@tanstack/react-query'
import type { LiveSymbol } from '#shared/contract/ingest.ts'
import type { Job } from '#shared/jobs/job.ts'
import { isFinal } from '#shared/jobs/job.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { JobControls } from '../../components/job-controls.tsx'
import { JobStarter } from '../../components/job-starter.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { shownReport } from '../../error-report.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { LIVE_WORDS } from '../../wording/fetch-words.ts'
import { JOB_ACTIONS } from '../../wording/job-actions.ts'
import { symbolWords } from '../../wording/job-words.ts'

interface LivePanelProps {
  /** Live runs, newest first. */
  readonly runs: readonly Job[]
  /** Symbols that a new run would follow; all when undefined. */
  readonly symbols: string[] | undefined
  readonly zoneOf: (symbol: string) => string
}

/** Bars as they are made: which symbols are followed, how each stands, and how to start and stop. */
export function LivePanel({ runs, symbols, zoneOf }: LivePanelProps) {
  const status = useQuery(orpc.live.status.queryOptions())
  const active = runs.find(({ state }) => !isFinal(state))
  const last = runs.at(0)
  return (
    <Panel
      title="Live bars"
      note={active === undefined ? 'not followed' : 'followed until stopped'}
      controls={
        active === undefined ? (
          <JobStarter
            action={JOB_ACTIONS.live}
            scope={symbolWords(symbols)}
            start={() => orpc.live.start.call(symbols === undefined ? {} : { symbols })}
          />
        ) : (
          <JobControls job={active} />
        )
      }
    >
      {active === undefined && last?.state === 'failed' && last.error !== undefined && (
        <OperatorError error={shownReport(last.error)} context="What was stored stays." />
      )}
      <QueryView query={status} height={120}>
        {(rows) => (
          <DataTable
            label="Live symbols"
            columns={columnsFor(zoneOf)}
            rows={rows}
            rowKey={(row) => row.symbol}
            maxHeight={190}
            empty="No symbol has been followed since the engine started."
          />
        )}
      </QueryView>
    </Panel>
  )
}

const columnsFor = (zoneOf: (symbol: string) => string): readonly Column<LiveSymbol>[] => [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b> },
  { key: 'state', header: 'State', cell: (row) => <StateMark {...LIVE_WORDS[row.state]} /> },
  {
    key: 'last',
    header: 'Last bar',
    numeric: true,
    cell: ({ symbol, lastFinalTs }) =>
      lastFinalTs === undefined ? '–' : `${formatZoneClock(lastFinalTs, zoneOf(symbol))} ${zoneName(zoneOf(symbol))}`,
  },
  { key: 'bars', header: 'Bars', numeric: true, cell: (row) => formatCount(row.bars) },
  { key: 'interruptions', header: 'Interrupted', numeric: true, cell: (row) => formatCount(row.interruptions) },
  { key: 'refilled', header: 'Refilled', unit: 'bars', numeric: true, cell: (row) => formatCount(row.refilled) },
  { key: 'message', header: 'Says', grow: true, cell: (row) => row.message },
]
