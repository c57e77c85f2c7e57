import type { ReactNode } from 'react'
import { useLayoutEffect, useRef, useState } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { OperatorError } from '../components/operator-error.tsx'
import type { ShownError } from '../error-report.ts'
import { ChartActions } from './chart-actions.tsx'
import classes from './chart-frame.module.css'
import { chartPicture } from './chart-picture.ts'

/** Height of the line above a chart with its note and actions. */
export const CHART_HEAD_HEIGHT = 28
const TABLE_ROW_HEIGHT = 28

interface ChartFrameProps {
  /** What the chart shows, complete enough to stand above a picture that has left the console. */
  readonly title: string
  /** A line about the values, above the chart and in its picture. */
  readonly note?: string
  /** Name of exported files, without extension. */
  readonly fileName: string
  readonly height: number
  /** Said in place of a chart that would be empty; `text` is a full sentence. */
  readonly empty?: { readonly title: string; readonly text: string } | undefined
  /** True while the values of another choice are still shown: they are dimmed and are not exported under its name. */
  readonly isStale?: boolean
  /** The exact values as CSV. */
  readonly csv: () => string
  /** The same values in a table that scrolls from `maxHeight` on. */
  readonly renderTable: (maxHeight: number) => ReactNode
  /** Draws the chart. */
  readonly children: (width: number) => ReactNode
}

/** A chart with its actions: shows it, or its values as a table, and exports values and picture. */
export function ChartFrame(props: ChartFrameProps) {
  const { title, note = '', fileName, height, empty, isStale = false, csv, renderTable, children } = props
  const [frame, width] = useWidth()
  const chart = useRef<HTMLDivElement>(null)
  const [isTable, setTable] = useState(false)
  const [failure, setFailure] = useState<{ readonly of: string; readonly error: ShownError }>()

  const picture = async (): Promise<Blob> => {
    if (chart.current === null) throw new Error('The chart is not on the page.')
    return chartPicture(chart.current, { title, note })
  }
  return (
    <div ref={frame} className={classes.frame} data-stale={isStale || undefined}>
      <div className={classes.head} style={{ minHeight: CHART_HEAD_HEIGHT }}>
        <p className={classes.note}>{note}</p>
        <ChartActions
          title={title}
          fileName={fileName}
          isTable={isTable}
          onTable={setTable}
          csv={csv}
          picture={picture}
          onFailure={(error) => setFailure(error && { of: fileName, error })}
          blockedBy={isStale ? 'The values of this choice are being loaded.' : empty?.text}
        />
      </div>
      {/* A failure says nothing about the chart that is shown after it. */}
      {failure?.of === fileName && <OperatorError error={failure.error} context="The chart itself is not affected." />}
      {empty === undefined ? (
        <>
          {/* Drawn even while the table stands in for it, so that it can be exported. */}
          <div ref={chart} className={classes.chart} style={{ height }} hidden={isTable}>
            {width > 0 && children(width)}
          </div>
          {isTable && <div style={{ minHeight: height }}>{renderTable(wholeRows(height))}</div>}
        </>
      ) : (
        <EmptyState title={empty.title}>{empty.text}</EmptyState>
      )}
    </div>
  )
}

/** The largest height up to `height` at which a table, with a line above it, ends with a whole row. */
function wholeRows(height: number): number {
  return 1 + Math.floor((height - 1) / TABLE_ROW_HEIGHT) * TABLE_ROW_HEIGHT
}

/** Measures an element's width; 0 until it is known. */
function useWidth() {
  const measured = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = measured.current
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [measured, width] as const
}
