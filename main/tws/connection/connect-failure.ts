import { SwitchyardError } from '#shared/errors.ts'
import type { Phase } from './connection-status.ts'

const SWITCH_ON =
  'Start TWS or IB Gateway and switch on its API (Configure > API > Settings > Enable ActiveX and Socket Clients). The usual ports are 7496 and 7497 for TWS, 4001 and 4002 for the Gateway; set tws.host and tws.port in switchyard.yaml.'

/** Why a socket that broke or closed in this phase is of no use. `message` is the operating system's, where there is one. */
export function connectFailure(place: string, phase: Phase, message: string | undefined): SwitchyardError {
  if (phase === 'connecting') {
    return new SwitchyardError(
      'TWS_UNREACHABLE',
      `Nothing answers at ${place}${message === undefined ? '' : ` (${message})`}.`,
      {
        hint: SWITCH_ON,
      },
    )
  }
  if (phase === 'handshaking') {
    return new SwitchyardError('TWS_REFUSED', `TWS at ${place} closed the connection before it was ready.`, {
      hint: 'Another program may use the same client id, or TWS does not accept API clients. Check both, then try again.',
    })
  }
  return new SwitchyardError(
    'TWS_DISCONNECTED',
    message === undefined
      ? `TWS at ${place} closed the connection.`
      : `The connection to TWS at ${place} broke (${message}).`,
    { hint: 'The connection is made anew by itself.' },
  )
}

/** What is there cannot be TWS, or sends what TWS never sends. */
export function foreignFailure(place: string, reason: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('TWS_REFUSED', `What answers at ${place} does not speak the TWS API: ${reason}.`, {
    hint: 'Another program may listen there. Set tws.host and tws.port in switchyard.yaml to those of TWS or IB Gateway.',
    cause,
  })
}
