import { SegmentedControl } from '@mantine/core'

export type GridForm = 'grid' | 'table'

interface GridOrTableProps {
  readonly form: GridForm
  readonly onForm: (form: GridForm) => void
}

/** Whether sessions are shown as a grid or as a table. */
export function GridOrTable({ form, onForm }: GridOrTableProps) {
  return (
    <SegmentedControl
      aria-label="Sessions as"
      data={[
        { value: 'grid', label: 'Grid' },
        { value: 'table', label: 'Table' },
      ]}
      value={form}
      onChange={onForm}
    />
  )
}
