import type { ReactNode } from 'react'
import classes from './folded.module.css'

interface FoldedProps {
  readonly title: string
  /** Small text beside the title, read without unfolding. */
  readonly note?: string
  readonly children: ReactNode
}

/** Something that is looked at on demand. */
export function Folded({ title, note, children }: FoldedProps) {
  return (
    <details className={classes.folded}>
      <summary className={classes.summary}>
        {title}
        {note !== undefined && <span className={classes.note}>{note}</span>}
      </summary>
      <div className={classes.body}>{children}</div>
    </details>
  )
}
