import { useMutation } from '@tanstack/react-query'
import type { Connection } from '#shared/contract/connection.ts'
import { orpc, useConnectionState } from '../engine-client.ts'
import { shownError } from '../error-report.ts'
import { connectionActions } from '../wording/connection-actions.ts'
import { ActionButton } from './action-button.tsx'
import classes from './connection-controls.module.css'
import { OperatorError } from './operator-error.tsx'

/** Connect, disconnect, try now: what can be done about the connection, each with what it will do. */
export function ConnectionControls({ connection }: { readonly connection: Connection }) {
  const isLive = useConnectionState().kind === 'live'
  const connect = useMutation(orpc.connection.connect.mutationOptions())
  const disconnect = useMutation(orpc.connection.disconnect.mutationOptions())
  // An attempt that the operator ended has not failed.
  const error =
    disconnect.error ?? (connection.state === 'disconnected' && !disconnect.isSuccess ? connect.error : null)
  const ask = (call: 'connect' | 'disconnect'): void => {
    if (call === 'connect') {
      disconnect.reset()
      connect.mutate(undefined)
    } else disconnect.mutate(undefined)
  }
  return (
    <div className={classes.controls}>
      {error !== null && <OperatorError error={shownError(error)} />}
      {connectionActions(connection.state).map(({ call, label, busy, does }, index) => (
        // By its place, so that a button that changes its words keeps the focus.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={classes.entry}>
          <ActionButton
            {...(connection.state === 'disconnected' ? { variant: 'filled' as const } : {})}
            isDisabled={!isLive}
            isBusy={
              call === 'connect' ? connect.isPending && connection.state === 'disconnected' : disconnect.isPending
            }
            busyWords={busy}
            onClick={() => ask(call)}
          >
            {label}
          </ActionButton>
          <span className={classes.does}>{does}</span>
        </div>
      ))}
    </div>
  )
}
