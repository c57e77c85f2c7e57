import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { LegacyStore } from '#main/stores/legacy-store.ts'
import { DUCKDB_FILE } from './import-files.ts'

/**
 * Compares what Switchyard stored with the normalised table of DuckDB, value by value to the last bit.
 *
 * @returns how many values are the same; throws at the first that is not.
 */
export async function sameImport(ownFolder: string, peerFolder: string, symbols: readonly string[]): Promise<number> {
  const store = new LegacyStore(join(ownFolder, 'store', 'legacy.db'))
  const database = await DuckDBInstance.create(join(peerFolder, DUCKDB_FILE), { access_mode: 'READ_ONLY' })
  const connection = await database.connect()
  let values = 0
  try {
    for (const symbol of symbols) {
      const read = await connection.runAndReadAll(
        `select ts::double, open, high, low, close, volume from bars where symbol = '${symbol}' order by ts`,
      )
      const peer = read.getColumns()
      let row = 0
      for (const { bars } of store.blocks(symbol, '0000-00-00', '9999-99-99')) {
        const own = [bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume]
        for (let i = 0; i < bars.ts.length; i++, row++) {
          for (const [c, column] of own.entries()) {
            values++
            if (column[i] === peer[c][row]) continue
            throw new Error(`Row ${row} of ${symbol}: ${column[i]} for Switchyard, ${String(peer[c][row])} for DuckDB.`)
          }
        }
      }
      if (row !== peer[0].length) throw new Error(`${symbol} has ${row} rows, for DuckDB ${peer[0].length}.`)
    }
  } finally {
    connection.closeSync()
    database.closeSync()
    store.close()
  }
  return values
}
