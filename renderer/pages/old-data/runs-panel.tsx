import type { OldRun } from '#shared/contract/contract.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { JobStateMark, StateMark } from '../../components/state-mark.tsx'
import { formatCount } from '../../format/numbers.ts'
import { formatDates, formatDuration, formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { symbolWords } from '../../wording/job-words.ts'
import { endWords, exitWords, purposeWords } from './old-run-words.ts'

interface RunsPanelProps {
  readonly runs: readonly OldRun[]
  readonly selected: string | undefined
  readonly onSelect: (runId: string) => void
}

/** Every run of the command, newest first. */
export function RunsPanel({ runs, selected, onSelect }: RunsPanelProps) {
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Runs" note="choose one to see what it printed">
        <DataTable
          label="Runs of the old pipeline"
          columns={COLUMNS}
          rows={runs}
          rowKey={({ runId }) => runId}
          selectedKey={selected}
          onSelect={({ runId }) => onSelect(runId)}
          maxHeight={29 + 28 * 8}
          empty="It was not run yet. Every run stands here with its window, its exit code and how it ended."
        />
      </Panel>
    </PanelGrid>
  )
}

const COLUMNS: readonly Column<OldRun>[] = [
  {
    key: 'state',
    header: 'State',
    cell: ({ state, record }) => (
      <JobStateMark job={{ state, control: 'run', hasFindings: record?.isImported === true && record.files === 0 }} />
    ),
    sortValue: ({ state }) => state,
  },
  { key: 'sessions', header: 'Sessions', cell: ({ params: { from, to } }) => formatDates(from, to) },
  { key: 'symbols', header: 'Symbols', cell: ({ params }) => symbolWords(params.symbols) },
  { key: 'for', header: 'For', wideOnly: true, cell: purposeWords, sortValue: purposeWords },
  {
    key: 'asked',
    header: 'Asked for',
    unit: LOCAL_ZONE,
    numeric: true,
    cell: ({ createdAtMs }) => formatLocalMoment(createdAtMs),
    sortValue: ({ createdAtMs }) => createdAtMs,
  },
  {
    key: 'took',
    header: 'Took',
    numeric: true,
    cell: ({ record }) => (record === null ? '–' : formatDuration(record.durationMs)),
    sortValue: ({ record }) => record?.durationMs,
  },
  {
    key: 'exit',
    header: 'Exit code',
    numeric: true,
    cell: (run) => (['0', '–'].includes(exitWords(run)) ? exitWords(run) : <b>{exitWords(run)}</b>),
    sortValue: exitWords,
  },
  { key: 'end', header: 'How it ended', grow: true, cell: endWords },
  {
    key: 'files',
    header: 'Left',
    unit: 'files',
    numeric: true,
    wideOnly: true,
    cell: ({ record }) => (record === null ? '–' : formatCount(record.files)),
  },
  {
    key: 'read',
    header: 'Imports',
    cell: ({ isRead, record }) =>
      isRead ? <StateMark kind={record?.files === 0 ? 'attention' : 'pass'} word="Read it" /> : '–',
  },
]
