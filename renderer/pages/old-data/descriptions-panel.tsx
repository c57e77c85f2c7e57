import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { Described } from '#shared/contract/old-data.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Folded } from '../../components/folded.tsx'
import { KeyValues } from '../../components/key-values.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatBytes, formatQuantity } from '../../format/numbers.ts'
import classes from './descriptions-panel.module.css'
import { formatOf } from './description-draft.ts'
import { FORMAT_NAMES, symbolWordsOf, timeWordsOf } from './old-data-words.ts'
import { RemoveDescription } from './remove-description.tsx'

type Description = Described['descriptions'][number]

/** What switchyard.yaml says of the old pipeline's files; a selected one unfolds with everything that it says. */
export function DescriptionsPanel({ described }: { readonly described: Described }) {
  const [openKey, setOpenKey] = useState<string>()
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Described in switchyard.yaml" note={described.file}>
        <DataTable
          label="Described in switchyard.yaml"
          columns={COLUMNS}
          rows={described.descriptions}
          rowKey={({ key }) => key}
          selectedKey={openKey}
          onSelect={({ key }) => setOpenKey(key === openKey ? undefined : key)}
          renderDetail={(row) => <Detail row={row} />}
          maxHeight={420}
          empty="Nothing is described. What was imported before stays until files are described and imported again."
        />
      </Panel>
    </PanelGrid>
  )
}

function Detail({ row: { key, description, files } }: { readonly row: Description }) {
  const [, navigate] = useLocation()
  return (
    <div className={classes.detail}>
      {files.missing.length > 0 && (
        <p>
          <StateMark kind="attention" word={`No file for ${files.missing.join(', ')}`} />
        </p>
      )}
      {files.otherFiles > 0 && (
        <p className={classes.quiet}>
          {formatQuantity(files.otherFiles, 'file')} of symbols that this workspace does not have{' '}
          {files.otherFiles === 1 ? 'is' : 'are'} passed over.
        </p>
      )}
      <Folded title="Every key" note="with the values that are usual where switchyard.yaml says nothing">
        <KeyValues label={`Keys of ${key}`} values={description} />
      </Folded>
      <div className={classes.actions}>
        <Button onClick={() => navigate(`/old-data/describe?key=${encodeURIComponent(key)}`)}>
          See rows and change…
        </Button>
        <RemoveDescription descriptionKey={key} />
        <span className={classes.quiet}>Nothing changes before you have seen the difference and saved it.</span>
      </div>
    </div>
  )
}

const COLUMNS: readonly Column<Description>[] = [
  {
    key: 'files',
    header: 'Files',
    grow: true,
    cell: ({ description: { files } }) => <span title={files}>{files}</span>,
  },
  { key: 'key', header: 'Key', wideOnly: true, cell: ({ key }) => <code>{key}</code> },
  { key: 'format', header: 'Format', cell: ({ description }) => FORMAT_NAMES[formatOf(description)] },
  { key: 'symbol', header: 'Symbol', cell: ({ description }) => symbolWordsOf(description) },
  { key: 'times', header: 'Times', cell: ({ description }) => timeWordsOf(description) },
  {
    key: 'found',
    header: 'Found',
    numeric: true,
    cell: ({ files }) =>
      files.count === 0 ? <StateMark kind="fail" word="No file" /> : formatQuantity(files.count, 'file'),
  },
  { key: 'bytes', header: 'Size', numeric: true, cell: ({ files }) => formatBytes(files.bytes) },
]
