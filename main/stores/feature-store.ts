import { SwitchyardError } from '#shared/errors.ts'
import type { SessionDate } from '#shared/time.ts'
import { guarded, openReadable, openWritable, type Readable, type Writable } from './database.ts'
import { LAYERS } from './layers.ts'
import { decodeDoubles, decodeTimes, encodeDoublesInPlace, encodeTimes, hashBlobs } from './session-block.ts'

/** A registered feature set. Its table has one BLOB column per feature. */
export interface RegisteredFeatureSet {
  readonly name: string
  readonly definitionHash: string
  /** The definition as canonical JSON. */
  readonly definition: string
  readonly columns: readonly string[]
}

export interface FeatureSessionInfo {
  readonly symbol: string
  readonly sessionDate: SessionDate
  readonly count: number
  /** Hash of the definition and of the curated blocks that the values were computed from. */
  readonly inputsHash: string
  readonly contentHash: string
}

/** Encoded features of one session: `ts` and one blob per column, in the set's column order. */
export interface FeatureBlobs {
  readonly ts: Uint8Array
  readonly columns: readonly Uint8Array[]
}

export interface FeatureSession extends FeatureSessionInfo {
  readonly blobs: FeatureBlobs
}

export interface FeatureBlock extends FeatureSessionInfo {
  /** Epoch seconds of bar starts; a value is available at `ts + 60`. */
  readonly ts: Float64Array
  /** One column per feature in the set's order; NaN is null. */
  readonly columns: readonly Float64Array[]
}

export interface FeatureSummary {
  readonly symbols: number
  readonly sessions: number
  readonly rows: number
  readonly firstSession: SessionDate | null
  readonly lastSession: SessionDate | null
  readonly updatedAtMs: number | null
}

/** Encodes computed features. The blobs are the memory of `columns`, which nobody may write to any more. */
export function encodeFeatures(ts: Float64Array, columns: readonly Float64Array[]): FeatureBlobs {
  return { ts: encodeTimes(ts), columns: columns.map(encodeDoublesInPlace) }
}

/** Content hash (SHA-256 hex) of encoded features with the names of their columns. */
export function hashFeatures(blobs: FeatureBlobs, names: readonly string[]): string {
  return hashBlobs([['ts', blobs.ts], ...names.map((name, i) => [name, blobs.columns[i]] as const)])
}

interface FeatureRow {
  readonly symbol: string
  readonly session_date: string
  readonly count: number
  readonly inputs_hash: string
  readonly content_hash: string
  readonly [blob: string]: unknown
}

/** Feature sets, each in a table of its own, one row per (symbol, session), one BLOB per feature. */
export class FeatureStore {
  readonly file: string
  readonly #database: Readable

