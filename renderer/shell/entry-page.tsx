import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { OperatorError } from '../components/operator-error.tsx'
import { retryConnection } from '../engine-client.ts'
import type { ConnectionState } from '../engine-connection.ts'
import { shownReport } from '../error-report.ts'
import classes from './entry-page.module.css'
import { useSecondsUntil } from '../use-seconds-until.ts'

/** What stands there until the engine was reached for the first time, and why it was not yet. */
export function EntryPage({ connection }: { readonly connection: ConnectionState }) {
  switch (connection.kind) {
    case 'live':
    case 'connecting':
      return (
        <Frame title="Connecting" isQuiet>
          <p>{connection.kind === 'connecting' ? connection.note : 'Connected.'}</p>
        </Frame>
      )
    case 'lost':
      return (
        <Frame title="The engine does not answer">
          <p>{connection.why}</p>
          <Countdown atMs={connection.retryAtMs} />
          <Button onClick={retryConnection}>Try now</Button>
        </Frame>
      )
    case 'refused':
      return (
        <Frame title="This page needs the link with the token">
          <p>
            The engine is running, but it does not know this browser. When it starts, <code>switchyard serve</code>{' '}
            prints a link with a token in it. Open that link; it lets this browser in until the engine is started anew.
          </p>
          <p>If the link does not work, the engine has been restarted since: take the newest one.</p>
          <Button onClick={retryConnection}>Try again</Button>
        </Frame>
      )
    case 'failed':
      return (
        <Frame title="The engine could not start">
          <OperatorError error={shownReport(connection.error)} context="Nothing in the workspace was changed." />
          {window.switchyardHost !== undefined && (
            <div className={classes.buttons}>
              <Button variant="filled" onClick={() => window.switchyardHost?.restartEngine()}>
                Start the engine again
              </Button>
              <Button onClick={() => window.switchyardHost?.openWorkspace()}>Open another workspace…</Button>
            </div>
          )}
        </Frame>
      )
  }
}

interface FrameProps {
  readonly title: string
  /** Shown only when it lasts, so that a quick start does not flicker. */
  readonly isQuiet?: boolean
  readonly children: ReactNode
}

function Frame({ title, isQuiet = false, children }: FrameProps) {
  return (
    <main className={classes.entry} data-quiet={isQuiet || undefined}>
      <p className={classes.product}>Switchyard</p>
      <h1 className={classes.title}>{title}</h1>
      {children}
    </main>
  )
}

function Countdown({ atMs }: { readonly atMs: number }) {
  const seconds = useSecondsUntil(atMs)
  return <p className={classes.quiet}>{seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.'}</p>
}
