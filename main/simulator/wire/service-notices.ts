import type { TwsError } from './tws-errors.ts'

/**
 * Codes and texts about connections, farms, subscriptions and rates: not about the values of one request. The wording is the
 * broker's documentation's, or that of public logs of live sessions where those differ.
 */

/** What TWS calls its three kinds of data farms, and the codes it uses for each. */
const FARMS = {
  market: { title: 'Market data farm', name: 'usfarm', broken: 2103, ok: 2104, inactive: 2108 },
  history: { title: 'HMDS data farm', name: 'ushmds', broken: 2105, ok: 2106, inactive: 2107 },
  definitions: { title: 'Sec-def data farm', name: 'secdefnj', broken: 2157, ok: 2158, inactive: null },
} as const

export type Farm = keyof typeof FARMS

export function farmOk(farm: Farm): TwsError {
  const { ok, title, name } = FARMS[farm]
  return { code: ok, text: `${title} connection is OK:${name}` }
}

export function farmBroken(farm: Farm): TwsError {
  const { broken, title, name } = FARMS[farm]
  return { code: broken, text: `${title} connection is broken:${name}` }
}

/** Benign: the farm has had nothing to do for a while. */
export function farmInactive(farm: 'market' | 'history'): TwsError {
  const { inactive, title, name } = FARMS[farm]
  return { code: inactive, text: `${title} connection is inactive but should be available upon demand.${name}` }
}

export const CONNECTIVITY_LOST: TwsError = {
  code: 1100,
  text: 'Connectivity between IB and TWS has been lost.',
}

/** Restored: after 1101 everything has to be asked for again, after 1102 it goes on. */
export const CONNECTIVITY_RESTORED: Readonly<Record<1101 | 1102, TwsError>> = {
  1101: { code: 1101, text: 'Connectivity between IB and TWS has been restored - data lost.' },
  1102: { code: 1102, text: 'Connectivity between IB and TWS has been restored - data maintained' },
}

export const SERVER_BROKEN: TwsError = {
  code: 2110,
  text: 'Connectivity between TWS and server is broken. It will be restored automatically.',
}

export function portChanged(port: number): TwsError {
  return {
    code: 1300,
    text: `TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - ${port}`,
  }
}

/** 165: what the historical data service has to say about itself while a query waits. */
export const HISTORY_DISCONNECTED: TwsError = {
  code: 165,
  text: 'Historical Market Data Service query message:HMDS server disconnect occurred.  Attempting reconnection...',
}

/** 100: too many messages; `strike` counts the times. */
export function messageRateExceeded(max: number, received: number, strike: number): TwsError {
  return {
    code: 100,
    text: `Max rate of messages per second has been exceeded:max=${max} rec=${received} (${strike})`,
  }
}

/** 420: a request for real-time bars that cannot be served. */
export function realTimeQueryError(cause: string): TwsError {
  return { code: 420, text: `Invalid Real-time Query:${cause}` }
}

/** 10225: a live subscription is dead and has to be made again. */
export const BUST_EVENT: TwsError = {
  code: 10225,
  text: 'Bust event occurred, current subscription is deactivated. Please resubscribe real-time bars immediately.',
}

export const COMPETING_SESSION: TwsError = { code: 10197, text: 'No market data during competing live session' }

/** `place` names contract and feed as TWS does: `SPY ARCA/TOP/ALL`. */
export function notSubscribed(place: string): TwsError {
  return {
    code: 354,
    text:
      'Requested market data is not subscribed. Check API status by selecting the Account menu then under Management ' +
      'choose Market Data Subscription Manager and/or availability of delayed data.' +
      `Delayed market data is available.${place}`,
  }
}

/** Warning; what is subscribed comes. */
export function partlySubscribed(place: string): TwsError {
  return {
    code: 10090,
    text:
      'Part of requested market data is not subscribed. Subscription-independent ticks are still active.' +
      `Delayed market data is available.${place}`,
  }
}

/** Warning; delayed data comes. */
export const DELAYED_DATA: TwsError = {
  code: 10167,
  text: 'Requested market data is not subscribed. Displaying delayed market data.',
}
