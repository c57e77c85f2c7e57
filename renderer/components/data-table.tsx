import { useVirtualizer } from '@tanstack/react-virtual'
import type { KeyboardEvent, ReactNode } from 'react'
import { Fragment, useEffect, useMemo, useRef, useState } from 'react'
import classes from './data-table.module.css'

export interface Column<Row> {
  readonly key: string
  readonly header: string
  /** Unit or zone of the column's values, shown once beside the header. */
  readonly unit?: string
  readonly numeric?: boolean
  /** Takes the width that is left and shortens what does not fit. */
  readonly grow?: boolean
  /** Left out where the window is narrower than 1200 pixels. */
  readonly wideOnly?: boolean
  readonly cell: (row: Row) => ReactNode
  /** Makes the column sortable. Undefined values stand last. */
  readonly sortValue?: (row: Row) => number | string | undefined
}

interface Order {
  readonly key: string
  readonly descending: boolean
}

interface DataTableProps<Row> {
  /** What the table holds, for those who do not see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string
  readonly selectedKey?: string | undefined
  /** Makes rows selectable by click, Enter and the arrow keys. */
  readonly onSelect?: (row: Row) => void
  /** Shown beneath the selected row. Not together with more than {@link VIRTUAL_FROM} rows. */
  readonly renderDetail?: (row: Row) => ReactNode
  /** Height in pixels from which on the table scrolls. */
  readonly maxHeight?: number
  readonly initialOrder?: Order
  /** Stands in place of rows when there are none. */
  readonly empty?: ReactNode
  /** Rows of two lines, the second beneath the first in the cell. */
  readonly lines?: 1 | 2
}

/** Height of a row by its number of lines. */
const ROW_HEIGHTS = { 1: 28, 2: 44 } as const
/** From this many rows on only those in view are in the document. */
const VIRTUAL_FROM = 200

/** A dense table: rows of 28 px, numbers at the right with units in the header, sortable, selectable, virtual when long. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, selectedKey, onSelect, renderDetail, maxHeight, initialOrder, empty } = props
  const rowHeight = ROW_HEIGHTS[props.lines ?? 1]
  const [order, setOrder] = useState<Order | undefined>(initialOrder)
  const sorted = useMemo(() => inOrder(rows, columns, order), [rows, columns, order])
  const scroller = useRef<HTMLDivElement>(null)
  const isVirtual = rows.length > VIRTUAL_FROM
  // The rule is about the React compiler, which is not in use here.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: isVirtual,
    useFlushSync: false,
  })
  const window = isVirtual ? virtualizer.getVirtualItems() : undefined
  const first = window?.[0]?.index ?? 0
  const last = window === undefined ? sorted.length - 1 : (window.at(-1)?.index ?? -1)

  const selectedIndex = sorted.findIndex((row) => rowKey(row) === selectedKey)

  // What is selected elsewhere (a link, another table) comes into view; what is in view stays where it is.
  useEffect(() => {
    const element = scroller.current
    if (element === null || selectedIndex < 0) return
    const top = selectedIndex * rowHeight
    const room = element.clientHeight - ROW_HEIGHTS[1]
    if (top < element.scrollTop || top + rowHeight > element.scrollTop + room) {
      element.scrollTop = Math.max(0, Math.round((top - room / 2) / rowHeight) * rowHeight)
    }
  }, [selectedIndex, rowHeight])

  const moveTo = (index: number): void => {
    if (onSelect === undefined || index < 0 || index >= sorted.length) return
    onSelect(sorted[index])
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus())
  }

  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, index: number): void => {
    if (event.target !== event.currentTarget) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) moveTo(index + step)
    else if (event.key === 'Enter' || event.key === ' ') onSelect?.(sorted[index])
    else return
    event.preventDefault()
  }

  return (
    <div className={classes.scroller} ref={scroller} style={{ maxHeight }}>
      <table className={classes.table} aria-label={label} aria-rowcount={sorted.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody data-lines={props.lines}>
          {sorted.length === 0 && empty !== undefined && (
            <tr className={classes.empty}>
              <td colSpan={columns.length}>{empty}</td>
            </tr>
          )}
          <Gap height={first * rowHeight} />
          {sorted.slice(first, last + 1).map((row, offset) => {
            const index = first + offset
            const isSelected = index === selectedIndex
            return (
              <Fragment key={rowKey(row)}>
                <tr
                  data-index={index}
                  aria-rowindex={index + 2}
                  aria-current={isSelected ? 'true' : undefined}
                  className={classes.row}
                  data-selectable={onSelect !== undefined || undefined}
                  {...(onSelect === undefined
                    ? {}
                    : {
                        tabIndex: index === Math.max(selectedIndex, 0) ? 0 : -1,
                        onClick: () => onSelect(row),
                        onKeyDown: (event) => onKeyDown(event, index),
                      })}
                >
                  {columns.map((column) => (
                    <td
                      key={column.key}
                      data-numeric={column.numeric}
                      data-grow={column.grow}
                      data-wide-only={column.wideOnly === true || undefined}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
                {isSelected && renderDetail !== undefined && (
                  <tr className={classes.detail}>
                    <td colSpan={columns.length}>{renderDetail(row)}</td>
                  </tr>
                )}
              </Fragment>
            )
          })}
          <Gap height={(sorted.length - 1 - last) * rowHeight} />
        </tbody>
      </table>
    </div>
  )
}

/** Room for rows that are out of view. */
function Gap({ height }: { readonly height: number }) {
  return height > 0 && <tr aria-hidden style={{ height }} />
}

interface HeaderCellProps<Row> {
  readonly column: Column<Row>
  readonly order: Order | undefined
  readonly onOrder: (order: Order) => void
}

function HeaderCell<Row>({ column, order, onOrder }: HeaderCellProps<Row>) {
  const { key, header, unit, numeric, grow, wideOnly, sortValue } = column
  const active = order?.key === key ? order : undefined
  const arrow = active !== undefined && <span aria-hidden>{active.descending ? ' ↓ ' : ' ↑ '}</span>
  const direction = active === undefined ? 'none' : active.descending ? 'descending' : 'ascending'
  return (
    <th
      scope="col"
      data-numeric={numeric}
      data-grow={grow}
      data-wide-only={wideOnly === true || undefined}
      {...(sortValue === undefined ? {} : { 'aria-sort': direction })}
    >
      {sortValue === undefined ? (
        <HeaderWords header={header} unit={unit} />
      ) : (
        <button
          type="button"
          className={classes.sort}
          aria-label={`Sort by ${header} ${unit ?? ''}`.trim()}
          // A column of numbers is asked for its largest first, one of words from A.
          onClick={() => onOrder({ key, descending: active === undefined ? numeric === true : !active.descending })}
        >
          {/* On the side where it does not push the header off the edge that its values are aligned to. */}
          {numeric === true && arrow}
          <HeaderWords header={header} unit={unit} />
          {numeric !== true && arrow}
        </button>
      )}
    </th>
  )
}

/** A header with its unit. */
export function HeaderWords({ header, unit }: { readonly header: string; readonly unit: string | undefined }) {
  return (
    <>
      {header}
      {unit !== undefined && <span className={classes.unit}> {unit}</span>}
    </>
  )
}

function inOrder<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order | undefined): readonly Row[] {
  const sortValue = columns.find((column) => column.key === order?.key)?.sortValue
  if (order === undefined || sortValue === undefined) return rows
  const sign = order.descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const x = sortValue(a)
    const y = sortValue(b)
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y)
    return sign * String(x).localeCompare(String(y))
  })
}
