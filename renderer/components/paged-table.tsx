import { useVirtualizer } from '@tanstack/react-virtual'
import type { KeyboardEvent } from 'react'
import { useEffect, useRef } from 'react'
import type { Column } from './data-table.tsx'
import { HeaderWords } from './data-table.tsx'
import classes from './data-table.module.css'

interface PagedTableProps<Row> {
  /** What the table holds, for those who do not see it. */
  readonly label: string
  /** Their order cannot be changed here; `sortValue` is not used. */
  readonly columns: readonly Column<Row>[]
  /** How many rows there are in all. */
  readonly total: number
  /** A row by its place from 0; undefined while it has not arrived. */
  readonly rowAt: (index: number) => Row | undefined
  /** Says which rows are in view, the end excluded, so that they can be fetched. */
  readonly onView: (from: number, to: number) => void
  readonly rowKey: (row: Row) => string
  readonly selectedKey: string | undefined
  readonly onSelect: (row: Row) => void
  /** Height in pixels from which on the table scrolls. */
  readonly maxHeight: number
  /** Stands in place of rows when there are none. */
  readonly empty: string
}

const ROW_HEIGHT = 28

/** A table of any number of rows, of which only those in view are in the document and need to be there at all. */
export function PagedTable<Row>(props: PagedTableProps<Row>) {
  const { label, columns, total, rowAt, onView, rowKey, selectedKey, onSelect, maxHeight, empty } = props
  const scroller = useRef<HTMLDivElement>(null)
  // The rule is about the React compiler, which is not in use here.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    useFlushSync: false,
  })
  const items = virtualizer.getVirtualItems()
  const [from, to] = [items[0]?.index ?? 0, (items.at(-1)?.index ?? -1) + 1]
  useEffect(() => onView(from, to), [onView, from, to])

  const moveTo = (index: number): void => {
    const row = rowAt(index)
    if (row === undefined) return
    virtualizer.scrollToIndex(index)
    onSelect(row)
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, index: number): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) moveTo(index + step)
    else if (event.key === 'Enter' || event.key === ' ') moveTo(index)
    else return
    event.preventDefault()
  }
  const isSelected = (row: Row | undefined): boolean => row !== undefined && rowKey(row) === selectedKey
  const selectedIndex = items.find(({ index }) => isSelected(rowAt(index)))?.index

  return (
    <div className={classes.scroller} ref={scroller} style={{ maxHeight, minHeight: Math.min(maxHeight, 240) }}>
      <table className={classes.table} aria-label={label} aria-rowcount={total + 1}>
        <thead>
          <tr>
            {columns.map(({ key, header, unit, numeric, grow, wideOnly }) => (
              <th
                key={key}
                scope="col"
                data-numeric={numeric}
                data-grow={grow}
                data-wide-only={wideOnly === true || undefined}
              >
                <HeaderWords header={header} unit={unit} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {total === 0 && (
            <tr className={classes.empty}>
              <td colSpan={columns.length}>{empty}</td>
            </tr>
          )}
          {from > 0 && <tr aria-hidden style={{ height: from * ROW_HEIGHT }} />}
          {items.map(({ index }) => {
            const row = rowAt(index)
            return (
              <tr
                key={index}
                data-index={index}
                aria-rowindex={index + 2}
                aria-busy={row === undefined || undefined}
                aria-current={isSelected(row) ? 'true' : undefined}
                className={classes.row}
                data-selectable={row !== undefined || undefined}
                tabIndex={index === (selectedIndex ?? from) ? 0 : -1}
                onClick={() => row !== undefined && onSelect(row)}
                onKeyDown={(event) => onKeyDown(event, index)}
              >
                {columns.map(({ key, numeric, grow, wideOnly, cell }) => (
                  <td key={key} data-numeric={numeric} data-grow={grow} data-wide-only={wideOnly === true || undefined}>
                    {row === undefined ? '' : cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
          {to < total && <tr aria-hidden style={{ height: (total - to) * ROW_HEIGHT }} />}
        </tbody>
      </table>
    </div>
  )
}
