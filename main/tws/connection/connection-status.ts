import type { Connection, Farm } from '#shared/contract/connection.ts'
import type { SwitchyardError } from '#shared/errors.ts'
import { describeConnection } from './describe-connection.ts'

/** How the machine is to behave; all times in milliseconds. */
export interface ConnectionSettings {
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly clientIdAttempts: number
  readonly connectTimeoutMs: number
  readonly reconnect: {
    readonly initialDelayMs: number
    readonly maxDelayMs: number
    readonly stableAfterMs: number
    readonly giveUpAfterMs: number
  }
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }
  /** How long requests stay away from what was reported as gone, before one is tried. */
  readonly patience: {
    readonly competingSessionMs: number
    readonly brokenFarmMs: number
    readonly brokenLinkMs: number
  }
  /** Whether TWS is expected to be away at this instant; its end, or undefined. */
  readonly restartEndsAt?: (nowMs: number) => number | undefined
}

export type Phase = 'disconnected' | 'connecting' | 'handshaking' | 'ready' | 'reconnecting' | 'stopped'

/** Everything that is known about the connection. Replaced, never changed. */
export interface ConnectionStatus {
  readonly phase: Phase
  readonly sinceMs: number
  /** Why it is in this phase, a full sentence. */
  readonly reason: string
  /** Where the next link goes: notice 1300 moves the port, 326 the client id. */
  readonly port: number
  readonly clientId: number
  /** The link that counts; events of others are ignored. 0 before the first. */
  readonly generation: number
  /** Whether a link is open or closing; another one is opened only when it is gone. */
  readonly hasLink: boolean
  readonly serverVersion: number | undefined
  readonly accounts: readonly string[]
  readonly farms: readonly Farm[]
  /** Since when TWS has had no connection to the broker (1100, 2110). */
  readonly brokerLostSinceMs: number | undefined
  /** When it is taken to be back although TWS has not said so; undefined when that is waited for. */
  readonly brokerBackAtMs: number | undefined
  /** When a request for history last failed while every historical farm was broken; undefined since one was answered. */
  readonly historyFailedMs: number | undefined
  /** Until when another session of the user is taken to hold the data. */
  readonly competingUntilMs: number | undefined
  /** Attempts since it was last ready. */
  readonly attempts: number
  /** Client ids that were found in use since it was last ready. */
  readonly clientIdsInUse: number
  /** Keep trying when an attempt fails; set once a connection was made, or by whoever waits for TWS. */
  readonly persistent: boolean
  readonly lostSinceMs: number | undefined
  readonly deadlineMs: number | undefined
  readonly retryAtMs: number | undefined
  readonly lastHeardMs: number
  readonly probeSentMs: number | undefined
}

export type ConnectionEvent =
  /** Someone wants a connection; `persistent` keeps trying. */
  | { readonly kind: 'connect'; readonly persistent: boolean }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'opened'; readonly generation: number }
  | { readonly kind: 'version'; readonly generation: number; readonly serverVersion: number }
  | { readonly kind: 'accounts'; readonly generation: number; readonly accounts: readonly string[] }
  /** TWS sent its next valid id. */
  | { readonly kind: 'started'; readonly generation: number }
  | { readonly kind: 'notice'; readonly generation: number; readonly code: number; readonly text: string }
  /** The link cannot be used any more, for this reason. */
  | { readonly kind: 'broken'; readonly generation: number; readonly error: SwitchyardError }
  /** The link is gone; nothing of it runs any more. */
  | { readonly kind: 'closed'; readonly generation: number }
  | { readonly kind: 'heard'; readonly generation: number }
  /** An answer came from the historical data service. */
  | { readonly kind: 'historyAnswered' }
  /** A request for history was refused by a service that is away, or not answered in time. */
  | { readonly kind: 'historyFailed' }
  | { readonly kind: 'competingSession' }
  /** Time passed; does what is due. */
  | { readonly kind: 'tick' }

export type ConnectionEffect =
  | {
      readonly kind: 'open'
      readonly generation: number
      readonly host: string
      readonly port: number
      readonly clientId: number
    }
  | { readonly kind: 'close'; readonly generation: number }
  /** Ask TWS for its time, to see that it lives. */
  | { readonly kind: 'probe' }
  /** Every open request ends with this error; it may be made again. */
  | { readonly kind: 'failOpen'; readonly error: SwitchyardError }
  /** Everything that waits for a connection ends with this error. */
  | { readonly kind: 'failWaiting'; readonly error: SwitchyardError }
  /** Open requests get no answer for the time being: their clocks stop, or go on. */
  | { readonly kind: 'holdClocks' }
  | { readonly kind: 'releaseClocks' }

