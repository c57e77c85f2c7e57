import type { Socket } from 'node:net'
import { reportError } from '#shared/errors.ts'
import type { ClientSession, SharedParts } from './client-session.ts'
import { ownTimers } from './clock.ts'
import { ConnectionOutput } from './connection-output.ts'
import type { StruckConnection } from './faults/server-faults.ts'
import type { HistoricalRequest } from './history/historical-request.ts'
import { failHistorical } from './history/serve-historical.ts'
import { Subscriptions } from './live/subscriptions.ts'
import { marketZone } from './market.ts'
import { MessageGate } from './message-gate.ts'
import { MESSAGE_HANDLERS, sendManagedAccounts, sendNextValidId } from './message-handlers.ts'
import { OpenRequests } from './open-requests.ts'
import { CLIENT_MESSAGES, type ClientMessage, type RequestRecord } from './request-record.ts'
import { decodeFields, encodeFrame, FrameReader, MalformedFrame } from './wire/frames.ts'
import { CLIENT_PREFIX, MAX_HELLO_BYTES, negotiateVersion } from './wire/handshake.ts'
import { asciiText, FieldReader, MalformedMessage } from './wire/message-fields.ts'
import { ServerVersion } from './wire/server-versions.ts'
import { BUST_EVENT, messageRateExceeded } from './wire/service-notices.ts'
import { CLIENT_ID_IN_USE, processingError, unreadableRequest, type TwsError } from './wire/tws-errors.ts'
import { twsZoneName, wallText } from './wire/tws-time.ts'

/** What a connection shares with the others of its server. */
export interface ConnectionHost extends SharedParts {
  log(line: string): void
  record(record: RequestRecord): void
  /** Takes a client id for this connection; false when another one has it. */
  claimClientId(clientId: number): boolean
  releaseClientId(clientId: number): void
}

export interface ClientConnection extends StruckConnection {
  /** Requests that are open, live ones included. */
  countOpenRequests(): number
  /** Drops the connection and waits until no work is left. */
  close(): Promise<void>
  /** Resolves when the connection is gone and nothing of it runs any more. */
  readonly closed: Promise<void>
}

type Stage = 'prefix' | 'hello' | 'startApi' | 'started' | 'refused'

/** Message ids are positive numbers; anything else means that the stream is out of step. */
const MESSAGE_ID = /^\d{1,5}$/

/**
 * Serves one client socket: handshake, startApi, then requests until either side closes. Bytes that cannot be TWS messages
 * and requests that cannot be read end this connection, after error 320 for the latter.
 *
 * @param number of the connection, from 1.
 * @param isStalled answers nothing at all.
 */
