import { Button, SegmentedControl } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RejectedRow, RejectKind } from '#shared/contract/old-data.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { QuietButton } from '../../components/quiet-button.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { orpc } from '../../engine-client.ts'
import { formatCount } from '../../format/numbers.ts'
import classes from './rejects-panel.module.css'

const PAGE = 100

interface RejectsPanelProps {
  readonly files: readonly { readonly file: string; readonly rejected: number; readonly duplicates: number }[]
  /** The file whose rows are shown; undefined for all. */
  readonly file: string | undefined
  readonly onFile: (file: string | undefined) => void
}

/** Every row that is not among the bars, with where it stands, why, and what it says. */
export function RejectsPanel({ files, file, onFile }: RejectsPanelProps) {
  const [kind, setKind] = useState<RejectKind>('all')
  const [page, setPage] = useState({ of: file, number: 0 })
  // Another file begins at its first page.
  const number = page.of === file ? page.number : 0
  const offset = number * PAGE
  const counted = files.filter((one) => file === undefined || one.file === file)
  const refused = counted.reduce((sum, { rejected }) => sum + rejected, 0)
  const duplicates = counted.reduce((sum, one) => sum + one.duplicates, 0)
  const total = { all: refused + duplicates, refused, duplicate: duplicates }[kind]
  const rows = useQuery(
    orpc.legacy.rejected.queryOptions({
      input: { kind, offset, limit: PAGE, ...(file === undefined ? {} : { file }) },
      placeholderData: keepPreviousData,
    }),
  )
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel
        title="Refused rows and duplicates"
        note={file === undefined ? 'of all files' : `of ${file}`}
        controls={
          <>
            {file !== undefined && <QuietButton onClick={() => onFile(undefined)}>Show all files</QuietButton>}
            <SegmentedControl
              aria-label="Which rows"
              data={[
                { value: 'all', label: `All ${formatCount(refused + duplicates)}` },
                { value: 'refused', label: `Refused ${formatCount(refused)}` },
                { value: 'duplicate', label: `Duplicates ${formatCount(duplicates)}` },
              ]}
              value={kind}
              onChange={(value) => {
                setKind(value)
                setPage({ of: file, number: 0 })
              }}
            />
          </>
        }
      >
        <QueryView query={rows} height={140}>
          {(list) => (
            <DataTable
              label="Refused rows and duplicates"
              columns={COLUMNS}
              rows={list}
              rowKey={({ file: of, line }) => `${of}:${line}`}
              maxHeight={420}
              empty={
                files.length === 0
                  ? 'When files are imported, every row that cannot be a bar is listed here with the reason.'
                  : 'Every row became a bar.'
              }
            />
          )}
        </QueryView>
        {total > PAGE && (
          <div className={classes.pager}>
            <Button disabled={number === 0} onClick={() => setPage({ of: file, number: number - 1 })}>
              Previous
            </Button>
            <Button disabled={offset + PAGE >= total} onClick={() => setPage({ of: file, number: number + 1 })}>
              Next
            </Button>
            <output className={classes.place}>
              {formatCount(offset + 1)} to {formatCount(Math.min(total, offset + PAGE))} of {formatCount(total)}
            </output>
          </div>
        )}
      </Panel>
    </PanelGrid>
  )
}

const COLUMNS: readonly Column<RejectedRow>[] = [
  { key: 'file', header: 'File', cell: ({ file }) => <span title={file}>{file.split(/[\\/]/).at(-1)}</span> },
  { key: 'line', header: 'Line', numeric: true, cell: ({ line }) => formatCount(line) },
  {
    key: 'kind',
    header: 'What',
    cell: ({ isDuplicate }) =>
      isDuplicate ? <StateMark kind="info" word="Duplicate" /> : <StateMark kind="fail" word="Refused" />,
  },
  {
    key: 'reason',
    header: 'Why',
    cell: ({ reason }) => (
      <span className={classes.reason} title={reason}>
        {reason}
      </span>
    ),
  },
  {
    key: 'text',
    header: 'What it says',
    grow: true,
    cell: ({ text }) => <code title={text}>{text}</code>,
  },
]
