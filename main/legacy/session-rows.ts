import { rmSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import type { BarColumns } from '#shared/bars.ts'
import { isoUtc, type SessionDate } from '#shared/time.ts'

/** Places of the values of a row; the legacy features come after them. */
export const ROW = { ts: 0, line: 1, open: 2, high: 3, low: 4, close: 5, volume: 6, features: 7 } as const

/** Doubles kept in memory before sessions go to the disk: 64 MB. */
const MOST_DOUBLES = 8_000_000
const FIRST_ROWS = 400
/** Memory is asked for in pieces of this size (2 MB): one for every session would keep the collector busy. */
const SLAB_DOUBLES = 1 << 18

/** Rows of one session in the order of the file, column by column. */
export class SessionRows {
  count = 0
  /** Whether every row is of a later minute than the one before it. */
  ascends = true
  readonly width: number
  readonly #allocate: (doubles: number) => Float64Array<ArrayBuffer>
  #data: Float64Array<ArrayBuffer>
  /** Rows that there is room for: how far apart the columns are. */
  #room = FIRST_ROWS
  #lastTs = -Infinity

  constructor(width: number, allocate: (doubles: number) => Float64Array<ArrayBuffer>) {
    this.width = width
    this.#allocate = allocate
    this.#data = allocate(FIRST_ROWS * width)
  }

  /** Doubles that it holds in memory. */
  get size(): number {
    return this.#data.length
  }

  /** Values of a column, {@link ROW}. */
  column(index: number): Float64Array<ArrayBuffer> {
    return this.#data.subarray(index * this.#room, index * this.#room + this.count)
  }

  add(row: Float64Array): void {
    if (this.count === this.#room) this.#grow()
    const data = this.#data
    const { width } = this
    const room = this.#room
    for (let i = 0, at = this.count; i < width; i++, at += room) data[at] = row[i]
    this.count++
    if (!(row[ROW.ts] > this.#lastTs)) this.ascends = false
    this.#lastTs = row[ROW.ts]
  }

  #grow(): void {
    const columns = Array.from({ length: this.width }, (_, i) => this.column(i))
    this.#data = this.#allocate(2 * this.#data.length)
    this.#room *= 2
    columns.forEach((column, i) => this.#data.set(column, i * this.#room))
  }
}

/** A row that a later one of the same minute took the place of. */
interface Superseded {
  /** Its minute, epoch seconds. */
  readonly ts: number
  /** Whether prices and volume are those of the row that counts. */
  readonly isCopy: boolean
  readonly line: number
  readonly reason: string
  readonly text: string
}

export interface GatheredSession {
  readonly sessionDate: SessionDate
  readonly bars: BarColumns
  /** Line (row where there are no lines) of every bar. */
  readonly lines: Float64Array
  readonly features: readonly Float64Array[]
  readonly superseded: readonly Superseded[]
}

/** Where the rows of files go. */
export interface RowSink {
  /** Changes when the objects that `rowsOf` gave are no longer the ones to add to. */
  readonly generation: number
  /** Where to add rows of a session; valid while `generation` stays the same. */
  rowsOf(importId: number, symbol: string, sessionDate: SessionDate, width: number): SessionRows
}

/**
 * Gathers rows in any order by import, symbol and session. Beyond a bound they wait in a file of their own, so that memory does
 * not grow with what is imported.
 */
export class RowGatherer implements RowSink {
  readonly #scratchFile: string
  readonly #mostDoubles: number
  readonly #open = new Map<string, Map<SessionDate, SessionRows>>()
  #spill: Sqlite.Database | undefined
  #doubles = 0
  #slab = new Float64Array(0)
  #slabUsed = 0
  generation = 0

  /** @param scratchFile made when it is needed, and taken away by `close`. */
  constructor(scratchFile: string, mostDoubles = MOST_DOUBLES) {
    this.#scratchFile = scratchFile
    this.#mostDoubles = mostDoubles
    rmSync(scratchFile, { force: true })
  }

  rowsOf(importId: number, symbol: string, sessionDate: SessionDate, width: number): SessionRows {
    const key = `${importId}/${symbol}`
    let sessions = this.#open.get(key)
    if (sessions === undefined) this.#open.set(key, (sessions = new Map()))
    let rows = sessions.get(sessionDate)
    if (rows === undefined) {
      if (this.#doubles > this.#mostDoubles) {
        this.#spillAll()
        return this.rowsOf(importId, symbol, sessionDate, width)
      }
      rows = new SessionRows(width, (doubles) => this.#allocate(doubles))
      sessions.set(sessionDate, rows)
    }
    return rows
  }

  /** Takes out the sessions of one import and symbol, ascending, bars ascending; of the same minute the later row counts. */
  *take(importId: number, symbol: string, width: number): Generator<GatheredSession> {
    const key = `${importId}/${symbol}`
    const inMemory = this.#open.get(key) ?? new Map<SessionDate, SessionRows>()
    const select = this.#spill
      ?.prepare('select data from rows where owner = ? and session_date = ? order by id')
      .pluck()
    const onDisk = (this.#spill?.prepare('select distinct session_date from rows where owner = ?').pluck().all(key) ??
      []) as SessionDate[]
    for (const sessionDate of [...new Set([...onDisk, ...inMemory.keys()])].sort()) {
      const own = inMemory.get(sessionDate)
      const parts = (select?.all(key, sessionDate) ?? []) as Buffer[]
      const pieces = parts.map((part) => columnsOf(part, width))
      if (own !== undefined) pieces.push(Array.from({ length: width }, (_, i) => own.column(i)))
      const columns = pieces.length === 1 ? pieces[0] : pieces[0].map((_, i) => joined(pieces.map((piece) => piece[i])))
      const ascends = own !== undefined && pieces.length === 1 ? own.ascends : isAscending(columns[ROW.ts])
      yield ascends ? sessionOf(sessionDate, columns) : inOrder(sessionDate, columns)
    }
    for (const rows of inMemory.values()) this.#doubles -= rows.size
    this.#open.delete(key)
    this.#spill?.prepare('delete from rows where owner = ?').run(key)
  }

  close(): void {
    this.#open.clear()
    this.#spill?.close()
    rmSync(this.#scratchFile, { force: true })
  }

  #allocate(doubles: number): Float64Array<ArrayBuffer> {
    this.#doubles += doubles
    if (doubles > SLAB_DOUBLES) return new Float64Array(doubles)
    if (this.#slabUsed + doubles > this.#slab.length) {
      this.#slab = new Float64Array(SLAB_DOUBLES)
      this.#slabUsed = 0
    }
    this.#slabUsed += doubles
    return this.#slab.subarray(this.#slabUsed - doubles, this.#slabUsed)
  }

  #spillAll(): void {
    if (this.#spill === undefined) {
      this.#spill = new Sqlite(this.#scratchFile)
      this.#spill.pragma('journal_mode = off')
      this.#spill.pragma('synchronous = off')
      this.#spill.exec(
        'create table rows (id integer primary key, owner text, session_date text, data blob); create index by_owner on rows (owner, session_date)',
      )
    }
    const insert = this.#spill.prepare('insert into rows (owner, session_date, data) values (?, ?, ?)')
    this.#spill.transaction(() => {
      for (const [owner, sessions] of this.#open) {
        for (const [sessionDate, rows] of sessions) {
          const packed = joined(Array.from({ length: rows.width }, (_, i) => rows.column(i)))
          insert.run(owner, sessionDate, Buffer.from(packed.buffer))
        }
      }
    })()
    this.#open.clear()
    this.#slabUsed = this.#slab.length
    this.#doubles = 0
    this.generation++
  }
}

function joined(pieces: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Columns that were written one after the other. */
function columnsOf(packed: Buffer, width: number): Float64Array<ArrayBuffer>[] {
  const all = new Float64Array(Uint8Array.from(packed).buffer)
  const count = all.length / width
  return Array.from({ length: width }, (_, i) => all.subarray(i * count, (i + 1) * count))
}

function isAscending(ts: Float64Array): boolean {
  for (let i = 1; i < ts.length; i++) if (!(ts[i] > ts[i - 1])) return false
  return true
}

function sessionOf(
  sessionDate: SessionDate,
  columns: readonly Float64Array<ArrayBuffer>[],
  superseded: readonly Superseded[] = [],
): GatheredSession {
  const missing = missingColumn(columns[ROW.ts].length)
  const bars: BarColumns = {
    ts: columns[ROW.ts],
    open: columns[ROW.open],
    high: columns[ROW.high],
    low: columns[ROW.low],
    close: columns[ROW.close],
    volume: columns[ROW.volume],
    vwap: missing,
    tradeCount: missing,
  }
  return { sessionDate, bars, lines: columns[ROW.line], features: columns.slice(ROW.features), superseded }
}

let noValues = new Float64Array(0)

/** A column without values, of memory that all of them share. */
function missingColumn(length: number): Float64Array {
  if (noValues.length < length) noValues = new Float64Array(2 * length).fill(NaN)
  return noValues.subarray(0, length)
}

/** Puts rows that came in another order into that of time; of the same minute the row of the last line is kept. */
function inOrder(sessionDate: SessionDate, columns: readonly Float64Array[]): GatheredSession {
  const ts = columns[ROW.ts]
  const lines = columns[ROW.line]
  const order = Uint32Array.from(ts.keys()).sort((a, b) => ts[a] - ts[b] || lines[a] - lines[b])
  const values = columns.slice(ROW.open, ROW.features)
  const superseded: Superseded[] = []
  /** The row that counts of the minute of every row. */
  const counting = new Uint32Array(order.length)
  for (let i = order.length - 1; i >= 0; i--) {
    const isLast = i + 1 === order.length || ts[order[i + 1]] !== ts[order[i]]
    counting[i] = isLast ? order[i] : counting[i + 1]
  }
  const kept = order.filter((row, i) => {
    if (counting[i] === row) return true
    superseded.push({
      ts: ts[row],
      isCopy: values.every((column) => Object.is(column[row], column[counting[i]])),
      line: lines[row],
      reason: `line ${lines[order[i + 1]]} has the same minute, ${isoUtc(ts[row])}, and comes later`,
      text: values.map((column) => column[row]).join(','),
    })
    return false
  })
  return sessionOf(
    sessionDate,
    columns.map((column) => Float64Array.from(kept, (row) => column[row])),
    superseded,
  )
}
