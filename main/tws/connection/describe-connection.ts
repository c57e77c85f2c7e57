import type { Connection } from '#shared/contract/connection.ts'
import type { ConnectionSettings, ConnectionStatus } from './connection-status.ts'

type Description = Pick<Connection, 'state' | 'message' | 'consequence'>

/** The connection in plain words: what is the case, and what it means for work that runs or waits. */
export function describeConnection(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): Description {
  switch (status.phase) {
    case 'disconnected':
      return {
        state: 'disconnected',
        message: status.reason,
        consequence: 'Nothing is fetched until a run starts or you connect.',
      }
    case 'connecting':
    case 'handshaking':
      return { state: status.phase, message: status.reason, consequence: 'Requests wait until TWS is ready.' }
    case 'reconnecting':
      return { state: 'reconnecting', message: lostWords(status, settings, nowMs), consequence: LOST }
    case 'stopped':
      return { state: 'stopped', message: status.reason, consequence: 'Runs go on after the next start.' }
    case 'ready':
      return describeReady(status, nowMs)
  }
}

const LOST =
  'What is stored stays. Requests wait and go out by themselves when TWS is back; those without an answer are made again.'

function lostWords(status: ConnectionStatus, settings: ConnectionSettings, nowMs: number): string {
  const backBy = settings.restartEndsAt?.(nowMs)
  return backBy === undefined
    ? status.reason
    : `${status.reason} TWS restarts every day about now and should be back within ${Math.max(1, Math.ceil((backBy - nowMs) / 60_000))} min.`
}

function describeReady(status: ConnectionStatus, nowMs: number): Description {
  if (status.brokerLostSinceMs !== undefined) {
    return {
      state: 'degraded',
      message: 'TWS has lost its connection to the broker.',
      consequence: 'Requests wait. They go on, or are made again, when TWS is connected again.',
    }
  }
  if (status.competingUntilMs !== undefined && nowMs < status.competingUntilMs) {
    return {
      state: 'degraded',
      message: 'Another session of the same user holds the market data.',
      consequence: 'Requests are tried again every minute until that session ends.',
    }
  }
  const broken = status.farms.filter(({ state }) => state === 'broken')
  if (broken.length === 0) return { state: 'ready', message: status.reason, consequence: 'Requests go out.' }
  const names = broken.map(({ name }) => name).join(', ')
  const history = status.farms.filter(({ kind }) => kind === 'historical-data')
  const noHistory = history.length > 0 && history.every(({ state }) => state === 'broken')
  return {
    state: 'degraded',
    message: `The broker's data ${broken.length === 1 ? 'farm' : 'farms'} ${names} ${broken.length === 1 ? 'is' : 'are'} not connected.`,
    consequence: noHistory
      ? 'Requests for history wait until the farm is back; one is tried every five minutes.'
      : broken.some(({ kind }) => kind === 'market-data')
        ? 'History can be fetched; live bars may stop until the farm is back.'
        : 'Bars can be fetched; contracts may not be resolved until the farm is back.',
  }
}
