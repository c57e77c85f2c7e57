import { Button } from '@mantine/core'
import type { RunCauses } from '#shared/contract/causes.ts'
import type { Column } from '../../components/data-table.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { formatCount, formatQuantity } from '../../format/numbers.ts'
import actions from '../../components/actions.module.css'
import classes from './cause-inspector.module.css'
import type { RowFilter } from './compare-address.ts'
import { EVERY_ROW } from './compare-address.ts'

interface OpenRow {
  readonly key: string
  readonly words: string
  readonly count: number
  readonly filter: RowFilter
}

interface OpenInspectorProps {
  readonly found: RunCauses
  readonly onRows: (filter: RowFilter) => void
}

/** What nothing explains, by class and field. */
export function OpenInspector({ found, onRows }: OpenInspectorProps) {
  const { open } = found.differences
  return (
    <Panel title="Not explained" className={classes.panel} controls={<StateMark kind="fail" word="Open" />}>
      <p className={classes.figures}>
        No cause explains <b>{formatQuantity(open, 'difference')}</b>. Independent noise, and what happened only a few
        times, has no cause that could be found: look at the rows.
      </p>
      <DataTable
        label="Open differences by kind"
        columns={COLUMNS}
        rows={openRows(found)}
        rowKey={({ key }) => key}
        onSelect={({ filter }) => onRows(filter)}
      />
      <ul className={actions.actions} aria-label="What can be done">
        <li className={actions.action}>
          <Button variant="filled" onClick={() => onRows({ ...EVERY_ROW, state: 'open' })}>
            Show open rows
          </Button>
          <span>Every minute with something unexplained, the largest first.</span>
        </li>
      </ul>
    </Panel>
  )
}

function openRows({ open }: RunCauses): readonly OpenRow[] {
  const filter: RowFilter = { ...EVERY_ROW, state: 'open' }
  const rows: readonly OpenRow[] = [
    ...Object.entries(open.fields).map(([field, count]) => ({
      key: field,
      words: `${field} different, or empty on one side`,
      count,
      filter: { ...filter, class: 'different' as const, field },
    })),
    { key: 'old', words: 'minutes only in old', count: open.oldOnly, filter: { ...filter, class: 'old_only' } },
    { key: 'new', words: 'minutes only in new', count: open.newOnly, filter: { ...filter, class: 'new_only' } },
    { key: 'doubled', words: 'old rows whose minute comes again', count: open.doubled, filter },
  ]
  return rows.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count)
}

const COLUMNS: readonly Column<OpenRow>[] = [
  { key: 'what', header: 'What', unit: 'choose one to see its rows', grow: true, cell: ({ words }) => words },
  { key: 'count', header: 'Open', numeric: true, cell: ({ count }) => formatCount(count) },
]
