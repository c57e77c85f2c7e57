import { RPCLink } from '@orpc/client/websocket'
import type { DialOutcome, EngineTransport } from './engine-transport.ts'

const DIAL_TIMEOUT_MS = 10_000

/**
 * Reaches an engine that serves this very page (`switchyard serve`). The HttpOnly cookie that the server set authenticates the
 * socket. A browser does not tell a script why a handshake failed, so a failed one is followed by one plain request, whose
 * status says whether the server is there and turns this page away.
 */
export function webSocketTransport(page: Location): EngineTransport {
  const url = `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}/rpc`

  return {
    async dial() {
      const socket = new WebSocket(url)
      if (await opens(socket)) return { kind: 'channel', channel: channelOf(socket) }
      return (await isTurnedAway()) ? { kind: 'refused' } : unreachable
    },

    onWake(listener) {
      const whenVisible = (): void => {
        if (document.visibilityState === 'visible') listener()
      }
      window.addEventListener('focus', listener)
      document.addEventListener('visibilitychange', whenVisible)
      return () => {
        window.removeEventListener('focus', listener)
        document.removeEventListener('visibilitychange', whenVisible)
      }
    },
  }
}

const unreachable: DialOutcome = {
  kind: 'unreachable',
  why: 'Nothing answers at the address of this page. The switchyard serve process has ended or is being restarted.',
}

/** Whether the handshake succeeds; waits for that at most `DIAL_TIMEOUT_MS`. */
function opens(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.close(), DIAL_TIMEOUT_MS)
    socket.addEventListener('open', () => {
      clearTimeout(timer)
      resolve(true)
    })
    socket.addEventListener('close', () => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}

function channelOf(socket: WebSocket) {
  return {
    link: new RPCLink({ websocket: socket }),
    closed: new Promise<string>((resolve) => {
      socket.addEventListener('close', () => resolve('The connection to the engine ended.'))
    }),
    close: () => socket.close(),
  }
}

async function isTurnedAway(): Promise<boolean> {
  try {
    const response = await fetch('/api/connection', { cache: 'no-store' })
    return response.status === 401 || response.status === 403
  } catch (error) {
    // `fetch` rejects with a TypeError exactly when no HTTP answer came.
    if (error instanceof TypeError) return false
    throw error
  }
}
