import {
  BIGINT,
  DATE,
  DOUBLE,
  DuckDBBigIntVector,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDateValue,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { dateToEpochDay, type SessionDate } from '#shared/time.ts'

/** A column of an exported table. `NaN` in a `double` is written as null. */
export interface ExportColumn {
  readonly name: string
  readonly type: 'double' | 'integer' | 'text'
  readonly unit?: string
}

/** One session's rows: times and the values of every column, all of the same length. */
export interface ExportBlock {
  readonly sessionDate: SessionDate
  /** Epoch seconds of bar starts. */
  readonly ts: Float64Array
  readonly values: readonly (Float64Array | Uint16Array | readonly string[])[]
}

const DUCKDB_TYPES: Record<ExportColumn['type'], DuckDBType> = { double: DOUBLE, integer: INTEGER, text: VARCHAR }
const ROWS_PER_CHUNK = 2048

/**
 * A table in DuckDB that is filled block by block and then written to files. Its first columns are `session_date`, `ts` (epoch
 * seconds) and `time` (the same instant as a UTC time stamp); the given columns follow.
 */
export class TableFile {
  readonly #connection: DuckDBConnection
  readonly #columns: readonly ExportColumn[]
  readonly #types: readonly DuckDBType[]
  #rows = 0

  private constructor(connection: DuckDBConnection, columns: readonly ExportColumn[]) {
    this.#connection = connection
    this.#columns = columns
    this.#types = [DATE, BIGINT, ...columns.map((column) => DUCKDB_TYPES[column.type])]
  }

  static async create(connection: DuckDBConnection, columns: readonly ExportColumn[]): Promise<TableFile> {
    const table = new TableFile(connection, columns)
    // CSV shows time stamps in the zone of the session, which is the machine's unless it is said.
    await connection.run(`set TimeZone = 'UTC'`)
    const declared = columns.map((column, i) => `${quote(column.name)} ${table.#types[i + 2].toString()}`)
    await connection.run(
      `create or replace temp table export_rows (session_date date, ts bigint, ${declared.join(', ')})`,
    )
    return table
  }

  get rows(): number {
    return this.#rows
  }

  /** Adds the rows of one session. */
  async append(block: ExportBlock): Promise<void> {
    const appender = await this.#connection.createAppender('export_rows', null, 'temp')
    const day = new DuckDBDateValue(dateToEpochDay(block.sessionDate))
    for (let from = 0; from < block.ts.length; from += ROWS_PER_CHUNK) {
      const count = Math.min(ROWS_PER_CHUNK, block.ts.length - from)
      const chunk = DuckDBDataChunk.create(this.#types, count)
      chunk.setColumnValues(
        0,
        Array.from({ length: count }, () => day),
      )
      const times = chunk.getColumnVector(1) as DuckDBBigIntVector
      for (let i = 0; i < count; i++) times.setItem(i, BigInt(block.ts[from + i]))
      times.flush()
      this.#columns.forEach((_column, c) => {
        const source = block.values[c]
        chunk.setColumnValues(
          c + 2,
          Array.from({ length: count }, (_, i) => {
            const value = source[from + i]
            return typeof value === 'number' && Number.isNaN(value) ? null : value
          }),
        )
      })
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
    this.#rows += block.ts.length
  }

  /** Months that have rows, `YYYY-MM`, ascending. */
  async months(): Promise<readonly string[]> {
    const result = await this.#connection.runAndReadAll(
      `select distinct strftime(session_date, '%Y-%m') as month from export_rows order by month`,
    )
    return result.getRows().map(([month]) => String(month))
  }

  /** Writes the rows of one month as Parquet with zstd; returns how many there were. */
  async writeParquet(path: string, month: string): Promise<number> {
    return this.#copy(
      `where strftime(session_date, '%Y-%m') = ${literal(month)}`,
      path,
      'format parquet, compression zstd',
      '',
    )
  }

  /** Writes all rows as CSV with a header and the symbol as first column; returns how many there were. */
  async writeCsv(path: string, symbol: string): Promise<number> {
    return this.#copy('', path, `format csv, header true`, `${literal(symbol)} as symbol, `)
  }

  async #copy(where: string, path: string, options: string, lead: string): Promise<number> {
    const names = this.#columns.map((column) => quote(column.name)).join(', ')
    const result = await this.#connection.run(
      `copy (select ${lead}session_date, ts, make_timestamptz(ts * 1000000) as time, ${names} from export_rows ${where}
             order by ts) to ${literal(path)} (${options})`,
    )
    return result.rowsChanged
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
