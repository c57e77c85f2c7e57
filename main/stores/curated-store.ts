import type { CuratedColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'
import type { Adjustment, Finding } from '#shared/contract/quality.ts'
import type { Severity } from '#shared/quality/rule-catalogue.ts'
import type { SessionDate } from '#shared/time.ts'
import type { BuildInputs } from '#shared/quality/build-inputs.ts'
import type { SessionMetrics } from '#shared/quality/session-metrics.ts'
import { BAR_BLOB_COLUMNS, type CuratedBlobs, decodeCurated } from './bar-blocks.ts'
import {
  guarded,
  holdSnapshot,
  openReadable,
  openWritable,
  type Readable,
  type Statement,
  type Writable,
} from './database.ts'
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
  /** Hash of the session's own responses, their factors, its facts and its second source. */
  readonly ownHash: string
  /** Hash of the responses of the sessions before, on which its normal is measured. */
  readonly historyHash: string
}

export type SessionFinding = Omit<Finding, 'symbol' | 'sessionDate' | 'acknowledgement'>

/** A session ready to be stored. */
export interface CuratedSession extends CuratedSessionInfo {
  readonly blobs: CuratedBlobs
  readonly findings: readonly SessionFinding[]
  readonly quality: SessionMetrics
  readonly inputs: BuildInputs
}

/** The record of a build. */
export interface BuildRecord {
  readonly id: number
  readonly sessionDate: SessionDate
  readonly rawWatermark: number
  readonly configHash: string
  readonly contentHash: string
  readonly runId: string
  readonly builtAtMs: number
  /** Absent for builds from before the inputs were kept. */
  readonly inputs?: BuildInputs
}

/** The metrics of a stored session. */
export interface StoredQuality extends SessionMetrics {
  readonly symbol: string
  readonly sessionDate: SessionDate
}

/** How many findings of a rule a session has. */
export interface FindingTally {
  readonly symbol: string
  readonly sessionDate: SessionDate
  readonly rule: string
  readonly severity: Severity
  readonly findings: number
  readonly bars: number
}

/** How many findings of a rule there are on a date, over symbols. */
export interface DateTally {
  readonly sessionDate: SessionDate
  readonly rule: string
  readonly severity: Severity
  readonly findings: number
  readonly sessions: number
  readonly bars: number
}

/** Which findings are meant; what is left out means all. */
export interface FindingSelection {
  readonly symbols?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly rule?: string | undefined
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
  readonly own_hash: string
  readonly history_hash: string
}

const INFO_COLUMNS =
  'symbol, session_date, open_ts, close_ts, break_start_ts, break_end_ts, early_close, window_from_ts, window_to_ts, count, raw_watermark, config_hash, content_hash, own_hash, history_hash'

/** Column of session_quality by its name in the program. */
const QUALITY_COLUMNS = {
  expected: 'expected',
  received: 'received',
  missing: 'missing',
  dropped: 'dropped',
  flagged: 'flagged',
  filled: 'filled',
  fromSecondSource: 'from_second_source',
  notTraded: 'not_traded',
  halted: 'halted',
  notFetched: 'not_fetched',
  outliers: 'outliers',
  nullVolume: 'null_volume',
  nullVwap: 'null_vwap',
  nullTradeCount: 'null_trade_count',
  adjusted: 'adjusted',
  coverage: 'coverage',
  quarantined: 'quarantined',
  refetch: 'refetch',
} as const satisfies Record<keyof SessionMetrics, string>

/** Conditions of a selection. What means all is left out of them, so that an index answers the rest. */
function selected({ symbols, rule }: FindingSelection): string {
  return [
    ...(symbols === undefined ? [] : ['symbol in (select value from json_each(@symbols))']),
    'session_date between @from and @to',
    ...(rule === undefined ? [] : ['rule = @rule']),
  ].join(' and ')
}

function bound({ symbols, from, to, rule }: FindingSelection): Record<string, string> {
  return {
    from: from ?? '0000-00-00',
    to: to ?? '9999-99-99',
    ...(symbols === undefined ? {} : { symbols: JSON.stringify(symbols) }),
    ...(rule === undefined ? {} : { rule }),
  }
}

/** `curated_tws_1m_bars` with the findings and the quality of each session. */
export class CuratedStore {
  readonly file: string
  readonly #database: Readable
  #selectBlock: Statement | undefined
  #selectFinding: Statement | undefined

