import { BAR_SECONDS } from '#shared/bars.ts'
import { firstPlace } from '#shared/binary-search.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { addDays, type SessionDate, zonedToEpochSeconds, zoneOffsetSeconds } from '#shared/time.ts'
import { basisChanges, type BasisChange, type ObservedRatio } from '#main/pipeline/transform/adjustments.ts'
import type { ResponseSpan } from '#main/stores/raw-types.ts'
import type { JobServices } from '../job-services.ts'

/**
 * The broker's changes of basis that the revisions of a symbol show. `spans` are its responses, in order of their first bar. The broker
 * adjusts its history overnight: answers of one day are in one basis, unless that day saw a change after all.
 */
export function basisChangesOf(
  symbol: string,
  services: JobServices,
  spans: readonly ResponseSpan[],
): readonly BasisChange[] {
  const { raw } = services.stores
  const readjustments = raw.readjustments(symbol)
  if (readjustments.length === 0) return []
  const { barSize, whatToShow } = services.config.canonical
  const calendar = services.calendarOf(symbol)
  const days = new ResponseDays(raw.receivedAtMs(symbol, barSize, whatToShow), calendar.zone)
  const reaching = spansReaching(spans)
  const byId = new Map(spans.map((span) => [span.id, span]))
  const pairs = readjustments.flatMap((seen): ObservedRatio[] => {
    const { openTs, closeTs } = hoursOrDay(calendar, seen.sessionDate)
    const earlier = reaching(openTs, closeTs)
      .filter(({ id }) => id < seen.responseId)
      .sort((a, b) => b.id - a.id)
    if (earlier.length === 0) return []
    const shared = byId.get(seen.responseId) ?? { firstTs: -Infinity, lastTs: Infinity }
    const mostlyResponseId = newestWithMost(
      earlier,
      Math.max(openTs, shared.firstTs),
      Math.min(closeTs, shared.lastTs + BAR_SECONDS),
    )
    // A few minutes that came on the same day are of the new basis: an answer that was cut short.
    const newest = earlier.find(({ id }) => id <= mostlyResponseId || !days.isSame(id, seen.responseId))
    return [{ ...seen, earlierResponseId: newest?.id ?? mostlyResponseId, mostlyResponseId }]
  })
  const sawChange = (id: number): boolean =>
    pairs.some(
      ({ responseId, earlierResponseId }) =>
        earlierResponseId >= id && days.isSame(earlierResponseId, id) && days.isSame(responseId, id),
    )
  const sameBasisUntil = (id: number): number => (sawChange(id) ? id : days.lastOfDay(id))
  return basisChanges(
    pairs.map((pair) => ({
      ...pair,
      earlierResponseId: sameBasisUntil(pair.earlierResponseId),
      sameBasisUntil: sameBasisUntil(pair.responseId),
    })),
  )
}

/** On which day of the exchange each response was received. */
class ResponseDays {
  readonly #dayOf = new Map<number, number>()
  readonly #lastOf = new Map<number, number>()

  /** @param receivedAtMs by id, in the order received. */
  constructor(receivedAtMs: ReadonlyMap<number, number>, zone: string) {
    // Zones change their offset on the quarter of an hour at most.
    let quarter = NaN
    let offset = 0
    for (const [id, ms] of receivedAtMs) {
      const ts = ms / 1000
      if (Math.floor(ts / 900) !== quarter) {
        quarter = Math.floor(ts / 900)
        offset = zoneOffsetSeconds(zone, quarter * 900)
      }
      const day = Math.floor((ts + offset) / 86_400)
      this.#dayOf.set(id, day)
      this.#lastOf.set(day, id)
    }
  }

  isSame(a: number, b: number): boolean {
    return this.#dayOf.get(a) === this.#dayOf.get(b)
  }

  /** The last response of the day on which `id` was received. */
  lastOfDay(id: number): number {
    return this.#lastOf.get(this.#dayOf.get(id) ?? NaN) ?? id
  }
}

/** The hours of a session; of a date that is none any more its day. What was seen stays seen. */
function hoursOrDay(
  calendar: TradingCalendar,
  date: SessionDate,
): { readonly openTs: number; readonly closeTs: number } {
  const isKnown = date >= calendar.firstDate && date <= calendar.lastDate
  return (
    (isKnown ? calendar.session(date) : null) ?? {
      openTs: zonedToEpochSeconds(calendar.zone, date, '00:00:00'),
      closeTs: zonedToEpochSeconds(calendar.zone, addDays(date, 1), '00:00:00'),
    }
  )
}

/** Finds the spans that reach into a range without looking at all of them. */
function spansReaching(spans: readonly ResponseSpan[]): (fromTs: number, toTs: number) => ResponseSpan[] {
  const longest = spans.reduce((most, { firstTs, lastTs }) => Math.max(most, lastTs - firstTs), 0)
  return (fromTs, toTs) => {
    const first = firstPlace(spans.length, (at) => spans[at].firstTs >= fromTs - longest)
    const found: ResponseSpan[] = []
    for (let i = first; i < spans.length && spans[i].firstTs < toTs; i++)
      if (spans[i].lastTs >= fromTs) found.push(spans[i])
    return found
  }
}

/** Share of the minutes that may be by another ratio where one is said to hold for nearly all. */
const OTHER_SHARE = 0.02

/**
 * Of spans, newest first, the first one that has, with the newer ones, more of a range than may be otherwise where nearly all prices
 * are by one ratio.
 */
function newestWithMost(newestFirst: readonly ResponseSpan[], fromTs: number, toTs: number): number {
  const minutes = Math.max(0, Math.ceil((toTs - fromTs) / BAR_SECONDS))
  const isCovered = new Uint8Array(minutes)
  let covered = 0
  for (const { id, firstTs, lastTs } of newestFirst) {
    const from = Math.max(0, Math.floor((firstTs - fromTs) / BAR_SECONDS))
    const to = Math.min(minutes - 1, Math.floor((lastTs - fromTs) / BAR_SECONDS))
    for (let minute = from; minute <= to; minute++) {
      covered += 1 - isCovered[minute]
      isCovered[minute] = 1
    }
    if (covered > OTHER_SHARE * minutes) return id
  }
  return newestFirst[0].id
}
