import { SegmentedControl } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { RuleReport } from '#shared/contract/quality.ts'
import { Spark } from '../../charts/spark.tsx'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { KeyValues } from '../../components/key-values.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount } from '../../format/numbers.ts'
import { ACTION_WORDS, SEVERITY_RANKS, SEVERITY_WORDS } from '../../wording/quality-words.ts'
import { openOf } from './quality-counts.ts'
import classes from './rules-panel.module.css'

interface RulesPanelProps {
  readonly rules: UseQueryResult<RuleReport[]>
  readonly rule: string | undefined
  readonly onRule: (rule: string | undefined) => void
}

const MAX_HEIGHT = 449

/** What each rule found, and how it is set. Choosing one shows its findings, and its description and parameters. */
export function RulesPanel({ rules, rule, onRule }: RulesPanelProps) {
  const sorted = useMemo(() => gravestFirst(rules.data ?? []), [rules.data])
  const [shown, setShown] = useState<'found' | 'all'>('found')
  const found = sorted.filter(({ findings }) => findings > 0).length
  return (
    <Panel
      title="Rules"
      note={rules.data === undefined ? '' : `${formatCount(found)} of ${formatCount(sorted.length)} found something`}
      controls={
        <SegmentedControl
          aria-label="Rules shown"
          data={[
            { value: 'found', label: 'Found something' },
            { value: 'all', label: 'All' },
          ]}
          value={shown}
          onChange={setShown}
        />
      }
    >
      <QueryView query={rules} height={200}>
        {() => (
          <DataTable
            label="Rules"
            columns={COLUMNS}
            rows={sorted.filter((row) => shown === 'all' || row.findings > 0 || row.id === rule)}
            rowKey={({ id }) => id}
            selectedKey={rule}
            onSelect={({ id }) => onRule(id === rule ? undefined : id)}
            renderDetail={(row) => <RuleDetail rule={row} />}
            maxHeight={MAX_HEIGHT}
            empty="No rule found anything in these sessions."
          />
        )}
      </QueryView>
    </Panel>
  )
}

/** Rules with open findings first, the gravest of them above; then those that found nothing. */
function gravestFirst(rules: readonly RuleReport[]): readonly RuleReport[] {
  const group = (rule: RuleReport): number => (openOf(rule) > 0 ? 0 : rule.findings > 0 ? 1 : 2)
  return rules.toSorted(
    (a, b) =>
      group(a) - group(b) ||
      SEVERITY_RANKS[a.severity] - SEVERITY_RANKS[b.severity] ||
      openOf(b) - openOf(a) ||
      a.title.localeCompare(b.title),
  )
}

function RuleDetail({ rule }: { readonly rule: RuleReport }) {
  const { id, description, version, enabled, action, blocking, params } = rule
  return (
    <div className={classes.detail}>
      <p>{description}</p>
      <p>
        {ACTION_WORDS[action].means}
        {blocking && ' An open finding holds the session back from exports and gates.'}
        {!enabled && ' Switched off in the configuration.'}
      </p>
      <KeyValues label={`Parameters of ${rule.title}`} values={{ rule: id, version, ...params }} />
    </div>
  )
}

type Count = readonly [key: string, header: string, wideOnly: boolean, value: (rule: RuleReport) => number]

const COLUMNS: readonly Column<RuleReport>[] = [
  {
    key: 'severity',
    header: 'Severity',
    cell: ({ severity, enabled }) =>
      enabled ? <StateMark {...SEVERITY_WORDS[severity]} /> : <StateMark kind="stopped" word="Off" />,
    sortValue: ({ severity }) => SEVERITY_RANKS[severity],
  },
  {
    key: 'title',
    header: 'Rule',
    grow: true,
    cell: ({ title, findings }) => (
      <span title={title} {...(findings > 0 ? {} : { className: classes.quiet })}>
        {title}
      </span>
    ),
    sortValue: ({ title }) => title,
  },
  ...(
    [
      ['findings', 'Findings', false, ({ findings }) => findings],
      ['open', 'Open', false, openOf],
      ['acknowledged', 'Signed', true, ({ acknowledged }) => acknowledged],
      ['sessions', 'Sessions', true, ({ sessions }) => sessions],
      ['bars', 'Bars', true, ({ bars }) => bars],
    ] as const satisfies readonly Count[]
  ).map(([key, header, wideOnly, value]): Column<RuleReport> => ({
    key,
    header,
    wideOnly,
    numeric: true,
    cell: (rule) => (value(rule) === 0 ? <span className={classes.quiet}>0</span> : formatCount(value(rule))),
    sortValue: value,
  })),
  {
    key: 'trend',
    header: 'Trend',
    cell: ({ title, findings, trend }) =>
      findings === 0 ? (
        <span className={classes.quiet}>none</span>
      ) : (
        <Spark
          values={trend.map((entry) => entry.findings)}
          label={`Findings of ${title} in the latest ${trend.length} sessions`}
        />
      ),
  },
  {
    key: 'action',
    header: 'Does',
    wideOnly: true,
    cell: ({ action, blocking }) => `${ACTION_WORDS[action].word}${blocking ? ', blocks' : ''}`,
    sortValue: ({ action }) => ACTION_WORDS[action].word,
  },
]
