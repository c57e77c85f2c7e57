import { gunzipSync, gzipSync } from 'node:zlib'
import { COMPARED_FIELDS } from '#shared/config/comparison-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import {
  type CompareResult,
  type ComparisonCounts,
  compareResultSchema,
  oldRunPairSchema,
} from '#shared/jobs/job-kinds.ts'
import type { SessionDate } from '#shared/time.ts'
import { guarded, openReadable, openWritable, type Readable, type Writable } from './database.ts'
import { FeatureComparisons, WritableFeatureComparisons } from './feature-comparisons.ts'
import { hashJson } from './hash-json.ts'
import { LAYERS } from './layers.ts'
import { decodeDoubles, decodeTimes, decodeUints } from './session-block.ts'
import type { StoredCause, StoredEntry } from '#shared/comparison/cause.ts'

/** What a run compared and how; `settings` is the comparison configuration as JSON. */
export interface ComparisonRunStart {
  readonly runId: string
  readonly from: SessionDate
  readonly to: SessionDate
  readonly symbols: readonly string[]
  readonly oldPipeline: string
  readonly settings: string
  /** Version of Switchyard that compares. */
  readonly codeVersion: string
  /** Share of the minutes that is compared; null for all. */
  readonly sample: number | null
  /** Of an A/A run, the two runs of the old pipeline that it compares; else left out, as old is compared with new. */
  readonly oldRuns?: OldRunPair | undefined
}

type OldRunPair = readonly [first: string, second: string]

export interface StoredRun extends Omit<ComparisonRunStart, 'codeVersion' | 'oldRuns'> {
  readonly createdAtMs: number
  /** Null for runs from before it was kept. */
  readonly codeVersion: string | null
  /** Null where old is compared with new. */
  readonly oldRuns: OldRunPair | null
  /** SHA-256 (hex) over symbol, date and content hash of every block of a side; null for runs from before it was kept. */
  readonly oldHash: string | null
  readonly newHash: string | null
  readonly summary: CompareResult
}

/** Encoded rows of a session that are not plainly equal; value blobs are column-major in the order of the compared fields. */
export interface ComparisonBlobs {
  readonly ts: Uint8Array
  readonly class: Uint8Array
  readonly old_values: Uint8Array
  readonly new_values: Uint8Array
}

export interface ComparisonSession {
  readonly symbol: string
  readonly sessionDate: SessionDate
  /** Content hashes of the compared blocks; null where a side had none. */
  readonly oldHash: string | null
  readonly newHash: string | null
  /** Hours of the session, epoch seconds; null where only the old side has it. */
  readonly openTs: number | null
  readonly closeTs: number | null
  readonly counts: ComparisonCounts
  readonly rowCount: number
  readonly blobs: ComparisonBlobs
}

/** What is known of a symbol once all its sessions are compared. */
export interface ComparedSymbol {
  readonly symbol: string
  /** Kept as JSON until the run is finished. */
  readonly result: unknown
  /** Null where no causes were looked for. */
  readonly causes: SymbolCauses | null
}

export interface SymbolCauses {
  readonly causes: readonly StoredCause[]
  readonly sessions: readonly {
    readonly sessionDate: SessionDate
    readonly entries: readonly StoredEntry[]
    /** For each stored row of the session, see {@link ROW_HAS_OPEN}. */
    readonly rowCauses: Uint32Array
  }[]
}

/** Bit of a row's causes: something about it is not explained. The other bits are the causes of its symbol. */
export const ROW_HAS_OPEN = 0x8000_0000

/** What the differences of a session need to be explained. */
export interface SessionAttribution {
  readonly symbol: string
  readonly sessionDate: SessionDate
  readonly counts: ComparisonCounts
  /** Null where no causes were looked for. */
  readonly entries: readonly StoredEntry[] | null
}

/** Rows read back: values of field f at row i stand at `f * ts.length + i`; NaN is null. */
export interface ComparisonRows {
  readonly symbol: string
  readonly sessionDate: SessionDate
  /** Hours of the session; null where only the old side has it, and in runs from before they were kept. */
  readonly openTs: number | null
  readonly closeTs: number | null
  readonly counts: ComparisonCounts
  readonly ts: Float64Array
  readonly class: Uint8Array
  readonly oldValues: Float64Array
  readonly newValues: Float64Array
  /** A bit for each cause of the symbol, and {@link ROW_HAS_OPEN}; null where no causes were looked for. */
  readonly causes: Uint32Array | null
}

