import { type ContractQuery, readContract } from '../contracts/contract-query.ts'
import type { FieldReader } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { parseRequestTime, type RequestTime } from '../wire/tws-time.ts'
import { historicalServiceError, INVALID_END_TIME, type TwsError, validationError } from '../wire/tws-errors.ts'
import { type BarSize, ILLEGAL_BAR_SIZE, parseBarSize } from './bar-size.ts'
import { type DataKind, isDataKind } from './data-kind.ts'
import { type Duration, parseDuration } from './duration.ts'

/** A historical request as it was sent (message 20). */
export interface HistoricalRequest {
  readonly reqId: number
  readonly contract: ContractQuery
  readonly endText: string
  readonly barSizeText: string
  readonly durationText: string
  readonly useRth: boolean
  readonly whatToShow: string
  readonly formatDate: number
  readonly keepUpToDate: boolean
}

/** Reads message 20 after its id. */
export function readHistoricalRequest(reader: FieldReader, serverVersion: number): HistoricalRequest {
  if (serverVersion < ServerVersion.SyntRealtimeBars) reader.integer()
  const reqId = reader.integer()
  const contract = readContract(reader)
  const endText = reader.text()
  const barSizeText = reader.text()
  const durationText = reader.text()
  const useRth = reader.flag()
  const whatToShow = reader.text().toUpperCase()
  const formatDate = reader.integerOrZero()
  if (contract.secType.toUpperCase() === 'BAG') skipLegs(reader)
  const keepUpToDate = serverVersion >= ServerVersion.SyntRealtimeBars ? reader.flag() : false
  return { reqId, contract, endText, barSizeText, durationText, useRth, whatToShow, formatDate, keepUpToDate }
}

/** The legs of a combination: a count, then contract id, ratio, action and exchange of each. */
function skipLegs(reader: FieldReader): void {
  const legs = reader.integerOrZero()
  for (let field = 0; field < legs * 4; field++) reader.text()
}

interface CheckedRange {
  readonly end: Exclude<RequestTime, { kind: 'invalid' }>
  readonly duration: Duration
}

/** A request for bars whose values TWS would accept. */
export interface CheckedBars extends CheckedRange {
  readonly kind: 'bars'
  readonly barSize: BarSize
  readonly data: DataKind
}

/** A request for the trading schedule whose values TWS would accept. */
export interface CheckedSchedule extends CheckedRange {
  readonly kind: 'schedule'
}

export type RequestCheck =
  | { readonly kind: 'accepted'; readonly request: CheckedBars | CheckedSchedule }
  | { readonly kind: 'refused'; readonly error: TwsError }

/** Everything TWS shows; of these the simulator has the kinds of bars made from trades, and SCHEDULE. */
const KNOWN_DATA = new Set([
  'TRADES',
  'MIDPOINT',
  'BID',
  'ASK',
  'BID_ASK',
  'ADJUSTED_LAST',
  'HISTORICAL_VOLATILITY',
  'OPTION_IMPLIED_VOLATILITY',
  'FEE_RATE',
  'AGGTRADES',
  'SCHEDULE',
])

/** What can be kept up to date. */
const LIVE_DATA = new Set(['TRADES', 'MIDPOINT', 'BID', 'ASK'])

/** Shortest bars that can be kept up to date, seconds. */
const SHORTEST_LIVE_BAR = 5

/** Checks the values in the order TWS does: end, duration, bar size, data, date format, live updates, schedule. */
export function checkHistoricalRequest(
  request: HistoricalRequest,
  machineZone: string,
  serverVersion: number,
): RequestCheck {
  const refused = (error: TwsError): RequestCheck => ({ kind: 'refused', error })
  const end = parseRequestTime(request.endText, machineZone)
  if (end.kind === 'invalid') return refused(INVALID_END_TIME)
  const duration = parseDuration(request.durationText)
  if (duration.kind === 'invalid') return refused(validationError(duration.cause))
  const barSize = parseBarSize(request.barSizeText)
  if (barSize.kind === 'illegal') return refused(validationError(ILLEGAL_BAR_SIZE))
  if (!KNOWN_DATA.has(request.whatToShow)) {
    return refused(validationError(`What to show value of ${request.whatToShow} rejected.`))
  }
  if (request.formatDate !== 1 && request.formatDate !== 2) {
    return refused(validationError(`Date formatting selection of ${request.formatDate} rejected.`))
  }
  if (request.keepUpToDate && end.kind !== 'now') {
    return refused(validationError('End date/time must be empty for requests that are kept up to date'))
  }
  if (request.keepUpToDate && !LIVE_DATA.has(request.whatToShow)) {
    return refused(validationError(`${request.whatToShow} cannot be kept up to date`))
  }
  if (request.whatToShow === 'ADJUSTED_LAST' && end.kind !== 'now') {
    return refused(validationError('End Date/Time is not supported for ADJUSTED_LAST'))
  }
  if (barSize.kind === 'notOffered') return refused(historicalServiceError(`invalid step: ${barSize.text}`))
  const { size } = barSize
  if (request.keepUpToDate && (size.seconds === null || size.seconds < SHORTEST_LIVE_BAR)) {
    return refused(validationError(`Bars of ${size.text} cannot be kept up to date`))
  }
  if (request.whatToShow === 'SCHEDULE') {
    if (serverVersion < ServerVersion.HistoricalSchedule) {
      return refused(validationError('Your client version is too low for:Historical Schedule requests'))
    }
    if (size.seconds !== null) {
      return refused(validationError('Only daily resolution supported for Schedule requests'))
    }
    return { kind: 'accepted', request: { kind: 'schedule', end, duration: duration.duration } }
  }
  if (!isDataKind(request.whatToShow)) {
    return refused(historicalServiceError(`No ${request.whatToShow} data is offered by this server`))
  }
  return {
    kind: 'accepted',
    request: { kind: 'bars', end, duration: duration.duration, barSize: size, data: request.whatToShow },
  }
}
