import { type MergedBars, mergeResponses, type RawResponse } from '#shared/raw-response.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { barsBetween, type BarColumns } from '#shared/bars.ts'
import { BAR_BLOB_COLUMNS, type BarBlobs, decodeBars, encodeBars, hashBars } from './bar-blocks.ts'
import { WritableFetchLog } from './fetch-log.ts'
import { guarded, openReadable, openWritable, type Readable, type Statement, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'
import type {
  Instrument,
  OriginRow,
  Readjustment,
  BarSeries,
  HistoricalRequest,
  SessionOutcome,
  SessionRevision,
  ResponseNotes,
  RequestOutcome,
  FetchedSession,
  ResponseSpan,
  RawSummary,
} from './raw-types.ts'

/** A response that was rejected stays in the log, and nothing is made from it. */
const IS_USED = 'not exists (select 1 from tws_requests q where q.id = b.request_id and q.rejected_because is not null)'

interface ResponseRow extends BarBlobs {
  readonly id: number
  readonly received_at_ms: number
  readonly checksum: string
}

/**
 * `raw_tws_bars`: every TWS response as received, append-only, with the requests and instruments it belongs to. A commit
 * survives a power cut before the method that made it returns.
 */
export class RawStore {
  readonly file: string
  readonly #database: Readable
  #selectResponse: Statement | undefined

  constructor(file: string, database: Readable = openReadable(file, LAYERS.raw)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  instrument(symbol: string): Instrument | undefined {
    const row = this.#database
      .prepare(
        `select symbol, con_id as conId, sec_type as secType, exchange, primary_exchange as primaryExchange, currency,
                local_symbol as localSymbol, trading_class as tradingClass, long_name as longName, min_tick as minTick,
                time_zone as timeZone
         from instruments where symbol = ?`,
      )
      .get(symbol)
    return row as Instrument | undefined
  }

  /** Every settled session of a series. Bars fetched with extended hours also settle a series of regular hours. */
  fetchedSessions(symbol: string, series: BarSeries): ReadonlyMap<SessionDate, FetchedSession> {
    const rows = this.#database
      .prepare(
        `select s.session_date as sessionDate, max(coalesce(s.known, s.bars)) as bars, r.message as message,
                s.expected as expected, s.reason as reason
         from tws_request_sessions s
         join tws_requests r on r.id = s.request_id
         join instruments i on i.id = s.instrument_id
         where i.symbol = ? and s.settled = 1 and r.bar_size = ? and r.what_to_show = ? and (r.use_rth = 0 or r.use_rth = ?)
         group by s.session_date`,
      )
      .all(symbol, series.barSize, series.whatToShow, series.useRth ? 1 : 0) as FetchedSession[]
    return new Map(rows.map((row) => [row.sessionDate, row]))
  }

  /** Where each response of a series lies, in order of its first bar. */
  responseSpans(symbol: string, barSize: string, whatToShow: string): readonly ResponseSpan[] {
    return this.#database
      .prepare(
        `select b.id as id, b.first_ts as firstTs, b.last_ts as lastTs
         from raw_tws_bars b join instruments i on i.id = b.instrument_id
         where i.symbol = ? and b.bar_size = ? and b.what_to_show = ? and ${IS_USED}
         order by b.first_ts, b.id`,
      )
      .all(symbol, barSize, whatToShow) as ResponseSpan[]
  }

  /** When each response of a series was received, by id; in that order. Milliseconds. */
  receivedAtMs(symbol: string, barSize: string, whatToShow: string): ReadonlyMap<number, number> {
    const rows = this.#database
      .prepare(
        `select b.id, b.received_at_ms from raw_tws_bars b join instruments i on i.id = b.instrument_id
         where i.symbol = ? and b.bar_size = ? and b.what_to_show = ? and ${IS_USED} order by b.id`,
      )
      .raw()
      .all(symbol, barSize, whatToShow) as [number, number][]
    return new Map(rows)
  }

  /**
   * The responses with these ids, ascending. Throws STORE_CORRUPT when the bytes of one no longer have the checksum that was
   * stored with them.
   */
  responses(ids: readonly number[]): RawResponse[] {
    this.#selectResponse ??= this.#database.prepare(
      `select id, received_at_ms, checksum, ${BAR_BLOB_COLUMNS} from raw_tws_bars where id = ?`,
    )
    const select = this.#selectResponse
    return guarded(this.file, () =>
      [...ids]
        .sort((a, b) => a - b)
        .map((id) => {
          const row = select.get(id) as ResponseRow | undefined
          if (row === undefined) throw new SwitchyardError('NOT_FOUND', `${this.file} has no response ${id}.`)
          if (hashBars(row) !== row.checksum) {
            throw new SwitchyardError('STORE_CORRUPT', `Response ${id} in ${this.file} does not match its checksum.`, {
              hint: 'The file is damaged. Restore raw.db from a backup; raw data cannot be rebuilt.',
            })
          }
          return { id, receivedAtMs: row.received_at_ms, bars: decodeBars(row) }
        }),
    )
  }

  /** Ids of the responses that reach into `[fromTs, toTs)` and were received by `asOfMs` (all when left out), ascending. */
  responseIds(
    symbol: string,
    barSize: string,
    whatToShow: string,
    fromTs: number,
    toTs: number,
    asOfMs?: number,
  ): number[] {
    const rows = this.#database
      .prepare(
        `select b.id from raw_tws_bars b join instruments i on i.id = b.instrument_id
         where i.symbol = ? and b.bar_size = ? and b.what_to_show = ? and b.first_ts < ? and b.last_ts >= ?
           and b.received_at_ms <= ? and ${IS_USED}
         order by b.id`,
      )
      .pluck()
      .all(symbol, barSize, whatToShow, toTs, fromTs, asOfMs ?? Number.MAX_SAFE_INTEGER)
    return rows as number[]
  }

  /** The bars of a series in `[fromTs, toTs)` as they stand: of every minute the newest response's. */
  mergedBars(symbol: string, barSize: string, whatToShow: string, fromTs: number, toTs: number): MergedBars['bars'] {
    const ids = this.responseIds(symbol, barSize, whatToShow, fromTs, toTs)
    return barsBetween(mergeResponses(this.responses(ids)).bars, fromTs, toTs)
  }

  /** Every revision of a symbol that changed all prices by one ratio, in the order received. */
  readjustments(symbol: string): readonly Readjustment[] {
    return this.#database
      .prepare(
        `select v.response_id as responseId, v.session_date as sessionDate, v.at_ms as atMs, v.price_ratio as priceRatio,
                v.volume_ratio as volumeRatio
         from raw_revisions v join instruments i on i.id = v.instrument_id
         where i.symbol = ? and v.price_ratio is not null order by v.response_id, v.session_date`,
      )
      .all(symbol) as Readjustment[]
  }

  /** The responses that hold a minute, newest first, with the requests that asked for them. */
  originsOf(symbol: string, barSize: string, whatToShow: string, ts: number): readonly OriginRow[] {
    return this.#database
      .prepare(
        `select b.id as responseId, b.request_id as requestId, b.received_at_ms as receivedAtMs, r.kind as kind,
                r.purpose as purpose, r.attempt as attempt, r.bar_size as barSize, r.what_to_show as whatToShow,
                r.use_rth as useRth, r.end_ts as endTs, r.duration as duration, r.sent_at_ms as sentAtMs,
                r.finished_at_ms as finishedAtMs,
                case when r.rejected_because is null then r.outcome else 'rejected' end as outcome, r.code as code,
                coalesce(r.rejected_because, r.message) as message
         from raw_tws_bars b join instruments i on i.id = b.instrument_id join tws_requests r on r.id = b.request_id
         where i.symbol = ? and b.bar_size = ? and b.what_to_show = ? and b.first_ts <= ? and b.last_ts >= ?
         order by b.id desc`,
      )
      .all(symbol, barSize, whatToShow, ts, ts) as OriginRow[]
  }

  /** Of the minute bars; daily bars are a check of them. */
  summary(): RawSummary {
    return this.#database
      .prepare(
        `select count(distinct instrument_id) as symbols, count(*) as responses, coalesce(sum(count), 0) as bars,
                min(first_ts) as firstTs, max(last_ts) as lastTs, max(received_at_ms) as updatedAtMs
         from raw_tws_bars where bar_size <> '1 day'`,
      )
      .get() as RawSummary
  }

  /** Received bars by symbol, revisions and overlaps counted as received. */
  barsBySymbol(): ReadonlyMap<string, number> {
    const rows = this.#database
      .prepare(
        `select i.symbol as symbol, sum(b.count) as bars
         from raw_tws_bars b join instruments i on i.id = b.instrument_id where b.bar_size <> '1 day' group by i.symbol`,
      )
      .all() as { symbol: string; bars: number }[]
    return new Map(rows.map((row) => [row.symbol, row.bars]))
  }
}

/** The raw store with its writing half; there is one per workspace. Creates and migrates the file when it is opened. */
export class WritableRawStore extends RawStore {
  /** What was asked for and what it proved. */
  readonly fetches: WritableFetchLog
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.raw)
    super(file, database)
    this.#database = database
    this.fetches = new WritableFetchLog(file, database)
  }

  /**
   * Remembers how TWS resolved a symbol. Throws BAD_ARGUMENTS when the workspace already has bars of another contract under
   * that name, since mixing two contracts in one series cannot be undone.
   */
  saveInstrument(instrument: Instrument, nowMs: number): void {
    guarded(this.file, () => {
      const known = this.#database
        .prepare('select con_id from instruments where symbol = ?')
        .pluck()
        .get(instrument.symbol) as number | undefined
      if (known !== undefined && known !== instrument.conId) {
        throw new SwitchyardError(
          'BAD_ARGUMENTS',
          `${instrument.symbol} is contract ${known} in this workspace, but TWS now resolves it to contract ${instrument.conId}.`,
          { hint: 'Give the new contract a name of its own in switchyard.yaml, or set contract.conId to the old one.' },
        )
      }
      this.#database
        .prepare(
          `insert into instruments (symbol, con_id, sec_type, exchange, primary_exchange, currency, local_symbol, trading_class,
                                    long_name, min_tick, time_zone, resolved_at_ms)
           values (@symbol, @conId, @secType, @exchange, @primaryExchange, @currency, @localSymbol, @tradingClass, @longName,
                   @minTick, @timeZone, @nowMs)
           on conflict (symbol) do update set long_name = excluded.long_name, min_tick = excluded.min_tick,
             time_zone = excluded.time_zone, resolved_at_ms = excluded.resolved_at_ms`,
        )
        .run({ ...instrument, nowMs })
    })
  }

  /** Records that a request goes out and returns its id. */
  beginRequest(request: HistoricalRequest, nowMs: number): number {
    return guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const instrumentId = this.#instrumentId(request.symbol)
          const { lastInsertRowid } = this.#database
            .prepare(
              `insert into tws_requests (instrument_id, kind, purpose, attempt, bar_size, what_to_show, use_rth, end_ts, duration,
                                         sent_at_ms)
               values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            )
            .run(
              instrumentId,
              request.kind ?? 'historical',
              request.purpose ?? 'fetch',
              request.attempt ?? 1,
              request.barSize,
              request.whatToShow,
              request.useRth ? 1 : 0,
              request.endTs,
              request.duration,
              nowMs,
            )
          const requestId = Number(lastInsertRowid)
          const insert = this.#database.prepare(
            'insert into tws_request_sessions (request_id, instrument_id, session_date) values (?, ?, ?)',
          )
          for (const sessionDate of request.sessions) insert.run(requestId, instrumentId, sessionDate)
          return requestId
        })
        .immediate(),
    )
  }

  /** Stores a response with the outcome of its request in one transaction; returns the response's id. */
  storeResponse(
    requestId: number,
    bars: BarColumns,
    sessions: readonly SessionOutcome[],
    nowMs: number,
    { rejectedBecause, revisions = [] }: ResponseNotes = {},
  ): number {
    return this.#append(requestId, bars, nowMs, (responseId) => {
      this.#finish(requestId, 'complete', sessions, nowMs, null, rejectedBecause ?? null, bars.ts.length)
      if (rejectedBecause !== undefined) {
        this.#database
          .prepare('update tws_requests set rejected_because = ? where id = ?')
          .run(rejectedBecause, requestId)
      }
      this.#insertRevisions(responseId, revisions, nowMs)
    })
  }

  /** Stores bars of a request that goes on, such as a stream; `known` bars of its session are there then. Returns the response's id. */
  appendBars(
    requestId: number,
    bars: BarColumns,
    nowMs: number,
    { sessionDate, known }: { readonly sessionDate: SessionDate; readonly known: number },
  ): number {
    return this.#append(requestId, bars, nowMs, () => {
      const added = bars.ts.length
      this.#database.prepare('update tws_requests set bars = coalesce(bars, 0) + ? where id = ?').run(added, requestId)
      this.#database
        .prepare(
          'update tws_request_sessions set bars = coalesce(bars, 0) + ?, known = ? where request_id = ? and session_date = ?',
        )
        .run(added, known, requestId, sessionDate)
    })
  }

  /** A stream has come to its end, orderly or not; what it brought is stored. */
  endStream(requestId: number, nowMs: number): void {
    guarded(this.file, () =>
      this.#database
        .prepare("update tws_requests set outcome = 'complete', finished_at_ms = ? where id = ? and outcome is null")
        .run(nowMs, requestId),
    )
  }

  /** Whether a request has no outcome yet. */
  isOpen(requestId: number): boolean {
    return this.#database.prepare('select outcome is null from tws_requests where id = ?').pluck().get(requestId) === 1
  }

  /** Records how a request ended that brought no bars. */
  finishRequest(
    requestId: number,
    outcome: Exclude<RequestOutcome, 'complete'>,
    sessions: readonly SessionOutcome[],
    nowMs: number,
    reason: { readonly code: number | null; readonly message: string },
  ): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => this.#finish(requestId, outcome, sessions, nowMs, reason.code, reason.message, 0))
        .immediate(),
    )
  }

  /** Marks requests that an earlier process sent and never saw answered. Returns how many there were. */
  abandonOpenRequests(nowMs: number): number {
    return guarded(
      this.file,
      () =>
        this.#database
          .prepare(
            `update tws_requests set outcome = 'abandoned', finished_at_ms = ?, message = 'The engine stopped before the answer.'
             where outcome is null`,
          )
          .run(nowMs).changes,
    )
  }

  #finish(
    requestId: number,
    outcome: RequestOutcome,
    sessions: readonly SessionOutcome[],
    nowMs: number,
    code: number | null,
    message: string | null,
    bars: number,
  ): void {
    this.#database
      .prepare('update tws_requests set outcome = ?, finished_at_ms = ?, code = ?, message = ?, bars = ? where id = ?')
      .run(outcome, nowMs, code, message, bars, requestId)
    const update = this.#database.prepare(
      `update tws_request_sessions
       set bars = @bars, settled = @settled, expected = @expected, known = @known, reason = @reason
       where request_id = @requestId and session_date = @sessionDate
         and instrument_id = (select instrument_id from tws_requests where id = @requestId)`,
    )
    for (const session of sessions) {
      update.run({
        requestId,
        sessionDate: session.sessionDate,
        bars: session.bars,
        settled: session.settled ? 1 : 0,
        expected: session.expected ?? null,
        known: session.known ?? null,
        reason: session.reason ?? null,
      })
    }
  }

  #append(requestId: number, bars: BarColumns, nowMs: number, note: (responseId: number) => void): number {
    const blobs = encodeBars(bars)
    const checksum = hashBars(blobs)
    let firstTs = Infinity
    let lastTs = -Infinity
    for (const ts of bars.ts) {
      if (ts < firstTs) firstTs = ts
      if (ts > lastTs) lastTs = ts
    }
    return guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const newest = this.#database.prepare('select max(received_at_ms) from raw_tws_bars').pluck().get() as
            | number
            | null
          const { changes, lastInsertRowid } = this.#database
            .prepare(
              `insert into raw_tws_bars (request_id, instrument_id, bar_size, what_to_show, use_rth, first_ts, last_ts, count,
                                         received_at_ms, ${BAR_BLOB_COLUMNS}, checksum)
               select id, instrument_id, bar_size, what_to_show, use_rth, @firstTs, @lastTs, @count, @receivedAtMs,
                      @ts, @open, @high, @low, @close, @volume, @vwap, @trade_count, @checksum
               from tws_requests where id = @requestId`,
            )
            .run({
              ...blobs,
              requestId,
              firstTs,
              lastTs,
              count: bars.ts.length,
              checksum,
              // A clock that was set back must not make a later response look older than an earlier one.
              receivedAtMs: Math.max(nowMs, newest ?? 0),
            })
          if (changes === 0) {
            throw new SwitchyardError(
              'INTERNAL',
              `${this.file} has no request ${requestId} that a response could answer.`,
            )
          }
          note(Number(lastInsertRowid))
          return Number(lastInsertRowid)
        })
        .immediate(),
    )
  }

  #insertRevisions(responseId: number, revisions: readonly SessionRevision[], nowMs: number): void {
    const insert = this.#database.prepare(
      `insert into raw_revisions (response_id, instrument_id, session_date, cause, at_ms, prices_changed, volumes_changed, added,
                                  lacking, largest_price_change, volume_ratio, price_ratio)
       select @responseId, instrument_id, @sessionDate, @cause, @nowMs, @pricesChanged, @volumesChanged, @added, @lacking,
              @largestPriceChange, @volumeRatio, @priceRatio
       from raw_tws_bars where id = @responseId`,
    )
    for (const revision of revisions) insert.run({ ...revision, responseId, nowMs })
  }

  #instrumentId(symbol: string): number {
    const id = this.#database.prepare('select id from instruments where symbol = ?').pluck().get(symbol)
    if (typeof id !== 'number') {
      throw new SwitchyardError('INTERNAL', `${symbol} has not been resolved with TWS yet.`)
    }
    return id
  }
}
