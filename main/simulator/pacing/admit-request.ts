import type { ClientSession } from '../client-session.ts'
import type { Instrument } from '../contracts/instrument.ts'
import { isSmallBar } from '../history/bar-size.ts'
import type { CheckedBars, CheckedSchedule, HistoricalRequest } from '../history/historical-request.ts'
import { PACING_VIOLATION, tooManyOpenRequests } from '../wire/tws-errors.ts'
import type { PacingVerdict } from './pacing.ts'
import type { PacedRequest } from './small-bar-pacer.ts'

/** BID_ASK takes two series and counts as two requests. */
const weightOf = (whatToShow: string): number => (whatToShow === 'BID_ASK' ? 2 : 1)

/** A request for a series of an instrument as the pacing sees it; `details` is all else that tells it from others. */
export function pacedRequest(
  instrument: Instrument,
  exchange: string,
  whatToShow: string,
  details: readonly (string | number | boolean)[],
): PacedRequest {
  const series = `${instrument.conId} ${exchange.toUpperCase()} ${whatToShow}`
  return { series, identity: [series, ...details].join(' '), weight: weightOf(whatToShow) }
}

/** Applies pacing to a historical request; answers and returns null when it is refused. */
export function admitHistorical(
  session: ClientSession,
  request: HistoricalRequest,
  checked: CheckedBars | CheckedSchedule,
  instrument: Instrument,
): { readonly delayMs: number } | null {
  const { reqId, contract, whatToShow, endText, durationText, barSizeText, useRth, formatDate, keepUpToDate } = request
  const requester = { clientId: session.clientId(), reqId }
  const isSmall = checked.kind === 'bars' && isSmallBar(checked.barSize)
  const details = [endText, durationText, barSizeText.toLowerCase(), useRth, formatDate, keepUpToDate]
  const verdict = isSmall
    ? session.pacing.admitSmall(pacedRequest(instrument, contract.exchange, whatToShow, details), requester)
    : session.pacing.admitLarge(requester)
  return admission(session, reqId, verdict) && admitOpen(session, reqId) ? verdictDelay(verdict) : null
}

/** Applies pacing to a request for a head time stamp; answers and returns false when it is refused. */
export function admitHeadTimestamp(session: ClientSession, reqId: number, request: PacedRequest): boolean {
  const verdict = session.pacing.admitSmall(request, { clientId: session.clientId(), reqId })
  return admission(session, reqId, verdict) && admitOpen(session, reqId)
}

function admitOpen(session: ClientSession, reqId: number): boolean {
  const requester = { clientId: session.clientId(), reqId }
  return admission(session, reqId, session.pacing.admitOpen(session.countOpenRequests(), requester))
}

const verdictDelay = (verdict: PacingVerdict): { readonly delayMs: number } => ({
  delayMs: verdict.kind === 'served' ? verdict.delayMs : 0,
})

/** Whether the request may go on; if not, it is answered. */
function admission(session: ClientSession, reqId: number, verdict: PacingVerdict): boolean {
  if (verdict.kind === 'served') return true
  if (verdict.rule === 'abuse') session.disconnect('too many historical requests')
  else if (verdict.rule === 'openRequests') {
    session.sendError(reqId, tooManyOpenRequests(session.pacing.limits?.openRequests ?? 0))
  } else session.sendError(reqId, PACING_VIOLATION)
  return false
}
