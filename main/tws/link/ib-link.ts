import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { type BarSizeSetting, type ContractDetails, EventName, IBApi, type WhatToShow } from '@stoqey/ib'
import { BAR_COLUMNS } from '#shared/bars.ts'
import { ForeignBytes, FrameStream } from './frame-stream.ts'
import type { LinkCommand, LinkEvent, ScheduleSession } from './link-protocol.ts'
import { isHistoricalMessage, parseHistoricalMessage, PLAIN_HISTORY_VERSION } from './parse-historical-message.ts'

/** The places in the library through which every byte and every message goes. They are private there and the same in the pinned version. */
interface LibrarySocket {
  onData: (chunk: Buffer) => void
  onMessage: (message: string) => void
  readonly client?: Socket
}

type ScheduleListener = (
  id: number,
  start: string,
  end: string,
  timeZone: string,
  sessions: readonly ScheduleSession[],
) => void

/** Pacing is done before a command comes here; the library's own limiter would only keep a second, hidden queue. */
const NO_LIBRARY_LIMIT = 10_000

/** Codes that the library gives to its own errors. */
const CONNECT_FAIL = 502
const UPDATE_TWS = 503
const UNSUPPORTED_VERSION = 506
const BAD_MESSAGE = 508

/** More contracts than this are never one symbol's. */
const MAX_CONTRACTS = 500

/**
 * One socket to TWS, on one object of the client library, for one connection: the library's send queue and decoder do not survive
 * into the next. Bytes are framed and historical bars are read here; other messages go to the library.
 *
 * Nothing that the peer sends makes it throw: what cannot be TWS ends in the event `foreign`, and nothing is read after it.
 */
export class IbLink {
  readonly #emit: (event: LinkEvent, handOver?: readonly ArrayBuffer[]) => void
  readonly #contracts = new Map<number, ContractDetails[]>()
  #api: IBApi | undefined
  #serverVersion = 0
  #isForeign = false

  /** @param emit takes every event; `handOver` is memory that the receiver may keep. */
  constructor(emit: (event: LinkEvent, handOver?: readonly ArrayBuffer[]) => void) {
    this.#emit = emit
  }

  handle(command: LinkCommand): void {
    const api = this.#api
    if (command.kind === 'connect') this.#connect(command)
    else if (api !== undefined) this.#send(api, command)
  }

