import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { decodeCurated } from '#main/stores/bar-blocks.ts'
import { BlockFile } from './block-file.ts'
import type { QualityDataset } from './quality-dataset.ts'
import { qualityFiles } from './quality-files.ts'

/** What was found to be the same. */
export interface SameCuration {
  readonly bars: number
  readonly values: number
  readonly findings: number
}

const COLUMNS = ['ts', 'open', 'high', 'low', 'close', 'volume', 'vwap', 'tradeCount', 'flags'] as const

/**
 * Compares what a peer has made with what Switchyard has made: the same bars in the same order, every value and every flag equal to the
 * last bit, nulls in the same places, and the same findings (symbol, session, rule, first and last minute, number of bars), each as
 * often. Throws where anything is not. Words of the findings and the counts of each session are Switchyard's alone.
 */
export async function sameCuration(
  dataset: QualityDataset,
  datasetFolder: string,
  ownFolder: string,
  peerFolder: string,
): Promise<SameCuration> {
  const own = new BlockFile(join(ownFolder, 'curated.db'))
  const database = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await database.connect()
  try {
    let bars = 0
    for (const symbol of dataset.symbols) bars += await compareBars(own, symbol, connection, peerFolder)
    const findings = await compareFindings(own.findings(), connection, datasetFolder, peerFolder)
    return { bars, values: bars * COLUMNS.length, findings }
  } finally {
    connection.closeSync()
    database.closeSync()
    own.close()
  }
}

async function compareBars(
  own: BlockFile,
  symbol: string,
  connection: DuckDBConnection,
  peerFolder: string,
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `select ts::double, open, high, low, close, volume, vwap, trade_count, flags::double
     from read_parquet('${join(peerFolder, 'curated.parquet')}') where symbol = '${symbol}' order by ts`,
  )
  const peer = reader.getColumns()
  let row = 0
  for (const blobs of own.blobs(symbol)) {
    const block = decodeCurated(blobs)
    for (let i = 0; i < block.ts.length; i++, row++) {
      for (const [c, name] of COLUMNS.entries()) {
        const mine = block[name][i]
        const other = peer[c][row]
        if (mine === other || (mine !== mine && other === null)) continue
        const at = `${name} of ${symbol} on ${blobs.session_date} at ${block.ts[i]}`
        throw new Error(`${peerFolder}: ${at} is ${String(other)}, Switchyard has ${mine} (NaN is null).`)
      }
    }
  }
  if (peer[0].length !== row) {
    throw new Error(`${peerFolder}: ${symbol} has ${peer[0].length} bars, Switchyard has ${row}.`)
  }
  return row
}

async function compareFindings(
  own: readonly string[],
  connection: DuckDBConnection,
  datasetFolder: string,
  peerFolder: string,
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `select concat_ws(' ', symbol, s.date, rule, ts::bigint, last_ts::bigint, bars::bigint)
     from read_parquet('${join(peerFolder, 'findings.parquet')}')
     join read_parquet('${qualityFiles(datasetFolder).sessions}') s using (session)`,
  )
  const theirs = reader.getRows().map(([text]) => String(text))
  const [onlyTheirs, onlyMine] = [withoutThose(theirs, own), withoutThose(own, theirs)]
  if (onlyTheirs.length + onlyMine.length > 0) {
    const some = (list: readonly string[]): string => `${list.length} (${list.slice(0, 3).join('; ')})`
    throw new Error(
      `${peerFolder}: of ${own.length} findings it lacks ${some(onlyMine)}, and it has ${some(onlyTheirs)} more.`,
    )
  }
  return own.length
}

/** What `list` has more often than `others`. */
function withoutThose(list: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1)
  return list.filter((text) => {
    const count = left.get(text) ?? 0
    left.set(text, count - 1)
    return count <= 0
  })
}
