import type { Build, SessionReport } from '#shared/contract/quality.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { missedThresholds } from '#shared/quality/thresholds.ts'
import type { Session, TradingCalendar } from '#shared/calendar/calendar.ts'
import { addDays, zonedToEpochSeconds } from '#shared/time.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { hoursGroupOf } from '#main/jobs/hours-group.ts'
import type { HoursDecision } from '#main/stores/ops-store.ts'
import type { CurationConfig } from '#main/pipeline/transform/curation-config.ts'
import { findingsOf } from './quality-findings.ts'
import { staleSessions } from './quality-grid.ts'

/** Findings that a report of one session shows at most. */
const MOST_FINDINGS = 10_000

/** Everything about one session. Throws UNKNOWN_SYMBOL, CALENDAR_HORIZON, NO_SESSIONS. */
export function sessionReportOf(engine: Engine, symbol: string, sessionDate: string): SessionReport {
  const calendar = engine.services.calendarOf(symbol)
  const { curated, raw } = engine.stores
  const block = curated.block(symbol, sessionDate)
  const now = calendar.session(sessionDate)
  const session = block?.session ?? now ?? undecidedSession(engine, symbol, sessionDate)
  const range = { from: sessionDate, to: sessionDate }
  const [quality] = curated.qualities({ symbols: [symbol], ...range })
  const stale = staleSessions(engine, symbol, range).causes.get(sessionDate)
  const [revision] = raw.fetches.revisions({ symbols: [symbol], ...range, limit: 1 })
  const build = buildOf(engine, symbol, sessionDate)
  const broker = brokerHoursOf(engine, symbol, session)
  const decision = hoursDecisionOf(engine, symbol, sessionDate)
  const { symbol: _symbol, sessionDate: _date, ...metrics } = quality ?? { symbol, sessionDate }
  return {
    symbol,
    sessionDate,
    zone: calendar.zone,
    hoursNow: now === null ? 'closed' : { openTs: now.openTs, closeTs: now.closeTs },
    openTs: session.openTs,
    closeTs: session.closeTs,
    breakStartTs: session.breakStartTs,
    breakEndTs: session.breakEndTs,
    earlyClose: session.earlyClose,
    bars: {
      ts: [...(block?.bars.ts ?? [])],
      open: [...(block?.bars.open ?? [])],
      high: [...(block?.bars.high ?? [])],
      low: [...(block?.bars.low ?? [])],
      close: [...(block?.bars.close ?? [])],
      volume: Array.from(block?.bars.volume ?? [], (value) => (Number.isNaN(value) ? null : value)),
      flags: [...(block?.bars.flags ?? [])],
    },
    findings: findingsOf(engine, { symbols: [symbol], ...range, limit: MOST_FINDINGS }),
    ...(quality === undefined
      ? {}
      : {
          quality: {
            ...(metrics as Omit<typeof quality, 'symbol' | 'sessionDate'>),
            ...(revision === undefined ? {} : { lastRevisionAtMs: revision.atMs }),
          },
        }),
    belowThreshold: quality === undefined ? [] : [...missedThresholds(quality, engine.config.quality.thresholds)],
    ...(stale === undefined ? {} : { stale }),
    ...(build === undefined ? {} : { build }),
    ...(broker === undefined ? {} : { brokerHours: broker }),
    ...(decision === undefined ? {} : { hoursDecision: decision }),
  }
}

/** The session that a date would have by another decision: the calendar's, or else the broker's. */
function undecidedSession(engine: Engine, symbol: string, date: string): Session {
  const calendar = engine.services.calendarWithoutDecisions(symbol)
  const session = calendar.session(date)
  if (session !== null) return session
  const hours = engine.services.brokerHoursOf(symbol)({ date, closeTs: latestClose(calendar, date) })
  if (hours === null || hours === 'closed') {
    throw new SwitchyardError('NO_SESSIONS', `${calendar.id} has no session on ${date}.`, {
      hint: 'Choose a day on which the exchange was open.',
    })
  }
  return { date, ...hours, breakStartTs: null, breakEndTs: null, earlyClose: false }
}

/** When a session is over: on a day without one by the calendar the broker may have one until midnight. */
function latestClose(calendar: TradingCalendar, date: string): number {
  return calendar.session(date)?.closeTs ?? zonedToEpochSeconds(calendar.zone, addDays(date, 1), '00:00:00')
}

