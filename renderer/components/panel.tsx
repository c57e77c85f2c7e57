import type { CSSProperties, ReactNode } from 'react'
import { useId } from 'react'
import classes from './panel.module.css'

interface PanelProps {
  readonly title: string
  /** Small text beside the title: a unit, a zone, a count. */
  readonly note?: ReactNode
  /** Controls at the right end of the title row. */
  readonly controls?: ReactNode
  readonly className?: string | undefined
  readonly children: ReactNode
}

/** One titled part of a page. Panels share edges: a {@link PanelGrid} draws the lines between them. */
export function Panel({ title, note, controls, className, children }: PanelProps) {
  const id = useId()
  return (
    <section className={`${classes.panel} ${className ?? ''}`} aria-labelledby={id}>
      <header className={classes.head}>
        <h2 className={classes.title} id={id}>
          {title}
        </h2>
        {note !== undefined && <span className={classes.note}>{note}</span>}
        {controls !== undefined && <div className={classes.controls}>{controls}</div>}
      </header>
      {children}
    </section>
  )
}

interface PanelGridProps {
  /** CSS track list. */
  readonly columns: string
  /** CSS track list for windows narrower than 1200 pixels, where it differs. */
  readonly narrow?: string
  readonly children: ReactNode
}

/** Lays panels out in columns with one-pixel lines between them. */
export function PanelGrid({ columns, narrow = columns, children }: PanelGridProps) {
  const style: CSSProperties & Record<`--${string}`, string> = { '--columns': columns, '--columns-narrow': narrow }
  return (
    <div className={classes.grid} style={style}>
      {children}
    </div>
  )
}
