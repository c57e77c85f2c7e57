import { useMemo } from 'react'
import type { DistributionTest } from '#shared/jobs/error-summary.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatFieldValue, formatQuantity, unitOfField } from '../../format/numbers.ts'
import { apartWords, formatMeasure, formatPValue, isApart } from './distribution-words.ts'

interface TestsPanelProps {
  readonly tests: readonly DistributionTest[]
  readonly field: string
}

/** Whether old and new values of a field are distributed alike, symbol by symbol. */
export function TestsPanel({ tests, field }: TestsPanelProps) {
  const rows = useMemo(() => tests.filter((test) => test.field === field), [tests, field])
  const columns = useMemo(() => columnsFor(field), [field])
  const apart = rows.filter(isApart).length
  return (
    <Panel
      title={`Are the values of ${field} distributed alike?`}
      note={
        rows.length === 0
          ? ''
          : apart === 0
            ? `yes, in ${formatQuantity(rows.length, 'symbol')}`
            : `not in ${formatCount(apart)} of ${formatQuantity(rows.length, 'symbol')}`
      }
    >
      <DataTable
        label={`Distribution tests of ${field}`}
        columns={columns}
        rows={rows}
        rowKey={({ symbol }) => symbol}
        maxHeight={337}
        empty="The run has kept no test of this field: it is from before, or a side has too few values."
      />
    </Panel>
  )
}

const columnsFor = (field: string): readonly Column<DistributionTest>[] => [
  { key: 'symbol', header: 'Symbol', cell: ({ symbol }) => <b>{symbol}</b>, sortValue: ({ symbol }) => symbol },
  {
    key: 'verdict',
    header: 'Verdict',
    cell: (test) => <StateMark kind={isApart(test) ? 'attention' : 'pass'} word={isApart(test) ? 'Apart' : 'Alike'} />,
    sortValue: (test) => (isApart(test) ? 0 : 1),
  },
  {
    key: 'words',
    header: 'What it says',
    grow: true,
    cell: (test) => <span title={apartWords(field, test)}>{apartWords(field, test)}</span>,
  },
  {
    key: 'd',
    header: 'KS distance',
    unit: '0 to 1',
    numeric: true,
    cell: ({ d }) => formatMeasure(d),
    sortValue: ({ d }) => d,
  },
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
    unit: unitOfField(field),
    numeric: true,
    cell: ({ wasserstein }) => formatFieldValue(field, Number(wasserstein.toPrecision(3))),
    sortValue: ({ wasserstein }) => wasserstein,
  },
  {
    key: 'psi',
    header: 'PSI',
    unit: 'chance gives up to',
    numeric: true,
    cell: ({ psi, psiUpper99 }) => `${formatMeasure(psi)}  (${formatMeasure(psiUpper99)})`,
    sortValue: ({ psi }) => psi,
  },
]
