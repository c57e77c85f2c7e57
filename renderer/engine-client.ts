import { consumeEventIterator, createORPCClient, DynamicLink } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { onlineManager, QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import type { Contract } from '#shared/contract/contract.ts'
import type { ConnectionState } from './engine-connection.ts'
import { createEngineConnection } from './engine-connection.ts'
import { createEventSink } from './engine-events.ts'
import { isTransportFailure } from './error-report.ts'
import type { ConsoleClientContext, EngineChannel } from './transport/engine-transport.ts'
import { messagePortTransport } from './transport/message-port-transport.ts'
import { webSocketTransport } from './transport/websocket-transport.ts'

type ConsoleClient = ContractRouterClient<Contract, ConsoleClientContext>

/**
 * Engine state lives in this cache. It is kept fresh by what the engine pushes, so nothing goes stale by time; queries wait
 * while there is no way to the engine and go on when there is, changes are never queued behind the operator's back.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: 'online',
      retry: (failures, error) => isTransportFailure(error) && failures < 3,
      retryDelay: 200,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

// "Online" means that the engine pushes its changes, whatever the browser thinks of its network.
onlineManager.setEventListener(() => undefined)
onlineManager.setOnline(false)

const transport =
  window.switchyardHost === undefined
    ? webSocketTransport(window.location)
    : messagePortTransport(window.switchyardHost)

const connection = createEngineConnection(transport, subscribeToChanges)

const client: ConsoleClient = createORPCClient(new DynamicLink<ConsoleClientContext>(() => connection.channel().link))

/** Query and mutation options of every procedure of the contract. */
export const orpc = createTanstackQueryUtils(client)

const events = createEventSink(queryClient, orpc)

connection.subscribe(() => {
  const live = connection.getState().kind === 'live'
  if (live === onlineManager.isOnline()) return
  onlineManager.setOnline(live)
  // Whatever happened in the engine while nobody listened is unknown: everything shown is fetched anew.
  if (live) void queryClient.invalidateQueries()
})

/** Resolves when the first event is there, which the engine sends at once. */
function subscribeToChanges(channel: EngineChannel): Promise<{ ended: Promise<void> }> {
  const channelClient: ConsoleClient = createORPCClient(channel.link)
  return new Promise((resolve, reject) => {
    const ended = new Promise<void>((end) => {
      consumeEventIterator(channelClient.system.events(), {
        onEvent: (event) => {
          resolve({ ended })
          events.receive(event)
        },
        onError: reject,
        onFinish: () => {
          reject(new Error('The stream of changes ended before its first event.'))
          end()
        },
      })
    })
  })
}

/** The state of the way to the engine, kept current. */
export function useConnectionState(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.getState)
}

/** Tries to reach the engine at once instead of after the pause. */
export function retryConnection(): void {
  connection.retryNow()
}