  #send(api: IBApi, command: Exclude<LinkCommand, { kind: 'connect' }>): void {
    switch (command.kind) {
      case 'contractDetails':
        this.#contracts.set(command.id, [])
        api.reqContractDetails(command.id, command.contract)
        return
      case 'historicalBars':
        api.reqHistoricalData(
          command.id,
          command.contract,
          command.endDateTime,
          command.duration,
          command.barSize as BarSizeSetting,
          command.whatToShow as WhatToShow,
          command.useRth,
          2,
          command.keepUpToDate,
        )
        return
      case 'schedule':
        api.reqHistoricalData(
          command.id,
          command.contract,
          command.endDateTime,
          command.duration,
          '1 day' as BarSizeSetting,
          'SCHEDULE',
          command.useRth,
          2,
          false,
        )
        return
      case 'headTimestamp':
        api.reqHeadTimestamp(command.id, command.contract, command.whatToShow as WhatToShow, command.useRth, 2)
        return
      case 'cancelHistorical':
        api.cancelHistoricalData(command.id)
        return
      case 'cancelHeadTimestamp':
        api.cancelHeadTimestamp(command.id)
        return
      case 'currentTime':
        api.reqCurrentTime()
        return
    }
  }

  #connect({ host, port, clientId }: Extract<LinkCommand, { kind: 'connect' }>): void {
    const emit = this.#emit
    const api = new IBApi({ host, port, maxReqPerSec: NO_LIBRARY_LIMIT })
    this.#api = api
    const { socket } = (api as unknown as { controller: { socket: LibrarySocket } }).controller
    this.#ownFraming(socket)

    api.on(EventName.server, (serverVersion) => {
      this.#serverVersion = serverVersion
      if (!Number.isInteger(serverVersion)) this.#foreign('its version is no number')
      else if (serverVersion < PLAIN_HISTORY_VERSION) this.#foreign(`it is too old: server version ${serverVersion}`)
      else emit({ kind: 'version', serverVersion })
    })
    api.on(EventName.managedAccounts, (accounts) =>
      emit({ kind: 'accounts', accounts: accounts.split(',').filter((account) => account !== '') }),
    )
    // `connected` comes before TWS has accepted the client id; only the next valid id means that it answers.
    api.on(EventName.nextValidId, () => emit({ kind: 'started' }))
    api.on(EventName.disconnected, () => emit({ kind: 'ended' }))
    // Messages without a request (326, 1100 to 1102, 21xx) arrive here and not as errors.
    api.on(EventName.info, (text, code) => emit({ kind: 'notice', code, text }))
    api.on(EventName.error, (error, code, id) => this.#onError(error.message, code, id))
    api.on(EventName.contractDetails, (id, details) => {
      const found = this.#contracts.get(id)
      if (found !== undefined && found.length < MAX_CONTRACTS) found.push(details)
    })
    api.on(EventName.contractDetailsEnd, (id) => {
      const found = this.#contracts.get(id)
      this.#contracts.delete(id)
      if (found !== undefined) emit({ kind: 'contractDetails', id, found })
    })
    api.on(EventName.headTimestamp, (id, text) => emit({ kind: 'headTimestamp', id, text }))
    const onSchedule: ScheduleListener = (id, _start, _end, timeZone, sessions) => {
      const plain = sessions.map(({ startDateTime, endDateTime, refDate }) => ({ startDateTime, endDateTime, refDate }))
      emit({ kind: 'schedule', id, timeZone, sessions: plain })
    }
    // The library sends this event and has no type for it.
    ;(api as unknown as EventEmitter).on(EventName.historicalSchedule, onSchedule)
    api.on(EventName.historicalDataUpdate, (id, time, open, high, low, close, volume, tradeCount, wap) =>
      emit({
        kind: 'barUpdate',
        id,
        bar: { time, open, high, low, close, volume: volume ?? NaN, wap: wap ?? NaN, tradeCount: tradeCount ?? NaN },
      }),
    )
    api.connect(clientId)
    socket.client?.once('connect', () => emit({ kind: 'opened' }))
  }

  #onError(text: string, code: number, id: number): void {
    this.#contracts.delete(id)
    if (this.#isForeign) return
    if (code === CONNECT_FAIL) this.#emit({ kind: 'socketError', message: text })
    else if (code === UNSUPPORTED_VERSION || code === UPDATE_TWS) this.#foreign(text)
    // Requests begin at 1: what TWS says under 0 is about the connection too.
    else if (id > 0) this.#emit({ kind: 'refused', id, code, text })
    else this.#emit({ kind: 'notice', code, text })
  }

  /** Takes the bytes before the library does: it loops for ever on a negative length and joins chunks in quadratic time. */
  #ownFraming(socket: LibrarySocket): void {
    const stream = new FrameStream()
    const onMessage = socket.onMessage.bind(socket)
    socket.onData = (chunk) => {
      if (this.#isForeign) return
      try {
        let messages = 0
        for (const message of stream.take(chunk)) {
          if (this.#isForeign) return
          messages++
          if (this.#serverVersion >= PLAIN_HISTORY_VERSION && isHistoricalMessage(message)) this.#onBars(message)
          else onMessage(message.toString('utf8'))
        }
        // A message that never ends is no sign of life.
        if (messages > 0) this.#emit({ kind: 'heard' })
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown)
        this.#foreign(thrown instanceof ForeignBytes ? reason : `a message cannot be read: ${reason}`)
      }
    }
  }

  #onBars(message: Buffer): void {
    const read = parseHistoricalMessage(message)
    if (read === undefined) {
      this.#emit({
        kind: 'notice',
        code: BAD_MESSAGE,
        text: 'Historical bars came that belong to no request.',
      })
    } else if (read.kind === 'unreadable') {
      this.#emit({ kind: 'unreadableBars', id: read.id, reason: read.reason })
    } else {
      const { id, bars, start, end } = read
      const memory = BAR_COLUMNS.map((name) => bars[name].buffer as ArrayBuffer)
      this.#emit({ kind: 'bars', id, bars, start, end }, memory)
    }
  }

  #foreign(reason: string): void {
    if (this.#isForeign) return
    this.#isForeign = true
    this.#emit({ kind: 'foreign', reason })
    this.#api?.disconnect()
  }
}
