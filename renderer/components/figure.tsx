import type { ReactNode } from 'react'
import classes from './figure.module.css'

interface FigureProps {
  readonly label: string
  readonly value: ReactNode
  readonly unit?: string
  readonly note?: ReactNode
  /** A small picture of the values before, beside the value. */
  readonly trend?: ReactNode
}

/** Figures side by side, each with label, value and unit. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className={classes.figures}>{children}</dl>
}

export function Figure({ label, value, unit, note, trend }: FigureProps) {
  return (
    <div className={classes.figure}>
      <dt className={classes.label}>{label}</dt>
      <dd className={classes.value}>
        {value}
        {unit !== undefined && <span className={classes.unit}> {unit}</span>}
        {trend !== undefined && <span className={classes.trend}>{trend}</span>}
      </dd>
      {note !== undefined && <dd className={classes.note}>{note}</dd>}
    </div>
  )
}
