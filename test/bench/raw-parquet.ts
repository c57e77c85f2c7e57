import {
  DOUBLE,
  DuckDBDataChunk,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { BAR_COLUMNS, type BarColumns } from '#shared/bars.ts'
import type { Session } from '#shared/calendar/calendar.ts'

const ROWS_PER_CHUNK = 2048
const ROW_TYPES = [VARCHAR, INTEGER, INTEGER, ...BAR_COLUMNS.map(() => DOUBLE)]

/**
 * The raw bars as Parquet files, which is where the other contenders start from: every row as received, with the number of
 * its response and its place in it, and a small table of the sessions.
 */
export class RawParquet {
  readonly #database: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #rows: DuckDBAppender

  private constructor(database: DuckDBInstance, connection: DuckDBConnection, rows: DuckDBAppender) {
    this.#database = database
    this.#connection = connection
    this.#rows = rows
  }

  static async create(): Promise<RawParquet> {
    const database = await DuckDBInstance.create(':memory:')
    const connection = await database.connect()
    await connection.run(
      `create table raw (symbol varchar, response integer, place integer, ts double, open double, high double, low double,
                         close double, volume double, vwap double, trade_count double)`,
    )
    return new RawParquet(database, connection, await connection.createAppender('raw'))
  }

  /** Adds one response. */
  append(symbol: string, response: number, bars: BarColumns): void {
    for (let from = 0; from < bars.ts.length; from += ROWS_PER_CHUNK) {
      const count = Math.min(ROWS_PER_CHUNK, bars.ts.length - from)
      const chunk = DuckDBDataChunk.create(ROW_TYPES, count)
      const places = Array.from({ length: count }, (_, i) => from + i)
      const constant = <T>(value: T): T[] => places.map(() => value)
      const values = BAR_COLUMNS.map((name) => Array.from(bars[name].subarray(from, from + count)))
      chunk.setColumns([constant(symbol), constant(response), places, ...values])
      this.#rows.appendDataChunk(chunk)
    }
  }

  /** Writes both files (zstd) and closes. */
  async write(rawFile: string, sessionsFile: string, sessions: readonly Session[]): Promise<void> {
    this.#rows.closeSync()
    await this.#connection.run(
      `copy (select symbol, response, place, ts::bigint as ts, open, high, low, close, volume, vwap, trade_count from raw)
       to '${rawFile}' (format parquet, compression zstd)`,
    )
    const rows = sessions.map(
      ({ date, openTs, closeTs }, number) => `(${number}, date '${date}', ${openTs}, ${closeTs})`,
    )
    await this.#connection.run(
      `copy (select number::integer as session, date, open_ts::bigint as open_ts, close_ts::bigint as close_ts
             from (values ${rows.join(', ')}) t(number, date, open_ts, close_ts))
       to '${sessionsFile}' (format parquet, compression zstd)`,
    )
    this.#connection.closeSync()
    this.#database.closeSync()
  }
}
