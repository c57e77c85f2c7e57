import { reportError } from '#shared/errors.ts'
import type { ClientSession } from '../client-session.ts'
import { waitUntil } from '../clock.ts'
import type { Instrument } from '../contracts/instrument.ts'
import { requestedInstrument } from '../contracts/requested-instrument.ts'
import { deliverBars, distortRows, faultOf } from '../faults/faulty-delivery.ts'
import { claimedError } from '../faults/historical-errors.ts'
import { updatedBars } from '../live/updated-bars.ts'
import { marketZone } from '../market.ts'
import { admitHistorical } from '../pacing/admit-request.ts'
import type { ReplyFault } from '../scenario/fault-schema.ts'
import type { FieldReader } from '../wire/message-fields.ts'
import { ServerVersion } from '../wire/server-versions.ts'
import { HISTORY_DISCONNECTED } from '../wire/service-notices.ts'
import {
  cancelledError,
  DUPLICATE_HISTORICAL_ID,
  historicalServiceError,
  IMPLIED_ZONE_WARNING,
  unknownHistoricalId,
} from '../wire/tws-errors.ts'
import { type CheckedBars, type CheckedSchedule, checkHistoricalRequest } from './historical-request.ts'
import { type HistoricalRequest, readHistoricalRequest } from './historical-request.ts'
import { type BarsDistortion, barsReply, type ReplyContext } from './historical-reply.ts'
import { scheduleReply } from './schedule-reply.ts'

/** A historical request that is right, with everything that has a part in its answer. */
interface Order {
  readonly request: HistoricalRequest
  readonly checked: CheckedBars | CheckedSchedule
  readonly instrument: Instrument
  readonly faults: readonly ReplyFault[]
  /** Time the request waits because there are so many, milliseconds. */
  readonly pacedMs: number
}

/** Message 20: checks a historical request, applies pacing and faults, and opens it. */
export function onHistoricalData(session: ClientSession, reader: FieldReader): void {
  const { serverVersion, market, requests, live } = session
  const request = readHistoricalRequest(reader, serverVersion)
  session.noteHistorical(request)
  const { reqId } = request
  const requested = requestedInstrument(session, request.contract)
  // A time without a zone is on the clock of the machine TWS runs on, which stands at the exchange.
  const check = checkHistoricalRequest(request, marketZone(market), serverVersion)
  if (check.kind === 'refused') {
    session.sendError(reqId, check.error)
    return
  }
  if (requested.kind === 'refused') {
    session.sendError(reqId, requested.error)
    return
  }
  if (requests.has(reqId) || live.has(reqId)) {
    session.sendError(reqId, DUPLICATE_HISTORICAL_ID)
    return
  }
  const { instrument, warning } = requested
  const { request: checked } = check
  const admission = admitHistorical(session, request, checked, instrument)
  if (admission === null) return
  if (warning !== null) session.sendError(reqId, warning)
  if (checked.end.kind === 'at' && !checked.end.zoneNamed && serverVersion >= ServerVersion.InstrumentTimezone) {
    session.sendError(reqId, IMPLIED_ZONE_WARNING)
  }
  const { connection } = session
  const faults = session.faults.onRequest({ connection, reqId, symbol: instrument.symbol })
  const claimed = faultOf(faults, 'historicalError')
  if (claimed !== undefined) {
    if (claimed.meaning === 'pacingViolation') {
      session.pacing.note('tenMinuteWindow', { clientId: session.clientId(), reqId }, true)
    }
    session.sendError(reqId, claimedError(claimed.meaning, request, instrument))
    return
  }
  if (isRefusedByOutage(session, reqId)) return
  const order: Order = { request, checked, instrument, faults, pacedMs: admission.delayMs }
  requests.open(reqId, {
    ready: untilReady(session, order),
    answer: (signal) => answer(session, order, signal),
    onFailure: (thrown) => failHistorical(session, reqId, thrown),
  })
}

/** Answers with an error when the history farm is down and does not let requests hang. */
function isRefusedByOutage(session: ClientSession, reqId: number): boolean {
  const { historyOutage } = session.service
  if (historyOutage === null || historyOutage === 'hang') return false
  const error =
    historyOutage === 'error165' ? HISTORY_DISCONNECTED : historicalServiceError('HMDS server disconnect occurred.')
  session.sendError(reqId, error)
  return true
}

