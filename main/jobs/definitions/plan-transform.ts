import { createHash } from 'node:crypto'
import { firstPlace } from '#shared/binary-search.ts'
import type { TradingCalendar } from '#shared/calendar/calendar.ts'
import { datesGone, type OwnedSession, ownedSessions } from '#shared/calendar/session-windows.ts'
import type { StaleCause } from '#shared/contract/quality.ts'
import type { ResponseRef } from '#shared/quality/build-inputs.ts'
import type { DailyBar, SessionFacts } from '#shared/quality/session-facts.ts'
import type { ResponseScale } from '#shared/raw-response.ts'
import { addDays, type SessionDate, zoneOffsetSeconds } from '#shared/time.ts'
import type { CuratedSessionInfo } from '#main/stores/curated-store.ts'
import type { BrokerHours, SessionState } from '#main/stores/fetch-log.ts'
import type { ResponseSpan } from '#main/stores/raw-types.ts'
import type { SessionToCurate } from '../compute/compute-task.ts'

export interface TransformPlan {
  /** Sessions that were fetched and whose curated block is missing or out of date, ascending. */
  readonly stale: readonly StaleSession[]
  /** How many sessions were fetched and have an up-to-date block. */
  readonly unchanged: number
  /** Dates of stored blocks that are no sessions any more, by what the calendar says now. */
  readonly gone: readonly SessionDate[]
}

export interface StaleSession extends SessionToCurate {
  readonly cause: Exclude<StaleCause, 'gone'>
  /** The sessions with responses before it on which its normal is measured, ascending. */
  readonly history: readonly SessionToCurate[]
}

export interface TransformPlanInput {
  readonly calendar: TradingCalendar
  readonly spans: readonly ResponseSpan[]
  /** What a response's bars are multiplied by. */
  readonly scaleOf: (responseId: number) => ResponseScale
  /** What is known from requests for each session that was asked for. */
  readonly states: ReadonlyMap<SessionDate, Pick<SessionState, 'settled' | 'reason'>>
  readonly brokerHoursOf: (session: { readonly date: SessionDate; readonly closeTs: number }) => BrokerHours | null
  readonly dailyBars: ReadonlyMap<SessionDate, DailyBar>
  /** Content hashes of the second source's blocks; empty when there is none. */
  readonly secondSource: ReadonlyMap<SessionDate, string>
  readonly stored: readonly CuratedSessionInfo[]
  readonly configHash: string
  /** Sessions before a session in which its normal is measured. */
  readonly historySessions: number
  readonly from: SessionDate
  readonly to: SessionDate
  /** Take every session as stale. */
  readonly rebuildAll: boolean
}

/**
 * Finds the sessions of one symbol that need curating, and the blocks that should not be there. A block is up to date when the same
 * responses reach into its window, the same is known from requests, the sessions before are made of the same responses, the
 * configuration is the same and the calendar gives the same hours and the same window.
 *
 * A session that was fetched and has no bars gets a block without bars, so that the blocks do not depend on how the requests
 * were cut.
 */
export function planTransform(input: TransformPlanInput): TransformPlan {
  const { calendar, spans, states } = input
  const gone = datesGone(
    calendar,
    input.stored.map(({ session }) => session.date),
    input,
  )
  const isSettled = (date: SessionDate): boolean => states.get(date)?.settled === true
  const dates = [...states].flatMap(([date, { settled }]) => (settled ? [date] : []))
  if (spans.length > 0) {
    const lastTs = spans.reduce((latest, span) => Math.max(latest, span.lastTs), -Infinity)
    dates.push(localDate(calendar, spans[0].firstTs), latestSessionDate(calendar, lastTs))
  }
  const from = later(dates.reduce(earlier, '9999-99-99'), calendar.firstDate)
  const to = earlier(input.to, earlier(dates.reduce(later, '0000-00-00'), calendar.lastDate))
  if (dates.length === 0 || from > to) return { stale: [], unchanged: 0, gone }

  const line = new Line(input, ownedSessions(calendar, from, to))
  const storedByDate = new Map(input.stored.map((info) => [info.session.date, info]))
  const stale: StaleSession[] = []
  let unchanged = 0
  for (let i = 0; i < line.sessions.length; i++) {
    const { date } = line.sessions[i].session
    if (date < input.from || (!line.hasResponses(i) && !isSettled(date))) continue
    const wanted = line.toCurate(i)
    const cause = causeOf(wanted, storedByDate.get(date), input.configHash)
    if (cause === undefined && !input.rebuildAll) unchanged++
    // A session that is built again for its own sake counts as one whose responses are taken anew.
    else stale.push({ ...wanted, cause: cause ?? 'raw', history: line.historyOf(i) })
  }
  return { stale, unchanged, gone }
}

