import { gunzipSync, gzipSync } from 'node:zlib'
import { SwitchyardError } from '#shared/errors.ts'
import type { FeatureState, FeatureTotals } from '#shared/jobs/feature-comparison.ts'
import type { SessionDate } from '#shared/time.ts'
import type { ComparisonBlobs } from './comparison-store.ts'
import { guarded, type Readable, type Writable } from './database.ts'
import { decodeDoubles, decodeTimes } from './session-block.ts'

export interface FeatureComparisonSession {
  readonly symbol: string
  readonly sessionDate: SessionDate
  readonly state: FeatureState
  /** Content hashes of what was compared; null where a side had no features. */
  readonly oldHash: string | null
  readonly newHash: string | null
  readonly counts: FeatureTotals
  readonly rowCount: number
  /** Rows that are not plainly equal, of a session that both sides have; values column-major in the order of the features of the run. */
  readonly blobs: ComparisonBlobs
}

/** Rows read back: values of feature f at row i stand at `f * ts.length + i`; NaN is null. */
export interface FeatureComparisonRows {
  readonly symbol: string
  readonly sessionDate: SessionDate
  readonly counts: FeatureTotals
  readonly ts: Float64Array
  readonly class: Uint8Array
  readonly oldValues: Float64Array
  readonly newValues: Float64Array
}

const OF_FINISHED_RUN = 'run_id = (select id from comparison_runs where id = ? and finished = 1)'

interface SessionRow extends ComparisonBlobs {
  readonly symbol: string
  readonly session_date: string
  readonly counts: string
}

/** What finished comparison runs say of features; nothing for a run that compared none. */
export class FeatureComparisons {
  readonly #database: Readable

  constructor(database: Readable) {
    this.#database = database
  }

  /** By symbol and date. */
  sessions(runId: string): readonly Pick<FeatureComparisonSession, 'symbol' | 'sessionDate' | 'state' | 'counts'>[] {
    const rows = this.#database
      .prepare(
        `select symbol, session_date as sessionDate, state, counts from comparison_feature_sessions
         where ${OF_FINISHED_RUN} order by symbol, session_date`,
      )
      .all(runId) as { symbol: string; sessionDate: string; state: FeatureState; counts: string }[]
    return rows.map((row) => ({ ...row, counts: JSON.parse(row.counts) as FeatureTotals }))
  }

  /** The rows that are not plainly equal, session by session; a session of one side only has none. */
  *rows(runId: string, symbol?: string): Generator<FeatureComparisonRows> {
    const rows = this.#database
      .prepare(
        `select symbol, session_date, counts, ts, class, old_values, new_values from comparison_feature_sessions
         where ${OF_FINISHED_RUN} and (? is null or symbol = ?) order by symbol, session_date`,
      )
      .iterate(runId, symbol ?? null, symbol ?? null) as IterableIterator<SessionRow>
    for (const row of rows) {
      yield {
        symbol: row.symbol,
        sessionDate: row.session_date,
        counts: JSON.parse(row.counts) as FeatureTotals,
        ts: decodeTimes(row.ts),
        class: Uint8Array.from(row.class),
        oldValues: decodeDoubles(row.old_values),
        newValues: decodeDoubles(row.new_values),
      }
    }
  }

  /** The profiles of a feature in a dimension by their key; undefined where the run has none. */
  profiles(runId: string, dimension: string, feature: string): unknown {
    const blob = this.#database
      .prepare(
        `select profiles from comparison_feature_profiles where ${OF_FINISHED_RUN} and dimension = ? and feature = ?`,
      )
      .pluck()
      .get(runId, dimension, feature) as Uint8Array | undefined
    return blob === undefined ? undefined : JSON.parse(gunzipSync(blob).toString('utf8'))
  }
}

/** The same with its writing half. */
export class WritableFeatureComparisons extends FeatureComparisons {
  readonly #file: string
  readonly #database: Writable

  constructor(file: string, database: Writable) {
    super(database)
    this.#file = file
    this.#database = database
  }

  /** Adds sessions to a run that was begun and is not finished; all or nothing. */
  addSessions(runId: string, sessions: readonly FeatureComparisonSession[]): void {
    this.#writing(runId, () => {
      const insert = this.#database.prepare(
        `insert into comparison_feature_sessions
           (run_id, symbol, session_date, state, old_hash, new_hash, counts, row_count, ts, class, old_values, new_values)
         values (@runId, @symbol, @sessionDate, @state, @oldHash, @newHash, @counts, @rowCount, @ts, @class, @old_values, @new_values)`,
      )
      for (const { blobs, counts, ...session } of sessions) {
        insert.run({ runId, ...session, counts: JSON.stringify(counts), ...blobs })
      }
    })
  }

  /** Stores the distributions of a run that is not finished, compressed. */
  addProfiles(
    runId: string,
    pages: readonly { readonly dimension: string; readonly field: string; readonly profiles: unknown }[],
  ): void {
    this.#writing(runId, () => {
      const insert = this.#database.prepare(
        'insert into comparison_feature_profiles (run_id, dimension, feature, profiles) values (?, ?, ?, ?)',
      )
      for (const { dimension, field, profiles } of pages) {
        insert.run(runId, dimension, field, gzipSync(JSON.stringify(profiles)))
      }
    })
  }

  #writing(runId: string, write: () => void): void {
    guarded(this.#file, () =>
      this.#database
        .transaction(() => {
          const state = this.#database.prepare('select finished from comparison_runs where id = ?').pluck().get(runId)
          if (state !== 0) {
            const why = state === undefined ? 'was not begun' : 'is finished'
            throw new SwitchyardError('INTERNAL', `The comparison run ${runId} ${why} and takes no features.`)
          }
          write()
        })
        .immediate(),
    )
  }
}
