import type { Session } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { pieceOf } from '#main/tws/ingest/plan-ingest.ts'
import { SymbolPreparation } from '#main/tws/ingest/prepare-symbol.ts'
import { ingestPieces } from '#main/tws/ingest/tws-ingestor.ts'
import { followLive } from '#main/tws/live/live-run.ts'
import type { JobContext, JobDefinition } from '../job-definition.ts'
import { selectedSymbols } from '../selection.ts'
import { hoursGroupOf } from '../hours-group.ts'
import { seriesOf } from './ingest.ts'

/** A session that is fetched again from history: nobody steers that. */
const ALWAYS_ON = {
  state: 'run',
  waitWhilePaused: () => Promise.resolve(),
  onChange: () => () => undefined,
} as const

/** Follows bars as they are made, session after session. */
export const liveJob: JobDefinition<'live'> = {
  kind: 'live',
  title: 'Live bars',
  lane: 'live',
  controls: [],
  isService: true,
  steps: [{ title: 'Following live bars', weight: 1 }],
  check: (params, services) => {
    selectedSymbols(params, services)
    if (services.config.canonical.whatToShow === 'TRADES') return
    throw new SwitchyardError('BAD_ARGUMENTS', 'Live bars can be followed for TRADES only.')
  },
  run: async (params, context) => {
    const { services, signal, report } = context
    const { config, stores, clock, twsClient } = services
    const symbols = selectedSymbols(params, services)
    await twsClient.awaitReady(signal)
    // Anew for each session: what could not be found out at one open is no answer for the next.
    const preparation = (): SymbolPreparation =>
      new SymbolPreparation({
        client: twsClient,
        raw: stores.raw,
        series: seriesOf(services),
        contractOf: (symbol) => services.symbolConfig(symbol).contract,
        hoursGroupOf: (symbol) => hoursGroupOf(services.symbolConfig(symbol)),
        isSession: (symbol, date) => services.calendarOf(symbol).session(date) !== null,
        // Contracts only: the hours are needed when the session is over.
        wanted: new Map(),
        nowMs: services.nowMs,
        signal,
        persist: (call) => call(),
      })
    return followLive({
      client: twsClient,
      raw: stores.raw,
      series: seriesOf(services),
      config: config.tws.live,
      clock,
      board: services.live,
      signal,
      symbols,
      calendarOf: services.calendarOf,
      resolve: async (symbol) => (await preparation().prepare(symbol)).contract,
      reconcile: (symbol, session) => reconcile(symbol, session, context),
      untilSession: params.untilSession,
      onProgress: ({ bars, sessions }) => {
        services.publish({ kind: 'layer', layer: 'raw' })
        // It has no end of its own; what it has done is told in words.
        report(0, 0, { detail: `${symbols.length} symbols, ${bars} bars, ${sessions} sessions closed` })
      },
    })
  },
  hasFindings: (result) => result.failed.length > 0 || result.revisedSessions > 0,
  summary: ({ bars, sessions, interruptions }) =>
    `${bars} live bars, ${sessions} sessions closed, ${interruptions} interruptions.`,
}

async function reconcile(
  symbol: string,
  session: Session,
  { services, signal }: JobContext,
): Promise<{ revised: boolean; failed?: string }> {
  const series = seriesOf(services)
  const { tws } = services.config
  const { failed, revisedSessions } = await ingestPieces({
    client: services.twsClient,
    raw: services.stores.raw,
    series,
    pieces: [pieceOf(symbol, [session], series.useRth)],
    purpose: 'reconcile',
    priority: 'live',
    contractOf: (name) => services.symbolConfig(name).contract,
    hoursGroupOf: (name) => hoursGroupOf(services.symbolConfig(name)),
    isSession: (name, date) => services.calendarOf(name).session(date) !== null,
    maxConcurrentRequests: 1,
    verify: tws.verify,
    activity: services.activity,
    nowMs: services.nowMs,
    signal,
    control: ALWAYS_ON,
    onProgress: () => undefined,
    onUnderWay: () => undefined,
  })
  return { revised: revisedSessions > 0, ...(failed[0] === undefined ? {} : { failed: failed[0].reason }) }
}
