import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import { SwitchyardError } from '#shared/errors.ts'
import type { EngineClient } from '#main/rpc/router.ts'
import type { Endpoint } from './endpoint.ts'

/** Talks to a running headless server. Throws WORKSPACE_LOCKED when it does not answer. */
export async function connectToServer(endpoint: Endpoint): Promise<{ client: EngineClient; close(): void }> {
  const socket = new WebSocket(`ws://127.0.0.1:${endpoint.port}/rpc`, {
    headers: { authorization: `Bearer ${endpoint.token}` },
    handshakeTimeout: 5_000,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (thrown) => {
      reject(
        new SwitchyardError(
          'WORKSPACE_LOCKED',
          `Another Switchyard holds this workspace and does not answer on port ${endpoint.port}.`,
          {
            hint: 'Close it, then run the command again.',
            cause: thrown,
          },
        ),
      )
    })
  })
  const client: EngineClient = createORPCClient(new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }))
  return { client, close: () => socket.close() }
}
