import { BAR_SECONDS, BarFlag, type BarColumns } from '#shared/bars.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { BarValues, Explanation, RawOrigin } from '#shared/contract/quality.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { barValues } from '#shared/quality/bar-values.ts'
import type { BuildInputs } from '#shared/quality/build-inputs.ts'
import { instantToEpochMs, isoLocal, isSessionDate, type SessionDate, zonedToEpochSeconds } from '#shared/time.ts'
import type { Engine } from '#main/engine/create-engine.ts'
import type { CuratedBlock } from '#main/stores/curated-store.ts'
import type { OriginRow } from '#main/stores/raw-types.ts'
import { withoutNulls } from './coverage.ts'
import { findingsOf } from './quality-findings.ts'
import { staleSessions } from './quality-grid.ts'
import { buildOf } from './session-report.ts'

/** Findings of one session that are looked through for those about the bar. */
const MOST_FINDINGS = 10_000

/**
 * Everything that made a curated bar: the responses that hold its minute, the requests, the findings, the build with its
 * configuration and rules. Throws BAD_ARGUMENTS when `at` is no time, NO_SESSIONS when no session is open then.
 */
export function explain(engine: Engine, symbol: string, at: string): Explanation {
  const calendar = engine.services.calendarOf(symbol)
  const ts = minuteOf(at, calendar)
  const session = calendar.sessionOfInstant(ts)
  if (session === null) {
    throw new SwitchyardError('NO_SESSIONS', `${calendar.id} has no session on the day of ${at}.`, {
      hint: 'Choose a minute in which the exchange was open.',
    })
  }
  const { curated } = engine.stores
  const sessionDate = session.date
  const range = { symbols: [symbol], from: sessionDate, to: sessionDate }
  const block = curated.block(symbol, sessionDate)
  const inputs = block === undefined ? undefined : curated.builds(symbol, sessionDate, sessionDate)[0]?.inputs
  const origins = originsOf(engine, symbol, ts, block, inputs)
  const findings = findingsOf(engine, { ...range, limit: MOST_FINDINGS }).filter(
    (finding) => finding.ts <= ts && finding.lastTs >= ts,
  )
  const bar = block === undefined ? undefined : curatedBar(block, ts)
  const build = buildOf(engine, symbol, sessionDate)
  const configText = block === undefined ? undefined : curated.config(block.configHash)
  const stale = staleSessions(engine, symbol, range).causes.get(sessionDate)
  const absence = bar === undefined ? absenceWords(ts, session, block, origins, findings) : undefined
  return {
    symbol,
    sessionDate,
    zone: calendar.zone,
    ts,
    ...(bar === undefined ? {} : { bar }),
    ...(absence === undefined ? {} : { absence }),
    summary: absence ?? summaryOf(bar, origins),
    origins,
    findings,
    ...(build === undefined ? {} : { build }),
    ...(inputs === undefined ? {} : { facts: { ...inputs.facts }, baseline: { ...inputs.baseline } }),
    ...(configText === undefined ? {} : { config: JSON.parse(configText) as Record<string, unknown> }),
    ...(stale === undefined ? {} : { stale }),
  }
}

const LOCAL_MINUTE = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?$/

/** The minute that holds a time: on the exchange's clock, or an instant where it says `Z` or an offset. */
function minuteOf(at: string, calendar: TradingCalendar): number {
  const text = at.trim()
  const local = LOCAL_MINUTE.exec(text)
  const date: SessionDate | undefined = local?.[1]
  if (local !== null && date !== undefined && isSessionDate(date) && /^([01]\d|2[0-3]):[0-5]\d$/.test(local[2]))
    return zonedToEpochSeconds(calendar.zone, date, `${local[2]}:00`)
  // A date alone is no minute.
  const instant = isSessionDate(text) ? NaN : instantToEpochMs(text)
  if (Number.isNaN(instant)) {
    throw new SwitchyardError('BAD_ARGUMENTS', `"${at}" is no minute.`, {
      hint: `Give a time on the exchange's clock (${calendar.zone}) such as 2024-07-03T10:31, or an instant such as 2024-07-03T14:31Z.`,
    })
  }
  return Math.floor(instant / 1000 / BAR_SECONDS) * BAR_SECONDS
}

