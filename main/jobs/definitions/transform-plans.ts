import { BAR_SECONDS } from '#shared/bars.ts'
import { canonicalJson } from '#shared/canonical-json.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { ruleBook } from '#shared/config/quality-config.ts'
import type { Adjustment } from '#shared/contract/quality.ts'
import { addDays, type SessionDate, zonedToEpochSeconds, zoneOffsetSeconds } from '#shared/time.ts'
import { basisChanges, type BasisChange, type ObservedRatio, scaleOf } from '#main/pipeline/transform/adjustments.ts'
import { type CurationConfig, TRANSFORM_VERSION } from '#main/pipeline/transform/curation-config.ts'
import { hashJson } from '#main/stores/hash-json.ts'
import type { ResponseSpan } from '#main/stores/raw-types.ts'
import type { JobServices } from '../job-services.ts'
import { dailyBarsOf } from './daily-bars.ts'
import { planTransform, type TransformPlan } from './plan-transform.ts'

/** Kinds of instruments that trade in fractions. */
const FRACTIONAL = new Set(['CASH', 'CRYPTO', 'CMDTY', 'CFD', 'IND'])

/** What a symbol's bars are curated with, and the plan to bring its blocks up to date. */
export interface SymbolPlan extends TransformPlan {
  readonly symbol: string
  readonly config: CurationConfig
  readonly configHash: string
  readonly adjustments: readonly Adjustment[]
}

/** The configuration that a symbol's bars are curated with now. */
export function curationConfigOf(symbol: string, services: JobServices): CurationConfig {
  const { quality } = services.config
  const { contract, tickSize } = services.symbolConfig(symbol)
  const instrument = services.stores.raw.instrument(symbol)
  return {
    transformVersion: TRANSFORM_VERSION,
    rules: ruleBook(quality),
    historySessions: quality.historySessions,
    filling: quality.filling,
    instrument: {
      tickSize: tickSize ?? instrument?.minTick ?? null,
      wholeUnits: !FRACTIONAL.has(contract.secType),
    },
  }
}

/** Gathers what is known of a symbol and plans what building would do. Reads no bars. */
export function symbolPlan(
  symbol: string,
  services: JobServices,
  range: { readonly from: SessionDate; readonly to: SessionDate },
  rebuildAll: boolean,
): SymbolPlan {
  const { raw, curated, legacy } = services.stores
  const { canonical } = services.config
  const { barSize, whatToShow } = canonical
  const config = curationConfigOf(symbol, services)
  const configHash = hashJson(config)
  const spans = raw.responseSpans(symbol, barSize, whatToShow)
  const changes = basisChangesOf(symbol, services, spans)
  // Daily bars are asked for right after minutes, so that they are in the basis of the minutes before them.
  const ids = spans.map(({ id }) => id).sort((a, b) => a - b)
  const secondSource = config.filling.secondSource === 'old-pipeline' ? legacy.contentHashes(symbol) : new Map()
  return {
    symbol,
    config,
    configHash,
    adjustments: changes.map((change) => ({ symbol, ...change })),
    ...planTransform({
      calendar: services.calendarOf(symbol),
      spans,
      scaleOf: (id) => scaleOf(changes, id),
      states: raw.fetches.sessionStates(symbol, { barSize, whatToShow }, '0000-00-00', '9999-99-99'),
      brokerHoursOf: services.brokerHoursOf(symbol),
      dailyBars: dailyBarsOf(symbol, services, (id) => scaleOf(changes, latestBefore(ids, id))),
      secondSource,
      stored: curated.sessions(symbol, range.from, range.to),
      configHash,
      historySessions: config.historySessions,
      ...range,
      rebuildAll,
    }),
  }
}

/** Remembers the configuration that blocks are about to be built with. */
export function saveConfig({ config, configHash }: SymbolPlan, services: JobServices): void {
  services.stores.curated.saveConfig(configHash, canonicalJson(config))
}

function basisChangesOf(symbol: string, services: JobServices, spans: readonly ResponseSpan[]): readonly BasisChange[] {
  const readjustments = services.stores.raw.readjustments(symbol)
  if (readjustments.length === 0) return []
  const calendar = services.calendarOf(symbol)
  const byId = new Map(spans.map((span) => [span.id, span]))
  const lastOfDay = lastOfItsDay(symbol, services, readjustments)
  const longest = spans.reduce((most, { firstTs, lastTs }) => Math.max(most, lastTs - firstTs), 0)
  const observed = readjustments.flatMap((seen): ObservedRatio[] => {
    const session = hoursOrDay(calendar, seen.sessionDate)
    const earlier: ResponseSpan[] = []
    // Spans are in order of their first bar.
    for (
      let i = firstFrom(spans, session.openTs - longest);
      i < spans.length && spans[i].firstTs < session.closeTs;
      i++
    )
      if (spans[i].id < seen.responseId && spans[i].lastTs >= session.openTs) earlier.push(spans[i])
    if (earlier.length === 0) return []
    earlier.sort((a, b) => b.id - a.id)
    const shared = byId.get(seen.responseId) ?? { firstTs: -Infinity, lastTs: Infinity }
    const fromTs = Math.max(session.openTs, shared.firstTs)
    const toTs = Math.min(session.closeTs, shared.lastTs + BAR_SECONDS)
    return [
      {
        ...seen,
        earlierResponseId: lastOfDay(earlier[0].id),
        mostlyResponseId: newestWithMost(earlier, fromTs, toTs),
      },
    ]
  })
  return basisChanges(observed)
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

/**
 * Gives the last response that was received on the same day of the exchange as another, short of the first one that is known to be in a
 * later basis and its day: the broker adjusts its history overnight.
 */
function lastOfItsDay(
  symbol: string,
  services: JobServices,
  readjustments: readonly { readonly responseId: number }[],
): (responseId: number) => number {
  const { barSize, whatToShow } = services.config.canonical
  const { zone } = services.calendarOf(symbol)
  const received = services.stores.raw.receivedAtMs(symbol, barSize, whatToShow)
  const ids = [...received.keys()]
  const placeOf = new Map(ids.map((id, place) => [id, place]))
  const readjusted = readjustments.map(({ responseId }) => responseId).sort((a, b) => a - b)
  const dayOf = (id: number): number => {
    const ts = (received.get(id) ?? 0) / 1000
    return Math.floor((ts + zoneOffsetSeconds(zone, ts)) / 86_400)
  }
  const found = new Map<number, number>()
  return (responseId) => {
    let last = found.get(responseId)
    if (last === undefined) {
      last = responseId
      const day = dayOf(responseId)
      const next = readjusted.find((id) => id > responseId) ?? Infinity
      if (next === Infinity || dayOf(next) !== day) {
        for (
          let i = (placeOf.get(responseId) ?? ids.length) + 1;
          i < ids.length && ids[i] < next && dayOf(ids[i]) === day;
          i++
        )
          last = ids[i]
      }
      found.set(responseId, last)
    }
    return last
  }
}

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

/** Share of the minutes that may be by another ratio where one is said to hold for nearly all. */
const OTHER_SHARE = 0.02

/** The largest of ascending ids that is below `id`; 0 when there is none. */
function latestBefore(ids: readonly number[], id: number): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ids[middle] < id) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : ids[low - 1]
}

/** Index of the first span that begins at `ts` or later. */
function firstFrom(spans: readonly ResponseSpan[], ts: number): number {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle].firstTs < ts) low = middle + 1
    else high = middle
  }
  return low
}
