import { useOverview } from '../engine-queries.ts'
import { ContextBar } from './context-bar.tsx'
import classes from './header.module.css'
import { JobsTray } from './jobs-tray.tsx'
import { ThemeMenu } from './theme-menu.tsx'
import { TwsState } from './tws-state.tsx'

/** Where we are, what we look at, whether TWS is there, what runs. */
export function Header() {
  const overview = useOverview().data
  return (
    <header className={classes.header}>
      <div className={classes.product}>
        <svg viewBox="0 0 16 16" width="16" height="16" fill="none" strokeWidth="2" strokeLinecap="round" aria-hidden>
          <path d="M2 4h4c3 0 3 8 6 8h2" stroke="var(--sy-old)" />
          <path d="M2 12h4c3 0 3-8 6-8h2" stroke="var(--sy-new)" />
        </svg>
        Switchyard
      </div>
      {overview !== undefined && (
        <>
          <div className={classes.workspace} title={overview.workspace.folder}>
            <span className={classes.label}>Workspace</span>
            <b className={classes.name}>{overview.workspace.name}</b>
          </div>
          <ContextBar symbols={overview.symbols} />
          <div className={classes.right}>
            <TwsState connection={overview.connection} />
            <JobsTray />
            <ThemeMenu />
          </div>
        </>
      )}
    </header>
  )
}
