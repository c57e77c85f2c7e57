import { RPCLink } from '@orpc/client/message-port'
import type { EngineState, SwitchyardHost } from '#shared/host-api.ts'
import { isPortMessage } from '#shared/host-api.ts'
import type { DialOutcome, EngineChannel, EngineTransport } from './engine-transport.ts'

/** How long a port may take once the engine is up and one was asked for. */
const PORT_TIMEOUT_MS = 10_000

/**
 * Reaches the engine that the Electron shell runs: waits until it is up, asks the shell for a port, and takes it from the
 * window message. Every engine process needs a port of its own, so the request is repeated for each that comes up meanwhile.
 */
export function messagePortTransport(host: SwitchyardHost): EngineTransport {
  return {
    dial(say) {
      return new Promise<DialOutcome>((resolve) => {
        let run: number | undefined
        let timer: ReturnType<typeof setTimeout> | undefined
        let unsubscribe: (() => void) | undefined
        let settled = false
        const settle = (outcome: DialOutcome): void => {
          if (settled) return
          settled = true
          clearTimeout(timer)
          unsubscribe?.()
          window.removeEventListener('message', onMessage)
          resolve(outcome)
        }
        const onMessage = (event: MessageEvent): void => {
          if (run === undefined || !isPortMessage(event, window)) return
          settle({ kind: 'channel', channel: channelOf(host, event.ports[0], run) })
        }
        window.addEventListener('message', onMessage)
        unsubscribe = host.onEngineState((state) => {
          if (settled) return
          clearTimeout(timer)
          run = state.kind === 'up' ? state.run : undefined
          if (state.kind === 'up') {
            timer = setTimeout(() => settle(noPort), PORT_TIMEOUT_MS)
            host.connect()
          } else if (state.kind === 'failed') settle({ kind: 'failed', error: state.error })
          else say(sentenceFor(state))
        })
        if (settled) unsubscribe()
      })
    },

    onWake(listener) {
      let present = true
      const unsubscribe = host.onEngineState((state) => {
        // The state as it stands is delivered too; only a change is a reason to dial again.
        if (!present && (state.kind === 'starting' || state.kind === 'up')) listener()
        present = false
      })
      return unsubscribe
    },
  }
}

const noPort: DialOutcome = {
  kind: 'unreachable',
  why: 'The engine runs but handed over no connection in time.',
}

function sentenceFor(state: Extract<EngineState, { kind: 'starting' | 'restarting' | 'stopped' }>): string {
  switch (state.kind) {
    case 'starting':
      return 'The engine is starting and opens its stores.'
    case 'restarting':
      return `The engine ended unexpectedly (${state.error.message}) It is started again in ${Math.ceil(state.delayMs / 1000)} s.`
    case 'stopped':
      return 'The engine was stopped.'
  }
}

function channelOf(host: SwitchyardHost, port: MessagePort, run: number): EngineChannel {
  const link = new RPCLink({ port })
  // The link rejects what is pending when the port reports its close, which closing this end does not bring by itself.
  const announceClose = (): boolean => port.dispatchEvent(new Event('close'))
  const closed = new Promise<string>((resolve) => {
    let over = false
    let unsubscribe: (() => void) | undefined
    port.addEventListener('close', () => {
      if (over) return
      over = true
      unsubscribe?.()
      port.close()
      resolve('The engine closed the connection.')
    })
    unsubscribe = host.onEngineState((state) => {
      if (state.kind !== 'up' || state.run !== run) announceClose()
    })
    if (over) unsubscribe()
  })
  port.start()
  return { link, closed, close: announceClose }
}
