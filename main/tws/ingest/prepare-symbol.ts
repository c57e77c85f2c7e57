import type { Contract, ContractDetails } from '@stoqey/ib'
import type { Session } from '#shared/calendar/calendar.ts'
import type { ContractConfig } from '#shared/config/workspace-config.ts'
import type { IngestResult } from '#shared/jobs/job-kinds.ts'
import { reportError, SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import type { StoredSchedule } from '#main/stores/fetch-log.ts'
import type { WritableRawStore } from '#main/stores/raw-store.ts'
import type { BarSeries, Instrument } from '#main/stores/raw-types.ts'
import { toContract } from '../to-contract.ts'
import type { TwsClient } from '../tws-client.ts'
import { TwsRequestError } from '../tws-request-error.ts'
import { hoursOf } from './session-hours.ts'

/** A symbol as it is asked for. */
export interface PreparedSymbol {
  readonly contract: Contract
  readonly schedule: StoredSchedule | undefined
  /** First instant for which the broker has bars, epoch seconds; undefined where nobody had to ask. */
  readonly headTs: number | undefined
}

export interface PrepareOptions {
  readonly client: TwsClient
  readonly raw: WritableRawStore
  readonly series: BarSeries
  readonly contractOf: (symbol: string) => ContractConfig
  /** Symbols of one group share their hours at the broker. */
  readonly hoursGroupOf: (symbol: string) => string
  readonly wanted: ReadonlyMap<string, readonly Session[]>
  /** Whether the symbol's calendar has a session on that day. */
  readonly isSession: (symbol: string, date: SessionDate) => boolean
  readonly nowMs: () => number
  readonly signal: AbortSignal
  /** Makes a call again that failed for a reason that may pass. */
  readonly persist: <T>(call: () => Promise<T>) => Promise<T>
}

/** A symbol whose oldest wanted session is more recent than this is taken to be listed: head time stamps have hard limits. */
const RECENT_SECONDS = 30 * 86_400

/** How far beyond the last wanted session the schedule is asked for, so that a later session proves that it reaches so far. */
const BEYOND_SECONDS = 7 * 86_400

/** TWS takes durations of up to a year in days. */
const MOST_DAYS = 365

/**
 * Finds out what is needed before bars of a symbol are asked for: its contract, the broker's schedule, and where that matters the first
 * instant for which it has bars. Each is asked for once in a run; the last two are kept.
 */
export class SymbolPreparation {
  readonly #options: PrepareOptions
  readonly #symbols = new Map<string, Promise<PreparedSymbol>>()
  readonly #schedules = new Map<string, Promise<StoredSchedule | undefined>>()
  readonly #heads = new Map<string, Promise<number | undefined>>()
  /** Days on which broker and calendar differ. */
  readonly differences: IngestResult['scheduleDifferences'] = []

  constructor(options: PrepareOptions) {
    this.#options = options
  }

  /** @throws {SwitchyardError} UNKNOWN_SYMBOL or TWS_REFUSED when TWS does not know it; the errors of every request besides. */
  prepare(symbol: string): Promise<PreparedSymbol> {
    let prepared = this.#symbols.get(symbol)
    if (prepared === undefined) {
      prepared = this.#prepare(symbol)
      this.#symbols.set(symbol, prepared)
    }
    return prepared
  }

  /** First instant for which the broker has bars; undefined when it does not say. Asked for when it is not known yet. */
  head(symbol: string, contract: Contract): Promise<number | undefined> {
    let head = this.#heads.get(symbol)
    if (head === undefined) {
      head = this.#askHead(symbol, contract)
      this.#heads.set(symbol, head)
    }
    return head
  }

  async #prepare(symbol: string): Promise<PreparedSymbol> {
    const { wanted, nowMs } = this.#options
    const contract = await this.#resolve(symbol)
    const oldest = wanted.get(symbol)?.[0]
    const isOld = oldest !== undefined && oldest.openTs < nowMs() / 1000 - RECENT_SECONDS
    const [schedule, headTs] = await Promise.all([
      this.#schedule(symbol, contract),
      isOld ? this.head(symbol, contract) : this.#options.raw.fetches.head(symbol, this.#options.series.whatToShow),
    ])
    return { contract, schedule, headTs }
  }

  async #resolve(symbol: string): Promise<Contract> {
    const { client, raw, contractOf, nowMs, signal, persist } = this.#options
    const asked = toContract(symbol, contractOf(symbol))
    const found = await persist(() => client.contractDetails(asked, symbol, { priority: 'backfill', signal }))
    if (found.length !== 1) {
      throw new TwsRequestError(
        200,
        found.length === 0
          ? 'no contract matches'
          : `${found.length} contracts match: ${found.map(({ contract }) => `${contract.conId} ${contract.primaryExch ?? contract.exchange ?? ''}`).join(', ')}`,
        symbol,
      )
    }
    const instrument = toInstrument(symbol, found[0])
    raw.saveInstrument(instrument, nowMs())
    return { ...asked, conId: instrument.conId }
  }

  #schedule(symbol: string, contract: Contract): Promise<StoredSchedule | undefined> {
    const group = this.#options.hoursGroupOf(symbol)
    let schedule = this.#schedules.get(group)
    if (schedule === undefined) {
      schedule = this.#askSchedule(symbol, contract, this.#wantedOf(group))
      this.#schedules.set(group, schedule)
    }
    return schedule
  }

  /** The sessions that are wanted of any symbol of a group, ascending: one schedule serves them all. */
  #wantedOf(group: string): readonly Session[] {
    const { wanted, hoursGroupOf } = this.#options
    const byDate = new Map<SessionDate, Session>()
    for (const [symbol, sessions] of wanted) {
      if (hoursGroupOf(symbol) === group) for (const session of sessions) byDate.set(session.date, session)
    }
    return [...byDate.values()].sort((a, b) => a.openTs - b.openTs)
  }

  async #askSchedule(
    symbol: string,
    contract: Contract,
    sessions: readonly Session[],
  ): Promise<StoredSchedule | undefined> {
    const { client, raw, nowMs, signal, persist } = this.#options
    if (sessions.length === 0) return undefined
    const first = sessions[0]
    const last = sessions[sessions.length - 1]
    const kept = raw.fetches.schedule(symbol, true, first.date, last.date)
    if (kept !== undefined && kept.askedAtMs / 1000 >= last.closeTs) return this.#compared(symbol, sessions, kept)
    if (!client.hasSchedule) return undefined
    const endTs = Math.min(last.closeTs + BEYOND_SECONDS, Math.floor(nowMs() / 1000))
    const days = Math.ceil((endTs - first.openTs) / 86_400) + 1
    const duration = days <= MOST_DAYS ? `${days} D` : `${Math.ceil(days / MOST_DAYS)} Y`
    const found = await optional(
      persist(() =>
        client.schedule(
          { symbol, contract, subject: `the schedule of ${symbol}`, endTs, duration, useRth: true },
          { priority: 'backfill', signal },
        ),
      ),
    )
    // An answer that does not even begin where it should says nothing about the days before.
    if (found === undefined || found.length === 0 || found[0].sessionDate > first.date) return undefined
    // Nor does it say anything about days behind its last one: whether the end of the range is included is not documented.
    const lastKnown = found[found.length - 1].sessionDate
    const schedule: StoredSchedule = {
      from: first.date,
      to: lastKnown < last.date ? lastKnown : last.date,
      askedAtMs: nowMs(),
      sessions: new Map(found.map(({ sessionDate, openTs, closeTs }) => [sessionDate, { openTs, closeTs }])),
    }
    raw.fetches.saveSchedule(symbol, true, schedule)
    return this.#compared(symbol, sessions, schedule)
  }

  #compared(symbol: string, sessions: readonly Session[], schedule: StoredSchedule): StoredSchedule {
    for (const session of sessions) {
      if (session.date > schedule.to) continue
      const broker = schedule.sessions.get(session.date)
      const hours = hoursOf(session, schedule)
      if (broker !== undefined && hours.openTs === session.openTs && hours.closeTs === session.closeTs) continue
      this.differences.push({
        symbol,
        sessionDate: session.date,
        calendar: hoursText(session),
        broker: broker === undefined ? 'closed' : hoursText(broker),
      })
    }
    for (const [date, broker] of schedule.sessions) {
      if (date < schedule.from || date > schedule.to || this.#options.isSession(symbol, date)) continue
      this.differences.push({ symbol, sessionDate: date, calendar: 'closed', broker: hoursText(broker) })
    }
    return schedule
  }

  async #askHead(symbol: string, contract: Contract): Promise<number | undefined> {
    const { client, raw, series, nowMs, signal, persist } = this.#options
    const kept = raw.fetches.head(symbol, series.whatToShow)
    if (kept !== undefined) return kept
    const subject = `the first bar of ${symbol}`
    const headTs = await optional(
      persist(() =>
        client.headTimestamp(
          { symbol, contract, subject, whatToShow: series.whatToShow, useRth: series.useRth },
          { priority: 'backfill', signal },
        ),
      ),
    )
    if (headTs !== undefined) raw.fetches.saveHead(symbol, series.whatToShow, headTs, nowMs())
    return headTs
  }
}

