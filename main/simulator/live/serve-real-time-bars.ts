import type { ClientSession } from '../client-session.ts'
import { readLiveContract } from '../contracts/contract-query.ts'
import { requestedInstrument } from '../contracts/requested-instrument.ts'
import { isDataKind } from '../history/data-kind.ts'
import { pacedRequest } from '../pacing/admit-request.ts'
import type { FieldReader } from '../wire/message-fields.ts'
import { realTimeQueryError } from '../wire/service-notices.ts'
import { DUPLICATE_HISTORICAL_ID, validationError } from '../wire/tws-errors.ts'
import { REAL_TIME_BAR_SECONDS, realTimeBars } from './real-time-bars.ts'

/** What real-time bars can show. */
const REAL_TIME_DATA = new Set(['TRADES', 'MIDPOINT', 'BID', 'ASK'])

/** Message 50: bars of five seconds as they end. New requests count with those for small bars; too many are error 420. */
export function onRealTimeBars(session: ClientSession, reader: FieldReader): void {
  const { market, service, live, requests } = session
  reader.integer()
  const reqId = reader.integer()
  const contract = readLiveContract(reader)
  const requested = requestedInstrument(session, contract)
  // The length is asked for and not looked at: there is one.
  reader.integerOrZero()
  const kind = reader.text().toUpperCase()
  const useRth = reader.flag()
  if (!REAL_TIME_DATA.has(kind) || !isDataKind(kind)) {
    session.sendError(reqId, validationError(`What to show value of ${kind} rejected.`))
    return
  }
  if (requested.kind === 'refused') {
    session.sendError(reqId, requested.error)
    return
  }
  if (live.has(reqId) || requests.has(reqId)) {
    session.sendError(reqId, DUPLICATE_HISTORICAL_ID)
    return
  }
  const { instrument, warning } = requested
  const paced = pacedRequest(instrument, contract.exchange, kind, ['real time', useRth])
  if (session.pacing.admitSmall(paced, { clientId: session.clientId(), reqId }).kind === 'refused') {
    session.sendError(reqId, realTimeQueryError('Historical data request pacing violation'))
    return
  }
  if (warning !== null) session.sendError(reqId, warning)
  const series = { market, instrument, seconds: REAL_TIME_BAR_SECONDS, kind, useRth }
  live.start(
    reqId,
    realTimeBars(reqId, () => ({ ...series, inLots: service.volumeInLots })),
  )
}

/** Message 51: ends real-time bars; nothing is answered. */
export function onCancelRealTimeBars(session: ClientSession, reader: FieldReader): void {
  reader.integer()
  const reqId = reader.integer()
  if (!session.live.stop(reqId)) session.log(`no real-time bars ${reqId} to cancel`)
}
