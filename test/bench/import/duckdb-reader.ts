import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Contender } from '../contenders/contender.ts'
import { DUCKDB_FILE, importFiles } from './import-files.ts'

export const plainQuery = (csv: string): string => `select * from read_csv('${csv}')`

export const normalisedQuery = (csv: string): string => `
  select symbol, epoch(timezone('America/New_York', datetime))::bigint as ts, open, high, low, close, volume
  from read_csv('${csv}', header = true, auto_detect = false, columns = {
    symbol: 'varchar', datetime: 'timestamp', open: 'double', high: 'double', low: 'double', close: 'double', volume: 'double'
  })
  order by symbol, ts`

/** DuckDB making the table `bars` of a query over the file, in a database file of its own. */
export function reader(query: (csv: string) => string): Contender {
  return {
    prepare: (_datasetFolder, outputFolder) => mkdirSync(outputFolder, { recursive: true }),
    run: async (datasetFolder, outputFolder, phase) => {
      const database = await phase('open', () =>
        DuckDBInstance.create(join(outputFolder, DUCKDB_FILE), { threads: '2' }),
      )
      const connection = await database.connect()
      await phase('transform', () => connection.run(`create table bars as ${query(importFiles(datasetFolder).csv)}`))
      await phase('close', async () => {
        await connection.run('checkpoint')
        connection.closeSync()
        database.closeSync()
      })
    },
    outputs: [DUCKDB_FILE],
  }
}
