import { useLocation } from 'wouter'
import type { Overview } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount } from '../../format/numbers.ts'
import { ruleTitle, severityWords } from '../../wording/quality-words.ts'
import { qualityAddress } from '../quality/quality-address.ts'

type RuleCount = Overview['findings'][number]

const HEIGHT = 330

/** Findings of the quality rules: how many by rule; choosing one opens them on their own page. */
export function FindingsPanel({ overview }: { readonly overview: Overview }) {
  const [, navigate] = useLocation()
  return (
    <Panel title="Findings by rule" note="choose one to see where">
      <DataTable
        label="Findings by rule"
        columns={RULE_COLUMNS}
        rows={overview.findings}
        rowKey={(row) => `${row.rule} ${row.severity}`}
        onSelect={({ rule }) =>
          navigate(qualityAddress({ layer: 'findings', selection: undefined, atTs: undefined, rule }))
        }
        maxHeight={HEIGHT}
        empty={
          overview.layers.some((layer) => layer.layer === 'curated' && layer.rows > 0)
            ? 'No rule found anything.'
            : 'Curating checks every bar against the quality rules and lists what they find here.'
        }
      />
    </Panel>
  )
}

const RULE_COLUMNS: readonly Column<RuleCount>[] = [
  { key: 'severity', header: 'Severity', cell: (row) => <StateMark {...severityWords(row.severity)} /> },
  {
    key: 'rule',
    header: 'Rule',
    grow: true,
    cell: (row) => ruleTitle(row.rule),
    sortValue: (row) => ruleTitle(row.rule),
  },
  {
    key: 'count',
    header: 'Findings',
    numeric: true,
    cell: (row) => formatCount(row.count),
    sortValue: (row) => row.count,
  },
]
