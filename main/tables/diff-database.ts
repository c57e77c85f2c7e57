import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { tableFileError } from './table-file-error.ts'

/** What DuckDB may hold in memory; the rest goes to the temporary folder. */
const MEMORY_LIMIT = '1GB'

/**
 * A DuckDB database in a temporary folder, with bounded memory. Every statement ends when the signal aborts. `use` closes the
 * database and removes the folder, however the work ends.
 */
export class DiffDatabase {
  readonly signal: AbortSignal
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection, signal: AbortSignal) {
    this.#connection = connection
    this.signal = signal
  }

  static async use<T>(signal: AbortSignal, work: (database: DiffDatabase) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const folder = await mkdtemp(join(tmpdir(), 'switchyard-diff-'))
    try {
      const instance = await DuckDBInstance.create(join(folder, 'diff.duckdb'), {
        threads: '2',
        memory_limit: MEMORY_LIMIT,
        temp_directory: join(folder, 'spill'),
        preserve_insertion_order: 'false',
      })
      const connection = await instance.connect()
      // A statement that is only about to begin does not notice, so it is told again.
      let repeated: NodeJS.Timeout | undefined
      const interrupt = (): void => {
        connection.interrupt()
        repeated ??= setInterval(() => connection.interrupt(), 100)
      }
      signal.addEventListener('abort', interrupt)
      try {
        // Instants are shown in UTC, wherever the machine stands.
        await connection.run(`set TimeZone = 'UTC'`)
        return await work(new DiffDatabase(connection, signal))
      } finally {
        signal.removeEventListener('abort', interrupt)
        clearInterval(repeated)
        connection.closeSync()
        instance.closeSync()
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Runs a statement; `path` is named when it fails. */
  async run(sql: string, path: string): Promise<void> {
    await this.rows(sql, path)
  }

  async rows(sql: string, path: string): Promise<DuckDBValue[][]> {
    this.signal.throwIfAborted()
    try {
      return (await this.#connection.runAndReadAll(sql)).getRows()
    } catch (thrown) {
      this.signal.throwIfAborted()
      throw duckDbError(thrown, path)
    }
  }
}

/** DuckDB's message without its advice, which is about options that nobody here can set. */
function duckDbError(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Error)) return thrown
  const lines = thrown.message.split('\n').map((line) => line.trim())
  const line = /CSV Error on Line: (\d+)/.exec(thrown.message)?.[1]
  if (line !== undefined) {
    const problem = lines.slice(2).find((each) => each !== '') ?? lines[0]
    return tableFileError(
      path,
      `line ${line}: ${problem}`,
      'Correct the line; nothing of the file was left out.',
      thrown,
    )
  }
  if (/^(Parser|Binder|Catalog|Internal|Syntax) Error|^INTERNAL/i.test(thrown.message)) return thrown
  return tableFileError(
    path,
    lines[0],
    'See whether the file is whole, and whether the temporary folder has room.',
    thrown,
  )
}
