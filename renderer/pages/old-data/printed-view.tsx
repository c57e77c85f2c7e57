import { useId, useLayoutEffect, useRef } from 'react'
import type { PrintedText } from '#shared/contract/old-runs.ts'
import { formatBytes } from '../../format/numbers.ts'
import classes from './printed-view.module.css'

interface PrintedViewProps {
  readonly title: string
  /** Null when there is no file of it. */
  readonly printed: PrintedText | null
  /** Whether more may come. */
  readonly isActive: boolean
}

/** What a run printed on one stream, its end in view: that is where it says why it failed. */
export function PrintedView({ title, printed, isActive }: PrintedViewProps) {
  const id = useId()
  const text = useRef<HTMLPreElement>(null)
  /** Whoever has scrolled up reads there, and is left there. */
  const isAtEnd = useRef(true)
  useLayoutEffect(() => {
    if (text.current !== null && isAtEnd.current) text.current.scrollTop = text.current.scrollHeight
  })
  return (
    <section className={classes.printed} aria-labelledby={id}>
      <h3 id={id} className={classes.title}>
        {title} {printed !== null && <span className={classes.note}>{noteOf(printed, isActive)}</span>}
      </h3>
      {printed === null || printed.bytes === 0 ? (
        <p className={classes.none}>
          {printed === null ? absenceWords(isActive) : isActive ? 'Nothing was printed yet.' : 'Nothing was printed.'}
        </p>
      ) : (
        <pre
          ref={text}
          className={classes.text}
          // It scrolls, and is reached by the keyboard for that.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          aria-labelledby={id}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
            isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 4
          }}
        >
          {printed.head}
          {printed.cutBytes > 0 && (
            <>
              <span className={classes.cut}>{formatBytes(printed.cutBytes)} in between are not shown</span>
              {printed.tail}
            </>
          )}
        </pre>
      )}
    </section>
  )
}

function noteOf({ bytes, cutBytes, file }: PrintedText, isActive: boolean): string {
  const cut = cutBytes > 0 ? ', beginning and end are shown' : ''
  return `${formatBytes(bytes)}${isActive ? ' so far' : ''}${cut}; ${file}`
}

function absenceWords(isActive: boolean): string {
  return isActive
    ? 'Nothing was printed yet.'
    : 'There is no file of it: the command was not begun, or its folder was taken away.'
}
