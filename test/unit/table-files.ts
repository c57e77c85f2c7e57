import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { parseDecimal, type TableTolerance } from '#main/tables/tolerance.ts'
import { diffTables } from '#main/tables/diff-tables.ts'
import type { TableDiff } from '#main/tables/diff-report.ts'

let files = 0

/** Writes files for a comparison into one folder. */
export function tableFiles(folder: string) {
  const path = (extension: string): string => join(folder, `table-${++files}.${extension}`)
  return {
    csv: (text: string | Buffer): string => {
      const file = path('csv')
      writeFileSync(file, text)
      return file
    },
    gzip: (text: string): string => {
      const file = path('csv.gz')
      writeFileSync(file, gzipSync(text))
      return file
    },
    /** The rows of a query, as DuckDB writes them. */
    parquet: async (query: string): Promise<string> => {
      const file = path('parquet')
      const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
      const connection = await instance.connect()
      await connection.run(`copy (${query}) to '${file}' (format parquet)`)
      connection.closeSync()
      instance.closeSync()
      return file
    },
  }
}

/** Tolerances as numbers written out: `{ abs: '0.01' }`. */
export function tolerance({ abs = '0', rel = '0' }: { abs?: string; rel?: string }): TableTolerance {
  const [a, r] = [parseDecimal(abs), parseDecimal(rel)]
  if (a === undefined || r === undefined) throw new Error('no number')
  return { abs: a, rel: r }
}

interface Given {
  readonly keys?: readonly string[]
  readonly abs?: string
  readonly rel?: string
  readonly tol?: Readonly<Record<string, { abs?: string; rel?: string }>>
  readonly columns?: readonly string[]
  readonly samples?: number
}

/** Compares with the key `k` and without tolerance, unless it is said. */
export async function compareFiles(left: string, right: string, given: Given = {}): Promise<TableDiff> {
  return diffTables(left, right, {
    keys: given.keys ?? ['k'],
    tolerance: tolerance(given),
    tolerances: new Map(Object.entries(given.tol ?? {}).map(([name, each]) => [name, tolerance(each)])),
    columns: given.columns,
    samples: given.samples ?? 10,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
}
