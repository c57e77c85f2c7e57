import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Connection } from '#shared/contract/connection.ts'
import { ActionButton } from '../components/action-button.tsx'
import { OperatorError } from '../components/operator-error.tsx'
import { PanelPopover } from '../components/panel-popover.tsx'
import { orpc, useConnectionState } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import { formatLocalMoment, LOCAL_ZONE } from '../format/times.ts'
import classes from './tws-state.module.css'

const WORDS: Readonly<Record<Connection['state'], string>> = {
  ready: 'TWS ready',
  degraded: 'TWS degraded',
  connecting: 'TWS connecting',
  handshaking: 'TWS connecting',
  reconnecting: 'TWS reconnecting',
  disconnected: 'TWS not connected',
  stopped: 'TWS stopped',
}

/** Whether TWS is there, on which port, and the way to connect or disconnect. */
export function TwsState({ connection }: { readonly connection: Connection }) {
  const isLive = useConnectionState().kind === 'live'
  const connecting = useMutation(orpc.connection.connect.mutationOptions())
  const disconnecting = useMutation(orpc.connection.disconnect.mutationOptions())
  const error = connecting.error ?? disconnecting.error
  const [isOpen, setOpen] = useState(false)

  return (
    <PanelPopover
      width={340}
      position="bottom-end"
      isOpen={isOpen}
      onOpenChange={setOpen}
      renderTrigger={(props) => (
        <Button {...props} variant="subtle" color="gray" className={classes.button ?? ''}>
          <span className={classes.dot} data-state={isLive ? connection.state : 'unknown'} aria-hidden />
          {isLive ? WORDS[connection.state] : 'TWS unknown'} <span className={classes.port}>{connection.port}</span>
        </Button>
      )}
    >
      {error === null && <p>{connection.message}</p>}
      <dl className={classes.facts}>
        <dt>Address</dt>
        <dd>
          {connection.host}:{connection.port}
        </dd>
        <dt>Client id</dt>
        <dd>{connection.clientId}</dd>
        {connection.serverVersion !== undefined && (
          <>
            <dt>Server version</dt>
            <dd>{connection.serverVersion}</dd>
          </>
        )}
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
      {error !== null && <OperatorError error={shownError(error)} />}
      <div className={classes.buttons}>
        {connection.state === 'disconnected' ? (
          <ActionButton
            variant="filled"
            isDisabled={!isLive}
            isBusy={connecting.isPending}
            busyWords="Connecting"
            onClick={() => {
              disconnecting.reset()
              connecting.mutate(undefined)
            }}
          >
            Connect to TWS
          </ActionButton>
        ) : (
          <ActionButton
            isDisabled={!isLive}
            isBusy={connecting.isPending || disconnecting.isPending}
            busyWords={connecting.isPending ? 'Connecting' : 'Disconnecting'}
            onClick={() => {
              connecting.reset()
              disconnecting.mutate(undefined)
            }}
          >
            Disconnect
          </ActionButton>
        )}
      </div>
      <p className={classes.quiet}>An ingest connects by itself. Address and client id are set in switchyard.yaml.</p>
    </PanelPopover>
  )
}
