import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { SwitchyardError } from '#shared/errors.ts'
import { type DatabaseKind, openReadable, openWritable } from '#main/stores/database.ts'
import { LAYERS } from '#main/stores/layers.ts'
import { tempFolder } from './temp-folder.ts'

const folder = tempFolder()
let files = 0
const newFile = (): string => join(folder, `database-${files++}.db`)

/** A kind of database as it was released with one, two and three migrations. */
const FIRST = {
  name: 'first',
  up: (db: Sqlite.Database) => db.exec('create table bars (symbol text, close real) strict'),
}
const SECOND = { name: 'second', up: (db: Sqlite.Database) => db.exec('alter table bars add column volume real') }
const THIRD = { name: 'third', up: (db: Sqlite.Database) => db.exec('update bars set volume = 0 where volume is null') }
const kindWith = (...migrations: DatabaseKind['migrations']): DatabaseKind => ({
  name: 'test',
  applicationId: 0x53777901,
  migrations,
  synchronous: 'NORMAL',
})

function errorOf(action: () => unknown): SwitchyardError {
  try {
    action()
  } catch (error) {
    if (error instanceof SwitchyardError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** A finished database of `kind`, filled by `fill`, closed. */
function made(kind: DatabaseKind, fill = ''): string {
  const file = newFile()
  const database = openWritable(file, kind)
  database.exec(fill)
  database.close()
  return file
}

describe('a database that is opened for writing', () => {
  test('is created with every migration, its identity and its version', () => {
    const database = openWritable(newFile(), kindWith(FIRST, SECOND, THIRD))
    expect(database.pragma('user_version', { simple: true })).toBe(3)
    expect(database.pragma('application_id', { simple: true })).toBe(0x53777901)
    expect(database.prepare('select name from pragma_table_info(?)').pluck().all('bars')).toEqual([
      'symbol',
      'close',
      'volume',
    ])
    database.close()
  })

  test('has pages of the size of its kind, and keeps those it was made with', () => {
    const file = made({ ...kindWith(FIRST), pageSize: 16_384 }, "insert into bars (symbol, close) values ('SPY', 1)")
    const again = openWritable(file, kindWith(FIRST))
    expect(again.pragma('page_size', { simple: true })).toBe(16_384)
    expect(again.prepare('select close from bars').pluck().all()).toEqual([1])
    again.close()
    const small = made(kindWith(FIRST))
    const reopened = openWritable(small, { ...kindWith(FIRST), pageSize: 16_384 })
    expect(reopened.pragma('page_size', { simple: true })).toBe(4096)
    reopened.close()
  })

  test.each([
    ['FULL', 2],
    ['NORMAL', 1],
  ] as const)('writes ahead and synchronises %s', (synchronous, level) => {
    const database = openWritable(newFile(), { ...kindWith(FIRST), synchronous })
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('synchronous', { simple: true })).toBe(level)
    expect(database.pragma('foreign_keys', { simple: true })).toBe(1)
    database.close()
  })

  test('brings an older one up to date and keeps what is in it', () => {
    const file = made(kindWith(FIRST), "insert into bars values ('SPY', 545.25)")
    const database = openWritable(file, kindWith(FIRST, SECOND, THIRD))
    expect(database.prepare('select * from bars').all()).toEqual([{ symbol: 'SPY', close: 545.25, volume: 0 }])
    expect(database.pragma('user_version', { simple: true })).toBe(3)
    database.close()
  })

  test('runs no migration twice', () => {
    const file = made(kindWith(FIRST, SECOND), "insert into bars values ('SPY', 545.25, 7)")
    const again = openWritable(file, kindWith(FIRST, SECOND))
    expect(again.prepare('select volume from bars').pluck().all()).toEqual([7])
    again.close()
  })

  test('is left at its version when a migration fails half way', () => {
    const file = made(kindWith(FIRST), "insert into bars values ('SPY', 545.25)")
    const broken = {
      name: 'broken',
      up: (db: Sqlite.Database) => {
        db.exec('delete from bars')
        db.exec('create table bars (x)')
      },
    }
    expect(() => openWritable(file, kindWith(FIRST, SECOND, broken))).toThrow(/already exists/)
    const database = openWritable(file, kindWith(FIRST))
    expect(database.pragma('user_version', { simple: true })).toBe(1)
    expect(database.prepare('select * from bars').all()).toEqual([{ symbol: 'SPY', close: 545.25 }])
    database.close()
  })
})

describe('a database that Switchyard must not touch', () => {
  test('from the future is refused and stays as it is', () => {
    const file = made(kindWith(FIRST, SECOND, THIRD), "insert into bars values ('SPY', 545.25, 7)")
    const before = hashOf(file)
    for (const open of [openWritable, openReadable]) {
      const error = errorOf(() => open(file, kindWith(FIRST, SECOND)))
      expect(error.code).toBe('STORE_FROM_FUTURE')
      expect(error.message).toContain(file)
      expect(error.message).toContain('schema 3, this one knows 2')
    }
    expect(hashOf(file)).toBe(before)
  })

  test('of somebody else is refused and stays as it is', () => {
    const file = newFile()
    const foreign = new Sqlite(file)
    foreign.exec("create table notes (text); insert into notes values ('mine')")
    foreign.close()
    const before = hashOf(file)
    for (const open of [openWritable, openReadable]) {
      const error = errorOf(() => open(file, kindWith(FIRST)))
      expect(error.code).toBe('STORE_NOT_A_DATABASE')
      expect(error.message).toContain(file)
      expect(error.hint).toMatch(/move the file away/i)
    }
    expect(hashOf(file)).toBe(before)
    expect(existsSync(`${file}-wal`)).toBe(false)
  })

  test('of another program with an application id of its own is refused', () => {
    const file = newFile()
    const foreign = new Sqlite(file)
    foreign.pragma('application_id = 252006674')
    foreign.close()
    expect(errorOf(() => openWritable(file, kindWith(FIRST))).code).toBe('STORE_NOT_A_DATABASE')
  })

  test.each([
    ['curated', 'raw'],
    ['raw', 'ops'],
    ['ops', 'legacy'],
    ['legacy', 'features'],
    ['features', 'comparisons'],
    ['comparisons', 'curated'],
  ] as const)('of the layer %s is not taken for the one of %s', (is, wanted) => {
    const file = made(LAYERS[is])
    const before = hashOf(file)
    const error = errorOf(() => openWritable(file, LAYERS[wanted]))
    expect(error.code).toBe('STORE_NOT_A_DATABASE')
    expect(error.message).toContain(`not a ${wanted} store`)
    expect(hashOf(file)).toBe(before)
  })

  test.each([
    ['a text', 'datetime,open,high,low,close\n'.repeat(100)],
    ['a short text', 'hello'],
    ['noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))],
  ])('that is no database but %s is refused and stays as it is', (_name, content) => {
    const file = newFile()
    writeFileSync(file, content)
    const before = hashOf(file)
    for (const open of [openWritable, openReadable]) {
      const error = errorOf(() => open(file, kindWith(FIRST)))
      expect(error.code).toBe('STORE_NOT_A_DATABASE')
      expect(error.message).toContain(file)
    }
    expect(hashOf(file)).toBe(before)
  })

  test('whose pages are damaged is reported as damaged', () => {
    const file = made(
      kindWith(FIRST),
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
       insert into bars select 'S' || i, i from n`,
    )
    const bytes = readFileSync(file)
    // Everything behind the first page, which holds the header and the schema.
    bytes.fill(0xee, 4096)
    writeFileSync(file, bytes)
    const database = openReadable(file, kindWith(FIRST))
    expect(() => database.prepare('select * from bars').all()).toThrow(/malformed/)
    database.close()
  })
})

describe('a file that cannot be opened', () => {
  test('is made from an empty one', () => {
    const file = newFile()
    writeFileSync(file, '')
    const database = openWritable(file, kindWith(FIRST))
    expect(database.pragma('user_version', { simple: true })).toBe(1)
    database.close()
  })

  test('because it is not there cannot be read', () => {
    const error = errorOf(() => openReadable(newFile(), kindWith(FIRST)))
    expect(error.code).toBe('NOT_FOUND')
    expect(error.hint).toBeDefined()
  })

  test('because its folder is missing is named', () => {
    const file = join(folder, 'no-such-folder', 'raw.db')
    const error = errorOf(() => openWritable(file, kindWith(FIRST)))
    expect(error.code).toBe('IO_ERROR')
    expect(error.message).toContain(file)
  })

  test('because it is a folder is named', () => {
    const file = newFile()
    mkdirSync(file)
    const error = errorOf(() => openWritable(file, kindWith(FIRST)))
    expect(error.code).toBe('IO_ERROR')
    expect(error.message).toContain(file)
  })
})

test('a connection for reading cannot write', () => {
  const database = openReadable(made(kindWith(FIRST)), kindWith(FIRST))
  expect(() => database.exec("insert into bars values ('SPY', 1)")).toThrow(/readonly/)
  database.close()
})

test('a reader sees the last commit while the writer is in the middle of the next', () => {
  const file = made(kindWith(FIRST), "insert into bars values ('SPY', 1)")
  const writer = openWritable(file, kindWith(FIRST))
  const reader = openReadable(file, kindWith(FIRST))
  writer.exec("begin immediate; insert into bars values ('IBM', 2)")
  expect(reader.prepare('select symbol from bars').pluck().all()).toEqual(['SPY'])
  writer.exec('commit')
  expect(reader.prepare('select symbol from bars').pluck().all()).toEqual(['SPY', 'IBM'])
  writer.close()
  reader.close()
})
