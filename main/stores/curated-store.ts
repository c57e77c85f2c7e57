import type { CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { Finding } from '#shared/contract/quality.ts'
import type { SessionDate } from '#shared/time.ts'
import { BAR_BLOB_COLUMNS, type CuratedBlobs, decodeCurated } from './bar-blocks.ts'
import { guarded, openReadable, openWritable, type Readable, type Statement, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'

/** The time line that a session owns: raw bars with `fromTs <= ts < toTs` are its business. Epoch seconds. */
export interface SessionWindow {
  readonly fromTs: number
  readonly toTs: number
}

/** Everything but the bars of a curated session: what it was made from and what came out. */
export interface CuratedSessionInfo {
  readonly symbol: string
  /** The hours that it was built for. */
  readonly session: Session
  readonly window: SessionWindow
  readonly count: number
  /** Largest id of the raw responses that reach into the window, as far as they existed when it was built. */
  readonly rawWatermark: number
  readonly configHash: string
  /** SHA-256 (hex) of the stored blobs. */
  readonly contentHash: string
}

/** Counts of one session: `received = kept + dropped`, `missing = expected - kept`, coverage = kept / expected. */
export interface SessionQuality {
  readonly expected: number
  readonly received: number
  readonly missing: number
  readonly dropped: number
  readonly flagged: number
  readonly coverage: number
}

export type SessionFinding = Omit<Finding, 'symbol' | 'sessionDate'>

/** A session ready to be stored. */
export interface CuratedSession extends CuratedSessionInfo {
  readonly blobs: CuratedBlobs
  readonly findings: readonly SessionFinding[]
  readonly quality: SessionQuality
}

/** A stored session read back. */
export interface CuratedBlock extends CuratedSessionInfo {
  readonly bars: CuratedColumns
}

export interface CuratedSummary {
  readonly symbols: number
  readonly sessions: number
  readonly bars: number
  readonly firstSession: SessionDate | null
  readonly lastSession: SessionDate | null
  readonly updatedAtMs: number | null
}

interface InfoRow {
  readonly symbol: string
  readonly session_date: string
  readonly open_ts: number
  readonly close_ts: number
  readonly break_start_ts: number | null
  readonly break_end_ts: number | null
  readonly early_close: number
  readonly window_from_ts: number
  readonly window_to_ts: number
  readonly count: number
  readonly raw_watermark: number
  readonly config_hash: string
  readonly content_hash: string
}

const INFO_COLUMNS =
  'symbol, session_date, open_ts, close_ts, break_start_ts, break_end_ts, early_close, window_from_ts, window_to_ts, count, raw_watermark, config_hash, content_hash'

/** `curated_tws_1m_bars` with the findings and the quality of each session. */
export class CuratedStore {
  readonly file: string
  readonly #database: Readable
  #selectBlock: Statement | undefined

  constructor(file: string, database: Readable = openReadable(file, LAYERS.curated)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  /** What is stored for a symbol between two dates (both included), ascending, without bars. */
  sessions(symbol: string, from = '0000-00-00', to = '9999-99-99'): readonly CuratedSessionInfo[] {
    const rows = this.#database
      .prepare(
        `select ${INFO_COLUMNS} from curated_tws_1m_bars where symbol = ? and session_date between ? and ? order by session_date`,
      )
      .all(symbol, from, to) as InfoRow[]
    return rows.map(toInfo)
  }

  /** Sessions with their bars, ascending, read one at a time. */
  *blocks(symbol: string, from: SessionDate, to: SessionDate): Generator<CuratedBlock> {
    const rows = this.#database
      .prepare(
        `select ${INFO_COLUMNS}, ${BAR_BLOB_COLUMNS}, flags from curated_tws_1m_bars
         where symbol = ? and session_date between ? and ? order by session_date`,
      )
      .iterate(symbol, from, to) as IterableIterator<InfoRow & CuratedBlobs>
    for (const row of rows) yield { ...toInfo(row), bars: decodeCurated(row) }
  }

  block(symbol: string, sessionDate: SessionDate): CuratedBlock | undefined {
    // Read once a session: preparing the statement anew would take longer than reading the block.
    this.#selectBlock ??= this.#database.prepare(
      `select ${INFO_COLUMNS}, ${BAR_BLOB_COLUMNS}, flags from curated_tws_1m_bars where symbol = ? and session_date = ?`,
    )
    const row = this.#selectBlock.get(symbol, sessionDate) as (InfoRow & CuratedBlobs) | undefined
    return row === undefined ? undefined : { ...toInfo(row), bars: decodeCurated(row) }
  }

  /** The blobs of one session as they lie on disk, to check them against the stored hash. */
  blobs(symbol: string, sessionDate: SessionDate): CuratedBlobs | undefined {
    return this.#database
      .prepare(`select ${BAR_BLOB_COLUMNS}, flags from curated_tws_1m_bars where symbol = ? and session_date = ?`)
      .get(symbol, sessionDate) as CuratedBlobs | undefined
  }

  /** The configuration (JSON text) that a block's `configHash` stands for. */
  config(configHash: string): string | undefined {
    return this.#database
      .prepare('select config from curation_configs where config_hash = ?')
      .pluck()
      .get(configHash) as string | undefined
  }

  symbols(): readonly string[] {
    return this.#database
      .prepare('select distinct symbol from curated_tws_1m_bars order by symbol')
      .pluck()
      .all() as string[]
  }

  /** Findings in a selection, worst severity first, then newest. */
  findings(selection: {
    readonly symbols?: readonly string[] | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly rule?: string | undefined
    readonly limit: number
  }): readonly Finding[] {
    return this.#database
      .prepare(
        `select symbol, session_date as sessionDate, ts, rule, severity, action, bars, message from dq_findings
         where (@symbols is null or symbol in (select value from json_each(@symbols)))
           and session_date between @from and @to and (@rule is null or rule = @rule)
         order by case severity when 'error' then 0 when 'warn' then 1 else 2 end, session_date desc, symbol, ts
         limit @limit`,
      )
      .all({
        symbols: selection.symbols === undefined ? null : JSON.stringify(selection.symbols),
        from: selection.from ?? '0000-00-00',
        to: selection.to ?? '9999-99-99',
        rule: selection.rule ?? null,
        limit: selection.limit,
      }) as Finding[]
  }

  /** How many findings each rule has in a selection. */
  findingCounts(selection: {
    readonly symbols?: readonly string[] | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
  }): readonly { readonly rule: string; readonly severity: string; readonly count: number }[] {
    return this.#database
      .prepare(
        `select rule, severity, count(*) as count from dq_findings
         where (@symbols is null or symbol in (select value from json_each(@symbols))) and session_date between @from and @to
         group by rule, severity order by count desc, rule`,
      )
      .all({
        symbols: selection.symbols === undefined ? null : JSON.stringify(selection.symbols),
        from: selection.from ?? '0000-00-00',
        to: selection.to ?? '9999-99-99',
      }) as { rule: string; severity: string; count: number }[]
  }

  summary(): CuratedSummary {
    return this.#database
      .prepare(
        `select count(distinct symbol) as symbols, count(*) as sessions, coalesce(sum(count), 0) as bars,
                min(session_date) as firstSession, max(session_date) as lastSession, max(built_at_ms) as updatedAtMs
         from curated_tws_1m_bars`,
      )
      .get() as CuratedSummary
  }

  /** Sessions, bars and findings by symbol. */
  bySymbol(): ReadonlyMap<string, { sessions: number; bars: number; findings: number; first: string; last: string }> {
    const rows = this.#database
      .prepare(
        `select symbol, count(*) as sessions, sum(count) as bars, min(session_date) as first, max(session_date) as last,
                (select count(*) from dq_findings f where f.symbol = b.symbol) as findings
         from curated_tws_1m_bars b group by symbol`,
      )
      .all() as { symbol: string; sessions: number; bars: number; findings: number; first: string; last: string }[]
    return new Map(rows.map((row) => [row.symbol, row]))
  }
}

/** The curated store with its writing half. Creates and migrates the file when it is opened. */
export class WritableCuratedStore extends CuratedStore {
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.curated)
    super(file, database)
    this.#database = database
  }

  /** Remembers a configuration by its hash; the same one again changes nothing. */
  saveConfig(configHash: string, config: string): void {
    guarded(this.file, () =>
      this.#database
        .prepare('insert or ignore into curation_configs (config_hash, config) values (?, ?)')
        .run(configHash, config),
    )
  }

  /** Takes sessions out with their findings and quality, all or nothing; the records of their builds stay. */
  removeSessions(symbol: string, dates: readonly SessionDate[]): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          for (const table of ['curated_tws_1m_bars', 'session_quality', 'dq_findings']) {
            const remove = this.#database.prepare(`delete from ${table} where symbol = ? and session_date = ?`)
            for (const date of dates) remove.run(symbol, date)
          }
        })
        .immediate(),
    )
  }

  /** Puts sessions in place of what was there, with their findings, quality and build records, all or nothing. */
  replaceSessions(sessions: readonly CuratedSession[], runId: string, nowMs: number): void {
    const database = this.#database
    guarded(this.file, () =>
      database
        .transaction(() => {
          const block = database.prepare(
            `insert or replace into curated_tws_1m_bars
               (${INFO_COLUMNS}, run_id, built_at_ms, ${BAR_BLOB_COLUMNS}, flags)
             values (@symbol, @sessionDate, @openTs, @closeTs, @breakStartTs, @breakEndTs, @earlyClose, @fromTs, @toTs, @count, @rawWatermark, @configHash, @contentHash,
                     @runId, @nowMs, @ts, @open, @high, @low, @close, @volume, @vwap, @trade_count, @flags)`,
          )
          const build = database.prepare(
            `insert into curated_builds (symbol, session_date, raw_watermark, config_hash, content_hash, run_id, built_at_ms)
             values (@symbol, @sessionDate, @rawWatermark, @configHash, @contentHash, @runId, @nowMs)`,
          )
          const quality = database.prepare(
            `insert or replace into session_quality
               (symbol, session_date, expected, received, missing, dropped, flagged, coverage)
             values (@symbol, @sessionDate, @expected, @received, @missing, @dropped, @flagged, @coverage)`,
          )
          const clear = database.prepare('delete from dq_findings where symbol = ? and session_date = ?')
          const finding = database.prepare(
            `insert into dq_findings (run_id, symbol, session_date, ts, rule, severity, action, bars, message)
             values (@runId, @symbol, @sessionDate, @ts, @rule, @severity, @action, @bars, @message)`,
          )
          for (const session of sessions) {
            const { symbol, rawWatermark, configHash, contentHash } = session
            const { date: sessionDate, ...hours } = session.session
            const key = { symbol, sessionDate, rawWatermark, configHash, contentHash, runId, nowMs }
            block.run({
              ...key,
              ...hours,
              earlyClose: hours.earlyClose ? 1 : 0,
              ...session.window,
              count: session.count,
              ...session.blobs,
            })
            build.run(key)
            quality.run({ symbol, sessionDate, ...session.quality })
            clear.run(symbol, sessionDate)
            for (const found of session.findings) finding.run({ runId, symbol, sessionDate, ...found })
          }
        })
        .immediate(),
    )
  }
}

function toInfo(row: InfoRow): CuratedSessionInfo {
  return {
    symbol: row.symbol,
    session: {
      date: row.session_date,
      openTs: row.open_ts,
      closeTs: row.close_ts,
      breakStartTs: row.break_start_ts,
      breakEndTs: row.break_end_ts,
      earlyClose: row.early_close === 1,
    },
    window: { fromTs: row.window_from_ts, toTs: row.window_to_ts },
    count: row.count,
    rawWatermark: row.raw_watermark,
    configHash: row.config_hash,
    contentHash: row.content_hash,
  }
}