interface RunRow {
  readonly id: string
  readonly created_at_ms: number
  readonly from_date: string
  readonly to_date: string
  readonly symbols: string
  readonly old_pipeline: string
  readonly settings: string
  readonly summary: string
  readonly code_version: string | null
  readonly old_hash: string | null
  readonly new_hash: string | null
  readonly sample: number | null
  readonly old_runs: string | null
}

interface SessionRow extends ComparisonBlobs {
  readonly symbol: string
  readonly session_date: string
  readonly open_ts: number | null
  readonly close_ts: number | null
  readonly counts: string
  readonly row_causes: Uint8Array | null
}

const OF_FINISHED_RUN = 'run_id = (select id from comparison_runs where id = ? and finished = 1)'

/** Finished comparison runs. A run never changes; one that did not finish is not visible. */
export class ComparisonStore {
  readonly file: string
  readonly features: FeatureComparisons
  readonly #database: Readable

  constructor(file: string, database: Readable = openReadable(file, LAYERS.comparisons)) {
    this.file = file
    this.features = new FeatureComparisons(database)
    this.#database = database
  }

  close(): void {
    this.#database.close()
  }

  /** Finished runs of old against new, newest first. */
  runs(limit = 100): readonly StoredRun[] {
    return this.#newest('old_runs is null', limit)
  }

  /** Finished A/A runs, the old pipeline against itself, newest first. */
  noiseRuns(limit = 100): readonly StoredRun[] {
    return this.#newest('old_runs is not null', limit)
  }

