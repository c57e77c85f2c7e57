import { noPermissionFor } from '../contracts/requested-instrument.ts'
import type { Instrument } from '../contracts/instrument.ts'
import { isDataKind, SERIES_NAMES } from '../history/data-kind.ts'
import type { HistoricalRequest } from '../history/historical-request.ts'
import type { HISTORICAL_ERRORS } from '../scenario/fault-schema.ts'
import {
  cancelledError,
  DIFFERENT_IP,
  historicalServiceError,
  noDataError,
  PACING_VIOLATION,
  processingError,
  type TwsError,
  unknownHistoricalId,
} from '../wire/tws-errors.ts'

/** The error with which a request ends that was right, worded as if it were not. */
export function claimedError(
  meaning: (typeof HISTORICAL_ERRORS)[number],
  request: HistoricalRequest,
  instrument: Instrument,
): TwsError {
  switch (meaning) {
    case 'pacingViolation':
      return PACING_VIOLATION
    case 'noData': {
      const series = isDataKind(request.whatToShow) ? SERIES_NAMES[request.whatToShow] : 'Schedule'
      return noDataError(`${instrument.contractSymbol}@${instrument.exchange} ${series}`)
    }
    case 'queryCancelled':
      return cancelledError(request.reqId)
    case 'differentIp':
      return DIFFERENT_IP
    case 'invalidStep':
      return historicalServiceError(`invalid step: ${request.barSizeText}`)
    case 'noPermission':
      return noPermissionFor(instrument)
    case 'processingError':
      return processingError('The request cannot be processed now')
    case 'unknownId':
      return unknownHistoricalId(request.reqId)
    default:
      return meaning satisfies never
  }
}
