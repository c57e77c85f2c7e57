import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { guarded, type Writable } from './database.ts'
import type { SessionRevision, ShortReason } from './raw-types.ts'

/** The last that is known of a (symbol, session) from the requests made for it. */
export interface SessionState {
  readonly sessionDate: SessionDate
  readonly settled: boolean
  /** Distinct minutes over all answers; 0 when none came. */
  readonly known: number
  readonly expected: number | null
  readonly reason: ShortReason | null
  /** Outcome of the newest request, `rejected` where its answer was not used; null while it waits. */
  readonly outcome: string | null
  readonly message: string | null
}

export interface RequestRow {
  readonly requestId: number
  readonly kind: string
  readonly purpose: string
  readonly attempt: number
  readonly sentAtMs: number
  readonly finishedAtMs: number | null
  readonly outcome: string | null
  readonly code: number | null
  readonly message: string | null
  readonly bars: number | null
}

export interface RevisionRow extends SessionRevision {
  readonly responseId: number
  readonly symbol: string
  readonly atMs: number
}

/** What the broker's schedule says of a range of dates. */
export interface StoredSchedule {
  readonly from: SessionDate
  readonly to: SessionDate
  readonly askedAtMs: number
  readonly sessions: ReadonlyMap<SessionDate, { readonly openTs: number; readonly closeTs: number }>
}

/** The broker's own hours of a session, epoch seconds. */
export type BrokerHours = { readonly openTs: number; readonly closeTs: number } | 'closed'

export interface RevisionQuery {
  readonly symbols?: readonly string[] | undefined
  readonly from?: SessionDate | undefined
  readonly to?: SessionDate | undefined
  readonly limit: number
}

const SERIES = 'r.bar_size = @barSize and r.what_to_show = @whatToShow'

/** The part of raw.db that says what was asked for and what it proved. Times are epoch seconds, moments milliseconds. */
export class WritableFetchLog {
  readonly #file: string
  readonly #database: Writable

  constructor(file: string, database: Writable) {
    this.#file = file
    this.#database = database
  }

  /** The last that is known of every session that was ever asked for, in the range. */
  sessionStates(
    symbol: string,
    series: { readonly barSize: string; readonly whatToShow: string },
    from: SessionDate,
    to: SessionDate,
  ): ReadonlyMap<SessionDate, SessionState> {
    // A later request that failed, or whose answer is still to be confirmed, does not undo what an earlier one settled.
    const rows = this.#database
      .prepare(
        `select s.session_date as sessionDate, s.settled as settled, coalesce(s.known, s.bars, 0) as known,
                s.expected as expected, s.reason as reason,
                case when r.rejected_because is null then r.outcome else 'rejected' end as outcome,
                coalesce(r.rejected_because, r.message) as message
         from tws_request_sessions s
         join tws_requests r on r.id = s.request_id
         join instruments i on i.id = s.instrument_id
         where i.symbol = @symbol and s.session_date between @from and @to and ${SERIES}
         order by s.session_date, s.request_id`,
      )
      .all({ symbol, from, to, barSize: series.barSize, whatToShow: series.whatToShow }) as (Omit<
      SessionState,
      'settled'
    > & { settled: number })[]
    const states = new Map<SessionDate, SessionState>()
    for (const row of rows) {
      const before = states.get(row.sessionDate)
      const settled = row.settled === 1
      const answered = settled || row.outcome === 'complete' || row.outcome === 'no_data'
      states.set(row.sessionDate, {
        ...(before !== undefined && (!answered || (before.settled && !settled)) ? before : row),
        settled: settled || before?.settled === true,
        known: Math.max(row.known, before?.known ?? 0),
        outcome: row.outcome,
        message: row.message,
      })
    }
    return states
  }

  /** Requests that were made for a session, newest first. */
  requestsOf(symbol: string, sessionDate: SessionDate): readonly RequestRow[] {
    return this.#database
      .prepare(
        `select r.id as requestId, r.kind as kind, r.purpose as purpose, r.attempt as attempt, r.sent_at_ms as sentAtMs,
                r.finished_at_ms as finishedAtMs,
                case when r.rejected_because is null then r.outcome else 'rejected' end as outcome, r.code as code,
                coalesce(r.rejected_because, r.message) as message, s.bars as bars
         from tws_request_sessions s
         join tws_requests r on r.id = s.request_id
         join instruments i on i.id = s.instrument_id
         where i.symbol = ? and s.session_date = ? order by r.id desc`,
      )
      .all(symbol, sessionDate) as RequestRow[]
  }

  /** How often each session of a symbol was asked for again, and when last. */
  refetches(symbol: string): ReadonlyMap<SessionDate, { readonly count: number; readonly lastMs: number }> {
    const rows = this.#database
      .prepare(
        `select s.session_date as sessionDate, count(*) as count, max(r.sent_at_ms) as lastMs
         from tws_request_sessions s join tws_requests r on r.id = s.request_id join instruments i on i.id = s.instrument_id
         where i.symbol = ? and r.purpose = 'refetch' group by s.session_date`,
      )
      .all(symbol) as { sessionDate: SessionDate; count: number; lastMs: number }[]
    return new Map(rows.map(({ sessionDate, ...row }) => [sessionDate, row]))
  }