/** Why a block is out of date; undefined when it is not. */
function causeOf(
  wanted: SessionToCurate,
  known: CuratedSessionInfo | undefined,
  configHash: string,
): StaleSession['cause'] | undefined {
  const { session, window } = wanted
  if (known === undefined) return 'new'
  if (known.rawWatermark !== (wanted.responses.at(-1)?.id ?? 0)) return 'raw'
  if (known.configHash !== configHash) return 'rules'
  const sameHours =
    known.window.fromTs === window.fromTs &&
    known.window.toTs === window.toTs &&
    known.session.openTs === session.openTs &&
    known.session.closeTs === session.closeTs &&
    known.session.breakStartTs === session.breakStartTs &&
    known.session.breakEndTs === session.breakEndTs
  if (!sameHours) return 'hours'
  if (known.ownHash !== wanted.ownHash) return 'facts'
  return known.historyHash === wanted.historyHash ? undefined : 'history'
}

/** The sessions of a symbol with what each is made of, worked out when it is asked for. */
class Line {
  readonly sessions: readonly OwnedSession[]
  readonly #input: TransformPlanInput
  readonly #ids: number[][]
  /** Places of the sessions that have responses, ascending. */
  readonly #withResponses: number[] = []
  readonly #keys: (string | undefined)[] = []
  readonly #made: (SessionToCurate | undefined)[] = []

  constructor(input: TransformPlanInput, sessions: readonly OwnedSession[]) {
    this.sessions = sessions
    this.#input = input
    this.#ids = sessions.map(() => [])
    for (const span of input.spans) {
      const first = firstPlace(sessions.length, (at) => sessions[at].toTs > span.firstTs)
      for (let i = first; i < sessions.length && sessions[i].fromTs <= span.lastTs; i++) this.#ids[i].push(span.id)
    }
    this.#ids.forEach((ids, i) => {
      if (ids.length > 0) this.#withResponses.push(i)
      ids.sort((a, b) => a - b)
    })
  }

  hasResponses(i: number): boolean {
    return this.#ids[i].length > 0
  }

  toCurate(i: number): SessionToCurate {
    return (this.#made[i] ??= this.#make(i))
  }

  historyOf(i: number): readonly SessionToCurate[] {
    return this.#placesBefore(i).map((place) => this.toCurate(place))
  }

  #make(i: number): SessionToCurate {
    const { session, fromTs, toTs } = this.sessions[i]
    const responses = this.#responses(i)
    const facts = this.#facts(i)
    const secondSource = this.#input.secondSource.get(session.date) ?? null
    return {
      session,
      window: { fromTs, toTs },
      responses,
      facts,
      secondSource,
      ownHash: digest([responses.map(({ id, price, volume }) => [id, price, volume]), facts, secondSource]),
      historyHash: digest(this.#placesBefore(i).map((place) => this.#key(place))),
    }
  }

  #placesBefore(i: number): readonly number[] {
    const places = this.#withResponses
    const end = firstPlace(places.length, (at) => places[at] >= i)
    return places.slice(Math.max(0, end - this.#input.historySessions), end)
  }

  /** What a later session's normal depends on of this one. */
  #key(i: number): string {
    const { session, fromTs, toTs } = this.sessions[i]
    const { openTs, closeTs, breakStartTs, breakEndTs } = session
    return (this.#keys[i] ??= digest([
      this.#responses(i).map(({ id, price }) => [id, price]),
      openTs,
      closeTs,
      breakStartTs,
      breakEndTs,
      fromTs,
      toTs,
    ]))
  }

  #responses(i: number): readonly ResponseRef[] {
    return this.#ids[i].map((id) => ({ id, ...this.#input.scaleOf(id) }))
  }

  #facts(i: number): SessionFacts {
    const { states, brokerHoursOf, dailyBars } = this.#input
    const { session } = this.sessions[i]
    const state = states.get(session.date)
    return {
      fetch: state === undefined ? 'unknown' : state.settled ? 'settled' : 'open',
      reason: state?.settled === true ? state.reason : null,
      brokerHours: brokerHoursOf(session),
      dailyBar: dailyBars.get(session.date) ?? null,
    }
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32)
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