  constructor(file: string, database: Readable = openReadable(file, LAYERS.curated)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  /** From here on reads what is stored now, until it is closed. Only for connections of one's own. */
  holdSnapshot(): void {
    holdSnapshot(this.#database)
  }

  /** From now on this connection sees what is stored now, until it is closed. Not for the connection that writes. */
  holdStill(): void {
    this.#database.exec('begin')
    // The snapshot is taken by the first query.
    this.#database.prepare('select 1 from curated_tws_1m_bars limit 1').get()
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

  /** Findings in a selection, worst severity first, then newest, read one at a time. */
  *findings(selection: FindingSelection): Generator<Omit<Finding, 'acknowledgement'>> {
    const rows = this.#database
      .prepare(
        `select symbol, session_date as sessionDate, ts, last_ts as lastTs, rule, severity, blocking, action, bars, message, context
         from dq_findings where ${selected(selection)}
         order by case severity when 'error' then 0 when 'warn' then 1 else 2 end, session_date desc, symbol, ts, id`,
      )
      .iterate(bound(selection)) as IterableIterator<
      Omit<Finding, 'blocking' | 'context'> & { blocking: number; context: string | null }
    >
    for (const { blocking, context, ...row } of rows) {
      yield {
        ...row,
        blocking: blocking === 1,
        ...(context === null ? {} : { context: JSON.parse(context) as NonNullable<Finding['context']> }),
      }
    }
  }

  hasFinding(key: Pick<Finding, 'symbol' | 'sessionDate' | 'ts' | 'rule'>): boolean {
    // Asked for each acknowledgement: preparing the statement anew would take longer than the answer.
    this.#selectFinding ??= this.#database.prepare(
      'select 1 from dq_findings where symbol = @symbol and session_date = @sessionDate and ts = @ts and rule = @rule',
    )
    const { symbol, sessionDate, ts, rule } = key
    return this.#selectFinding.get({ symbol, sessionDate, ts, rule }) !== undefined
  }

  /** How many findings of each rule every session has, ascending in time. */
  findingTallies(selection: FindingSelection): readonly FindingTally[] {
    return this.#database
      .prepare(
        `select symbol, session_date as sessionDate, rule, severity, count(*) as findings, sum(bars) as bars
         from dq_findings where ${selected(selection)}
         group by symbol, session_date, rule, severity order by session_date, symbol, rule`,
      )
      .all(bound(selection)) as FindingTally[]
  }

  /** The findings of a selection whose rule is blocking, by session and in the order of {@link findings}. */
  blockingFindings(
    selection: FindingSelection,
  ): readonly Pick<Finding, 'symbol' | 'sessionDate' | 'rule' | 'ts' | 'message'>[] {
    return this.#database
      .prepare(
        `select symbol, session_date as sessionDate, rule, ts, message from dq_findings where blocking = 1 and ${selected(selection)}
         order by symbol, session_date, case severity when 'error' then 0 when 'warn' then 1 else 2 end, ts, id`,
      )
      .all(bound(selection)) as Pick<Finding, 'symbol' | 'sessionDate' | 'rule' | 'ts' | 'message'>[]
  }

  /** How many findings each rule has on each date over the symbols of a selection, and in how many sessions, ascending in time. */
  findingsByDate(selection: FindingSelection): readonly DateTally[] {
    return this.#database
      .prepare(
        `select rule, severity, session_date as sessionDate, count(*) as findings, count(distinct symbol) as sessions, sum(bars) as bars
         from dq_findings where ${selected(selection)} group by rule, severity, session_date order by session_date, rule`,
      )
      .all(bound(selection)) as DateTally[]
  }

  /** How many findings each rule has in a selection. */
  findingCounts(
    selection: FindingSelection,
  ): readonly { readonly rule: string; readonly severity: Severity; readonly count: number }[] {
    return this.#database
      .prepare(
        `select rule, severity, count(*) as count from dq_findings where ${selected(selection)}
         group by rule, severity order by count desc, rule`,
      )
      .all(bound(selection)) as { rule: string; severity: Severity; count: number }[]
  }

  /** The metrics of every session in a selection, ascending in time. */
  qualities(selection: Omit<FindingSelection, 'rule'>): readonly StoredQuality[] {
    const columns = Object.entries(QUALITY_COLUMNS).map(([name, column]) => `${column} as ${name}`)
    const rows = this.#database
      .prepare(
        `select symbol, session_date as sessionDate, ${columns.join(', ')} from session_quality
         where ${selected({ symbols: selection.symbols })} order by session_date, symbol`,
      )
      .all(bound(selection)) as (Omit<StoredQuality, 'quarantined' | 'refetch'> & {
      quarantined: number
      refetch: number
    })[]
    return rows.map((row) => ({ ...row, quarantined: row.quarantined === 1, refetch: row.refetch === 1 }))
  }

  /**
   * The newest build of each session between two dates that was made by `asOfMs`, ascending; with its inputs where they are known.
   */
  builds(symbol: string, from: SessionDate, to: SessionDate, asOfMs = Number.MAX_SAFE_INTEGER): readonly BuildRecord[] {
    const rows = this.#database
      .prepare(
        `select id, session_date as sessionDate, raw_watermark as rawWatermark, config_hash as configHash,
                content_hash as contentHash, run_id as runId, built_at_ms as builtAtMs, inputs
         from curated_builds where id in (
           select max(id) from curated_builds
           where symbol = ? and session_date between ? and ? and built_at_ms <= ? group by session_date)
         order by session_date`,
      )
      .all(symbol, from, to, asOfMs) as (Omit<BuildRecord, 'inputs'> & { inputs: string | null })[]
    return rows.map(({ inputs, ...row }) => ({
      ...row,
      ...(inputs === null ? {} : { inputs: JSON.parse(inputs) as BuildInputs }),
    }))
  }

  /** The dates of {@link builds}, without reading what they were made from. */
  builtDates(
    symbol: string,
    from: SessionDate,
    to: SessionDate,
    asOfMs = Number.MAX_SAFE_INTEGER,
  ): readonly SessionDate[] {
    return this.#database
      .prepare(
        `select distinct session_date from curated_builds
         where symbol = ? and session_date between ? and ? and built_at_ms <= ? order by session_date`,
      )
      .pluck()
      .all(symbol, from, to, asOfMs) as SessionDate[]
  }

  buildCount(symbol: string, sessionDate: SessionDate): number {
    return this.#database
      .prepare('select count(*) from curated_builds where symbol = ? and session_date = ?')
      .pluck()
      .get(symbol, sessionDate) as number
  }

  /** Changes of the broker's basis, oldest first. */
  adjustments(symbols?: readonly string[]): readonly Adjustment[] {
    return this.#database
      .prepare(
        `select symbol, first_new_response as firstNewResponse, last_old_response as lastOldResponse, price_ratio as priceRatio,
                volume_ratio as volumeRatio, detected_at_ms as detectedAtMs
         from adjustment_events where (@symbols is null or symbol in (select value from json_each(@symbols)))
         order by symbol, first_new_response`,
      )
      .all({ symbols: symbols === undefined ? null : JSON.stringify(symbols) }) as Adjustment[]
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

  /** Puts what is known of a symbol's changes of basis in place of what was known. */
  replaceAdjustments(symbol: string, events: readonly Adjustment[]): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database.prepare('delete from adjustment_events where symbol = ?').run(symbol)
          const insert = this.#database.prepare(
            `insert into adjustment_events
               (symbol, first_new_response, last_old_response, price_ratio, volume_ratio, detected_at_ms)
             values (@symbol, @firstNewResponse, @lastOldResponse, @priceRatio, @volumeRatio, @detectedAtMs)`,
          )
          for (const event of events) insert.run(event)
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
             values (@symbol, @sessionDate, @openTs, @closeTs, @breakStartTs, @breakEndTs, @earlyClose, @fromTs, @toTs, @count, @rawWatermark, @configHash, @contentHash, @ownHash, @historyHash,
                     @runId, @nowMs, @ts, @open, @high, @low, @close, @volume, @vwap, @trade_count, @flags)`,
          )
          const build = database.prepare(
            `insert into curated_builds (symbol, session_date, raw_watermark, config_hash, content_hash, run_id, built_at_ms, inputs)
             values (@symbol, @sessionDate, @rawWatermark, @configHash, @contentHash, @runId, @nowMs, @inputs)`,
          )
          const quality = database.prepare(
            `insert or replace into session_quality (symbol, session_date, ${Object.values(QUALITY_COLUMNS).join(', ')})
             values (@symbol, @sessionDate, ${Object.keys(QUALITY_COLUMNS)
               .map((name) => `@${name}`)
               .join(', ')})`,
          )
          const clear = database.prepare('delete from dq_findings where symbol = ? and session_date = ?')
          const finding = database.prepare(
            `insert into dq_findings
               (run_id, symbol, session_date, ts, last_ts, rule, severity, blocking, action, bars, message, context)
             values (@runId, @symbol, @sessionDate, @ts, @lastTs, @rule, @severity, @blocking, @action, @bars, @message, @context)`,
          )
          for (const session of sessions) {
            const { symbol, rawWatermark, configHash, contentHash } = session
            const { date: sessionDate, ...hours } = session.session
            const { ownHash, historyHash } = session
            const key = {
              symbol,
              sessionDate,
              rawWatermark,
              configHash,
              contentHash,
              ownHash,
              historyHash,
              runId,
              nowMs,
            }
            block.run({
              ...key,
              ...hours,
              earlyClose: hours.earlyClose ? 1 : 0,
              ...session.window,
              count: session.count,
              ...session.blobs,
            })
            build.run({ ...key, inputs: JSON.stringify(session.inputs) })
            quality.run({
              symbol,
              sessionDate,
              ...session.quality,
              quarantined: session.quality.quarantined ? 1 : 0,
              refetch: session.quality.refetch ? 1 : 0,
            })
            clear.run(symbol, sessionDate)
            for (const found of session.findings) {
              finding.run({
                runId,
                symbol,
                sessionDate,
                ...found,
                blocking: found.blocking ? 1 : 0,
                context: found.context === undefined ? null : JSON.stringify(found.context),
              })
            }
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
    ownHash: row.own_hash,
    historyHash: row.history_hash,
  }
}
