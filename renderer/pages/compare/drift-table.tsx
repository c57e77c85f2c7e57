import type { Drift } from '#shared/contract/comparison.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatFieldValue } from '../../format/numbers.ts'
import { apartWords, formatMeasure, formatPValue } from './distribution-words.ts'

type FieldDrift = Drift['fields'][number]

/** Whether the differences of each field are distributed as in the reference. */
export function DriftTable({ fields }: { readonly fields: Drift['fields'] }) {
  return (
    <DataTable
      label="Drift from the reference"
      columns={COLUMNS}
      rows={fields}
      rowKey={({ field }) => field}
      empty="The two runs have no field in common."
    />
  )
}

const COLUMNS: readonly Column<FieldDrift>[] = [
  { key: 'field', header: 'Differences of', cell: ({ field }) => <b>{field}</b> },
  {
    key: 'verdict',
    header: 'Verdict',
    cell: ({ isBeyondChance }) => (
      <StateMark kind={isBeyondChance ? 'attention' : 'pass'} word={isBeyondChance ? 'Others than then' : 'As then'} />
    ),
    sortValue: ({ isBeyondChance }) => (isBeyondChance ? 0 : 1),
  },
  { key: 'words', header: 'What it says', grow: true, cell: (row) => apartWords(row.field, row) },
  {
    key: 'counts',
    header: 'Minutes',
    unit: 'then',
    numeric: true,
    wideOnly: true,
    cell: ({ count, referenceCount }) => `${formatCount(count)} (${formatCount(referenceCount)})`,
  },
  {
    key: 'psi',
    header: 'PSI',
    unit: 'chance gives up to',
    numeric: true,
    cell: ({ psi, psiUpper99 }) => `${formatMeasure(psi)} (${formatMeasure(psiUpper99)})`,
    sortValue: ({ psi }) => psi,
  },
  { key: 'd', header: 'KS distance', numeric: true, cell: ({ d }) => formatMeasure(d), sortValue: ({ d }) => d },
  {
    key: 'p',
    header: 'p, corrected',
    numeric: true,
    wideOnly: true,
    cell: ({ adjustedPValue }) => formatPValue(adjustedPValue),
  },
  {
    key: 'wasserstein',
    header: 'Wasserstein',
    numeric: true,
    wideOnly: true,
    cell: ({ field, wasserstein }) => formatFieldValue(field, Number(wasserstein.toPrecision(3))),
  },
]
