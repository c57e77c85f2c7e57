/** Codes and texts of the errors that the simulator answers with, worded as TWS words them. */

export interface TwsError {
  readonly code: number
  readonly text: string
}

const HMDS = 'Historical Market Data Service error message:'

/** 162: the historical data service cannot or will not answer. */
export function historicalServiceError(detail: string): TwsError {
  return { code: 162, text: `${HMDS}${detail}` }
}

/** 162: the range holds no bars. `chart` is what TWS calls the series, for example `SPY@SMART Trades`. */
export function noDataError(chart: string): TwsError {
  return historicalServiceError(`HMDS query returned no data: ${chart}`)
}

/** 162: answer to a cancelled historical request. */
export function cancelledError(reqId: number): TwsError {
  return historicalServiceError(`API historical data query cancelled: ${reqId}`)
}

/** 321: a request with a value that is not allowed. */
export function validationError(cause: string): TwsError {
  return { code: 321, text: `Error validating request.-'bM' : cause - ${cause}` }
}

/** 162: too many requests for small bars. */
export const PACING_VIOLATION: TwsError = historicalServiceError('Historical data request pacing violation')

/** 162: the account is logged in from elsewhere and the data goes there. */
export const DIFFERENT_IP: TwsError = historicalServiceError(
  'Trading TWS session is connected from a different IP address',
)

/** 162: the account has not subscribed to the data of `venue`, for example `ISLAND STK`. */
export function noPermissionError(venue: string): TwsError {
  return historicalServiceError(`No market data permissions for ${venue}`)
}

export const UNKNOWN_CONTRACT: TwsError = {
  code: 200,
  text: 'No security definition has been found for the request',
}

export function ambiguousContract(symbol: string): TwsError {
  return { code: 200, text: `The contract description specified for ${symbol} is ambiguous.` }
}

export function unreadableRequest(messageId: string, detail: string): TwsError {
  return { code: 320, text: `Error reading request:Message type ${messageId}. Unable to parse data. ${detail}` }
}

/** 322: a request that could be read and could not be carried out. */
export function processingError(cause: string): TwsError {
  return { code: 322, text: `Error processing request.-'bM' : cause - ${cause}` }
}

export const DUPLICATE_HISTORICAL_ID = processingError('Duplicate ticker ID for API historical data query')

export function tooManyOpenRequests(max: number): TwsError {
  return processingError(`Only ${max} simultaneous API historical data requests allowed.`)
}

export const CLIENT_ID_IN_USE: TwsError = {
  code: 326,
  text: 'Unable to connect as the client id is already in use. Retry with a unique client id.',
}

export function unknownHistoricalId(reqId: number): TwsError {
  return { code: 366, text: `No historical data query found for ticker id:${reqId}` }
}

/** Warning; the request is served. */
export const IMPLIED_ZONE_WARNING: TwsError = {
  code: 2174,
  text:
    'Warning: You submitted request with date-time attributes without explicit time zone. Please switch to use ' +
    'yyyymmdd-hh:mm:ss in UTC or use instrument time zone, like US/Eastern. Implied time zone functionality will be ' +
    'removed in the next API release',
}

export const INVALID_END_TIME: TwsError = {
  code: 10314,
  text:
    'End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx ' +
    'where xx/xxxx is the time zone, e.g. 20031126 15:59:00 US/Eastern, or yyyymmdd-hh:mm:ss in UTC.',
}
