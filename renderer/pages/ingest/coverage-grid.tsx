import { useComputedColorScheme } from '@mantine/core'
import type { KeyboardEvent, PointerEvent } from 'react'
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import type { Coverage } from '#shared/contract/ingest.ts'
import { formatCount } from '../../format/numbers.ts'
import { COVERAGE_WORDS } from '../../wording/fetch-words.ts'
import type { CellRange, CellRef } from './coverage-cells.ts'
import { boxOf, cellAt, isOneCell } from './coverage-cells.ts'
import { gridSize, indexAt, LABEL_WIDTH, RULER_HEIGHT, scrolledTo } from './coverage-geometry.ts'
import classes from './coverage-grid.module.css'
import { drawCoverage } from './draw-coverage.ts'
import { coloursAt } from './draw-coverage-cell.ts'

interface CoverageGridProps {
  readonly coverage: Coverage
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined) => void
  /** Height in pixels from which on it scrolls. */
  readonly maxHeight: number
}

interface Position {
  readonly row: number
  readonly column: number
}

/** Rows that Page Up and Page Down move by. */
const PAGE = 10

/**
 * Symbols by sessions, one small cell each, drawn on a canvas as large as what is in view. Pointing reads a cell, a click or the arrow
 * keys select one, dragging or Shift selects a range, Escape selects nothing.
 */
