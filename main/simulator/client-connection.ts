import type { Socket } from 'node:net'
import { reportError } from '#shared/errors.ts'
import type { ClientSession } from './client-session.ts'
import { MESSAGE_HANDLERS, sendManagedAccounts, sendNextValidId } from './message-handlers.ts'
import { type Market, marketZone } from './market.ts'
import { OpenRequests } from './open-requests.ts'
import { CLIENT_MESSAGES, type ClientMessage, type RequestRecord } from './request-record.ts'
import type { HistoricalRequest } from './history/historical-request.ts'
import { decodeFields, encodeFrame, FrameReader, MalformedFrame } from './wire/frames.ts'
import { CLIENT_PREFIX, MAX_HELLO_BYTES, negotiateVersion } from './wire/handshake.ts'
import { asciiText, FieldReader, MalformedMessage } from './wire/message-fields.ts'
import { ServerVersion } from './wire/server-versions.ts'
import { CLIENT_ID_IN_USE, FARM_NOTICES, processingError, unreadableRequest, type TwsError } from './wire/tws-errors.ts'
import { twsZoneName, wallText } from './wire/tws-time.ts'

/** What a connection shares with the others of its server. */
export interface ConnectionHost {
  readonly market: Market
  readonly accounts: readonly string[]
  nowMs(): number
  log(line: string): void
  record(record: RequestRecord): void
  /** Takes a client id for this connection; false when another one has it. */
  claimClientId(clientId: number): boolean
  releaseClientId(clientId: number): void
}

export interface ClientConnection {
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
 */
export function serveConnection(socket: Socket, name: string, host: ConnectionHost): ClientConnection {
  const reader = new FrameReader()
  const requests = new OpenRequests()
  let stage: Stage = 'prefix'
  let session: ClientSession | null = null
  let clientId: number | null = null
  let historicalOfMessage: HistoricalRequest | null = null

  const log = (line: string): void => host.log(`${name}: ${line}`)

  /** As soon as the client is known to leave, so that it can come back at once. */
  const giveBackClientId = (): void => {
    if (clientId !== null) host.releaseClientId(clientId)
    clientId = null
  }

  const refuse = (reason: string): void => {
    stage = 'refused'
    giveBackClientId()
    log(`closed: ${reason}`)
    socket.end()
    socket.destroySoon()
  }

  const write = (frame: Buffer): boolean => (socket.writable ? socket.write(frame) : true)

  const openSession = (serverVersion: number): ClientSession => ({
    serverVersion,
    market: host.market,
    accounts: host.accounts,
    requests,
    nowTs: () => host.nowMs() / 1000,
    send: (fields) => void write(encodeFrame(fields)),
    sendError: (reqId, error) => void write(encodeFrame(errorMessage(reqId, error, serverVersion))),
    sendFrame: async (frame) => {
      if (!write(frame)) await drained(socket)
    },
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
    if (!host.claimClientId(asked)) {
      started.sendError(-1, CLIENT_ID_IN_USE)
      refuse(`client id ${asked} is in use`)
      return
    }
    clientId = asked
    stage = 'started'
    sendManagedAccounts(started)
    sendNextValidId(started)
    for (const notice of FARM_NOTICES) started.sendError(-1, notice)
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
      host.record({ atMs: host.nowMs(), clientId, message, fields, historical: historicalOfMessage })
    }
  }

  const onData = (chunk: Buffer): void => {
    reader.push(chunk)
    try {
      if (stage === 'prefix') {
        const prefix = reader.takeBytes(CLIENT_PREFIX.length)
        if (prefix === null) return
        if (prefix.toString('latin1') !== CLIENT_PREFIX)
          throw new MalformedFrame('the client does not begin with "API"')
        stage = 'hello'
      }
      while (stage !== 'refused') {
        const body = reader.nextFrame()
        if (body === null) return
        if (session === null) onHello(body)
        else onMessage(session, body)
      }
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrame)) throw thrown
      refuse(thrown.message)
    }
  }

  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<void>()
  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    if (stage !== 'refused') onData(chunk)
  })
  // A reset by the client is one of the ways a client leaves; 'close' follows.
  socket.on('error', (error) => log(`socket: ${error.message}`))
  socket.on('end', giveBackClientId)
  socket.on('close', () => {
    giveBackClientId()
    void requests.close().then(resolveClosed)
    log('gone')
  })

  return {
    close: async () => {
      socket.destroy()
      await closed
    },
    closed,
  }
}

/** Resolves when the socket has handed on what was written, or is closed. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
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
  return `${wallText(Math.floor(host.nowMs() / 1000), zone, ' ')} ${twsZoneName(zone)}`
}
