import { join } from 'node:path'
import { type DatabaseKind, openReadable, openWritable, type Readable } from '#main/stores/database.ts'
import { decodeDoubles, decodeTimes } from '#main/stores/session-block.ts'
import type { Limit } from '#main/compare/tolerances.ts'
import type { Side } from '#main/compare/block-comparer.ts'

/** What is compared in the benchmark: the fields of a bar and one more, so that there are eight. */
export const BENCH_FIELDS = ['open', 'high', 'low', 'close', 'volume', 'vwap', 'trade_count', 'turnover'] as const

/** `|new - old| <= abs + rel * |old|`: a tick for prices, 1 % for counts. */
export const BENCH_LIMITS: readonly Limit[] = BENCH_FIELDS.map((field) =>
  ['volume', 'trade_count', 'turnover'].includes(field) ? { abs: 0, rel: 0.01 } : { abs: 0.01, rel: 0 },
)

export const BENCH_QUANTILES = [0.5, 0.9, 0.99] as const

export const SIDES = ['old', 'new'] as const
export type SideName = (typeof SIDES)[number]

/** Where the parts of a data set lie inside its folder; each contender has the form that suits it best. */
export const compareFiles = (folder: string) => ({
  /** Session blocks, one BLOB a column, as in the stores. */
  blocks: (side: SideName): string => join(folder, `${side}.db`),
  /** Tables `old` and `new` in DuckDB's own format. */
  duckdb: join(folder, 'bars.duckdb'),
  parquet: (side: SideName): string => join(folder, `${side}.parquet`),
})

/** The file in which a contender puts what it found. */
export const RESULT_FILE = 'result.json'

export interface FieldResult {
  readonly equal: number
  readonly within: number
  readonly different: number
  /** One side has a value and the other has none. */
  readonly empty: number
  /** Of new - old, where both have a value. */
  readonly bias: number
  readonly mae: number
  readonly rmse: number
  /** Pearson's, of old and new. */
  readonly correlation: number
  /** Of |new - old|, see BENCH_QUANTILES; and the largest. */
  readonly quantiles: readonly number[]
  readonly max: number
  /** Count by bin: 0 for zero, else the sign times (2000 + the power of two that is not above |new - old|). */
  readonly histogram: Readonly<Record<string, number>>
}

export interface CompareBenchResult {
  readonly common: number
  readonly oldOnly: number
  readonly newOnly: number
  readonly equal: number
  readonly within: number
  readonly different: number
  readonly fields: Readonly<Record<string, FieldResult>>
}

const COLUMNS = ['ts', ...BENCH_FIELDS].join(', ')

export const BLOCKS: DatabaseKind = {
  name: 'comparison benchmark',
  applicationId: 0x5377597e,
  synchronous: 'NORMAL',
  pageSize: 16_384,
  migrations: [
    {
      name: '0001-blocks',
      up: (database) =>
        database.exec(`
          create table blocks (
            symbol integer not null, session integer not null,
            ${['ts', ...BENCH_FIELDS].map((name) => `${name} blob not null`).join(', ')},
            primary key (symbol, session)
          ) strict;
        `),
    },
  ],
}

/** One side's blocks, written session by session. */
export class BlockWriter {
  readonly #database
  readonly #insert

  constructor(file: string) {
    this.#database = openWritable(file, BLOCKS)
    const places = Array.from({ length: 3 + BENCH_FIELDS.length }, () => '?').join(', ')
    this.#insert = this.#database.prepare(`insert into blocks (symbol, session, ${COLUMNS}) values (${places})`)
    this.#database.exec('begin')
  }

  add(symbol: number, session: number, blobs: readonly Uint8Array[]): void {
    this.#insert.run(symbol, session, ...blobs)
  }

  close(): void {
    this.#database.exec('commit')
    this.#database.close()
  }
}

/** Reads the blocks of a symbol one after the other. */
export class BlockReader {
  readonly #database: Readable

  constructor(file: string) {
    this.#database = openReadable(file, BLOCKS)
  }

  *blocks(symbol: number): Generator<Side & { readonly session: number }> {
    const rows = this.#database
      .prepare(`select session, ${COLUMNS} from blocks where symbol = ? order by session`)
      .raw()
      .iterate(symbol) as IterableIterator<[number, ...Uint8Array[]]>
    for (const [session, ts, ...columns] of rows) {
      yield { session, ts: decodeTimes(ts), columns: columns.map((blob) => decodeDoubles(blob)) }
    }
  }

  close(): void {
    this.#database.close()
  }
}