  #newest(which: string, limit: number): readonly StoredRun[] {
    const rows = this.#database
      .prepare(
        `select * from comparison_runs where finished = 1 and ${which} order by created_at_ms desc, id desc limit ?`,
      )
      .all(limit) as RunRow[]
    return rows.map(toRun)
  }

  isFinished(runId: string): boolean {
    return (
      this.#database.prepare('select 1 from comparison_runs where id = ? and finished = 1').get(runId) !== undefined
    )
  }

  /** Throws NOT_FOUND when there is no finished run with this id. */
  run(runId: string): StoredRun {
    const row = this.#database.prepare('select * from comparison_runs where id = ? and finished = 1').get(runId) as
      | RunRow
      | undefined
    if (row === undefined) {
      throw new SwitchyardError('NOT_FOUND', `There is no comparison run ${runId}.`, {
        hint: 'List the runs and pick one.',
      })
    }
    return toRun(row)
  }

  /** Counts per session of a finished run, by symbol and date. */
  sessions(
    runId: string,
  ): readonly { readonly symbol: string; readonly sessionDate: SessionDate; readonly counts: ComparisonCounts }[] {
    const rows = this.#database
      .prepare(
        `select symbol, session_date, counts from comparison_sessions where ${OF_FINISHED_RUN} order by symbol, session_date`,
      )
      .all(runId) as { symbol: string; session_date: string; counts: string }[]
    return rows.map((row) => ({
      symbol: row.symbol,
      sessionDate: row.session_date,
      counts: parseCounts(row.counts),
    }))
  }

  /** The rows of one session of a finished run that are not plainly equal. Throws NOT_FOUND when the run does not have it. */
  sessionRows(runId: string, symbol: string, sessionDate: SessionDate): ComparisonRows {
    for (const rows of this.rows(runId, symbol, sessionDate)) return rows
    throw new SwitchyardError('NOT_FOUND', `The run ${runId} did not compare ${symbol} on ${sessionDate}.`, {
      hint: 'Choose one of its sessions.',
    })
  }

  /** The rows of a finished run that are not plainly equal, session by session. */
  *rows(runId: string, symbol?: string, sessionDate?: SessionDate): Generator<ComparisonRows> {
    const rows = this.#database
      .prepare(
        `select symbol, session_date, open_ts, close_ts, counts, ts, class, old_values, new_values, row_causes from comparison_sessions
         where ${OF_FINISHED_RUN}${symbol === undefined ? '' : ' and symbol = ?'}${sessionDate === undefined ? '' : ' and session_date = ?'}
         order by symbol, session_date`,
      )
      .iterate(...[runId, symbol, sessionDate].filter((value) => value !== undefined)) as IterableIterator<SessionRow>
    for (const row of rows) {
      yield {
        symbol: row.symbol,
        sessionDate: row.session_date,
        openTs: row.open_ts,
        closeTs: row.close_ts,
        counts: parseCounts(row.counts),
        ts: decodeTimes(row.ts),
        class: Uint8Array.from(row.class),
        oldValues: allFields(decodeDoubles(row.old_values), row.class.length),
        newValues: allFields(decodeDoubles(row.new_values), row.class.length),
        causes: row.row_causes === null ? null : decodeUints(row.row_causes),
      }
    }
  }

  /** The causes of each symbol of a finished run; null where none were looked for. */
  causes(runId: string): ReadonlyMap<string, readonly StoredCause[] | null> {
    const rows = this.#database
      .prepare(`select symbol, causes from comparison_symbols where ${OF_FINISHED_RUN} order by symbol`)
      .all(runId) as { symbol: string; causes: Uint8Array | null }[]
    return new Map(
      rows.map(({ symbol, causes }) => [symbol, causes === null ? null : (unpack(causes) as readonly StoredCause[])]),
    )
  }

  /** Counts of a finished run and what its differences need to be explained, session by session. */
  *attributions(runId: string): Generator<SessionAttribution> {
    const rows = this.#database
      .prepare(
        `select symbol, session_date as sessionDate, counts, attribution from comparison_sessions
         where ${OF_FINISHED_RUN} order by symbol, session_date`,
      )
      .iterate(runId) as IterableIterator<{
      symbol: string
      sessionDate: string
      counts: string
      attribution: string | null
    }>
    for (const { symbol, sessionDate, counts, attribution } of rows) {
      const entries = attribution === null ? null : (JSON.parse(attribution) as StoredEntry[])
      yield { symbol, sessionDate, counts: parseCounts(counts), entries }
    }
  }

  /** The run that others are compared with; undefined when none is marked. */
  reference(): { readonly runId: string; readonly markedAtMs: number } | undefined {
    const latest = this.#database
      .prepare('select run_id as runId, marked_at_ms as markedAtMs from comparison_references order by id desc limit 1')
      .get() as { runId: string | null; markedAtMs: number } | undefined
    return latest === undefined || latest.runId === null
      ? undefined
      : { runId: latest.runId, markedAtMs: latest.markedAtMs }
  }

  /** The profiles of a field in a dimension by their key; undefined where a finished run has none. */
  profiles(runId: string, dimension: string, field: string): unknown {
    const blob = this.#database
      .prepare(`select profiles from comparison_profiles where ${OF_FINISHED_RUN} and dimension = ? and field = ?`)
      .pluck()
      .get(runId, dimension, field) as Uint8Array | undefined
    return blob === undefined ? undefined : unpack(blob)
  }

  /** Of the runs of old against new. */
  summary(): { runs: number; sessions: number; rows: number; updatedAtMs: number | null } {
    return this.#database
      .prepare(
        `with finished as (select id, created_at_ms from comparison_runs where finished = 1 and old_runs is null)
         select (select count(*) from finished) as runs, count(*) as sessions,
                coalesce(sum(row_count), 0) as rows, (select max(created_at_ms) from finished) as updatedAtMs
         from comparison_sessions s join finished r on r.id = s.run_id`,
      )
      .get() as { runs: number; sessions: number; rows: number; updatedAtMs: number | null }
  }
}

/** The comparison store with its writing half. Creates and migrates the file when it is opened. */
export class WritableComparisonStore extends ComparisonStore {
  override readonly features: WritableFeatureComparisons
  readonly #database: Writable

  constructor(file: string) {
    const database = openWritable(file, LAYERS.comparisons)
    super(file, database)
    this.features = new WritableFeatureComparisons(file, database)
    this.#database = database
  }

