import { datesGone, ownedSessions } from '#shared/calendar/session-windows.ts'
import { addDays, type SessionDate, zoneOffsetSeconds } from '#shared/time.ts'
import type { CuratedSessionInfo } from '#main/stores/curated-store.ts'
import type { ResponseSpan } from '#main/stores/raw-types.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import type { SessionToCurate } from '../compute/compute-task.ts'

export interface TransformPlan {
  /** Sessions that were fetched and whose curated block is missing or out of date. */
  readonly stale: readonly SessionToCurate[]
  /** How many sessions were fetched and have an up-to-date block. */
  readonly unchanged: number
  /** Dates of stored blocks that are no sessions any more, by what the calendar says now. */
  readonly gone: readonly SessionDate[]
}

/**
 * Finds the sessions of one symbol that need curating, and the blocks that should not be there. A block is up to date when the same responses reach into its window,
 * the configuration is the same and the calendar gives the same hours and the same window.
 *
 * A session that was fetched and has no bars gets a block without bars, so that the blocks do not depend on how the requests
 * were cut.
 *
 * @param settled sessions that were fetched, with bars or without.
 * @param rebuildAll take every session as stale.
 */
export function planTransform(input: {
  readonly calendar: TradingCalendar
  readonly spans: readonly ResponseSpan[]
  readonly settled: ReadonlySet<SessionDate>
  readonly stored: readonly CuratedSessionInfo[]
  readonly configHash: string
  readonly from: SessionDate
  readonly to: SessionDate
  readonly rebuildAll: boolean
}): TransformPlan {
  const { calendar, spans, settled } = input
  const gone = datesGone(
    calendar,
    input.stored.map(({ session }) => session.date),
    input,
  )
  const dates = [...settled]
  if (spans.length > 0) {
    const lastTs = spans.reduce((latest, span) => Math.max(latest, span.lastTs), -Infinity)
    dates.push(localDate(calendar, spans[0].firstTs), latestSessionDate(calendar, lastTs))
  }
  if (dates.length === 0) return { stale: [], unchanged: 0, gone }
  const from = later(input.from, later(dates.reduce(earlier), calendar.firstDate))
  const to = earlier(input.to, earlier(dates.reduce(later), calendar.lastDate))
  if (from > to) return { stale: [], unchanged: 0, gone }

  const storedByDate = new Map(input.stored.map((info) => [info.session.date, info]))
  const owned = ownedSessions(calendar, from, to)
  const ids: number[][] = owned.map(() => [])
  for (const span of spans) {
    for (let i = firstReaching(owned, span.firstTs); i < owned.length && owned[i].fromTs <= span.lastTs; i++)
      ids[i].push(span.id)
  }
  const stale: SessionToCurate[] = []
  let unchanged = 0
  owned.forEach(({ session, fromTs, toTs }, i) => {
    if (ids[i].length === 0 && !settled.has(session.date)) return
    const responseIds = ids[i].toSorted((a, b) => a - b)
    const known = storedByDate.get(session.date)
    const upToDate =
      known !== undefined &&
      known.rawWatermark === (responseIds.at(-1) ?? 0) &&
      known.configHash === input.configHash &&
      known.window.fromTs === fromTs &&
      known.window.toTs === toTs &&
      known.session.openTs === session.openTs &&
      known.session.closeTs === session.closeTs &&
      known.session.breakStartTs === session.breakStartTs &&
      known.session.breakEndTs === session.breakEndTs
    if (upToDate && !input.rebuildAll) unchanged++
    else stale.push({ session, window: { fromTs, toTs }, responseIds })
  })
  return { stale, unchanged, gone }
}

/** Index of the first session whose window ends after `ts`. */
function firstReaching(owned: readonly { readonly toTs: number }[], ts: number): number {
  let low = 0
  let high = owned.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (owned[middle].toTs <= ts) low = middle + 1
    else high = middle
  }
  return low
}

function localDate(calendar: TradingCalendar, ts: number): SessionDate {
  return new Date((ts + zoneOffsetSeconds(calendar.zone, ts)) * 1000).toISOString().slice(0, 10)
}

/** Date of the latest session that can have begun by `ts`; one that opens in the evening has the date of the next day. */
function latestSessionDate(calendar: TradingCalendar, ts: number): SessionDate {
  const date = localDate(calendar, ts)
  const next = addDays(date, 1)
  if (next < calendar.firstDate || next > calendar.lastDate) return date
  return (calendar.session(next)?.openTs ?? Infinity) <= ts ? next : date
}

function later(a: SessionDate, b: SessionDate): SessionDate {
  return a > b ? a : b
}

function earlier(a: SessionDate, b: SessionDate): SessionDate {
  return a < b ? a : b
}
