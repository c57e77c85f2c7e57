import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { useRef, useState } from 'react'
import type { Span } from './overlay-zoom.ts'
import { moved, spanBetween, zoomed } from './overlay-zoom.ts'
import classes from './zoom-area.module.css'

interface ZoomAreaProps {
  /** Room at the left and the right of what is drawn, in pixels. */
  readonly left: number
  readonly right: number
  readonly span: Span
  readonly whole: Span
  /** The chosen minute, which keeps its place. */
  readonly atTs: number | undefined
  readonly onZoom: (span: Span | undefined) => void
  /** A time was clicked, epoch seconds. */
  readonly onMinute: (ts: number) => void
  /** Whether there are more minutes than pixels. */
  readonly isSampled: boolean
  readonly children: ReactNode
}

/** A drag shorter than this is a click. */
const LEAST_DRAG = 5

/** Charts over time that a drag zooms into. `+` and `−` zoom, Page Up and Page Down move, 0 and Escape show the whole session. */
export function ZoomArea(props: ZoomAreaProps) {
  const { left, right, span, whole, atTs, onZoom, onMinute, isSampled, children } = props
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>()
  const area = useRef<HTMLDivElement>(null)

  /** Pixels from the area's left edge, kept inside of what is drawn. */
  const xOf = (event: PointerEvent<HTMLDivElement>): number => {
    const bounds = event.currentTarget.getBoundingClientRect()
    return Math.min(bounds.width - right, Math.max(left, event.clientX - bounds.left))
  }
  const timeAt = (x: number): number => {
    const width = (area.current?.clientWidth ?? 0) - left - right
    return span[0] + ((x - left) / Math.max(1, width)) * (span[1] - span[0])
  }

  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return
    const x = xOf(event)
    setDrag({ from: x, to: x })
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (drag !== undefined) setDrag({ ...drag, to: xOf(event) })
  }
  const onPointerUp = (): void => {
    if (drag === undefined) return
    setDrag(undefined)
    if (Math.abs(drag.to - drag.from) < LEAST_DRAG) onMinute(timeAt(drag.to))
    else onZoom(spanBetween(timeAt(drag.from), timeAt(drag.to), whole))
  }

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const next = spanBy(event.key, span, whole, atTs)
    if (next === undefined) return
    event.preventDefault()
    onZoom(next === 'whole' ? undefined : next)
  }

  return (
    // What is focused is the chart in it; its own keys choose minutes.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={area}
      className={classes.area}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(undefined)}
      onKeyDown={onKeyDown}
    >
      {children}
      {isSampled && (
        <p className={classes.sampled}>
          More minutes than pixels: of every few, the smallest, the largest and any gap are drawn.
        </p>
      )}
      {drag !== undefined && Math.abs(drag.to - drag.from) >= LEAST_DRAG && (
        <div
          className={classes.brush}
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
    </div>
  )
}

function spanBy(key: string, span: Span, whole: Span, atTs: number | undefined): Span | 'whole' | undefined {
  const around = atTs !== undefined && atTs >= span[0] && atTs < span[1] ? atTs : (span[0] + span[1]) / 2
  switch (key) {
    case '+':
    case '=':
      return zoomed(span, 'in', around, whole)
    case '-':
      return zoomed(span, 'out', around, whole)
    case 'PageUp':
      return moved(span, 'earlier', whole)
    case 'PageDown':
      return moved(span, 'later', whole)
    case '0':
    case 'Escape':
      return 'whole'
    default:
      return undefined
  }
}