/** What a request waits for before its answer is made; undefined when nothing holds it up at the moment. */
function untilReady(session: ClientSession, order: Order): ((signal: AbortSignal) => Promise<void>) | undefined {
  const { clock, service, requests } = session
  const delayMs = order.pacedMs + (faultOf(order.faults, 'slowReply')?.delayMs ?? 0)
  const reordered = faultOf(order.faults, 'reorderedReply')
  if (delayMs === 0 && reordered === undefined && service.isServing) return undefined
  return async (signal) => {
    if (delayMs > 0) await waitUntil(clock, clock.nowMs() + delayMs, signal)
    if (reordered !== undefined) {
      const enough = new AbortController()
      const timeout = waitUntil(clock, clock.nowMs() + reordered.atMostMs, AbortSignal.any([signal, enough.signal]))
      // The one that does not come first is taken back, which is no failure.
      await Promise.race([requests.nextAnswer(), timeout.catch(() => undefined)])
      enough.abort()
    }
    await service.whenServing(signal)
  }
}

async function answer(session: ClientSession, order: Order, signal: AbortSignal): Promise<void> {
  const { request, checked, instrument, faults } = order
  const { reqId } = request
  const nowTs = session.nowTs()
  const context: ReplyContext = {
    market: session.market,
    instrument,
    serverVersion: session.serverVersion,
    nowTs,
    signal,
  }
  if (checked.kind === 'schedule') {
    const reply = scheduleReply(context, request, checked)
    if (reply.kind === 'error') session.sendError(reqId, reply.error)
    else await session.output.send(reply.frame)
    return
  }
  const reply = await barsReply(context, request, checked, distortionOf(session, order))
  // The line to the broker may have gone while the bars were read.
  await session.service.whenServing(signal)
  if (reply.kind === 'error') {
    session.sendError(reqId, reply.error)
    return
  }
  await deliverBars(session, distortRows(reply.answer, faults), faults, `${session.faults.seed} ${reqId}`)
  if (request.keepUpToDate && !signal.aborted) keepUpToDate(session, order, checked, nowTs)
}

/** What is wrong with the bars of this answer on purpose. */
function distortionOf(session: ClientSession, { request, instrument, faults }: Order): BarsDistortion {
  const { symbol, minTick } = instrument
  let isNoted = false
  return {
    inLots: session.service.volumeInLots,
    shiftDays: faultOf(faults, 'wrongRange')?.days ?? 0,
    revise: (date, minutes) => {
      const { bars, isRevised } = session.revisions.revise(symbol, date, minutes, minTick)
      if (isRevised && !isNoted) {
        isNoted = true
        session.faults.note('revisedHistory', { connection: session.connection, reqId: request.reqId, symbol })
      }
      return bars
    },
  }
}

function keepUpToDate(session: ClientSession, order: Order, checked: CheckedBars, toldTs: number): void {
  const { request, instrument } = order
  const { seconds } = checked.barSize
  if (seconds === null) return
  const { market, service, serverVersion, updatePeriodMs } = session
  const series = { market, instrument, seconds, kind: checked.data, useRth: request.useRth }
  session.live.start(
    request.reqId,
    updatedBars({
      reqId: request.reqId,
      formatDate: request.formatDate,
      serverVersion,
      startMs: toldTs * 1000,
      periodMs: updatePeriodMs,
      series: () => ({ ...series, inLots: service.volumeInLots }),
    }),
  )
}

/** The data behind a request could not be read: the client learns it, and the operator of the simulator too. */
export function failHistorical(session: ClientSession, reqId: number, thrown: unknown): void {
  const report = reportError(thrown)
  session.log(`request ${reqId} failed: ${report.message}`)
  session.sendError(reqId, historicalServiceError(report.message))
}

/** Message 25: takes back a historical request, or ends the updates of one. */
export function onCancelHistoricalData(session: ClientSession, reader: FieldReader): void {
  reader.integer()
  const reqId = reader.integer()
  const wasOpen = session.requests.cancel(reqId) || session.live.stop(reqId)
  session.sendError(reqId, wasOpen ? cancelledError(reqId) : unknownHistoricalId(reqId))
}
