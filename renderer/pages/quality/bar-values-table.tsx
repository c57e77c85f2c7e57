import type { BarValues } from '#shared/contract/quality.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { formatFieldValue } from '../../format/numbers.ts'
import classes from './bar-values-table.module.css'

/** One version of a bar, or one of its neighbours. */
export interface NamedBar {
  readonly name: string
  /** Null where there is none. */
  readonly bar: BarValues | null
  /** True for the one that the others are compared with. */
  readonly isMain?: boolean
}

interface BarValuesTableProps {
  readonly label: string
  readonly rows: readonly NamedBar[]
}

/** Bars under each other, value by value. */
export function BarValuesTable({ label, rows }: BarValuesTableProps) {
  return (
    <div className={classes.values}>
      <DataTable label={label} columns={COLUMNS} rows={rows} rowKey={({ name }) => name} />
    </div>
  )
}

const FIELDS = [
  ['open', 'Open'],
  ['high', 'High'],
  ['low', 'Low'],
  ['close', 'Close'],
  ['volume', 'Volume'],
  ['vwap', 'VWAP'],
  ['tradeCount', 'Trades'],
] as const

const COLUMNS: readonly Column<NamedBar>[] = [
  {
    key: 'name',
    header: '',
    cell: ({ name, isMain }) => (isMain === true ? <b>{name}</b> : name),
  },
  ...FIELDS.map(([field, header]): Column<NamedBar> => ({
    key: field,
    header,
    numeric: true,
    cell: ({ bar }) => formatFieldValue(field === 'tradeCount' ? 'volume' : field, bar?.[field] ?? null),
  })),
]
