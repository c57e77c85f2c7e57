import type { ReactNode } from 'react'
import { Suspense } from 'react'
import { LoadingSpace } from '../components/loading-space.tsx'
import { useConnectionState } from '../engine-client.ts'
import { useOverview } from '../engine-queries.ts'
import { ConnectionStrip } from './connection-strip.tsx'
import { EntryPage } from './entry-page.tsx'
import { Header } from './header.tsx'
import { PageErrorBoundary } from './page-error-boundary.tsx'
import classes from './shell.module.css'
import { Sidebar } from './sidebar.tsx'

/**
 * The frame around every page. Until the engine was reached once there is only the entry page; from then on the view stays,
 * and a strip says when the engine is away.
 */
export function Shell({ children }: { readonly children: ReactNode }) {
  const connection = useConnectionState()
  if (!connection.wasLive) return <EntryPage connection={connection} />
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main" onClick={skipToMain}>
        Skip to the page
      </a>
      <Header />
      <ConnectionStrip connection={connection} />
      <Sidebar />
      <main className={classes.main} id="main" tabIndex={-1}>
        <PageErrorBoundary>
          <Suspense fallback={<LoadingSpace height="100%" />}>{children}</Suspense>
        </PageErrorBoundary>
      </main>
      <WindowTitle />
    </div>
  )
}

/** Moves the focus without touching the hash, which holds the page. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function WindowTitle() {
  const name = useOverview().data?.workspace.name
  return <title>{name === undefined ? 'Switchyard' : `${name} · Switchyard`}</title>
}
