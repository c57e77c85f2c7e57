import { SegmentedControl, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { ConnectionEntry } from '#shared/contract/connection.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import { SEVERITY_WORDS } from '../../wording/connection-words.ts'
import classes from './event-log.module.css'
import type { SeverityFilter } from './log-filter.ts'
import { filterLog } from './log-filter.ts'

/** How far back the page looks; the log itself is kept longer. */
const LIMIT = 2_000

/** What happened on the connection, newest first: what TWS said, what it means, and what was done about it. */
export function EventLog() {
  const log = useQuery(orpc.connection.log.queryOptions({ input: { limit: LIMIT }, placeholderData: keepPreviousData }))
  const [severity, setSeverity] = useState<SeverityFilter>('all')
  const [text, setText] = useState('')
  const [openId, setOpenId] = useState<number>()
  const entries = log.data
  const shown = useMemo(() => filterLog(entries ?? [], severity, text), [entries, severity, text])
  const open = shown.find(({ id }) => id === openId)
  const isFiltered = severity !== 'all' || text.trim() !== ''
  return (
    <Panel
      title="Event log"
      note={noteOf(entries, shown.length, isFiltered)}
      controls={
        <>
          <TextInput
            className={classes.search ?? ''}
            aria-label="Only entries with this text or code"
            placeholder="Text or code"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <SegmentedControl
            aria-label="Severity"
            data={[
              { value: 'all', label: 'All' },
              { value: 'warn', label: 'Warnings and errors' },
              { value: 'error', label: 'Errors' },
            ]}
            value={severity}
            onChange={setSeverity}
          />
        </>
      }
    >
      <QueryView query={log} height={320}>
        {() => (
          <>
            <DataTable
              label="Event log"
              columns={COLUMNS}
              rows={shown}
              rowKey={(entry) => String(entry.id)}
              selectedKey={open === undefined ? undefined : String(open.id)}
              onSelect={({ id }) => setOpenId(id === openId ? undefined : id)}
              maxHeight={469}
              lines={2}
              empty={
                isFiltered
                  ? 'No entry is like that. Choose another severity or take the text away.'
                  : 'Nothing has happened on this connection yet. Connecting, what TWS says, and refused requests are kept here, also over restarts.'
              }
            />
            {open !== undefined && <WholeEntry entry={open} />}
          </>
        )}
      </QueryView>
    </Panel>
  )
}

function noteOf(entries: readonly ConnectionEntry[] | undefined, shown: number, isFiltered: boolean): string {
  if (entries === undefined) return ''
  const all = formatQuantity(entries.length, 'entry', 'entries')
  const latest = entries.length === LIMIT ? `the latest ${formatCount(LIMIT)} entries` : all
  return isFiltered ? `${formatCount(shown)} of ${latest}` : `${latest}, newest first`
}

/** What the row has no room for. */
function WholeEntry({ entry }: { readonly entry: ConnectionEntry }) {
  return (
    <div className={classes.whole}>
      <p>
        {entry.subject !== undefined && <b>{entry.subject}: </b>}
        {entry.text}
      </p>
      {entry.meaning !== undefined && <p className={classes.meaning}>{entry.meaning}</p>}
    </div>
  )
}

const COLUMNS: readonly Column<ConnectionEntry>[] = [
  { key: 'at', header: 'Time', unit: LOCAL_ZONE, cell: (entry) => formatLocalMoment(entry.atMs) },
  { key: 'severity', header: 'Severity', cell: (entry) => <StateMark {...SEVERITY_WORDS[entry.severity]} /> },
  { key: 'source', header: 'From', cell: (entry) => SOURCES[entry.kind] },
  { key: 'code', header: 'Code', numeric: true, cell: (entry) => entry.code ?? '–' },
  {
    key: 'text',
    header: 'What happened, and what it means',
    grow: true,
    cell: (entry) => (
      <>
        <div className={classes.line}>
          {entry.subject !== undefined && <b>{entry.subject}: </b>}
          {entry.text}
        </div>
        <div className={classes.meaningLine}>{entry.meaning}</div>
      </>
    ),
  },
]

const SOURCES: Readonly<Record<ConnectionEntry['kind'], string>> = {
  state: 'Switchyard',
  notice: 'TWS',
  request: 'TWS, a request',
}
