import type { Farm } from '#shared/contract/connection.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { farmNotice, portOfNotice1300 } from '#shared/tws/message-codes.ts'
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionSettings,
  type ConnectionStatus,
  historyPauseEndsMs,
  isHistoryAway,
  NO_LINK,
  type Phase,
  type Step,
} from './connection-status.ts'
import { delayBeforeAttempt } from './reconnect-delay.ts'

/**
 * What an event makes of the connection, and what is to be done. A pure function: `random` (0 to 1) is the jitter of the next
 * wait. Events of links that no longer count change nothing.
 */
export function step(
  status: ConnectionStatus,
  event: ConnectionEvent,
  settings: ConnectionSettings,
  nowMs: number,
  random: number,
): Step {
  if ('generation' in event && event.generation !== status.generation) return { status, effects: [] }
  switch (event.kind) {
    case 'connect':
      return onConnect(status, event.persistent, settings, nowMs)
    case 'disconnect':
      return hangUp(status, 'disconnected', 'Disconnected by the operator.', nowMs)
    case 'stop':
      return hangUp(status, 'stopped', 'The engine is closing.', nowMs)
    case 'opened':
      return status.phase === 'connecting'
        ? quiet(
            enter(
              status,
              'handshaking',
              `Waiting for TWS at ${place(status, settings)} to finish the handshake.`,
              nowMs,
            ),
          )
        : quiet(status)
    case 'version':
      return quiet({ ...status, serverVersion: event.serverVersion, lastHeardMs: nowMs })
    case 'accounts':
      return quiet({ ...status, accounts: event.accounts, lastHeardMs: nowMs })
    case 'started':
      return onStarted(status, settings, nowMs)
    case 'notice':
      return onNotice({ ...status, lastHeardMs: nowMs, probeSentMs: undefined }, event, settings, nowMs)
    case 'broken':
      return onBroken(status, event.error, settings, nowMs, random)
    case 'closed':
      return onClosed(status, settings, nowMs)
    case 'heard':
      return quiet({ ...status, lastHeardMs: nowMs, probeSentMs: undefined })
    case 'historyAnswered':
      return onHistoryAnswered(status, settings, nowMs)
    case 'historyFailed':
      return quiet(isHistoryAway(status) ? { ...status, historyFailedMs: nowMs } : status)
    case 'competingSession':
      return { status: { ...status, competingUntilMs: nowMs + settings.patience.competingSessionMs }, effects: [] }
    case 'tick':
      return onTick(status, settings, nowMs, random)
  }
}

const quiet = (status: ConnectionStatus): Step => ({ status, effects: [] })

const place = (status: ConnectionStatus, settings: ConnectionSettings): string => `${settings.host}:${status.port}`

function enter(status: ConnectionStatus, phase: Phase, reason: string, nowMs: number): ConnectionStatus {
  return { ...status, phase, reason, sinceMs: phase === status.phase ? status.sinceMs : nowMs }
}

function onConnect(status: ConnectionStatus, persistent: boolean, settings: ConnectionSettings, nowMs: number): Step {
  if (status.phase === 'stopped') return quiet(status)
  const wanted = { ...status, persistent: status.persistent || persistent }
  if (status.phase === 'disconnected') {
    const fresh = { ...wanted, attempts: 0, clientIdsInUse: 0, lostSinceMs: nowMs }
    // A link that is still closing: the attempt begins when it is gone.
    if (status.hasLink)
      return quiet({
        ...enter(fresh, 'reconnecting', 'Waiting for the old connection to close.', nowMs),
        retryAtMs: nowMs,
      })
    return open(fresh, settings, nowMs)
  }
  // The operator, or a new run, does not want to wait for the next attempt.
  if (status.phase === 'reconnecting' && !status.hasLink) return open(wanted, settings, nowMs)
  return quiet(wanted)
}

