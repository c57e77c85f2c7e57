import { open, stat } from 'node:fs/promises'
import { LEGACY_FORMATS, type LegacyBarsConfig, type LegacyFormat } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import { isGzip } from './file-pieces.ts'
import type { FileRows } from './file-rows.ts'
import { readCsv } from './read-csv.ts'
import { readJson } from './read-json.ts'
import { readParquet } from './read-parquet.ts'
import { readSqlite } from './read-sqlite.ts'
import type { ReadControl } from './text-lines.ts'

/** What reading a whole file tells beside its rows. */
export interface ReadFile {
  readonly sha256: string
  readonly bytes: number
  /** Empty lines. */
  readonly blank: number
  readonly doubts: readonly string[]
}

const ENDINGS: Readonly<Record<LegacyFormat, RegExp>> = {
  parquet: /\.(?:parquet|pq|parq)$/i,
  json: /\.(?:json|jsonl|ndjson)$/i,
  sqlite: /\.(?:db|db3|sqlite|sqlite3)$/i,
  csv: /$/,
}

/** The format of a file by the ending of its name, `.gz` aside; text where that says nothing. */
export function formatOf(path: string): LegacyFormat {
  const order = [...LEGACY_FORMATS.filter((format) => format !== 'csv'), 'csv' as const]
  const name = path.replace(/\.gz$/i, '')
  return order.find((format) => ENDINGS[format].test(name)) ?? 'csv'
}

/** A file of the old pipeline that is to be read. */
export interface OldFile {
  readonly path: string
  /** Key of switchyard.yaml that its description stands under. */
  readonly key: string
  readonly description: LegacyBarsConfig
  /** The symbol in its path, as the old pipeline names it. */
  readonly oldName: string | undefined
  readonly isOurs: (oldName: string) => boolean
}

/**
 * Reads a whole file of the old pipeline into `rows`.
 *
 * @throws {SwitchyardError} LEGACY_FILE when it cannot be read or is no file as described.
 */
export async function readOldFile(file: OldFile, rows: FileRows, control: ReadControl): Promise<ReadFile> {
  const { path, key, description, oldName } = file
  const format = description.format ?? formatOf(path)
  try {
    if (!(await stat(path)).isFile()) {
      throw new SwitchyardError('LEGACY_FILE', `${path} is no file.`, {
        hint: `Check ${key}.files in switchyard.yaml.`,
      })
    }
    if (format !== 'csv' && isGzip(await firstBytes(path, 2))) {
      throw new SwitchyardError('LEGACY_FILE', `${path} was compressed with gzip; of ${format} that is not read.`, {
        hint: 'Unpack it. Only text is read as it is when it is compressed.',
      })
    }
    if (oldName !== undefined) rows.setSymbol(oldName)
    switch (format) {
      case 'csv':
        return await readCsv(path, description, rows, control)
      case 'json':
        return await readJson(path, description, rows, control)
      case 'parquet':
        return await readParquet(path, key, description, rows, control)
      case 'sqlite':
        return await readSqlite(path, description, rows, file, control)
    }
  } catch (thrown) {
    control.signal?.throwIfAborted()
    if (thrown instanceof SwitchyardError) throw thrown
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new SwitchyardError('LEGACY_FILE', `${path} cannot be read as ${format}: ${message}`, {
      hint: `Compare the file with ${key} in switchyard.yaml, and check the rights on it.`,
      cause: thrown,
    })
  }
}

/** The beginning of a file. */
export async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