/** Undefined when TWS refuses or does not answer; what it would have said is a help and no need. */
async function optional<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (thrown) {
    const { code } = reportError(thrown)
    if (code === 'TWS_REFUSED' || code === 'TWS_TIMEOUT' || code === 'UNKNOWN_SYMBOL') return undefined
    throw thrown
  }
}

function hoursText({ openTs, closeTs }: { readonly openTs: number; readonly closeTs: number }): string {
  const text = (ts: number): string => new Date(ts * 1000).toISOString().slice(0, 16).replace('T', ' ')
  return `${text(openTs)} to ${text(closeTs)} UTC`
}

function toInstrument(symbol: string, { contract, longName, minTick, timeZoneId }: ContractDetails): Instrument {
  if (contract.conId === undefined) {
    throw new SwitchyardError('TWS_REFUSED', `TWS resolved ${symbol} without a contract id.`, {
      hint: 'Set contract.conId in switchyard.yaml.',
    })
  }
  return {
    symbol,
    conId: contract.conId,
    secType: contract.secType ?? '',
    exchange: contract.exchange ?? '',
    primaryExchange: contract.primaryExch ?? null,
    currency: contract.currency ?? '',
    localSymbol: contract.localSymbol ?? null,
    tradingClass: contract.tradingClass ?? null,
    longName: longName ?? null,
    minTick: minTick ?? null,
    timeZone: timeZoneId ?? null,
  }
}
