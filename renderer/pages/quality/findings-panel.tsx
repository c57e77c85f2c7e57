import { Checkbox, SegmentedControl, Select } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Finding } from '#shared/contract/quality.ts'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import type { Severity } from '#shared/quality/rule-catalogue.ts'
import { RULE_IDS } from '#shared/quality/rule-catalogue.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import type { CellRange } from '../../grid/grid-cells.ts'
import { isOneCell, isSameCell } from '../../grid/grid-cells.ts'
import { ruleTitle, SEVERITY_RANKS, SEVERITY_WORDS } from '../../wording/quality-words.ts'
import classes from './findings-panel.module.css'
import { hasMinute } from './session-minutes.ts'

interface FindingsPanelProps {
  readonly scope: Selection
  readonly rule: string | undefined
  readonly onRule: (rule: string | undefined) => void
  readonly selection: CellRange | undefined
  readonly atTs: number | undefined
  readonly onFinding: (finding: Finding) => void
  /** One zone for the whole column. */
  readonly zone: string
}

/** More findings than this are not read one by one. */
const LIMIT = 1_000
const MAX_HEIGHT = 29 + 12 * 44
const ALL = 'all'

/** Each finding of the chosen sessions, filtered by rule, severity and whether it is open. */
export function FindingsPanel(props: FindingsPanelProps) {
  const { scope, rule, onRule, selection, atTs, onFinding, zone } = props
  const [severity, setSeverity] = useState<Severity | typeof ALL>(ALL)
  const [isOpenOnly, setOpenOnly] = useState(false)
  const findings = useQuery(
    orpc.quality.findings.queryOptions({
      input: { ...scope, ...(rule === undefined ? {} : { rule }), open: isOpenOnly, limit: LIMIT },
      placeholderData: keepPreviousData,
    }),
  )
  const columns = useMemo(() => columnsFor(zone), [zone])
  const rows = useMemo(
    () => (findings.data ?? []).filter((finding) => severity === ALL || finding.severity === severity),
    [findings.data, severity],
  )
  return (
    <Panel
      title="Findings"
      note={noteOf(findings.data, rows.length)}
      controls={
        <>
          <Checkbox
            className={classes.open ?? ''}
            label="Open only"
            checked={isOpenOnly}
            onChange={(event) => setOpenOnly(event.currentTarget.checked)}
          />
          <SegmentedControl
            aria-label="Severity"
            data={[
              { value: ALL, label: 'All' },
              { value: 'error', label: 'Errors' },
              { value: 'warn', label: 'Warnings' },
              { value: 'info', label: 'Info' },
            ]}
            value={severity}
            onChange={setSeverity}
          />
          <Select
            className={classes.rule ?? ''}
            aria-label="Rule"
            data={RULES}
            value={rule ?? ALL}
            onChange={(value) => onRule(value === null || value === ALL ? undefined : value)}
            allowDeselect={false}
            searchable
            nothingFoundMessage="No such rule"
          />
        </>
      }
    >
      <QueryView query={findings} height={MAX_HEIGHT}>
        {() => (
          <div className={classes.body} data-stale={findings.isPlaceholderData || undefined}>
            <DataTable
              label="Findings"
              columns={columns}
              rows={rows}
              rowKey={keyOf}
              selectedKey={selectedKey(rows, selection, atTs)}
              onSelect={onFinding}
              maxHeight={MAX_HEIGHT}
              lines={2}
              empty={isOpenOnly ? 'No open finding is like that.' : 'No finding is like that.'}
            />
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

const RULES = [{ value: ALL, label: 'All rules' }, ...RULE_IDS.map((id) => ({ value: id, label: ruleTitle(id) }))]

function noteOf(findings: readonly Finding[] | undefined, shown: number): string {
  if (findings === undefined) return ''
  const words = formatQuantity(shown, 'finding')
  return findings.length === LIMIT ? `${words} among the first ${formatCount(LIMIT)}, gravest and newest first` : words
}

const keyOf = (finding: Finding): string =>
  `${finding.symbol} ${finding.sessionDate} ${finding.ts} ${finding.rule} ${finding.message}`

/** The finding at the chosen bar, else the first of the chosen session. */
function selectedKey(
  rows: readonly Finding[],
  selection: CellRange | undefined,
  atTs: number | undefined,
): string | undefined {
  if (selection === undefined || !isOneCell(selection)) return undefined
  const ofSession = rows.filter((finding) => isSameCell(finding, selection.focus))
  const finding = ofSession.find(({ ts }) => ts === atTs) ?? ofSession[0]
  return finding === undefined ? undefined : keyOf(finding)
}

const columnsFor = (zone: string): readonly Column<Finding>[] => [
  {
    key: 'severity',
    header: 'Severity',
    cell: ({ severity }) => <StateMark {...SEVERITY_WORDS[severity]} />,
    sortValue: ({ severity }) => SEVERITY_RANKS[severity],
  },
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.ts },
  {
    key: 'time',
    header: 'Time',
    unit: zoneName(zone),
    numeric: true,
    wideOnly: true,
    cell: (row) => (hasMinute(row.rule) ? formatZoneClock(row.ts, zone) : '–'),
  },
  {
    key: 'message',
    header: 'What',
    grow: true,
    cell: ({ rule, message, bars }) => (
      <span title={message}>
        {ruleTitle(rule)}
        {bars > 1 && <span className={classes.quiet}>, {formatQuantity(bars, 'bar')}</span>}
        <br />
        <span className={classes.quiet}>{message}</span>
      </span>
    ),
    sortValue: ({ rule }) => ruleTitle(rule),
  },
  {
    key: 'state',
    header: 'State',
    wideOnly: true,
    cell: ({ acknowledgement, blocking }) =>
      acknowledgement !== undefined ? (
        <StateMark kind="signed" word={acknowledgement.author} />
      ) : blocking ? (
        <StateMark kind="stopped" word="Open, blocks" />
      ) : (
        <StateMark kind="open" word="Open" />
      ),
    sortValue: ({ acknowledgement, blocking }) => (acknowledgement !== undefined ? 2 : blocking ? 0 : 1),
  },
]
