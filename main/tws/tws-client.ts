import {
  type BarSizeSetting,
  type Contract,
  type ContractDetails,
  EventName,
  IBApi,
  type SecType,
  type WhatToShow,
} from '@stoqey/ib'
import type { BarColumns } from '#shared/bars.ts'
import type { ContractConfig } from '#shared/config/workspace-config.ts'
import type { Connection } from '#shared/contract/contract.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { guardFrames } from './guard-frames.ts'
import { formatEndDateTime, parseBars, type ReceivedBar } from './parse-bars.ts'
import { type Pending, PendingRequests } from './pending-requests.ts'
import { TwsRequestError } from './tws-request-error.ts'

export interface TwsAddress {
  readonly host: string
  readonly port: number
  readonly clientId: number
}

export interface TwsClientOptions {
  readonly address: TwsAddress
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  /** Milliseconds since the epoch, for the time of a change of state. */
  readonly nowMs: () => number
  readonly onChange?: (connection: Connection) => void
  readonly log?: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

export interface HistoricalBarsRequest {
  readonly contract: Contract
  /** In words, for messages: "SPY 2024-07-01 to 2024-07-08". */
  readonly subject: string
  /** End of the range, epoch seconds. */
  readonly endTs: number
  /** As TWS takes it, for example `5 D`. */
  readonly duration: string
  readonly barSize: string
  readonly whatToShow: string
  readonly useRth: boolean
}

interface ReplyHandlers {
  bar?(bar: ReceivedBar): void
  contract?(details: ContractDetails): void
  end(): void
  refuse(code: number, message: string): void
}

/** One socket: a library object is never used for a second connection, since its send queue outlives the first. */
interface Link {
  readonly api: IBApi
  readonly requests: PendingRequests<ReplyHandlers>
  readonly closed: Promise<void>
  /** Hangs up; an attempt to connect that is still under way ends with this error. */
  readonly abandon: (error: SwitchyardError) => void
}

/** The farm notices and reminders that TWS sends on its own; anything else with id -1 concerns the connection. */
const FIRST_NOTICE = 2100
const LAST_NOTICE = 2199

/**
 * A connection to TWS or IB Gateway. `ready` means that TWS has sent its next valid id: only then does it answer.
 *
 * Methods that ask need a ready connection and reject with TWS_DISCONNECTED otherwise; nothing is queued for later. Every
 * request ends by its answer, its time-out, its abort signal or the end of the connection.
 */
export class TwsClient {
  readonly #options: TwsClientOptions
  #link: Link | undefined
  #connecting: Promise<void> | undefined
  #connection: Connection

  constructor(options: TwsClientOptions) {
    this.#options = options
    this.#connection = {
      state: 'disconnected',
      ...options.address,
      accounts: [],
      message: 'Not connected. A run connects by itself.',
      sinceMs: options.nowMs(),
    }
  }

  /** The state as the operator sees it. */
  get connection(): Connection {
    return this.#connection
  }

  /**
   * Connects, or waits for the attempt that is under way; returns at once when ready.
   *
   * @param signal ends the waiting, not the attempt, for which others may wait too.
   * @throws {SwitchyardError} TWS_UNREACHABLE when nothing listens, TWS_TIMEOUT when it does not finish the handshake,
   *   TWS_REFUSED when it turns the client away or is no TWS, CANCELLED.
   */
  async connect(signal?: AbortSignal): Promise<void> {
    if (this.#connection.state === 'ready') return
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return signal === undefined ? this.#connecting : unlessAborted(this.#connecting, signal)
  }

  /** Closes the connection and waits until the socket is gone. Requests that wait are rejected. */
  async disconnect(): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    this.#drop(link, 'Disconnected by the operator.')
    await link.closed
  }

