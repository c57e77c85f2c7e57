import { Autocomplete, Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconFile, IconFolder, IconFolderUp } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FolderListing, FoundFiles } from '#shared/contract/old-data.ts'
import { ActionButton } from '../../components/action-button.tsx'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { OperatorError } from '../../components/operator-error.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { orpc, useConnectionState } from '../../engine-client.ts'
import { shownError } from '../../error-report.ts'
import { formatBytes, formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../../format/times.ts'
import classes from './choose-step.module.css'
import type { Subject } from './describe-page.tsx'
import { draftOf, isPattern, splitPath } from './description-draft.ts'

interface ChooseStepProps {
  readonly onChoose: (subject: Subject) => void
}

type Entry = FolderListing['entries'][number] | { readonly name: '..'; readonly kind: 'up' }

/** The first step: a path with suggestions, the folder that it is in, and a first look at the file. */
export function ChooseStep({ onChoose }: ChooseStepProps) {
  const [path, setPath] = useState('')
  const isLive = useConnectionState().kind === 'live'
  const [settled] = useDebouncedValue(path, 150)
  const { folder, rest } = splitPath(settled)
  const asPattern = isPattern(settled)
  const listing = useQuery(
    orpc.legacy.folder.queryOptions({
      input: { folder: isPattern(folder) ? '' : folder },
      enabled: !asPattern,
      staleTime: 0,
      retry: false,
      placeholderData: keepPreviousData,
    }),
  )
  const found = useQuery(
    orpc.legacy.find.queryOptions({
      input: { files: settled },
      enabled: asPattern,
      staleTime: 0,
      placeholderData: keepPreviousData,
    }),
  )
  const looking = useMutation({ mutationFn: lookAt, onSuccess: onChoose })
  const type = (text: string): void => {
    looking.reset()
    setPath(text)
  }
  const entries = listing.data?.entries ?? []
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Where it is">
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault()
            if (path.trim() !== '' && !looking.isPending) looking.mutate(path.trim())
          }}
        >
          <Autocomplete
            className={classes.path ?? ''}
            label="File or pattern"
            description="From the workspace folder, or absolute. {symbol} stands for the symbol, * and ? for any text, ** for any folders."
            placeholder="../old/SPY.csv or ../old/{symbol}.csv"
            value={path}
            onChange={type}
            data={
              asPattern
                ? []
                : entries.slice(0, 200).map(({ name, kind }) => `${folder}${name}${kind === 'folder' ? '/' : ''}`)
            }
            filter={({ options, search }) =>
              options.filter(
                (option) => 'value' in option && option.value.toLowerCase().startsWith(search.toLowerCase()),
              )
            }
            maxDropdownHeight={260}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          <ActionButton
            variant="filled"
            isDisabled={!isLive || path.trim() === '' || path.endsWith('/')}
            isBusy={looking.isPending}
            busyWords="Reading its beginning"
            onClick={() => looking.mutate(path.trim())}
          >
            Look at it
          </ActionButton>
        </form>
        {looking.error !== null && (
          <div className={classes.error}>
            <OperatorError error={shownError(looking.error)} />
            <div className={classes.byHand}>
              <Button
                onClick={() =>
                  onChoose({ draft: draftOf({ files: path.trim() }), key: undefined, file: undefined, doubts: [] })
                }
              >
                Describe it by hand
              </Button>
              <span className={classes.quiet}>Its rows are shown there, too, as soon as they can be read.</span>
            </div>
          </div>
        )}
      </Panel>
      {asPattern ? (
        <Panel title="Files of the pattern" note={found.data === undefined ? undefined : foundWords(found.data)}>
          <QueryView query={found} height={320}>
            {(data) => (
              <DataTable
                label="Files of the pattern"
                columns={FOUND_COLUMNS}
                rows={data.files}
                rowKey={({ file }) => file}
                maxHeight={440}
                empty="No file has such a path."
              />
            )}
          </QueryView>
        </Panel>
      ) : (
        <Panel title="Folder" note={listing.data?.folder}>
          <QueryView query={listing} height={320}>
            {(data) => (
              <DataTable
                label={`Files in ${data.folder}`}
                columns={FOLDER_COLUMNS}
                rows={rowsOf(data, rest)}
                rowKey={({ name }) => name}
                selectedKey={rest}
                onSelect={(entry) => type(pathTo(folder, entry))}
                maxHeight={440}
                empty={rest === '' ? 'The folder is empty.' : 'Nothing in this folder begins like that.'}
              />
            )}
          </QueryView>
          {listing.data !== undefined && listing.data.more > 0 && (
            <p className={classes.more}>
              {formatQuantity(listing.data.more, 'more entry', 'more entries')}; type the beginning of a name, or a
              pattern.
            </p>
          )}
        </Panel>
      )}
    </PanelGrid>
  )
}

