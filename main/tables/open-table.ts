import { open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { SwitchyardError } from '#shared/errors.ts'
import {
  cellDigits,
  cellForm,
  type ColumnType,
  csvType,
  hasFewTextCells,
  parquetType,
  textCells,
} from './column-types.ts'
import type { DiffDatabase } from './diff-database.ts'
import { scanCsv } from './scan-csv.ts'
import { literal, quote } from './sql-text.ts'
import { tableFileError } from './table-file-error.ts'

export interface TableColumn {
  /** As the file has it. */
  readonly name: string
  readonly type: ColumnType
  /** How SQL calls it. */
  readonly sql: string
  /** Cells of a text column of a CSV file that are nothing but text while most are more, with one of them. */
  readonly odd: { readonly cells: number; readonly example: string } | null
}

/** A file that can be queried as a table. */
export interface OpenTable {
  /** As the user named it. */
  readonly path: string
  readonly format: 'csv' | 'parquet'
  /** Name of the table or view in the database. */
  readonly relation: string
  readonly rows: number
  readonly columns: readonly TableColumn[]
}

/**
 * Makes a CSV or Parquet file known to the database under the given name. A CSV file is scanned by ourselves first, then read by
 * DuckDB as text, and both must have found the same number of rows; its columns get the narrowest type that fits all cells.
 *
 * @throws {SwitchyardError} BAD_ARGUMENTS when there is no such file, TABLE_FILE when it cannot be read as a table.
 */
export async function openTable(
  database: DiffDatabase,
  path: string,
  relation: string,
  onProgress: (title: string) => void,
): Promise<OpenTable> {
  const { size, magic } = await beginning(path)
  const isParquet = magic.toString('latin1') === 'PAR1'
  if (!isParquet && /\.(parquet|pq)$/i.test(path)) {
    throw tableFileError(path, 'it is not a Parquet file.', 'Write it again, or give it the name of what it is.')
  }
  return isParquet
    ? openParquet(database, path, relation)
    : openCsv(database, path, relation, { size, isGzip: magic[0] === 0x1f && magic[1] === 0x8b, onProgress })
}

async function beginning(path: string): Promise<{ size: number; magic: Buffer }> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw unreadable(path, error)
    throw new SwitchyardError('BAD_ARGUMENTS', `There is no file ${path}.`, { hint: 'Check the path.', cause: error })
  })
  if (!found.isFile()) {
    throw new SwitchyardError('BAD_ARGUMENTS', `${path} is not a file.`, {
      hint: 'Give a CSV or Parquet file. What comes through a pipe has to be stored first.',
    })
  }
  const file = await open(path).catch((error: Error) => {
    throw unreadable(path, error)
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return { size: found.size, magic: buffer.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}

function unreadable(path: string, error: Error): SwitchyardError {
  return tableFileError(path, `it cannot be read (${error.message}).`, 'Check that you may read it.', error)
}

async function openParquet(database: DiffDatabase, path: string, relation: string): Promise<OpenTable> {
  const file = literal(globFree(resolve(path)))
  const reading = `read_parquet(${file}, hive_partitioning = false)`
  await database.run(`create view ${relation} as select * from ${reading}`, path)
  const described = await database.rows(`describe ${relation}`, path)
  const schema = await database.rows(`select name, num_children from parquet_schema(${file})`, path)
  const names = topLevelNames(schema)
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) {
      throw tableFileError(path, `it has the column "${name}" twice.`, 'Give every column a name of its own.')
    }
  })
  return {
    path,
    format: 'parquet',
    relation,
    rows: Number((await database.rows(`select count(*) from ${relation}`, path))[0][0]),
    columns: described.map(([sqlName, type], i) => ({
      // DuckDB renames columns whose names differ in case alone.
      name: names.length === described.length ? names[i] : String(sqlName),
      type: parquetType(String(type)),
      sql: quote(String(sqlName)),
      odd: null,
    })),
  }
}

/** The schema lists a tree depth first, the root before all. */
function topLevelNames(schema: readonly (readonly unknown[])[]): string[] {
  const names: string[] = []
  const skip = (at: number): number => {
    let next = at + 1
    for (let children = Number(schema[at]?.[1] ?? 0); children > 0; children--) next = skip(next)
    return next
  }
  for (let at = 1; at < schema.length; at = skip(at)) names.push(String(schema[at][0]))
  return names
}

async function openCsv(
  database: DiffDatabase,
  path: string,
  relation: string,
  file: { size: number; isGzip: boolean; onProgress: (title: string) => void },
): Promise<OpenTable> {
  const form = await scanCsv({
    path,
    isGzip: file.isGzip,
    signal: database.signal,
    onProgress: (bytes) =>
      file.onProgress(`${basename(path)}: checking, ${Math.floor((100 * bytes) / Math.max(1, file.size))} %`),
  })
  file.onProgress(`${basename(path)}: reading ${form.rows} rows`)
  const options = [
    'auto_detect = false',
    'header = true',
    `delim = ${literal(form.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ''`,
    // An empty text in quotation marks is a text, one without them is no value.
    'allow_quoted_nulls = false',
    'strict_mode = true',
    `compression = '${file.isGzip ? 'gzip' : 'none'}'`,
    `columns = {${form.names.map((_name, i) => `c${i}: 'VARCHAR'`).join(', ')}}`,
  ]
  await database.run(
    `create table ${relation} as select * from read_csv(${literal(globFree(resolve(path)))}, ${options.join(', ')})`,
    path,
  )
  const [[rows]] = await database.rows(`select count(*) from ${relation}`, path)
  if (Number(rows) !== form.rows) {
    throw tableFileError(
      path,
      `it has ${form.rows} rows, but only ${String(rows)} can be told apart.`,
      'Look for stray quotation marks, and for a first line that is no header.',
    )
  }
  file.onProgress(`${basename(path)}: looking for the types of ${form.names.length} columns`)
  const columns: TableColumn[] = []
  for (const [i, name] of form.names.entries()) columns.push(await csvColumn(database, path, relation, name, `c${i}`))
  return { path, format: 'csv', relation, rows: form.rows, columns }
}

async function csvColumn(
  database: DiffDatabase,
  path: string,
  relation: string,
  name: string,
  sql: string,
): Promise<TableColumn> {
  const { digits, scale } = cellDigits(sql)
  const found = await database.rows(
    `select form, count(*), max(case when form in ('integer', 'decimal') then ${digits} end),
       max(case when form in ('integer', 'decimal') then ${scale} end), min(${sql})
     from (select ${sql}, ${cellForm(sql)} as form from ${relation}) where form is not null group by form`,
    path,
  )
  const forms = {
    counts: new Map(found.map(([form, count]) => [String(form), Number(count)])),
    digits: Math.max(0, ...found.map(([, , most]) => Number(most ?? 0))),
    scale: Math.max(0, ...found.map(([, , , most]) => Number(most ?? 0))),
  }
  const type = csvType(forms)
  const example = found.find(([form]) => form === 'text')?.[4]
  return {
    name,
    type,
    sql,
    odd:
      type.rest === undefined || !hasFewTextCells(forms) ? null : { cells: textCells(forms), example: String(example) },
  }
}

/** A path in which DuckDB sees no pattern. */
function globFree(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`)
}