  /**
   * Resolves a contract to what TWS knows under it.
   *
   * @throws {SwitchyardError} UNKNOWN_SYMBOL when TWS knows none; the errors of every request besides.
   */
  async contractDetails(
    contract: Contract,
    subject: string,
    signal?: AbortSignal,
  ): Promise<readonly ContractDetails[]> {
    const { api, requests } = this.#ready()
    const found: ContractDetails[] = []
    return requests.open<readonly ContractDetails[]>(
      { subject, timeoutMs: this.#options.requestTimeoutMs, signal },
      (pending) => ({
        contract: (details) => found.push(details),
        end: () => pending.resolve(found),
        refuse: refusal(pending),
      }),
      (id) => api.reqContractDetails(id, contract),
    )
  }

  /** Asks for historical bars; resolves with the bars exactly as received once TWS has marked the end of the answer. */
  async historicalBars(request: HistoricalBarsRequest, signal?: AbortSignal): Promise<BarColumns> {
    const { api, requests } = this.#ready()
    const received: ReceivedBar[] = []
    return requests.open<BarColumns>(
      {
        subject: request.subject,
        timeoutMs: this.#options.requestTimeoutMs,
        signal,
        cancel: (id) => api.cancelHistoricalData(id),
      },
      (pending) => ({
        bar: (bar) => received.push(bar),
        end: () => {
          try {
            pending.resolve(parseBars(received, request.subject))
          } catch (thrown) {
            pending.reject(thrown)
          }
        },
        refuse: refusal(pending),
      }),
      (id) =>
        api.reqHistoricalData(
          id,
          request.contract,
          formatEndDateTime(request.endTs),
          request.duration,
          request.barSize as BarSizeSetting,
          request.whatToShow as WhatToShow,
          request.useRth ? 1 : 0,
          2,
          false,
        ),
    )
  }

  async #open(): Promise<void> {
    const { address, connectTimeoutMs } = this.#options
    const place = `${address.host}:${address.port}`
    const api = new IBApi({ host: address.host, port: address.port, maxReqPerSec: 45 })
    const requests = new PendingRequests<ReplyHandlers>()
    const closed = Promise.withResolvers<void>()
    const attempt = Promise.withResolvers<void>()
    let isOver = false
    const link: Link = {
      api,
      requests,
      closed: closed.promise,
      abandon: (error) => {
        clearTimeout(timer)
        attempt.reject(error)
        // Also while it connects: the library would wait for a silent server for ever.
        if (!isOver) api.disconnect()
        isOver = true
      },
    }
    this.#link = link
    this.#change({
      state: 'connecting',
      accounts: [],
      serverVersion: undefined,
      message: `Connecting to TWS at ${place}.`,
    })

    const timer = setTimeout(() => {
      fail(
        new SwitchyardError(
          'TWS_TIMEOUT',
          `${place} accepts connections, but did not finish the TWS handshake in time.`,
          {
            hint: 'Check that TWS or IB Gateway is logged in and that its API accepts connections from this machine.',
          },
        ),
      )
    }, connectTimeoutMs)
    const fail = (error: SwitchyardError): void => {
      link.abandon(error)
      this.#drop(link, error.message)
    }

    api.on(EventName.server, (serverVersion) => {
      if (!Number.isInteger(serverVersion)) fail(foreignError(place))
      else if (this.#link === link) this.#change({ serverVersion })
    })
    api.on(EventName.managedAccounts, (accounts) => {
      if (this.#link === link) this.#change({ accounts: accounts.split(',').filter((account) => account !== '') })
    })
    api.on(EventName.nextValidId, () => {
      clearTimeout(timer)
      if (this.#link === link) this.#change({ state: 'ready', message: `Connected to TWS at ${place}.` })
      attempt.resolve()
    })
    api.on(EventName.disconnected, () => {
      isOver = true
      closed.resolve()
      if (this.#connection.state === 'ready' || this.#link !== link)
        this.#drop(link, `TWS at ${place} closed the connection.`)
      else {
        fail(
          new SwitchyardError('TWS_REFUSED', `TWS at ${place} closed the connection before it was ready.`, {
            hint: 'Another program may use the same client id, or TWS does not accept API clients. Check both, then try again.',
          }),
        )
      }
    })
    api.on(EventName.error, (error, code, reqId) => {
      const handlers = requests.handlers(reqId)
      if (handlers !== undefined) handlers.refuse(code, error.message)
      else if (this.#connection.state === 'connecting' && this.#link === link) fail(connectError(place, error))
      else this.#options.log?.('TWS reported an error', { code, reqId, text: error.message })
    })
    api.on(EventName.info, (message, code) => {
      this.#options.log?.('TWS says', { code, text: message })
      // 326 (client id in use) arrives here and not as an error, and after `connected`.
      if (code === 326 && this.#link === link) {
        fail(
          new SwitchyardError('TWS_REFUSED', `TWS already has a client with id ${address.clientId}.`, {
            hint: 'Set another tws.clientId in switchyard.yaml, or close the other program.',
          }),
        )
      } else if ((code < FIRST_NOTICE || code > LAST_NOTICE) && this.#link === link) {
        this.#change({ message: `${message} (${code})` })
      }
    })
    api.on(EventName.historicalData, (reqId, time, openPrice, high, low, close, volume, tradeCount, wap) => {
      const handlers = requests.handlers(reqId)
      // The library has no event for the end of the bars: it is a row whose time starts with "finished".
      if (time.startsWith('finished')) handlers?.end()
      else handlers?.bar?.({ time, open: openPrice, high, low, close, volume, tradeCount, wap })
    })
    api.on(EventName.contractDetails, (reqId, details) => requests.handlers(reqId)?.contract?.(details))
    api.on(EventName.contractDetailsEnd, (reqId) => requests.handlers(reqId)?.end())

    guardFrames(api, () => fail(foreignError(place)))
    api.connect(address.clientId)
    return attempt.promise
  }

  #ready(): Link {
    if (this.#link === undefined || this.#connection.state !== 'ready') {
      throw new SwitchyardError('TWS_DISCONNECTED', 'There is no connection to TWS.', {
        hint: 'Start TWS or IB Gateway, then start the run again; it goes on where it stopped.',
      })
    }
    return this.#link
  }

  /** Ends a link for good: nothing that its socket still says has an effect. */
  #drop(link: Link, message: string): void {
    if (this.#link === link) {
      this.#link = undefined
      this.#change({ state: 'disconnected', accounts: [], serverVersion: undefined, message })
    }
    const error = new SwitchyardError('TWS_DISCONNECTED', message, {
      hint: 'Start the run again when TWS is back; it goes on where it stopped.',
    })
    link.abandon(error)
    link.requests.rejectAll(error)
  }

  #change(part: { [K in keyof Connection]?: Connection[K] | undefined }): void {
    const before = this.#connection
    const after = { ...before, ...part } as Connection
    this.#connection = { ...after, sinceMs: after.state === before.state ? before.sinceMs : this.#options.nowMs() }
    this.#options.onChange?.(this.#connection)
  }
}

