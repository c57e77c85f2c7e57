import type { ErrorReport } from '#shared/errors.ts'
import type { EngineChannel, EngineTransport } from './transport/engine-transport.ts'

/** What the shell shows about the way to the engine. `wasLive` keeps the view in place while a lost way is found again. */
export type ConnectionState =
  | { readonly kind: 'connecting'; readonly wasLive: boolean; readonly note: string }
  /** Requests are answered and changes are pushed. */
  | { readonly kind: 'live'; readonly wasLive: true }
  /** Dialled again at `retryAtMs` (epoch milliseconds). */
  | { readonly kind: 'lost'; readonly wasLive: boolean; readonly why: string; readonly retryAtMs: number }
  | { readonly kind: 'refused'; readonly wasLive: boolean }
  | { readonly kind: 'failed'; readonly wasLive: boolean; readonly error: ErrorReport }

/** Thrown for a request that has no way to the engine. */
export class EngineUnreachableError extends Error {
  constructor() {
    super('The engine cannot be reached right now.')
    this.name = 'EngineUnreachableError'
  }
}

export interface EngineConnection {
  readonly getState: () => ConnectionState
  readonly subscribe: (listener: () => void) => () => void
  /** The open channel; throws {@link EngineUnreachableError} when there is none. */
  readonly channel: () => EngineChannel
  /** Dials at once instead of at the end of the pause. Does nothing while a channel is open or being opened. */
  readonly retryNow: () => void
}

/** Pauses between attempts in milliseconds; the last one repeats. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 4_000] as const

/**
 * Keeps one channel to the engine open for as long as the page lives, with growing pauses between attempts.
 *
 * `greet` runs on every new channel and resolves once the subscription to the engine's changes delivers; only then is the
 * state `live`, so that nothing can change unseen between a first answer and the first pushed event. When the promise it
 * resolves to (`ended`) settles, the channel is given up.
 */
export function createEngineConnection(
  transport: EngineTransport,
  greet: (channel: EngineChannel) => Promise<{ readonly ended: Promise<void> }>,
): EngineConnection {
  let state: ConnectionState = { kind: 'connecting', wasLive: false, note: 'Connecting to the engine.' }
  let open: EngineChannel | undefined
  let wake: (() => void) | undefined
  const listeners = new Set<() => void>()

  const enter = (next: ConnectionState): void => {
    state = next
    for (const listener of listeners) listener()
  }

  /** Resolves after `ms`, or when `retryNow` or the transport says that it is worth trying at once. */
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(() => wake?.(), ms) : undefined
      wake = () => {
        clearTimeout(timer)
        wake = undefined
        resolve()
      }
    })

  const loseFor = async (why: string, attempt: number): Promise<void> => {
    const ms = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]
    enter({ kind: 'lost', wasLive: state.wasLive, why, retryAtMs: Date.now() + ms })
    await pause(ms)
  }

  /** Dials once and stays while the channel lives. Returns whether it had become live. */
  const attemptOnce = async (attempt: number): Promise<boolean> => {
    const outcome = await transport.dial((note) => enter({ kind: 'connecting', wasLive: state.wasLive, note }))
    switch (outcome.kind) {
      case 'refused':
        enter({ kind: 'refused', wasLive: state.wasLive })
        await pause(Number.POSITIVE_INFINITY)
        return false
      case 'failed':
        enter({ kind: 'failed', wasLive: state.wasLive, error: outcome.error })
        await pause(Number.POSITIVE_INFINITY)
        return false
      case 'unreachable':
        await loseFor(outcome.why, attempt)
        return false
      case 'channel':
        return stay(outcome.channel, attempt)
    }
  }

  const stay = async (channel: EngineChannel, attempt: number): Promise<boolean> => {
    open = channel
    let live = false
    try {
      const { ended } = await greet(channel)
      live = true
      enter({ kind: 'live', wasLive: true })
      await Promise.race([channel.closed, ended])
    } catch (error) {
      console.info('The engine did not accept the subscription to its changes.', error)
    }
    open = undefined
    channel.close()
    await loseFor(await channel.closed, live ? 0 : attempt)
    return live
  }

  const run = async (): Promise<never> => {
    for (let attempt = 0; ; attempt++) {
      if (await attemptOnce(attempt)) attempt = 0
    }
  }

  transport.onWake(() => wake?.())
  void run()

  return {
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    channel() {
      if (open === undefined) throw new EngineUnreachableError()
      return open
    },
    retryNow: () => wake?.(),
  }
}