  /**
   * Begins a run, or goes on with one of the same id and the same conditions that was interrupted: symbols that were compared to
   * their end stay. Runs are made one at a time, so any other that is not finished was given up; it is thrown away.
   *
   * @returns when the run was begun, and the symbols that are done.
   */
  begin(run: ComparisonRunStart, nowMs: number): { readonly createdAtMs: number; readonly done: readonly string[] } {
    const oldRuns = run.oldRuns === undefined ? null : JSON.stringify(run.oldRuns)
    const row = { ...run, symbols: JSON.stringify(run.symbols), oldRuns }
    return guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const begun = this.#database
            .prepare(
              `select created_at_ms from comparison_runs
               where id = @runId and finished = 0 and from_date = @from and to_date = @to and symbols = @symbols
                 and old_pipeline = @oldPipeline and settings = @settings and code_version = @codeVersion and sample is @sample
                 and old_runs is @oldRuns`,
            )
            .pluck()
            .get(row) as number | undefined
          this.#database
            .prepare('delete from comparison_runs where finished = 0 and id is not ?')
            .run(begun === undefined ? null : run.runId)
          if (begun !== undefined) {
            const done = this.#database
              .prepare('select symbol from comparison_symbols where run_id = ? order by symbol')
              .pluck()
              .all(run.runId) as string[]
            this.#database
              .prepare(
                `delete from comparison_sessions
                 where run_id = ? and symbol not in (select value from json_each(?))`,
              )
              .run(run.runId, JSON.stringify(done))
            for (const table of ['comparison_profiles', 'comparison_feature_sessions', 'comparison_feature_profiles']) {
              this.#database.prepare(`delete from ${table} where run_id = ?`).run(run.runId)
            }
            return { createdAtMs: begun, done }
          }
          this.#database
            .prepare(
              `insert into comparison_runs
                 (id, created_at_ms, from_date, to_date, symbols, old_pipeline, settings, code_version, sample, old_runs)
               values (@runId, @nowMs, @from, @to, @symbols, @oldPipeline, @settings, @codeVersion, @sample, @oldRuns)`,
            )
            .run({ ...row, nowMs })
          return { createdAtMs: nowMs, done: [] }
        })
        .immediate(),
    )
  }

  /** Adds sessions to a run that was begun and is not finished; all or nothing. */
  addSessions(runId: string, sessions: readonly ComparisonSession[]): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const state = this.#database.prepare('select finished from comparison_runs where id = ?').pluck().get(runId)
          if (state !== 0) {
            const why = state === undefined ? 'was not begun' : 'is finished'
            throw new SwitchyardError('INTERNAL', `The comparison run ${runId} ${why} and takes no sessions.`)
          }
          const insert = this.#database.prepare(
            `insert into comparison_sessions
               (run_id, symbol, session_date, old_hash, new_hash, open_ts, close_ts, counts, row_count, ts, class, old_values,
                new_values)
             values (@runId, @symbol, @sessionDate, @oldHash, @newHash, @openTs, @closeTs, @counts, @rowCount, @ts, @class,
                     @old_values, @new_values)`,
          )
          for (const { blobs, counts, ...session } of sessions) {
            insert.run({ runId, ...session, counts: JSON.stringify(counts), ...blobs })
          }
        })
        .immediate(),
    )
  }

  /** Stores what is known of a symbol whose sessions are all added: a run that is interrupted goes on with the next one. */
  addSymbol(runId: string, { symbol, result, causes }: ComparedSymbol): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database
            .prepare('insert into comparison_symbols (run_id, symbol, result, causes) values (?, ?, ?, ?)')
            .run(runId, symbol, pack(result), causes === null ? null : pack(causes.causes))
          const update = this.#database.prepare(
            `update comparison_sessions set attribution = ?, row_causes = ?
             where run_id = ? and symbol = ? and session_date = ?`,
          )
          for (const { sessionDate, entries, rowCauses } of causes?.sessions ?? []) {
            const bytes = Buffer.from(rowCauses.buffer, rowCauses.byteOffset, rowCauses.byteLength)
            update.run(JSON.stringify(entries), bytes, runId, symbol, sessionDate)
          }
        })
        .immediate(),
    )
  }

  /** What is known of a symbol that is done, in a run that is not finished. */
  symbolResult(runId: string, symbol: string): unknown {
    const result = this.#database
      .prepare('select result from comparison_symbols where run_id = ? and symbol = ?')
      .pluck()
      .get(runId, symbol) as Uint8Array
    return unpack(result)
  }

  /** Sessions of a symbol in a run that is not finished: the hashes of what was compared, and the counts. */
  addedSessions(
    runId: string,
    symbol: string,
  ): readonly Pick<ComparisonSession, 'sessionDate' | 'oldHash' | 'newHash' | 'counts'>[] {
    const rows = this.#database
      .prepare(
        `select session_date as sessionDate, old_hash as oldHash, new_hash as newHash, counts from comparison_sessions
         where run_id = ? and symbol = ? order by session_date`,
      )
      .all(runId, symbol) as { sessionDate: string; oldHash: string | null; newHash: string | null; counts: string }[]
    return rows.map((row) => ({ ...row, counts: parseCounts(row.counts) }))
  }

  /** Takes a symbol out of a run that is not finished, to compare it anew. */
  dropSymbol(runId: string, symbol: string): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          for (const table of ['comparison_symbols', 'comparison_sessions']) {
            this.#database.prepare(`delete from ${table} where run_id = ? and symbol = ?`).run(runId, symbol)
          }
        })
        .immediate(),
    )
  }

  /** Stores the distributions of a run that is not finished, compressed. */
  addProfiles(
    runId: string,
    pages: readonly { readonly dimension: string; readonly field: string; readonly profiles: unknown }[],
  ): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          const insert = this.#database.prepare(
            'insert into comparison_profiles (run_id, dimension, field, profiles) values (?, ?, ?, ?)',
          )
          for (const { dimension, field, profiles } of pages) {
            insert.run(runId, dimension, field, pack(profiles))
          }
        })
        .immediate(),
    )
  }

  /** Makes the run visible; from here on it is immutable. */
  finish(runId: string, summary: CompareResult): void {
    guarded(this.file, () =>
      this.#database
        .transaction(() => {
          this.#database.prepare('update comparison_symbols set result = null where run_id = ?').run(runId)
          this.#database
            .prepare(
              'update comparison_runs set finished = 1, summary = ?, old_hash = ?, new_hash = ? where id = ? and finished = 0',
            )
            .run(
              JSON.stringify(summary),
              this.#inputsHash(runId, 'old_hash'),
              this.#inputsHash(runId, 'new_hash'),
              runId,
            )
        })
        .immediate(),
    )
  }

  #inputsHash(runId: string, side: 'old_hash' | 'new_hash'): string {
    const blocks = this.#database
      .prepare(
        `select symbol, session_date, ${side} from comparison_sessions
         where run_id = ? and ${side} is not null order by symbol, session_date`,
      )
      .raw()
      .all(runId)
    return hashJson(blocks)
  }

  /**
   * Marks a finished run as the one that others are compared with; null marks none. Earlier marks are kept. Throws NOT_FOUND, and
   * BAD_ARGUMENTS for an A/A run.
   */
  markReference(runId: string | null, nowMs: number): void {
    if (runId !== null) requireOldAgainstNew(this.run(runId))
    guarded(this.file, () =>
      this.#database
        .prepare('insert into comparison_references (run_id, marked_at_ms) values (?, ?)')
        .run(runId, nowMs),
    )
  }

  /** Throws away what an unfinished run has stored. */
  discard(runId: string): void {
    guarded(this.file, () =>
      this.#database.prepare('delete from comparison_runs where id = ? and finished = 0').run(runId),
    )
  }
}

