import { closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import type { LegacyBarsConfig } from '#shared/config/legacy-config.ts'
import { SwitchyardError } from '#shared/errors.ts'
import type { FileRows, Value } from './file-rows.ts'
import { hashFile } from './hash-file.ts'
import type { ReadFile } from './read-old-file.ts'
import type { ReadControl } from './text-lines.ts'

/** After so many rows others get their turn. */
const ROWS_AT_ONCE = 20_000

/** The files that make up a database: what another program wrote last may only be in its write-ahead log. */
export function sqliteFiles(path: string): readonly string[] {
  const log = `${path}-wal`
  return existsSync(log) && statSync(log).size > 0 ? [path, log] : [path]
}

/**
 * An SQLite database opened to be read, never to be written: one that keeps a write-ahead log and is used by nobody is copied
 * first, because SQLite would make files beside it even to read it.
 */
export function openOldDatabase(path: string): { readonly database: Sqlite.Database; readonly close: () => void } {
  let folder: string | undefined
  let file = path
  if (keepsLog(path) && !existsSync(`${path}-shm`)) {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-'))
    file = join(folder, basename(path))
    for (const part of sqliteFiles(path)) copyFileSync(part, `${file}${part.slice(path.length)}`)
  }
  const clean = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  try {
    const database = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 10_000 })
    return {
      database,
      close: () => {
        database.close()
        clean()
      },
    }
  } catch (thrown) {
    clean()
    throw thrown
  }
}

/** Tables and views, ascending. */
export function oldTables(database: Sqlite.Database): readonly string[] {
  return database
    .prepare(
      `select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%' order by name`,
    )
    .pluck()
    .all() as string[]
}

/**
 * Reads the described table of an SQLite database, or every table whose name fits when each symbol has one. All tables are read
 * as of one moment, also while another program writes.
 *
 * @throws {SwitchyardError} LEGACY_FILE when there is no such table.
 */
export async function readSqlite(
  path: string,
  description: LegacyBarsConfig,
  rows: FileRows,
  place: { readonly key: string; readonly oldName: string | undefined; readonly isOurs: (oldName: string) => boolean },
  control: ReadControl,
): Promise<ReadFile> {
  const { mostRows = Infinity } = control
  const isWhole = mostRows === Infinity
  const before = isWhole ? await hashFile(sqliteFiles(path), control.signal) : { sha256: '', bytes: 0 }
  const { database, close } = openOldDatabase(path)
  const doubts: string[] = []
  try {
    database.exec('begin')
    const tables = oldTables(database)
    const wanted = tablesToRead(tables, description, place.oldName)
    if (wanted.length === 0) {
      throw new SwitchyardError(
        'LEGACY_FILE',
        `${path} has no table ${description.table}; its tables are ${tables.join(', ') || 'none'}.`,
        { hint: `Set ${place.key}.table in switchyard.yaml.` },
      )
    }
    const left = tables.filter((table) => wanted.every((read) => read.table !== table))
    if (left.length > 0)
      doubts.push(`tables that were not read: ${left.slice(0, 20).join(', ')}${left.length > 20 ? ', …' : ''}`)
    let number = 0
    for (const [i, { table, oldName }] of wanted.entries()) {
      if (number >= mostRows) break
      if (oldName !== undefined && !place.isOurs(oldName)) {
        rows.passOver(
          oldName,
          database
            .prepare(`select count(*) from ${quoted(table)}`)
            .pluck()
            .get() as number,
        )
        continue
      }
      const statement = database.prepare(`select * from ${quoted(table)}`).raw()
      if (oldName !== undefined) rows.setSymbol(oldName)
      rows.bind(statement.columns().map(({ name }) => name))
      for (const values of statement.iterate() as IterableIterator<unknown[]>) {
        number++
        const plain = values.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : (value as Value)))
        rows.valueRow(number, plain, 'described', () => `${table}: ${plain.map((value) => value ?? '').join(',')}`)
        if (number >= mostRows) break
        if (number % ROWS_AT_ONCE === 0) {
          await setImmediate()
          control.signal?.throwIfAborted()
          control.progress?.(i / wanted.length)
        }
      }
    }
  } finally {
    close()
  }
  if (isWhole && (await hashFile(sqliteFiles(path), control.signal)).sha256 !== before.sha256)
    doubts.push('it was changed while it was read; import it again to have the rest')
  return { ...before, blank: 0, doubts }
}

function tablesToRead(
  tables: readonly string[],
  { table, symbol }: LegacyBarsConfig,
  oldName: string | undefined,
): readonly { readonly table: string; readonly oldName: string | undefined }[] {
  if (symbol !== 'table') {
    const name = oldName === undefined ? table : table.replaceAll('{symbol}', oldName)
    return tables.includes(name) ? [{ table: name, oldName: undefined }] : []
  }
  const parts = table.split('{symbol}').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const pattern = new RegExp(`^${parts.join('(.+)')}$`)
  return tables.flatMap((name) => {
    const match = pattern.exec(name)
    return match === null ? [] : [{ table: name, oldName: match[1] }]
  })
}

/** Whether the database is in the mode with a write-ahead log, by its header (https://www.sqlite.org/fileformat.html, 1.3.3). */
function keepsLog(path: string): boolean {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    return readSync(file, header, 0, 20, 0) === 20 && header[18] === 2
  } finally {
    closeSync(file)
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