export interface Step {
  readonly status: ConnectionStatus
  readonly effects: readonly ConnectionEffect[]
}

/** What is known only while there is a link. */
export const NO_LINK = {
  serverVersion: undefined,
  accounts: [],
  farms: [],
  brokerLostSinceMs: undefined,
  brokerBackAtMs: undefined,
  historyFailedMs: undefined,
  competingUntilMs: undefined,
  deadlineMs: undefined,
  probeSentMs: undefined,
} satisfies Partial<ConnectionStatus>

export function initialStatus(settings: ConnectionSettings, nowMs: number): ConnectionStatus {
  return {
    phase: 'disconnected',
    sinceMs: nowMs,
    reason: 'Not connected. A run connects by itself.',
    port: settings.port,
    clientId: settings.clientId,
    generation: 0,
    hasLink: false,
    ...NO_LINK,
    attempts: 0,
    clientIdsInUse: 0,
    persistent: false,
    lostSinceMs: undefined,
    retryAtMs: undefined,
    lastHeardMs: nowMs,
  }
}

/** Whether requests may go out now; if not, they wait. */
export function maySend(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): boolean {
  if (status.phase !== 'ready' || status.brokerLostSinceMs !== undefined) return false
  if (status.competingUntilMs !== undefined && nowMs < status.competingUntilMs) return false
  return historyPauseEndsMs(status, settings) <= nowMs
}

/** When the next thing is due without any event: `tick` then. Undefined when nothing is. */
export function nextDueMs(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): number | undefined {
  const due: number[] = []
  if (status.phase === 'connecting' || status.phase === 'handshaking') due.push(status.deadlineMs ?? Infinity)
  if (status.phase === 'reconnecting' && !status.hasLink) due.push(status.retryAtMs ?? Infinity)
  if (status.phase === 'ready') {
    due.push(
      status.probeSentMs === undefined
        ? status.lastHeardMs + settings.heartbeat.intervalMs
        : status.probeSentMs + settings.heartbeat.timeoutMs,
    )
    if (status.attempts > 0) due.push(status.sinceMs + settings.reconnect.stableAfterMs)
    due.push(status.competingUntilMs ?? Infinity)
    due.push(status.brokerBackAtMs ?? Infinity)
    const historyAtMs = historyPauseEndsMs(status, settings)
    if (historyAtMs > nowMs) due.push(historyAtMs)
  }
  const earliest = Math.min(...due)
  return Number.isFinite(earliest) ? earliest : undefined
}

/** Whether every historical farm is reported as broken. */
export function isHistoryAway({ farms }: Pick<ConnectionStatus, 'farms'>): boolean {
  const historical = farms.filter(({ kind }) => kind === 'historical-data')
  return historical.length > 0 && historical.every(({ state }) => state === 'broken')
}

/** When requests for history may go out again because of broken farms; 0 when nothing keeps them. */
export function historyPauseEndsMs(status: ConnectionStatus, settings: ConnectionSettings): number {
  if (!isHistoryAway(status)) return 0
  const farms = status.farms.filter(({ kind }) => kind === 'historical-data')
  const sinceMs = Math.min(...farms.map((farm) => farm.sinceMs))
  return Math.max(sinceMs, status.historyFailedMs ?? 0) + settings.patience.brokenFarmMs
}

/** The connection as the contract tells it. */
export function toConnection(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Connection {
  const { state, message, consequence } = describeConnection(status, settings, nowMs)
  return {
    state,
    host: settings.host,
    port: status.port,
    clientId: status.clientId,
    ...(status.serverVersion === undefined ? {} : { serverVersion: status.serverVersion }),
    accounts: [...status.accounts],
    message,
    consequence,
    sinceMs: status.sinceMs,
    farms: [...status.farms],
    attempts: status.attempts,
    ...(status.phase === 'reconnecting' && status.retryAtMs !== undefined ? { retryAtMs: status.retryAtMs } : {}),
  }
}