  constructor(file: string, database: Readable = openReadable(file, LAYERS.features)) {
    this.file = file
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  set(name: string): RegisteredFeatureSet | undefined {
    const row = this.#database
      .prepare('select name, definition_hash as definitionHash, definition, columns from feature_sets where name = ?')
      .get(name) as (Omit<RegisteredFeatureSet, 'columns'> & { columns: string }) | undefined
    return row === undefined ? undefined : { ...row, columns: JSON.parse(row.columns) as string[] }
  }

  setNames(): readonly string[] {
    return this.#database.prepare('select name from feature_sets order by name').pluck().all() as string[]
  }

  /** What is stored of a set for a symbol between two dates (both included), ascending, without values. */
  sessions(
    set: RegisteredFeatureSet,
    symbol: string,
    from = '0000-00-00',
    to = '9999-99-99',
  ): readonly FeatureSessionInfo[] {
    const rows = this.#database
      .prepare(
        `select symbol, session_date, count, inputs_hash, content_hash from ${quoted(set.name)}
         where symbol = ? and session_date between ? and ? order by session_date`,
      )
      .all(symbol, from, to) as FeatureRow[]
    return rows.map(toInfo)
  }

  /** Sessions with their values, ascending, read one at a time. */
  *blocks(set: RegisteredFeatureSet, symbol: string, from: SessionDate, to: SessionDate): Generator<FeatureBlock> {
    const rows = this.#database
      .prepare(
        `select * from ${quoted(set.name)} where symbol = ? and session_date between ? and ? order by session_date`,
      )
      .iterate(symbol, from, to) as IterableIterator<FeatureRow>
    for (const row of rows) {
      yield {
        ...toInfo(row),
        ts: decodeTimes(row['ts'] as Uint8Array),
        columns: set.columns.map((name) => decodeDoubles(row[name] as Uint8Array)),
      }
    }
  }

  /** The blobs of one session as they lie on disk, to check them against the stored hash. */
  blobs(set: RegisteredFeatureSet, symbol: string, sessionDate: SessionDate): FeatureBlobs | undefined {
    const row = this.#database
      .prepare(`select * from ${quoted(set.name)} where symbol = ? and session_date = ?`)
      .get(symbol, sessionDate) as FeatureRow | undefined
    if (row === undefined) return undefined
    return { ts: row['ts'] as Uint8Array, columns: set.columns.map((name) => row[name] as Uint8Array) }
  }

  symbols(set: RegisteredFeatureSet): readonly string[] {
    return this.#database
      .prepare(`select distinct symbol from ${quoted(set.name)} order by symbol`)
      .pluck()
      .all() as string[]
  }

  summary(set: RegisteredFeatureSet): FeatureSummary {
    return this.#database
      .prepare(
        `select count(distinct symbol) as symbols, count(*) as sessions, coalesce(sum(count), 0) as rows,
                min(session_date) as firstSession, max(session_date) as lastSession, max(built_at_ms) as updatedAtMs
         from ${quoted(set.name)}`,
      )
      .get() as FeatureSummary
  }

  sessionsBySymbol(set: RegisteredFeatureSet): ReadonlyMap<string, number> {
    const rows = this.#database
      .prepare(`select symbol, count(*) as sessions from ${quoted(set.name)} group by symbol`)
      .all() as { symbol: string; sessions: number }[]
    return new Map(rows.map((row) => [row.symbol, row.sessions]))
  }
}

const IDENTIFIER = /^(?!sqlite_)[a-z][a-z0-9_]{0,62}$/
const RESERVED = new Set([
  'feature_sets',
  'symbol',
  'session_date',
  'count',
  'inputs_hash',
  'content_hash',
  'run_id',
  'built_at_ms',
  'ts',
])

/** The feature store with its writing half. Creates and migrates the file when it is opened. */
export class WritableFeatureStore extends FeatureStore {
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.features)
    super(file, database)
    this.#database = database
  }

  /**
   * Registers a set and makes its table. The same definition again changes nothing; another definition under the same name is
   * refused with CONFIG_INVALID, because a stored column must never change its meaning.
   */
  register(set: RegisteredFeatureSet, nowMs: number): void {
    for (const name of [set.name, ...set.columns]) {
      if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
        throw new SwitchyardError('CONFIG_INVALID', `"${name}" cannot be the name of a feature set or column.`, {
          hint: 'Use small letters, digits and underscores, beginning with a letter.',
        })
      }
    }
    const known = this.set(set.name)
    if (known !== undefined) {
      if (known.definitionHash === set.definitionHash) return
      throw new SwitchyardError(
        'CONFIG_INVALID',
        `The definition of ${set.name} is not the one that its stored values have.`,
        {
          hint: 'A changed definition is a new version: copy it to a new file with the next version number.',
        },
      )
    }
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database.exec(`
            create table ${quoted(set.name)} (
              symbol       text not null,
              session_date text not null,
              count        integer not null,
              inputs_hash  text not null,
              content_hash text not null,
              run_id       text not null,
              built_at_ms  integer not null,
              ts           blob not null,
              ${set.columns.map((name) => `${quoted(name)} blob not null`).join(',\n              ')},
              primary key (symbol, session_date)
            ) strict`)
          this.#database
            .prepare(
              'insert into feature_sets (name, definition_hash, definition, columns, registered_at_ms) values (?, ?, ?, ?, ?)',
            )
            .run(set.name, set.definitionHash, set.definition, JSON.stringify(set.columns), nowMs)
        })
        .immediate(),
    )
  }

  /** Takes sessions out, all or nothing. */
  removeSessions(set: RegisteredFeatureSet, symbol: string, dates: readonly SessionDate[]): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const remove = this.#database.prepare(`delete from ${quoted(set.name)} where symbol = ? and session_date = ?`)
          for (const date of dates) remove.run(symbol, date)
        })
        .immediate(),
    )
  }

  /** Puts sessions in place of what was there, all or nothing. */
  replaceSessions(set: RegisteredFeatureSet, sessions: readonly FeatureSession[], runId: string, nowMs: number): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const insert = this.#database.prepare(
            `insert or replace into ${quoted(set.name)}
               (symbol, session_date, count, inputs_hash, content_hash, run_id, built_at_ms, ts, ${set.columns.map(quoted).join(', ')})
             values (?, ?, ?, ?, ?, ?, ?, ?, ${set.columns.map(() => '?').join(', ')})`,
          )
          for (const session of sessions) {
            insert.run(
              session.symbol,
              session.sessionDate,
              session.count,
              session.inputsHash,
              session.contentHash,
              runId,
              nowMs,
              session.blobs.ts,
              ...session.blobs.columns,
            )
          }
        })
        .immediate(),
    )
  }
}

/** A name as SQL takes it even where it is a keyword. Only names that `register` has let pass come here. */
function quoted(name: string): string {
  return `"${name}"`
}

function toInfo(row: FeatureRow): FeatureSessionInfo {
  return {
    symbol: row.symbol,
    sessionDate: row.session_date,
    count: row.count,
    inputsHash: row.inputs_hash,
    contentHash: row.content_hash,
  }
}
