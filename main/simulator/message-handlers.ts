import { reportError } from '#shared/errors.ts'
import { findInstruments, readContract, type ContractQuery } from './contracts/contract-query.ts'
import { contractDetailsMessage } from './contracts/contract-details-message.ts'
import type { Instrument } from './contracts/instrument.ts'
import type { ClientSession } from './client-session.ts'
import { checkHistoricalRequest, readHistoricalRequest } from './history/historical-request.ts'
import { barsReply, type ReplyContext } from './history/historical-reply.ts'
import { scheduleReply } from './history/schedule-reply.ts'
import { marketZone } from './market.ts'
import type { FieldReader } from './wire/message-fields.ts'
import {
  ambiguousContract,
  cancelledError,
  DUPLICATE_HISTORICAL_ID,
  historicalServiceError,
  IMPLIED_ZONE_WARNING,
  UNKNOWN_CONTRACT,
  unknownHistoricalId,
  validationError,
  type TwsError,
} from './wire/tws-errors.ts'
import { ServerVersion } from './wire/server-versions.ts'
import { wallText } from './wire/tws-time.ts'

type Handler = (session: ClientSession, reader: FieldReader) => void

/** The first order id told to a client. */
const FIRST_ORDER_ID = 1

/** Message 15, the accounts of the login, comma separated. */
export function sendManagedAccounts(session: ClientSession): void {
  session.send([15, 1, session.accounts.join(',')])
}

/** Message 9, the next order id. */
export function sendNextValidId(session: ClientSession): void {
  session.send([9, 1, FIRST_ORDER_ID])
}

/** What to do with each message after startApi, by message id; the reader stands behind the id. */
export const MESSAGE_HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['8', sendNextValidId],
  ['9', onContractDetails],
  ['17', sendManagedAccounts],
  ['20', onHistoricalData],
  ['25', onCancelHistoricalData],
  ['49', (session) => session.send([49, 1, Math.floor(session.nowTs())])],
  ['87', onHeadTimestamp],
  ['90', onCancelHeadTimestamp],
])

function onContractDetails(session: ClientSession, reader: FieldReader): void {
  reader.integer()
  const reqId = reader.integer()
  const found = findInstruments(session.market.instruments(), readContract(reader))
  if (found.length === 0) {
    session.sendError(reqId, UNKNOWN_CONTRACT)
    return
  }
  for (const instrument of found) {
    const calendar = session.market.calendar(instrument.symbol)
    session.send(contractDetailsMessage(reqId, instrument, calendar, session.nowTs(), session.serverVersion))
  }
  session.send([52, 1, reqId])
}

/** The one instrument a data request means, or the error to answer with. */
function resolveContract(session: ClientSession, query: ContractQuery): Instrument | TwsError {
  const found = findInstruments(session.market.instruments(), query)
  if (found.length === 1) return found[0]
  return found.length === 0 ? UNKNOWN_CONTRACT : ambiguousContract(query.symbol)
}

function onHistoricalData(session: ClientSession, reader: FieldReader): void {
  const { serverVersion, market, requests } = session
  const request = readHistoricalRequest(reader, serverVersion)
  session.noteHistorical(request)
  const { reqId } = request
  const instrument = resolveContract(session, request.contract)
  // A time without a zone is on the clock of the machine TWS runs on, which stands at the exchange.
  const check = checkHistoricalRequest(request, marketZone(market), serverVersion)
  if (check.kind === 'refused') {
    session.sendError(reqId, check.error)
    return
  }
  if ('code' in instrument) {
    session.sendError(reqId, instrument)
    return
  }
  const { end } = check.request
  if (end.kind === 'at' && !end.zoneNamed && serverVersion >= ServerVersion.InstrumentTimezone) {
    session.sendError(reqId, IMPLIED_ZONE_WARNING)
  }
  const work = async (signal: AbortSignal): Promise<void> => {
    const context: ReplyContext = { market, instrument, serverVersion, nowTs: session.nowTs(), signal }
    const reply =
      check.request.kind === 'schedule'
        ? scheduleReply(context, request, check.request)
        : await barsReply(context, request, check.request)
    if (reply.kind === 'error') session.sendError(reqId, reply.error)
    else await session.sendFrame(reply.frame)
  }
  const accepted = requests.enqueue(reqId, work, (thrown) => failHistorical(session, reqId, thrown))
  if (!accepted) session.sendError(reqId, DUPLICATE_HISTORICAL_ID)
}

/** The data behind a request could not be read: the client learns it, and the operator of the simulator too. */
function failHistorical(session: ClientSession, reqId: number, thrown: unknown): void {
  const report = reportError(thrown)
  session.log(`request ${reqId} failed: ${report.message}`)
  session.sendError(reqId, historicalServiceError(report.message))
}

function onCancelHistoricalData(session: ClientSession, reader: FieldReader): void {
  reader.integer()
  const reqId = reader.integer()
  session.sendError(reqId, session.requests.cancel(reqId) ? cancelledError(reqId) : unknownHistoricalId(reqId))
}

function onHeadTimestamp(session: ClientSession, reader: FieldReader): void {
  const reqId = reader.integer()
  const instrument = resolveContract(session, readContract(reader))
  // Head time stamps are those of regular hours whatever is asked for.
  reader.flag()
  const whatToShow = reader.text().toUpperCase()
  const formatDate = reader.integerOrZero()
  if (formatDate !== 1 && formatDate !== 2) {
    session.sendError(reqId, validationError(`Date formatting selection of ${formatDate} rejected.`))
    return
  }
  if ('code' in instrument) {
    session.sendError(reqId, instrument)
    return
  }
  const work = async (signal: AbortSignal): Promise<void> => {
    const headTs = whatToShow === 'TRADES' ? await session.market.headTs(instrument.symbol) : null
    if (signal.aborted) return
    if (headTs === null) {
      session.sendError(reqId, historicalServiceError('No head time stamp'))
      return
    }
    session.requests.keepOpen(reqId)
    session.send([88, reqId, formatDate === 2 ? headTs : headTimestampText(headTs, session.serverVersion)])
  }
  const accepted = session.requests.enqueue(reqId, work, (thrown) => failHistorical(session, reqId, thrown))
  if (!accepted) session.sendError(reqId, DUPLICATE_HISTORICAL_ID)
}

/** In UTC: `yyyyMMdd-HH:mm:ss`, for clients that know no zones `yyyyMMdd  HH:mm:ss`. */
function headTimestampText(ts: number, serverVersion: number): string {
  return wallText(ts, 'UTC', serverVersion >= ServerVersion.InstrumentTimezone ? '-' : '  ')
}

function onCancelHeadTimestamp(session: ClientSession, reader: FieldReader): void {
  const reqId = reader.integer()
  const wasOpen = session.requests.closeStanding(reqId) || session.requests.cancel(reqId)
  if (!wasOpen) session.log(`no head time stamp request ${reqId} to cancel`)
}
