import type { Connection } from '#shared/contract/connection.ts'

/** What an operator can do about the connection in a state: the words on the button, and what it will do. */
export interface ConnectionAction {
  readonly call: 'connect' | 'disconnect'
  readonly label: string
  readonly busy: string
  readonly does: string
}

const CONNECT: ConnectionAction = {
  call: 'connect',
  label: 'Connect to TWS',
  busy: 'Connecting',
  does: 'Opens the connection and keeps it up: when it is lost, it is made anew by itself until you disconnect.',
}

const RETRY: ConnectionAction = {
  call: 'connect',
  label: 'Try now',
  busy: 'Trying',
  does: 'Tries at once instead of at the end of the wait.',
}

const DISCONNECT: ConnectionAction = {
  call: 'disconnect',
  label: 'Disconnect',
  busy: 'Disconnecting',
  does: 'Closes the connection. Runs that wait for TWS end as failed; what is stored stays, and a new run goes on from there.',
}

const GIVE_UP: ConnectionAction = { ...DISCONNECT, label: 'Stop trying', busy: 'Stopping' }

/** The actions that make sense in `state`, the usual one first. */
export function connectionActions(state: Connection['state']): readonly ConnectionAction[] {
  switch (state) {
    case 'disconnected':
      return [CONNECT]
    case 'connecting':
    case 'handshaking':
      return [GIVE_UP]
    case 'reconnecting':
      return [RETRY, GIVE_UP]
    case 'ready':
    case 'degraded':
      return [DISCONNECT]
    case 'stopped':
      return []
  }
}
