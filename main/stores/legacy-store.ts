import type { Statement } from 'better-sqlite3'
import type { BarColumns } from '#shared/bars.ts'
import type { SessionDate } from '#shared/time.ts'
import { BAR_BLOB_COLUMNS, BarEncoder, type BarBlobs, decodeBars, encodeBars, hashBars } from './bar-blocks.ts'
import { guarded, holdSnapshot, openReadable, openWritable, type Readable, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'
import { type LegacyPiece, mergePieces } from './legacy-pieces.ts'
import { decodeDoubles, decodeTimes, encodeDoubles, hashBlobs } from './session-block.ts'

export interface LegacyBlock {
  readonly symbol: string
  readonly sessionDate: SessionDate
  /** SHA-256 (hex) of the stored blobs. */
  readonly contentHash: string
  readonly bars: BarColumns
}

/** Some legacy features of a session; a column that it does not have is not here. */
export interface LegacyFeatures {
  readonly ts: Float64Array
  readonly columns: ReadonlyMap<string, Float64Array>
  /** SHA-256 (hex) of the times and of these columns. */
  readonly contentHash: string
}

/** One import of one file that holds one symbol. */
export interface LegacyImport {
  readonly symbol: string
  readonly file: string
  readonly sha256: string
  /** Hash of what said how to read the file: its description and the calendars. */
  readonly descriptionHash: string
  readonly rows: number
  readonly rejected: number
}

/** A row that could not be read, kept with its line number and the reason. */
export interface RejectedRow {
  /** Line (in a file without lines the row) counted from 1, the header included. */
  readonly line: number
  readonly reason: string
  readonly text: string
}

/** A row that is not among the bars, because a later one of its file has the same minute. */
export interface DuplicateRow extends RejectedRow {
  /** The minute, epoch seconds. */
  readonly ts: number
  /** Whether prices and volume are those of the row that counts. */
  readonly isCopy: boolean
}

/** Which refused rows: of one file or all, refused ones, duplicates or both, `limit` of them from `offset` on. */
export interface RejectedSelection {
  readonly file?: string | undefined
  readonly kind?: 'all' | 'refused' | 'duplicate'
  readonly offset?: number
  readonly limit: number
}

/** What an import began from. */
export interface ImportBeginning {
  readonly file: string
  /** The symbol that the path says; null when the file says it. */
  readonly symbol: string | null
  readonly descriptionHash: string
}

/** What became of a file: `rowsInFile` = `rows` + `rejected` + `duplicates` + `otherSymbols`; empty lines are `blank`. */
export interface ImportOutcome {
  readonly sha256: string
  readonly bytes: number
  readonly stamp: string | null
  readonly rowsInFile: number
  readonly rows: number
  readonly rejected: number
  /** Rows that a later row of the same minute took the place of. */
  readonly duplicates: number
  readonly blank: number
  /** Rows of symbols that the workspace does not have. */
  readonly otherSymbols: number
  /** Times that a clock change skips or repeats: those that were refused, and those that the described rule decided. */
  readonly clockChanges: { readonly refused: number; readonly decided: number }
  readonly firstTs: number | null
  readonly lastTs: number | null
  readonly doubts: readonly string[]
}

/** A file as it was imported last. */
export interface ImportedFile extends ImportBeginning, ImportOutcome {
  readonly id: number
  readonly importedAtMs: number
}

/** What one import says of the sessions of one symbol. */
export interface ImportedSession {
  readonly importId: number
  readonly sessionDate: SessionDate
  readonly bars: BarColumns
  readonly features: ReadonlyMap<string, Float64Array>
  readonly duplicates: readonly DuplicateRow[]
}

/** What one or more imports change of one symbol. */
export interface SymbolChange {
  readonly symbol: string
  /** Imports of which the symbol keeps nothing. */
  readonly replaced: readonly number[]
  readonly sessions: Iterable<ImportedSession>
  /** Asked for when all sessions were taken. */
  readonly completed: () => Iterable<{ readonly importId: number; readonly outcome: ImportOutcome }>
  /** Imports that no symbol has anything of any more. */
  readonly retired: readonly number[]
  readonly nowMs: number
}

export interface LegacySummary {
  readonly symbols: number
  readonly sessions: number
  readonly bars: number
  readonly firstSession: SessionDate | null
  readonly lastSession: SessionDate | null
  readonly updatedAtMs: number | null
}

/** Bars that wait for others of their sessions: beyond it they are written, and read again when others come. */
const MOST_HELD_BARS = 200_000

type StoredFile = Omit<ImportedFile, 'clockChanges' | 'doubts'> & { clockChanges: string; doubts: string }

const IMPORTED_FILES = `
  select id, file, nullif(symbol, '') as symbol, description_hash as descriptionHash, sha256, bytes, stamp,
         rows_in_file as rowsInFile, rows, rejected, duplicates, blank, other_symbols as otherSymbols,
         clock_changes as clockChanges, first_ts as firstTs, last_ts as lastTs, doubts, imported_at_ms as importedAtMs
  from legacy_imports where state = 'current'`

function importedFile(row: StoredFile): ImportedFile {
  return {
    ...row,
    clockChanges: JSON.parse(row.clockChanges) as ImportedFile['clockChanges'],
    doubts: JSON.parse(row.doubts) as string[],
  }
}

/** `legacy_bars`: what the old pipeline left, normalised to session blocks. */
export class LegacyStore {
  readonly file: string
  readonly #database: Readable
  #selectFeatures: Statement | undefined

  constructor(file: string, database: Readable = openReadable(file, LAYERS.legacy)) {
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

  latestImport(symbol: string): LegacyImport | undefined {
    return this.#database
      .prepare(
        `select symbol, file, sha256, description_hash as descriptionHash, rows, rejected
         from legacy_imports where symbol = ? and state <> 'pending' order by id desc limit 1`,
      )
      .get(symbol) as LegacyImport | undefined
  }

  /** Files that what is stored came from, ascending by name. */
  files(): readonly ImportedFile[] {
    const rows = this.#database.prepare(`${IMPORTED_FILES} order by file, id`).all() as StoredFile[]
    return rows.map(importedFile)
  }

  /** The files that a session of a symbol came from, ascending by name; of a minute in several of them the last one counts. */
  filesOf(symbol: string, sessionDate: SessionDate): readonly ImportedFile[] {
    const rows = this.#database
      .prepare(
        `${IMPORTED_FILES} and id in (
           select import_id from legacy_bars where symbol = @symbol and session_date = @sessionDate
           union select import_id from legacy_pieces where symbol = @symbol and session_date = @sessionDate)
         order by file`,
      )
      .all({ symbol, sessionDate }) as StoredFile[]
    return rows.map(importedFile)
  }

  /** A file as it was imported last; undefined when nothing came from it. */
  importedFile(file: string): ImportedFile | undefined {
    const row = this.#database.prepare(`${IMPORTED_FILES} and file = ?`).get(file) as StoredFile | undefined
    return row === undefined ? undefined : importedFile(row)
  }

  /** Legacy features of a session by name, one value for every bar of its block. */
  features(symbol: string, sessionDate: SessionDate): ReadonlyMap<string, Float64Array> {
    const rows = this.#database
      .prepare('select name, "values" from legacy_features where symbol = ? and session_date = ? order by name')
      .raw()
      .all(symbol, sessionDate) as [string, Buffer][]
    return new Map(rows.map(([name, values]) => [name, decodeDoubles(values)]))
  }

  /** Names of all legacy features, whichever sessions have them. */
  featureNames(): readonly string[] {
    return this.#database.prepare('select distinct name from legacy_features order by name').pluck().all() as string[]
  }

  /** Dates on which a symbol has at least one of the named legacy features, ascending. */
  featureDates(symbol: string, from: SessionDate, to: SessionDate, names: readonly string[]): readonly SessionDate[] {
    return this.#database
      .prepare(
        `select distinct session_date from legacy_features
         where symbol = ? and session_date between ? and ? and name in (select value from json_each(?)) order by session_date`,
      )
      .pluck()
      .all(symbol, from, to, JSON.stringify(names)) as SessionDate[]
  }

  /** The named legacy features of a session with their times; undefined where it has none of them. */
  featureBlock(symbol: string, sessionDate: SessionDate, names: readonly string[]): LegacyFeatures | undefined {
    // One query, so that times and values are of the same import.
    this.#selectFeatures ??= this.#database.prepare(
      `select b.ts as ts, f.name as name, f."values" as "values" from legacy_bars b join legacy_features f using (symbol, session_date)
       where symbol = ? and session_date = ? and name in (select value from json_each(?)) order by name`,
    )
    const rows = this.#selectFeatures.all(symbol, sessionDate, JSON.stringify(names)) as {
      ts: Buffer
      name: string
      values: Buffer
    }[]
    if (rows.length === 0) return undefined
    const { ts } = rows[0]
    return {
      ts: decodeTimes(ts),
      columns: new Map(rows.map(({ name, values }) => [name, decodeDoubles(values)])),
      contentHash: hashBlobs([['ts', ts], ...rows.map(({ name, values }) => [name, values] as const)]),
    }
  }

  /** Minutes that more than one file has, over all sessions of a symbol. */
  overlaps(symbol: string): number {
    return this.#database
      .prepare(
        `select coalesce(sum(p.bars - b.count), 0) from legacy_bars b
         join (select symbol, session_date, sum(length(ts) / 8) as bars from legacy_pieces group by symbol, session_date) p
           using (symbol, session_date)
         where b.symbol = ? and b.files > 1`,
      )
      .pluck()
      .get(symbol) as number
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

  /** Rows of a symbol that are not among its bars, because a later one of their file has the same minute; ascending in time. */
  duplicates(symbol: string): readonly Pick<DuplicateRow, 'ts' | 'isCopy'>[] {
    const rows = this.#database
      .prepare(
        `select r.ts, r.is_copy from legacy_rejects r join legacy_imports i on i.id = r.import_id
         where r.symbol = ? and r.ts is not null and i.state = 'current' order by r.ts, i.id, r.line`,
      )
      .raw()
      .all(symbol) as [number, number][]
    return rows.map(([ts, isCopy]) => ({ ts, isCopy: isCopy === 1 }))
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

  /** Refused rows of the current import of each file, those included that a later row of the same minute took the place of. */
  rejected({
    file,
    kind = 'all',
    offset = 0,
    limit,
  }: RejectedSelection): readonly (RejectedRow & { readonly file: string; readonly isDuplicate: boolean })[] {
    const rows = this.#database
      .prepare(
        `select i.file as file, r.line as line, r.reason as reason, r.text as text, r.is_duplicate as isDuplicate
         from legacy_imports i join legacy_rejects r on r.import_id = i.id
         where i.state = 'current' and (@file is null or i.file = @file) and (@isDuplicate is null or r.is_duplicate = @isDuplicate)
         order by i.file, r.line limit @limit offset @offset`,
      )
      .all({
        file: file ?? null,
        isDuplicate: kind === 'all' ? null : Number(kind === 'duplicate'),
        limit,
        offset,
      }) as (RejectedRow & { file: string; isDuplicate: number })[]
    return rows.map((row) => ({ ...row, isDuplicate: row.isDuplicate === 1 }))
  }

  summary(): LegacySummary {
    return this.#database
      .prepare(
        `select count(distinct symbol) as symbols, count(*) as sessions, coalesce(sum(count), 0) as bars,
                min(session_date) as firstSession, max(session_date) as lastSession,
                (select max(imported_at_ms) from legacy_imports where state <> 'pending') as updatedAtMs
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
  readonly #statements = new Map<string, Statement>()
  readonly #encoder = new BarEncoder()

  constructor(file: string) {
    const database = openWritable(file, LAYERS.legacy)
    super(file, database)
    this.#database = database
  }

  /** Forgets imports that were interrupted before they changed a block, and the refused rows of those that did. */
  forgetInterrupted(): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database.exec(
            `delete from legacy_rejects where import_id in (select id from legacy_imports where state = 'pending');
             delete from legacy_imports where state = 'pending' and id not in (select import_id from legacy_bars)
               and id not in (select import_id from legacy_pieces);`,
          )
        })
        .immediate(),
    )
  }

  /** Notes that a file is being imported. Nothing of it counts before {@link apply} completes it. Returns the import's id. */
  begin({ file, symbol, descriptionHash }: ImportBeginning, nowMs: number): number {
    return guarded(this.file, () =>
      Number(
        this.#database
          .prepare(
            `insert into legacy_imports (symbol, file, sha256, description_hash, rows, rejected, imported_at_ms, state)
             values (?, ?, '', ?, 0, 0, ?, 'pending')`,
          )
          .run(symbol ?? '', file, descriptionHash, nowMs).lastInsertRowid,
      ),
    )
  }

  /** Keeps refused rows of an import that is not completed yet. */
  addRejects(importId: number, rows: readonly RejectedRow[]): void {
    guarded(this.file, () => this.#database.transaction(() => this.#insertRejects(importId, rows)).immediate())
  }

  /** Files of which something is stored or once was looked for, also by an import that was interrupted. */
  knownFiles(): readonly { readonly file: string; readonly symbol: string | null }[] {
    return this.#database
      .prepare(
        `select distinct file, nullif(symbol, '') as symbol from legacy_imports where state <> 'replaced' order by file`,
      )
      .all() as { file: string; symbol: string | null }[]
  }

  /** Every import of a file that may have sessions, also those that were interrupted. */
  importIds(file: string): readonly number[] {
    return this.#database
      .prepare(`select id from legacy_imports where file = ? and state <> 'replaced' order by id`)
      .pluck()
      .all(file) as number[]
  }

  /** Symbols of which an import has sessions. */
  symbolsOf(importIds: readonly number[]): readonly string[] {
    const ids = JSON.stringify(importIds)
    return this.#database
      .prepare(
        `select symbol from legacy_bars where import_id in (select value from json_each(@ids))
         union select symbol from legacy_pieces where import_id in (select value from json_each(@ids)) order by symbol`,
      )
      .pluck()
      .all({ ids }) as string[]
  }

  /**
   * Puts the sessions of imports in the place of what earlier ones had of a symbol, and completes imports, all or nothing. What
   * other files have of the same sessions stays.
   *
   * Whatever else is done on this connection before it has ended becomes part of it, so it needs a store of its own.
   *
   * @param pause called after every session; when it throws, nothing has changed.
   */
  async apply(change: SymbolChange, pause: () => Promise<void> | undefined): Promise<void> {
    const database = this.#database
    guarded(this.file, () => database.exec('begin immediate'))
    try {
      const steps = this.#applying(change)
      while (guarded(this.file, () => steps.next()).done !== true) await pause()
      guarded(this.file, () => database.exec('commit'))
    } finally {
      if (database.inTransaction) database.exec('rollback')
    }
  }

  *#applying({ symbol, replaced, sessions, completed, retired, nowMs }: SymbolChange): Generator<undefined> {
    const gone = new Set(replaced)
    const touched = new Set(this.#sessionsOf(symbol, replaced))
    const added = new Map<SessionDate, ImportedSession[]>()
    let heldBars = 0
    for (const session of sessions) {
      this.#insertDuplicates(session.importId, symbol, session.duplicates)
      const { sessionDate } = session
      const count = session.bars.ts.length
      if (count === 0) continue
      // Most sessions are of one file and new: they need not wait for the others.
      if (!touched.has(sessionDate) && !this.#hasSession(symbol, sessionDate)) {
        this.#insertSession(symbol, sessionDate, [{ file: '', ...session }])
        yield
        continue
      }
      const own = added.get(sessionDate)
      if (own === undefined) added.set(sessionDate, [session])
      else own.push(session)
      heldBars += count
      if (heldBars < MOST_HELD_BARS) continue
      for (const date of added.keys()) touched.delete(date)
      yield* this.#merging(symbol, gone, added)
      added.clear()
      heldBars = 0
    }
    for (const date of touched) if (!added.has(date)) added.set(date, [])
    yield* this.#merging(symbol, gone, added)
    for (const { importId, outcome } of completed()) this.#complete(importId, outcome, nowMs)
    this.#retire(retired)
  }

  /** Writes sessions of which something may be stored: what is not gone of it, and what is new. */
  *#merging(
    symbol: string,
    gone: ReadonlySet<number>,
    added: ReadonlyMap<SessionDate, readonly ImportedSession[]>,
  ): Generator<undefined> {
    for (const [sessionDate, own] of added) {
      const stored = this.#sql('select import_id, files from legacy_bars where symbol = ? and session_date = ?').get(
        symbol,
        sessionDate,
      ) as { import_id: number; files: number } | undefined
      // What is all of one import that is gone need not be read.
      const isGone = stored === undefined || (stored.files === 1 && gone.has(stored.import_id))
      const kept = isGone ? [] : this.#piecesOf(symbol, sessionDate).filter(({ importId }) => !gone.has(importId))
      const more = own.map((session) => ({ ...session, file: this.#fileOf(session.importId) }))
      this.#writeSession(symbol, sessionDate, [...kept, ...more])
      yield
    }
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
          const before = database
            .prepare(`select id from legacy_imports where symbol = ? and state <> 'replaced'`)
            .pluck()
            .all(imported.symbol) as number[]
          const importId = this.begin(imported, nowMs)
          this.addRejects(importId, rejects)
          const outcome: ImportOutcome = {
            ...imported,
            bytes: 0,
            stamp: null,
            rowsInFile: imported.rows + imported.rejected,
            duplicates: 0,
            blank: 0,
            otherSymbols: 0,
            clockChanges: { refused: 0, decided: 0 },
            firstTs: null,
            lastTs: null,
            doubts: [],
          }
          const steps = this.#applying({
            symbol: imported.symbol,
            replaced: before,
            sessions: sessions.map((session) => ({ ...session, importId, features: new Map(), duplicates: [] })),
            completed: () => [{ importId, outcome }],
            retired: before,
            nowMs,
          })
          while (steps.next().done !== true) continue
          return importId
        })
        .immediate(),
    )
  }

  /** Statements are used for thousands of sessions; making each anew takes longer than what it does. */
  #sql(text: string): Statement {
    let statement = this.#statements.get(text)
    if (statement === undefined) this.#statements.set(text, (statement = this.#database.prepare(text)))
    return statement
  }

  #insertRejects(importId: number, rows: readonly RejectedRow[]): void {
    const insert = this.#sql('insert into legacy_rejects (import_id, line, reason, text) values (?, ?, ?, ?)')
    for (const row of rows) insert.run(importId, row.line, row.reason, row.text)
  }

  #insertDuplicates(importId: number, symbol: string, rows: readonly DuplicateRow[]): void {
    const insert = this.#sql(
      `insert into legacy_rejects (import_id, line, reason, text, is_duplicate, symbol, ts, is_copy)
       values (?, ?, ?, ?, 1, ?, ?, ?)`,
    )
    for (const { line, reason, text, ts, isCopy } of rows) {
      insert.run(importId, line, reason, text, symbol, ts, isCopy ? 1 : 0)
    }
  }

  #sessionsOf(symbol: string, importIds: readonly number[]): readonly SessionDate[] {
    return this.#sql(
      `select session_date from legacy_bars
         where symbol = @symbol and files = 1 and import_id in (select value from json_each(@ids))
         union select session_date from legacy_pieces
         where symbol = @symbol and import_id in (select value from json_each(@ids))`,
    )
      .pluck()
      .all({ symbol, ids: JSON.stringify(importIds) }) as SessionDate[]
  }

  #hasSession(symbol: string, sessionDate: SessionDate): boolean {
    return (
      this.#sql('select 1 from legacy_bars where symbol = ? and session_date = ?').get(symbol, sessionDate) !==
      undefined
    )
  }

  #fileOf(importId: number): string {
    return this.#sql('select file from legacy_imports where id = ?').pluck().get(importId) as string
  }

  #piecesOf(symbol: string, sessionDate: SessionDate): LegacyPiece[] {
    const block = this.#sql(
      `select b.import_id, b.files, i.file, ${BAR_BLOB_COLUMNS} from legacy_bars b join legacy_imports i on i.id = b.import_id
         where b.symbol = ? and b.session_date = ?`,
    ).get(symbol, sessionDate) as (BarBlobs & { import_id: number; files: number; file: string }) | undefined
    if (block === undefined) return []
    if (block.files === 1) {
      const features = this.features(symbol, sessionDate)
      return [{ file: block.file, importId: block.import_id, bars: decodeBars(block), features }]
    }
    const rows = this.#sql(
      `select p.import_id, i.file, ${BAR_BLOB_COLUMNS} from legacy_pieces p join legacy_imports i on i.id = p.import_id
         where p.symbol = ? and p.session_date = ?`,
    ).all(symbol, sessionDate) as (BarBlobs & { import_id: number; file: string })[]
    const features = this.#sql(
      'select name, "values" from legacy_piece_features where symbol = ? and session_date = ? and import_id = ? order by name',
    ).raw()
    return rows.map((row) => ({
      file: row.file,
      importId: row.import_id,
      bars: decodeBars(row),
      features: new Map(
        (features.all(symbol, sessionDate, row.import_id) as [string, Buffer][]).map(([name, values]) => [
          name,
          decodeDoubles(values),
        ]),
      ),
    }))
  }

  #writeSession(symbol: string, sessionDate: SessionDate, pieces: readonly LegacyPiece[]): void {
    for (const table of ['legacy_bars', 'legacy_pieces', 'legacy_piece_features', 'legacy_features']) {
      this.#sql(`delete from ${table} where symbol = ? and session_date = ?`).run(symbol, sessionDate)
    }
    if (pieces.length > 0) this.#insertSession(symbol, sessionDate, pieces)
  }

  /** Writes a session of which nothing is stored. */
  #insertSession(symbol: string, sessionDate: SessionDate, pieces: readonly LegacyPiece[]): void {
    const { bars, features } = mergePieces(pieces)
    const blobs = this.#encoder.encode(bars)
    const last = pieces.reduce((a, b) => (b.file >= a.file ? b : a))
    this.#sql(
      `insert into legacy_bars (symbol, session_date, import_id, files, count, content_hash, ${BAR_BLOB_COLUMNS})
         values (${Array.from({ length: 14 }, () => '?').join(', ')})`,
    ).run(symbol, sessionDate, last.importId, pieces.length, bars.ts.length, hashBars(blobs), ...Object.values(blobs))
    const insertFeature = this.#sql('insert into legacy_features values (?, ?, ?, ?, ?)')
    for (const [name, values] of features) {
      const blob = encodeDoubles(values)
      insertFeature.run(symbol, sessionDate, name, hashBlobs([[name, blob]]), blob)
    }
    if (pieces.length === 1) return
    const insertPiece = this.#sql(
      `insert into legacy_pieces (symbol, session_date, import_id, ${BAR_BLOB_COLUMNS})
       values (@symbol, @sessionDate, @importId, @ts, @open, @high, @low, @close, @volume, @vwap, @trade_count)`,
    )
    const insertPieceFeature = this.#sql('insert into legacy_piece_features values (?, ?, ?, ?, ?)')
    for (const piece of pieces) {
      insertPiece.run({ symbol, sessionDate, importId: piece.importId, ...encodeBars(piece.bars) })
      for (const [name, values] of piece.features) {
        insertPieceFeature.run(symbol, sessionDate, piece.importId, name, encodeDoubles(values))
      }
    }
  }

  #complete(importId: number, outcome: ImportOutcome, nowMs: number): void {
    const { clockChanges, doubts, ...plain } = outcome
    this.#sql(
      `update legacy_imports set state = 'current', sha256 = @sha256, bytes = @bytes, stamp = @stamp, rows_in_file = @rowsInFile,
                rows = @rows, rejected = @rejected, duplicates = @duplicates, blank = @blank, other_symbols = @otherSymbols,
                clock_changes = @clocks, first_ts = @firstTs, last_ts = @lastTs, doubts = @words, imported_at_ms = @nowMs
         where id = @importId`,
    ).run({ ...plain, clocks: JSON.stringify(clockChanges), words: JSON.stringify(doubts), importId, nowMs })
  }

  /** The imports themselves stay as history; their refused rows would pile up with every import of a growing file. */
  #retire(importIds: readonly number[]): void {
    for (const id of importIds) {
      this.#sql(`update legacy_imports set state = 'replaced' where id = ?`).run(id)
      this.#sql('delete from legacy_rejects where import_id = ?').run(id)
    }
  }
}
