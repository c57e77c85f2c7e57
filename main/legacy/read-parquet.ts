import { DuckDBInstance } from '@duckdb/node-api'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { columnIndex, featureColumns } from './columns.ts'
import type { FileRows, TimeKind, Value } from './file-rows.ts'
import { hashFile } from './hash-file.ts'
import type { ReadFile } from './read-old-file.ts'
import type { ReadControl } from './text-lines.ts'

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL)/

/** Reads a Parquet file, also one that pandas wrote: an index is a column of its name or `__index_level_0__`. */
export async function readParquet(
  path: string,
  key: string,
  description: LegacyBarsConfig,
  rows: FileRows,
  control: ReadControl,
): Promise<ReadFile> {
  const { mostRows } = control
  const before = mostRows === undefined ? await hashFile(path, control.signal) : { sha256: '', bytes: 0 }
  // More threads would hold more of the file in memory, and the rows have to come in their order.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' })
  const connection = await instance.connect()
  try {
    const from = `from read_parquet(${literal(path)})`
    const columns = (await connection.runAndReadAll(`describe select * ${from}`)).getRows()
    const names = columns.map(([name]) => String(name))
    const types = columns.map(([, type]) => String(type))
    rows.bind(names)
    const timeAt = columnIndex(names, description.columns.time, { path, key, field: 'columns.time' })
    const needed = neededColumns(names, description, path, key)
    const timeKind: TimeKind =
      description.columns.date !== undefined || !/^(?:TIMESTAMP|DATE)/.test(types[timeAt])
        ? 'described'
        : types[timeAt].includes('TIME ZONE')
          ? 'instant-seconds'
          : 'wall-seconds'
    const selected = names.map((name, i) => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      if (!needed.has(i) && mostRows === undefined) return 'null'
      if (i === timeAt && timeKind !== 'described') return `epoch(${quoted}::${castOf(types[i])})`
      if (types[i] === 'BOOLEAN') return quoted
      return NUMERIC.test(types[i]) ? `${quoted}::double` : `${quoted}::varchar`
    })
    const total = Number((await connection.runAndReadAll(`select count(*) ${from}`)).getRows()[0][0])
    const limit = mostRows === undefined ? '' : `limit ${mostRows}`
    const result = await connection.stream(`select ${selected.join(', ')} ${from} ${limit}`)
    let row = 0
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      control.signal?.throwIfAborted()
      const vectors = selected.map((_, c) => chunk.getColumnVector(c))
      for (let r = 0; r < chunk.rowCount; r++) {
        row++
        const values = vectors.map((vector) => vector.getItem(r) as Value)
        rows.valueRow(row, values, timeKind, () => values.map((value) => value ?? '').join(','))
      }
      control.progress?.(total === 0 ? 1 : row / total)
    }
    const single = names.filter((_, i) => needed.has(i) && types[i] === 'FLOAT')
    const doubts =
      single.length === 0 ? [] : [`${single.join(', ')} are stored with single precision, which keeps 7 digits only`]
    if (mostRows === undefined && (await hashFile(path, control.signal)).sha256 !== before.sha256)
      doubts.push('it was changed while it was read; import it again')
    return { ...before, blank: 0, doubts }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function castOf(type: string): string {
  return type.includes('TIME ZONE') ? 'timestamptz' : 'timestamp'
}

/** The columns that the description uses, by place. */
function neededColumns(
  names: readonly string[],
  { columns, symbol, symbolColumn, features }: LegacyBarsConfig,
  path: string,
  key: string,
): ReadonlySet<number> {
  const used = [...Object.entries(columns), ...(symbol === 'column' ? [['symbolColumn', symbolColumn] as const] : [])]
    .filter((entry): entry is [string, string | number] => entry[1] !== null && entry[1] !== undefined)
    .map(([field, column]) => columnIndex(names, column, { path, key, field }))
  return new Set([...used, ...featureColumns(names, features, used, { path, key }).map(({ index }) => index)])
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
