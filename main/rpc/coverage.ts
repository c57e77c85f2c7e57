import type { Session } from '#shared/calendar/calendar.ts'
import { expectedMinutes } from '#shared/calendar/session-hours.ts'
import type { Coverage, CoverageState, IngestPlan, SessionFetch } from '#shared/contract/ingest.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { IngestParams } from '#shared/jobs/job-kinds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { ingestPlanInput } from '#main/jobs/definitions/ingest.ts'
import type { SessionState } from '#main/stores/fetch-log.ts'
import { isFinal, type PlanInput, previewPlan } from '#main/tws/ingest/plan-ingest.ts'
import { hoursOf, missingRuns, sessionMinutes } from '#main/tws/ingest/session-hours.ts'

/** How many of the latest requests the estimate is made from. */
const RECENT_REQUESTS = 50

/** What a run would fetch and how long it would take, without asking TWS. */
export function planOf(
  engine: Engine,
  params: Pick<IngestParams, 'symbols' | 'from' | 'to' | 'refetch' | 'flagged'>,
): IngestPlan {
  const { services, stores, config } = engine
  const input = ingestPlanInput(params, services)
  const plan = previewPlan({ ...input, knownAbsent: knownAbsentFrom(engine, input) }, params.from, params.to)
  const durations = stores.raw.fetches.latestDurationsMs(RECENT_REQUESTS).toSorted((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)]
  const { whatToShow } = config.canonical
  return {
    ...plan,
    symbols: plan.symbols.map((entry) => {
      const headTs = stores.raw.fetches.head(entry.symbol, whatToShow)
      return headTs === undefined ? entry : { ...entry, headTs }
    }),
    ...(median === undefined
      ? {}
      : { estimatedMs: Math.round((plan.requests * median) / Math.max(1, config.tws.maxConcurrentRequests)) }),
  }
}

/** Tells from earlier answers which of the wanted sessions the broker does not have. */
function knownAbsentFrom(engine: Engine, { wanted }: PlanInput): NonNullable<PlanInput['knownAbsent']> {
  const { fetches } = engine.stores.raw
  const known = new Map(
    wanted.map(({ symbol, sessions }) => {
      const [first, last] = [sessions[0], sessions[sessions.length - 1]]
      const schedule = first === undefined ? undefined : fetches.schedule(symbol, true, first.date, last.date)
      return [symbol, { schedule, headTs: fetches.head(symbol, engine.config.canonical.whatToShow) ?? -Infinity }]
    }),
  )
  return (symbol, session) => {
    const { schedule, headTs = -Infinity } = known.get(symbol) ?? {}
    if (session.closeTs <= headTs) return true
    // What was asked before a session was over says nothing about it.
    return (
      schedule !== undefined && schedule.askedAtMs / 1000 >= session.closeTs && !schedule.sessions.has(session.date)
    )
  }
}

/** How far each session of the range is fetched. */
export function coverageOf(engine: Engine, params: Pick<IngestParams, 'symbols' | 'from' | 'to'>): Coverage {
  const { services, stores, config } = engine
  const input = ingestPlanInput({ ...params, refetch: false, flagged: false }, services)
  const dates = [...new Set(input.wanted.flatMap(({ sessions }) => sessions.map(({ date }) => date)))].toSorted()
  return {
    sessions: dates,
    rows: input.wanted.map(({ symbol, sessions }) => {
      const states = stores.raw.fetches.sessionStates(symbol, config.canonical, params.from, params.to)
      const byDate = new Map(sessions.map((session) => [session.date, session]))
      const cells = dates.map((date) => {
        const session = byDate.get(date)
        if (session === undefined) return null
        const known = states.get(date)
        const running = services.activity.isRunning(symbol, date)
        return {
          state: running ? ('running' as const) : stateOf(session, known, input),
          bars: known?.known ?? 0,
          expected: known?.expected ?? expectedMinutes(session),
        }
      })
      return {
        symbol,
        states: cells.map((cell) => cell?.state ?? null),
        bars: cells.map((cell) => cell?.bars ?? null),
        expected: cells.map((cell) => cell?.expected ?? null),
      }
    }),
  }
}

function stateOf(
  session: Session,
  known: SessionState | undefined,
  final: Parameters<typeof isFinal>[1],
): Exclude<CoverageState, 'running'> {
  if (known === undefined) return isFinal(session, final) ? 'missing' : 'waiting'
  if (known.settled) {
    if (known.known === 0) return 'absent'
    return known.known >= (known.expected ?? expectedMinutes(session)) ? 'complete' : 'short'
  }
  if (known.known > 0) return 'unconfirmed'
  if (known.outcome === 'failed' || known.outcome === 'rejected') return 'failed'
  return isFinal(session, final) ? 'missing' : 'waiting'
}

/** Everything that is known about the fetching of one session. */
export function sessionFetchOf(engine: Engine, symbol: string, sessionDate: string): SessionFetch {
  const { services, stores, config } = engine
  const calendar = services.calendarOf(symbol)
  const session = calendar.session(sessionDate)
  if (session === null) {
    throw new SwitchyardError('NO_SESSIONS', `${calendar.id} has no session on ${sessionDate}.`, {
      hint: 'Choose a day on which the exchange was open.',
    })
  }
  const { canonical } = config
  const { fetches } = stores.raw
  const hours = hoursOf(session, fetches.schedule(symbol, true, sessionDate, sessionDate))
  const known = fetches.sessionStates(symbol, canonical, sessionDate, sessionDate).get(sessionDate)
  const bars = stores.raw.mergedBars(symbol, canonical.barSize, canonical.whatToShow, hours.openTs, hours.closeTs)
  const minutes = sessionMinutes(hours, bars.ts)
  const reason = known?.reason ?? known?.message
  return {
    symbol,
    sessionDate,
    state: services.activity.isRunning(symbol, sessionDate)
      ? 'running'
      : stateOf(session, known, { useRth: canonical.useRth, nowTs: services.nowMs() / 1000 }),
    bars: minutes.length,
    expected: expectedMinutes(hours),
    ...(reason === undefined || reason === null ? {} : { reason }),
    gaps: minutes.length === 0 ? [] : [...missingRuns(hours, minutes)],
    requests: fetches.requestsOf(symbol, sessionDate).map((row) => withoutNulls(row)),
    revisions: fetches
      .revisions({ symbols: [symbol], from: sessionDate, to: sessionDate, limit: 100 })
      .map((row) => withoutNulls(row)),
  }
}

type WithoutNulls<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>
}

/** A row without its columns that are null. */
export function withoutNulls<T extends object>(row: T): WithoutNulls<T> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as WithoutNulls<T>
}