function originsOf(
  engine: Engine,
  symbol: string,
  ts: number,
  block: CuratedBlock | undefined,
  inputs: BuildInputs | undefined,
): RawOrigin[] {
  const { raw } = engine.stores
  const { barSize, whatToShow } = engine.config.canonical
  const scales = new Map((inputs?.responses ?? []).map((ref) => [ref.id, ref]))
  let isFound = false
  return raw.originsOf(symbol, barSize, whatToShow, ts).flatMap((row): RawOrigin[] => {
    const [{ bars }] = raw.responses([row.responseId])
    const rows = rowsAt(bars, ts)
    if (rows.length === 0) return []
    const scale = scales.get(row.responseId)
    // Newest first: the first one that went into the build is the one that counts.
    const used = !isFound && row.outcome !== 'rejected' && row.responseId <= (block?.rawWatermark ?? -1)
    if (used) isFound = true
    return [
      {
        responseId: row.responseId,
        requestId: row.requestId,
        receivedAtMs: row.receivedAtMs,
        used,
        rows,
        ...(scale === undefined || (scale.price === 1 && scale.volume === 1)
          ? {}
          : { scale: { price: scale.price, volume: scale.volume } }),
        request: requestOf(row),
      },
    ]
  })
}

function requestOf({
  responseId: _response,
  requestId: _request,
  receivedAtMs: _at,
  useRth,
  ...row
}: OriginRow): RawOrigin['request'] {
  return { ...withoutNulls(row), useRth: useRth === 1 }
}

function rowsAt(bars: BarColumns, ts: number): BarValues[] {
  const rows: BarValues[] = []
  bars.ts.forEach((at, row) => {
    if (at >= ts && at < ts + BAR_SECONDS) rows.push(barValues(bars, row))
  })
  return rows
}

function curatedBar(block: CuratedBlock, ts: number): Explanation['bar'] {
  const row = block.bars.ts.indexOf(ts)
  if (row < 0) return undefined
  const flags = block.bars.flags[row]
  return {
    ...barValues(block.bars, row),
    flags,
    flagNames: Object.entries(BarFlag).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name])),
  }
}

function summaryOf(bar: Explanation['bar'], origins: readonly RawOrigin[]): string {
  const flags = bar?.flagNames ?? []
  if (flags.includes('Filled'))
    return "Nobody traded in this minute, by the broker's answers: it repeats the close before."
  if (flags.includes('SecondSource'))
    return 'The broker has no bar for this minute; it was taken from the old pipeline.'
  const used = origins.find((origin) => origin.used)
  if (used === undefined) return 'The response that it was made from is not known.'
  const others = origins.length - 1
  const answers =
    others === 0
      ? ''
      : ` ${others === 1 ? 'One other answer holds' : `${others} other answers hold`} the minute; the newest counts.`
  const changed = flags.length === 0 ? ' It stands as received.' : ` It is marked: ${flags.join(', ')}.`
  return `Received at ${isoLocal(used.receivedAtMs / 1000, 'UTC').slice(0, 19)} UTC with response ${used.responseId} to request ${used.requestId} (${used.request.purpose}, try ${used.request.attempt}).${answers}${changed}`
}

function absenceWords(
  ts: number,
  session: { readonly openTs: number; readonly closeTs: number },
  block: CuratedBlock | undefined,
  origins: readonly RawOrigin[],
  findings: Explanation['findings'],
): string {
  if (ts < session.openTs || ts >= session.closeTs)
    return 'The minute is outside the session; curated bars hold regular hours.'
  if (block === undefined) return 'The session was never curated.'
  const dropped = findings.find(
    ({ action, context }) => context !== undefined && ['drop', 'refetch', 'quarantine'].includes(action),
  )
  if (dropped !== undefined && origins.length > 0) return `A bar was received and left out: ${dropped.message}`
  const gap = findings.find(({ rule }) => rule.startsWith('minutes_'))
  return gap === undefined ? 'There is no bar for this minute.' : `There is no bar for this minute. ${gap.message}`
}
