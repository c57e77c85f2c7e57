import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { Job } from '#shared/jobs/job.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatDates } from '../../format/times.ts'
import { jobResult, jobScopeWords, symbolWords } from '../../wording/job-words.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { failureGroups } from './failure-groups.ts'
import classes from './outcome-panel.module.css'
import { StartIngest } from './start-ingest.tsx'

interface OutcomePanelProps {
  /** Ingests, newest first. */
  readonly ingests: readonly Job[]
  readonly onSelect: (selection: CellRange) => void
}

type Part = 'failed' | 'short' | 'withoutData' | 'scheduleDifferences'

const PARTS: readonly { readonly part: Part; readonly name: string }[] = [
  { part: 'failed', name: 'Failed' },
  { part: 'short', name: 'Short' },
  { part: 'withoutData', name: 'Without data' },
  { part: 'scheduleDifferences', name: 'Schedule' },
]

/** What the last finished ingest could not bring, and why: failures with a retry, short and empty sessions, schedule differences. */
export function OutcomePanel({ ingests, onSelect }: OutcomePanelProps) {
  const job = ingests.find((entry) => jobResult(entry, 'ingest') !== undefined)
  const result = job === undefined ? undefined : jobResult(job, 'ingest')
  if (job === undefined || result === undefined) {
    return (
      <Panel title="What needs a look">
        <p className={classes.words}>
          When an ingest has ended, what it could not bring is listed here, with the reason.
        </p>
      </Panel>
    )
  }
  // Anew for every run: which part is looked at depends on what the run left.
  return <Result key={job.id} job={job} result={result} onSelect={onSelect} />
}

interface ResultProps {
  readonly job: Job
  readonly result: IngestResult
  readonly onSelect: (selection: CellRange) => void
}

function Result({ job, result, onSelect }: ResultProps) {
  const [part, setPart] = useState<Part>(() => PARTS.find((entry) => result[entry.part].length > 0)?.part ?? 'failed')
  const selectCell = ({ symbol, sessionDate }: { readonly symbol: string; readonly sessionDate: string }): void => {
    const cell = { symbol, sessionDate }
    onSelect({ anchor: cell, focus: cell })
  }
  const shared = { onSelect: selectCell, maxHeight: 225 }
  return (
    <Panel
      title="What needs a look"
      note={`of the ingest of ${jobScopeWords(job)}`}
      controls={
        <SegmentedControl
          aria-label="What needs a look"
          data={PARTS.map((entry) => ({
            value: entry.part,
            label: `${entry.name} ${formatCount(result[entry.part].length)}`,
          }))}
          value={part}
          onChange={setPart}
        />
      }
    >
      {part === 'failed' && <Failures failed={result.failed} />}
      {part === 'short' && (
        <DataTable
          {...shared}
          label="Short sessions"
          columns={SHORT_COLUMNS}
          rows={result.short}
          rowKey={keyOf}
          empty="Every session that came has all its minutes."
        />
      )}
      {part === 'withoutData' && (
        <DataTable
          {...shared}
          label="Sessions without data"
          columns={REASON_COLUMNS}
          rows={result.withoutData}
          rowKey={keyOf}
          empty="The broker had bars of every session."
        />
      )}
      {part === 'scheduleDifferences' && (
        <DataTable
          {...shared}
          label="Schedule differences"
          columns={SCHEDULE_COLUMNS}
          rows={result.scheduleDifferences}
          rowKey={keyOf}
          empty="The broker’s schedule agrees with the calendar on every day."
        />
      )}
    </Panel>
  )
}

function Failures({ failed }: { readonly failed: IngestResult['failed'] }) {
  if (failed.length === 0) return <p className={classes.words}>No session failed.</p>
  return (
    <ul className={classes.failures} aria-label="Failures by reason">
      {failureGroups(failed).map((group) => (
        <li key={group.reason} className={classes.failure}>
          <p>
            <b>{formatQuantity(group.sessions, 'session')}</b> of {symbolWords(group.symbols)},{' '}
            {formatDates(firstOf(group.runs), lastOf(group.runs))}
          </p>
          <p className={classes.reason}>{group.reason}</p>
          <StartIngest
            verb="Retry"
            does="Asks for just these symbols between these dates, for what is still missing. Can be cancelled at any time; what is stored stays."
            runs={group.runs}
          />
        </li>
      ))}
    </ul>
  )
}

const firstOf = (runs: readonly { readonly from: string }[]): string | undefined =>
  runs.map(({ from }) => from).toSorted()[0]
const lastOf = (runs: readonly { readonly to: string }[]): string | undefined =>
  runs
    .map(({ to }) => to)
    .toSorted()
    .at(-1)

const keyOf = ({ symbol, sessionDate }: { readonly symbol: string; readonly sessionDate: string }): string =>
  `${symbol} ${sessionDate}`

const SHORT_COLUMNS: readonly Column<IngestResult['short'][number]>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.sessionDate },
  { key: 'bars', header: 'Bars', numeric: true, cell: (row) => formatCount(row.bars), sortValue: (row) => row.bars },
  { key: 'expected', header: 'Expected', numeric: true, cell: (row) => formatCount(row.expected) },
  { key: 'reason', header: 'Why', grow: true, cell: (row) => <span title={row.reason}>{row.reason}</span> },
]

const REASON_COLUMNS: readonly Column<IngestResult['withoutData'][number]>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.sessionDate },
  { key: 'reason', header: 'Why', grow: true, cell: (row) => <span title={row.reason}>{row.reason}</span> },
]

const SCHEDULE_COLUMNS: readonly Column<IngestResult['scheduleDifferences'][number]>[] = [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.sessionDate },
  { key: 'calendar', header: 'By the calendar', cell: (row) => row.calendar },
  { key: 'broker', header: 'By the broker', grow: true, cell: (row) => row.broker },
]