/** Throws BAD_ARGUMENTS for an A/A run, which says nothing of the new pipeline. */
export function requireOldAgainstNew({ runId, oldRuns }: StoredRun): void {
  if (oldRuns === null) return
  throw new SwitchyardError('BAD_ARGUMENTS', `${runId} compares the old pipeline with itself.`, {
    hint: 'Take a run that compares old with new; "compare runs" lists them.',
  })
}

function toRun(row: RunRow): StoredRun {
  return {
    runId: row.id,
    createdAtMs: row.created_at_ms,
    from: row.from_date,
    to: row.to_date,
    symbols: JSON.parse(row.symbols) as string[],
    oldPipeline: row.old_pipeline,
    settings: row.settings,
    codeVersion: row.code_version,
    oldHash: row.old_hash,
    newHash: row.new_hash,
    sample: row.sample,
    oldRuns: row.old_runs === null ? null : oldRunPairSchema.parse(JSON.parse(row.old_runs)),
    summary: compareResultSchema.parse(JSON.parse(row.summary)),
  }
}

function pack(value: unknown): Buffer {
  return gzipSync(JSON.stringify(value))
}

function unpack(blob: Uint8Array): unknown {
  return JSON.parse(gunzipSync(blob).toString('utf8'))
}

/** Counts as they were stored; a run from before some of them were counted has 0 there. */
function parseCounts(text: string): ComparisonCounts {
  const counts = JSON.parse(text) as Partial<ComparisonCounts>
  return { nullVersusValue: 0, duplicateKeys: 0, notSettled: 0, ...counts } as ComparisonCounts
}

/** Values of rows from before the last fields were added, with NaN for those. */
function allFields(values: Float64Array, rows: number): Float64Array {
  const whole = COMPARED_FIELDS.length * rows
  if (values.length === whole) return values
  const padded = new Float64Array(whole).fill(NaN)
  padded.set(values)
  return padded
}