function refusal<T>(pending: Pending<T>): (code: number, message: string) => void {
  return (code, message) => pending.reject(new TwsRequestError(code, message, pending.subject))
}

function connectError(place: string, error: Error): SwitchyardError {
  return new SwitchyardError('TWS_UNREACHABLE', `Nothing answers as TWS at ${place} (${error.message}).`, {
    hint: 'Start TWS or IB Gateway and switch on its API (Configure > API > Settings > Enable ActiveX and Socket Clients). The usual ports are 7496 and 7497 for TWS, 4001 and 4002 for the Gateway; set tws.host and tws.port in switchyard.yaml.',
    cause: error,
  })
}

function foreignError(place: string): SwitchyardError {
  return new SwitchyardError('TWS_REFUSED', `What answers at ${place} does not speak the TWS API.`, {
    hint: 'Another program listens there. Set tws.host and tws.port in switchyard.yaml to those of TWS or IB Gateway.',
  })
}

/** Waits for `work` or for the signal, whichever comes first; rejects with CANCELLED for the latter. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new SwitchyardError('CANCELLED', 'Waiting for TWS was cancelled.'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** The contract that a symbol's configuration asks for. */
export function toContract(symbol: string, config: ContractConfig): Contract {
  const contract: Contract = {
    symbol: config.symbol ?? symbol,
    secType: config.secType as SecType,
    exchange: config.exchange,
    currency: config.currency,
  }
  if (config.conId !== undefined) contract.conId = config.conId
  if (config.primaryExchange !== undefined) contract.primaryExch = config.primaryExchange
  if (config.localSymbol !== undefined) contract.localSymbol = config.localSymbol
  if (config.tradingClass !== undefined) contract.tradingClass = config.tradingClass
  if (config.multiplier !== undefined) contract.multiplier = config.multiplier
  if (config.lastTradeDateOrContractMonth !== undefined) {
    contract.lastTradeDateOrContractMonth = config.lastTradeDateOrContractMonth
  }
  return contract
}
