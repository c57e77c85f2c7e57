import type { UseQueryResult } from '@tanstack/react-query'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel, PanelGrid } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useOverview } from '../../engine-queries.ts'
import { formatBytes, formatCount, formatQuantity } from '../../format/numbers.ts'
import { formatLocalMoment, formatZoneClock, formatZoneDate, LOCAL_ZONE, zoneName } from '../../format/times.ts'
import classes from './files-panel.module.css'
import type { useImportedFiles } from './use-old-data.ts'

type ImportedFile = NonNullable<ReturnType<typeof useImportedFiles>['data']>[number]

interface FilesPanelProps {
  readonly files: UseQueryResult<ImportedFile[]>
  readonly selected: string | undefined
  readonly onSelect: (file: string | undefined) => void
}

/** Files that old bars came from; a selected one unfolds with its doubts and narrows the refused rows to it. */
export function FilesPanel({ files, selected, onSelect }: FilesPanelProps) {
  const symbols = useOverview().data?.symbols ?? []
  const zone = symbols.find((symbol) => symbol.zone !== undefined)?.zone ?? 'UTC'
  const zoneOf = (file: ImportedFile): string => symbols.find(({ symbol }) => symbol === file.symbol)?.zone ?? zone
  return (
    <PanelGrid columns="minmax(0, 1fr)">
      <Panel title="Imported files" note="choose one to see its doubts, and its refused rows below">
        <QueryView query={files} height={140}>
          {(rows) => (
            <DataTable
              label="Imported files"
              columns={columnsFor(zoneOf, zoneName(zone))}
              rows={rows}
              rowKey={({ file }) => file}
              selectedKey={selected}
              onSelect={({ file }) => onSelect(file === selected ? undefined : file)}
              renderDetail={(file) => <Detail file={file} />}
              maxHeight={320}
              empty="Nothing is imported yet. An import reads every file that is described above."
            />
          )}
        </QueryView>
      </Panel>
    </PanelGrid>
  )
}

function Detail({ file }: { readonly file: ImportedFile }) {
  const { doubts, otherSymbols, blank, sha256, bytes, clockChanges } = file
  const others = [
    otherSymbols > 0 && `${formatQuantity(otherSymbols, 'row')} of other symbols`,
    blank > 0 && formatQuantity(blank, 'empty line'),
    clockChanges.refused > 0 && `${formatQuantity(clockChanges.refused, 'time')} refused at clock changes`,
  ].filter((words) => words !== false)
  return (
    <div className={classes.detail}>
      {doubts.length === 0 ? (
        <StateMark kind="pass" word="Nothing speaks against its description." />
      ) : (
        <ul className={classes.doubts} aria-label={`Doubts about ${file.file}`}>
          {doubts.map((doubt) => (
            <li key={doubt} className={classes.doubt}>
              <StateMark kind="attention" word="" />
              <span>{doubt}</span>
            </li>
          ))}
        </ul>
      )}
      <p className={classes.quiet}>
        {formatCount(file.rowsInFile)} rows = {formatCount(file.rows)} imported + {formatCount(file.rejected)} refused +{' '}
        {formatQuantity(file.duplicates, 'duplicate')}
        {otherSymbols > 0 && ` + ${formatCount(otherSymbols)} of other symbols`}.
        {others.length > 0 && ` ${others.join(', ')}.`} {formatBytes(bytes)}, SHA-256{' '}
        <code>{sha256.slice(0, 16)}…</code>
      </p>
    </div>
  )
}

function columnsFor(zoneOf: (file: ImportedFile) => string, zone: string): readonly Column<ImportedFile>[] {
  const moment = (file: ImportedFile, ts: number | null): string =>
    ts === null ? '–' : `${formatZoneDate(ts, zoneOf(file))} ${formatZoneClock(ts, zoneOf(file))}`
  return [
    {
      key: 'file',
      header: 'File',
      grow: true,
      cell: ({ file }) => <span title={file}>{file}</span>,
      sortValue: ({ file }) => file,
    },
    {
      key: 'symbol',
      header: 'Symbol',
      cell: ({ symbol }) => symbol ?? 'in its rows',
      sortValue: ({ symbol }) => symbol ?? '',
    },
    {
      key: 'rows',
      header: 'Imported',
      unit: 'rows',
      numeric: true,
      cell: ({ rows }) => formatCount(rows),
      sortValue: ({ rows }) => rows,
    },
    {
      key: 'refused',
      header: 'Refused',
      numeric: true,
      cell: ({ rejected }) => (rejected > 0 ? <b>{formatCount(rejected)}</b> : '0'),
      sortValue: ({ rejected }) => rejected,
    },
    {
      key: 'duplicates',
      header: 'Duplicates',
      numeric: true,
      cell: ({ duplicates }) => (duplicates > 0 ? <b>{formatCount(duplicates)}</b> : '0'),
      sortValue: ({ duplicates }) => duplicates,
    },
    {
      key: 'first',
      header: 'First bar',
      unit: zone,
      cell: (file) => moment(file, file.firstTs),
      sortValue: ({ firstTs }) => firstTs ?? undefined,
    },
    {
      key: 'last',
      header: 'Last bar',
      unit: zone,
      cell: (file) => moment(file, file.lastTs),
      sortValue: ({ lastTs }) => lastTs ?? undefined,
    },
    {
      key: 'doubts',
      header: 'Doubts',
      numeric: true,
      cell: ({ doubts }) => (doubts.length > 0 ? <StateMark kind="attention" word={String(doubts.length)} /> : '0'),
      sortValue: ({ doubts }) => doubts.length,
    },
    {
      key: 'at',
      header: 'Read',
      unit: LOCAL_ZONE,
      wideOnly: true,
      cell: ({ importedAtMs }) => formatLocalMoment(importedAtMs).slice(0, 16),
      sortValue: ({ importedAtMs }) => importedAtMs,
    },
  ]
}
