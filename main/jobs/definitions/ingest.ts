import type { Session } from '#shared/calendar/calendar.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { IngestParams } from '#shared/jobs/job-kinds.ts'
import type { SessionDate } from '#shared/time.ts'
import type { BarSeries } from '#main/stores/raw-types.ts'
import { countUnfinished, isFinal, type PlanInput, planIngest } from '#main/tws/ingest/plan-ingest.ts'
import { ingestPieces } from '#main/tws/ingest/tws-ingestor.ts'
import type { JobDefinition } from '../job-definition.ts'
import type { JobServices } from '../job-services.ts'
import { hoursGroupOf } from '../hours-group.ts'
import { selectedDates, selectedSymbols } from '../selection.ts'
import { datesWithDailyBar } from './daily-bars.ts'
import { ingestProgress } from './ingest-progress.ts'

/** What a run over these symbols and dates would look at. Throws NO_SESSIONS, UNKNOWN_SYMBOL, BAD_ARGUMENTS, CALENDAR_HORIZON. */
export function ingestPlanInput(
  params: Pick<IngestParams, 'symbols' | 'from' | 'to' | 'refetch' | 'flagged'>,
  services: JobServices,
): PlanInput {
  const { from, to } = selectedDates(params)
  const series = seriesOf(services)
  const fetched = new Map<string, ReadonlyMap<string, unknown>>()
  const wanted = selectedSymbols(params, services).map((symbol) => {
    fetched.set(symbol, services.stores.raw.fetchedSessions(symbol, series))
    return { symbol, sessions: services.calendarOf(symbol).sessionsBetween(from, to) }
  })
  if (wanted.every(({ sessions }) => sessions.length === 0)) {
    const calendars = [...new Set(wanted.map(({ symbol }) => services.calendarOf(symbol).id))].join(', ')
    throw new SwitchyardError('NO_SESSIONS', `There is no trading session from ${from} to ${to} (${calendars}).`, {
      hint: 'Choose dates on which the exchange was open.',
    })
  }
  const due = params.flagged ? dueRefetches(params, services) : undefined
  return {
    wanted,
    fetched: (symbol, date) =>
      due === undefined
        ? !params.refetch && fetched.get(symbol)?.has(date) === true
        : due.get(symbol)?.has(date) !== true,
    useRth: series.useRth,
    maxBarsPerRequest: services.config.tws.maxBarsPerRequest,
    nowTs: Math.floor(services.nowMs() / 1000),
  }
}

/** The wanted sessions of a symbol that are stored with bars and of which there is no daily bar. */
function withoutDailyBar(symbol: string, { wanted }: PlanInput, services: JobServices): readonly Session[] {
  const stored = services.stores.raw.fetchedSessions(symbol, seriesOf(services))
  const daily = datesWithDailyBar(symbol, services)
  const sessions = wanted.find((entry) => entry.symbol === symbol)?.sessions ?? []
  return sessions.filter(({ date }) => (stored.get(date)?.bars ?? 0) > 0 && !daily.has(date))
}

/** Sessions are asked for again at most so often because of a rule; what the broker says then is how it is. */
const MOST_REFETCHES = 5

/** Wait after the first refetch of a session; it doubles with every further one. */
const REFETCH_DELAY_MS = 3_600_000

/** The sessions of which a rule wants another answer and whose time has come, by symbol. */
function dueRefetches(
  params: Pick<IngestParams, 'symbols' | 'from' | 'to'>,
  services: JobServices,
): ReadonlyMap<string, ReadonlySet<SessionDate>> {
  const { curated, raw } = services.stores
  const symbols = selectedSymbols(params, services)
  const due = new Map(symbols.map((symbol) => [symbol, new Set<SessionDate>()]))
  const asked = new Map(symbols.map((symbol) => [symbol, raw.fetches.refetches(symbol)]))
  for (const { symbol, sessionDate, refetch } of curated.qualities({ symbols, ...selectedDates(params) })) {
    if (!refetch) continue
    const { count, lastMs } = asked.get(symbol)?.get(sessionDate) ?? { count: 0, lastMs: -Infinity }
    if (count >= MOST_REFETCHES || services.nowMs() < lastMs + (count === 0 ? 0 : REFETCH_DELAY_MS * 2 ** (count - 1)))
      continue
    due.get(symbol)?.add(sessionDate)
  }
  return due
}

export function seriesOf(services: JobServices): BarSeries {
  return services.config.canonical
}

