import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import { SwitchyardError } from '#shared/errors.ts'
import { storeError } from './store-error.ts'

declare const readable: unique symbol
declare const writable: unique symbol

/** A prepared statement. */
export type Statement = Sqlite.Statement
/** A connection that may read. */
export type Readable = Sqlite.Database & { readonly [readable]: true }
/** The one connection of the process that may write this file. */
export type Writable = Readable & { readonly [writable]: true }

/** One forward step of a database's schema. Steps are numbered from 1 in the order of their list and never change once released. */
export interface Migration {
  readonly name: string
  readonly up: (database: Sqlite.Database) => void
}

/** What makes one database file of the workspace different from the others. */
export interface DatabaseKind {
  readonly name: string
  /** Written into the file's header, so that a renamed file of another layer is recognised. */
  readonly applicationId: number
  readonly migrations: readonly Migration[]
  /** FULL where every acknowledged commit must survive a power cut; NORMAL where the content can be rebuilt. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** Bytes of a page in files made from now on; SQLite's 4096 when left out. */
  readonly pageSize?: number
}

/**
 * Opens `file` for writing, creates it when absent and brings its schema up to date in one transaction.
 *
 * Throws STORE_NOT_A_DATABASE, STORE_FROM_FUTURE, STORE_CORRUPT, DISK_FULL or IO_ERROR, each naming the file.
 */
export function openWritable(file: string, kind: DatabaseKind): Writable {
  if (!existsSync(dirname(file))) {
    throw new SwitchyardError('IO_ERROR', `${file} cannot be created: its folder does not exist.`, {
      hint: 'Create the folder, or name another one.',
    })
  }
  return guarded(file, () => {
    const database = new Sqlite(file)
    try {
      database.pragma('busy_timeout = 5000')
      // The journal mode is written into the file, so a file that is not ours must be recognised first.
      checkIdentity(database, file, kind)
      // Must come before the journal mode, which makes the first page; a file that has pages keeps their size.
      if (kind.pageSize !== undefined) database.pragma(`page_size = ${kind.pageSize}`)
      database.pragma('journal_mode = WAL')
      database.pragma(`synchronous = ${kind.synchronous}`)
      database.pragma('foreign_keys = ON')
      // "insert or replace" deletes too, and only with this it fires the triggers that refuse a delete.
      database.pragma('recursive_triggers = ON')
      migrate(database, file, kind)
      return database as Writable
    } catch (thrown) {
      database.close()
      throw thrown
    }
  })
}

/** Opens an existing, migrated `file` read-only. Errors as {@link openWritable}; NOT_FOUND when there is no such file. */
export function openReadable(file: string, kind: DatabaseKind): Readable {
  if (!existsSync(file)) {
    throw new SwitchyardError('NOT_FOUND', `There is no ${file}.`, { hint: 'Open the workspace once to create it.' })
  }
  return guarded(file, () => {
    const database = new Sqlite(file, { readonly: true })
    try {
      database.pragma('busy_timeout = 5000')
      database.pragma('cache_size = -65536')
      checkIdentity(database, file, kind)
      return database as Readable
    } catch (thrown) {
      database.close()
      throw thrown
    }
  })
}

/**
 * From here to its end a connection reads what is stored at this moment, whatever is written meanwhile. To be closed soon: what is
 * written until then stays in the write-ahead log.
 */
export function holdSnapshot(database: Readable): void {
  database.exec('begin')
  // The transaction begins with its first read.
  database.prepare('select count(*) from sqlite_schema').get()
}

/** Runs `work` and gives SQLite's errors the file's name and a remedy. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw storeError(thrown, file)
  }
}

function checkIdentity(database: Sqlite.Database, file: string, kind: DatabaseKind): void {
  const applicationId = database.pragma('application_id', { simple: true }) as number
  const version = database.pragma('user_version', { simple: true }) as number
  if (applicationId !== 0 && applicationId !== kind.applicationId) {
    throw new SwitchyardError(
      'STORE_NOT_A_DATABASE',
      `${file} is a SQLite database, but not a ${kind.name} store of Switchyard.`,
      {
        hint: 'Move the file away; it was put in the wrong place.',
      },
    )
  }
  if (applicationId === 0 && hasTables(database)) {
    throw new SwitchyardError('STORE_NOT_A_DATABASE', `${file} is a SQLite database that Switchyard did not make.`, {
      hint: 'Move the file away; Switchyard will make its own.',
    })
  }
  if (version > kind.migrations.length) {
    throw new SwitchyardError(
      'STORE_FROM_FUTURE',
      `${file} was written by a newer Switchyard (schema ${version}, this one knows ${kind.migrations.length}).`,
      { hint: 'Update Switchyard. Nothing was changed.' },
    )
  }
}

function hasTables(database: Sqlite.Database): boolean {
  return database.prepare('select 1 from sqlite_schema limit 1').get() !== undefined
}

function migrate(database: Sqlite.Database, file: string, kind: DatabaseKind): void {
  const version = database.pragma('user_version', { simple: true }) as number
  if (version === kind.migrations.length) return
  const apply = database.transaction(() => {
    for (let next = version; next < kind.migrations.length; next++) kind.migrations[next].up(database)
    database.pragma(`application_id = ${kind.applicationId}`)
    database.pragma(`user_version = ${kind.migrations.length}`)
  })
  guarded(file, () => apply.immediate())
}
