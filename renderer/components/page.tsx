import type { ReactNode } from 'react'
import classes from './page.module.css'

interface PageProps {
  readonly title: string
  /** The state in plain words, one sentence or two. */
  readonly sentence: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** Title, one line that says the state in words, actions at the right, then the page. */
export function Page({ title, sentence, actions, children }: PageProps) {
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div className={classes.words}>
          <h1 className={classes.title}>{title}</h1>
          <p className={classes.sentence}>{sentence}</p>
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}
