import type { ReactNode } from 'react'
import { useLayoutEffect, useRef, useState } from 'react'
import classes from './chart-frame.module.css'

interface ChartFrameProps {
  readonly height: number
  readonly children: (width: number) => ReactNode
}

/** Room for a chart: measures its width and draws the chart only once it has one. */
export function ChartFrame({ height, children }: ChartFrameProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = frame.current
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={frame} className={classes.frame} style={{ height }}>
      {width > 0 && children(width)}
    </div>
  )
}
