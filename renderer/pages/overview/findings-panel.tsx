import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Overview } from '#shared/contract/contract.ts'
import type { Finding } from '#shared/contract/quality.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import type { StateKind } from '../../components/state-mark.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatZoneClock, zoneName } from '../../format/times.ts'
import { selectionWords } from '../../wording/job-words.ts'
import { selectionOf, useViewContext } from '../../view-context.ts'

type RuleCount = Overview['findings'][number]

const HEIGHT = 330
/** More findings of one rule than this are not read one by one. */
const LIMIT = 200

const SEVERITIES: Readonly<Record<string, { readonly kind: StateKind; readonly word: string }>> = {
  info: { kind: 'info', word: 'Info' },
  warn: { kind: 'attention', word: 'Warning' },
  error: { kind: 'fail', word: 'Error' },
}

/** Findings of the quality rules: how many by rule, and on choosing one, each of them. */
export function FindingsPanel({ overview }: { readonly overview: Overview }) {
  const [rule, setRule] = useState<string>()
  if (rule !== undefined) return <RuleFindings rule={rule} overview={overview} onBack={() => setRule(undefined)} />
  return (
    <Panel title="Findings by rule" note="in all sessions">
      <DataTable
        label="Findings by rule"
        columns={RULE_COLUMNS}
        rows={overview.findings}
        rowKey={(row) => `${row.rule} ${row.severity}`}
        onSelect={(row) => setRule(row.rule)}
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
  { key: 'severity', header: 'Severity', cell: (row) => <Severity severity={row.severity} /> },
  { key: 'rule', header: 'Rule', grow: true, cell: (row) => row.rule, sortValue: (row) => row.rule },
  {
    key: 'count',
    header: 'Findings',
    numeric: true,
    cell: (row) => formatCount(row.count),
    sortValue: (row) => row.count,
  },
]

function Severity({ severity }: { readonly severity: string }) {
  const { kind, word } = SEVERITIES[severity] ?? { kind: 'info', word: severity }
  return <StateMark kind={kind} word={word} />
}

interface RuleFindingsProps {
  readonly rule: string
  readonly overview: Overview
  readonly onBack: () => void
}

function RuleFindings({ rule, overview, onBack }: RuleFindingsProps) {
  const [context] = useViewContext()
  const [openKey, setOpenKey] = useState<string>()
  const selection = selectionOf(context)
  const findings = useQuery(orpc.quality.findings.queryOptions({ input: { ...selection, rule, limit: LIMIT } }))
  const zones = new Set(overview.symbols.map((entry) => entry.zone))
  // One zone for the whole column: the exchange's when all symbols share it.
  const zone = (zones.size === 1 ? overview.symbols[0]?.zone : undefined) ?? 'UTC'
  return (
    <Panel
      title={rule}
      note={findings.data?.length === LIMIT ? `the first ${formatCount(LIMIT)}` : selectionWords(selection)}
      controls={<Button onClick={onBack}>All rules</Button>}
    >
      <QueryView query={findings} height={HEIGHT}>
        {(rows) => (
          <DataTable
            label={`Findings of the rule ${rule}`}
            columns={findingColumns(zone)}
            rows={rows}
            rowKey={keyOf}
            selectedKey={openKey}
            onSelect={(row) => setOpenKey(keyOf(row) === openKey ? undefined : keyOf(row))}
            renderDetail={(row) => <FindingDetail finding={row} />}
            maxHeight={HEIGHT}
            empty="None in the selection."
          />
        )}
      </QueryView>
    </Panel>
  )
}

const keyOf = (finding: Finding): string => `${finding.symbol} ${finding.sessionDate} ${finding.ts} ${finding.message}`

const ACTION_WORDS: Readonly<Record<Finding['action'], string>> = {
  keep: 'Kept as it is.',
  flag: 'Kept and flagged.',
  drop: 'Left out of the curated bars.',
  refetch: 'Kept and flagged; the session is to be fetched again.',
  quarantine: 'The session is quarantined: nothing is made from it.',
}

function FindingDetail({ finding }: { readonly finding: Finding }) {
  return (
    <>
      <p>{finding.message}</p>
      <p>{ACTION_WORDS[finding.action]}</p>
    </>
  )
}

const findingColumns = (zone: string): readonly Column<Finding>[] => [
  { key: 'symbol', header: 'Symbol', cell: (row) => <b>{row.symbol}</b>, sortValue: (row) => row.symbol },
  { key: 'session', header: 'Session', cell: (row) => row.sessionDate, sortValue: (row) => row.ts },
  { key: 'time', header: 'Time', unit: zoneName(zone), numeric: true, cell: (row) => formatZoneClock(row.ts, zone) },
  {
    key: 'message',
    header: 'What',
    grow: true,
    cell: (row) => row.message,
  },
]
