import type { BarColumns } from '#shared/bars.ts'
import type { SessionDate } from '#shared/time.ts'
import { BAR_BLOB_COLUMNS, type BarBlobs, decodeBars, encodeBars, hashBars } from './bar-blocks.ts'
import { guarded, openReadable, openWritable, type Readable, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'

export interface LegacyBlock {
  readonly symbol: string
  readonly sessionDate: SessionDate
  /** SHA-256 (hex) of the stored blobs. */
  readonly contentHash: string
  readonly bars: BarColumns
}

/** One import of one file. The same file is not imported again while description and calendar stay the same. */
export interface LegacyImport {
  readonly symbol: string
  readonly file: string
  readonly sha256: string
  /** Hash of what said how to read the file: its description and the calendar. */
  readonly descriptionHash: string
  readonly rows: number
  readonly rejected: number
}

/** A row that could not be read, kept with its line number and the reason. */
export interface RejectedRow {
  /** Line in the file, counted from 1, the header included. */
  readonly line: number
  readonly reason: string
  readonly text: string
}

export interface LegacySummary {
  readonly symbols: number
  readonly sessions: number
  readonly bars: number
  readonly firstSession: SessionDate | null
  readonly lastSession: SessionDate | null
  readonly updatedAtMs: number | null
}

/** `legacy_bars`: what the old pipeline left, normalised to session blocks. */
export class LegacyStore {
  readonly file: string
  readonly #database: Readable

  constructor(file: string, database: Readable = openReadable(file, LAYERS.legacy)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  latestImport(symbol: string): LegacyImport | undefined {
    return this.#database
      .prepare(
        `select symbol, file, sha256, description_hash as descriptionHash, rows, rejected
         from legacy_imports where symbol = ? order by id desc limit 1`,
      )
      .get(symbol) as LegacyImport | undefined
  }

  /** Dates that the old pipeline has for a symbol, ascending. */
  sessionDates(symbol: string, from: SessionDate, to: SessionDate): readonly SessionDate[] {
    return this.#database
      .prepare(
        'select session_date from legacy_bars where symbol = ? and session_date between ? and ? order by session_date',
      )
      .pluck()
      .all(symbol, from, to) as SessionDate[]
  }

  /** Sessions with their bars, ascending, read one at a time. */
  *blocks(symbol: string, from: SessionDate, to: SessionDate): Generator<LegacyBlock> {
    const rows = this.#database
      .prepare(
        `select symbol, session_date, content_hash, ${BAR_BLOB_COLUMNS} from legacy_bars
         where symbol = ? and session_date between ? and ? order by session_date`,
      )
      .iterate(symbol, from, to) as IterableIterator<
      BarBlobs & { symbol: string; session_date: string; content_hash: string }
    >
    for (const row of rows) {
      yield { symbol: row.symbol, sessionDate: row.session_date, contentHash: row.content_hash, bars: decodeBars(row) }
    }
  }

  block(symbol: string, sessionDate: SessionDate): LegacyBlock | undefined {
    for (const block of this.blocks(symbol, sessionDate, sessionDate)) return block
    return undefined
  }

  /** Content hash of every session of a symbol, by date. */
  contentHashes(symbol: string): ReadonlyMap<SessionDate, string> {
    const rows = this.#database
      .prepare('select session_date, content_hash from legacy_bars where symbol = ?')
      .raw()
      .all(symbol) as [SessionDate, string][]
    return new Map(rows)
  }

  symbols(): readonly string[] {
    return this.#database.prepare('select distinct symbol from legacy_bars order by symbol').pluck().all() as string[]
  }

  /** Refused rows of the current import of each symbol. */
  rejected(limit: number): readonly (RejectedRow & { readonly file: string })[] {
    return this.#database
      .prepare(
        `select i.file as file, r.line as line, r.reason as reason, r.text as text
         from legacy_rejects r join legacy_imports i on i.id = r.import_id
         where i.id in (select max(id) from legacy_imports group by symbol)
         order by i.file, r.line limit ?`,
      )
      .all(limit) as (RejectedRow & { file: string })[]
  }

  summary(): LegacySummary {
    return this.#database
      .prepare(
        `select count(distinct symbol) as symbols, count(*) as sessions, coalesce(sum(count), 0) as bars,
                min(session_date) as firstSession, max(session_date) as lastSession,
                (select max(imported_at_ms) from legacy_imports) as updatedAtMs
         from legacy_bars`,
      )
      .get() as LegacySummary
  }

  sessionsBySymbol(): ReadonlyMap<string, number> {
    const rows = this.#database
      .prepare('select symbol, count(*) as sessions from legacy_bars group by symbol')
      .all() as { symbol: string; sessions: number }[]
    return new Map(rows.map((row) => [row.symbol, row.sessions]))
  }
}

/** The legacy store with its writing half. Creates and migrates the file when it is opened. */
export class WritableLegacyStore extends LegacyStore {
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.legacy)
    super(file, database)
    this.#database = database
  }

  /** Replaces everything known of a symbol by what one file holds now, all or nothing. Returns the import's id. */
  replaceSymbol(
    imported: LegacyImport,
    sessions: readonly { readonly sessionDate: SessionDate; readonly bars: BarColumns }[],
    rejects: readonly RejectedRow[],
    nowMs: number,
  ): number {
    const database = this.#database
    return guarded(this.file, () =>
      database
        .transaction(() => {
          const { lastInsertRowid } = database
            .prepare(
              `insert into legacy_imports (symbol, file, sha256, description_hash, rows, rejected, imported_at_ms)
               values (@symbol, @file, @sha256, @descriptionHash, @rows, @rejected, @nowMs)`,
            )
            .run({ ...imported, nowMs })
          const importId = Number(lastInsertRowid)
          database.prepare('delete from legacy_bars where symbol = ?').run(imported.symbol)
          // The imports themselves stay as history; their refused rows would pile up with every import of a growing file.
          database
            .prepare('delete from legacy_rejects where import_id in (select id from legacy_imports where symbol = ?)')
            .run(imported.symbol)
          const insert = database.prepare(
            `insert into legacy_bars (symbol, session_date, import_id, count, content_hash, ${BAR_BLOB_COLUMNS})
             values (@symbol, @sessionDate, @importId, @count, @contentHash, @ts, @open, @high, @low, @close, @volume, @vwap,
                     @trade_count)`,
          )
          for (const { sessionDate, bars } of sessions) {
            const blobs = encodeBars(bars)
            insert.run({
              symbol: imported.symbol,
              sessionDate,
              importId,
              count: bars.ts.length,
              contentHash: hashBars(blobs),
              ...blobs,
            })
          }
          const reject = database.prepare(
            'insert into legacy_rejects (import_id, line, reason, text) values (?, ?, ?, ?)',
          )
          for (const row of rejects) reject.run(importId, row.line, row.reason, row.text)
          return importId
        })
        .immediate(),
    )
  }
}
