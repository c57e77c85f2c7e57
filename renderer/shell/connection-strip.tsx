import { Button } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { retryConnection } from '../engine-client.ts'
import type { ConnectionState } from '../engine-connection.ts'
import classes from './connection-strip.module.css'
import { useSecondsUntil } from '../use-seconds-until.ts'

/** Says that the engine is away, what that means, and what is being done about it; nothing while it is there. */
export function ConnectionStrip({ connection }: { readonly connection: ConnectionState }) {
  if (connection.kind === 'live') return null
  return (
    <output className={classes.strip}>
      <IconPlugConnectedX size={16} aria-hidden />
      <p className={classes.words}>
        <Words connection={connection} />
      </p>
      {connection.kind === 'failed' && window.switchyardHost !== undefined && (
        <Button onClick={() => window.switchyardHost?.restartEngine()}>Restart the engine</Button>
      )}
      {connection.kind !== 'connecting' && <Button onClick={retryConnection}>Try now</Button>}
    </output>
  )
}

function Words({ connection }: { readonly connection: Exclude<ConnectionState, { kind: 'live' }> }) {
  switch (connection.kind) {
    case 'connecting':
      return <>Connection lost. {connection.note} What is shown is the last known state.</>
    case 'lost':
      return (
        <>
          Connection lost. {connection.why} <Retry atMs={connection.retryAtMs} /> What is shown is the last known state.
        </>
      )
    case 'refused':
      return (
        <>
          The engine was started anew with another token and does not let this page in. Open the link that{' '}
          <code>switchyard serve</code> printed; this page then goes on by itself.
        </>
      )
    case 'failed':
      return (
        <>
          The engine ended and stays down. {connection.error.message} {connection.error.hint}
        </>
      )
  }
}

/** When the next attempt is made. */
function Retry({ atMs }: { readonly atMs: number }) {
  const seconds = useSecondsUntil(atMs)
  return <>{seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.'}</>
}
