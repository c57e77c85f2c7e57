import { useMemo } from 'react'
import type { CompareRow, RunCause } from '#shared/contract/causes.ts'
import type { ComparisonRunDetail } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { PagedTable } from '../../components/paged-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { shownError } from '../../error-report.ts'
import { formatDifference, formatFieldValue, formatQuantity, unitOfField } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { oneCell } from '../../grid/grid-cells.ts'
import type { ChangeView, CompareView } from './compare-address.ts'
import { MinutePanel } from './minute-panel.tsx'
import { RowFilters } from './row-filters.tsx'
import { causeNames, causeWords, classWords, differenceIn, unequalWords } from './row-words.ts'
import sides from '../../components/side-by-side.module.css'
import classes from './rows-view.module.css'
import { STATE_WORDS } from './state-bar.tsx'
import { useRowPages } from './use-row-pages.ts'

interface RowsViewProps {
  readonly run: ComparisonRunDetail
  readonly causes: readonly RunCause[]
  readonly view: CompareView
  readonly onChange: ChangeView
  readonly zoneOf: (symbol: string) => string
  /** One zone for the whole column. */
  readonly zone: string
}

const MAX_HEIGHT = 29 + 28 * 18

/** Every minute that is not plainly equal, filtered, and beside the table where the chosen one comes from. */
export function RowsView({ run, causes, view, onChange, zoneOf, zone }: RowsViewProps) {
  const filter = view.rows
  const { first, total, rowAt, onView, failed } = useRowPages(run.runId, filter)
  const columns = useMemo(
    () => columnsFor(filter.field, Object.keys(run.counts.fields), causes, zone),
    [filter.field, run, causes, zone],
  )
  return (
    <div className={classes.bench}>
      <Panel title="Rows" note={noteOf(first.data?.total, run.sample)}>
        <RowFilters run={run} causes={causes} filter={filter} onChange={(rows) => onChange({ rows }, 'replace')} />
        <QueryView query={first} height={MAX_HEIGHT}>
          {() => (
            <div className={classes.body} data-stale={first.isPlaceholderData || undefined}>
              {failed !== undefined && (
                <OperatorError
                  error={shownError(failed.error)}
                  context="Rows that are shown are not affected."
                  onRetry={() => void failed.refetch()}
                />
              )}
              <PagedTable
                label="Rows of the run"
                columns={columns}
                total={total}
                rowAt={rowAt}
                onView={onView}
                rowKey={keyOf}
                selectedKey={filter.row === undefined ? undefined : keyOf(filter.row)}
                onSelect={({ symbol, sessionDate, ts }) =>
                  onChange({ rows: { ...filter, row: { symbol, sessionDate, ts } } }, 'replace')
                }
                maxHeight={MAX_HEIGHT}
                empty="No row is like that."
              />
            </div>
          )}
        </QueryView>
      </Panel>
      <div className={sides.side}>
        <MinutePanel
          run={run}
          causes={causes}
          minute={filter.row}
          zone={filter.row === undefined ? zone : zoneOf(filter.row.symbol)}
          onSession={({ symbol, sessionDate, ts }) =>
            onChange({ part: 'session', selection: oneCell({ symbol, sessionDate }), atTs: ts, zoom: undefined })
          }
        />
      </div>
    </div>
  )
}

function noteOf(total: number | undefined, sample: number | null): string {
  if (total === undefined) return ''
  const words = `${formatQuantity(total, 'minute')} not plainly equal`
  return sample === null ? words : `${words}, in the sample`
}

const keyOf = ({ symbol, ts }: { readonly symbol: string; readonly ts: number }): string => `${symbol} ${ts}`

function columnsFor(
  field: string | undefined,
  fields: readonly string[],
  causes: readonly RunCause[],
  zone: string,
): readonly Column<CompareRow>[] {
  const common: readonly Column<CompareRow>[] = [
    { key: 'symbol', header: 'Symbol', cell: ({ symbol }) => <b>{symbol}</b> },
    { key: 'session', header: 'Session', cell: ({ sessionDate }) => sessionDate },
    { key: 'time', header: 'Minute', unit: zoneName(zone), numeric: true, cell: ({ ts }) => formatZoneClock(ts, zone) },
    { key: 'class', header: 'Class', cell: (row) => <StateMark {...classWords(row.class)} /> },
  ]
  const values: readonly Column<CompareRow>[] =
    field === undefined
      ? [
          {
            key: 'what',
            header: 'New − old',
            grow: true,
            cell: (row) => <span title={unequalWords(row, fields)}>{unequalWords(row, fields)}</span>,
          },
        ]
      : [
          {
            key: 'old',
            header: 'Old',
            unit: unitOfField(field),
            numeric: true,
            cell: ({ old }) => formatFieldValue(field, old[field] ?? null),
          },
          {
            key: 'new',
            header: 'New',
            unit: unitOfField(field),
            numeric: true,
            cell: ({ fresh }) => formatFieldValue(field, fresh[field] ?? null),
          },
          {
            key: 'difference',
            header: 'New − old',
            numeric: true,
            cell: (row) => formatDifference(field, differenceIn(row, field)),
          },
        ]
  return [
    ...common,
    ...values,
    {
      key: 'state',
      header: 'State',
      cell: ({ state }) => (state === null ? '–' : <StateMark {...STATE_WORDS[state]} />),
    },
    {
      key: 'causes',
      header: 'Causes',
      wideOnly: true,
      grow: field !== undefined,
      cell: ({ causeKeys }) => (
        <span className={classes.causes} title={causeWords(causeKeys, causes)}>
          {causeKeys.length === 0 ? '–' : causeNames(causeKeys, causes)}
        </span>
      ),
    },
  ]
}