/** Proposes a description of the file, or of the first file of the pattern, that is of a symbol of the workspace. */
async function lookAt(path: string): Promise<Subject> {
  if (!isPattern(path)) {
    const { description, doubts } = await orpc.legacy.sniff.call({ file: path })
    return { draft: draftOf(description), key: undefined, file: path, doubts }
  }
  const { files } = await orpc.legacy.find.call({ files: path })
  const first = files.find(({ symbol }) => symbol !== null) ?? files.at(0)
  const file = first?.file ?? path
  const { description, doubts } = await orpc.legacy.sniff.call({
    file,
    ...(first === undefined || first.symbol === null ? {} : { symbol: first.symbol }),
  })
  return { draft: { ...draftOf(description), files: path }, key: undefined, file, doubts }
}

function rowsOf(listing: FolderListing, rest: string): readonly Entry[] {
  const isWhole = listing.entries.some(({ name }) => name === rest)
  const shown = listing.entries.filter(({ name }) => isWhole || name.toLowerCase().startsWith(rest.toLowerCase()))
  return listing.parent === null ? shown : [{ name: '..', kind: 'up' }, ...shown]
}

/** The path that an entry of the folder adds to; one up from `../` is `../../`. */
function pathTo(folder: string, { name, kind }: Entry): string {
  if (kind !== 'up') return `${folder}${name}${kind === 'folder' ? '/' : ''}`
  const parts = folder.split('/').slice(0, -1)
  const last = parts.at(-1)
  if (folder === '' || last === '..') return `${folder}../`
  const up = parts.slice(0, -1).join('/')
  return up === '' ? (folder.startsWith('/') ? '/' : '') : `${up}/`
}

function foundWords({ count, bytes, missing, otherFiles }: FoundFiles): string {
  return [
    `${formatQuantity(count, 'file')}, ${formatBytes(bytes)}`,
    missing.length > 0 ? `; none for ${missing.join(', ')}` : '',
    otherFiles > 0 ? `; ${formatQuantity(otherFiles, 'file')} of other symbols` : '',
  ].join('')
}

const ICONS = { folder: IconFolder, file: IconFile, up: IconFolderUp } as const

const FOLDER_COLUMNS: readonly Column<Entry>[] = [
  {
    key: 'name',
    header: 'Name',
    grow: true,
    cell: ({ name, kind }) => {
      const Icon = ICONS[kind]
      return (
        <span className={classes.name}>
          <Icon size={14} aria-hidden />
          {kind === 'up' ? 'Folder above' : `${name}${kind === 'folder' ? '/' : ''}`}
        </span>
      )
    },
  },
  {
    key: 'size',
    header: 'Size',
    numeric: true,
    cell: (entry) => (entry.kind === 'file' && entry.bytes !== null ? formatBytes(entry.bytes) : ''),
  },
  {
    key: 'changed',
    header: 'Changed',
    unit: LOCAL_ZONE,
    numeric: true,
    cell: (entry) =>
      entry.kind === 'up' || entry.modifiedAtMs === null ? '' : formatLocalMoment(entry.modifiedAtMs).slice(0, 16),
  },
]

const FOUND_COLUMNS: readonly Column<FoundFiles['files'][number]>[] = [
  { key: 'file', header: 'File', grow: true, cell: ({ file }) => <span title={file}>{file}</span> },
  { key: 'old', header: 'Named', cell: ({ oldName }) => oldName ?? '–' },
  {
    key: 'symbol',
    header: 'Symbol',
    cell: ({ symbol, oldName }) => symbol ?? (oldName === null ? 'in its rows' : 'not of this workspace'),
  },
  { key: 'size', header: 'Size', numeric: true, cell: ({ bytes }) => formatBytes(bytes) },
]