  /** Newest first. */
  revisions({ symbols, from, to, limit }: RevisionQuery): readonly RevisionRow[] {
    return this.#database
      .prepare(
        `select v.response_id as responseId, i.symbol as symbol, v.session_date as sessionDate, v.at_ms as atMs, v.cause as cause,
                v.prices_changed as pricesChanged, v.volumes_changed as volumesChanged, v.added as added, v.lacking as lacking,
                v.largest_price_change as largestPriceChange, v.volume_ratio as volumeRatio,
                v.price_ratio as priceRatio
         from raw_revisions v join instruments i on i.id = v.instrument_id
         where (@symbols is null or i.symbol in (select value from json_each(@symbols)))
           and v.session_date >= @from and v.session_date <= @to
         order by v.response_id desc, v.session_date limit @limit`,
      )
      .all({
        symbols: symbols === undefined ? null : JSON.stringify(symbols),
        from: from ?? '0000-00-00',
        to: to ?? '9999-99-99',
        limit,
      }) as RevisionRow[]
  }

  /** Milliseconds that the latest answered requests for bars took, newest first. */
  latestDurationsMs(limit: number): readonly number[] {
    return this.#database
      .prepare(
        `select finished_at_ms - sent_at_ms from tws_requests
         where kind = 'historical' and outcome = 'complete' order by id desc limit ?`,
      )
      .pluck()
      .all(limit) as number[]
  }

  /** First instant for which the broker has bars; undefined while nobody has asked. */
  head(symbol: string, whatToShow: string): number | undefined {
    return this.#database
      .prepare(
        `select h.head_ts from instrument_heads h join instruments i on i.id = h.instrument_id
         where i.symbol = ? and h.what_to_show = ?`,
      )
      .pluck()
      .get(symbol, whatToShow) as number | undefined
  }

  saveHead(symbol: string, whatToShow: string, headTs: number, nowMs: number): void {
    guarded(this.#file, () =>
      this.#database
        .prepare(
          `insert into instrument_heads (instrument_id, what_to_show, head_ts, asked_at_ms) values (?, ?, ?, ?)
           on conflict do update set head_ts = excluded.head_ts, asked_at_ms = excluded.asked_at_ms`,
        )
        .run(this.#instrumentId(symbol), whatToShow, headTs, nowMs),
    )
  }

  /** The newest schedule that covers the whole range; undefined while nobody has asked. */
  schedule(symbol: string, useRth: boolean, from: SessionDate, to: SessionDate): StoredSchedule | undefined {
    const row = this.#database
      .prepare(
        `select c.from_date as "from", c.to_date as "to", c.asked_at_ms as askedAtMs, c.sessions as sessions
         from broker_schedules c join instruments i on i.id = c.instrument_id
         where i.symbol = ? and c.use_rth = ? and c.from_date <= ? and c.to_date >= ? order by c.id desc limit 1`,
      )
      .get(symbol, useRth ? 1 : 0, from, to) as
      | { from: SessionDate; to: SessionDate; askedAtMs: number; sessions: string }
      | undefined
    if (row === undefined) return undefined
    const sessions = JSON.parse(row.sessions) as [SessionDate, number, number][]
    return { ...row, sessions: new Map(sessions.map(([date, openTs, closeTs]) => [date, { openTs, closeTs }])) }
  }

  /**
   * Tells the broker's own hours of a session, from what it was asked after the session was over; null where it was not. Of several
   * answers the newest counts. `symbols` are some that share a schedule.
   */
  brokerHoursOf(
    symbols: readonly string[],
    useRth: boolean,
  ): (session: { readonly date: SessionDate; readonly closeTs: number }) => BrokerHours | null {
    const rows = this.#database
      .prepare(
        `select c.from_date as "from", c.to_date as "to", c.asked_at_ms as askedAtMs, c.sessions as sessions
         from broker_schedules c join instruments i on i.id = c.instrument_id
         where i.symbol in (select value from json_each(?)) and c.use_rth = ? order by c.id desc`,
      )
      .all(JSON.stringify(symbols), useRth ? 1 : 0) as {
      from: SessionDate
      to: SessionDate
      askedAtMs: number
      sessions: string
    }[]
    const schedules = rows.map(({ sessions, ...range }) => ({
      ...range,
      hours: new Map(
        (JSON.parse(sessions) as [SessionDate, number, number][]).map(([date, openTs, closeTs]) => [
          date,
          { openTs, closeTs },
        ]),
      ),
    }))
    return ({ date, closeTs }) => {
      const schedule = schedules.find(
        ({ from, to, askedAtMs }) => date >= from && date <= to && askedAtMs / 1000 >= closeTs,
      )
      return schedule === undefined ? null : (schedule.hours.get(date) ?? 'closed')
    }
  }

  saveSchedule(symbol: string, useRth: boolean, { from, to, askedAtMs, sessions }: StoredSchedule): void {
    const rows = [...sessions].map(([date, { openTs, closeTs }]) => [date, openTs, closeTs])
    guarded(this.#file, () =>
      this.#database
        .prepare(
          `insert into broker_schedules (instrument_id, use_rth, from_date, to_date, asked_at_ms, sessions)
           values (?, ?, ?, ?, ?, ?)`,
        )
        .run(this.#instrumentId(symbol), useRth ? 1 : 0, from, to, askedAtMs, JSON.stringify(rows)),
    )
  }

  #instrumentId(symbol: string): number {
    const id = this.#database.prepare('select id from instruments where symbol = ?').pluck().get(symbol)
    if (typeof id !== 'number') {
      throw new SwitchyardError('INTERNAL', `${symbol} has not been resolved with TWS yet.`)
    }
    return id
  }
}