export function CoverageGrid({ coverage, selection, onSelect, maxHeight }: CoverageGridProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const drag = useRef<CellRef | undefined>(undefined)
  const [hover, setHover] = useState<Position>()
  const readingId = useId()
  const scheme = useComputedColorScheme()
  const size = gridSize(coverage.rows.length, coverage.sessions.length)
  const box = selection === undefined ? undefined : boxOf(coverage, selection)

  const draw = useCallback(() => {
    const view = scroller.current
    const context = canvas.current?.getContext('2d')
    if (view === null || canvas.current === null || context === null || context === undefined) return
    const { clientWidth: width, clientHeight: height, scrollLeft, scrollTop } = view
    const ratio = window.devicePixelRatio
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.current.width !== pixelWidth || canvas.current.height !== pixelHeight) {
      canvas.current.width = pixelWidth
      canvas.current.height = pixelHeight
      canvas.current.style.width = `${width}px`
      canvas.current.style.height = `${height}px`
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const marks = { selection: box, hover }
    drawCoverage(context, coverage, { width, height, scrollLeft, scrollTop }, marks, coloursAt(view))
    // The scheme is no part of what is drawn, but decides its colours.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [coverage, box, hover, scheme])

  const frame = useRef(0)
  const drawSoon = useCallback(() => {
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(draw)
  }, [draw])

  useLayoutEffect(draw, [draw])
  useEffect(() => {
    if (scroller.current === null) return undefined
    const observer = new ResizeObserver(drawSoon)
    observer.observe(scroller.current)
    void document.fonts.ready.then(drawSoon)
    return () => {
      observer.disconnect()
      cancelAnimationFrame(frame.current)
    }
  }, [drawSoon])

  const refAt = ({ row, column }: Position): CellRef => ({
    symbol: coverage.rows[row].symbol,
    sessionDate: coverage.sessions[column],
  })

  /** The cell under the pointer; the nearest one while a range is dragged. */
  const positionOf = (event: PointerEvent<HTMLDivElement>, isNearest: boolean): Position | undefined => {
    const view = event.currentTarget
    const bounds = view.getBoundingClientRect()
    const x = event.clientX - bounds.left
    const y = event.clientY - bounds.top
    if (!isNearest && (x < LABEL_WIDTH || y < RULER_HEIGHT || x >= view.clientWidth || y >= view.clientHeight)) {
      return undefined
    }
    const row = indexAt(y - RULER_HEIGHT + view.scrollTop)
    const column = indexAt(x - LABEL_WIDTH + view.scrollLeft)
    if (isNearest) {
      return {
        row: Math.min(coverage.rows.length - 1, Math.max(0, row)),
        column: Math.min(coverage.sessions.length - 1, Math.max(0, column)),
      }
    }
    return row < coverage.rows.length && column < coverage.sessions.length ? { row, column } : undefined
  }

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    const at = positionOf(event, false)
    if (at === undefined || event.button !== 0) return
    const focus = refAt(at)
    const anchor = event.shiftKey ? (selection?.anchor ?? focus) : focus
    drag.current = anchor
    event.currentTarget.setPointerCapture(event.pointerId)
    onSelect({ anchor, focus })
  }

  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const at = positionOf(event, drag.current !== undefined)
    setHover((before) => (before?.row === at?.row && before?.column === at?.column ? before : at))
    if (drag.current === undefined || at === undefined) return
    const focus = refAt(at)
    if (selection?.focus.symbol !== focus.symbol || selection.focus.sessionDate !== focus.sessionDate) {
      onSelect({ anchor: drag.current, focus })
    }
  }

  const onPointerEnd = (): void => {
    drag.current = undefined
  }

  const moveTo = ({ row, column }: Position, extend: boolean): void => {
    const view = scroller.current
    if (view === null) return
    const focus = refAt({ row, column })
    onSelect({ anchor: extend ? (selection?.anchor ?? focus) : focus, focus })
    view.scrollTop = scrolledTo(row, view.scrollTop, view.clientHeight - RULER_HEIGHT)
    view.scrollLeft = scrolledTo(column, view.scrollLeft, view.clientWidth - LABEL_WIDTH)
  }

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape' && selection !== undefined) {
      onSelect(undefined)
      event.preventDefault()
      return
    }
    const lastRow = coverage.rows.length - 1
    const lastColumn = coverage.sessions.length - 1
    const at =
      selection === undefined || box === undefined
        ? undefined
        : {
            row: coverage.rows.findIndex(({ symbol }) => symbol === selection.focus.symbol),
            column: coverage.sessions.indexOf(selection.focus.sessionDate),
          }
    const next = moved(event.key, at ?? { row: 0, column: 0 }, lastRow, lastColumn)
    if (next === undefined) return
    event.preventDefault()
    // The first key only says where one is.
    moveTo(at === undefined ? { row: 0, column: lastColumn } : next, event.shiftKey)
  }

  return (
    <div className={classes.grid}>
      {/* The whole grid is one control; what it reads out stands beneath it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ maxHeight }}
        role="application"
        aria-label="Coverage grid: symbols by sessions. Arrow keys select, with Shift a range."
        aria-describedby={readingId}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={drawSoon}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerEnd}
        onPointerCancel={onPointerEnd}
        onPointerLeave={() => setHover(undefined)}
        onKeyDown={onKeyDown}
      >
        <div style={size}>
          <canvas ref={canvas} className={classes.canvas} aria-hidden />
        </div>
      </div>
      <output id={readingId} className={classes.reading}>
        {readingOf(coverage, selection, hover)}
      </output>
    </div>
  )
}

function moved(key: string, { row, column }: Position, lastRow: number, lastColumn: number): Position | undefined {
  switch (key) {
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column }
    case 'ArrowDown':
      return { row: Math.min(lastRow, row + 1), column }
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) }
    case 'ArrowRight':
      return { row, column: Math.min(lastColumn, column + 1) }
    case 'PageUp':
      return { row: Math.max(0, row - PAGE), column }
    case 'PageDown':
      return { row: Math.min(lastRow, row + PAGE), column }
    case 'Home':
      return { row, column: 0 }
    case 'End':
      return { row, column: lastColumn }
    default:
      return undefined
  }
}

/** The cell under the pointer in words, else the selected one. */
function readingOf(coverage: Coverage, selection: CellRange | undefined, hover: Position | undefined): string {
  const at =
    hover ??
    (selection === undefined
      ? undefined
      : {
          row: coverage.rows.findIndex(({ symbol }) => symbol === selection.focus.symbol),
          column: coverage.sessions.indexOf(selection.focus.sessionDate),
        })
  if (at === undefined || at.row < 0 || at.column < 0) return 'Point at a cell to read it; click or drag to select.'
  const row = coverage.rows.at(at.row)
  const date = coverage.sessions.at(at.column)
  if (row === undefined || date === undefined) return ''
  const cell = cellAt(coverage, at.row, at.column)
  if (cell === undefined) return `${row.symbol} ${date}: no session in its calendar`
  const range = hover === undefined && selection !== undefined && !isOneCell(selection) ? 'range ends at ' : ''
  return `${range}${cell.symbol} ${cell.sessionDate}: ${COVERAGE_WORDS[cell.state].word.toLowerCase()}, ${formatCount(cell.bars)} of ${formatCount(cell.expected)} bars`
}