function open(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Step {
  const generation = status.generation + 1
  const next: ConnectionStatus = {
    ...enter(status, 'connecting', `Connecting to TWS at ${place(status, settings)}.`, nowMs),
    generation,
    ...NO_LINK,
    hasLink: true,
    attempts: status.attempts + 1,
    deadlineMs: nowMs + settings.connectTimeoutMs,
    retryAtMs: undefined,
    lastHeardMs: nowMs,
  }
  return {
    status: next,
    effects: [{ kind: 'open', generation, host: settings.host, port: next.port, clientId: next.clientId }],
  }
}

function onStarted(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Step {
  if (status.phase !== 'connecting' && status.phase !== 'handshaking') return quiet(status)
  const next: ConnectionStatus = {
    ...enter(status, 'ready', `Connected to TWS at ${place(status, settings)}.`, nowMs),
    persistent: true,
    lostSinceMs: undefined,
    deadlineMs: undefined,
    clientIdsInUse: 0,
    lastHeardMs: nowMs,
  }
  return quiet(next)
}

function onNotice(
  status: ConnectionStatus,
  { code, text }: { readonly code: number; readonly text: string },
  settings: ConnectionSettings,
  nowMs: number,
): Step {
  const farm = farmNotice(code, text)
  if (farm !== undefined) {
    const next = { ...status, farms: withFarm(status.farms, { ...farm, sinceMs: nowMs }) }
    // A farm that answers does so over the broker's line.
    return farm.state === 'ok' && status.brokerLostSinceMs !== undefined ? brokerIsBack(next) : quiet(next)
  }
  switch (code) {
    case 1100:
      return brokerIsLost(status, undefined, nowMs)
    case 2110:
      return brokerIsLost(status, nowMs + settings.patience.brokenLinkMs, nowMs)
    case 1101: {
      const { status: next, effects } = brokerIsBack(status)
      const words = 'TWS lost its connection to the broker, and with it this request.'
      const error = new SwitchyardError('TWS_DISCONNECTED', words, { hint: 'It is made again by itself.' })
      return { status: next, effects: [...effects, { kind: 'failOpen', error }] }
    }
    case 1102:
      return brokerIsBack(status)
    case 1300: {
      const port = portOfNotice1300(text)
      return port === undefined ? quiet(status) : quiet({ ...status, port })
    }
    case 10197:
      return quiet({ ...status, competingUntilMs: nowMs + settings.patience.competingSessionMs })
    case 326:
      return clientIdInUse(status, settings, nowMs)
    default:
      return quiet(status)
  }
}

function brokerIsLost(status: ConnectionStatus, backAtMs: number | undefined, nowMs: number): Step {
  return {
    status: {
      ...status,
      brokerLostSinceMs: status.brokerLostSinceMs ?? nowMs,
      // A loss that ends by a message is not cut short by one that ends by itself.
      brokerBackAtMs:
        status.brokerLostSinceMs !== undefined && status.brokerBackAtMs === undefined ? undefined : backAtMs,
    },
    effects: status.brokerLostSinceMs === undefined ? [{ kind: 'holdClocks' }] : [],
  }
}

function brokerIsBack(status: ConnectionStatus): Step {
  return {
    status: { ...status, brokerLostSinceMs: undefined, brokerBackAtMs: undefined },
    effects: [{ kind: 'releaseClocks' }],
  }
}

function withFarm(farms: readonly Farm[], farm: Farm): readonly Farm[] {
  const known = farms.find(({ name, kind }) => name === farm.name && kind === farm.kind)
  if (known === undefined) return [...farms, farm]
  const next = known.state === farm.state ? known : farm
  return farms.map((entry) => (entry === known ? next : entry))
}

function clientIdInUse(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Step {
  // Once TWS has taken the id, or nobody wants the link any more, it is about something else.
  if (status.phase !== 'connecting' && status.phase !== 'handshaking') return quiet(status)
  const inUse = status.clientIdsInUse + 1
  const close: ConnectionEffect = { kind: 'close', generation: status.generation }
  if (inUse < settings.clientIdAttempts) {
    const next = settings.clientId + ((status.clientId - settings.clientId + 1) % settings.clientIdAttempts)
    const words = `Client id ${status.clientId} is in use; trying ${next}.`
    return {
      status: {
        ...enter(status, 'reconnecting', words, nowMs),
        clientId: next,
        clientIdsInUse: inUse,
        // Not an attempt that failed: TWS is there.
        attempts: Math.max(0, status.attempts - 1),
        deadlineMs: undefined,
        retryAtMs: nowMs,
      },
      effects: [close],
    }
  }
  const last = settings.clientId + settings.clientIdAttempts - 1
  const ids = last === settings.clientId ? `id ${last}` : `ids ${settings.clientId} to ${last}`
  const error = new SwitchyardError('TWS_REFUSED', `TWS already has clients with the ${ids}.`, {
    hint: 'Set another tws.clientId in switchyard.yaml, or close the other programs.',
  })
  return onBroken({ ...status, clientId: settings.clientId, clientIdsInUse: 0 }, error, settings, nowMs, 1)
}

function onBroken(
  status: ConnectionStatus,
  error: SwitchyardError,
  settings: ConnectionSettings,
  nowMs: number,
  random: number,
): Step {
  if (
    !status.hasLink ||
    status.phase === 'disconnected' ||
    status.phase === 'stopped' ||
    status.phase === 'reconnecting'
  ) {
    return quiet(status)
  }
  const lost: ConnectionStatus = {
    ...status,
    ...NO_LINK,
    lostSinceMs: status.lostSinceMs ?? nowMs,
  }
  const effects: ConnectionEffect[] = [
    { kind: 'close', generation: status.generation },
    {
      kind: 'failOpen',
      error: new SwitchyardError('TWS_DISCONNECTED', error.message, {
        hint: 'It is made again when TWS is back; what is stored stays.',
        cause: error,
      }),
    },
  ]
  const gaveUp = nowMs - (lost.lostSinceMs ?? nowMs) >= settings.reconnect.giveUpAfterMs
  if (!status.persistent || gaveUp) {
    return {
      status: { ...enter(lost, 'disconnected', error.message, nowMs), persistent: false, retryAtMs: undefined },
      effects: [...effects, { kind: 'failWaiting', error }],
    }
  }
  // The first attempt after a loss is made soon; every further one waits longer, also when TWS accepts each and drops it soon after.
  const delayMs = delayBeforeAttempt(status.attempts + 1, settings.reconnect, random)
  return {
    status: { ...enter(lost, 'reconnecting', error.message, nowMs), retryAtMs: nowMs + delayMs },
    effects,
  }
}

function onClosed(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Step {
  const gone = { ...status, hasLink: false }
  if (status.phase === 'reconnecting' && (status.retryAtMs ?? nowMs) <= nowMs) return open(gone, settings, nowMs)
  return quiet(gone)
}

function onHistoryAnswered(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Step {
  const farms = status.farms.map((farm): Farm =>
    farm.kind === 'historical-data' && farm.state === 'broken' && historyPauseEndsMs(status, settings) <= nowMs
      ? { ...farm, state: 'ok', sinceMs: nowMs }
      : farm,
  )
  const next = { ...status, competingUntilMs: undefined, historyFailedMs: undefined, farms }
  return status.brokerLostSinceMs === undefined ? quiet(next) : brokerIsBack(next)
}

function onTick(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number, random: number): Step {
  if ((status.phase === 'connecting' || status.phase === 'handshaking') && nowMs >= (status.deadlineMs ?? Infinity)) {
    const error =
      status.phase === 'connecting'
        ? new SwitchyardError('TWS_TIMEOUT', `Nothing at ${place(status, settings)} accepted the connection in time.`, {
            hint: 'Check that TWS or IB Gateway runs and that the network lets this machine reach it.',
          })
        : new SwitchyardError(
            'TWS_TIMEOUT',
            `${place(status, settings)} accepts connections, but did not finish the TWS handshake in time.`,
            {
              hint: 'Check that TWS or IB Gateway is logged in and that its API accepts connections from this machine.',
            },
          )
    return onBroken(status, error, settings, nowMs, random)
  }
  if (status.phase === 'reconnecting' && !status.hasLink && nowMs >= (status.retryAtMs ?? Infinity)) {
    return open(status, settings, nowMs)
  }
  if (status.phase !== 'ready') return quiet(status)
  let next = status
  if (next.attempts > 0 && nowMs >= next.sinceMs + settings.reconnect.stableAfterMs) next = { ...next, attempts: 0 }
  if (next.competingUntilMs !== undefined && nowMs >= next.competingUntilMs)
    next = { ...next, competingUntilMs: undefined }
  if (nowMs >= (next.brokerBackAtMs ?? Infinity)) return brokerIsBack(next)
  if (next.probeSentMs !== undefined) {
    if (nowMs < next.probeSentMs + settings.heartbeat.timeoutMs) return { status: next, effects: [] }
    const silentMs = nowMs - next.lastHeardMs
    const error = new SwitchyardError(
      'TWS_DISCONNECTED',
      `TWS at ${place(next, settings)} has said nothing for ${Math.round(silentMs / 1000)} s and does not answer: it is taken as frozen.`,
      { hint: 'The connection is made anew by itself. If that does not help, restart TWS.' },
    )
    return onBroken(next, error, settings, nowMs, random)
  }
  if (nowMs >= next.lastHeardMs + settings.heartbeat.intervalMs) {
    return { status: { ...next, probeSentMs: nowMs }, effects: [{ kind: 'probe' }] }
  }
  return quiet(next)
}

function hangUp(status: ConnectionStatus, phase: 'disconnected' | 'stopped', reason: string, nowMs: number): Step {
  // Nothing comes after the end.
  if (status.phase === 'stopped') return quiet(status)
  const error = new SwitchyardError('TWS_DISCONNECTED', reason, {
    hint: 'Start the run again when TWS is to be used; it goes on where it stopped.',
  })
  const next: ConnectionStatus = {
    ...enter(status, phase, reason, nowMs),
    ...NO_LINK,
    persistent: false,
    attempts: 0,
    retryAtMs: undefined,
    lostSinceMs: undefined,
  }
  const close: readonly ConnectionEffect[] = status.hasLink ? [{ kind: 'close', generation: status.generation }] : []
  return { status: next, effects: [...close, { kind: 'failOpen', error }, { kind: 'failWaiting', error }] }
}
