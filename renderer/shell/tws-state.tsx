import { Button } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Connection } from '#shared/contract/connection.ts'
import { ConnectionControls } from '../components/connection-controls.tsx'
import { PanelPopover } from '../components/panel-popover.tsx'
import { StateMark } from '../components/state-mark.tsx'
import { useConnectionState } from '../engine-client.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../format/times.ts'
import { useSecondsUntil } from '../use-seconds-until.ts'
import { CONNECTION_WORDS } from '../wording/connection-words.ts'
import classes from './tws-state.module.css'

/** Whether TWS is there, on which port, what that means for work, and the way to connect or disconnect. */
export function TwsState({ connection }: { readonly connection: Connection }) {
  const isLive = useConnectionState().kind === 'live'
  const [isOpen, setOpen] = useState(false)
  const { kind, word } = CONNECTION_WORDS[connection.state]

  return (
    <PanelPopover
      width={360}
      position="bottom-end"
      isOpen={isOpen}
      onOpenChange={setOpen}
      renderTrigger={(props) => (
        <Button {...props} variant="subtle" color="gray" className={classes.button ?? ''}>
          {isLive ? (
            <StateMark kind={kind} word={`TWS ${word.toLowerCase()}`} />
          ) : (
            <StateMark kind="unsure" word="TWS unknown" />
          )}{' '}
          <span className={classes.port}>{connection.port}</span>
        </Button>
      )}
    >
      <div>
        <p className={classes.message}>{connection.message}</p>
        <p className={classes.consequence}>{connection.consequence}</p>
        {connection.retryAtMs !== undefined && <NextAttempt atMs={connection.retryAtMs} />}
      </div>
      <dl className={classes.facts}>
        <dt>Address</dt>
        <dd>
          {connection.host}:{connection.port}
        </dd>
        <dt>Client id</dt>
        <dd>{connection.clientId}</dd>
        {connection.accounts.length > 0 && (
          <>
            <dt>Accounts</dt>
            <dd>{connection.accounts.join(', ')}</dd>
          </>
        )}
        <dt>Since</dt>
        <dd>
          {formatLocalMoment(connection.sinceMs)} {LOCAL_ZONE}
        </dd>
      </dl>
      <ConnectionControls connection={connection} />
      <p className={classes.quiet}>
        <Link href="/connection" onClick={() => setOpen(false)}>
          Connection page
        </Link>
        : farms, limits, and everything TWS has said. Address and client id are set in switchyard.yaml.
      </p>
    </PanelPopover>
  )
}

function NextAttempt({ atMs }: { readonly atMs: number }) {
  const seconds = useSecondsUntil(atMs)
  return <p className={classes.consequence}>{seconds > 0 ? `Next attempt in ${seconds} s.` : 'Trying now.'}</p>
}