const NOTHING_FETCHED = {
  requests: 0,
  bars: 0,
  sessionsFetched: 0,
  withoutData: [],
  short: [],
  failed: [],
  retries: 0,
  revisedSessions: 0,
  scheduleDifferences: [],
}

export const ingestJob: JobDefinition<'ingest'> = {
  kind: 'ingest',
  title: 'Ingest from TWS',
  lane: 'raw',
  controls: ['pause', 'drain'],
  steps: [
    { title: 'Connecting to TWS', weight: 1 },
    { title: 'Fetching bars', weight: 50 },
  ],
  check: (params, services) => {
    const input = ingestPlanInput(params, services)
    if (!input.wanted.some(({ sessions }) => sessions.some((session) => isFinal(session, input)))) {
      throw new SwitchyardError('NO_SESSIONS', `No session from ${params.from} to ${params.to} has ended yet.`, {
        hint: 'Bars are final shortly after the close; choose earlier dates or wait.',
      })
    }
  },
  run: async (params, context) => {
    const { services, signal, report, control, attempt } = context
    const input = ingestPlanInput(params, services)
    const pieces = planIngest(input)
    const sessionsAlreadyStored = input.wanted.reduce(
      (sum, { symbol, sessions }) => sum + sessions.filter(({ date }) => input.fetched(symbol, date)).length,
      0,
    )
    const known = { sessionsAlreadyStored, sessionsNotFinished: countUnfinished(input) }
    // One that was being drained when the engine stopped has nothing under way any more.
    if (pieces.length === 0 || control.state === 'drain') {
      const sessionsLeft = pieces.reduce((sum, { sessions }) => sum + sessions.length, 0)
      return { ...NOTHING_FETCHED, sessionsLeft, ...known }
    }
    const { tws } = services.config
    const elsewhere = params.host !== undefined || params.port !== undefined
    const client = elsewhere
      ? services.openTwsClient({ host: params.host ?? tws.host, port: params.port ?? tws.port })
      : services.twsClient
    const { stop, ...listeners } = ingestProgress(context, 1)
    try {
      report(0, 0)
      // A run that goes on after a restart was wanted by someone who is no longer there to start TWS and try again.
      if (params.waitForTws || attempt > 1) await client.awaitReady(signal)
      else await client.connect(signal)
      const fetched = await ingestPieces({
        client,
        raw: services.stores.raw,
        series: seriesOf(services),
        pieces,
        purpose: params.refetch || params.flagged ? 'refetch' : 'fetch',
        priority: 'backfill',
        contractOf: (symbol) => services.symbolConfig(symbol).contract,
        hoursGroupOf: (symbol) => hoursGroupOf(services.symbolConfig(symbol)),
        isSession: (symbol, date) => services.calendarOf(symbol).session(date) !== null,
        withoutDailyBar: (symbol) => withoutDailyBar(symbol, input, services),
        maxConcurrentRequests: tws.maxConcurrentRequests,
        verify: tws.verify,
        activity: services.activity,
        nowMs: services.nowMs,
        signal,
        control,
        ...listeners,
      })
      return { ...fetched, ...known }
    } finally {
      stop()
      // Also after a failure: what had come by then is stored.
      services.publish({ kind: 'layer', layer: 'raw' })
      if (elsewhere) await client.disconnect()
    }
  },
  // What a drained run leaves is not there: who goes on with its bars must hear of it.
  hasFindings: (result) =>
    [result.withoutData, result.failed, result.scheduleDifferences].some((list) => list.length > 0) ||
    // Minutes in which nobody traded are how a thin name is.
    result.short.some(({ cause }) => cause !== 'no-trades') ||
    result.sessionsLeft > 0 ||
    result.revisedSessions > 0,
  summary: (result) => {
    const { requests, sessionsLeft, sessionsNotFinished } = result
    const done =
      requests === 0 && sessionsLeft === 0
        ? `Everything was there already: ${result.sessionsAlreadyStored} sessions.`
        : `${result.bars} bars of ${result.sessionsFetched} sessions in ${requests} requests.`
    const are = (count: number): string => `${count} ${count === 1 ? 'session is' : 'sessions are'}`
    const left = sessionsLeft === 0 ? '' : ` Drained: ${are(sessionsLeft)} left.`
    const waiting = sessionsNotFinished === 0 ? '' : ` ${are(sessionsNotFinished)} not over yet.`
    return done + left + waiting
  },
}
