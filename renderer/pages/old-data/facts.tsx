import type { ReactNode } from 'react'
import classes from './facts.module.css'

/** Facts, a line each: the term, and what is known of it. */
export function Facts({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <dl className={classes.facts} aria-label={label}>
      {children}
    </dl>
  )
}

export function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
