import { useComputedColorScheme } from '@mantine/core'
import type { KeyboardEvent, PointerEvent } from 'react'
import { useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import type { GridPicture } from './draw-grid.ts'
import { drawGrid } from './draw-grid.ts'
import type { CellRange, CellRef, GridPosition } from './grid-cells.ts'
import { boxOf, isOneCell, isSameCell, positionOf } from './grid-cells.ts'
import { coloursAt } from './grid-colours.ts'
import { gridSize, LABEL_WIDTH, RULER_HEIGHT, scrolledTo } from './grid-geometry.ts'
import { movedBy } from './grid-keys.ts'
import { positionUnder } from './grid-pointer.ts'
import classes from './session-grid.module.css'

/** Whether a selection is a new one, or the one before it moved on: by dragging or with the keys. */
export type SelectionStep = 'new' | 'moved'

interface SessionGridProps {
  /** What the grid shows, for those who do not see it. */
  readonly label: string
  readonly picture: GridPicture
  readonly selection: CellRange | undefined
  readonly onSelect: (selection: CellRange | undefined, step: SelectionStep) => void
  /** Height in pixels from which on it scrolls. */
  readonly maxHeight: number
  /** What is known of a cell, in words. */
  readonly readingOf: (position: GridPosition) => string
  /** Which end of the sessions is in view at first. */
  readonly shownFirst?: 'oldest' | 'newest'
}

/**
 * Symbols by sessions, one small cell each, drawn on a canvas as large as what is in view. Pointing reads a cell, a click or the arrow
 * keys select one, dragging or Shift selects a range, Escape selects nothing.
 */
export function SessionGrid(props: SessionGridProps) {
  const { label, picture, selection, onSelect, maxHeight, readingOf, shownFirst = 'oldest' } = props
  const { axes } = picture
  const scroller = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const drag = useRef<CellRef | undefined>(undefined)
  const [hover, setHover] = useState<GridPosition>()
  const readingId = useId()
  const scheme = useComputedColorScheme()
  const size = gridSize(axes.symbols.length, axes.sessions.length)
  const box = selection === undefined ? undefined : boxOf(axes, selection)
  const { top, bottom, left, right } = box ?? {}

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
    const selected =
      top === undefined || bottom === undefined || left === undefined || right === undefined
        ? undefined
        : { top, bottom, left, right }
    const marks = { selection: selected, hover }
    drawGrid(context, picture, { width, height, scrollLeft, scrollTop }, marks, coloursAt(view))
    // The scheme is no part of what is drawn, but decides its colours.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [picture, top, bottom, left, right, hover, scheme])

  const frame = useRef(0)
  const drawSoon = useCallback(() => {
    cancelAnimationFrame(frame.current)
    frame.current = requestAnimationFrame(draw)
  }, [draw])

  const newest = useRef(shownFirst === 'newest')
  useLayoutEffect(() => {
    // Once, when it is laid out.
    if (newest.current && scroller.current !== null) scroller.current.scrollLeft = scroller.current.scrollWidth
    newest.current = false
  }, [])

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

  // What is selected with the keys, by a link or in a table comes into view; what the pointer is on stays where it is.
  const focus = selection === undefined ? undefined : positionOf(axes, selection.focus)
  const [focusRow, focusColumn] = [focus?.row, focus?.column]
  useLayoutEffect(() => {
    const view = scroller.current
    if (view === null || drag.current !== undefined || focusRow === undefined || focusColumn === undefined) return
    view.scrollTop = scrolledTo(focusRow, view.scrollTop, view.clientHeight - RULER_HEIGHT)
    view.scrollLeft = scrolledTo(focusColumn, view.scrollLeft, view.clientWidth - LABEL_WIDTH)
  }, [focusRow, focusColumn])

  const refAt = ({ row, column }: GridPosition): CellRef => ({
    symbol: axes.symbols[row],
    sessionDate: axes.sessions[column],
  })

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    const at = positionUnder(event, axes, 'exact')
    if (at === undefined || event.button !== 0) return
    const to = refAt(at)
    const anchor = event.shiftKey ? (selection?.anchor ?? to) : to
    drag.current = anchor
    event.currentTarget.setPointerCapture(event.pointerId)
    onSelect({ anchor, focus: to }, 'new')
  }

  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const at = positionUnder(event, axes, drag.current === undefined ? 'exact' : 'nearest')
    setHover((before) => (before?.row === at?.row && before?.column === at?.column ? before : at))
    if (drag.current === undefined || at === undefined) return
    const to = refAt(at)
    if (!isSameCell(selection?.focus, to)) onSelect({ anchor: drag.current, focus: to }, 'moved')
  }

  const onPointerEnd = (): void => {
    drag.current = undefined
  }

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape' && selection !== undefined) {
      onSelect(undefined, 'new')
      event.preventDefault()
      return
    }
    const next = movedBy(event.key, focus ?? { row: 0, column: 0 }, axes)
    if (next === undefined || axes.symbols.length === 0 || axes.sessions.length === 0) return
    event.preventDefault()
    // The first key only says where one is.
    const to = refAt(focus === undefined ? { row: 0, column: axes.sessions.length - 1 } : next)
    const anchor = event.shiftKey ? (selection?.anchor ?? to) : to
    onSelect({ anchor, focus: to }, selection === undefined ? 'new' : 'moved')
  }

  /** The cell under the pointer in words, else the selected one. */
  const reading = (): string => {
    const at = hover ?? focus
    if (at === undefined || at.row >= axes.symbols.length || at.column >= axes.sessions.length) {
      return 'Point at a cell to read it; click or drag to select.'
    }
    const { symbol, sessionDate } = refAt(at)
    const isEndOfRange = hover === undefined && selection !== undefined && !isOneCell(selection)
    return `${isEndOfRange ? 'range ends at ' : ''}${symbol} ${sessionDate}: ${readingOf(at)}`
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
        aria-label={`${label}: symbols by sessions. Arrow keys select, with Shift a range.`}
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
        {reading()}
      </output>
    </div>
  )
}
