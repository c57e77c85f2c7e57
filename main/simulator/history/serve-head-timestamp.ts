import type { ClientSession } from '../client-session.ts'
import { readContract } from '../contracts/contract-query.ts'
import { requestedInstrument } from '../contracts/requested-instrument.ts'
import { admitHeadTimestamp, pacedRequest } from '../pacing/admit-request.ts'
import type { FieldReader } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { DUPLICATE_HISTORICAL_ID, historicalServiceError, validationError } from '../wire/tws-errors.ts'
import { wallText } from '../wire/tws-time.ts'
import { isDataKind } from './data-kind.ts'
import { failHistorical } from './serve-historical.ts'

/** Message 87: the time of the earliest bar there is; the request stays open until it is taken back. */
export function onHeadTimestamp(session: ClientSession, reader: FieldReader): void {
  const { requests, service } = session
  const reqId = reader.integer()
  const contract = readContract(reader)
  const requested = requestedInstrument(session, contract)
  // Head time stamps are those of regular hours whatever is asked for.
  const useRth = reader.flag()
  const whatToShow = reader.text().toUpperCase()
  const formatDate = reader.integerOrZero()
  if (formatDate !== 1 && formatDate !== 2) {
    session.sendError(reqId, validationError(`Date formatting selection of ${formatDate} rejected.`))
    return
  }
  if (requested.kind === 'refused') {
    session.sendError(reqId, requested.error)
    return
  }
  if (requests.has(reqId)) {
    session.sendError(reqId, DUPLICATE_HISTORICAL_ID)
    return
  }
  const { instrument } = requested
  const paced = pacedRequest(instrument, contract.exchange, whatToShow, ['head', useRth, formatDate])
  if (!admitHeadTimestamp(session, reqId, paced)) return
  const answer = async (signal: AbortSignal): Promise<void> => {
    const headTs = isDataKind(whatToShow) ? await session.market.headTs(instrument.symbol) : null
    if (signal.aborted) return
    if (headTs === null) {
      session.sendError(reqId, historicalServiceError('No head time stamp'))
      return
    }
    requests.keepOpen(reqId)
    session.send([88, reqId, formatDate === 2 ? headTs : headTimestampText(headTs, session.serverVersion)])
  }
  const onFailure = (thrown: unknown): void => failHistorical(session, reqId, thrown)
  const ready = service.isServing ? {} : { ready: (signal: AbortSignal) => service.whenServing(signal) }
  requests.open(reqId, { ...ready, answer, onFailure })
}

/** In UTC: `yyyyMMdd-HH:mm:ss`, for clients that know no zones `yyyyMMdd  HH:mm:ss`. */
function headTimestampText(ts: number, serverVersion: number): string {
  return wallText(ts, 'UTC', serverVersion >= ServerVersion.InstrumentTimezone ? '-' : '  ')
}

/** Message 90: takes back a request for a head time stamp. */
export function onCancelHeadTimestamp(session: ClientSession, reader: FieldReader): void {
  const reqId = reader.integer()
  const wasOpen = session.requests.closeStanding(reqId) || session.requests.cancel(reqId)
  if (!wasOpen) session.log(`no head time stamp request ${reqId} to cancel`)
}
