import { setImmediate as nextTurn } from 'node:timers/promises'
import type { QualityGrid, StaleCause, TransformPlan } from '#shared/contract/quality.ts'
import type { Selection } from '#shared/jobs/job-kinds.ts'
import { type Severity, SEVERITIES } from '#shared/quality/rule-catalogue.ts'
import { missedThresholds } from '#shared/quality/thresholds.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import { symbolPlan } from '#main/jobs/definitions/transform-plans.ts'
import { selectedDates, selectedSymbols } from '#main/jobs/selection.ts'
import type { StoredQuality } from '#main/stores/curated-store.ts'
import { standingAcknowledgements } from './quality-findings.ts'

/** Builds whose speed the estimate is made from. */
const RECENT_JOBS = 100

/** Why each session of a symbol is out of date, by date. */
export function staleSessions(
  engine: Engine,
  symbol: string,
  range: { readonly from: string; readonly to: string },
): { readonly causes: ReadonlyMap<string, StaleCause>; readonly unchanged: number } {
  const plan = symbolPlan(symbol, engine.services, range, false)
  const causes = new Map<string, StaleCause>(plan.stale.map(({ session, cause }) => [session.date, cause]))
  for (const date of plan.gone) causes.set(date, 'gone')
  return { causes, unchanged: plan.unchanged }
}

/** What building would touch. A turn of the event loop for each symbol, so that the engine answers in between. */
export async function transformPlanOf(engine: Engine, input: Selection): Promise<TransformPlan> {
  const range = selectedDates(input)
  const stale: Partial<Record<StaleCause, number>> = {}
  const symbols: TransformPlan['symbols'] = []
  for (const symbol of selectedSymbols(input, engine.services)) {
    const { causes, unchanged } = staleSessions(engine, symbol, range)
    let toBuild = 0
    for (const cause of causes.values()) {
      stale[cause] = (stale[cause] ?? 0) + 1
      if (cause !== 'gone') toBuild++
    }
    symbols.push({ symbol, sessionsToBuild: toBuild, sessionsUnchanged: unchanged })
    await nextTurn()
  }
  const sessionsToBuild = symbols.reduce((sum, entry) => sum + entry.sessionsToBuild, 0)
  const msPerSession = recentMsPerSession(engine)
  return {
    stale,
    sessionsToBuild,
    sessionsUnchanged: symbols.reduce((sum, entry) => sum + entry.sessionsUnchanged, 0),
    sessionsToRemove: stale.gone ?? 0,
    symbols,
    ...(msPerSession === undefined ? {} : { estimatedMs: Math.round(msPerSession * sessionsToBuild) }),
  }
}

/** Of the newest job that built any session. */
function recentMsPerSession(engine: Engine): number | undefined {
  for (const { kind, state, result, startedAtMs, finishedAtMs } of engine.stores.ops.jobs(RECENT_JOBS)) {
    if ((kind !== 'transform' && kind !== 'rebuild') || state !== 'succeeded') continue
    const built = Number(result?.['sessionsBuilt'] ?? 0)
    if (built > 0 && startedAtMs !== undefined && finishedAtMs !== undefined)
      return (finishedAtMs - startedAtMs) / built
  }
  return undefined
}

/** The picture of a selection: symbols by sessions. */
export async function gridOf(engine: Engine, input: Selection): Promise<QualityGrid> {
  const { curated } = engine.stores
  const symbols = selectedSymbols(input, engine.services)
  const range = selectedDates(input)
  const bySymbol = new Map(symbols.map((symbol) => [symbol, new Map<string, StoredQuality>()]))
  for (const quality of curated.qualities({ symbols, ...range }))
    bySymbol.get(quality.symbol)?.set(quality.sessionDate, quality)
  const stale = new Map<string, ReadonlyMap<string, StaleCause>>()
  for (const symbol of symbols) {
    stale.set(symbol, staleSessions(engine, symbol, range).causes)
    await nextTurn()
  }
  const dates = new Set<string>()
  for (const symbol of symbols) {
    for (const date of bySymbol.get(symbol)?.keys() ?? []) dates.add(date)
    for (const date of stale.get(symbol)?.keys() ?? []) dates.add(date)
  }
  const sessions = [...dates].toSorted()
  const findings = openFindings(engine, symbols, range)
  const first = engine.services.calendarOf(symbols[0])
  return {
    sessions,
    earlyClose: sessions.map(
      (date) => date >= first.firstDate && date <= first.lastDate && first.session(date)?.earlyClose === true,
    ),
    rows: symbols.map((symbol) => {
      const qualities = bySymbol.get(symbol)
      const cells = sessions.map((date) => ({
        quality: qualities?.get(date),
        found: findings.get(`${symbol} ${date}`) ?? NOTHING,
        stale: stale.get(symbol)?.get(date) ?? null,
      }))
      const { thresholds } = engine.config.quality
      return {
        symbol,
        coverage: cells.map(({ quality }) => quality?.coverage ?? null),
        worst: cells.map(({ quality, found }) => (quality === undefined ? null : found.worst)),
        openFindings: cells.map(({ quality, found }) => (quality === undefined ? null : found.open)),
        acknowledged: cells.map(({ quality, found }) => (quality === undefined ? null : found.acknowledged)),
        filled: cells.map(({ quality }) => quality?.filled ?? null),
        stale: cells.map((cell) => cell.stale),
        quarantined: cells.map(({ quality }) => quality?.quarantined ?? null),
        belowThreshold: cells.map(({ quality }) =>
          quality === undefined ? null : missedThresholds(quality, thresholds).length > 0,
        ),
      }
    }),
  }
}

interface CellFindings {
  readonly worst: 'none' | Severity
  readonly open: number
  readonly acknowledged: number
}

const NOTHING: CellFindings = { worst: 'none', open: 0, acknowledged: 0 }

/** How many findings are open and how many acknowledged, by session; sessions without findings are left out. */
function openFindings(
  engine: Engine,
  symbols: readonly string[],
  range: { readonly from: string; readonly to: string },
): ReadonlyMap<string, CellFindings> {
  const acknowledged = new Map<string, number>()
  for (const { symbol, sessionDate, rule } of standingAcknowledgements(engine, { symbols: [...symbols], ...range })) {
    const key = `${symbol} ${sessionDate} ${rule}`
    acknowledged.set(key, (acknowledged.get(key) ?? 0) + 1)
  }
  const cells = new Map<string, CellFindings>()
  for (const { symbol, sessionDate, rule, severity, findings } of engine.stores.curated.findingTallies({
    symbols,
    ...range,
  })) {
    const key = `${symbol} ${sessionDate}`
    const known = acknowledged.get(`${key} ${rule}`) ?? 0
    const cell = cells.get(key) ?? NOTHING
    const open = Math.max(0, findings - known)
    cells.set(key, {
      worst: open === 0 ? cell.worst : worseOf(cell.worst, severity),
      open: cell.open + open,
      acknowledged: cell.acknowledged + findings - open,
    })
  }
  return cells
}

function worseOf(a: 'none' | Severity, b: Severity): Severity {
  return a === 'none' || SEVERITIES.indexOf(b) > SEVERITIES.indexOf(a) ? b : a
}