export function serveConnection(
  socket: Socket,
  number: number,
  host: ConnectionHost,
  isStalled: boolean,
): ClientConnection {
  const reader = new FrameReader()
  const requests = new OpenRequests()
  const output = new ConnectionOutput(socket)
  const clock = ownTimers(host.clock)
  let stage: Stage = 'prefix'
  let session: ClientSession | null = null
  let clientId: number | null = null
  let historicalOfMessage: HistoricalRequest | null = null

  const log = (line: string): void => host.log(`client ${number}: ${line}`)

  const live = new Subscriptions(
    clock,
    host.service,
    (message) => void output.write(encodeFrame(message)),
    (reqId, thrown) => {
      if (session !== null) failHistorical(session, reqId, thrown)
    },
  )

  /** As soon as the client is known to leave, so that it can come back at once. */
  const giveBackClientId = (): void => {
    if (clientId !== null) host.releaseClientId(clientId)
    clientId = null
  }

  const refuse = (reason: string): void => {
    stage = 'refused'
    giveBackClientId()
    log(`closed: ${reason}`)
    output.drop()
  }

  const openSession = (serverVersion: number): ClientSession => ({
    ...host,
    clock,
    connection: number,
    serverVersion,
    requests,
    live,
    output,
    clientId: () => clientId,
    nowTs: () => clock.nowMs() / 1000,
    send: (fields) => void output.write(encodeFrame(fields)),
    sendError: (reqId, error) => void output.write(encodeFrame(errorMessage(reqId, error, serverVersion))),
    disconnect: refuse,
    noteHistorical: (request) => {
      historicalOfMessage = request
    },
    log,
  })

  const onHello = (body: Buffer): void => {
    if (body.length > MAX_HELLO_BYTES) throw new MalformedFrame(`a version text of ${body.length} bytes`)
    // Some clients end the text with a NUL, most do not.
    const negotiation = negotiateVersion(body.toString('utf8').replace(/\0$/, ''))
    if (negotiation.kind === 'refused') {
      refuse(negotiation.reason)
      return
    }
    const { serverVersion, options } = negotiation
    session = openSession(serverVersion)
    session.send([serverVersion, connectionTime(host)])
    stage = 'startApi'
    log(`version ${serverVersion}${options === '' ? '' : `, options ${options}`}`)
  }

  const onStartApi = (started: ClientSession, fields: FieldReader): void => {
    fields.integer()
    const asked = fields.integer()
    if (host.faults.onLogin(number, asked) || !host.claimClientId(asked)) {
      started.sendError(-1, CLIENT_ID_IN_USE)
      refuse(`client id ${asked} is in use`)
      return
    }
    clientId = asked
    stage = 'started'
    sendManagedAccounts(started)
    sendNextValidId(started)
    for (const notice of host.service.loginNotices()) started.sendError(-1, notice)
    log(`client id ${asked} started`)
  }

  const onMessage = (started: ClientSession, body: Buffer): void => {
    const fields = decodeFields(body)
    const id = fields[0]
    if (!MESSAGE_ID.test(id)) throw new MalformedFrame(`"${id.slice(0, 40)}" is not a message id`)
    const message: ClientMessage = messageName(id)
    historicalOfMessage = null
    try {
      const fieldReader = new FieldReader(fields)
      fieldReader.text()
      const handler = MESSAGE_HANDLERS.get(id)
      if (message === 'startApi') {
        if (stage === 'startApi') onStartApi(started, fieldReader)
        else log('startApi again: ignored')
      } else if (stage !== 'started') {
        log(`message ${id} before startApi: ignored`)
      } else if (handler === undefined) {
        log(`message ${id} is not known: ignored (${fields.length} fields)`)
      } else {
        handler(started, fieldReader)
      }
    } catch (thrown) {
      if (thrown instanceof MalformedMessage) {
        started.sendError(-1, unreadableRequest(id, thrown.message))
        refuse(`message ${id} cannot be read: ${thrown.message}`)
      } else {
        const { message: text } = reportError(thrown)
        started.sendError(-1, processingError(text))
        log(`message ${id} failed: ${text}`)
      }
    } finally {
      host.record({ atMs: host.clock.nowMs(), clientId, message, fields, historical: historicalOfMessage })
    }
  }

  /** Runs what reads bytes of the client; bytes that are no messages end the connection. */
  const guarded = (read: () => void): void => {
    try {
      read()
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrame)) throw thrown
      refuse(thrown.message)
    }
  }

  const gate = new MessageGate(host.pacing, clock, {
    carryOut: (body) =>
      guarded(() => {
        if (session !== null && stage !== 'refused') onMessage(session, body)
      }),
    strike: (max, received, strike, isLast) => {
      host.pacing.note('messageRate', { clientId, reqId: null }, false)
      // Public logs show the number of the strike in the place of the request id.
      session?.sendError(strike, messageRateExceeded(max, received, strike))
      if (isLast) refuse('too many messages')
    },
    overflow: () => host.pacing.note('messageRate', { clientId, reqId: null }, false),
  })

  const onData = (chunk: Buffer): void => {
    reader.push(chunk)
    if (stage === 'prefix') {
      const prefix = reader.takeBytes(CLIENT_PREFIX.length)
      if (prefix === null) return
      if (prefix.toString('latin1') !== CLIENT_PREFIX) throw new MalformedFrame('the client does not begin with "API"')
      stage = 'hello'
    }
    while (stage !== 'refused') {
      const body = reader.nextFrame()
      if (body === null) return
      if (session === null) onHello(body)
      else gate.push(body)
    }
  }

  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>()
  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    if (stage !== 'refused' && !isStalled) guarded(() => onData(chunk))
  })
  // A reset by the client is one of the ways a client leaves; 'close' follows.
  socket.on('error', (error) => log(`socket: ${error.message}`))
  socket.on('end', giveBackClientId)
  socket.on('close', () => {
    stage = 'refused'
    giveBackClientId()
    clock.cancelTimers()
    void Promise.all([requests.close(), live.close()]).then(() => resolveClosed())
    log('gone')
  })

  return {
    number,
    notify: (notice) => {
      if (stage === 'started') session?.sendError(-1, notice)
    },
    freeze: () => output.freeze(),
    thaw: () => output.thaw(),
    drop: () => refuse('dropped by a fault'),
    forgetRequests: () => {
      requests.forget()
      live.stopAll()
    },
    bustSubscriptions: () => {
      for (const reqId of live.reqIds) {
        live.stop(reqId)
        session?.sendError(reqId, BUST_EVENT)
      }
    },
    countOpenRequests: () => requests.count + live.reqIds.length,
    close: async () => {
      socket.destroy()
      await closed
    },
    closed,
  }
}

function messageName(id: string): ClientMessage {
  const names: Readonly<Record<string, ClientMessage>> = CLIENT_MESSAGES
  return Object.hasOwn(names, id) ? names[id] : 'unknown'
}

/** Message 4: version 2, request id, code, text, and from 166 on the reason an order was rejected, which there is none of. */
function errorMessage(reqId: number, error: TwsError, serverVersion: number): (string | number)[] {
  const text = serverVersion >= ServerVersion.EncodeMsgAscii7 ? asciiText(error.text) : error.text
  const fields: (string | number)[] = [4, 2, reqId, error.code, text]
  if (serverVersion >= ServerVersion.AdvancedOrderReject) fields.push('')
  return fields
}

/** The server's clock as the handshake tells it: `yyyyMMdd HH:mm:ss` and a zone. */
function connectionTime(host: ConnectionHost): string {
  const zone = marketZone(host.market)
  return `${wallText(Math.floor(host.clock.nowMs() / 1000), zone, ' ')} ${twsZoneName(zone)}`
}
