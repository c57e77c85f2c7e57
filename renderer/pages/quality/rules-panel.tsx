import { Button } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
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
  const found = sorted.filter(({ findings }) => findings > 0).length
  return (
    <Panel
      title="Rules"
      note={rules.data === undefined ? '' : `${formatCount(found)} of ${formatCount(sorted.length)} found something`}
      controls={rule !== undefined && <Button onClick={() => onRule(undefined)}>All rules</Button>}
    >
      <QueryView query={rules} height={MAX_HEIGHT}>
        {() => (
          <DataTable
            label="Rules"
            columns={COLUMNS}
            rows={sorted}
            rowKey={({ id }) => id}
            selectedKey={rule}
            onSelect={({ id }) => onRule(id === rule ? undefined : id)}
            renderDetail={(row) => <RuleDetail rule={row} />}
            maxHeight={MAX_HEIGHT}
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
    cell: (rule) => (rule.findings > 0 ? rule.title : <span className={classes.quiet}>{rule.title}</span>),
    sortValue: ({ title }) => title,
  },
  ...(
    [
      ['findings', 'Findings', ({ findings }) => findings],
      ['open', 'Open', openOf],
      ['acknowledged', 'Signed', ({ acknowledged }) => acknowledged],
      ['sessions', 'Sessions', ({ sessions }) => sessions],
      ['bars', 'Bars', ({ bars }) => bars],
    ] as const satisfies readonly (readonly [key: string, header: string, value: (rule: RuleReport) => number])[]
  ).map(([key, header, value]): Column<RuleReport> => ({
    key,
    header,
    numeric: true,
    cell: (rule) => (value(rule) === 0 ? <span className={classes.quiet}>0</span> : formatCount(value(rule))),
    sortValue: value,
  })),
  {
    key: 'trend',
    header: 'Trend',
    unit: '30 sessions',
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
    cell: ({ action }) => ACTION_WORDS[action].word,
    sortValue: ({ action }) => ACTION_WORDS[action].word,
  },
  {
    key: 'blocking',
    header: 'Blocks',
    cell: ({ blocking }) =>
      blocking ? <StateMark kind="stopped" word="Yes" /> : <span className={classes.quiet}>no</span>,
    sortValue: ({ blocking }) => (blocking ? 0 : 1),
  },
  { key: 'version', header: 'Version', numeric: true, cell: ({ version }) => formatCount(version) },
]