/** The newest build of a session; undefined when there is none. */
export function buildOf(engine: Engine, symbol: string, sessionDate: string): Build | undefined {
  const { curated } = engine.stores
  const [record] = curated.builds(symbol, sessionDate, sessionDate)
  if (record === undefined) return undefined
  const config = JSON.parse(curated.config(record.configHash) ?? '{}') as Partial<CurationConfig>
  return {
    runId: record.runId,
    builtAtMs: record.builtAtMs,
    configHash: record.configHash,
    contentHash: record.contentHash,
    transformVersion: config.transformVersion ?? 0,
    rawWatermark: record.rawWatermark,
    builds: curated.buildCount(symbol, sessionDate),
  }
}

/** The broker's hours where they differ from those of the session. */
function brokerHoursOf(
  engine: Engine,
  symbol: string,
  session: Session,
): NonNullable<SessionReport['brokerHours']> | undefined {
  const hours = engine.services.brokerHoursOf(symbol)(session)
  if (hours === null) return undefined
  if (hours !== 'closed' && hours.openTs === session.openTs && hours.closeTs === session.closeTs) return undefined
  return hours
}

function hoursDecisionOf(
  engine: Engine,
  symbol: string,
  sessionDate: string,
): NonNullable<SessionReport['hoursDecision']> | undefined {
  const group = hoursGroupOf(engine.services.symbolConfig(symbol))
  const found = engine.stores.ops
    .hoursDecisions()
    .find((decision) => decision.hoursGroup === group && decision.sessionDate === sessionDate)
  if (found === undefined) return undefined
  const { holds, reason, author, atMs } = found
  return { holds, reason, author, atMs }
}

/**
 * Lets the calendar's or the broker's hours hold. Throws NOT_FOUND when nobody has asked the broker for its hours, BAD_ARGUMENTS when
 * they cannot be those of the session; then nothing is written.
 */
export function decideHours(
  engine: Engine,
  input: {
    readonly symbol: string
    readonly sessionDate: string
    readonly holds: 'calendar' | 'broker'
    readonly reason: string
    readonly author: string
  },
): SessionReport {
  const { symbol, sessionDate, holds, reason, author } = input
  const { services, stores } = engine
  // The calendar as it is defined: a decision must not decide whether it can be taken back.
  const calendar = services.calendarWithoutDecisions(symbol)
  const hours = services.brokerHoursOf(symbol)({ date: sessionDate, closeTs: latestClose(calendar, sessionDate) })
  if (hours === null && (holds === 'broker' || hoursDecisionOf(engine, symbol, sessionDate) === undefined)) {
    throw new SwitchyardError('NOT_FOUND', `The broker's hours of ${symbol} on ${sessionDate} are not known.`, {
      hint: 'An ingest of the session asks for them.',
    })
  }
  const atMs = services.nowMs()
  const decision = {
    hoursGroup: hoursGroupOf(services.symbolConfig(symbol)),
    sessionDate,
    holds,
    openTs: hours === null || hours === 'closed' ? null : hours.openTs,
    closeTs: hours === null || hours === 'closed' ? null : hours.closeTs,
    reason,
    author,
    atMs,
  }
  services.calendarWith(symbol, decision)
  stores.ops.decideHours(decision)
  // The difference stays counted, and somebody has looked at it.
  if (holds === 'calendar') acknowledgeDifference(engine, decision)
  services.reloadHours()
  engine.events.publish({ kind: 'quality' })
  return sessionReportOf(engine, symbol, sessionDate)
}

/** Of every symbol that shares the hours: the decision holds for all of them. */
function acknowledgeDifference(
  { config, stores }: Engine,
  { hoursGroup, sessionDate, reason, author, atMs }: HoursDecision,
): void {
  const rule = 'schedule_difference'
  const symbols = config.symbols.filter((entry) => hoursGroupOf(entry) === hoursGroup).map(({ symbol }) => symbol)
  const keys = [...stores.curated.findings({ symbols, from: sessionDate, to: sessionDate, rule })].map(
    ({ symbol, ts }) => ({ symbol, sessionDate, ts, rule }) as const,
  )
  stores.ops.acknowledge(keys, { reason, author, atMs })
}
