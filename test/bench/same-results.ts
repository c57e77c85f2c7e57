import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { BAR_COLUMNS } from '#shared/bars.ts'
import { CuratedStore } from '#main/stores/curated-store.ts'
import { FeatureStore } from '#main/stores/feature-store.ts'
import type { Dataset } from './dataset.ts'

/** How far two values may be apart, relative to the value and to what its column is a difference of. */
const TOLERANCE = 1e-9

/**
 * Columns that are differences of larger numbers and lose digits where these are nearly equal: the size of those numbers, a
 * thousandth of which counts as part of the value. `price` stands for the close of the row.
 */
const DIFFERENCE_OF: Readonly<Record<string, number | 'price'>> = {
  macd: 'price',
  macd_signal: 'price',
  macd_histogram: 'price',
  session_vwap_distance: 1,
  bollinger_z_20: 1,
  volume_z_20: 1,
}

/** How far a peer's results are from Switchyard's. */
export interface Agreement {
  readonly rows: number
  readonly values: number
  /** Largest relative difference, and where it is. */
  readonly largest: number
  readonly column: string
}

/** Columns of one symbol over all sessions, in the order of their names; NaN is null. */
interface OwnTable {
  readonly file: string
  readonly symbol: string
  readonly names: readonly string[]
  readonly columns: readonly Float64Array[]
  readonly close: Float64Array
}

/**
 * Compares a peer's two Parquet files with the stores of Switchyard, value by value: the same rows, nulls in the same places,
 * numbers within a relative 1e-9. A benchmark of different work would be worthless, so anything else is an error.
 */
export async function sameResults(dataset: Dataset, ownFolder: string, peerFolder: string): Promise<Agreement> {
  const curated = new CuratedStore(join(ownFolder, 'store', 'curated.db'))
  const features = new FeatureStore(join(ownFolder, 'store', 'features.db'))
  const set = features.set('features_price_1m_v1')
  if (set === undefined) throw new Error('Switchyard has made no features.')
  const barNames = BAR_COLUMNS.map((name) => (name === 'tradeCount' ? 'trade_count' : name))
  const database = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await database.connect()
  const parts: Agreement[] = []
  try {
    for (const symbol of dataset.symbols) {
      const blocks = [...curated.blocks(symbol, '0000-00-00', '9999-99-99')].map(({ bars }) => bars)
      const bars = BAR_COLUMNS.map((name) => joined(blocks.map((block) => block[name])))
      const close = bars[BAR_COLUMNS.indexOf('close')]
      const featureBlocks = [...features.blocks(set, symbol, '0000-00-00', '9999-99-99')]
      const ts = joined(featureBlocks.map((block) => block.ts))
      const values = set.columns.map((_name, c) => joined(featureBlocks.map(({ columns }) => columns[c])))
      for (const own of [
        { file: 'curated.parquet', symbol, names: barNames, columns: bars, close },
        { file: 'features.parquet', symbol, names: ['ts', ...set.columns], columns: [ts, ...values], close },
      ]) {
        parts.push(compare(own, await peerColumns(connection, peerFolder, own)))
      }
    }
  } finally {
    connection.closeSync()
    database.closeSync()
    curated.close()
    features.close()
  }
  const { largest, column } = parts.reduce((worst, part) => (part.largest > worst.largest ? part : worst))
  const sum = (of: 'rows' | 'values'): number => parts.reduce((total, part) => total + part[of], 0)
  return { rows: sum('rows'), values: sum('values'), largest, column }
}

function joined(blocks: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(blocks.reduce((length, block) => length + block.length, 0))
  let at = 0
  for (const block of blocks) {
    whole.set(block, at)
    at += block.length
  }
  return whole
}

async function peerColumns(connection: DuckDBConnection, folder: string, own: OwnTable): Promise<DuckDBValue[][]> {
  const result = await connection.runAndReadAll(
    `select ${own.names.map((name) => `${name}::double`).join(', ')} from read_parquet('${join(folder, own.file)}')
     where symbol = '${own.symbol}' order by ts`,
  )
  return result.getColumns()
}

function compare({ file, symbol, names, columns, close }: OwnTable, peer: readonly DuckDBValue[][]): Agreement {
  const rows = columns[0].length
  if (peer[0].length !== rows) {
    throw new Error(`${file}: ${symbol} has ${peer[0].length} rows, Switchyard has ${rows}.`)
  }
  let largest = 0
  let column = ''
  for (const [c, name] of names.entries()) {
    const scale = DIFFERENCE_OF[name] ?? 0
    for (let row = 0; row < rows; row++) {
      const own = columns[c][row]
      const other = peer[c][row]
      if (own === other || (Number.isNaN(own) && other === null)) continue
      const size = Math.abs(own) + (scale === 'price' ? close[row] : scale) / 1000
      const difference = typeof other === 'number' ? Math.abs(own - other) / size : NaN
      if (!(difference <= TOLERANCE)) {
        const at = `${name} of ${symbol} at ${String(peer[0][row])}`
        throw new Error(`${file}: ${at} is ${String(other)}, Switchyard has ${own} (NaN is null).`)
      }
      if (difference > largest) {
        largest = difference
        column = name
      }
    }
  }
  return { rows, values: rows * names.length, largest, column }
}
