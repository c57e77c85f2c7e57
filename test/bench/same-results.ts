import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { BAR_COLUMNS } from '#shared/bars.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { FeatureStore } from '#main/stores/feature-store.ts'
import type { Dataset } from './dataset.ts'

/** Relative to the value, or to 1 where the value is small: differences and logarithms lose digits near zero. */
const TOLERANCE = 1e-9

/** How far a peer's results are from Switchyard's. */
export interface Agreement {
  readonly rows: number
  readonly values: number
  /** Largest difference, relative to the value or to 1 where that is larger, and where it is. */
  readonly largest: number
  readonly column: string
}

/**
 * Compares a peer's two Parquet files with the stores of Switchyard, value by value: the same rows, nulls in the same places,
 * numbers within 1e-9. A benchmark of different work would be worthless, so anything else is an error.
 */
export async function sameResults(dataset: Dataset, ownFolder: string, peerFolder: string): Promise<Agreement> {
  const curated = new CuratedStore(join(ownFolder, 'store', 'curated.db'))
  const features = new FeatureStore(join(ownFolder, 'store', 'features.db'))
  const set = features.set('features_price_1m_v1')
  if (set === undefined) throw new Error('Switchyard has made no features.')
  const barNames = BAR_COLUMNS.map((name) => (name === 'tradeCount' ? 'trade_count' : name))
  const total: { rows: number; values: number; largest: number; column: string } = {
    rows: 0,
    values: 0,
    largest: 0,
    column: '',
  }
  const database = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await database.connect()
  try {
    for (const symbol of dataset.symbols) {
      const bars = [...curated.blocks(symbol, '0000-00-00', '9999-99-99')].map((block) =>
        BAR_COLUMNS.map((name) => block.bars[name]),
      )
      await compare('curated.parquet', symbol, barNames, bars)
      const values = [...features.blocks(set, symbol, '0000-00-00', '9999-99-99')].map((block) => [
        block.ts,
        ...block.columns,
      ])
      await compare('features.parquet', symbol, ['ts', ...set.columns], values)
    }
    return total
  } finally {
    connection.closeSync()
    database.closeSync()
    curated.close()
    features.close()
  }

  async function compare(
    file: string,
    symbol: string,
    names: readonly string[],
    blocks: readonly (readonly Float64Array[])[],
  ): Promise<void> {
    const result = await connection.runAndReadAll(
      `select ${names.map((name) => `${name}::double`).join(', ')} from read_parquet('${join(peerFolder, file)}')
       where symbol = '${symbol}' order by ts`,
    )
    const peer = result.getColumns()
    const rows = blocks.reduce((sum, [ts]) => sum + ts.length, 0)
    if (peer[0].length !== rows)
      throw new Error(`${file}: ${symbol} has ${peer[0].length} rows, Switchyard has ${rows}.`)
    total.rows += rows
    for (const [c, name] of names.entries()) {
      let row = 0
      for (const block of blocks) {
        for (const own of block[c]) {
          const other = peer[c][row] === null ? NaN : Number(peer[c][row])
          const at = `${file}: ${name} of ${symbol} at ${String(peer[0][row])}`
          row++
          total.values++
          if (Number.isNaN(own) && Number.isNaN(other)) continue
          const difference = Math.abs(own - other) / Math.max(1, Math.abs(own))
          if (!(difference <= TOLERANCE)) throw new Error(`${at} is ${other}, Switchyard has ${own}.`)
          if (difference > total.largest) {
            total.largest = difference
            total.column = name
          }
        }
      }
    }
  }
}
